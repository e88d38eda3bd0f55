#!/bin/sh
# Writes .env for docker compose: a new secret for each, readable by its owner alone. Keeps what is there already.
set -eu
cd "$(dirname "$0")/.."
umask 077
touch .env
for name in INTERNAL_TOKEN POSTGRES_PASSWORD RABBITMQ_PASSWORD SESSION_SECRET; do
    grep -q "^$name=" .env || printf '%s=%s\n' "$name" "$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')" >>.env
done
