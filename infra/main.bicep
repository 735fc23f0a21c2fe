// One stamp: the app, what it needs, and the settings that name its clients' buses. The buses themselves: client.bicep.

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

@description('All clients; those of this stamp get their settings here.')
param clients clientConfig[]

@description('Tokens that the API takes.')
param auth authConfig

@description('Comma-separated exact host:port that may be called although not public.')
param outboundAllow string = ''

@description('Origins whose pages may call the API from a browser, comma-separated, such as https://admin.example; none by default.')
param corsOrigins string = ''

@description('Narrows what header values may hold: the inside of a character class. Empty for the default.')
param headerValueCharacters string = ''

@description('Major version of Node.')
param nodeVersion '22' | '24' = '24'

@description('Memory of one instance in megabytes.')
param instanceMemoryMb 512 | 2048 | 4096 = 2048

@description('Most instances of one function, which is of one client.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Instances that always wait for calls of the API.')
@minValue(0)
param alwaysReadyHttp int = 0

@description('Whether the app and all that it needs run in three zones of the region. Always-ready instances are then at least 2 of a kind.')
param zoneRedundant bool = false

@description('How often the app\'s data is stored.')
param dataSku 'Standard_LRS' | 'Standard_ZRS' | 'Standard_GZRS' = 'Standard_ZRS'

@description('Network with fixed outbound addresses; none for addresses of the platform.')
param network networkConfig?

@description('Addresses that alerts are mailed to.')
param alertEmails string[]

@description('Whether the buses of these clients are deployed too, before the app that needs them. Not where only their ids are known.')
param withBuses bool = true

@description('Days that logs are kept.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 30

@description('Fuse: gigabytes of logs a day.')
@minValue(1)
param logDailyCapGb int = 1

@description('Days that a deleted vault or key can be brought back.')
@minValue(7)
@maxValue(90)
param softDeleteDays int = 90

@description('Whether locks keep people from deleting what cannot be made again.')
param locked bool

// Nothing begins before this is empty: every other module waits for the identity, and that for its name.
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
    contains(origins, '*') ? ['CORS_ORIGINS names pages that may call the API: * would be all of them.'] : [],
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

// Named here, made in the modules: what is known by its name needs no outputs, and a preview can show it.
// Its client id is read, so it waits: Resource Manager reads what `existing` names as soon as nothing is left to wait for, and a new
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

// An account of its own: the host needs all rights where its files lie, and the app must not be able to replace what it is started from.
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
  // No other kind of credential is tried, such as one that somebody left in a setting.
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
    // Names of groups are the platform's: http for the whole API, function:NAME for any other one.
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
  // The host reads its storage, the app its key and each function its bus: what they need, with its rights, is there when the app first starts.
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

@description('Address that third parties see when the stamp has a network.')
output outboundAddress string? = network == null ? null : net!.outputs.outboundAddress
