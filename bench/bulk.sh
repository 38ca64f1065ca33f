#!/usr/bin/env bash
# Compares how servers move much over one connection, in both directions: floors, peers and Parlance in turn, each on
# one core with the load on another.
#
#   usage: bench/bulk.sh [OPTION...]
#
#   --rounds N      rounds of all servers, of which the median is printed (default 3)
#   --seconds S     length of each run (default 2)
#   --tls           over TLS 1.3; sending also beside nginx and `openssl s_server`, where they are installed
#   --svg FILE      what is printed as a chart, too (bench/chart.py)
#   --bin DIR       the built programs (default build/release/bench)
#   --server-cpu N  (default 0)
#   --load-cpu N    (default 1)
#
# Builds nothing: cmake --preset release && cmake --build --preset release. What is not built is left out.
set -euo pipefail
# shellcheck source=bench/servers.sh
source "$(dirname "$0")/servers.sh"

rounds=3 seconds=2 bin=$root/build/release/bench server_cpu=0 load_cpu=1 tls=
while (($#)); do
  case $1 in
    --rounds) rounds=$2 ;;
    --seconds) seconds=$2 ;;
    --tls) tls=yes && shift && continue ;;
    --svg) draw_to "$2" ;;
    --bin) bin=$2 ;;
    --server-cpu) server_cpu=$2 ;;
    --load-cpu) load_cpu=$2 ;;
    *) usage && exit 2 ;;
  esac
  shift 2
done

# The folder may have a space in its name, so the commands name what is in it.
cd "$bin" || exit 2
options=()
if [[ $tls ]]; then
  make_certificate
  options=(--tls "$scratch/certificate.pem")
fi

# NAME|WAYS|COMMAND, which is given the port.
servers=(
  "floor epoll|push pull|./floor_bulk_epoll ${options[*]}"
  "Asio epoll|push pull|./peer_bulk_asio ${options[*]}"
  "Parlance epoll|push pull|./bulk_server --backend epoll ${options[*]}"
  "Parlance io_uring|push pull|./bulk_server --backend io_uring ${options[*]}"
)

if [[ ! $tls ]]; then
  servers+=(
    "floor io_uring|push pull|./floor_bulk_uring"
    "floor io_uring, SEND_ZC|pull|./floor_bulk_uring --zero-copy"
  )
fi

# Programs that send a file, over HTTP: they only have one way, and the file is none that takes up room.
serve_file_with_nginx() {
  cat >"$scratch/nginx.conf" <<END
daemon off;
master_process off;
pid $scratch/nginx.pid;
error_log stderr error;
events { worker_connections 64; }
http {
  access_log off;
  client_body_temp_path $scratch; proxy_temp_path $scratch; fastcgi_temp_path $scratch;
  uwsgi_temp_path $scratch; scgi_temp_path $scratch;
  server {
    listen 127.0.0.1:$1 ssl;
    ssl_certificate $scratch/certificate.pem;
    ssl_certificate_key $scratch/key.pem;
    ssl_protocols TLSv1.3;
    root $scratch;
  }
}
END
  exec nginx -e stderr -c "$scratch/nginx.conf"
}
serve_file_with_openssl() {
  cd "$scratch"
  exec openssl s_server -accept "127.0.0.1:$1" -cert certificate.pem -key key.pem -WWW -quiet
}
if [[ $tls ]]; then
  truncate -s 64G "$scratch/much"
  export scratch
  export -f serve_file_with_nginx serve_file_with_openssl
  if command -v nginx >/dev/null; then servers+=("nginx|pull|bash -c 'serve_file_with_nginx \$0'"); fi
  servers+=("openssl s_server|pull|bash -c 'serve_file_with_openssl \$0'")
fi

# One run of one server, one way: a line of the results.
measure() {
  local way=$1 name=$2 port line rate
  local -a command more=()
  eval "command=($3)"
  [[ $3 != *serve_file* ]] || more=(--request 'GET /much HTTP/1.0\r\n\r\n')
  port=$(free_port)
  start_server "$port" taskset -c "$server_cpu" "${command[@]}" "$port"
  line=$(taskset -c "$load_cpu" ./load_bulk ${tls:+--tls} "${more[@]}" "$way" "$port" "$seconds" "$server_pid") ||
    die "$name failed: $(cat "$scratch/server.log")"
  stop_servers
  rate=$(value "$line" mib_per_s)
  [[ $name != "floor epoll" ]] || floor=$rate
  printf '%s\t%s\t%s\t%s\t%s\n' "$name" "$rate" "$(awk -v a="$rate" -v b="$floor" 'BEGIN { print b ? a / b : 0 }')" \
    "$(value "$line" user_ns_per_kib)" "$(value "$line" system_ns_per_kib)" >>"$scratch/results.$way"
}

for server in "${servers[@]}"; do
  IFS='|' read -r name ways command <<<"$server"
  if [[ $command == ./* && ! -x ${command%% *} ]]; then
    echo "left out, for ${command%% *} is not built: $name" >&2
    continue
  fi
  ready+=("$server")
done
for way in push pull; do
  floor=0
  for ((round = 1; round <= rounds; round++)); do
    for server in "${ready[@]}"; do
      IFS='|' read -r name ways command <<<"$server"
      [[ $ways != *$way* ]] || measure "$way" "$name" "$command"
    done
  done
  printf '\n%s%s, median of %s rounds of %s s\n\n' \
    "$([[ $way == push ]] && echo "the server receives" || echo "the server sends")" "${tls:+ over TLS}" "$rounds" "$seconds"
  medians server "MiB/s:0" "of floor:2" "user ns/KiB:0" "system ns/KiB:0" <"$scratch/results.$way"
done
