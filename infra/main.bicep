// One stamp: the app, what it needs, and the settings that name its clients' buses. The buses themselves are in client.bicep.

import {
  authConfig
  clientConfig
  connectionSettings
  emailFault
  idFault
  listOf
  environmentName
  nameSeed
  networkConfig
  roles
  stampName
} from 'shared.bicep'

@description('Environment.')
param environment environmentName

@description('Name of this stamp.')
@minLength(2)
@maxLength(8)
param stamp string

@description('Region.')
param location string = resourceGroup().location

@description('All clients; this stamp\'s clients get their settings here.')
param clients clientConfig[]

@description('Tokens that the API accepts.')
param auth authConfig

@description('Private hosts that may be called nevertheless: exact host:port, comma-separated.')
param outboundAllow string = ''

@description('Origins whose pages may call the API from a browser, comma-separated, such as https://admin.example. None by default.')
param corsOrigins string = ''

@description('Narrows the characters that header values may contain: the inside of a character class. Empty for the default.')
param headerValueCharacters string = ''

@description('Major version of Node.js.')
param nodeVersion '22' | '24' = '24'

@description('Memory of one instance, in MB.')
param instanceMemoryMb 512 | 2048 | 4096 = 2048

@description('Maximum instances of one function. Each client has its own.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Always-ready instances for the API.')
@minValue(0)
param alwaysReadyHttp int = 0

@description('Whether the app and all that it needs are zone-redundant. Always-ready instances are then at least 2 of each kind.')
param zoneRedundant bool = false

@description('Replication of the app\'s data.')
param dataSku 'Standard_LRS' | 'Standard_ZRS' | 'Standard_GZRS' = 'Standard_ZRS'

@description('Network with fixed outbound addresses; without one, the platform\'s addresses are used.')
param network networkConfig?

@description('Email addresses that alerts are sent to.')
param alertEmails string[]

@description('Whether the buses of these clients are deployed too, before the app that needs them. False where only their ids are known.')
param withBuses bool = true

@description('Retention of logs, in days.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 30

@description('Daily cap on logs, in GB.')
@minValue(1)
param logDailyCapGb int = 1

@description('Days that a deleted vault or key can be recovered.')
@minValue(7)
@maxValue(90)
param softDeleteDays int = 90

@description('Whether locks protect what cannot be recreated from deletion.')
param locked bool

// Nothing is deployed until this is empty: every other module depends on the identity, and the identity on its name.
var own = filter(clients, client => client.stamp == stamp)
var origins = listOf(corsOrigins)
var storageSku = zoneRedundant ? 'Standard_ZRS' : 'Standard_LRS'
var faults = filter(
  concat(
    map(clients, client => idFault(client.id)),
    map(alertEmails, email => emailFault(email)),
    length(own) > 80
      ? [
          'Stamp ${stamp} has ${length(own)} clients; one serves 80 at most. Give the newest another stamp, and deploy that.'
        ]
      : [],
    contains(origins, '*') ? ['CORS_ORIGINS must list origins: * would let every page call the API.'] : [],
    zoneRedundant && (dataSku == 'Standard_LRS' || alwaysReadyHttp == 1 || !empty(filter(
        own,
        client => (client.?alwaysReady ?? 0) == 1
      )))
      ? ['A zone-redundant stamp needs data in zones (dataSku) and two always-ready instances of a kind, or none.']
      : []
  ),
  fault => fault != ''
)

var tags = { application: 'webhooks', environment: environment, stamp: stamp }
var seed = nameSeed(subscription().subscriptionId, environment)
var token = take(uniqueString(seed, stamp), 8)
var wrappingKey = 'wrapping'
var packages = 'packages'
var names = {
  identity: empty(faults) ? stampName('id', environment, stamp) : fail(join(faults, ' '))
  packagesIdentity: stampName('id-packages', environment, stamp)
  workspace: stampName('log', environment, stamp)
  insights: stampName('appi', environment, stamp)
  actionGroup: stampName('ag', environment, stamp)
  network: stampName('vnet', environment, stamp)
  app: 'func-webhooks-${environment}-${stamp}-${token}'
  vault: 'kv-wh-${token}-${stamp}'
}
var hostAccount = 'sthost${token}${stamp}'
var packageAccount = 'stpkgs${token}${stamp}'
var dataAccount = 'stdata${token}${stamp}'
var storageSuffix = az.environment().suffixes.storage

// Named here, created in the modules: a name that is known beforehand needs no outputs, and a preview can show it.
// Depends on the identity because its client id is read: Resource Manager reads `existing` resources as soon as nothing is left to wait for, and a new
// resource group has no identity yet (Azure/bicep issues 10746 and 16664).
resource appIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: names.identity
  dependsOn: [identity]
}

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' existing = {
  name: names.workspace
}

resource actionGroup 'Microsoft.Insights/actionGroups@2023-01-01' existing = {
  name: names.actionGroup
}

module identity 'modules/identity.bicep' = {
  params: {
    name: names.identity
    packagesName: names.packagesIdentity
    environment: environment
    stamp: stamp
    location: location
    tags: tags
  }
}

module monitoring 'modules/monitoring.bicep' = {
  params: {
    workspaceName: names.workspace
    insightsName: names.insights
    actionGroupName: names.actionGroup
    location: location
    tags: tags
    identityName: names.identity
    retentionInDays: logRetentionDays
    dailyCapGb: logDailyCapGb
    alertEmails: alertEmails
  }
  dependsOn: [identity]
}

module hostStorage 'modules/storage.bicep' = {
  params: {
    name: hostAccount
    location: location
    tags: tags
    sku: storageSku
    service: 'blob'
    identityName: names.identity
    roleId: roles.storageBlobDataOwner
    workspaceId: workspace.id
    locked: locked
  }
  dependsOn: [identity, monitoring]
}

// A separate account: the host needs full rights on its own files, and the app must not be able to replace its own package.
module packageStorage 'modules/storage.bicep' = {
  params: {
    name: packageAccount
    location: location
    tags: tags
    sku: storageSku
    service: 'blob'
    container: packages
    keptDays: 30
    identityName: names.packagesIdentity
    roleId: roles.storageBlobDataContributor
    workspaceId: workspace.id
    locked: locked
  }
  dependsOn: [identity, monitoring]
}

module dataStorage 'modules/storage.bicep' = {
  params: {
    name: dataAccount
    location: location
    tags: tags
    sku: dataSku
    service: 'table'
    identityName: names.identity
    roleId: roles.storageTableDataContributor
    workspaceId: workspace.id
    locked: locked
  }
  dependsOn: [identity, monitoring]
}

module vault 'modules/key-vault.bicep' = {
  params: {
    name: names.vault
    location: location
    tags: tags
    keyName: wrappingKey
    identityName: names.identity
    workspaceId: workspace.id
    softDeleteDays: softDeleteDays
    locked: locked
  }
  dependsOn: [identity, monitoring]
}

module net 'modules/network.bicep' = if (network != null) {
  params: {
    name: names.network
    natName: stampName('ng', environment, stamp)
    addressName: stampName('pip', environment, stamp)
    location: location
    tags: tags
    ranges: network!
  }
  dependsOn: [identity]
}

@batchSize(10)
module buses 'client.bicep' = [
  for client in (withBuses ? own : []): {
    params: {
      environment: environment
      client: client
      location: location
      networked: network != null
      locked: locked
    }
    dependsOn: [identity, monitoring, net]
  }
]

// Read by the Functions host.
var hostSettings = [
  { name: 'AzureWebJobsStorage__blobServiceUri', value: 'https://${hostAccount}.blob.${storageSuffix}' }
  { name: 'AzureWebJobsStorage__credential', value: 'managedidentity' }
  { name: 'AzureWebJobsStorage__clientId', value: appIdentity.properties.clientId }
  {
    name: 'APPLICATIONINSIGHTS_AUTHENTICATION_STRING'
    value: 'ClientId=${appIdentity.properties.clientId};Authorization=AAD'
  }
]

// Read by the app (shared/platform/config.ts); AZURE_CLIENT_ID and AZURE_TOKEN_CREDENTIALS by the Azure SDK on its behalf.
var appSettings = [
  { name: 'AZURE_CLIENT_ID', value: appIdentity.properties.clientId }
  // No other kind of credential is tried, such as one left in a setting.
  { name: 'AZURE_TOKEN_CREDENTIALS', value: 'ManagedIdentityCredential' }
  { name: 'TABLES_ENDPOINT', value: 'https://${dataAccount}.table.${storageSuffix}' }
  { name: 'AUTH_ISSUER', value: auth.issuer }
  { name: 'AUTH_AUDIENCE', value: auth.audience }
  { name: 'AUTH_JWKS_URL', value: auth.jwksUrl }
  { name: 'AUTH_CLIENTS_CLAIM', value: auth.clientsClaim }
  { name: 'OUTBOUND_ALLOW', value: outboundAllow }
  { name: 'CORS_ORIGINS', value: corsOrigins }
  { name: 'HEADER_VALUE_CHARACTERS', value: headerValueCharacters }
  {
    name: 'SECRETS_KEY_URL'
    value: 'https://${names.vault}${az.environment().suffixes.keyvaultDns}/keys/${wrappingKey}'
  }
]

var busSettings = flatten(map(own, client => connectionSettings(client.id, seed, appIdentity.properties.clientId)))

module app 'modules/function-app.bicep' = {
  params: {
    planName: stampName('plan', environment, stamp)
    name: names.app
    location: location
    tags: tags
    nodeVersion: nodeVersion
    instanceMemoryMb: instanceMemoryMb
    maximumInstanceCount: maximumInstanceCount
    zoneRedundant: zoneRedundant
    // The platform defines the names of groups: http for the whole API, function:NAME for any other function.
    alwaysReady: filter(
      concat(
        [{ name: 'http', instanceCount: alwaysReadyHttp }],
        map(own, client => { name: 'function:deliver-${client.id}', instanceCount: client.?alwaysReady ?? 0 })
      ),
      group => group.instanceCount > 0
    )
    corsOrigins: origins
    identityId: appIdentity.id
    packagesIdentityId: resourceId('Microsoft.ManagedIdentity/userAssignedIdentities', names.packagesIdentity)
    insightsName: names.insights
    auth: auth
    settings: concat(hostSettings, appSettings, busSettings)
    packageContainer: 'https://${packageAccount}.blob.${storageSuffix}/${packages}'
    subnetId: network == null ? null : resourceId('Microsoft.Network/virtualNetworks/subnets', names.network, 'app')
    workspaceId: workspace.id
  }
  // The host reads its storage, the app its key, and each function its bus: all of it, with its rights, must exist when the app first starts.
  dependsOn: [hostStorage, packageStorage, dataStorage, vault, net, buses]
}

module availability 'modules/availability.bicep' = {
  params: {
    name: stampName('alert', environment, stamp)
    location: location
    tags: tags
    appName: names.app
    insightsName: names.insights
  }
  dependsOn: [app]
}

module logAlerts 'modules/log-alerts.bicep' = {
  params: {
    name: stampName('alert', environment, stamp)
    identityName: stampName('id-alerts', environment, stamp)
    location: location
    tags: tags
    insightsName: names.insights
    workspaceName: names.workspace
    actionGroupId: actionGroup.id
  }
  dependsOn: [monitoring]
}

@description('Name of the app.')
output appName string = names.app

@description('Host name of the API: https://<host name>/api.')
output hostName string = app.outputs.hostName

@description('Outbound IP address, when the stamp has a network.')
output outboundAddress string? = network == null ? null : net!.outputs.outboundAddress
