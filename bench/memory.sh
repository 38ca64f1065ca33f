#!/usr/bin/env bash
# Measures what an idle caller costs `parlance serve` in user memory: holds silent connections and divides.
#
#   usage: bench/memory.sh [OPTION...] [-- SERVE_OPTION...]
#
#   --connections N  how many are held (default 10000)
#   --settle S       seconds from the last connection to the measurement, for greetings to be over (default 3)
#   --build DIR      where Parlance is built (default build/release)
#
# What follows -- is given to `parlance serve`, to lift a limit or to turn something off.
set -euo pipefail
# shellcheck source=bench/servers.sh
source "$(dirname "$0")/servers.sh"

connections=10000 settle=3 build=$root/build/release
while (($#)); do
  case $1 in
    --connections) connections=$2 ;;
    --settle) settle=$2 ;;
    --build) build=$(realpath "$2") ;;
    --) shift && break ;;
    *) usage && exit 2 ;;
  esac
  shift 2
done

[[ -x $build/parlance ]] || die "$build/parlance is not built"
files=$(ulimit -Hn)
[[ $files == unlimited ]] || ((files > connections + 100)) ||
  die "$connections connections need more open files than the hard limit of $files (ulimit -Hn)"
ulimit -Sn "$files"

# What it keeps goes with the scratch folder.
cd "$scratch"
export HOME=$scratch XDG_DATA_HOME=$scratch XDG_STATE_HOME=$scratch XDG_CONFIG_HOME=$scratch
port=$(free_port)
start_server "$port" "$build/parlance" serve "127.0.0.1:$port" "$@"
"$build/bench/load_conns" "$port" "$connections" "$server_pid" "$settle" </dev/null
