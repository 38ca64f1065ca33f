#!/usr/bin/env bash
# Installs Debian packages on a Debian 12 with nothing in it, runs what they brought, upgrades them and purges them. As root:
#
#   scripts/try_packages.sh FOLDER   with the packages that are in FOLDER, as `./test package` calls it
#
# The Debian is made by scripts/machine.sh. build/package_machine keeps what was said, and `totals` ("PASSED FAILED SKIPPED").
#
# shellcheck disable=SC2317  # `try` calls most of it
set -euo pipefail
root=$(dirname -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")")
source "$root/scripts/common.sh"

part=package_machine
suite=bookworm
port=8000  # the service's
folder=/root
source "$root/scripts/machine.sh"

main() {
  make_machine
  passed=0 failed=0
  mkdir -p "$machine/root/first" "$machine/root/second" "$machine/var/lib/private"  # the last is systemd's
  cp -- "$1"/*.deb "$machine/root/first/"
  make_upgrade
  (in_machine apt-get -qq update) >"$out/apt.log" 2>&1 || true
  files_of_machine >"$out/before"
  try "the packages can be installed" install_all first
  try "the program runs, and has its pages and completions" is_complete
  try "the service's command serves" serves
  try "a program builds with what libparlance-dev has" builds
  echo '# changed here' >>"$machine/etc/parlance/parlance.toml"
  mkdir -p "$machine/var/lib/private/parlance"
  try "an upgrade keeps a changed configuration" upgrades
  try "purged, they leave nothing" leaves_nothing
  echo "$passed $failed 0" >"$out/totals"
}

# try WHAT COMMAND...: what it says is in a log of its own.
try() {
  local what=$1
  shift
  say "package: $what"
  if ("$@") >"$out/$1.log" 2>&1; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    say "package: it does not hold that $what; build/$part/$1.log ends with:"$'\n'"$(tail -n 15 "$out/$1.log")"
  fi
}

# The same packages, of the next revision.
make_upgrade() {
  local deb work
  for deb in "$machine"/root/first/*.deb; do
    work=$(mktemp -d "$machine/root/deb.XXXXXX")
    dpkg-deb -R "$deb" "$work"
    chmod 755 "$work"
    sed -i -E '/^(Version|Depends): /s/(\<[0-9.]+)-1\>/\1-2/g' "$work/DEBIAN/control"
    dpkg-deb --root-owner-group -b "$work" "$machine/root/second" >/dev/null
    rm -r "$work"
  done
}

apt() (in_machine env DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o Dpkg::Use-Pty=0 --no-install-recommends "$@")

install_all() {
  local debs
  mapfile -t debs < <(cd "$machine" && printf '/%s\n' root/"$1"/*.deb)
  apt install "${debs[@]}"
}

is_complete() {
  local verb
  [[ $(in_machine parlance --version) == "parlance "* ]] || return
  for verb in $( (in_machine parlance --help) | sed -n '/^Subcommands:/,/^$/s/^  \([a-z]*\) .*/\1/p'); do
    [[ -s $machine/usr/share/man/man1/parlance-$verb.1.gz ]] || { echo "there is no page for $verb"; return 1; }
  done
  [[ ${verb-} && -s $machine/usr/share/man/man1/parlance.1.gz ]] || return
  (in_machine bash -n /usr/share/bash-completion/completions/parlance) || return
  [[ -s $machine/usr/share/zsh/site-functions/_parlance && -s $machine/usr/share/fish/vendor_completions.d/parlance.fish ]]
}

# As systemd starts it, which is not here: the command of the unit, with the folder that it would have.
serves() {
  local pid code=0 talked=0 command=()
  ! is_answered "$port" || { echo "something listens on port $port already"; return 1; }
  read -ra command < <(sed -n 's/^ExecStart=//p' "$machine/usr/lib/systemd/system/parlance.service")
  mkdir -p "$machine/tmp/state"
  (in_machine env STATE_DIRECTORY=/tmp/state "${command[@]}") </dev/null &
  pid=$!
  until is_answered "$port"; do
    kill -0 "$pid" 2>/dev/null || return
    sleep 0.2
  done
  talk "$port" || talked=$?
  kill -TERM "$pid"
  wait "$pid" || code=$?
  rm -r "$machine/tmp/state"
  echo "talked: $talked; ended with: $code"
  ((talked == 0 && code == 0))
}

# The smallest example.
builds() {
  local flags said
  apt install clang-19 pkg-config || return
  cp -- "$root/examples/client.cpp" "$machine/root/"
  flags=$(in_machine pkg-config --cflags --libs parlance-net) || return
  # shellcheck disable=SC2086  # flags are words
  (in_machine clang++-19 -std=c++23 -o client client.cpp $flags) || return
  # Nobody listens there, which it tells.
  said=$( (in_machine ./client) 2>&1 || true)
  echo "$said"
  [[ $said == *localhost:8000* ]] || return
  rm "$machine/root/client" "$machine/root/client.cpp"
  apt autoremove --purge clang-19 pkg-config
}

upgrades() {
  install_all second || return
  [[ $(in_machine dpkg-query -W parlance) == *-2 ]] || { echo "another version is installed"; return 1; }
  grep -qx '# changed here' "$machine/etc/parlance/parlance.toml" || { echo "the configuration was lost"; return 1; }
  (in_machine parlance --version)
}

leaves_nothing() {
  apt purge parlance 'libparlance*' || return
  apt autoremove --purge || return
  diff "$out/before" <(files_of_machine)
}

# But what dpkg, apt and the linker keep for themselves, and what we brought.
files_of_machine() {
  (cd "$machine" && find . -xdev \( -path ./root -o -path ./var/lib/dpkg -o -path ./var/lib/apt -o -path ./var/cache -o -path ./var/log \
    -o -path ./tmp -o -path ./dev -o -path ./proc -o -path ./sys \) -prune -o ! -path ./etc/ld.so.cache -print | sort)
}

run_on_machine "$@"
