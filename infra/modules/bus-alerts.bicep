// What wakes somebody about one client's bus.

@description('Name of the namespace, which the alerts\' names begin with.')
param namespaceName string

@description('Tags of every resource.')
param tags { *: string }

@description('Action group that is called.')
param actionGroupId string

@description('Messages waiting, scheduled retry messages not counted, that are too many.')
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
    text: 'Messages went to a dead-letter queue: no event can be lost unseen.'
  }
  {
    name: 'backlog'
    metric: 'ActiveMessages'
    aggregation: 'Average'
    threshold: backlog
    severity: 2
    text: 'Messages wait: the app does not keep up, or does not run.'
  }
  {
    name: 'throttled'
    metric: 'ThrottledRequests'
    aggregation: 'Total'
    threshold: 10
    severity: 3
    text: 'The bus throttles: the client is near the end of its tier.'
  }
  {
    name: 'bus-faults'
    metric: 'ServerErrors'
    aggregation: 'Total'
    threshold: 10
    severity: 2
    text: 'The bus answers with faults of its own.'
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
