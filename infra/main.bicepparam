using 'main.bicep'

import { listOf } from 'shared.bicep'

// For azd, which reads the file of this name with the variables of its environment. An azd environment is called dev or production and
// has the values of main.dev.bicepparam or main.production.bicepparam; a test compares them.
var environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'dev')
var tenant = readEnvironmentVariable('AZURE_TENANT_ID')
var production = environmentName == 'production'

param environment = environmentName
param stamp = 'one'
param clients = loadJsonContent('clients.json')
param auth = {
  issuer: 'https://login.microsoftonline.com/${tenant}/v2.0'
  audience: readEnvironmentVariable('WEBHOOKS_API_ID')
  jwksUrl: 'https://login.microsoftonline.com/${tenant}/discovery/v2.0/keys'
  clientsClaim: 'roles'
}
param instanceMemoryMb = production ? 2048 : 512
param alwaysReadyHttp = production ? 1 : 0
param dataSku = production ? 'Standard_GZRS' : 'Standard_LRS'
param network = production
  ? {
      addressPrefix: '10.20.0.0/16'
      appPrefix: '10.20.0.0/24'
      endpointPrefix: '10.20.1.0/24'
    }
  : null
// Comma-separated: email addresses for alerts, and origins of pages that may call the API.
param corsOrigins = readEnvironmentVariable('CORS_ORIGINS', '')
param alertEmails = listOf(production
  ? readEnvironmentVariable('ALERT_EMAILS')
  : readEnvironmentVariable('ALERT_EMAILS', ''))
param logRetentionDays = production ? 90 : 30
param logDailyCapGb = production ? 5 : 1
param softDeleteDays = production ? 90 : 7
param locked = production
