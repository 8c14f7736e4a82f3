#!/bin/sh
# parallel.sh PHOTOGRAPHS OUT SHARDS [bauta's options...]: each shard a job, two at a time.
# Over ssh: parallel --sshloginfile hosts ..., with both folders on a file system that all hosts see.
set -eu
photographs=$1 out=$2 shards=$3
shift 3
mkdir -p "$out"
seq "$shards" | parallel --quote --jobs "${JOBS:-2}" --halt soon,fail=1 \
  "${BAUTA:-bauta}" deid "$photographs" --out "$out" --resume --shard "{}/$shards" --report "$out/report-{}.json" \
  --threads "${THREADS:-1}" --quiet "$@"
