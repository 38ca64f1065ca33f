#!/usr/bin/env bash
# Compares clients of HTTP, each on one core with nginx on another: libraries that ask for a small answer again and
# again on connections that they keep, beside a load that does nothing else (wrk, h2load); 10,000 small URLs as a command;
# one large file over four connections; and one larger body that goes nowhere, beside a loop of recv(2).
#
#   usage: bench/client.sh [OPTION...]
#
#   --rounds N           rounds of all clients, of which the median is printed (default 3)
#   --seconds S          length of each run of a library (default 3)
#   --at-once "N.."      requests at a time, each gets a table (default "1 64")
#   --urls N             of the command (default 10000)
#   --size N             MiB of the large file (default 512)
#   --body N             MiB of the body that goes nowhere (default 2048)
#   --svg FILE           what is printed as a chart, too (bench/chart.py)
#   --bin DIR            the built programs (default build/release/bench)
#   --server-cpu N       (default 0)
#   --client-cpu N       (default 1)
#
# Builds nothing: cmake --preset release && cmake --build --preset release. Needs Debian's nginx-light; its peers are
# libcurl4-openssl-dev, libcpp-httplib-dev, wrk, nghttp2-client, curl and aria2, of which what is not there is left out.
set -euo pipefail
# shellcheck source=bench/servers.sh
source "$(dirname "$0")/servers.sh"

rounds=3 seconds=3 at_once="1 64" urls=10000 size=512 body=2048 bin=$root/build/release/bench server_cpu=0 client_cpu=1
while (($#)); do
  case $1 in
    --rounds) rounds=$2 ;;
    --seconds) seconds=$2 ;;
    --at-once) at_once=$2 ;;
    --urls) urls=$2 ;;
    --size) size=$2 ;;
    --body) body=$2 ;;
    --svg) draw_to "$2" ;;
    --bin) bin=$2 ;;
    --server-cpu) server_cpu=$2 ;;
    --client-cpu) client_cpu=$2 ;;
    *) usage && exit 2 ;;
  esac
  shift 2
done
bin=$(cd "$bin" && pwd) || exit 2
command -v nginx >/dev/null || die "nginx is not installed"
[[ -x $bin/client_get ]] || die "client_get is not built in $bin"
[[ -x $bin/../parlance ]] || die "parlance is not built beside $bin"
mkdir "$scratch/site" "$scratch/got"
truncate -s "${size}M" "$scratch/site/large.bin"
truncate -s "${body}M" "$scratch/site/body.bin"
make_certificate

# A name, and the program and its first words.
declare -A programs=(
  ["libcurl easy"]="peer_get_curl easy"
  ["libcurl multi"]="peer_get_curl multi"
  ["cpp-httplib"]="peer_get_httplib"
  ["Parlance epoll"]="client_get --backend epoll"
  ["Parlance io_uring"]="client_get --backend io_uring"
)

# have NAME
have() {
  case $1 in
    curl | wrk | h2load) command -v "$1" >/dev/null ;;
    recv) [[ -x $bin/floor_get ]] ;;
    aria2) command -v aria2c >/dev/null ;;
    Parlance*) true ;;
    *) [[ -x $bin/${programs[$1]%% *} ]] ;;
  esac
}

only_there() {
  local name
  clients=()
  for name in "$@"; do
    if have "$name"; then clients+=("$name"); else echo "left out, for it is not there: $name" >&2; fi
  done
}

# The ratios are of medians, to the first client's. print_table FIRST-RATE TITLE...
print_table() {
  medians client "$1" "${@:2}" <"$scratch/results" |
    awk -v of="${clients[0]}" 'NR == 1 { printf "%s  %s\n", $0, "rate of " of; next }
      {
        split(substr($0, 25), value)
        if (NR == 2) rate = value[1]
        printf "%s  %*.2f\n", $0, length("rate of " of), rate ? value[1] / rate : 0
      }'
}

# measure_load NAME AT-ONCE URL: the same of wrk or h2load.
measure_load() {
  local count rate middle late user system TIMEFORMAT='%U %S'
  local -a load=(load_with_wrk "$client_cpu" "$2")
  [[ $1 == wrk ]] || load=(load_with_h2load "$client_cpu" 1 "$2")
  { time "${load[@]}" "$3" >"$scratch/loaded"; } 2>"$scratch/time"
  read -r count rate middle late <"$scratch/loaded"
  read -r user system < <(tail -n 1 "$scratch/time")
  awk -v OFS='\t' "BEGIN { print \"$1\", $rate, $middle, $late, ($user + $system) * 1000000 / $count }" >>"$scratch/results"
}

# measure_library NAME AT-ONCE: a line of the results.
measure_library() {
  local port line scheme=http
  local -a command
  [[ ! $tls ]] || scheme=https
  if [[ $1 == wrk || $1 == h2load ]]; then
    port=$(free_port)
    serve_with_nginx "$port"
    measure_load "$1" "$2" "$scheme://127.0.0.1:$port/json"
    stop_servers
    return
  fi
  read -ra command <<<"${programs[$1]}"
  [[ ! $http2 ]] || command=("${command[0]}" --http2 "${command[@]:1}")
  port=$(free_port)
  serve_with_nginx "$port"
  line=$(taskset -c "$client_cpu" "$bin/${command[0]}" "${command[@]:1}" "$scheme://127.0.0.1:$port/json" "$2" "$seconds") ||
    die "$1 failed"
  stop_servers
  printf '%s\t%s\t%s\t%s\t%s\n' "$1" "$(value "$line" rate)" "$(value "$line" p50_us)" "$(value "$line" p99_us)" \
    "$(value "$line" cpu_us)" >>"$scratch/results"
}

# compare_libraries AT-ONCE TITLE NAME...
compare_libraries() {
  local round name
  only_there "${@:3}"
  : >"$scratch/results"
  for ((round = 1; round <= rounds; round++)); do
    for name in "${clients[@]}"; do measure_library "$name" "$1"; done
  done
  printf '\n%s, %s at once, median of %s rounds of %s s\n\n' "$2" "$1" "$rounds" "$seconds"
  print_table requests/s:0 "p50 us:0" "p99 us:0" "CPU us:2"
}

# fetch NAME URL FOLDER: a command that is over when all is there.
fetch_many() {
  case $1 in
    curl) curl -sf --http1.1 -Z --parallel-max 64 -o /dev/null "$2?[1-$urls]" ;;
    *)
      "$bin/../parlance" --backend "${1#Parlance }" get --no-config -q --http1.1 --parallel 64 -o /dev/null \
        "$2?[1-$urls]"
      ;;
  esac
}
fetch_large() {
  case $1 in
    curl) curl -sf -o "$3/large.bin" "$2" ;;
    aria2)
      aria2c -q --no-conf --allow-overwrite=true --file-allocation=none -x 4 -s 4 -k 1M -d "$3" -o large.bin "$2"
      ;;
    *)
      "$bin/../parlance" --backend "${1#Parlance }" get --no-config -q --connections 4 -o "$3/large.bin" "$2"
      ;;
  esac
}
# fetch_body NAME URL
fetch_body() {
  case $1 in
    recv) "$bin/floor_get" "$2" ;;
    curl) curl -sfk ${http1:+--http1.1} -o /dev/null "$2" ;;
    *) "$bin/../parlance" --backend "${1#Parlance }" get --no-config -qk ${http1:+--http1.1} -o /dev/null "$2" ;;
  esac
}

# measure_command HOW NAME PATH UNITS: a line of the results: UNITS per second, and CPU time of the client for each.
measure_command() {
  local port TIMEFORMAT='%R %U %S' took user system scheme=http
  [[ ! $tls ]] || scheme=https
  port=$(free_port)
  serve_with_nginx "$port"
  rm -rf "$scratch/got" && mkdir "$scratch/got"
  { time taskset -c "$client_cpu" "$BASH" -c "$(declare -f "$1"); $1 \"\$@\"" "$1" "$2" "$scheme://127.0.0.1:$port$3" \
    "$scratch/got" >"$scratch/said" 2>&1; } 2>"$scratch/time" || die "$2 failed: $(cat "$scratch/said")"
  stop_servers
  [[ $1 != fetch_large ]] || (($(stat -c %s "$scratch/got/large.bin") == size << 20)) || die "$2 has not all of the file"
  read -r took user system <"$scratch/time"
  awk -v OFS='\t' "BEGIN { print \"$2\", $4 / $took, ($user + $system) * 1000000 / $4 }" >>"$scratch/results"
}

# compare_commands HOW PATH UNITS UNIT TITLE NAME...
compare_commands() {
  local round name
  only_there "${@:6}"
  : >"$scratch/results"
  for ((round = 1; round <= rounds; round++)); do
    for name in "${clients[@]}"; do measure_command "$1" "$name" "$2" "$3"; done
  done
  printf '\n%s, median of %s rounds\n\n' "$5" "$rounds"
  print_table "$4/s:0" "CPU us/$4:2"
}

export bin urls http1=
for count in $at_once; do
  easy=()
  [[ $count != 1 ]] || easy=("libcurl easy")
  http2='' tls=''
  compare_libraries "$count" "JSON of 27 bytes by HTTP/1.1" "${easy[@]}" "libcurl multi" "cpp-httplib" "Parlance epoll" \
    "Parlance io_uring" wrk
  # Without TLS Debian's libcurl (7.88) cannot do many at a time.
  http2=yes tls=yes
  compare_libraries "$count" "The same by HTTP/2 over TLS" "${easy[@]}" "libcurl multi" "Parlance epoll" "Parlance io_uring" \
    h2load
done
http2='' tls=''
compare_commands fetch_many /json "$urls" URL "$urls small URLs by a command, 64 at once" curl "Parlance epoll" \
  "Parlance io_uring"
compare_commands fetch_large /large.bin "$size" MiB "a file of $size MiB over 4 connections (curl: over one)" aria2 curl \
  "Parlance epoll" "Parlance io_uring"
compare_commands fetch_body /body.bin "$body" MiB "a body of $body MiB to nowhere, by HTTP/1.1" recv curl "Parlance epoll" "Parlance io_uring"
tls=yes http1=yes
compare_commands fetch_body /body.bin "$body" MiB "the same over TLS" curl "Parlance epoll" "Parlance io_uring"
http2=yes http1=''
compare_commands fetch_body /body.bin "$body" MiB "the same by HTTP/2 over TLS" curl "Parlance epoll" "Parlance io_uring"
