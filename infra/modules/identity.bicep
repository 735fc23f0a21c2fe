// The app's identities. Each role is assigned next to the resource it is for; the one role that Azure does not have is defined here.

import { countReaderId } from '../shared.bicep'

@description('Name of the app\'s identity.')
param name string

@description('Name of the identity that stores and fetches the package.')
param packagesName string

@description('Environment, part of the role\'s id.')
param environment string

@description('Stamp, part of the role\'s id.')
param stamp string

@description('Region.')
param location string

@description('Tags of every resource.')
param tags { *: string }

var countReader = countReaderId(resourceGroup().id, environment, stamp)

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: location
  tags: tags
}

resource packages 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: packagesName
  location: location
  tags: tags
}

// Reading how many messages are waiting takes Data Owner, which may do anything, or this role: docs/decisions/0010. Role names are unique in a tenant.
resource counts 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: countReader
  properties: {
    roleName: 'Webhooks count reader ${environment} ${stamp} ${take(countReader, 8)}'
    description: 'Reads queues, topics and subscriptions of a Service Bus namespace and how many messages are waiting, never a message.'
    type: 'CustomRole'
    permissions: [
      { actions: ['Microsoft.ServiceBus/namespaces/*/read'], notActions: [], dataActions: [], notDataActions: [] }
    ]
    assignableScopes: [resourceGroup().id]
  }
}
