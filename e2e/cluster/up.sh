#!/usr/bin/env bash
# Brings a Kubernetes cluster up inside network namespaces of its own; what runs already is left alone. See docs/e2e.md.
set -euo pipefail
. "$(dirname "$0")/env.sh"
. "$HERE/certs.sh"
[ "$(id -u)" = 0 ] || { echo 'up.sh: needs root' >&2; exit 1; }
for c in etcd kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy kubectl \
         containerd ctr runc nft openssl python3 nsenter curl; do
  command -v "$c" > /dev/null || { echo "up.sh: no $c (run build.sh first)" >&2; exit 1; }
done
t0=$(now)
say() { echo "[$(since "$t0")] $*" >&2; }
mkdir -p "$CLUSTER_RUN"
[ ${#CLUSTER_RUN} -le 60 ] || { echo "up.sh: CLUSTER_RUN is too long for unix sockets below it: $CLUSTER_RUN" >&2; exit 1; }

# --- the network -------------------------------------------------------------
# Node 1's namespace holds the bridge node0, the "wire" of the cluster; further
# nodes and the client hang on it.  Nothing leads out of these namespaces.
attach() {   # attach NS ADDRESS: a namespace on the wire
  ip netns add "$1"
  ip -n "$1" link set lo up
  ip -n "$CLUSTER_NAME" link add "v-$1" type veth peer name eth0 netns "$1"
  ip -n "$CLUSTER_NAME" link set "v-$1" master node0 up
  ip -n "$1" addr add "$2/24" dev eth0
  ip -n "$1" link set eth0 up
  ip -n "$1" route add default via "$NODE_NET.1"
}
has_ns() { [ -e "/run/netns/$1" ]; }
if ! has_ns "$CLUSTER_NAME"; then
  ip netns add "$CLUSTER_NAME"
  ip -n "$CLUSTER_NAME" link set lo up
  ip -n "$CLUSTER_NAME" link add node0 type bridge
  ip -n "$CLUSTER_NAME" addr add "$NODE_NET.1/24" dev node0
  ip -n "$CLUSTER_NAME" link set node0 up
  # Holds the load balancers' addresses: a bridge without ports, where others use a
  # dummy device, which this kernel lacks.
  ip -n "$CLUSTER_NAME" link add lb0 type bridge
  ip -n "$CLUSTER_NAME" link set lb0 up
  # A default route, although nothing is behind it: programs look for one.
  ip -n "$CLUSTER_NAME" route add default dev node0
fi
has_ns "$CLUSTER_NAME-client" || attach "$CLUSTER_NAME-client" "$NODE_NET.100"
for n in $(seq 2 "$CLUSTER_NODES"); do has_ns "$(node_ns "$n")" || attach "$(node_ns "$n")" "$NODE_NET.$n"; done
for n in $(seq "$CLUSTER_NODES"); do
  in_ns "$(node_ns "$n")" sysctl -qw net.ipv4.ip_forward=1
  for m in $(seq "$CLUSTER_NODES"); do
    [ "$n" = "$m" ] || ip -n "$(node_ns "$n")" route replace "${POD_CIDR%.*.*}.$m.0/24" via "$NODE_NET.$m"
  done
done
make_certs
say 'network and certificates'

# --- etcd, kube-apiserver, containerd ----------------------------------------
fsync=(); [ "$CLUSTER_FSYNC" = 1 ] || fsync=(--unsafe-no-fsync)
# Objects of up to 3 MB, which is where the API server ends: etcd alone would refuse them from 1.5 MB on.
start etcd "$CLUSTER_NAME" etcd --max-request-bytes 4194304 --name "$CLUSTER_NAME" --data-dir "$CLUSTER_RUN/etcd" "${fsync[@]}" --log-level warn \
  --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
  --listen-peer-urls http://127.0.0.1:2380 --initial-advertise-peer-urls http://127.0.0.1:2380 \
  --initial-cluster "$CLUSTER_NAME=http://127.0.0.1:2380"
"$HERE/apiserver.sh" start

containerd_up() {   # containerd_up N: with its images
  local n=$1 R=$CLUSTER_RUN/n$1 f
  mkdir -p "$R/cni"
  put "$R/cni/10-bridge.conflist" <<J
{"cniVersion": "1.0.0", "name": "$CLUSTER_NAME-$n", "plugins": [
  {"type": "bridge", "bridge": "cni0", "isDefaultGateway": true, "hairpinMode": true, "ipMasq": false,
   "ipam": {"type": "host-local", "dataDir": "$R/ipam", "ranges": [[{"subnet": "${POD_CIDR%.*.*}.$n.0/24"}]]}},
  {"type": "portmap", "capabilities": {"portMappings": true}}]}
J
  put "$R/containerd.toml" <<T
version = 2
root = "$R/containerd"
state = "$R/state"
disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs", "io.containerd.tracing.processor.v1.otlp"]
[grpc]
  address = "$R/containerd.sock"
[plugins."io.containerd.internal.v1.opt"]
  path = "$R/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "localhost/pause:1"
  netns_mounts_under_state_dir = true
  # Root without CAP_SYS_RESOURCE may not lower oom_score_adj (-998 for a pod's sandbox):
  # runc would fail with "can't get final child's PID from pipe: EOF".
  restrict_oom_score_adj = true
  # As newer containerd does by itself: any user may bind port 80 in its pod.
  enable_unprivileged_ports = true
  enable_unprivileged_icmp = true
  stream_server_address = "127.0.0.1"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "$CLUSTER_CNI_BIN"
    conf_dir = "$R/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
        Root = "$R/runc"
T
  start "containerd-$n" "$(node_ns "$n")" containerd --config "$R/containerd.toml" --log-level warn
  wait_for 30 "containerd-$n" ctr -a "$R/containerd.sock" version
  for f in "$CLUSTER_CACHE"/images/*.tar; do "$HERE/import.sh" --if-new "$n" "$f"; done
}
pids=()
for n in $(seq "$CLUSTER_NODES"); do containerd_up "$n" & pids+=($!); done

# --- once the API answers ----------------------------------------------------
"$HERE/apiserver.sh" wait 120
say 'kube-apiserver answers'
start kube-controller-manager "$CLUSTER_NAME" kube-controller-manager --kubeconfig "$CLUSTER_RUN/kube-controller-manager.kubeconfig" \
  --leader-elect=false --use-service-account-credentials \
  --service-account-private-key-file "$PKI/sa.key" --root-ca-file "$PKI/ca.crt" \
  --flex-volume-plugin-dir "$CLUSTER_RUN/volume-plugins" \
  --cluster-signing-cert-file "$PKI/ca.crt" --cluster-signing-key-file "$PKI/ca.key" \
  --authentication-kubeconfig "$CLUSTER_RUN/kube-controller-manager.kubeconfig" \
  --authorization-kubeconfig "$CLUSTER_RUN/kube-controller-manager.kubeconfig" --bind-address 127.0.0.1
start kube-scheduler "$CLUSTER_NAME" kube-scheduler --kubeconfig "$CLUSTER_RUN/kube-scheduler.kubeconfig" --leader-elect=false \
  --authentication-kubeconfig "$CLUSTER_RUN/kube-scheduler.kubeconfig" \
  --authorization-kubeconfig "$CLUSTER_RUN/kube-scheduler.kubeconfig" --bind-address 127.0.0.1
for p in "${pids[@]}"; do wait "$p"; done
say 'containerd runs and has the images'

# kubelet sets these for the whole machine; down.sh puts the old values back.
[ -e "$CLUSTER_RUN/sysctl.before" ] || sysctl vm.overcommit_memory vm.panic_on_oom kernel.panic kernel.panic_on_oops \
  > "$CLUSTER_RUN/sysctl.before" 2>/dev/null || true
echo '# no resolver outside the cluster' > "$CLUSTER_RUN/resolv.conf"
node_up() {
  local n=$1 R=$CLUSTER_RUN/n$1 ns d; ns=$(node_ns "$n")
  # The cgroup below which all pods live.  With cgroup v1 there is one tree for each controller.
  if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
    mkdir -p "/sys/fs/cgroup/$CLUSTER_NAME/n$n"
  else
    for d in /sys/fs/cgroup/*/; do
      case $d in */unified/) continue ;; esac
      mkdir -p "$d$CLUSTER_NAME/n$n"
      if [ -e "$d$CLUSTER_NAME/cpuset.cpus" ]; then
        for s in "$CLUSTER_NAME" "$CLUSTER_NAME/n$n"; do for v in cpus mems; do
          [ -n "$(cat "$d$s/cpuset.$v")" ] || cat "${d}cpuset.$v" > "$d$s/cpuset.$v"
        done; done
      fi
    done
  fi
  put "$R/kubelet.yaml" <<Y
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
failCgroupV1: false          # this machine has cgroup v1; kubelet >= 1.35 refuses it unless told
cgroupDriver: cgroupfs
cgroupRoot: /$CLUSTER_NAME/n$n
containerRuntimeEndpoint: unix://$R/containerd.sock
address: $NODE_NET.$n
healthzBindAddress: 127.0.0.1
authentication:
  x509: {clientCAFile: $PKI/ca.crt}
  webhook: {enabled: true}
  anonymous: {enabled: false}
authorization: {mode: Webhook}
tlsCertFile: $PKI/node-$n.crt
tlsPrivateKeyFile: $PKI/node-$n.key
clusterDomain: cluster.local
clusterDNS: [$DNS_IP]
resolvConf: $CLUSTER_RUN/resolv.conf
podLogsDir: $R/pod-logs
volumePluginDir: $R/volume-plugins
failSwapOn: false
oomScoreAdj: 0
makeIPTablesUtilChains: false
serializeImagePulls: false
imageGCHighThresholdPercent: 100     # images are imported by hand: never remove one
evictionHard: {memory.available: 100Mi, nodefs.available: 500Mi, imagefs.available: 500Mi}
Y
  put "$R/kube-proxy.yaml" <<Y
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: $CLUSTER_PROXY_MODE
hostnameOverride: $(node_name "$n")
bindAddress: $NODE_NET.$n
healthzBindAddress: $NODE_NET.$n:10256
metricsBindAddress: 127.0.0.1:10249
clientConnection: {kubeconfig: $CLUSTER_RUN/kube-proxy.kubeconfig}
oomScoreAdj: 0
clusterCIDR: $POD_CIDR
detectLocalMode: ClusterCIDR
conntrack: {maxPerCore: 0, min: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}   # not settable in a namespace
Y
  [ -z "$CHANGED" ] || stop "kube-proxy-$n" 3
  start "kubelet-$n" "$ns" kubelet --config "$R/kubelet.yaml" --kubeconfig "$CLUSTER_RUN/node-$n.kubeconfig" \
    --root-dir "$R/kubelet" --hostname-override "$(node_name "$n")" --node-ip "$NODE_NET.$n" --v=1
  start "kube-proxy-$n" "$ns" kube-proxy --config "$R/kube-proxy.yaml"
}
for n in $(seq "$CLUSTER_NODES"); do node_up "$n"; done
sed "s/@DNS_IP@/$DNS_IP/" "$HERE/manifests/system.yaml" | k apply -f - > /dev/null
start lb "$CLUSTER_NAME" python3 -u "$HERE/loadbalancer.py" --server "https://$NODE_NET.1:6443" \
  --ca "$PKI/ca.crt" --cert "$PKI/lb.crt" --key "$PKI/lb.key" --device lb0 --first "$LB_FIRST" --last "$LB_LAST"
for n in $(seq "$CLUSTER_NODES"); do
  wait_for 60 "node $(node_name "$n")" k get node "$(node_name "$n")"
  k wait --for=condition=Ready "node/$(node_name "$n")" --timeout=90s > /dev/null
done
say 'nodes are Ready'
k -n kube-system rollout status deployment/coredns --timeout=90s > /dev/null
say 'CoreDNS is Ready'
echo "kubeconfig: $ADMIN_KUBECONFIG, reachable inside the network namespaces $CLUSTER_NAME and $CLUSTER_NAME-client only" >&2
