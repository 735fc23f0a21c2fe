using 'main.bicep'

var tenant = readEnvironmentVariable('AZURE_TENANT_ID', '00000000-0000-0000-0000-000000000000')

param environment = 'dev'
param stamp = 'one'
param clients = loadJsonContent('clients.json')
param auth = {
  issuer: 'https://login.microsoftonline.com/${tenant}/v2.0'
  audience: 'api://kls-webhooks-dev'
  jwksUrl: 'https://login.microsoftonline.com/${tenant}/discovery/v2.0/keys'
  clientsClaim: 'clients'
}
param instanceMemoryMb = 512
param dataSku = 'Standard_LRS'
param alertEmails = []
param softDeleteDays = 7
param locked = false
