// A fixed outbound address for third parties that require one, and private DNS for Premium buses.

import { networkConfig } from '../shared.bicep'

@description('Name of the network.')
param name string

@description('Name of the NAT gateway.')
param natName string

@description('Name of its public IP address.')
param addressName string

@description('Region.')
param location string

@description('Tags of every resource.')
param tags { *: string }

@description('Address ranges.')
param ranges networkConfig

resource address 'Microsoft.Network/publicIPAddresses@2025-05-01' = {
  name: addressName
  location: location
  tags: tags
  sku: { name: 'Standard' }
  properties: { publicIPAllocationMethod: 'Static', publicIPAddressVersion: 'IPv4' }
}

resource nat 'Microsoft.Network/natGateways@2025-05-01' = {
  name: natName
  location: location
  tags: tags
  sku: { name: 'Standard' }
  properties: {
    idleTimeoutInMinutes: 4
    publicIpAddresses: [{ id: address.id }]
  }
}

resource network 'Microsoft.Network/virtualNetworks@2025-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: [ranges.addressPrefix] }
    subnets: [
      {
        name: 'app'
        properties: {
          addressPrefix: ranges.appPrefix
          natGateway: { id: nat.id }
          // Required by Flex Consumption.
          delegations: [{ name: 'flex', properties: { serviceName: 'Microsoft.App/environments' } }]
        }
      }
      {
        name: 'endpoints'
        properties: { addressPrefix: ranges.endpointPrefix, privateEndpointNetworkPolicies: 'Enabled' }
      }
    ]
  }
}

resource zone 'Microsoft.Network/privateDnsZones@2024-06-01' = {
  name: 'privatelink.servicebus.windows.net'
  location: 'global'
  tags: tags
}

resource zoneLink 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = {
  parent: zone
  name: name
  location: 'global'
  tags: tags
  properties: { registrationEnabled: false, virtualNetwork: { id: network.id } }
}

@description('Outbound IP address.')
output outboundAddress string = address.properties.ipAddress
