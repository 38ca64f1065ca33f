#!/usr/bin/env bash
# Compares what programs cost to write and to build: examples on Parlance, and their twins on Asio (bench/twins).
#
#   usage: bench/compile.sh [OPTION...] [NAME...]
#
#   NAME...      the programs (default: each that has a twin)
#   --rounds N   compilations of each, in turn, of which the median is printed (default 3)
#   --svg FILE   what is printed as a chart, too (bench/chart.py)
#   --build DIR  where Parlance's libraries are built (default build/release)
#   --check      then runs the examples' tests with the twins in their place
#
# Lines are those that are neither blank nor only a comment. Seconds are the compiler's CPU time for the one file, which
# other programs disturb less than the clock's. KiB are of the program without its symbols.
set -euo pipefail
# shellcheck source=bench/servers.sh
source "$(dirname "$0")/servers.sh"

rounds=3 build=$root/build/release check=false names=()
while (($#)); do
  case $1 in
    --rounds) rounds=$2 && shift ;;
    --svg) draw_to "$2" && shift ;;
    --build) build=$2 && shift ;;
    --check) check=true ;;
    -*) usage && exit 2 ;;
    *) names+=("$1") ;;
  esac
  shift
done
if ((${#names[@]} == 0)); then
  for twin in "$root"/bench/twins/*.cpp; do names+=("$(basename "$twin" .cpp)"); done
fi

compiler=${CXX:-clang++-19}
flags=(-std=c++23 -O2 -DNDEBUG -pthread)
# Asio 1.22 looks for Clang's coroutines where Clang had them before version 17.
flags+=("-I$root" -DASIO_HAS_CO_AWAIT)
# What a program does not use of these is not linked to it.
libraries=("$build"/libparlance-{http,net,io}.a)
shared=("-Wl,--as-needed")
read -ra packages <<<"$(pkg-config --libs liburing openssl libnghttp2 libpsl fmt zlib libbrotlidec libzstd)"
shared+=("${packages[@]}" -lwslay)
mkdir "$scratch/examples" "$scratch/twins"

# source_of examples|twins NAME
source_of() {
  case $1 in
    examples) echo "$root/examples/$2.cpp" ;;
    twins) echo "$root/bench/twins/$2.cpp" ;;
  esac
}

# compile SIDE NAME: the object file, and its CPU seconds among the program's.
compile() {
  local TIMEFORMAT='%U %S' at=$scratch/$1/$2
  { time "$compiler" "${flags[@]}" -c "$(source_of "$1" "$2")" -o "$at.o" 2>"$scratch/errors"; } 2>>"$at.seconds" ||
    die "$(cat "$scratch/errors")"
}

link() {
  local at=$scratch/$1/$2
  "$compiler" -fuse-ld=lld-19 "${flags[@]}" -s "$at.o" "${libraries[@]}" "${shared[@]}" -o "$at"
}

# figures SIDE NAME: lines, seconds, KiB.
figures() {
  local at=$scratch/$1/$2
  grep -cvE '^\s*(//|$)' "$(source_of "$1" "$2")"
  awk '{ print $1 + $2 }' "$at.seconds" | sort -n | sed -n "$(((rounds + 1) / 2))p"
  echo $(($(stat -c %s "$at") / 1024))
}

for file in "${libraries[@]}"; do [[ -f $file ]] || die "there is no $file"; done
printf 'examples on Parlance beside their twins on Asio, median of %s compilations\n\n' "$rounds"
printf '%-20s  %5s  %11s  %7s  %7s  %13s  %7s  %5s  %9s  %7s\n' program lines "lines, Asio" "of Asio" \
  seconds "seconds, Asio" "of Asio" KiB "KiB, Asio" "of Asio"
for name in "${names[@]}"; do
  for ((round = 1; round <= rounds; round++)); do
    for side in examples twins; do compile "$side" "$name"; done
  done
  for side in examples twins; do
    link "$side" "$name"
    figures "$side" "$name"
  done | awk -v name="$name" '
    { value[NR] = $1 }
    END {
      printf "%-20s  %5d  %11d  %7.2f  %7.2f  %13.2f  %7.2f  %5d  %9d  %7.2f\n", name, value[1], value[4], value[1] / value[4],
        value[2], value[5], value[2] / value[5], value[3], value[6], value[3] / value[6]
    }'
done
if $check; then
  TWINS=$scratch/twins PARLANCE=$build/parlance python3 "$root/tests/cli/examples_test.py"
fi
