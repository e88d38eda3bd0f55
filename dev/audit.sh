#!/bin/sh
# Asks for known vulnerabilities in the packages that the images ship. Options are pip-audit's, for instance another service:
# dev/audit.sh --vulnerability-service osv. Exit status: 0 none is known, 1 some are, 2 it could not be found out.
set -eu
cd "$(dirname "$0")/.."
tool=${PIP_AUDIT:-.run/supply/bin/pip-audit}
[ -n "${PIP_AUDIT:-}" ] || dev/supply.sh
answer=$(mktemp)
trap 'rm -f "$answer"' EXIT
status=0

for image in gateway renderer storage; do
    : >"$answer"
    # --strict: a package that the service does not know fails the audit, and is not passed over.
    if "$tool" --strict --require-hashes --disable-pip --progress-spinner off --requirement "requirements/$image.lock" \
        --format json --output "$answer" "$@"; then
        echo "$image: no known vulnerability"
    elif [ -s "$answer" ]; then
        echo "$image: vulnerable packages, see above" >&2
        python3 -m json.tool "$answer" >&2
        [ "$status" = 2 ] || status=1
    else
        echo "$image: NOT AUDITED: the vulnerability service could not be asked about every package" >&2
        status=2
    fi
done
exit "$status"
