using 'main.bicep'

import { listOf } from 'shared.bicep'

// WEBHOOKS_API_ID is the id of the API's registration in Entra ID, and the aud of its tokens (docs/deploy.md).
var tenant = readEnvironmentVariable('AZURE_TENANT_ID')

param environment = 'dev'
param stamp = 'one'
param clients = loadJsonContent('clients.json')
param auth = {
  issuer: 'https://login.microsoftonline.com/${tenant}/v2.0'
  audience: readEnvironmentVariable('WEBHOOKS_API_ID')
  jwksUrl: 'https://login.microsoftonline.com/${tenant}/discovery/v2.0/keys'
  clientsClaim: 'roles'
}
param instanceMemoryMb = 512
param dataSku = 'Standard_LRS'
// Comma-separated: email addresses for alerts, and origins of pages that may call the API.
param corsOrigins = readEnvironmentVariable('CORS_ORIGINS', '')
param alertEmails = listOf(readEnvironmentVariable('ALERT_EMAILS', ''))
param softDeleteDays = 7
param locked = false
