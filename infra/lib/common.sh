# shellcheck shell=bash
# shellcheck disable=SC2034 # What is set here is read by the scripts.
# What the scripts share apart from Azure: options, output, confirmation, steps, waiting.

client='' environment=dev group='' canary_url='' abandon=0 yes=0
steps_total=0 step_now=0 step_name='' steps_done='' finished=0

say() { printf '%s\n' "$*"; }

# Exits with what is wrong, then what to do about it, one line each.
fail() {
  printf 'Error: %s\n' "$1" >&2
  shift
  if (($# > 0)); then printf '  %s\n' "$@" >&2; fi
  exit 1
}

# Parses the script's arguments into the variables above. $1: whether it takes a client; $2: options that it takes; $3: its usage.
read_options() {
  local with_client=$1 allowed=$2 usage=$3
  shift 3
  while (($# > 0)); do
    if [[ $1 == -h || $1 == --help ]]; then
      say "$usage"
      finished=1
      exit 0
    fi
    if [[ $1 == --* && " $allowed " != *" $1 "* ]]; then fail "Unknown option $1." "$usage"; fi
    case $1 in
      --abandon-deliveries) abandon=1 ;;
      --yes) yes=1 ;;
      --*)
        if [[ ${2:-} == '' || ${2:-} == --* ]]; then fail "$1 requires a value." "$usage"; fi
        case $1 in
          --environment) environment=$2 ;;
          --resource-group) group=$2 ;;
          --canary-url) canary_url=$2 ;;
        esac
        shift
        ;;
      *)
        if [[ $with_client != yes || $client != '' ]]; then fail "Unexpected argument '$1'." "$usage"; fi
        client=$1
        ;;
    esac
    shift
  done
  if [[ $environment != dev && $environment != production ]]; then
    fail "Unknown environment '$environment'." "Use --environment dev or --environment production."
  fi
  group=${group:-rg-webhooks-$environment}
  if [[ $with_client == yes ]]; then check_id "$usage"; fi
}

# The pattern of client ids, which have 2 to 16 characters; the same as ID_PATTERN in shared/core/scope.ts.
id_pattern='^[a-z][a-z0-9]*(-[a-z0-9]+)*$'

check_id() {
  if [[ $client == '' ]]; then fail 'The client id is missing.' "$1"; fi
  # In other locales a-z may include capitals.
  local LC_ALL=C
  if [[ ! $client =~ $id_pattern ]] || ((${#client} < 2 || ${#client} > 16)); then
    fail "'$client' is not a valid client id." 'A client id is a letter, then 1 to 15 characters of a-z, 0-9 and hyphen, with no two hyphens in a row and none at the end.'
  fi
}

# Asks for confirmation; without a terminal and without --yes, exits.
confirm() {
  if ((yes)); then return; fi
  if [[ ! -t 0 ]]; then fail 'stdin is not a terminal.' 'Run it in a terminal, or pass --yes.'; fi
  local answer=''
  read -r -p 'Continue? [y/N] ' answer || true
  if [[ $answer != [yY]* ]]; then fail 'Canceled.'; fi
}

# Begins a step and marks the previous one as done.
step() {
  if ((step_now > 0)); then steps_done+="${steps_done:+, }$step_name"; fi
  step_now=$((step_now + 1))
  step_name=$1
  say "[$step_now/$steps_total] $step_name"
}

# Reports how far a run got that ended early.
report_end() {
  local status=$1
  if ((status == 0 || finished)); then return; fi
  {
    if ((step_now == 0)); then
      say 'Nothing was changed.'
    else
      say "Step $step_now of $steps_total failed: $step_name. Done before: ${steps_done:-nothing}."
      say 'Run the same command again to continue.'
    fi
  } >&2
}
trap 'report_end $?' EXIT

# How long to wait, in seconds, unless POLL_TRIES sets the number of polls: role assignments can take half an hour to take effect.
readonly rights_seconds=1800 usual_seconds=300

# wait_until SECONDS WHAT POLL HINT…: runs POLL every POLL_SECONDS (5) until it returns 0, and prints each new reason why it did not ($why, which
# POLL sets), and every minute how long it has waited. After SECONDS it exits with the HINT lines, which say where to look.
wait_until() {
  local seconds=$1 what=$2 poll=$3 told='' try waited=0 pause=${POLL_SECONDS:-5} tries
  tries=${POLL_TRIES:-$((seconds / ${POLL_SECONDS:-5}))}
  say "      Waiting up to $((seconds / 60)) minutes until $what."
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
    if ((try % 12 == 0)); then say "      Still waiting after $((waited / 60)) min $((waited % 60)) s."; fi
  done
  fail "Timed out waiting until $what. Last reason: $why" "${@:4}"
}
