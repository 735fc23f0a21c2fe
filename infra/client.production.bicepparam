using 'client.bicep'

// CLIENT_ID names the client: CLIENT_ID=acme az deployment group create … --parameters client.production.bicepparam
var id = readEnvironmentVariable('CLIENT_ID')

param environment = 'production'
param client = first(filter(loadJsonContent('clients.json'), one => one.id == id))!
param networked = true
param locked = true
