#!/usr/bin/env bash
# import.sh [--if-new] NODE|all FILE...: image tars into the nodes' containerd; `all` means the nodes that CLUSTER_NODES says.
# --if-new: only files newer than what this node took in last.
set -euo pipefail
. "$(dirname "$0")/env.sh"
new=; [ "$1" = --if-new ] && { new=1; shift; }
nodes=$1; shift
[ "$nodes" = all ] && nodes=$(seq "$CLUSTER_NODES")
for n in $nodes; do
  R=$CLUSTER_RUN/n$n; mkdir -p "$R/imported"
  for f in "$@"; do
    mark=$R/imported/$(basename "$f")
    if [ -z "$new" ] || [ ! -e "$mark" ] || [ "$f" -nt "$mark" ]; then
      t=$(now)
      ctr -a "$R/containerd.sock" -n k8s.io images import "$f" > /dev/null
      touch "$mark"
      echo "node $n: $(basename "$f") imported in $(since "$t")" >&2
    fi
  done
done
