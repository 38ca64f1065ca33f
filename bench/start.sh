#!/usr/bin/env bash
# Measures how soon chat servers serve, empty and with much kept, and how long they take to find what was said.
#
#   usage: bench/start.sh [OPTION...] [-- SERVE_OPTION...]
#
#   --rounds N      starts of each server, of which the median is printed (default 5)
#   --messages N    how many are kept before the second part (default 1000000; 0: no second part)
#   --data DIR      of `parlance serve`: keeps them there if it is empty, else takes those that it has in #bench
#   --backend NAME  io_uring or epoll (default io_uring)
#   --svg FILE      what is printed as a chart, too (bench/chart.py)
#   --build DIR     where Parlance is built (default build/release)
#   --server-cpu N  (default 0)
#   --load-cpu N    (default 1)
#
# What follows -- is given to each `parlance serve`, as to keep more messages than it does by default.
# Builds nothing: cmake --preset release && cmake --build --preset release. A peer that is not installed is left out.
set -euo pipefail
# shellcheck source=bench/chat_servers.sh
source "$(dirname "$0")/chat_servers.sh"

rounds=5 messages=1000000 data="" backend=io_uring kept=""
while (($#)); do
  case $1 in
    --rounds) rounds=$2 ;;
    --messages) messages=$2 ;;
    --data) mkdir -p "$2" && kept=$(realpath "$2") ;;
    --backend) backend=$2 ;;
    --) shift && parlance_options=("$@") && break ;;
    *) common_option "$1" "${2-}" ;;
  esac
  shift 2
done

client() { taskset -c "$load_cpu" "$root/bench/chat_client.py" "$@"; }

# What start_peer and start_parlance call: here the client starts the command, for it takes the time.
start_server() {
  local line
  line=$(client start "$@" 2>"$scratch/client.log") || die "$(cat "$scratch/client.log")"
  printf '%s\t%s\n' "$name" "$(value "$line" start_ms)" >>"$scratch/results"
}

start_all() {
  local round server name
  : >"$scratch/results"
  for ((round = 1; round <= rounds; round++)); do
    for server in "$@"; do
      name=${server%%|*}
      ${server#*|} "$(free_port)"
    done
  done
  medians server "start ms:1" <"$scratch/results"
}

# A Parlance that stays, for the client to talk to; sets port.
stay() {
  port=$(free_port)
  (
    # shellcheck source=bench/servers.sh
    start_server() { shift && exec setsid "$@"; }
    start_parlance "$backend" "$port"
  ) >"$scratch/server.log" 2>&1 &
  started+=("$!")
  for _ in {1..1200}; do
    listens "$port" && return
    sleep 0.05
  done
  die "parlance does not listen: $(cat "$scratch/server.log")"
}

# Ends it as an operator does, so that what it keeps is whole.
leave() {
  kill -TERM "${started[@]}"
  wait "${started[@]}" 2>/dev/null || true
  started=()
}

with_history() {
  data=${kept:-$scratch/kept}
  mkdir -p "$data"
  if [[ -z $(ls -A "$data") ]]; then
    stay
    echo
    client fill "$port" "$messages"
    leave
  fi
  printf '\nwith messages kept in %s KiB, median of %s starts\n\n' "$(du -sk "$data" | cut -f1)" "$rounds"
  start_all "Parlance $backend|start_parlance $backend"
  printf '\nCHATHISTORY of 100 messages: the first, the median and the longest of 51\n\n'
  stay
  client history "$port"
  leave
}

find_servers
printf 'with nothing kept, median of %s starts: from running the program to the welcome of its first client\n\n' "$rounds"
start_all "${servers[@]}"
[[ ! -x $build/parlance ]] || ((messages == 0)) || with_history
