#!/usr/bin/env bash
# Checks a deployment: the app answers, is ready for all its clients, and delivers an event of each client that has a canary webhook.
# shellcheck source-path=SCRIPTDIR
set -euo pipefail
infra=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=lib/common.sh
source "$infra/lib/common.sh"

read_options no '--environment --resource-group' 'Usage: infra/smoke.sh [--environment dev|production] [--resource-group RG]' "$@"
# shellcheck source=lib/azure.sh
source "$infra/lib/azure.sh"
# shellcheck source=lib/api.sh
source "$infra/lib/api.sh"

finished=1 # It changes nothing, so there is no progress to report.
require_login
stamps=$(az functionapp list --resource-group "$group" --query "[?$tagged].[tags.stamp]" --output tsv)
if [[ $stamps == '' ]]; then
  fail "Environment $environment has no app in resource group $group of subscription $subscription." \
    "Deploy infra/main.$environment.bicepparam first, or name the group: --resource-group GROUP."
fi
read_entries
while read -r stamp; do
  find_app "$stamp"
  say "Stamp $stamp: https://$app_host"
  wait_until "$usual_seconds" 'the app is alive' is_alive "See the app's log."
  wait_until_ready
  while read -r entry; do
    read_field stamp "$entry"
    if [[ $value != "$stamp" ]]; then continue; fi
    read_field id "$entry"
    one=$value
    find_canary_webhook "$one"
    if [[ $webhook == '' ]]; then
      say "      $one has no canary webhook; infra/onboard-client.sh $one creates one."
    else
      send_canary "$one"
    fi
  done <<<"$entries"
done <<<"$stamps"
say 'All checks passed.'
