#!/usr/bin/env bash
# Offboards one client: closes its topic, then removes its settings, then its bus. Its webhooks, sealed credentials and delivery log stay in the tables.
# Can be run again at any time: what is already deleted is skipped.
# shellcheck source-path=SCRIPTDIR
set -euo pipefail
infra=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=lib/common.sh
source "$infra/lib/common.sh"

read_options yes '--environment --resource-group --abandon-deliveries --yes' \
  'Usage: infra/offboard-client.sh ID [--environment dev|production] [--resource-group RG] [--abandon-deliveries] [--yes]' "$@"
# shellcheck source=lib/azure.sh
source "$infra/lib/azure.sh"

find_stamp "$client"
if [[ $stamp != '' ]]; then
  fail "$client is still in infra/clients.json: the next deployment of its stamp would bring its settings back." \
    'Remove its line, have that reviewed, then run this command again.'
fi

require_login
# Lines of type, name, id and stamp. The namespace is deleted last: while it exists, another run finds what is left.
resources=$(az resource list --resource-group "$group" \
  --query "[?$tagged && tags.client=='$client'].[type, name, id, tags.stamp]" --output tsv)
if [[ $resources == '' ]]; then
  say "$client has nothing in resource group $group of subscription $subscription; nothing to change."
  exit 0
fi
namespace='' namespace_id='' stamp='' others=()
while IFS=$'\t' read -r type name id of_stamp; do
  stamp=$of_stamp
  # Azure does not guarantee the case of types, and a bus that is not recognized would be deleted without counting its messages.
  if [[ $type == [Mm]icrosoft.[Ss]ervice[Bb]us/[Nn]amespaces ]]; then
    namespace=$name namespace_id=$id
  else
    others+=("$id")
  fi
done <<<"$resources"
find_app "$stamp"
settings=$(settings_now)

# Sets waiting to the number of messages in the queue and the subscription, and prints how many of each kind there are.
count_waiting() {
  local counts='[[countDetails.activeMessageCount, countDetails.scheduledMessageCount, countDetails.deadLetterMessageCount,
    countDetails.transferMessageCount, countDetails.transferDeadLetterMessageCount]]'
  local active scheduled dead moving stuck line
  waiting=0
  for line in "queue deliveries" "subscription webhooks"; do
    if [[ $line == queue* ]]; then
      found=$(az servicebus queue show --resource-group "$group" --namespace-name "$namespace" --name deliveries \
        --query "$counts" --output tsv)
    else
      found=$(az servicebus topic subscription show --resource-group "$group" --namespace-name "$namespace" --topic-name events \
        --name webhooks --query "$counts" --output tsv)
    fi
    IFS=$'\t' read -r active scheduled dead moving stuck <<<"${found//None/0}"
    say "  $line: $active waiting, $scheduled scheduled, $dead dead-lettered, $moving in transfer, $stuck dead-lettered in transfer"
    waiting=$((waiting + active + scheduled + dead + moving + stuck))
  done
}

# Exits if messages would be lost, unless that was allowed.
refuse_to_lose() {
  if ((waiting == 0 || abandon)); then return; fi
  fail "$waiting messages of $client would be lost." \
    'Wait until they are delivered, replay or remove the dead-lettered ones, or pass --abandon-deliveries.' "$@"
}

say "Client $client, environment $environment, stamp $stamp"
say "  subscription    $subscription"
say "  resource group  $group"
say "  app             $app (https://$app_host)"
if [[ $namespace != '' ]]; then
  count_waiting
  refuse_to_lose
fi
say 'Planned changes:'
say "  - close the topic to senders, and count again"
say "  - remove these settings from the app (this restarts the app), and sync its triggers: $(cut -f 1 <<<"$settings" | tr '\n' ' ')"
say '  - delete permanently:'
while IFS=$'\t' read -r type name _; do say "      $type $name"; done <<<"$resources"
say 'Kept: its webhooks, sealed credentials and delivery log in the tables.'
confirm

steps_total=4
step "Close the topic of $client"
if [[ $namespace != '' ]]; then
  status=$(az servicebus topic show --resource-group "$group" --namespace-name "$namespace" --name events --query status --output tsv)
  if [[ $status == SendDisabled ]]; then
    say '      Already closed.'
  else
    az servicebus topic update --resource-group "$group" --namespace-name "$namespace" --name events --status SendDisabled --output none
  fi
  count_waiting
  refuse_to_lose "The topic stays closed; to open it again: az servicebus topic update --resource-group $group" \
    "  --namespace-name $namespace --name events --status Active"
fi

step "Remove the settings of $client from the app"
if [[ $settings == '' ]]; then
  say '      Already removed.'
else
  names=()
  while IFS=$'\t' read -r name _; do names+=("$name"); done <<<"$settings"
  az functionapp config appsettings delete --resource-group "$group" --name "$app" --setting-names "${names[@]}" --output none
fi

step 'Sync triggers'
sync_triggers

step "Delete what is tagged client=$client"
if [[ $namespace != '' ]]; then
  locks=$(az lock list --resource-group "$group" --resource "$namespace" --resource-type Microsoft.ServiceBus/namespaces \
    --query "[?contains(id, '/namespaces/$namespace/')].id" --output tsv)
  # Unquoted: each line is one id, and ids contain no spaces, since our groups and namespaces contain none.
  # shellcheck disable=SC2086
  if [[ $locks != '' ]]; then az lock delete --ids $locks --output none; fi
  # Each scope separately: listing one does not include those above or below it.
  for place in "$namespace_id/queues/deliveries" "$namespace_id/topics/events" "$namespace_id"; do
    assignments=$(az role assignment list --scope "$place" --query '[].id' --output tsv)
    # shellcheck disable=SC2086
    if [[ $assignments != '' ]]; then az role assignment delete --ids $assignments --output none; fi
  done
fi
if ((${#others[@]} > 0)); then az resource delete --ids "${others[@]}" --output none; fi
if [[ $namespace != '' ]]; then az resource delete --ids "$namespace_id" --output none; fi

say "$client is off."
