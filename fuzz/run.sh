#!/usr/bin/env bash
# run.sh PROGRAM FOLDER: runs a fuzz target for $PARLANCE_FUZZ_SECONDS (10). What it learns is kept beside the program, for
# the next run; the seeds in FOLDER/corpus/NAME are only read.
set -euo pipefail
program=$1 folder=$2
name=$(basename -- "$program" _fuzz)
learned=$(dirname -- "$program")/learned/$name
found=$(dirname -- "$program")/found
mkdir -p "$learned" "$found"

arguments=("-max_total_time=${PARLANCE_FUZZ_SECONDS:-10}" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1
  "-artifact_prefix=$found/$name-")
[[ -e $folder/$name.dict ]] && arguments+=("-dict=$folder/$name.dict")
arguments+=("$learned")
[[ -d $folder/corpus/$name ]] && arguments+=("$folder/corpus/$name")
exec "$program" "${arguments[@]}"
