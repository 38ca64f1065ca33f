#!/usr/bin/env bash
# Compares HTTP servers: nginx with one worker and Parlance in turn, each on one core with the load on another: a small
# answer of JSON, and a file of 10 KiB.
#
#   usage: bench/http.sh [OPTION...]
#
#   --http2              by HTTP/2 (h2load, 16 streams on a connection) instead of HTTP/1.1 (wrk)
#   --tls                over TLS, with --http2
#   --clients            clients of HTTP/2 instead, each against nginx: a file of 256 MiB, and 10,000 answers of JSON, 50
#                        at a time (--connections and --seconds mean nothing to them)
#   --rounds N           rounds of all servers, of which the median is printed (default 3)
#   --seconds S          length of each run (default 3)
#   --connections "N.."  each gets a table (default "1 64")
#   --svg FILE           what is printed as a chart, too (bench/chart.py)
#   --bin DIR            the built programs (default build/release/bench)
#   --server-cpu N       (default 0)
#   --load-cpu N         (default 1)
#
# Builds nothing: cmake --preset release && cmake --build --preset release. Needs Debian's wrk and nginx-light; for HTTP/2
# nghttp2-client; for clients curl, too.
set -euo pipefail
# shellcheck source=bench/servers.sh
source "$(dirname "$0")/servers.sh"

rounds=3 seconds=3 connections="1 64" bin=$root/build/release/bench server_cpu=0 load_cpu=1
http2='' tls='' clients=''
while (($#)); do
  case $1 in
    --http2) http2=yes && shift && continue ;;
    --tls) tls=yes && shift && continue ;;
    --clients) clients=yes http2=yes && shift && continue ;;
    --rounds) rounds=$2 ;;
    --seconds) seconds=$2 ;;
    --connections) connections=$2 ;;
    --svg) draw_to "$2" ;;
    --bin) bin=$2 ;;
    --server-cpu) server_cpu=$2 ;;
    --load-cpu) load_cpu=$2 ;;
    *) usage && exit 2 ;;
  esac
  shift 2
done
bin=$(cd "$bin" && pwd) || exit 2
[[ ! $tls || $http2 ]] || die "--tls goes with --http2"
loads=(wrk)
[[ ! $http2 ]] || loads=(h2load)
[[ ! $clients ]] || loads=(curl nghttp)
for program in nginx "${loads[@]}"; do command -v "$program" >/dev/null || die "$program is not installed"; done
[[ -x $bin/http_server ]] || die "http_server is not built in $bin"

mkdir "$scratch/site"
head -c 10240 /dev/urandom >"$scratch/site/file.bin"
scheme=http options=() protocol=HTTP/1.1
[[ ! $http2 ]] || protocol="HTTP/2"
if [[ $tls ]]; then
  make_certificate
  scheme=https options=(--tls "$scratch/certificate.pem") protocol="HTTP/2 over TLS"
fi

# start NAME PORT
start() {
  case $1 in
    nginx) serve_with_nginx "$2" ;;
    *)
      start_server "$2" taskset -c "$server_cpu" \
        "$bin/http_server" --backend "${1#Parlance }" "${options[@]}" "$scratch/site" "$2"
      ;;
  esac
}

# load CONNECTIONS URL: requests, requests per second, and the microseconds that half and 99 of 100 of them took.
load() {
  if [[ $http2 ]]; then load_with_h2load "$load_cpu" "$1" 16 "$2"; else load_with_wrk "$load_cpu" "$@"; fi
}

# measure CONNECTIONS PATH NAME: a line of the results.
measure() {
  local port ticks count rate middle late
  port=$(free_port)
  start "$3" "$port"
  read -r count rate middle late < <(load "$1" "$scheme://127.0.0.1:$port$2")
  # The name of the program, the second field, has no space in it.
  ticks=$(awk '{ print $14 + $15 }' "/proc/$server_pid/stat")
  stop_servers
  [[ ${late:-} ]] || die "$3 gave nothing at $2"
  awk -v OFS='\t' "BEGIN { print \"$3\", $rate, $middle, $late, $ticks / $(getconf CLK_TCK) * 1000000 / $count }" \
    >>"$scratch/results"
}

# The ratios are of medians.
print_table() {
  medians server rate:0 "p50 us:0" "p99 us:0" "CPU us:2" <"$scratch/results" |
    awk 'NR == 1 { print $0 "  of nginx  CPU of nginx"; next }
      {
        split(substr($0, 25), value)
        if (NR == 2) { rate = value[1]; cpu = value[4] }
        printf "%s  %8.2f  %12.2f\n", $0, rate ? value[1] / rate : 0, cpu ? value[4] / cpu : 0
      }'
}

compare() {
  local round name
  : >"$scratch/results"
  for ((round = 1; round <= rounds; round++)); do
    for name in nginx "Parlance epoll" "Parlance io_uring"; do measure "$1" "$2" "$name"; done
  done
  printf '\n%s by %s over %s connection(s), median of %s rounds of %s s\n\n' "$3" "$protocol" "$1" "$rounds" "$seconds"
  print_table
}

# --- clients

# fetch NAME URL COUNT: all of it once, or so often; nobody keeps what comes.
fetch() {
  local as=--http2-prior-knowledge
  [[ ! $tls ]] || as=--http2
  case $1 in
    curl) curl -sk "$as" --parallel --parallel-max 50 -o /dev/null "$2?[1-$3]" ;;
    nghttp) nghttp -n -m "$3" -w 30 -W 30 "$2" ;;
    *) "$bin/../parlance" --backend "${1#Parlance }" get --no-config -qk "$as" --parallel 50 -o /dev/null "$2?[1-$3]" ;;
  esac
}

# measure_client PATH COUNT UNITS NAME: a line of the results: UNITS per second, and CPU time of the client for each.
measure_client() {
  local port TIMEFORMAT='%R %U %S' took user system
  port=$(free_port)
  start nginx "$port"
  { time taskset -c "$load_cpu" "$BASH" -c "$(declare -f fetch); fetch \"\$@\"" fetch "$4" \
    "$scheme://127.0.0.1:$port$1" "$2" >"$scratch/said" 2>&1; } 2>"$scratch/time" || die "$4 failed: $(cat "$scratch/said")"
  stop_servers
  read -r took user system <"$scratch/time"
  awk -v OFS='\t' "BEGIN { print \"$4\", $3 / $took, ($user + $system) * 1000000 / $3 }" >>"$scratch/results"
}

# compare_clients PATH COUNT UNITS UNIT TITLE
compare_clients() {
  local round name names=(curl nghttp "Parlance epoll" "Parlance io_uring")
  # Many at a time on a connection without TLS are more than Debian's curl can (7.88: "Error in the HTTP2 framing layer").
  [[ $tls || $2 == 1 ]] || names=("${names[@]:1}")
  : >"$scratch/results"
  for ((round = 1; round <= rounds; round++)); do
    for name in "${names[@]}"; do measure_client "$1" "$2" "$3" "$name"; done
  done
  printf '\n%s by %s, median of %s rounds\n\n' "$5" "$protocol" "$rounds"
  medians client "$4/s:0" "CPU us/$4:2" <"$scratch/results"
}

if [[ $clients ]]; then
  [[ -x $bin/../parlance ]] || die "parlance is not built beside $bin"
  export bin tls
  truncate -s 256M "$scratch/site/large.bin"
  compare_clients /large.bin 1 256 MiB "a file of 256 MiB"
  compare_clients /json 10000 10000 request "10,000 answers of JSON"
  exit
fi
for count in $connections; do
  compare "$count" /json "JSON of 27 bytes"
  compare "$count" /file.bin "a file of 10 KiB"
done
