#!/bin/sh
# Prints the versions of what the tests run on, for docs/compatibility.md.
set -eu
cd "$(dirname "$0")/.."
. /etc/os-release
echo "$PRETTY_NAME"
.venv/bin/python --version
for package in rabbitmq-server postgresql libpango-1.0-0 fontconfig chromium; do
    printf '%s %s\n' "$package" "$(dpkg-query -W -f='${Version}' "$package" 2>/dev/null || echo none)"
done
