#!/usr/bin/env bash
# Does what a new user does, on a Debian 12 with nothing in it: clones what is committed, ./run, ./test. As root:
#
#   scripts/bare.sh [ARGS...]   as `./test bare ARGS...` calls it, which installs what it needs; ARGS go to the ./test in there
#
# That Debian is made by scripts/machine.sh. build/bare keeps what was said (debootstrap.log, run.log, test.log, and each
# part's log), `totals` ("PASSED FAILED SKIPPED"), and the packages.
set -euo pipefail
root=$(dirname -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")")
source "$root/scripts/common.sh"

part=bare
suite=bookworm
port=8000                                # where ./run listens
folder="/root/what a user has/parlance"  # the clone, in there
source "$root/scripts/machine.sh"

main() {
  make_machine
  clone
  passed=0 failed=0 skipped=0
  say "bare: ./run"
  if try_run; then passed=1; else failed=1; fi
  say "bare: ./test $*"
  try_test "$@"
  echo "$passed $failed $skipped" >"$out/totals"
  (in_machine apt-get -qq autoclean) >/dev/null 2>&1 || true
}

# ./run says that it listens, talks with whoever calls, and ends well when it is asked to.
try_run() {
  local log=$out/run.log pid code=0 hold
  ! is_answered "$port" || die "something listens on port $port already, where ./run must: stop it, and try again"
  mkfifo "$machine/tmp/console"
  exec {hold}<>"$machine/tmp/console"  # a terminal at which nobody types
  in_machine ./run <&"$hold" >"$log" 2>&1 &
  pid=$!
  until grep -q 'listening on' "$log"; do
    if ! kill -0 "$pid" 2>/dev/null; then
      wait "$pid" || code=$?
      run_failed "ended with exit code $code before it listened"
      return
    fi
    sleep 0.5
  done
  local talked=0
  talk "$port" || talked=$?
  kill -TERM "$pid"
  wait "$pid" || code=$?
  exec {hold}>&-
  ((talked == 0)) || { run_failed "did not answer a caller"; return; }
  ((code == 0)) || { run_failed "ended with exit code $code after SIGTERM"; return; }
}

run_failed() {
  tail -n 30 "$out/run.log" >&2
  say "bare: ./run $1"
  return 1
}

try_test() {
  local last
  (in_machine ./test "$@") </dev/null 2>&1 | tee "$out/test.log" || true
  cp -- "$machine$folder"/build/*/*.log "$out/" 2>/dev/null || true
  last=$(tail -n 1 "$out/test.log")
  if [[ $last =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed(,\ ([0-9]+)\ skipped)?$ ]]; then
    passed=$((passed + BASH_REMATCH[1])) failed=$((failed + BASH_REMATCH[2])) skipped=$((skipped + ${BASH_REMATCH[4]:-0}))
  else
    say "bare: ./test did not come to its end"
    failed=$((failed + 1))
  fi
}

run_on_machine "$@"
