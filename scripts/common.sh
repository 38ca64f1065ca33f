# Shared by ./run and ./test, which set `root`: what to install, how to build. All it says goes to stderr.
# shellcheck shell=bash
: "${root:?}"

say() { printf '%s\n' "parlance: $*" >&2; }
die() { say "$@"; exit 1; }

# The packages of the lists named ("build", "test"): one a line. "PACKAGE unless COMMAND" is one only where there is no such
# command.
packages() {
  local list name command
  for list in "$@"; do sed 's/#.*//; /^[[:space:]]*$/d' "$root/scripts/packages/$list.txt"; done |
    while read -r name _ command; do
      [[ $command ]] && hash "$command" 2>/dev/null || echo "$name"
    done
}

# Those of them that are not installed. (Asking dpkg takes 20 ms, and unlike a stamp it notices a removal.)
missing_packages() {
  local wanted
  mapfile -t wanted < <(packages "$@")
  dpkg-query -W -f='${db:Status-Status} ${Package}\n' "${wanted[@]}" 2>/dev/null |
    sed -n 's/^installed //p' | sort -u | comm -13 - <(printf '%s\n' "${wanted[@]}" | sort -u)
}

# Installs what is missing of the lists named. Elsewhere than on Debian it only checks for the compiler and CMake.
install_packages() {
  local missing as_root=()
  if ! hash dpkg-query apt-get 2>/dev/null; then
    hash clang++-19 ld.lld-19 cmake ninja pkg-config 2>/dev/null && return
    die "this is not a Debian system: install what these Debian packages hold, then try again:" "$(packages "$@" | xargs)"
  fi
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]})) || return 0
  if ((EUID != 0)); then
    as_root=(sudo)
    hash sudo 2>/dev/null ||
      die "packages are missing, and there is neither root nor sudo to install them. As root:" \
        "apt-get install --no-install-recommends ${missing[*]}"
  fi
  say "installing Debian packages: ${missing[*]}"
  # dpkg wants the folders that `su` leaves out.
  as_root+=(env DEBIAN_FRONTEND=noninteractive "PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin")
  local apt=(apt-get -qq -o DPkg::Lock::Timeout=300)
  # An update that fails in part, as with one dead mirror of several, need not stop the installation.
  "${as_root[@]}" "${apt[@]}" update >&2 || say "apt-get update failed; trying with the package lists at hand"
  "${as_root[@]}" "${apt[@]}" -o Dpkg::Use-Pty=0 -y --no-install-recommends install "${missing[@]}" >&2 ||
    die "could not install: ${missing[*]}"
}

# configure PRESET [-D...]: anew when the folder was copied from elsewhere or its last attempt failed.
configure() {
  local preset=$1 fresh=()
  shift
  configured "$preset" || fresh=(--fresh)
  (cd "$root" && cmake --log-level=WARNING "${fresh[@]}" --preset "$preset" "$@") >/dev/null || die "could not configure build/$preset"
}

configured() {
  [[ -e $root/build/$1/build.ninja ]] && grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$root/build/$1/CMakeCache.txt"
}

# build PRESET [CMAKE OPTIONS...]: says nothing when there is nothing to do.
build() {
  local preset=$1
  shift
  (cd "$root" && cmake --build "build/$preset" --parallel "$(jobs_that_fit)" "$@") 2>&1 |
    sed -u '/^ninja: no work to do/d; /Re-checking globbed directories/d; /^ninja: Entering directory/d' >&2
  ((PIPESTATUS[0] == 0)) || die "could not build build/$preset"
}

# As many compilers as there are processors, but no more than memory holds: one takes up to 700 MB.
jobs_that_fit() {
  local processors memory_kb
  processors=$(nproc)
  memory_kb=$(sed -n 's/^MemAvailable: *\([0-9]*\).*/\1/p' /proc/meminfo || true)
  local fit=$((${memory_kb:-700000} / 700000))
  ((fit < 1)) && fit=1
  echo $((fit < processors ? fit : processors))
}

# Runs a command with the build folders to itself: two terminals may call ./run at once.
with_lock() {
  mkdir -p "$root/build" 2>/dev/null || die "cannot write to $root"
  { exec {lock}>"$root/build/.lock"; } 2>/dev/null || die "cannot write to $root/build"
  if ! flock -w 1 "$lock"; then
    say "waiting for another build of this folder to end"
    flock "$lock"
  fi
  "$@"
  exec {lock}>&-
}
