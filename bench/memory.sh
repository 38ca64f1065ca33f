#!/usr/bin/env bash
# Measures what an idle caller costs in user memory: holds silent connections and divides.
#
#   usage: bench/memory.sh [OPTION...] [-- SERVE_OPTION...]
#
# of `parlance serve`, or
#
#   --echo           of echo servers: Parlance's, beside Asio's
#   --tls            of echo servers over TLS 1.3, beside a floor of OpenSSL alone, and Asio
#   --http           of HTTP servers, on connections that are kept after an answer, beside nginx
#
#   --connections N  how many are held (default 10000)
#   --settle S       seconds from the last connection to the measurement, for greetings to be over (default 3)
#   --svg FILE       of these three: what is printed as a chart, too (bench/chart.py)
#   --build DIR      where Parlance is built (default build/release)
#
# What follows -- is given to `parlance serve`, to lift a limit or to turn something off.
set -euo pipefail
# shellcheck source=bench/servers.sh
source "$(dirname "$0")/servers.sh"

connections=10000 settle=3 build=$root/build/release echo='' tls='' http=''
while (($#)); do
  case $1 in
    --connections) connections=$2 ;;
    --settle) settle=$2 ;;
    --svg) draw_to "$2" ;;
    --build) build=$(realpath "$2") ;;
    --echo) echo=yes && shift && continue ;;
    --tls) echo=yes tls=yes && shift && continue ;;
    --http) http=yes && shift && continue ;;
    --) shift && break ;;
    *) usage && exit 2 ;;
  esac
  shift 2
done

[[ ! $svg || $echo || $http ]] || die "--svg wants a table, as of --echo, --tls or --http"
[[ ! $echo || ! $http ]] || die "--http is of other servers than --echo and --tls"
[[ -x $build/parlance ]] || die "$build/parlance is not built"
need_files "$connections"

# What they keep goes with the scratch folder.
cd "$scratch"
export HOME=$scratch XDG_DATA_HOME=$scratch XDG_STATE_HOME=$scratch XDG_CONFIG_HOME=$scratch

# measure COMMAND..., which is given the port: a line of KEY=VALUE.
measure() {
  local port
  port=$(free_port)
  if [[ $1 == nginx ]]; then serve_with_nginx "$port"; else start_server "$port" "${@//PORT/$port}"; fi
  "$build/bench/load_conns" ${tls:+--tls} ${http:+--get /json} "$port" "$connections" "$server_pid" "$settle" </dev/null
  stop_servers
}

if [[ ! $echo && ! $http ]]; then
  measure "$build/parlance" serve 127.0.0.1:PORT "$@"
  exit
fi

options=()
if [[ $tls ]]; then
  make_certificate
  options=(--tls certificate.pem)
fi
mkdir site
server_cpu=0-$(($(nproc) - 1)) http2=''
servers=("Parlance epoll|echo_server --backend epoll ${options[*]} PORT" "Parlance io_uring|echo_server ${options[*]} PORT")
if [[ $http ]]; then
  servers=("nginx|nginx" "Parlance epoll|http_server --backend epoll site PORT" "Parlance io_uring|http_server site PORT")
elif [[ $tls ]]; then
  servers=("floor epoll|floor_tls_epoll certificate.pem PORT" "Asio epoll|peer_tls_asio certificate.pem PORT" "${servers[@]}")
else
  servers=("Asio epoll|peer_echo_asio_epoll PORT" "libuv|peer_echo_libuv PORT" "${servers[@]}")
fi
printf '%s idle connections%s\n\n%-18s %s\n' "$connections" "${tls:+ over TLS}${http:+ of HTTP}" server 'bytes each'
for server in "${servers[@]}"; do
  read -ra command <<<"${server#*|}"
  [[ ${command[0]} == nginx ]] || command[0]=$build/bench/${command[0]}
  if ! command -v "${command[0]}" >/dev/null; then
    echo "left out, for ${command[0]} is not there: ${server%%|*}" >&2
    continue
  fi
  line=$(measure "${command[@]}")
  printf '%-18s %10s\n' "${server%%|*}" "${line##*=}"
done
