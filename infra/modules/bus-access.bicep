// What the app may do on one client's bus: receive, and send the come-backs. Nothing else, and on no other bus.

import { roles } from '../shared.bicep'

@description('Name of the namespace.')
param namespaceName string

@description('Name of the app\'s identity.')
param identityName string

resource namespace 'Microsoft.ServiceBus/namespaces@2024-01-01' existing = {
  name: namespaceName
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
