#!/usr/bin/env bash
# Chromium for the browser tests: by apt when root. Without it those tests say so; CI fails then.
set -u
command -v chromium >/dev/null && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "Installing Chromium for the browser tests…"
  apt-get update -qq >/dev/null 2>&1
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null 2>&1
fi
command -v chromium >/dev/null && exit 0
echo "No Chromium: the browser tests cannot run (apt-get install chromium, as root)."
[ "${CI:-}" = "true" ] && exit 1
exit 0
