# Sourced by the scripts here: starts servers on free ports and sees to it that none outlives the script.
# shellcheck shell=bash

# shellcheck disable=SC2034 # for the scripts
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
scratch=$(mktemp -d)
started=()

# The last moment: on success, failure and interruption alike.
clean_up() {
  stop_servers
  rm -rf "$scratch"
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

# None of them has anything to lose, and a signal that cannot be caught never hangs.
stop_servers() {
  ((${#started[@]})) || return 0
  {
    kill -KILL -- "${started[@]/#/-}"
    wait "${started[@]}"
  } 2>/dev/null || true
  started=()
}
