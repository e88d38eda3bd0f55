#!/bin/sh
# Brings a Debian or Ubuntu machine to where the project runs; says nothing and costs nothing when it is there already.
# Usage: dev/bootstrap.sh [run|test]     run: the services and the demo; test: also a browser, PDF tools, TypeScript, Prometheus, PgBouncer.
# What takes longer than a few seconds says how far it is. Elsewhere, or without root and sudo, it names what is missing. No package registry is named: the machine's own are used.
set -eu
cd "$(dirname "$0")/.."
level=${1:-test}
mkdir -p .run

exec 9>.run/bootstrap.lock
flock 9

packages="python3 python3-venv rabbitmq-server postgresql fontconfig libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 libseccomp2
    fonts-texgyre fonts-dejavu-core fonts-noto-core fonts-noto-cjk fonts-noto-color-emoji"
[ "$level" = run ] || packages="$packages chromium node-typescript poppler-utils qpdf prometheus pgbouncer"

say() { printf '%s\n' "$*" >&2; }

showing() { # LOG COMMAND...: run it into the log, and show the log's last line every few seconds
    log=$1
    shift
    "$@" >"$log" 2>&1 &
    pid=$!
    ticks=0
    while kill -0 $pid 2>/dev/null; do
        sleep 0.2
        ticks=$((ticks + 1))
        [ $((ticks % 15)) != 0 ] || say "  $((ticks / 5)) s: $(tail -n 1 "$log" | cut -c 1-100)"
    done
    wait $pid
}

recent_python() { # a Python of 3.11 or later that can make virtual environments
    for candidate in python3.11 python3.12 python3.13 python3; do
        if command -v "$candidate" >/dev/null && "$candidate" -c '
import sys, venv, ensurepip
sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
}

installed() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

missing_packages() {
    for package in $packages; do
        case $package in python3*) [ -z "$(recent_python)" ] || continue ;; esac
        installed "$package" || printf ' %s' "$package"
    done
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; elif [ -t 0 ]; then sudo "$@"; else sudo -n "$@"; fi
}

# Private servers are started by the project itself: those of the packages need not start on the usual ports.
# shellcheck disable=SC2016  # the script is for the other shell to expand
apt_script='
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
    trap "rm -f $policy" EXIT
    printf "#!/bin/sh\nexit 101\n" >$policy && chmod 755 $policy
fi
export DEBIAN_FRONTEND=noninteractive
apt-get -q -o DPkg::Lock::Timeout=300 update
apt-get -q -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$@"'

install_packages() {
    if ! command -v apt-get >/dev/null || { [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; }; then
        say "Missing (names of Debian's packages): $*"
        say "Install them, or use containers instead: docker compose up (README.md)."
        exit 1
    fi
    say "Installing with apt: $*"
    showing .run/apt.log as_root sh -c "$apt_script" sh "$@" || {
        tail -n 15 .run/apt.log >&2
        say "apt could not install all of: $* (whole log: .run/apt.log)"
        exit 1
    }
}

wanted_environment() { # LOCK
    { cat "$1" pyproject.toml dev/bootstrap.sh && .venv/bin/python -c 'import sys; print(sys.version, sys.prefix)'; } 2>/dev/null | sha256sum
}

is_made() { # LOCK
    [ "$(wanted_environment "$1")" = "$(cat .run/environment.stamp 2>/dev/null)" ]
}

pip_install() { .venv/bin/python -m pip install --disable-pip-version-check --progress-bar off "$@"; }

make_environment() { # LOCK
    say "Installing Python packages into .venv (once; about a minute)"
    python=$(recent_python)
    .venv/bin/python -c 'import pip' 2>/dev/null || "$python" -m venv --clear .venv
    {
        showing .run/pip.log pip_install --require-hashes -r "$1" &&
            pip_install --quiet --no-deps --no-build-isolation -e . >>.run/pip.log 2>&1
    } || {
        tail -n 15 .run/pip.log >&2
        say "pip could not install what $1 lists (whole log: .run/pip.log)"
        exit 1
    }
    wanted_environment "$1" >.run/environment.stamp
}

missing=$(missing_packages)
# shellcheck disable=SC2086
[ -z "$missing" ] || install_packages $missing
[ -n "$(recent_python)" ] || { say "Python 3.11, 3.12 or 3.13 is needed, with venv"; exit 1; }
# To run things takes less than to test them; an environment for tests is good for both.
if [ "$level" = test ]; then
    is_made requirements.lock || make_environment requirements.lock
else
    is_made requirements.lock || is_made requirements/run.lock || make_environment requirements/run.lock
fi
