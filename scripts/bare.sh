#!/usr/bin/env bash
# Does what a new user does, on a Debian 12 with nothing in it: clones what is committed, ./run, ./test. As root:
#
#   scripts/bare.sh [ARGS...]   as `./test bare ARGS...` calls it, which installs what it needs; ARGS go to the ./test in there
#
# That Debian is a folder under build/bare, made by debootstrap from where this machine has its packages from. What is mounted
# in it, and what runs in it, is in namespaces of their own and ends with this script, however it ends; the folder goes then,
# or, after a SIGKILL, as the next run begins. build/bare keeps what was said (debootstrap.log, run.log, test.log, and each
# part's log), `totals` ("PASSED FAILED SKIPPED"), and the packages, so that they are fetched once.
set -euo pipefail
root=$(dirname -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")")
source "$root/scripts/common.sh"

PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin  # which `su` leaves out

suite=bookworm
default_mirror=http://deb.debian.org/debian
port=8000                                # where ./run listens
folder="/root/what a user has/parlance"  # the clone, in there
out=$root/build/bare

# Outside: makes the folder, and sees to it that nothing is left.

outside() {
  ((EUID == 0)) || die "bare makes a Debian of its own, which takes root: sudo ./test bare"
  hash debootstrap git unshare 2>/dev/null || die "bare needs debootstrap, git and unshare"
  git_here rev-parse -q --verify HEAD >/dev/null || die "bare clones what is committed, and $root is no clone of a git repository"
  [[ -z $(git_here status --porcelain) ]] || say "bare clones what is committed: your other changes are not in it"
  mkdir -p "$out/packages"
  exec {alone}>"$out/.lock"
  flock -n "$alone" || die "another ./test bare is running"
  rm -rf --one-file-system "$out"/machine.* "$out"/*.log "$out/totals"
  machine=$(mktemp -d "$out/machine.XXXXXX")
  chmod 755 "$machine"
  inside=
  trap clean_up EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  setpriv --pdeathsig KILL unshare --mount --propagation private --pid --fork --kill-child --mount-proc \
    "$BASH" "$root/scripts/bare.sh" --inside "$machine" "$@" </dev/null &
  inside=$!
  local code=0
  wait "$inside" || code=$?
  inside=
  exit "$code"
}

# shellcheck disable=SC2317  # the trap calls it
clean_up() {
  trap '' INT TERM HUP
  [[ -z $inside ]] || { kill -KILL "$inside" && wait "$inside"; } 2>/dev/null || true
  # The mounts are those of `inside` alone; what it still runs may take a moment to end.
  for _ in {1..100}; do
    rm -rf --one-file-system "$machine" 2>/dev/null && return
    sleep 0.1
  done
  say "could not remove $machine"
}

# git, of a repository that may be somebody else's.
git_here() { git -c "safe.directory=*" -C "$root" "$@"; }

# Inside the namespaces: what follows.

main() {
  say "bare: making a Debian"
  (make_machine) >"$out/debootstrap.log" 2>&1 ||
    die "could not make a Debian; build/bare/debootstrap.log ends with:"$'\n'"$(tail -n 5 "$out/debootstrap.log")"
  mount_all
  clone
  passed=0 failed=0 skipped=0
  say "bare: ./run"
  if try_run; then passed=1; else failed=1; fi
  say "bare: ./test $*"
  try_test "$@"
  echo "$passed $failed $skipped" >"$out/totals"
  (in_machine apt-get -qq autoclean) >/dev/null 2>&1 || true
}

make_machine() {
  local sources mirror include=()
  sources=$(debian_sources)
  mirror=$(sed -nE "s/^deb (\[[^]]*\] )?((https?|file|ftp):\S*) $suite main$/\2/p" <<<"$sources" | head -n 1)
  ! grep -q https: <<<"$sources" || include=(--include=ca-certificates)
  proxies
  debootstrap --variant=minbase --cache-dir="$out/packages" "${include[@]}" "$suite" "$machine" "${mirror:-$default_mirror}" || exit
  printf '%s\n' "$sources" >"$machine/etc/apt/sources.list"
  rm -f "$machine"/etc/apt/sources.list.d/*
  copy_settings
  printf '#!/bin/sh\nexit 101\n' >"$machine/usr/sbin/policy-rc.d"  # its network is ours: no service starts
  chmod 755 "$machine/usr/sbin/policy-rc.d"
}

# Where this machine has Debian's own packages from, as lines of a sources.list; others' packages are not on a bare Debian.
debian_sources() {
  local uri release codename component origin signed found=
  # shellcheck disable=SC2016  # apt's own
  local line='$(REPO_URI)|$(RELEASE)|$(CODENAME)|$(COMPONENT)|$(ORIGIN)|$(SIGNED_BY)'
  while IFS='|' read -r uri release codename component origin signed; do
    # What apt does not know stays as it is written below: the lists may never have been fetched.
    [[ $codename == '$'* ]] && codename=$release
    [[ $codename =~ ^$suite(-updates|-security)?$ && $component == main && $origin =~ ^(Debian|\$.*)$ ]] || continue
    [[ -f $signed ]] && copy "$signed" && signed="[signed-by=$signed] " || signed=
    found+="deb $signed$uri $codename main"$'\n'
  done < <(apt-get indextargets --format "$line" 'Identifier: Packages' | sort -u)
  [[ $found ]] || found="deb $default_mirror $suite main
deb $default_mirror $suite-updates main
deb $default_mirror-security $suite-security main"
  printf '%s' "$found"
}

# copy FILE: to where it is, in there.
copy() {
  mkdir -p "$machine$(dirname -- "$1")"
  cp -L -- "$1" "$machine$1"
}

# How this machine reaches the network: names, apt's mirrors and proxies, whom TLS trusts, npm's registry.
copy_settings() {
  local file key value
  for file in /etc/resolv.conf /etc/hosts /usr/local/share/ca-certificates/*.crt /etc/apt/trusted.gpg.d/*; do
    [[ ! -f $file ]] || copy "$file"
  done
  grep -qw localhost "$machine/etc/hosts" 2>/dev/null || printf '127.0.0.1 localhost\n::1 localhost\n' >>"$machine/etc/hosts"
  # Only how apt fetches: its hooks are for programs that are not in there. A file that is named goes, too.
  apt-config dump Acquire >"$machine/etc/apt/apt.conf.d/00this-machine"
  while read -r file; do
    [[ ! -f $file ]] || copy "$file"
  done < <(sed -nE 's/^Acquire::http.* "(\/.*)";$/\1/p' "$machine/etc/apt/apt.conf.d/00this-machine")
  [[ ! -x $machine/usr/sbin/update-ca-certificates ]] || (in_machine update-ca-certificates)
  if [[ -f ${NODE_EXTRA_CA_CERTS-} ]]; then cp -L -- "$NODE_EXTRA_CA_CERTS" "$machine/etc/node-ca.crt"; fi
  hash npm 2>/dev/null || return 0
  for key in registry proxy https-proxy noproxy strict-ssl cafile; do
    value=$(npm config get "$key" 2>/dev/null) || continue
    [[ $value && $value != null && $value != undefined ]] || continue
    if [[ $key == cafile ]]; then
      [[ -f $value ]] || continue
      cp -L -- "$value" "$machine/etc/npm-ca.crt"
      value=/etc/npm-ca.crt
    fi
    echo "$key=$value"
  done >"$machine/root/.npmrc"
}

# The proxies that apt is told of, for debootstrap, which does not ask apt.
proxies() {
  local scheme proxy
  for scheme in http https; do
    proxy=
    eval "$(apt-config shell proxy "Acquire::$scheme::Proxy")"
    [[ -z $proxy || $proxy == DIRECT ]] || export "${scheme}_proxy=$proxy"
  done
}

mount_all() {
  local name
  mount -t proc proc "$machine/proc"
  mount -t sysfs -o ro sysfs "$machine/sys"
  mount -t tmpfs -o mode=755,size=1m dev "$machine/dev"
  for name in null zero full random urandom tty; do
    touch "$machine/dev/$name"
    mount --bind "/dev/$name" "$machine/dev/$name"
  done
  mkdir "$machine/dev/pts" "$machine/dev/shm"
  mount -t devpts -o newinstance,ptmxmode=666,mode=620,gid=5 devpts "$machine/dev/pts"
  mount -t tmpfs -o mode=1777 shm "$machine/dev/shm"
  ln -s pts/ptmx "$machine/dev/ptmx"
  ln -s /proc/self/fd "$machine/dev/fd"
  for name in 0:stdin 1:stdout 2:stderr; do ln -s "/proc/self/fd/${name%:*}" "$machine/dev/${name#*:}"; done
  mount --bind "$out/packages" "$machine/var/cache/apt/archives"
}

clone() {
  printf '[safe]\n\tdirectory = *\n' >"$machine/root/.gitconfig"
  GIT_CONFIG_GLOBAL=$machine/root/.gitconfig git clone --quiet --no-hardlinks "$root" "$machine$folder" || die "could not clone $root"
  rm "$machine/root/.gitconfig"
}

# in_machine COMMAND...: in the clone, with nothing in the environment but what leads to the network. In place of the shell.
in_machine() {
  local environment=() name
  for name in http_proxy https_proxy ftp_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY; do
    [[ ! -v $name ]] || environment+=("$name=${!name}")
  done
  [[ ! -f $machine/etc/node-ca.crt ]] || environment+=(NODE_EXTRA_CA_CERTS=/etc/node-ca.crt)
  # shellcheck disable=SC2016  # for the shell in there
  exec chroot "$machine" env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin TERM=linux \
    "${environment[@]}" bash -c 'cd -- "$1" 2>/dev/null || cd /; shift; exec "$@"' bash "$folder" "$@"
}

# ./run says that it listens, talks with whoever calls, and ends well when it is asked to.
try_run() {
  local log=$out/run.log pid code=0 hold
  ! is_answered || die "something listens on port $port already, where ./run must: stop it, and try again"
  mkfifo "$machine/tmp/console"
  exec {hold}<>"$machine/tmp/console"  # a terminal at which nobody types
  in_machine ./run <&"$hold" >"$log" 2>&1 &
  pid=$!
  until grep -q 'listening on' "$log"; do
    if ! kill -0 "$pid" 2>/dev/null; then
      wait "$pid" || code=$?
      run_failed "ended with exit code $code before it listened"
      return
    fi
    sleep 0.5
  done
  local talked=0
  talk || talked=$?
  kill -TERM "$pid"
  wait "$pid" || code=$?
  exec {hold}>&-
  ((talked == 0)) || { run_failed "did not answer a caller"; return; }
  ((code == 0)) || { run_failed "ended with exit code $code after SIGTERM"; return; }
}

run_failed() {
  tail -n 30 "$out/run.log" >&2
  say "bare: ./run $1"
  return 1
}

is_answered() { (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; }

# What one caller says, another hears.
talk() {
  local one other line
  { exec {one}<>"/dev/tcp/127.0.0.1/$port" {other}<>"/dev/tcp/127.0.0.1/$port"; } 2>/dev/null || return
  read -r -t 60 line <&"$other" || return
  [[ $line == *"Welcome to "* ]] || return
  printf 'is anybody there?\n' >&"$one"
  while read -r -t 60 line <&"$other"; do
    [[ $line != *": is anybody there?" ]] || break
  done
  exec {one}>&- {other}>&-
  [[ $line == *": is anybody there?" ]]
}

try_test() {
  local last
  (in_machine ./test "$@") </dev/null 2>&1 | tee "$out/test.log" || true
  cp -- "$machine$folder"/build/*/*.log "$out/" 2>/dev/null || true
  last=$(tail -n 1 "$out/test.log")
  if [[ $last =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed(,\ ([0-9]+)\ skipped)?$ ]]; then
    passed=$((passed + BASH_REMATCH[1])) failed=$((failed + BASH_REMATCH[2])) skipped=$((skipped + ${BASH_REMATCH[4]:-0}))
  else
    say "bare: ./test did not come to its end"
    failed=$((failed + 1))
  fi
}

if [[ ${1-} == --inside ]]; then
  machine=$2
  main "${@:3}"
else
  outside "$@"
fi
exit
