#!/usr/bin/env bash
# The AMQP client that is not rhea (Debian's python3-azure on python3-uamqp), for the contract suite of the stand-in bus.
# Installs it if it is missing and apt can; exits 0 if it is there.
set -u
there() { /usr/bin/python3 -c 'import azure.servicebus, uamqp' 2>/dev/null; }
there && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "Installing the independent AMQP client (once) …"
  export DEBIAN_FRONTEND=noninteractive
  { apt-get update -qq && apt-get install -y -qq --no-install-recommends python3-azure python3-uamqp; } >/dev/null 2>&1
fi
there
