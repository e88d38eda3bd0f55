#!/bin/sh
# Pins every dependency with its hashes: requirements.lock for development, requirements/*.lock for each image, for
# `make demo` and `make up` (run.lock), for `make bench`, and for the tools that look at what is shipped (supply.lock).
# Versions already pinned stay; `dev/lock.sh --upgrade` takes the newest. No index address is written.
set -eu
cd "$(dirname "$0")/.."
uv=.run/uv/bin/uv
[ -x "$uv" ] || { python3 -m venv .run/uv && .run/uv/bin/pip install --quiet --disable-pip-version-check uv; }

pin() { # FILE WHAT...
    file=$1
    shift
    # shellcheck disable=SC2086
    "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
        --no-emit-find-links --no-annotate --no-header $upgrade -o "$file" "$@"
}

compile() { # FILE CONSTRAINTS EXTRA...
    file=$1 constraints=$2
    shift 2
    # shellcheck disable=SC2046
    pin "$file" --constraints "$constraints" $(printf -- '--extra %s ' "$@") pyproject.toml
}

upgrade=${1:-}
mkdir -p requirements
compile requirements.lock /dev/null gateway renderer storage webhooks dev
for image in gateway renderer storage webhooks; do
    compile "requirements/$image.lock" requirements.lock "$image" # the same versions everywhere
done
compile requirements/run.lock requirements.lock gateway renderer storage webhooks run
compile requirements/bench.lock requirements.lock gateway renderer storage webhooks dev bench
pin requirements/supply.lock --group supply
