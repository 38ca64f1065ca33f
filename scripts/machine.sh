# Shared by the scripts that try something on a bare Debian, as root. Source it after common.sh, with `root` and these set:
#
#   part    of ./test; logs, packages and the machine are in build/$part
#   suite   which Debian
#   folder  where in_machine runs its commands, in there
#
# That Debian is a folder under build/$part, made by debootstrap from where this machine has its packages from. What is mounted
# in it, and what runs in it, is in namespaces of their own and ends with the script, however it ends; the folder goes then, or,
# after a SIGKILL, as the next run begins. The packages are kept, so that they are fetched once.
#
#   main() { make_machine; in_machine ...; }
#   run_on_machine "$@"
#
# shellcheck shell=bash
: "${root:?}" "${part:?}" "${suite:?}" "${folder:?}"

PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin  # which `su` leaves out
default_mirror=http://deb.debian.org/debian
out=$root/build/$part

# run_on_machine ARGS...: outside, makes the folder and calls the script again, inside, where it calls `main ARGS...`.
run_on_machine() {
  if [[ ${1-} == --inside ]]; then
    machine=$2
    main "${@:3}"
  else
    outside "$@"
  fi
  exit
}

outside() {
  ((EUID == 0)) || die "$part makes a Debian of its own, which takes root: sudo ./test $part"
  hash debootstrap git unshare 2>/dev/null || die "$part needs debootstrap, git and unshare"
  mkdir -p "$out/packages"
  exec {alone}>"$out/.lock"
  flock -n "$alone" || die "another ./test $part is running"
  rm -rf --one-file-system "$out"/machine.* "$out"/*.log "$out/totals"
  machine=$(mktemp -d "$out/machine.XXXXXX")
  chmod 755 "$machine"
  inside=
  trap clean_up EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  setpriv --pdeathsig KILL unshare --mount --propagation private --pid --fork --kill-child --mount-proc \
    "$BASH" "$(readlink -f -- "$0")" --inside "$machine" "$@" </dev/null &
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

make_machine() {
  say "$part: making a Debian ($suite)"
  (fill_machine) >"$out/debootstrap.log" 2>&1 ||
    die "could not make a Debian; build/$part/debootstrap.log ends with:"$'\n'"$(tail -n 5 "$out/debootstrap.log")"
  mount_all
}

fill_machine() {
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

# Where this machine has Debian's own packages from, as lines of a sources.list for `suite`, which may be another Debian than
# its own; others' packages are not on a bare Debian.
debian_sources() {
  local own uri release codename component origin signed found=
  own=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
  # shellcheck disable=SC2016  # apt's own
  local line='$(REPO_URI)|$(RELEASE)|$(CODENAME)|$(COMPONENT)|$(ORIGIN)|$(SIGNED_BY)'
  while IFS='|' read -r uri release codename component origin signed; do
    # What apt does not know stays as it is written below: the lists may never have been fetched.
    [[ $codename == '$'* ]] && codename=$release
    [[ $codename =~ ^$own(-updates|-security)?$ && $component == main && $origin =~ ^(Debian|\$.*)$ ]] || continue
    [[ -f $signed ]] && copy "$signed" && signed="[signed-by=$signed] " || signed=
    found+="deb $signed$uri $suite${codename#"$own"} main"$'\n'
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

# The clone of what is committed, at `folder`.
clone() {
  git_here rev-parse -q --verify HEAD >/dev/null || die "$part clones what is committed, and $root is no clone of a git repository"
  [[ -z $(git_here status --porcelain) ]] || say "$part clones what is committed: your other changes are not in it"
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

# is_answered PORT: whether anybody listens there; the network is that of outside.
is_answered() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# talk PORT: what one caller of the chat there says, another hears.
talk() {
  local port=$1 one other line
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
