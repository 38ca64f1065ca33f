#!/usr/bin/env bash
# Runs irctest, the public test suite of IRC servers (github.com/progval/irctest), on build/release/parlance:
#
#   scripts/irctest.sh [PYTEST-OPTIONS...]         as -k multiline
#
# It is fetched into build/irctest as of one commit, and is no part of this project; IRCTEST=FOLDER has it run from a copy of that
# commit instead. How it starts the server, and which tests are known to fail, is in tests/cli/irctest. What asks for Ergo's
# own configuration is skipped.
set -euo pipefail
root=$(dirname -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")")
source "$root/scripts/common.sh"
commit=b00c039766f5c497920dd787f7cb0e0005bd5ce0
program=${PARLANCE:-$root/build/release/parlance}
folder=$root/build/irctest

[[ -x $program ]] || die "$program is not built: ./run"
install_packages irctest
rm -rf "$folder"
mkdir -p "$folder"
if [[ ${IRCTEST-} ]]; then
  cp -r "$IRCTEST/." "$folder"
else
  git -C "$folder" init -q
  git -C "$folder" fetch -q --depth 1 https://github.com/progval/irctest "$commit" || die "the network is out of reach"
  git -C "$folder" checkout -q FETCH_HEAD
fi
# Debian 12's pytest knows no such wrappers; without it, what a server should be able to do and cannot is skipped.
sed -i 's/@pytest.hookimpl(wrapper=True)/@pytest.hookimpl(hookwrapper=True)/' "$folder/conftest.py"

cd "$folder"
# Not the shim of a version manager, which does not see Debian's packages.
PARLANCE=$(readlink -f -- "$program") PYTHONPATH=$folder:$root/tests/cli/irctest PYTHONDONTWRITEBYTECODE=1 XDG_DATA_HOME=$folder/data \
  /usr/bin/python3 -m pytest -p parlance_controller --controller parlance_controller -q -n "$(nproc)" \
  -m "(Ergo or not implementation-specific) and not deprecated" "$@"
