#!/usr/bin/env bash
# Onboards one client: its bus, the app's settings for it, its function; then sends an event through.
# Can be run again at any time: what exists is left unchanged.
# shellcheck source-path=SCRIPTDIR
set -euo pipefail
infra=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=lib/common.sh
source "$infra/lib/common.sh"

read_options yes '--environment --resource-group --canary-url --yes' \
  'Usage: infra/onboard-client.sh ID [--environment dev|production] [--resource-group RG] [--canary-url URL] [--yes]' "$@"
# shellcheck source=lib/azure.sh
source "$infra/lib/azure.sh"
# shellcheck source=lib/api.sh
source "$infra/lib/api.sh"

if [[ $canary_url != '' && ! $canary_url =~ ^https://[^[:space:]\"\\]+$ ]]; then
  fail "The canary cannot call '$canary_url'." 'Its URL must begin with https:// and may not contain spaces, quotes or backslashes.'
fi
find_stamp "$client"
if [[ $stamp == '' ]]; then
  fail "$client is not in infra/clients.json, which lists all clients." \
    "Add a line and have it reviewed: { \"id\": \"$client\", \"stamp\": \"one\", \"sku\": \"Standard\" }"
fi
refuse_full_stamp "$stamp"

require_login
find_app "$stamp"
deployment=client-$client
parameters=$infra/client.$environment.bicepparam
deployed=$(az deployment group list --resource-group "$group" \
  --query "[?name=='$deployment' && properties.provisioningState=='Succeeded'].name" --output tsv)
changes=$(CLIENT_ID=$client az deployment group what-if --resource-group "$group" --name "$deployment" --parameters "$parameters" \
  --no-pretty-print --exclude-change-types NoChange Ignore --query 'changes[].[changeType, resourceId]' --output tsv)

say "Client $client, environment $environment, stamp $stamp"
say "  subscription    $subscription"
say "  resource group  $group"
say "  app             $app (https://$app_host)"
say 'Planned changes:'
if [[ $changes == '' && $deployed != '' ]]; then
  say '  - nothing to deploy: its bus matches infra/client.bicep'
else
  say "  - deploy infra/client.$environment.bicepparam as $deployment:"
  while IFS=$'\t' read -r change id; do
    if [[ $change != '' ]]; then say "      $change ${id#*/providers/}"; fi
  done <<<"$changes"
fi
say "  - set its three settings on the app where they differ (this restarts the app), and sync its triggers"
say '  - wait until the app is ready for it, then send a canary event through its bus'
confirm

changed=0
steps_total=5
step "Deploy the bus of $client"
if [[ $changes == '' && $deployed != '' ]]; then
  say '      Nothing to deploy.'
else
  CLIENT_ID=$client az deployment group create --resource-group "$group" --name "$deployment" --parameters "$parameters" --output none
  changed=1
fi
# An interrupted offboarding leaves it closed; the template does not set its status.
namespace=$(az deployment group show --resource-group "$group" --name "$deployment" --query properties.outputs.namespace.value --output tsv)
status=$(az servicebus topic show --resource-group "$group" --namespace-name "$namespace" --name events --query status --output tsv)
if [[ $status != Active ]]; then
  az servicebus topic update --resource-group "$group" --namespace-name "$namespace" --name events --status Active --output none
  say '      Reopened its topic.'
  changed=1
fi

step "Settings of $client on the app"
wanted=$(az deployment group show --resource-group "$group" --name "$deployment" \
  --query 'properties.outputs.settings.value[].[name, value]' --output tsv)
present=$(settings_now)
different=()
while IFS=$'\t' read -r name value; do
  if [[ $'\n'$present$'\n' != *$'\n'"$name"$'\t'"$value"$'\n'* ]]; then different+=("$name=$value"); fi
done <<<"$wanted"
if ((${#different[@]} == 0)); then
  say '      All three are already set.'
else
  az functionapp config appsettings set --resource-group "$group" --name "$app" --settings "${different[@]}" --output none
  say "      Set: ${different[*]%%=*}"
  changed=1
fi

step 'Sync triggers'
sync_triggers

step 'Readiness'
wait_until_ready

step 'Canary'
ensure_canary_webhook
send_canary "$client"

if ((changed)); then say "$client is on."; else say "$client was already on; nothing to change."; fi
