#!/bin/sh
# Runs what talks to real servers on another Debian: by default 13, with RabbitMQ 4, PostgreSQL 17 and Python 3.13. The
# other system is a tree of its own in .run/compat (debootstrap), the checkout is copied into it, and everything is as
# `make test` does it there. As root; Debian's packages come from where this machine has its own.
#   dev/compat.sh [RELEASE] [PYTEST ARGUMENTS...]      trixie; integration, end to end and the quick fault run
set -eu
cd "$(dirname "$0")/.."
release=${1:-trixie}
[ $# = 0 ] || shift
tree=$PWD/.run/compat/$release
copy=$tree/srv/exports

[ "$(id -u)" = 0 ] || { echo "make compat runs as root: it makes a system tree and enters it" >&2; exit 2; }
command -v debootstrap >/dev/null || apt-get -q install -y --no-install-recommends debootstrap >/dev/null

site() { apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | grep -v security | head -n 1; }

if [ ! -e "$tree/made" ]; then
    mkdir -p "$tree"
    echo "Making a tree of Debian $release (once; a few minutes)"
    debootstrap --variant=minbase --include=ca-certificates,make,git "$release" "$tree" "$(site)" >"$tree.log" 2>&1 ||
        { tail -n 15 "$tree.log" >&2; exit 1; }
    touch "$tree/made"
fi

# What pip needs to find packages here, it needs there.
for file in /etc/pip.conf /etc/ssl/certs/ca-certificates.crt; do
    [ ! -e "$file" ] || install -D -m 644 "$file" "$tree$file"
done
cp /etc/resolv.conf /etc/hosts "$tree/etc/"
mkdir -p "$copy"
git ls-files -z | tar --create --null --files-from=- | tar --extract --directory="$copy"

[ $# != 0 ] || set -- tests/integration tests/e2e tests/component/renderer/test_golden.py

# The mounts are seen by these processes only, and gone with the last of them.
inside='
mount --rbind /dev "$1/dev" && mount -t proc proc "$1/proc" && mount -t sysfs sys "$1/sys"
tree=$1
shift
exec chroot "$tree" sh -c "cd /srv/exports && dev/bootstrap.sh test && dev/versions.sh && exec .venv/bin/python -m pytest \
    --numprocesses 3 --dist loadscope --no-loadscope-reorder \"\$@\"" sh "$@"'
exec unshare --mount sh -ec "$inside" sh "$tree" "$@"
