#!/bin/sh
# Prints accounts of the broker with their rights, in RabbitMQ's own format, for `rabbitmqctl import_definitions` or for a
# file that the broker loads at boot (load_definitions). Importing them again changes nothing but passwords.
#   definitions.sh services         GATEWAY_BROKER_PASSWORD, RENDERER_BROKER_PASSWORD, STORAGE_BROKER_PASSWORD
#   definitions.sh subscriber NAME  SUBSCRIBER_PASSWORD
# Passwords come from the environment: letters, digits and `-._/`. VHOST: the virtual host (/). BROKER_NAMESPACE: as the
# services have it (none).
set -eu

fail() {
    echo "$0: $*" >&2
    exit 2
}

folder=$(dirname "$0")
case "${1:-} $#" in
"services 1") template=services.json ;;
"subscriber 2") template=subscriber.json NAME=$2 ;;
*) fail "usage: definitions.sh services | definitions.sh subscriber NAME" ;;
esac
case "${NAME:-}" in
gateway | renderer | storage | correcta | exports | amq | "${BROKER_NAMESPACE:-amq}")
    fail "$NAME is a name of the services' own"
    ;;
*[!a-z0-9-]*) fail "a subscriber's name has small letters, digits and -" ;;
esac

PREFIX=${BROKER_NAMESPACE:+$BROKER_NAMESPACE.} PREFIX_PATTERN=${BROKER_NAMESPACE:+$BROKER_NAMESPACE[.]} VHOST=${VHOST:-/}
export NAME PREFIX PREFIX_PATTERN VHOST
printed=$(awk '
    { while (match($0, /[$][{][A-Z_]+[}]/)) {
        name = substr($0, RSTART + 2, RLENGTH - 3)
        value = ENVIRON[name]
        if (value ~ "[^][A-Za-z0-9_./-]" || (value == "" && name !~ /^PREFIX/)) {
            print name " has no value, or one with other characters than letters, digits and -._/" > "/dev/stderr"
            exit 2
        }
        $0 = substr($0, 1, RSTART - 1) value substr($0, RSTART + RLENGTH)
    } print }' "$folder/$template")
printf '%s\n' "$printed"
