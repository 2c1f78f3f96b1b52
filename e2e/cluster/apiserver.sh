#!/usr/bin/env bash
# apiserver.sh start | stop | restart | wait [SECONDS]
set -euo pipefail
. "$(dirname "$0")/env.sh"
up() {
  start kube-apiserver "$CLUSTER_NAME" kube-apiserver --etcd-servers http://127.0.0.1:2379 \
    --bind-address 0.0.0.0 --advertise-address "$NODE_NET.1" --secure-port 6443 \
    --tls-cert-file "$PKI/apiserver.crt" --tls-private-key-file "$PKI/apiserver.key" --client-ca-file "$PKI/ca.crt" \
    --kubelet-certificate-authority "$PKI/ca.crt" --kubelet-client-certificate "$PKI/kubelet-client.crt" \
    --kubelet-client-key "$PKI/kubelet-client.key" --kubelet-preferred-address-types InternalIP \
    --service-account-issuer https://kubernetes.default.svc --service-account-key-file "$PKI/sa.pub" \
    --service-account-signing-key-file "$PKI/sa.key" --service-cluster-ip-range "$SERVICE_CIDR" \
    --requestheader-client-ca-file "$PKI/front-ca.crt" --requestheader-allowed-names front-proxy \
    --requestheader-extra-headers-prefix X-Remote-Extra- --requestheader-group-headers X-Remote-Group \
    --requestheader-username-headers X-Remote-User \
    --proxy-client-cert-file "$PKI/front-proxy.crt" --proxy-client-key-file "$PKI/front-proxy.key" \
    --authorization-mode Node,RBAC --enable-admission-plugins NodeRestriction --allow-privileged=true
}
case ${1:-} in
  start) up ;;
  # TERM lets it wait up to a minute for open watches: we do not.
  stop) stop kube-apiserver 3 ;;
  restart) stop kube-apiserver 3; up ;;
  wait) wait_for "${2:-60}" kube-apiserver in_ns "$CLUSTER_NAME" curl -fsS -m 5 --cacert "$PKI/ca.crt" "https://$NODE_NET.1:6443/readyz" ;;
  *) echo 'apiserver.sh start | stop | restart | wait [SECONDS]' >&2; exit 1 ;;
esac
