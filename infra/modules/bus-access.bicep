// Who may do what on one client's bus. The app receives, sends the come-backs and publishes canaries; producers may send to the topic, no more.

import { roles } from '../shared.bicep'

@description('Name of the namespace.')
param namespaceName string

@description('Name of the app\'s identity.')
param identityName string

@description('Name of the topic that events are published to.')
param topicName string

@description('Principals that publish events.')
param producers string[]

resource namespace 'Microsoft.ServiceBus/namespaces@2026-01-01' existing = {
  name: namespaceName

  resource events 'topics' existing = { name: topicName }
}

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: identityName
}

resource access 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in [roles.serviceBusDataReceiver, roles.serviceBusDataSender]: {
    name: guid(namespace.id, identity.id, role)
    scope: namespace
    properties: {
      principalId: identity.properties.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role)
    }
  }
]

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
