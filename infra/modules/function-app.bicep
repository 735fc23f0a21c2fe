// The plan and the app. A deployment replaces all settings; what onboarding adds to them is the same as the next deployment writes.

import { authConfig, setting } from '../shared.bicep'

@description('Name of the plan.')
param planName string

@description('Name of the app.')
param name string

@description('Region.')
param location string

@description('Tags of every resource.')
param tags { *: string }

@description('Major version of Node.js.')
param nodeVersion '22' | '24'

@description('Whether its instances are spread over the region\'s zones.')
param zoneRedundant bool

@description('Memory of one instance, in MB.')
param instanceMemoryMb 512 | 2048 | 4096

@description('Maximum instances of one function. Each client has its own.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int

@description('Always-ready instances by function group.')
param alwaysReady { name: string, instanceCount: int }[]

@description('Exact origins whose pages may call the API.')
param corsOrigins string[]

@description('Id of the app\'s identity.')
param identityId string

@description('Id of the identity that stores and fetches the package.')
param packagesIdentityId string

@description('Name of the Application Insights component.')
param insightsName string

@description('Tokens that the API accepts.')
param auth authConfig

@description('Settings of the app.')
param settings setting[]

@description('URL of the container that the app is deployed from.')
param packageContainer string

@description('Subnet for the app\'s outbound calls; without one, the platform\'s addresses are used.')
param subnetId string?

@description('Workspace for logs and metrics.')
param workspaceId string

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { tier: 'FlexConsumption', name: 'FC1' }
  properties: { reserved: true, zoneRedundant: zoneRedundant }
}

resource app 'Microsoft.Web/sites@2025-03-01' = {
  name: name
  location: location
  tags: union(tags, { 'azd-service-name': 'webhooks' })
  kind: 'functionapp,linux'
  // The second one is the platform's: it stores the package at deployment, and new instances fetch it (docs/decisions/0011).
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identityId}': {}, '${packagesIdentityId}': {} } }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    clientAffinityEnabled: false
    publicNetworkAccess: 'Enabled'
    virtualNetworkSubnetId: subnetId
    // An update restarts the instances (strategy Recreate, the default). Messages in progress return to the bus; the rolling strategy is in preview.
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: packageContainer
          authentication: { type: 'UserAssignedIdentity', userAssignedIdentityResourceId: packagesIdentityId }
        }
      }
      runtime: { name: 'node', version: nodeVersion }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMb
        maximumInstanceCount: maximumInstanceCount
        alwaysReady: alwaysReady
      }
    }
    // No FTP settings: Flex Consumption has no FTP and rejects them (error 51021).
    siteConfig: {
      minTlsVersion: '1.2'
      http20Enabled: true
      cors: empty(corsOrigins) ? null : { allowedOrigins: corsOrigins, supportCredentials: false }
      appSettings: concat(settings, [
        { name: 'APPLICATIONINSIGHTS_CONNECTION_STRING', value: insights.properties.ConnectionString }
      ])
    }
  }

  resource scm 'basicPublishingCredentialsPolicies' = { name: 'scm', properties: { allow: false } }

  // A second guard, never the only one: the app itself checks roles and clients. Public endpoints stay public.
  resource signIn 'config' = if (auth.?clientId != null) {
    name: 'authsettingsV2'
    properties: {
      platform: { enabled: true }
      globalValidation: {
        requireAuthentication: true
        unauthenticatedClientAction: 'Return401'
        excludedPaths: ['/api/health', '/api/openapi.json']
      }
      identityProviders: {
        azureActiveDirectory: {
          enabled: true
          registration: { clientId: auth.?clientId, openIdIssuer: auth.issuer }
          validation: { allowedAudiences: [auth.audience] }
        }
      }
      login: { tokenStore: { enabled: false } }
    }
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'workspace'
  scope: app
  properties: {
    workspaceId: workspaceId
    // The app's logs reach the workspace by Application Insights; exporting them here too would bill them twice.
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}

@description('Host name of the API.')
output hostName string = app.properties.defaultHostName
