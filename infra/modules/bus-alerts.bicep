// Alerts about one client's bus.

@description('Name of the namespace, the prefix of the alerts\' names.')
param namespaceName string

@description('Tags of every resource.')
param tags { *: string }

@description('Action group to notify.')
param actionGroupId string

@description('Alert when more messages than this are waiting, not counting scheduled retry messages.')
@minValue(1)
param backlog int

resource namespace 'Microsoft.ServiceBus/namespaces@2026-01-01' existing = {
  name: namespaceName
}

var rules = [
  {
    name: 'dead-letters'
    metric: 'DeadletteredMessages'
    aggregation: 'Maximum'
    threshold: 0
    severity: 2
    text: 'Messages were dead-lettered; their events stay undelivered until somebody acts on them.'
  }
  {
    name: 'backlog'
    metric: 'ActiveMessages'
    aggregation: 'Average'
    threshold: backlog
    severity: 2
    text: 'Too many messages are waiting: the app does not keep up, or is not running.'
  }
  {
    name: 'throttled'
    metric: 'ThrottledRequests'
    aggregation: 'Total'
    threshold: 10
    severity: 3
    text: 'The bus is throttling: the client has reached the limits of its tier.'
  }
  {
    name: 'bus-faults'
    metric: 'ServerErrors'
    aggregation: 'Total'
    threshold: 10
    severity: 2
    text: 'The bus returns server errors.'
  }
]

resource alerts 'Microsoft.Insights/metricAlerts@2018-03-01' = [
  for rule in rules: {
    name: '${namespaceName}-${rule.name}'
    location: 'global'
    tags: tags
    properties: {
      description: rule.text
      severity: rule.severity
      enabled: true
      scopes: [namespace.id]
      evaluationFrequency: 'PT5M'
      windowSize: 'PT15M'
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
        allOf: [
          {
            criterionType: 'StaticThresholdCriterion'
            name: rule.name
            metricNamespace: 'Microsoft.ServiceBus/namespaces'
            metricName: rule.metric
            timeAggregation: rule.aggregation
            operator: 'GreaterThan'
            threshold: rule.threshold
            dimensions: [{ name: 'EntityName', operator: 'Include', values: ['*'] }]
          }
        ]
      }
      actions: [{ actionGroupId: actionGroupId }]
    }
  }
]
