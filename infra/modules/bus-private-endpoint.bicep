// A private endpoint, so that a Premium bus is reachable only from the stamp's network.

@description('Name of the namespace.')
param namespaceName string

@description('Name of the stamp\'s network.')
param networkName string

@description('Region.')
param location string

@description('Tags of every resource.')
param tags { *: string }

resource namespace 'Microsoft.ServiceBus/namespaces@2026-01-01' existing = {
  name: namespaceName
}

resource network 'Microsoft.Network/virtualNetworks@2025-05-01' existing = {
  name: networkName

  resource endpoints 'subnets' existing = { name: 'endpoints' }
}

resource zone 'Microsoft.Network/privateDnsZones@2024-06-01' existing = {
  name: 'privatelink.servicebus.windows.net'
}

resource endpoint 'Microsoft.Network/privateEndpoints@2025-05-01' = {
  name: '${namespaceName}-endpoint'
  location: location
  tags: tags
  properties: {
    subnet: { id: network::endpoints.id }
    privateLinkServiceConnections: [
      { name: 'bus', properties: { privateLinkServiceId: namespace.id, groupIds: ['namespace'] } }
    ]
  }

  resource names 'privateDnsZoneGroups' = {
    name: 'default'
    properties: { privateDnsZoneConfigs: [{ name: 'bus', properties: { privateDnsZoneId: zone.id } }] }
  }
}
