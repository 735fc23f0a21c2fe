// One storage account, without shared keys or public blobs, and the rights of one identity on it.

@description('Name of the account.')
@minLength(3)
@maxLength(24)
param name string

@description('Region.')
param location string

@description('Tags of every resource.')
param tags { *: string }

@description('Replication.')
param sku 'Standard_LRS' | 'Standard_ZRS' | 'Standard_GZRS'

@description('Service in use: blobs for host files and packages, tables for the app\'s data.')
param service 'blob' | 'table'

@description('Blob container to create; if none is given, the host creates its own.')
param container string?

@description('Days that an overwritten or deleted blob can be recovered; none if it need not be.')
@minValue(1)
@maxValue(365)
param keptDays int?

@description('Name of the identity that gets the role.')
param identityName string

@description('Role of the identity on this account.')
param roleId string

@description('Workspace for logs and metrics.')
param workspaceId string

@description('Whether a lock protects the account from deletion.')
param locked bool

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: identityName
}

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: sku }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowSharedKeyAccess: false
    allowCrossTenantReplication: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    // The app connects from addresses that are not fixed; without keys, only identities have access.
    publicNetworkAccess: 'Enabled'
    networkAcls: { defaultAction: 'Allow', bypass: 'AzureServices' }
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2025-06-01' = if (service == 'blob') {
  parent: account
  name: 'default'
  properties: {
    isVersioningEnabled: keptDays != null
    deleteRetentionPolicy: { enabled: keptDays != null, days: keptDays }
    containerDeleteRetentionPolicy: { enabled: keptDays != null, days: keptDays }
  }
}

resource files 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' = if (container != null) {
  parent: blobs
  name: container ?? 'unused'
  properties: { publicAccess: 'None' }
}

resource tables 'Microsoft.Storage/storageAccounts/tableServices@2025-06-01' = if (service == 'table') {
  parent: account
  name: 'default'
}

resource access 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account.id, identity.id, roleId)
  scope: account
  properties: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleId)
  }
}

resource blobDiagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = if (service == 'blob') {
  name: 'workspace'
  scope: blobs
  properties: {
    workspaceId: workspaceId
    metrics: [{ category: 'Transaction', enabled: true }]
  }
}

// Logging every read and write would cost more than it is worth; deletions are worth knowing.
resource tableDiagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = if (service == 'table') {
  name: 'workspace'
  scope: tables
  properties: {
    workspaceId: workspaceId
    logs: [{ category: 'StorageDelete', enabled: true }]
    metrics: [{ category: 'Transaction', enabled: true }]
  }
}

resource lock 'Microsoft.Authorization/locks@2020-05-01' = if (locked) {
  name: 'keep'
  scope: account
  properties: { level: 'CanNotDelete', notes: 'Holds webhooks, sealed credentials or the app itself.' }
}
