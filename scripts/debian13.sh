#!/usr/bin/env bash
# Builds what is committed on a Debian 13 with nothing in it, by GCC 14 and its libstdc++, where a warning is an error, and runs its
# tests. As root:
#
#   scripts/debian13.sh [-R REGEX]   as `./test debian13` calls it; REGEX: only the suites and files whose name matches
#
# The Debian is made by scripts/machine.sh. build/debian13 keeps what was said (debootstrap.log, build.log, test.log), and `totals`
# ("PASSED FAILED SKIPPED").
set -euo pipefail
root=$(dirname -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")")
source "$root/scripts/common.sh"

part=debian13
suite=trixie
folder=/root/parlance
source "$root/scripts/machine.sh"

main() {
  local wanted
  make_machine
  clone
  # shellcheck disable=SC2016  # for the shell in there
  mapfile -t wanted < <(in_machine bash -c 'root=$PWD; source scripts/common.sh; packages build test')
  say "debian13: installing packages"
  { (in_machine apt-get -qq update) && (in_machine env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install \
    g++ "${wanted[@]}"); } >"$out/apt.log" 2>&1 ||
    die "could not install the packages; build/debian13/apt.log ends with:"$'\n'"$(tail -n 5 "$out/apt.log")"
  say "debian13: building with $( (in_machine g++ --version) | head -n 1)"
  { (in_machine cmake -G Ninja -B build/gcc -D CMAKE_BUILD_TYPE=Release -D CMAKE_CXX_COMPILER=g++ -D CMAKE_C_COMPILER=gcc \
    -D PARLANCE_BENCH=OFF -D PARLANCE_EXAMPLES=OFF) && (in_machine cmake --build build/gcc --parallel "$(jobs_that_fit)"); } >"$out/build.log" 2>&1 ||
    { grep -A 10 -m 3 -E '(error|FAILED):' "$out/build.log" >&2 || true; die "it does not build; build/debian13/build.log tells all"; }
  say "debian13: testing"
  (in_machine env XDG_DATA_HOME=/tmp/data LC_ALL=C.UTF-8 ctest --test-dir build/gcc --parallel "$(($(nproc) + 1))" --output-on-failure \
    --no-label-summary --test-output-size-passed 1000000 --output-junit junit.xml "$@") >"$out/test.log" 2>&1 || true
  python3 "$root/scripts/report.py" "$machine$folder/build/gcc/junit.xml" | tee "$out/report.txt" | tail -n 1 >"$out/totals"
}

run_on_machine "$@"
