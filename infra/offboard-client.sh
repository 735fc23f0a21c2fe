#!/usr/bin/env bash
# Turns one client off: no more events, then no settings, then no bus. Its webhooks, sealed credentials and delivery log stay in the tables.
# Can be run again at any time: what is gone already is passed over.
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
    'Take its line out, have that reviewed, then run this command again.'
fi

require_login
# Lines of type, name, id and stamp, the namespace last: while it is there, another run finds what is left.
resources=$(az resource list --resource-group "$group" \
  --query "[?$tagged && tags.client=='$client'].[type, name, id, tags.stamp]" --output tsv)
if [[ $resources == '' ]]; then
  say "$client has nothing in resource group $group of subscription $subscription; nothing had to be changed."
  exit 0
fi
namespace='' namespace_id='' stamp='' others=()
while IFS=$'\t' read -r type name id of_stamp; do
  stamp=$of_stamp
  # Azure does not promise the case of types, and a bus that is not known as one would be deleted uncounted.
  if [[ $type == [Mm]icrosoft.[Ss]ervice[Bb]us/[Nn]amespaces ]]; then
    namespace=$name namespace_id=$id
  else
    others+=("$id")
  fi
done <<<"$resources"
find_app "$stamp"
settings=$(settings_now)

# Sets waiting: every message of the queue and of the subscription, and says of which kind they are.
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
    say "  $line: $active waiting, $scheduled scheduled, $dead dead-lettered, $moving on the way, $stuck stuck on the way"
    waiting=$((waiting + active + scheduled + dead + moving + stuck))
  done
}

# Ends the script when messages would be lost and nobody said that they may be.
refuse_to_lose() {
  if ((waiting == 0 || abandon)); then return; fi
  fail "$waiting messages of $client would be lost." \
    'Wait until they are delivered, replay or remove the dead-lettered ones, or say --abandon-deliveries.' "$@"
}

say "Client $client, environment $environment, stamp $stamp"
say "  subscription    $subscription"
say "  resource group  $group"
say "  app             $app (https://$app_host)"
if [[ $namespace != '' ]]; then
  count_waiting
  refuse_to_lose
fi
say 'What will be done:'
say "  - close the topic for senders, and count again"
say "  - take these settings from the app (this restarts the app), and sync its triggers: $(cut -f 1 <<<"$settings" | tr '\n' ' ')"
say '  - delete for good:'
while IFS=$'\t' read -r type name _; do say "      $type $name"; done <<<"$resources"
say 'What stays: its webhooks, sealed credentials and delivery log in the tables.'
confirm

steps_total=4
step "Close the topic of $client"
if [[ $namespace != '' ]]; then
  status=$(az servicebus topic show --resource-group "$group" --namespace-name "$namespace" --name events --query status --output tsv)
  if [[ $status == SendDisabled ]]; then
    say '      It is closed already.'
  else
    az servicebus topic update --resource-group "$group" --namespace-name "$namespace" --name events --status SendDisabled --output none
  fi
  count_waiting
  refuse_to_lose "The topic stays closed; to open it again: az servicebus topic update --resource-group $group" \
    "  --namespace-name $namespace --name events --status Active"
fi

step "Take the settings of $client from the app"
if [[ $settings == '' ]]; then
  say '      They are gone already.'
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
  # Unquoted: each line is one id, and no id has a blank in it, as neither has a group or a namespace of ours.
  # shellcheck disable=SC2086
  if [[ $locks != '' ]]; then az lock delete --ids $locks --output none; fi
  # Each place by itself: the list of one names neither those above nor those below it.
  for place in "$namespace_id/queues/deliveries" "$namespace_id/topics/events" "$namespace_id"; do
    assignments=$(az role assignment list --scope "$place" --query '[].id' --output tsv)
    # shellcheck disable=SC2086
    if [[ $assignments != '' ]]; then az role assignment delete --ids $assignments --output none; fi
  done
fi
if ((${#others[@]} > 0)); then az resource delete --ids "${others[@]}" --output none; fi
if [[ $namespace != '' ]]; then az resource delete --ids "$namespace_id" --output none; fi

say "$client is off."
