#!/bin/sh
# Installs the tools that look at what is shipped, pinned by requirements/supply.lock, into .run/supply.
set -eu
cd "$(dirname "$0")/.."
stamp=.run/supply/stamp
cmp -s requirements/supply.lock "$stamp" && exit
mkdir -p .run
python3 -m venv --clear .run/supply
.run/supply/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/supply.lock \
    >.run/supply.log 2>&1 || { tail -n 15 .run/supply.log >&2; exit 1; }
cp requirements/supply.lock "$stamp"
