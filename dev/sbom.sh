#!/bin/sh
# Writes the software bill of materials of each image (CycloneDX, JSON) into a folder: dev/sbom.sh [FOLDER]. The same lock
# files give the same bytes.
set -eu
cd "$(dirname "$0")/.."
folder=${1:-out/sbom}
tool=${CYCLONEDX:-.run/supply/bin/cyclonedx-py}
[ -n "${CYCLONEDX:-}" ] || dev/supply.sh

mkdir -p "$folder"
for image in gateway renderer storage webhooks; do
    # That the graph of dependencies is left out is told on standard error: a lock file has none.
    "$tool" requirements "requirements/$image.lock" --pyproject pyproject.toml --output-reproducible --validate \
        --of JSON --output-file "$folder/$image.json" 2>.run/sbom.log || { cat .run/sbom.log >&2; exit 1; }
done
