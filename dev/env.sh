#!/bin/sh
# Writes .env for docker compose: a new secret for each, readable by its owner alone. Keeps what is there already.
# Signatures are required from the start in a new .env; in one that was there, until somebody says so, they are accepted.
# Beside a Correcta (CORRECTA_DATABASE in .env or in the environment) SESSION_SECRET is Correcta's to say: with another one
# nobody who is signed in there would be here. It is asked for, and the exit status is 1 until it is there.
set -eu
cd "$(dirname "$0")/.."
umask 077
[ -e .env ] || echo SIGNATURES=require >.env
[ -z "${CORRECTA_DATABASE:-}" ] || grep -q "^CORRECTA_DATABASE=" .env ||
    printf 'CORRECTA_DATABASE=%s\n' "$CORRECTA_DATABASE" >>.env
session=SESSION_SECRET
! grep -q "^CORRECTA_DATABASE=." .env || session=
for name in $session STORAGE_PUT_TOKEN STORAGE_GET_TOKEN STORAGE_BLOBS_TOKEN POSTGRES_PASSWORD \
    MIGRATIONS_DATABASE_PASSWORD GATEWAY_DATABASE_PASSWORD RENDERER_DATABASE_PASSWORD STORAGE_DATABASE_PASSWORD \
    WEBHOOKS_DATABASE_PASSWORD WEBHOOKS_BROKER_PASSWORD \
    GATEWAY_BROKER_PASSWORD RENDERER_BROKER_PASSWORD STORAGE_BROKER_PASSWORD; do
    grep -q "^$name=" .env || printf '%s=%s\n' "$name" "$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')" >>.env
done

# A key of Fernet: 32 bytes in URL-safe base64.
grep -q "^WEBHOOK_KEYS=" .env ||
    printf 'WEBHOOK_KEYS=%s\n' "$(head -c 32 /dev/urandom | base64 | tr '+/' '-_')" >>.env

# Signing keys as services/common/signing_keys.py reads them: an Ed25519 key ends its DER encodings with its 32 bytes.
key() { tail -c 32 "$1" | base64 | tr '+/' '-_' | tr -d '=\n'; }

if ! grep -q "^TRUSTED_KEYS=" .env; then
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    trusted=
    for role in gateway renderer storage; do
        openssl genpkey -algorithm ed25519 -outform DER -out "$folder/private"
        openssl pkey -inform DER -in "$folder/private" -pubout -outform DER -out "$folder/public"
        printf '%s_SIGNING_KEY=%s\n' "$(echo $role | tr a-z A-Z)" "$(key "$folder/private")" >>"$folder/lines"
        trusted="$trusted${trusted:+,}$role:$(key "$folder/public")"
    done
    { cat "$folder/lines"; printf 'TRUSTED_KEYS=%s\n' "$trusted"; } >>.env
fi

if [ -z "$session" ] && ! grep -q "^SESSION_SECRET=." .env; then
    echo "SESSION_SECRET: add Correcta's NEXTAUTH_SECRET (AUTH_SECRET of Auth.js 5) to .env under this name" >&2
    exit 1
fi
