// Rights on one client's bus. The app receives from the queue, sends retry messages to it and canaries to the topic; its scaler reads how many
// messages are waiting (docs/decisions/0010). Producers may only send to the topic.

import { roles } from '../shared.bicep'

@description('Name of the namespace.')
param namespaceName string

@description('Name of the app\'s identity.')
param identityName string

@description('Name of the queue that the app receives from.')
param queueName string

@description('Name of the topic that events are published to.')
param topicName string

@description('Id of the role that reads how many messages are waiting.')
param countReader string

@description('Principals that publish events.')
param producers string[]

resource namespace 'Microsoft.ServiceBus/namespaces@2026-01-01' existing = {
  name: namespaceName

  resource deliveries 'queues' existing = { name: queueName }

  resource events 'topics' existing = { name: topicName }
}

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: identityName
}

resource work 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in [roles.serviceBusDataReceiver, roles.serviceBusDataSender]: {
    name: guid(namespace::deliveries.id, identity.id, role)
    scope: namespace::deliveries
    properties: {
      principalId: identity.properties.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    }
  }
]

resource canaries 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(namespace::events.id, identity.id, roles.serviceBusDataSender)
  scope: namespace::events
  properties: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.serviceBusDataSender)
  }
}

// On the namespace: on the queue alone it does not cover the endpoint that the scaler calls.
resource counts 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(namespace.id, identity.id, countReader)
  scope: namespace
  properties: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', countReader)
  }
}

resource publish 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for producer in producers: {
    name: guid(namespace::events.id, producer, roles.serviceBusDataSender)
    scope: namespace::events
    properties: {
      principalId: producer
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.serviceBusDataSender)
    }
  }
]
