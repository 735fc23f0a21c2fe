# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # What is set here is read by the scripts; client, environment and group come from common.sh.
# What the scripts read and change in Azure. Only by tags and exact names, so that no other client is ever touched.

tagged="tags.application=='webhooks' && tags.environment=='$environment'"

# Sets entries to those of clients.json, one per line, however the file is formatted. Each is a flat object.
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

# Sets value to field $1 of entry $2; empty when it is missing.
read_field() {
  value=''
  if [[ $2 =~ \"$1\"[[:space:]]*:[[:space:]]*\"([^\"]*)\" ]]; then value=${BASH_REMATCH[1]}; fi
}

# Sets stamp to that of client $1 in clients.json; empty when the client is not listed.
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

# Exits when stamp $1 has more clients than one app can serve: Azure recommends splitting an app with more than
# 100 event-triggered functions.
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
    fail 'The Azure CLI is not installed: az is not on the PATH.' \
      'Install version 2.60 or newer: https://learn.microsoft.com/cli/azure/install-azure-cli. Then run az login.'
  fi
  if ! subscription=$(az account show --query '[name, id]' --output tsv); then
    fail 'You are not logged in to Azure.' 'Run az login, then az account set --subscription NAME.'
  fi
  subscription=${subscription/$'\n'/, }
}

# Sets app, app_id, app_host and app_audience to those of stamp $1. Some versions of the CLI return the host name nested.
find_app() {
  local found
  found=$(az functionapp list --resource-group "$group" \
    --query "[?$tagged && tags.stamp=='$1'].[name, id, defaultHostName || properties.defaultHostName]" --output tsv)
  if [[ $found == '' ]]; then
    fail "Stamp '$1' has no app in resource group $group of subscription $subscription." \
      "Deploy infra/main.$environment.bicepparam first, or name the group: --resource-group GROUP."
  fi
  if [[ $found == *$'\n'* ]]; then fail "Resource group $group has more than one app of stamp '$1'." 'Delete the wrong one.'; fi
  IFS=$'\t' read -r app app_id app_host <<<"$found"
  app_audience=$(az functionapp config appsettings list --resource-group "$group" --name "$app" \
    --query "[?name=='AUTH_AUDIENCE'].value" --output tsv)
  if [[ $app_audience == '' ]]; then fail "$app has no setting AUTH_AUDIENCE." "Deploy infra/main.$environment.bicepparam again."; fi
}

# Names of the client's three settings, one per line, the same as connectionSettings in shared.bicep.
setting_names() {
  local prefix
  prefix=SB_$(tr 'a-z-' 'A-Z_' <<<"$client")
  printf '%s\n' "${prefix}__fullyQualifiedNamespace" "${prefix}__credential" "${prefix}__clientId"
}

# The current values of those settings: lines of name and value.
settings_now() {
  local query='' name
  while read -r name; do query+="${query:+ || }name=='$name'"; done <<<"$(setting_names)"
  az functionapp config appsettings list --resource-group "$group" --name "$app" --query "[?$query].[name, value]" --output tsv
}

# A call while polling: sets $answer to its output, or $why when it fails. Without warnings, which would mix with the output.
try_az() {
  if answer=$(az "$@" --only-show-errors 2>&1); then return 0; fi
  # Only the CLI's error line: after a 401 it adds advice.
  why=ERROR:${answer#*ERROR:}
  why=${why%%$'\n'*}
  why=${why:0:500}
  return 1
}

# Whether the last call was denied to the caller. Only the status at the start of the line counts: a body may mention rights
# that the app does not have yet, and those come with time.
is_refused() { [[ $why == 'ERROR: Unauthorized'* || $why == 'ERROR: Forbidden'* ]]; }

# Makes the platform read the app's triggers again; otherwise an app without instances never sees a new client. The platform asks the
# app's host, which new settings have just restarted: until it is back, the answer is a Bad Request that mentions the host runtime.
sync_triggers() {
  wait_until "$usual_seconds" 'the platform has read the triggers' are_triggers_read "Check whether $app is running: https://$app_host/api/health"
}

are_triggers_read() {
  if try_az rest --method post --url "$app_id/syncfunctiontriggers?api-version=2024-11-01" --output none; then return 0; fi
  if is_refused; then fail "Azure denied access: $why" "You need the role Website Contributor on $app."; fi
  return 1
}
