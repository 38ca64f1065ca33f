#!/usr/bin/env bash
# Compares how servers move much over one connection, in both directions: floors, peers and Parlance in turn, each on
# one core with the load on another.
#
#   usage: bench/bulk.sh [OPTION...]
#
#   --rounds N      rounds of all servers, of which the median is printed (default 3)
#   --seconds S     length of each run (default 2)
#   --tls           over TLS 1.3; sending also beside nginx and `openssl s_server`, where they are installed
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
    --bin) bin=$2 ;;
    --server-cpu) server_cpu=$2 ;;
    --load-cpu) load_cpu=$2 ;;
    *) usage && exit 2 ;;
  esac
  shift 2
done

bin=$(cd "$bin" && pwd) || exit 2
options=()
if [[ $tls ]]; then
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=localhost \
    -keyout "$scratch/key.pem" -out "$scratch/certificate.pem" 2>/dev/null
  cat "$scratch/key.pem" >>"$scratch/certificate.pem"
  options=(--tls "$scratch/certificate.pem")
fi

# NAME|WAYS|COMMAND, which is given the port.
servers=(
  "floor epoll|push pull|$bin/floor_bulk_epoll ${options[*]}"
  "Asio epoll|push pull|$bin/peer_bulk_asio ${options[*]}"
  "Parlance epoll|push pull|$bin/bulk_server --backend epoll ${options[*]}"
  "Parlance io_uring|push pull|$bin/bulk_server --backend io_uring ${options[*]}"
)

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

# value LINE KEY
value() { sed -n "s/.*\b$2=\([^ ]*\).*/\1/p" <<<"$1"; }

# One run of one server, one way: a line of the results.
measure() {
  local way=$1 round=$2 name=$3 port line
  local -a command more=()
  eval "command=($4)"
  [[ $4 != *serve_file* ]] || more=(--request 'GET /much HTTP/1.0\r\n\r\n')
  port=$(free_port)
  start_server "$port" taskset -c "$server_cpu" "${command[@]}" "$port"
  line=$(taskset -c "$load_cpu" "$bin/load_bulk" ${tls:+--tls} "${more[@]}" "$way" "$port" "$seconds" "$server_pid") ||
    die "$name failed: $(cat "$scratch/server.log")"
  stop_servers
  printf '%s\t' "$round" "$name" "$(value "$line" mib_per_s)" "$(value "$line" user_ns_per_kib)" \
    "$(value "$line" system_ns_per_kib)" >>"$scratch/results.$way"
  echo >>"$scratch/results.$way"
}

# The floor is the first of each round.
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
    !seen[$2]++ { names[++count] = $2 }
    {
      if ($1 > rounds) rounds = $1
      for (i = 3; i <= 5; i++) results[$2, $1, i] = $i + 0
      if ($2 == names[1]) floor[$1] = $3
      results[$2, $1, "ratio"] = floor[$1] ? $3 / floor[$1] : 0
    }
    END {
      printf "%-18s %9s %8s %12s %14s\n", "server", "MiB/s", "of floor", "user ns/KiB", "system ns/KiB"
      for (n = 1; n <= count; n++) {
        name = names[n]
        printf "%-18s %9.0f %8.2f %12.0f %14.0f\n", name, median(name, 3), median(name, "ratio"), median(name, 4),
          median(name, 5)
      }
    }' "$1"
}

for server in "${servers[@]}"; do
  IFS='|' read -r name ways command <<<"$server"
  if [[ $command == "$bin"/* && ! -x ${command%% *} ]]; then
    echo "left out, for ${command%% *} is not built: $name" >&2
    continue
  fi
  ready+=("$server")
done
for way in push pull; do
  for ((round = 1; round <= rounds; round++)); do
    for server in "${ready[@]}"; do
      IFS='|' read -r name ways command <<<"$server"
      [[ $ways != *$way* ]] || measure "$way" "$round" "$name" "$command"
    done
  done
  printf '\n%s%s, median of %s rounds of %s s\n\n' \
    "$([[ $way == push ]] && echo "the server receives" || echo "the server sends")" "${tls:+ over TLS}" "$rounds" "$seconds"
  print_table "$scratch/results.$way"
done
