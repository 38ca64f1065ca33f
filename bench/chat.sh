#!/usr/bin/env bash
# Compares chat servers at fan-out: the floor, peers and Parlance in turn, each on one core with the load on another.
#
#   usage: bench/chat.sh [OPTION...] [-- SERVE_OPTION...]
#
#   --rounds N           rounds of all servers, of which the median is printed (default 3)
#   --seconds S          length of each run (default 3)
#   --shape "RxPxW.."    R receivers, P publishers, a window of W messages; each gets a table
#                        (default "1000x10x16 1000x10x1 10x1x1")
#   --size BYTES         of a line as it is published (default 100)
#   --over "WAY.."       and Parlance by these, too: tls, websocket
#   --variant "OPTION.." one more Parlance, on io_uring, with these options of `serve`; may be given again
#   --svg FILE           what is printed as a chart, too (bench/chart.py)
#   --build DIR          where Parlance is built (default build/release)
#   --server-cpu N       (default 0)
#   --load-cpu N         (default 1)
#
# What follows -- is given to each `parlance serve`, which keeps history unless told: --set history.enabled=false
# Builds nothing: cmake --preset release && cmake --build --preset release. A peer that is not installed is left out.
set -euo pipefail
# shellcheck source=bench/chat_servers.sh
source "$(dirname "$0")/chat_servers.sh"

rounds=3 seconds=3 size=100 shapes="1000x10x16 1000x10x1 10x1x1" ways=
while (($#)); do
  case $1 in
    --rounds) rounds=$2 ;;
    --seconds) seconds=$2 ;;
    --shape) shapes=$2 ;;
    --size) size=$2 ;;
    --over) ways=$2 ;;
    --variant) variants+=("$2") ;;
    --) shift && parlance_options=("$@") && break ;;
    *) common_option "$1" "${2-}" ;;
  esac
  shift 2
done

start_floor() { start_server "$2" taskset -c "$server_cpu" "$build/bench/floor_fanout" "$2" "$1"; }

# One run of one server: a line of the results. Lost or disordered messages are a result too.
measure() {
  local shape=$1 name=$2 receivers publishers window port line way=
  [[ $name != *", by "* ]] || way=--${name##*, by }
  IFS=x read -r receivers publishers window <<<"$shape"
  port=$(free_port)
  $3 "$port"
  line=$(load load_irc $way "$port" "$receivers" "$publishers" "$size" "$window" "$seconds" "$server_pid") ||
    [[ -n $line ]] || die "$name failed: $(tail -n 5 "$scratch/server.log")"
  stop_servers
  [[ $name != floor ]] || floor=$(value "$line" rate)
  {
    printf '%s\t' "$name" "$(value "$line" rate)" \
      "$(awk -v a="$(value "$line" rate)" -v b="$floor" 'BEGIN { print b ? a / b : 0 }')"
    printf '%s\t' "$(value "$line" p50_us)" "$(value "$line" p99_us)" "$(value "$line" lost)" "$(value "$line" disorder)"
    printf '%s\t%s\n' "$(value "$line" user_us)" "$(value "$line" system_us)"
  } >>"$scratch/results.$shape"
}

compare() {
  local shape=$1 server round floor=0
  for ((round = 1; round <= rounds; round++)); do
    for server in "${servers[@]}"; do measure "$shape" "${server%%|*}" "${server#*|}"; done
  done
  printf '\n%s receivers x publishers x window, %s bytes, median of %s rounds of %s s\n\n' "$shape" "$size" "$rounds" \
    "$seconds"
  medians server deliveries/s:0 "of floor:2" "p50 us:0" "p99 us:0" lost:0 disorder:0 "user us:3" "system us:3" \
    <"$scratch/results.$shape"
}

for shape in $shapes; do
  [[ $shape =~ ^[0-9]+x[0-9]+x[0-9]+$ ]] || die "\"$shape\" is no shape such as 1000x10x16"
done
[[ -x $build/bench/load_irc ]] || die "nothing is built in $build/bench"
need_files 2000
find_servers "floor|start_floor batch"
for way in $ways; do
  [[ $way == tls || $way == websocket ]] || die "\"$way\" is no way: tls or websocket"
  for backend in io_uring epoll; do servers+=("Parlance $backend, by $way|start_parlance $backend"); done
done
for shape in $shapes; do compare "$shape"; done
