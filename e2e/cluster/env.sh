# shellcheck shell=bash disable=SC2034
# Sourced by the other scripts: every name and path of the cluster, and how its processes are started and ended.
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
: "${CLUSTER_CACHE:=${XDG_CACHE_HOME:-$HOME/.cache}/fairlead/cluster}"  # what build.sh makes: bin/, images/, crds/
: "${CLUSTER_RUN:=/var/tmp/fairlead-cluster}"   # state, logs, pid files, admin.kubeconfig; short: unix sockets lie below
: "${CLUSTER_NAME:=fle2e}"                      # begins the names of network namespaces, cgroups and nodes; at most 6 letters
: "${CLUSTER_NODES:=1}"                         # each further node is a network namespace of its own
: "${CLUSTER_PROXY_MODE:=nftables}"             # kube-proxy: nftables or iptables
: "${CLUSTER_FSYNC:=0}"                         # 1: etcd waits for the disk
: "${CLUSTER_CNI_BIN:=/usr/lib/cni}"
CLUSTER_CACHE=$(realpath -m "$CLUSTER_CACHE") CLUSTER_RUN=$(realpath -m "$CLUSTER_RUN")
NODE_NET=172.31.0                               # nodes .1 .2 …, client .100, load balancers .200–.250
LB_FIRST=$NODE_NET.200 LB_LAST=$NODE_NET.250
POD_CIDR=10.244.0.0/16                          # node N has 10.244.N.0/24
SERVICE_CIDR=10.96.0.0/16 API_IP=10.96.0.1 DNS_IP=10.96.0.10
BIN=$CLUSTER_CACHE/bin
PKI=$CLUSTER_RUN/pki
ADMIN_KUBECONFIG=$CLUSTER_RUN/admin.kubeconfig
export PATH=$BIN:$PATH:/usr/sbin:/sbin

node_ns()   { if [ "$1" = 1 ]; then echo "$CLUSTER_NAME"; else echo "$CLUSTER_NAME-n$1"; fi; }
node_name() { echo "$CLUSTER_NAME-$1"; }

# in_ns NS CMD...: changes only the network. `ip netns exec` also makes a mount namespace with a new /sys: no cgroups there, and
# containerd and kubelet would not see each other's mounts.
in_ns() { local ns=$1; shift; nsenter --net="/run/netns/$ns" "$@"; }
k()     { in_ns "$CLUSTER_NAME" kubectl --kubeconfig "$ADMIN_KUBECONFIG" "$@"; }

# put FILE: standard input into FILE if that changes it; CHANGED says whether. kube-proxy ends itself when its file is written anew.
put() {
  local new=$1.new; cat > "$new"; CHANGED=
  if cmp -s "$new" "$1"; then rm "$new"; else mv "$new" "$1"; CHANGED=1; fi
}
# The cluster's own cgroups, one in each tree with cgroup v1; /dev/null stands first so that `find` never searches the working directory.
cgroups() {
  local d
  echo /dev/null
  for d in "/sys/fs/cgroup/$CLUSTER_NAME" /sys/fs/cgroup/*/"$CLUSTER_NAME"; do [ -d "$d" ] && echo "$d"; done
}
# Processes of containerd-shim, which name our socket on their command line.
shims() {
  ps -eo pid=,args= | grep -- "-address $CLUSTER_RUN/n[0-9]*/containerd\.sock" | awk '$2 ~ /(^|\/)containerd-shim/ { print $1 }'
}
now()   { date +%s.%N; }
since() { awk -v a="$1" -v b="$(now)" 'BEGIN { printf "%.1f s", b - a }'; }

# A pid file holds "PID STARTTIME": a number taken over by another process is not ours. A zombie has no start time here.
start_time() { sed -n 's/.*) \([^Z]\)/\1/p' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }
alive() {
  local pid t
  read -r pid t 2>/dev/null < "$1" || return 1
  [ -n "$t" ] && [ "$(start_time "$pid")" = "$t" ]
}
# start NAME NS CMD...: in the background, with log and pid file; nothing if it runs already.
start() {
  local name=$1 ns=$2 pid; shift 2
  local file=$CLUSTER_RUN/pid/$name
  alive "$file" && return 0
  mkdir -p "$CLUSTER_RUN/pid" "$CLUSTER_RUN/log"
  setsid nsenter --net="/run/netns/$ns" "$@" >> "$CLUSTER_RUN/log/$name.log" 2>&1 < /dev/null &
  pid=$!
  echo "$pid $(start_time "$pid")" > "$file"
  disown "$pid"
}
# stop NAME [SECONDS]: TERM, then KILL.
stop() {
  local file=$CLUSTER_RUN/pid/$1 tries=$(( ${2:-10} * 10 )) pid _
  if alive "$file"; then
    read -r pid _ < "$file"
    kill "$pid" 2>/dev/null || true
    while alive "$file" && [ $tries -gt 0 ]; do sleep 0.1; tries=$((tries - 1)); done
    alive "$file" && kill -9 "$pid" 2>/dev/null
  fi
  rm -f "$file"
}
# wait_for SECONDS WHAT CMD...: until CMD succeeds.
wait_for() {
  local end=$(( SECONDS + $1 )) what=$2; shift 2
  until "$@" > /dev/null 2>&1; do
    [ $SECONDS -lt $end ] || { echo "gave up waiting for $what" >&2; return 1; }
    sleep 0.2
  done
}
