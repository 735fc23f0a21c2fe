// Alerts from the logs of a stamp's app: it is not ready, did not start, or logs nothing at all.

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

@description('Name of the workspace that has the component\'s logs.')
param workspaceName string

@description('Action group to notify.')
param actionGroupId string

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' existing = {
  name: workspaceName
}

// Without its own identity, a rule runs with the rights of whoever deployed it last.
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

// A rule on one resource also needs the role on the workspace of its logs: learn.microsoft.com/azure/azure-monitor/alerts/alerts-create-log-alert-rule.
resource accessToWorkspace 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(workspace.id, identity.id, roles.monitoringReader)
  scope: workspace
  properties: {
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.monitoringReader)
  }
}

// Each query returns rows only when somebody has to look, so an empty result needs no interpretation.
var rules = [
  {
    name: 'not-ready'
    query: loadTextContent('../queries/not-ready.kql')
    severity: 1
    // Once may be a transient network fault; two of three checks are not.
    moreThan: 1
    text: 'The app reported twice in 15 minutes that it is not ready. Its log line readiness.failed says what fails.'
  }
  {
    name: 'unwatched'
    query: loadTextContent('../queries/unwatched.kql')
    severity: 1
    moreThan: 0
    text: 'The app has not checked its readiness for 20 minutes: it is not running, or its logs do not arrive.'
  }
  {
    name: 'not-started'
    query: loadTextContent('../queries/not-started.kql')
    severity: 1
    moreThan: 0
    text: 'The app, or the function of one client, did not start. The log line says why.'
  }
  {
    name: 'unavailable'
    query: loadTextContent('../queries/unavailable.kql')
    severity: 1
    // At least two locations: one may have a problem of its own.
    moreThan: 1
    text: 'The app does not answer /api/health from at least two locations.'
  }
  {
    name: 'faults'
    query: loadTextContent('../queries/faults.kql')
    severity: 2
    moreThan: 0
    text: 'The API returns server errors (5xx), not counting the readiness check.'
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
      // Queries for the stamp's age look back further.
      overrideQueryTimeRange: 'P2D'
      // A component without logs has no table yet, and the rule must exist before the first log.
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
