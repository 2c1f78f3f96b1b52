#!/usr/bin/env bash
# What of the cluster runs, with each process's memory; exit 1 if something is gone.
. "$(dirname "$0")/env.sh"
rc=0 total=0
rss() { awk '/^VmRSS/ { print int($2 / 1024 + 0.5) }' "/proc/$1/status" 2>/dev/null; }
for f in "$CLUSTER_RUN"/pid/*; do
  [ -e "$f" ] || { echo 'nothing runs'; exit 1; }
  read -r pid _ < "$f"
  if alive "$f"; then
    m=$(rss "$pid"); total=$((total + m))
    printf '%-26s pid %-8s %5s MiB   cpu %s\n' "${f##*/}" "$pid" "$m" "$(ps -o time= -p "$pid")"
  else printf '%-26s GONE (log: %s)\n' "${f##*/}" "$CLUSTER_RUN/log/${f##*/}.log"; rc=1; fi
done
shims=0 n=0
for p in $(shims); do
  m=$(rss "$p"); shims=$((shims + ${m:-0})); n=$((n + 1)); done
printf '%-26s %-12s %5s MiB\n' "containerd-shim" "x $n" "$shims"
pods=0 n=0
# shellcheck disable=SC2046
for p in $(find $(cgroups) -name cgroup.procs -exec cat {} + 2>/dev/null | sort -un); do
  m=$(rss "$p"); pods=$((pods + ${m:-0})); n=$((n + 1)); done
printf '%-26s %-12s %5s MiB\n' "processes in pods" "x $n" "$pods"
printf '%-26s %-12s %5s MiB\n' total '' "$((total + shims + pods))"
exit $rc
