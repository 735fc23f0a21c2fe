using 'client.bicep'

// CLIENT_ID names the client: CLIENT_ID=acme az deployment group create … --parameters client.dev.bicepparam
var id = readEnvironmentVariable('CLIENT_ID')

param environment = 'dev'
param client = first(filter(loadJsonContent('clients.json'), one => one.id == id))!
param networked = false
param locked = false
