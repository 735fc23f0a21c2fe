# shellcheck shell=bash
# shellcheck disable=SC2034 # What is set here is read by the scripts.
# What the scripts share that is not Azure: options, telling, asking, steps, waiting.

client='' environment=dev group='' canary_url='' abandon=0 yes=0
steps_total=0 step_now=0 step_name='' steps_done='' finished=0

say() { printf '%s\n' "$*"; }

# Ends the script: what is wrong, then what to do about it, one line each.
fail() {
  printf 'Error: %s\n' "$1" >&2
  shift
  if (($# > 0)); then printf '  %s\n' "$@" >&2; fi
  exit 1
}

# Puts the script's arguments into the variables above. $1: whether a client is named; $2: options that this script takes; $3: its usage.
read_options() {
  local with_client=$1 allowed=$2 usage=$3
  shift 3
  while (($# > 0)); do
    if [[ $1 == -h || $1 == --help ]]; then
      say "$usage"
      finished=1
      exit 0
    fi
    if [[ $1 == --* && " $allowed " != *" $1 "* ]]; then fail "There is no option $1." "$usage"; fi
    case $1 in
      --abandon-deliveries) abandon=1 ;;
      --yes) yes=1 ;;
      --*)
        if [[ ${2:-} == '' || ${2:-} == --* ]]; then fail "$1 needs a value." "$usage"; fi
        case $1 in
          --environment) environment=$2 ;;
          --resource-group) group=$2 ;;
          --canary-url) canary_url=$2 ;;
        esac
        shift
        ;;
      *)
        if [[ $with_client != yes || $client != '' ]]; then fail "Nobody asked for '$1'." "$usage"; fi
        client=$1
        ;;
    esac
    shift
  done
  if [[ $environment != dev && $environment != production ]]; then
    fail "There is no environment '$environment'." "Say --environment dev or --environment production."
  fi
  group=${group:-rg-webhooks-$environment}
  if [[ $with_client == yes ]]; then check_id "$usage"; fi
}

# The one form of client ids, of 2 to 16 characters; the same as ID_PATTERN in shared/core/scope.ts.
id_pattern='^[a-z][a-z0-9]*(-[a-z0-9]+)*$'

check_id() {
  if [[ $client == '' ]]; then fail 'No client is named.' "$1"; fi
  # Letters by number, not by language: elsewhere a-z may hold capitals.
  local LC_ALL=C
  if [[ ! $client =~ $id_pattern ]] || ((${#client} < 2 || ${#client} > 16)); then
    fail "'$client' is no client id." 'A client id is a letter, then 1 to 15 of a-z, 0-9 and hyphen, no two hyphens in a row and none at the end.'
  fi
}

# Asks a person; without one, and without --yes, nothing is done.
confirm() {
  if ((yes)); then return; fi
  if [[ ! -t 0 ]]; then fail 'There is nobody to ask.' 'Run it in a terminal, or say --yes.'; fi
  local answer=''
  read -r -p 'Go on? [y/N] ' answer || true
  if [[ $answer != [yY]* ]]; then fail 'Not agreed.'; fi
}

# Begins a step; the one before is done.
step() {
  if ((step_now > 0)); then steps_done+="${steps_done:+, }$step_name"; fi
  step_now=$((step_now + 1))
  step_name=$1
  say "[$step_now/$steps_total] $step_name"
}

# Tells how far a run came that ended early.
tell_end() {
  local status=$1
  if ((status == 0 || finished)); then return; fi
  {
    if ((step_now == 0)); then
      say 'Nothing was changed.'
    else
      say "Step $step_now of $steps_total failed: $step_name. Done before: ${steps_done:-nothing}."
      say 'Run the same command again to go on.'
    fi
  } >&2
}
trap 'tell_end $?' EXIT

# How long a wait goes on, in seconds, unless POLL_TRIES says how often it asks: rights that were just given can take half an hour to work.
readonly rights_seconds=1800 usual_seconds=300

# wait_until SECONDS WHAT POLL LOOK…: runs POLL until it answers 0, POLL_SECONDS (5) apart, and says each new reason why it did not ($why, which
# POLL sets), and every minute how long it has waited. After SECONDS the script ends with the lines LOOK, which say where to look.
wait_until() {
  local seconds=$1 what=$2 poll=$3 told='' try waited=0 pause=${POLL_SECONDS:-5} tries
  tries=${POLL_TRIES:-$((seconds / ${POLL_SECONDS:-5}))}
  say "      Waiting until $what, $((seconds / 60)) minutes at most."
  for ((try = 1; try <= tries; try++)); do
    why=''
    if "$poll"; then return; fi
    if [[ $why != "$told" ]]; then
      say "      Not yet: $why"
      told=$why
    fi
    if ((try == tries)); then break; fi
    sleep "$pause"
    waited=$((try * ${pause%.*}))
    if ((try % 12 == 0)); then say "      Still waiting, for $((waited / 60)) min $((waited % 60)) s."; fi
  done
  fail "Waited in vain until $what. The last reason: $why" "${@:4}"
}
