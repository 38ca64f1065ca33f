#!/usr/bin/env bash
# Makes Debian packages of this folder, in build/package/packages, and prints their names:  scripts/package.sh
#
# They are parlance, libparlanceX.Y and libparlance-dev; lintian must have no error against them. Their times are that of the last
# commit, or $SOURCE_DATE_EPOCH, so that who makes them again gets the same bytes.
set -euo pipefail
root=$(dirname -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")")
source "$root/scripts/common.sh"
export LC_ALL=C.UTF-8

prepare() {
  install_packages build package
  say "building build/package"
  configure package
  build package
  cd "$root/build/package"
  rm -rf packages
  (umask 022 && cpack) >cpack.log 2>&1 || die "could not make packages; build/package/cpack.log ends with:"$'\n'"$(tail -n 5 cpack.log)"
  rm -rf packages/_CPack_Packages
  lintian --fail-on error --allow-root packages/*.deb >&2 || die "lintian finds errors"
}

SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -c "safe.directory=*" -C "$root" log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH
with_lock prepare </dev/null
printf '%s\n' "$root"/build/package/packages/*.deb
