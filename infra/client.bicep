// One client's bus, and the rights of its stamp's app on it. Part of the stamp's deployment; deployed alone for a new client, so that no other is touched.

import {
  clientConfig
  connectionSettings
  countReaderId
  environmentName
  idFault
  nameSeed
  namespaceName
  setting
  stampName
} from 'shared.bicep'

@description('Environment.')
param environment environmentName

@description('The client.')
param client clientConfig

@description('Region.')
param location string = resourceGroup().location

@description('Alert when more messages than this are waiting.')
@minValue(1)
param backlog int = 1000

@description('Whether the stamp has a network, which a private endpoint needs.')
param networked bool

@description('Whether a lock protects the bus from deletion.')
param locked bool

var tags = { application: 'webhooks', environment: environment, stamp: client.stamp, client: client.id }
var seed = nameSeed(subscription().subscriptionId, environment)
var busName = empty(idFault(client.id)) ? namespaceName(client.id, seed) : fail(idFault(client.id))
var private = networked && client.sku == 'Premium' && (client.?privateEndpoint ?? false)

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: stampName('id', environment, client.stamp)
}

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' existing = {
  name: stampName('log', environment, client.stamp)
}

resource actionGroup 'Microsoft.Insights/actionGroups@2023-01-01' existing = {
  name: stampName('ag', environment, client.stamp)
}

module bus 'modules/bus.bicep' = {
  params: {
    name: busName
    location: location
    tags: tags
    sku: client.sku
    premiumUnits: client.?premiumUnits ?? 1
    public: !private
    workspaceId: workspace.id
    locked: locked
  }
}

module access 'modules/bus-access.bicep' = {
  params: {
    namespaceName: busName
    identityName: identity.name
    queueName: loadJsonContent('bus.json', 'queue.name')
    topicName: loadJsonContent('bus.json', 'topic.name')
    countReader: countReaderId(resourceGroup().id, environment, client.stamp)
    producers: client.?producers ?? []
  }
  dependsOn: [bus]
}

module alerts 'modules/bus-alerts.bicep' = {
  params: { namespaceName: busName, tags: tags, actionGroupId: actionGroup.id, backlog: backlog }
  dependsOn: [bus]
}

module endpoint 'modules/bus-private-endpoint.bicep' = if (private) {
  params: {
    namespaceName: busName
    networkName: stampName('vnet', environment, client.stamp)
    location: location
    tags: tags
  }
  dependsOn: [bus]
}

@description('Name of the namespace.')
output namespace string = busName

@description('Settings that the stamp\'s app needs for this client, the same as main.bicep writes.')
output settings setting[] = connectionSettings(client.id, seed, identity.properties.clientId)
