#!/usr/bin/env bash
# Compares echo servers: floors, peers and Parlance in turn, each on one core with the load on another.
#
#   usage: bench/echo.sh [OPTION...]
#
#   --rounds N           rounds of all servers, of which the median is printed (default 3)
#   --seconds S          length of each run (default 2)
#   --size BYTES         of a message (default 64; 2048 at most, a buffer of the io_uring floor)
#   --connections "N.."  each gets a table (default "1 100 1000")
#   --tls                over TLS 1.3, beside a floor of epoll with OpenSSL alone
#   --websocket          as messages of WebSockets, beside a floor of epoll that looks at nothing but the mask
#   --svg FILE           what is printed as a chart, too (bench/chart.py)
#   --bin DIR            the built programs (default build/release/bench)
#   --server-cpu N       (default 0)
#   --load-cpu N         (default 1)
#
# Builds nothing: cmake --preset release && cmake --build --preset release. What is not built is left out.
set -euo pipefail
# shellcheck source=bench/servers.sh
source "$(dirname "$0")/servers.sh"

rounds=3 seconds=2 size=64 connections="1 100 1000" bin=$root/build/release/bench server_cpu=0 load_cpu=1
tls=() websocket=()
while (($#)); do
  case $1 in
    --rounds) rounds=$2 ;;
    --seconds) seconds=$2 ;;
    --size) size=$2 ;;
    --tls) tls=(--tls) && shift && continue ;;
    --websocket) websocket=(--websocket) && shift && continue ;;
    --connections) connections=$2 ;;
    --svg) draw_to "$2" ;;
    --bin) bin=$2 ;;
    --server-cpu) server_cpu=$2 ;;
    --load-cpu) load_cpu=$2 ;;
    *) usage && exit 2 ;;
  esac
  shift 2
done

# The folder may have a space in its name, so the commands name what is in it.
bin=$(cd "$bin" && pwd) || exit 2
cd "$bin"

# NAME|FLOOR it is compared with|COMMAND, which is given the port.
servers=(
  "floor epoll|floor epoll|./floor_echo_epoll"
  "Asio epoll|floor epoll|./peer_echo_asio_epoll"
  "libuv|floor epoll|./peer_echo_libuv"
  "Parlance epoll|floor epoll|./echo_server --backend epoll"
  "floor io_uring|floor io_uring|./floor_echo_uring"
  "Asio io_uring|floor io_uring|./peer_echo_asio_uring"
  "Parlance io_uring|floor io_uring|./echo_server --backend io_uring"
)

if ((${#tls[@]})); then
  make_certificate
  servers=(
    "floor epoll|floor epoll|./floor_tls_epoll $scratch/certificate.pem"
    "Asio epoll|floor epoll|./peer_tls_asio $scratch/certificate.pem"
    "Parlance epoll|floor epoll|./echo_server --backend epoll --tls $scratch/certificate.pem"
    "Parlance io_uring|floor epoll|./echo_server --backend io_uring --tls $scratch/certificate.pem"
  )
fi

if ((${#websocket[@]})); then
  ((!${#tls[@]})) || die "--websocket does not go with --tls"
  servers=(
    "floor epoll|floor epoll|./floor_websocket_epoll"
    "Parlance epoll|floor epoll|./websocket_server --backend epoll"
    "Parlance io_uring|floor epoll|./websocket_server --backend io_uring"
  )
fi

leave_out_missing() {
  local server program built=()
  for server in "${servers[@]}"; do
    program=${server##*|}
    program=${program%% *}
    if [[ -x $program ]]; then
      built+=("$server")
    else
      echo "left out, for $program is not built: ${server%%|*}" >&2
    fi
  done
  ((${#built[@]})) || die "nothing is built in $bin"
  servers=("${built[@]}")
}

# load CONNECTIONS PORT [PID]: one line of KEY=VALUE.
load() { taskset -c "$load_cpu" "$bin/load_echo" "${tls[@]}" "${websocket[@]}" "$2" "$1" "$size" "$seconds" "${@:3}"; }

# One run of one server: a line of the results.
measure() {
  local count=$1 round=$2 name=$3 floor=$4 port line
  local -a command
  read -ra command <<<"$5"
  port=$(free_port)
  start_server "$port" taskset -c "$server_cpu" "${command[@]}" "$port"
  line=$(load "$count" "$port" "$server_pid") || die "$name failed: $(cat "$scratch/server.log")"
  stop_servers
  printf '%s\t' "$round" "$name" "$floor" "$(value "$line" rate)" "$(value "$line" p50_us)" "$(value "$line" p99_us)" \
    "$(value "$line" user_us)" "$(value "$line" system_us)" >>"$scratch/results.$count"
  echo >>"$scratch/results.$count"
}

# Medians over the rounds, but means of CPU time, for a round is few of the ticks that the kernel counts it in. A ratio
# is taken within a round, where both ran in the same minute, before its median is.
print_table() {
  awk -F '\t' '
    function median(name, what,    n, i, j, held, sorted) {
      for (n = 0; n < rounds; n++) {
        held = results[name, n + 1, what]
        for (j = n; j > 0 && sorted[j - 1] > held; j--) sorted[j] = sorted[j - 1]
        sorted[j] = held
      }
      return n % 2 ? sorted[(n - 1) / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2
    }
    function mean(name, what,    n, sum) {
      for (n = 1; n <= rounds; n++) sum += results[name, n, what]
      return sum / rounds
    }
    function cpu(name) { return mean(name, 7) + mean(name, 8) }
    !($2 in floor_of) { names[++count] = $2; floor_of[$2] = $3 }
    {
      if ($1 > rounds) rounds = $1
      for (i = 4; i <= 8; i++) results[$2, $1, i] = $i + 0
      results[$2, $1, "ratio"] = results[$3, $1, 4] ? $4 / results[$3, $1, 4] : 0
    }
    END {
      printf "%-18s %9s  %8s %8s %8s %8s %10s  %12s\n", "server", "msg/s", "of floor", "p50 us", "p99 us", "user us",
        "system us", "CPU of floor"
      for (n = 1; n <= count; n++) {
        name = names[n]
        floor = cpu(floor_of[name])
        printf "%-18s %9.0f  %8.2f %8.0f %8.0f %8.2f %10.2f  %12.2f\n", name, median(name, 4), median(name, "ratio"),
          median(name, 5), median(name, 6), mean(name, 7), mean(name, 8), floor ? cpu(name) / floor : 0
      }
    }' "$1"
}

compare() {
  local count=$1 round server name floor command
  for ((round = 1; round <= rounds; round++)); do
    for server in "${servers[@]}"; do
      IFS='|' read -r name floor command <<<"$server"
      measure "$count" "$round" "$name" "$floor" "$command"
    done
  done
  printf '\n%s connection(s)%s, %s bytes, median of %s rounds of %s s\n\n' "$count" "${tls:+ over TLS}${websocket:+ by WebSocket}" "$size" "$rounds" "$seconds"
  print_table "$scratch/results.$count"
}

# The server starts under strace, for attaching to one that runs needs rights that not everybody has.
count_system_calls() {
  local name=$1 port line
  local -a command
  read -ra command <<<"$2"
  port=$(free_port)
  start_server "$port" taskset -c "$server_cpu" strace -I 2 -f -c -o "$scratch/calls" "${command[@]}" "$port"
  line=$(load 100 "$port") || die "$name failed under strace: $(cat "$scratch/server.log")"
  kill -TERM "$server_pid" # strace, which (-I 2) ends the server and writes its table
  wait "$server_pid" 2>/dev/null || true
  stop_servers
  awk -v name="$name" -v messages="$(value "$line" messages)" \
    '$NF == "total" { printf "%-18s %14.2f %10d\n", name, $4 / messages, messages }' "$scratch/calls"
}

print_system_calls() {
  local server name floor command
  if ! strace -o /dev/null true 2>/dev/null; then
    echo "system calls are not counted: strace is not installed or may not trace here" >&2
    return
  fi
  printf '\nsystem calls per message at 100 connections, start-up and accepting included\n\n'
  printf '%-18s %14s %10s\n' server calls/message messages
  for server in "${servers[@]}"; do
    IFS='|' read -r name floor command <<<"$server"
    count_system_calls "$name" "$command"
  done
}

leave_out_missing
for count in $connections; do compare "$count"; done
print_system_calls
