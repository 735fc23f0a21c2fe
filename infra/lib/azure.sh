# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # What is set here is read by the scripts; client, environment and group come from common.sh.
# What the scripts read and change in Azure. All by tags and by exact names: nothing of another client is ever meant.

tagged="tags.application=='webhooks' && tags.environment=='$environment'"

# Sets entries: those of clients.json, one a line, however the file is laid out. Each is one flat object.
read_entries() {
  local rest
  rest=$(<"$infra/clients.json")
  rest=${rest//$'\n'/ }
  entries=''
  while [[ $rest =~ \{[^{}]*\} ]]; do
    entries+=${BASH_REMATCH[0]}$'\n'
    rest=${rest#*"${BASH_REMATCH[0]}"}
  done
}

# Sets value: field $1 of entry $2, or nothing.
read_field() {
  value=''
  if [[ $2 =~ \"$1\"[[:space:]]*:[[:space:]]*\"([^\"]*)\" ]]; then value=${BASH_REMATCH[1]}; fi
}

# Sets stamp: that of client $1 in clients.json; empty when it is not there.
find_stamp() {
  local entry
  stamp=''
  read_entries
  while read -r entry; do
    read_field id "$entry"
    if [[ $value == "$1" ]]; then
      read_field stamp "$entry"
      stamp=$value
    fi
  done <<<"$entries"
}

# Ends the script when stamp $1 has more clients than one app serves: Azure advises to divide an app with more than
# 100 functions that wait for events.
refuse_full_stamp() {
  local entry count=0
  read_entries
  while read -r entry; do
    read_field stamp "$entry"
    if [[ $value == "$1" ]]; then count=$((count + 1)); fi
  done <<<"$entries"
  if ((count <= 80)); then return; fi
  fail "Stamp '$1' has $count clients in infra/clients.json; one serves 80 at most." \
    "Give $client another stamp in infra/clients.json, and deploy that stamp first: docs/deploy.md."
}

require_login() {
  if ! command -v az >/dev/null; then
    fail 'There is no Azure CLI: no az on the PATH.' \
      'Install version 2.60 or newer: https://learn.microsoft.com/cli/azure/install-azure-cli. Then run az login.'
  fi
  if ! subscription=$(az account show --query '[name, id]' --output tsv); then
    fail 'No subscription is logged in.' 'Run az login, then az account set --subscription NAME.'
  fi
  subscription=${subscription/$'\n'/, }
}

# Sets app, app_id, app_host and app_audience: the app of stamp $1. The host name lies deeper in what some versions of the CLI answer.
find_app() {
  local found
  found=$(az functionapp list --resource-group "$group" \
    --query "[?$tagged && tags.stamp=='$1'].[name, id, defaultHostName || properties.defaultHostName]" --output tsv)
  if [[ $found == '' ]]; then
    fail "There is no app of stamp '$1' in resource group $group of subscription $subscription." \
      "Deploy infra/main.$environment.bicepparam first, or name the group: --resource-group GROUP."
  fi
  if [[ $found == *$'\n'* ]]; then fail "Resource group $group has more than one app of stamp '$1'." 'Delete the wrong one.'; fi
  IFS=$'\t' read -r app app_id app_host <<<"$found"
  app_audience=$(az functionapp config appsettings list --resource-group "$group" --name "$app" \
    --query "[?name=='AUTH_AUDIENCE'].value" --output tsv)
  if [[ $app_audience == '' ]]; then fail "$app has no setting AUTH_AUDIENCE." "Deploy infra/main.$environment.bicepparam again."; fi
}

# Names of the three settings of the client, one a line; the same ones as connectionSettings in shared.bicep.
setting_names() {
  local prefix
  prefix=SB_$(tr 'a-z-' 'A-Z_' <<<"$client")
  printf '%s\n' "${prefix}__fullyQualifiedNamespace" "${prefix}__credential" "${prefix}__clientId"
}

# Those settings as the app has them: lines of name and value.
settings_now() {
  local query='' name
  while read -r name; do query+="${query:+ || }name=='$name'"; done <<<"$(setting_names)"
  az functionapp config appsettings list --resource-group "$group" --name "$app" --query "[?$query].[name, value]" --output tsv
}

# A call while waiting: its output in $answer; when it fails, $why. Without warnings, which would stand beside the output.
try_az() {
  if answer=$(az "$@" --only-show-errors 2>&1); then return 0; fi
  # The CLI's own line: after a 401 it goes on with advice of its own.
  why=ERROR:${answer#*ERROR:}
  why=${why%%$'\n'*}
  why=${why:0:500}
  return 1
}

# Whether the last call was refused to whoever runs this. Only the status at the start of the line tells: a body may well speak of rights
# that Azure does not give the app yet, and those come by waiting.
is_refused() { [[ $why == 'ERROR: Unauthorized'* || $why == 'ERROR: Forbidden'* ]]; }

# Tells the platform to read the app's triggers anew; without it an app without instances never sees a new client. The platform asks the
# app's host, which new settings have just restarted: until it is back the answer is a Bad Request that speaks of the host runtime.
sync_triggers() {
  wait_until "$usual_seconds" 'the platform has read the triggers' are_triggers_read "See whether $app runs: https://$app_host/api/health"
}

are_triggers_read() {
  if try_az rest --method post --url "$app_id/syncfunctiontriggers?api-version=2024-11-01" --output none; then return 0; fi
  if is_refused; then fail "Azure refuses you: $why" "You need the role Website Contributor on $app."; fi
  return 1
}
