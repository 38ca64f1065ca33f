#!/usr/bin/env bash
# Compares chat servers when everybody comes at once, and tells what a registered idle client costs in user memory.
#
#   usage: bench/storm.sh [OPTION...] [-- SERVE_OPTION...]
#
#   --rounds N           rounds of all servers, of which the median is printed (default 3)
#   --clients "N.."      each gets a table: so many connect, register, and join one room (default "1000 10000";
#                        10000 take a peer minutes)
#   --idle N             then so many sit in rooms of a hundred, and memory is divided (default 10000; 0: not)
#   --settle S           seconds from the last join to measuring memory (default 3)
#   --variant "OPTION.." one more Parlance, on io_uring, with these options of `serve`; may be given again
#   --svg FILE           what is printed as a chart, too (bench/chart.py)
#   --build DIR          where Parlance is built (default build/release)
#   --server-cpu N       (default 0)
#   --load-cpu N         (default 1)
#
# What follows -- is given to each `parlance serve`, to lift a limit or to turn something off.
# Builds nothing: cmake --preset release && cmake --build --preset release. A peer that is not installed is left out.
set -euo pipefail
# shellcheck source=bench/chat_servers.sh
source "$(dirname "$0")/chat_servers.sh"

rounds=3 clients="1000 10000" idle=10000 settle=3
while (($#)); do
  case $1 in
    --rounds) rounds=$2 ;;
    --clients) clients=$2 ;;
    --idle) idle=$2 ;;
    --settle) settle=$2 ;;
    --variant) variants+=("$2") ;;
    --) shift && parlance_options=("$@") && break ;;
    *) common_option "$1" "${2-}" ;;
  esac
  shift 2
done

# crowd RESULTS CLIENTS ROOMS NAME START KEY...: one run of one server, whose values of KEY are a line of RESULTS. A server
# that fails is told about and has no line: hanging up on the crowd is an answer too.
crowd() {
  local results=$1 count=$2 rooms=$3 name=$4 start=$5 port line
  shift 5
  port=$(free_port)
  $start "$port"
  if line=$(load load_crowd "$port" "$count" "$rooms" "$server_pid" "$settle" </dev/null); then
    {
      printf '%s' "$name"
      for key in "$@"; do printf '\t%s' "$(value "$line" "$key")"; done
      echo
    } >>"$results"
  else
    echo "$name failed with $count clients in $rooms room(s)" >&2
  fi
  stop_servers
}

# everyone RESULTS CLIENTS ROOMS KEY...: all servers, round after round.
everyone() {
  local results=$1 count=$2 rooms=$3 round server
  shift 3
  : >"$results"
  for ((round = 1; round <= rounds; round++)); do
    for server in "${servers[@]}"; do
      crowd "$results" "$count" "$rooms" "${server%%|*}" "${server#*|}" "$@"
    done
  done
}

storm() {
  everyone "$scratch/storm.$1" "$1" 1 seconds user_seconds system_seconds
  printf '\n%s clients connect, register and join one room, median of %s rounds\n\n' "$1" "$rounds"
  medians server seconds:3 "user s:2" "system s:2" <"$scratch/storm.$1"
}

memory() {
  everyone "$scratch/memory" "$idle" $(((idle + 99) / 100)) bytes_per_client before_kib after_kib
  printf '\n%s idle clients in rooms of a hundred, user memory, median of %s rounds\n\n' "$idle" "$rounds"
  medians server bytes/client:0 "before KiB:0" "after KiB:0" <"$scratch/memory"
}

[[ -x $build/bench/load_crowd ]] || die "nothing is built in $build/bench"
for count in $clients $idle; do need_files "$count"; done
find_servers
((${#servers[@]})) || die "there is no server to measure"
for count in $clients; do storm "$count"; done
((idle == 0)) || memory
