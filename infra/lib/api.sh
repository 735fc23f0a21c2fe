# shellcheck shell=bash
# shellcheck disable=SC2154 # client, canary_url, app_host and app_audience come from common.sh and azure.sh.
# Calls of the app's API: is it ready, and does an event reach a third party?

canary_scope() { printf '/api/clients/%s/programs/canary/environments/canary' "$1"; }

# api METHOD PATH [options of az rest]: calls the API with the caller's token.
api() {
  az rest --method "$1" --url "https://$app_host$2" --resource "$app_audience" "${@:3}"
}

# The same while polling: sets $answer to its output, or $why when it fails; exits when waiting cannot help.
try_api() {
  if try_az rest --method "$1" --url "https://$app_host$2" --resource "$app_audience" "${@:3}"; then return 0; fi
  if is_refused; then
    fail "The API denied access: $why" \
      'You need the app roles Webhooks.Operate, Webhooks.Read and Webhooks.Write, and access to this client: docs/deploy.md.'
  fi
  return 1
}

is_alive() { try_az rest --method get --url "https://$app_host/api/health" --skip-authorization-header --output none; }

is_ready() { try_api get "/api/health/ready${client:+?client=$client}" --output none; }

wait_until_ready() {
  local hints=("See https://$app_host/api/health/ready and the app's log. Role assignments can take up to half an hour to take effect.")
  if [[ $client != '' ]]; then
    hints+=("Not Found means that the app has no bus of $client, or that $client is not among the clients of your token: docs/deploy.md.")
  fi
  wait_until "$rights_seconds" "the app is ready${client:+ for $client}" is_ready "${hints[@]}"
}

# Sets webhook and webhook_url to the id and URL of client $1's canary webhook; both empty when there is none.
find_canary_webhook() {
  local found
  found=$(api get "$(canary_scope "$1")/webhooks?limit=100" --query "items[?name=='Canary'].[id, url]" --output tsv)
  IFS=$'\t' read -r webhook webhook_url <<<"$found"
}

# Ensures that the canary webhook exists and calls $canary_url; by default it calls the app itself, which answers the POST with 405.
ensure_canary_webhook() {
  local url=${canary_url:-https://$app_host/api/health} scope body
  scope=$(canary_scope "$client")
  find_canary_webhook "$client"
  if [[ $webhook != '' && ($canary_url == '' || $canary_url == "$webhook_url") ]]; then return; fi
  body='{"name":"Canary","description":"Shows that events of this client are delivered.","eventTypes":["reward.issued"],'
  body+='"headers":[{"key":"Content-Type","value":"application/json"}],"body":"{\"canary\":\"{{event.id}}\"}",'
  body+='"url":"'$url'"}'
  if [[ $webhook == '' ]]; then
    webhook=$(api post "$scope/webhooks" --body "$body" --query id --output tsv)
    say "      Created the canary webhook $webhook, which calls $url."
  else
    api put "$scope/webhooks/$webhook" --headers 'If-Match=*' --body "$body" --output none
    say "      The canary webhook $webhook now calls $url."
  fi
  webhook_url=$url
}

# Sets delivery and state of the canary $event; succeeds when no further attempt is due.
is_delivered() {
  local reason
  try_api get "$scope/deliveries?eventId=$event" \
    --query "items[?webhookId=='$webhook'].[id, state, reason.message || '']" --output tsv || return 1
  if [[ $answer == '' ]]; then
    why="no delivery record of $event."
    return 1
  fi
  IFS=$'\t' read -r delivery state reason <<<"$answer"
  why="delivery $delivery is $state${reason:+: $reason}"
  [[ $state == delivered || $state == failed || $state == canceled ]]
}

# Sends a canary event of client $1 through its bus and waits for its delivery.
send_canary() {
  local scope event delivery state status
  scope=$(canary_scope "$1")
  event=$(api post "$scope/canaries" --query eventId --output tsv)
  wait_until "$usual_seconds" "event $event has been delivered" is_delivered \
    "See https://$app_host$scope/deliveries?eventId=$event, and the dead-letter queue of 'deliveries' of this client's namespace."
  if [[ $state == delivered ]]; then
    say "      Canary $event arrived: delivery $delivery, $state."
    return
  fi
  status=$(api get "$scope/deliveries/$delivery" --query 'attempts[-1].response.status' --output tsv)
  if [[ $state == failed && $status == 405 && $webhook_url == "https://$app_host/api/health" ]]; then
    say "      Canary $event made the whole trip: delivery $delivery, $state with status 405, as expected from $webhook_url."
    return
  fi
  fail "Canary $event did not arrive: $why" "See https://$app_host$scope/deliveries/$delivery"
}
