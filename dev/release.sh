#!/bin/sh
# Makes what a release consists of, in out/release: the wheel, the bills of materials, the licences of what the images ship,
# the images (where docker or buildah can build them) and the notes of the tag. Changes nothing in the repository: the tag is
# made by hand, as the last line says. Before, contracts.VERSION and the first heading of CHANGELOG.md must name the version,
# with a date, and everything must be committed and pass `make check`.
set -eu
cd "$(dirname "$0")/.."
python=.venv/bin/python
fail() { echo "release: $*" >&2; exit 1; }

version=$($python -c 'import contracts; print(contracts.VERSION)')
heading=$(grep -m 1 '^## ' CHANGELOG.md)
[ -z "$(git status --porcelain)" ] || fail "there are changes that are not committed"
! git rev-parse -q --verify "refs/tags/v$version" >/dev/null || fail "v$version is there already: raise contracts.VERSION"
case $heading in
"## $version ("[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]")") ;;
*) fail "the first heading of CHANGELOG.md is « $heading », not « ## $version (YYYY-MM-DD) »" ;;
esac

folder=out/release
rm -rf "$folder"
mkdir -p "$folder"
$python -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir "$folder" . 2>&1
dev/sbom.sh "$folder/sbom"
$python -m dev.licences >"$folder/licences.txt"
awk '/^## / { n++ } n == 1 && !/^## /' CHANGELOG.md >"$folder/notes.md"
dev/images.sh "$version"
(cd "$folder" && find . -type f ! -name SHA256SUMS -exec sha256sum {} + >SHA256SUMS)
find "$folder" -type f | sort
echo "git tag --annotate v$version --file $folder/notes.md"
