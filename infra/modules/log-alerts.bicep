// What wakes somebody about a stamp by what its app logs: it is not ready, it did not start, or it says nothing at all.

import { roles } from '../shared.bicep'

@description('Prefix of the alerts\' names.')
param name string

@description('Name of the identity that reads the logs for the alerts.')
param identityName string

@description('Region.')
param location string

@description('Tags of every resource.')
param tags { *: string }

@description('Name of the Application Insights component.')
param insightsName string

@description('Name of the workspace that the component\'s logs lie in.')
param workspaceName string

@description('Action group that is called.')
param actionGroupId string

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' existing = {
  name: workspaceName
}

// Without an identity of its own a rule runs with the rights of whoever deployed it last.
resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: identityName
  location: location
  tags: tags
}

resource access 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(insights.id, identity.id, roles.monitoringReader)
  scope: insights
  properties: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.monitoringReader)
  }
}

// A rule about one resource needs the role on the workspace of its logs too: learn.microsoft.com/azure/azure-monitor/alerts/alerts-create-log-alert-rule.
resource accessToWorkspace 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(workspace.id, identity.id, roles.monitoringReader)
  scope: workspace
  properties: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.monitoringReader)
  }
}

// Each query gives rows only when somebody must look, so that an empty answer needs no interpretation.
var rules = [
  {
    name: 'not-ready'
    query: loadTextContent('../queries/not-ready.kql')
    severity: 1
    // Once may be a passing fault of the network; twice of three looks is not.
    moreThan: 1
    text: 'The app said twice in 15 minutes that it is not ready. The line readiness.failed names what fails.'
  }
  {
    name: 'unwatched'
    query: loadTextContent('../queries/unwatched.kql')
    severity: 1
    moreThan: 0
    text: 'For 20 minutes the app has not looked whether it is ready: it does not run, or its logs do not arrive.'
  }
  {
    name: 'not-started'
    query: loadTextContent('../queries/not-started.kql')
    severity: 1
    moreThan: 0
    text: 'The app, or the function of one client, did not start. The line says why.'
  }
  {
    name: 'unavailable'
    query: loadTextContent('../queries/unavailable.kql')
    severity: 1
    // Two places or more: one may have trouble of its own.
    moreThan: 1
    text: 'The app does not answer /api/health from two places or more.'
  }
  {
    name: 'faults'
    query: loadTextContent('../queries/faults.kql')
    severity: 2
    moreThan: 0
    text: 'The API answers with faults of its own (5xx), the readiness check not counted.'
  }
  {
    name: 'failing'
    query: loadTextContent('../queries/failing.kql')
    severity: 3
    moreThan: 0
    text: 'More than a fifth of a client\'s attempts failed in 15 minutes. Its deliveries with state retrying or failed say why.'
  }
]

resource alerts 'Microsoft.Insights/scheduledQueryRules@2026-03-01' = [
  for rule in rules: {
    name: '${name}-${rule.name}'
    location: location
    tags: tags
    kind: 'LogAlert'
    identity: { type: 'UserAssigned', userAssignedIdentities: { '${identity.id}': {} } }
    properties: {
      displayName: '${name}-${rule.name}'
      description: rule.text
      severity: rule.severity
      enabled: true
      autoMitigate: true
      scopes: [insights.id]
      evaluationFrequency: 'PT5M'
      // The queries narrow it.
      windowSize: 'PT30M'
      // What asks how old the stamp is looks back further.
      overrideQueryTimeRange: 'P2D'
      // A component that has never seen a log has no table yet, and the rule must be there before the first.
      skipQueryValidation: true
      criteria: {
        allOf: [
          {
            query: rule.query
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: rule.moreThan
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      actions: { actionGroups: [actionGroupId] }
    }
    dependsOn: [access, accessToWorkspace]
  }
]
