// One client's namespace and its contents. Names, locks, lifetimes and duplicate detection are in ../bus.json.

@description('Name of the namespace.')
@minLength(6)
@maxLength(50)
param name string

@description('Region.')
param location string

@description('Tags of every resource.')
param tags { *: string }

@description('Tier.')
param sku 'Standard' | 'Premium'

@description('Messaging units of a Premium namespace.')
param premiumUnits int

@description('Whether it is reachable from the internet; by identities only in any case.')
param public bool

@description('Workspace for logs and metrics.')
param workspaceId string

@description('Whether a lock protects it from deletion.')
param locked bool

var bus = loadJsonContent('../bus.json')
var sizeMb = 5120

resource namespace 'Microsoft.ServiceBus/namespaces@2026-01-01' = {
  name: name
  location: location
  tags: tags
  sku: { name: sku, tier: sku, capacity: sku == 'Premium' ? premiumUnits : null }
  properties: {
    disableLocalAuth: true
    minimumTlsVersion: '1.2'
    publicNetworkAccess: public ? 'Enabled' : 'Disabled'
  }

  resource deliveries 'queues' = {
    name: bus.queue.name
    properties: {
      lockDuration: bus.queue.lockDuration
      maxDeliveryCount: bus.queue.maxDeliveryCount
      defaultMessageTimeToLive: bus.queue.defaultMessageTimeToLive
      deadLetteringOnMessageExpiration: bus.queue.deadLetteringOnMessageExpiration
      requiresDuplicateDetection: bus.queue.requiresDuplicateDetection
      duplicateDetectionHistoryTimeWindow: bus.queue.duplicateDetectionHistoryTimeWindow
      maxSizeInMegabytes: sizeMb
    }
  }

  resource events 'topics' = {
    name: bus.topic.name
    properties: {
      defaultMessageTimeToLive: bus.topic.defaultMessageTimeToLive
      requiresDuplicateDetection: bus.topic.requiresDuplicateDetection
      duplicateDetectionHistoryTimeWindow: bus.topic.duplicateDetectionHistoryTimeWindow
      maxSizeInMegabytes: sizeMb
    }

    resource webhooks 'subscriptions' = {
      name: bus.subscription.name
      properties: {
        lockDuration: bus.subscription.lockDuration
        maxDeliveryCount: bus.subscription.maxDeliveryCount
        defaultMessageTimeToLive: bus.subscription.defaultMessageTimeToLive
        deadLetteringOnMessageExpiration: bus.subscription.deadLetteringOnMessageExpiration
        forwardTo: deliveries.name
      }
    }
  }
}

// Logs of every operation would cost more than the app's own telemetry.
resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'workspace'
  scope: namespace
  properties: {
    workspaceId: workspaceId
    logs: [{ category: 'OperationalLogs', enabled: true }, { category: 'VNetAndIPFilteringLogs', enabled: true }]
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}

resource lock 'Microsoft.Authorization/locks@2020-05-01' = if (locked) {
  name: 'keep'
  scope: namespace
  properties: { level: 'CanNotDelete', notes: 'Holds a client\'s undelivered events.' }
}
