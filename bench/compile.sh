#!/usr/bin/env bash
# Compares what the smallest client costs to build: examples/client.cpp on Parlance, and its twin on Asio.
#
#   usage: bench/compile.sh [--rounds N] [--build DIR]
#
#   --rounds N   compilations of each, in turn, of which the median is printed (default 5)
#   --build DIR  where Parlance's libraries are built (default build/release)
#
# Seconds are the compiler's CPU time for the one file, which other programs disturb less than the clock's.
set -euo pipefail
# shellcheck source=bench/servers.sh
source "$(dirname "$0")/servers.sh"

rounds=5 build=$root/build/release
while (($#)); do
  case $1 in
    --rounds) rounds=$2 ;;
    --build) build=$2 ;;
    *) usage && exit 2 ;;
  esac
  shift 2
done

compiler=${CXX:-clang++-19}
flags=(-std=c++23 -O2 -DNDEBUG -pthread)
sources=("$root/examples/client.cpp" "$root/bench/peer_client_asio.cpp")
names=(Parlance Asio)

# compile N: the object file, and its CPU seconds in the results.
compile() {
  local TIMEFORMAT='%U %S' extra
  # Asio 1.22 looks for Clang's coroutines where Clang had them before version 17.
  extra=("-I$root" -DASIO_HAS_CO_AWAIT)
  { time "$compiler" "${flags[@]}" "${extra[@]}" -c "${sources[$1]}" -o "$scratch/$1.o" 2>"$scratch/errors"; } \
    2>>"$scratch/seconds.$1" || die "$(cat "$scratch/errors")"
}

link() {
  local libraries=()
  if [[ ${names[$1]} == Parlance ]]; then
    read -ra libraries <<<"$(pkg-config --libs liburing openssl libidn2 fmt)"
    libraries=("$build"/libparlance-{net,io}.a "${libraries[@]}")
  fi
  "$compiler" -fuse-ld=lld-19 "${flags[@]}" "$scratch/$1.o" "${libraries[@]}" -o "$scratch/$1"
  strip -o "$scratch/$1.stripped" "$scratch/$1"
}

median_seconds() { awk '{ print $1 + $2 }' "$scratch/seconds.$1" | sort -n | sed -n "$(((rounds + 1) / 2))p"; }

for source in "${sources[@]}" "$build"/libparlance-{net,io}.a; do
  [[ -f $source ]] || die "there is no $source"
done
for ((round = 1; round <= rounds; round++)); do
  for i in "${!sources[@]}"; do compile "$i"; done
done
printf '%-10s %10s %10s %10s\n' client seconds bytes stripped
for i in "${!sources[@]}"; do
  link "$i"
  printf '%-10s %10.2f %10d %10d\n' "${names[$i]}" "$(median_seconds "$i")" \
    "$(stat -c %s "$scratch/$i")" "$(stat -c %s "$scratch/$i.stripped")"
done
