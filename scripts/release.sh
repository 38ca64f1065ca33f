#!/usr/bin/env bash
# Makes a release of what is committed:  scripts/release.sh [FOLDER]
#
# Into FOLDER (build/release-VERSION) come parlance-VERSION.tar.gz, the Debian packages and SHA256SUMS. The packages are made twice,
# from the archive, in folders of different names, and must be the same to the byte; so who has the archive can check them.
set -euo pipefail
root=$(dirname -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")")
source "$root/scripts/common.sh"
export LC_ALL=C.UTF-8

git_here() { git -c "safe.directory=*" -C "$root" "$@"; }

git_here rev-parse -q --verify HEAD >/dev/null || die "$root is no clone of a git repository"
version=$(git_here show HEAD:parlance/io/version.hpp | sed -n 's/^#define PARLANCE_VERSION "\(.*\)"$/\1/p')
name=parlance-$version
if [[ $(git_here tag --points-at HEAD) == *"v$version"* ]]; then
  git_here show HEAD:CHANGELOG.md | grep -qF "## [$version]" || die "CHANGELOG.md does not tell what $version brings"
else
  say "a trial: what is committed has no tag v$version"
fi
[[ -z $(git_here status --porcelain) ]] || say "your changes that are not committed are not in it"
SOURCE_DATE_EPOCH=$(git_here log -1 --format=%ct)
export SOURCE_DATE_EPOCH

to=${1:-$root/build/release-$version}
mkdir -p "$to"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

git_here archive --format=tar --prefix="$name/" HEAD | gzip -9n >"$to/$name.tar.gz"
for turn in first "the second"; do
  say "making the packages, $turn time"
  mkdir "$work/$turn"
  tar -xzf "$to/$name.tar.gz" -C "$work/$turn"
  "$work/$turn/$name/scripts/package.sh" >"$work/$turn/packages"
done
while read -r one; do
  other="$work/the second/$name/build/package/packages/$(basename -- "$one")"
  cmp -- "$one" "$other" || die "made twice, $(basename -- "$one") differs"
  cp -- "$one" "$to/"
done <"$work/first/packages"
(cd "$to" && sha256sum -- "$name.tar.gz" *.deb >SHA256SUMS)
say "made $to:"
ls -1 -- "$to"
