#!/usr/bin/env bash
# Ends the cluster: only processes of its own (by pid file, by its own cgroup, or by its own containerd's socket), then its mounts,
# namespaces, cgroups and state. down.sh --keep leaves the state (etcd, images) for the next up.sh.
set -uo pipefail
. "$(dirname "$0")/env.sh"
t0=$(now)
names() { local f; for f in "$CLUSTER_RUN"/pid/$1; do [ -e "$f" ] && echo "${f##*/}"; done; }
for name in lb $(names 'kubelet-*') $(names 'kube-proxy-*') kube-scheduler kube-controller-manager kube-apiserver etcd; do
  stop "$name" 3
done
# Pods: everything in the cluster's own cgroup.
# shellcheck disable=SC2046,SC2086
for _ in 1 2 3 4 5; do
  pids=$(find $(cgroups) -name cgroup.procs -exec cat {} + 2>/dev/null | sort -un)
  [ -n "$pids" ] || break
  kill -9 $pids 2>/dev/null
  sleep 0.3
done
# The shims, which name our socket on their command line; then containerd itself.
for p in $(shims); do kill -9 "$p" 2>/dev/null; done
for name in $(names 'containerd-*'); do stop "$name" 10; done
awk -v r="$CLUSTER_RUN/" 'index($2, r) == 1 { print $2 }' /proc/self/mounts | sort -r | while read -r m; do
  umount "$(printf '%b' "$m")" 2>/dev/null || umount -l "$(printf '%b' "$m")"
done
for ns in /run/netns/"$CLUSTER_NAME" /run/netns/"$CLUSTER_NAME"-client /run/netns/"$CLUSTER_NAME"-n[0-9]*; do
  [ -e "$ns" ] && ip netns del "$(basename "$ns")"
done
# shellcheck disable=SC2046
find $(cgroups) -depth -type d -exec rmdir {} \; 2>/dev/null
[ -s "$CLUSTER_RUN/sysctl.before" ] && sysctl -q -p "$CLUSTER_RUN/sysctl.before"
rm -f "$CLUSTER_RUN/sysctl.before"
# What containerd's CNI library and kubelet leave outside our folder, but for empty folders.
for id in "$CLUSTER_RUN"/n*/containerd/io.containerd.grpc.v1.cri/sandboxes/*; do rm -f "/var/lib/cni/results/"*"-${id##*/}-"*; done
find /var/log/containers -type l -lname "$CLUSTER_RUN/*" -delete 2>/dev/null
rm -rf "$CLUSTER_RUN"/n*/state "$CLUSTER_RUN"/n*/ipam "$CLUSTER_RUN"/n*/runc "$CLUSTER_RUN/pid"
if [ "${1:-}" != --keep ]; then rm -rf "$CLUSTER_RUN"; fi
left=$(shims)
[ -z "$left" ] || { echo "still there: $left" >&2; exit 1; }
echo "down in $(since "$t0")" >&2
