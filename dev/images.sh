#!/bin/sh
# Builds the images with docker or, where there is none, with buildah (no daemon); says so where neither is there.
#   dev/images.sh [TAG]      latest
set -eu
cd "$(dirname "$0")/.."
tag=${1:-latest}
for image in gateway renderer storage webhooks; do
    name=correcta-exports-$image:$tag
    if command -v docker >/dev/null; then
        docker build --quiet --target "$image" --tag "$name" .
    elif command -v buildah >/dev/null; then
        # Containers of a machine that is one itself: no namespaces, no overlay.
        buildah --storage-driver "${STORAGE_DRIVER:-vfs}" build --isolation chroot --layers --pull=ifmissing \
            --target "$image" --tag "$name" . >".run/buildah-$image.log" 2>&1 || { tail -n 20 ".run/buildah-$image.log" >&2; exit 1; }
    else
        echo "no image: neither docker nor buildah is there" >&2
        exit 0
    fi
    echo "$name"
done
