# Sourced by the scripts here: starts servers on free ports, sees to it that none outlives the script, and prints what
# came of them, and draws it.
# shellcheck shell=bash

# shellcheck disable=SC2034 # for the scripts
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
scratch=$(mktemp -d)
started=()
svg=

# The last moment: on success, failure and interruption alike.
clean_up() {
  local status=$?
  stop_servers
  [[ ! $svg ]] || draw "$status" || ((status)) || status=1
  rm -rf "$scratch"
  exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

die() {
  echo "${0##*/}: $*" >&2
  exit 1
}

# The comment at the head of a script is its manual.
usage() { sed -n '2,/^[^#]/{s/^# \{0,1\}//p}' "$0"; }

# draw_to FILE: what is printed from here on becomes a chart there, when the script has ended well.
draw_to() {
  mkdir -p -- "$(dirname -- "$1")"
  svg=$(realpath -- "$1")
  exec > >(tee "$scratch/printed")
  printing=$!
}

# draw STATUS: that of the script.
draw() {
  exec >&-
  wait "$printing" || return
  (($1 == 0)) || return 0
  "$root/bench/chart.py" "bench/${0##*/}" "$(uname -sr), $(nproc --all) CPUs, $(date +%F)" \
    <"$scratch/printed" >"$scratch/chart" && cp -- "$scratch/chart" "$svg"
}

listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Below the ports that the kernel hands out itself, so that no client takes it meanwhile.
free_port() {
  local port
  while port=$((20000 + RANDOM % 10000)) && listens "$port"; do :; done
  echo "$port"
}

# start_server PORT COMMAND...: returns when it listens; sets server_pid.
start_server() {
  local port=$1
  shift
  # A group of its own, so that what it starts itself ends with it. (setsid becomes the command: the PID stays.)
  setsid "$@" >"$scratch/server.log" 2>&1 &
  server_pid=$!
  started+=("$server_pid")
  for _ in {1..200}; do
    listens "$port" && return
    kill -0 "$server_pid" 2>/dev/null || die "$* ended: $(cat "$scratch/server.log")"
    sleep 0.05
  done
  die "$* does not listen on port $port after 10 s: $(cat "$scratch/server.log")"
}

# serve_with_nginx PORT: $scratch/site and a small answer of JSON, by one worker on $server_cpu, tuned to be fast at this:
# nothing is logged, and a connection lasts. By HTTP/2 too if $http2 says something, over TLS if $tls does.
# shellcheck disable=SC2154 # of the script
serve_with_nginx() {
  cat >"$scratch/nginx.conf" <<END
daemon off;
master_process off;
pid $scratch/nginx.pid;
error_log stderr crit;
events { worker_connections 16384; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000000;
  open_file_cache max=100;
  $(for kind in client_body proxy fastcgi uwsgi scgi; do echo "${kind}_temp_path $scratch/$kind;"; done)
  server {
    listen 127.0.0.1:$1 ${http2:+http2} ${tls:+ssl};
    ${tls:+ssl_certificate $scratch/certificate.pem; ssl_certificate_key $scratch/certificate.pem;}
    root $scratch/site;
    location = /json { default_type application/json; return 200 '{"message":"Hello, World!"}'; }
  }
}
END
  start_server "$1" taskset -c "$server_cpu" nginx -c "$scratch/nginx.conf"
}

# Loads of HTTP, for $seconds. They print how many requests, how many a second, and the microseconds that half and 99 of
# 100 of them took.

# load_with_wrk CPU CONNECTIONS URL
# shellcheck disable=SC2154 # of the script
load_with_wrk() {
  taskset -c "$1" wrk -t 1 -c "$2" -d "${seconds}s" --latency "$3" >"$scratch/said"
  ! grep -q "Non-2xx" "$scratch/said" || die "it failed at $3: $(cat "$scratch/said")"
  awk '
    function microseconds(text) {
      if (text ~ /us$/) return text + 0
      if (text ~ /ms$/) return text * 1000
      return text * 1000000
    }
    $1 == "50%" { middle = microseconds($2) }
    $1 == "99%" { late = microseconds($2) }
    $1 == "Requests/sec:" { rate = $2 }
    $2 == "requests" { count = $1 }
    END { print count, rate, middle, late }' "$scratch/said"
}

# load_with_h2load CPU CONNECTIONS STREAMS URL
load_with_h2load() {
  rm -f "$scratch/times"
  taskset -c "$1" h2load -c "$2" -m "$3" -D "$seconds" --log-file="$scratch/times" "$4" >"$scratch/said"
  [[ $(awk '$1 == "requests:" { print $10 + $12 }' "$scratch/said") == 0 ]] ||
    die "it failed at $4: $(cat "$scratch/said")"
  sort -n -k 3 "$scratch/times" | awk -v seconds="$seconds" '
    { took[NR] = $3 }
    END { print NR, NR / seconds, took[int(NR / 2) + 1], took[int(NR * 0.99) + 1] }'
}

# None of them has anything to lose, and a signal that cannot be caught never hangs.
stop_servers() {
  ((${#started[@]})) || return 0
  {
    kill -KILL -- "${started[@]/#/-}"
    wait "${started[@]}"
  } 2>/dev/null || true
  started=()
}

# A certificate and its key, made on the spot: $scratch/certificate.pem.
make_certificate() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=localhost \
    -keyout "$scratch/key.pem" -out "$scratch/certificate.pem" 2>/dev/null
  cat "$scratch/key.pem" >>"$scratch/certificate.pem"
}

# need_files CONNECTIONS: of open files, each costs one on each side.
need_files() {
  local files
  files=$(ulimit -Hn)
  [[ $files == unlimited ]] || ((files > $1 + 100)) ||
    die "$1 connections need more open files than the hard limit of $files (ulimit -Hn)"
  ulimit -Sn "$files"
}

# value LINE KEY
value() { sed -n "s/.*\b$2=\([^ ]*\).*/\1/p" <<<"$1"; }

# medians FIRST TITLE:DECIMALS... <RESULTS: a line of each result is NAME and a value for each title, with tabs between.
# Two spaces are between titles, here and in each table that a script prints itself: chart.py tells them apart by that.
medians() {
  awk -F '\t' -v first="$1" -v titles="$(printf '%s\t' "${@:2}")" '
    function median(name, column,    n, j, held, sorted) {
      for (n = 0; n < count[name]; n++) {
        held = results[name, n, column]
        for (j = n; j > 0 && sorted[j - 1] > held; j--) sorted[j] = sorted[j - 1]
        sorted[j] = held
      }
      return n % 2 ? sorted[(n - 1) / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2
    }
    !($1 in count) { names[++rows] = $1 }
    {
      for (column = 2; column <= NF; column++) results[$1, count[$1] + 0, column] = $column + 0
      count[$1]++
    }
    END {
      columns = split(titles, title, "\t") - 1
      printf "%-24s", first
      for (column = 1; column <= columns; column++) {
        split(title[column], part, ":")
        printf "  %13s", part[1]
      }
      print ""
      for (row = 1; row <= rows; row++) {
        printf "%-24s", names[row]
        for (column = 1; column <= columns; column++) {
          split(title[column], part, ":")
          printf "  %13.*f", part[2], median(names[row], column + 1)
        }
        print ""
      }
    }'
}
