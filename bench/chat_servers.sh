# Sourced by the scripts that compare chat servers: who they are, and how each starts.
# shellcheck shell=bash
# shellcheck source=bench/servers.sh
source "$(dirname "${BASH_SOURCE[0]}")/servers.sh"

PATH=$PATH:/usr/sbin # where Debian has both peers
build=$root/build/release server_cpu=0 load_cpu=1
parlance_options=() # what the script was given after --
variants=()         # what it was given with --variant

# common_option OPTION VALUE: those that each of the scripts takes.
common_option() {
  case $1 in
    --svg) draw_to "$2" ;;
    --build) build=$(realpath "$2") ;;
    --server-cpu) server_cpu=$2 ;;
    --load-cpu) load_cpu=$2 ;;
    *) usage && exit 2 ;;
  esac
}

# NAME|COMMAND, which is given the port. The names of start_peer stand for peers.
chat_servers() {
  local backend options
  printf '%s\n' "ngIRCd|start_peer ngircd" "InspIRCd|start_peer inspircd"
  for backend in io_uring epoll; do printf '%s\n' "Parlance $backend|start_parlance $backend"; done
  for options in "${variants[@]}"; do printf '%s\n' "  $options|start_parlance io_uring $options"; done
}

pinned() { taskset -c "$server_cpu" "$@"; }
load() { taskset -c "$load_cpu" "$build/bench/$1" "${@:2}"; }

installed() {
  command -v "$1" >/dev/null && return
  echo "left out, for it is not installed (scripts/packages/bench.txt): $1" >&2
  return 1
}

# Each start is from nothing: an empty folder of its own.
fresh_folder() {
  folder=$(mktemp -d "$scratch/server.XXXXXX")
  chmod 755 "$scratch" "$folder" # ngIRCd gives root's rights away
}

# start_peer ngircd|inspircd PORT. Neither may be root by default; what they keep goes with the scratch folder.
start_peer() {
  local peer=$1 port=$2 program
  fresh_folder
  sed "s|@PORT@|$port|; s|@FOLDER@|$folder|" "$root/bench/peers/$peer.conf" >"$folder/$peer.conf"
  case $peer in
    ngircd) start_server "$port" taskset -c "$server_cpu" ngircd -n -f "$folder/ngircd.conf" ;;
    inspircd)
      # A copy, for Debian's AppArmor profile of the installed one forbids it every other folder.
      program=$folder/inspircd
      cp "$(command -v inspircd)" "$program"
      start_server "$port" taskset -c "$server_cpu" "$program" --nofork --nolog --runasroot \
        --config="$folder/inspircd.conf"
      ;;
  esac
}

# start_parlance BACKEND [OPTION...] PORT: without throttles, like the peers. $data, when set, is the folder it keeps.
start_parlance() {
  local backend=$1 port=${*: -1}
  local -a options=("${@:2:$#-2}")
  fresh_folder
  start_server "$port" taskset -c "$server_cpu" env HOME="$folder" "$build/parlance" --backend "$backend" serve \
    "127.0.0.1:$port" --data "${data:-$folder/data}" --set limits.message_rate=0 \
    "${parlance_options[@]}" "${options[@]}"
}

# Fills the array servers with what is there, or with what its extra arguments name before that.
find_servers() {
  local server
  servers=("$@")
  while read -r server; do
    case $server in
      *"|start_peer "*) installed "${server##* }" || continue ;;
      *) [[ -x $build/parlance ]] || { echo "left out, for it is not built: ${server%%|*}" >&2 && continue; } ;;
    esac
    servers+=("$server")
  done < <(chat_servers)
}
