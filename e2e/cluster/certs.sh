# shellcheck shell=bash
# Sourced by up.sh: the cluster's certificate authority, certificates and kubeconfigs.
# Elliptic-curve keys: they are made in milliseconds.

make_ca() {
  local ca
  mkdir -p "$PKI"; chmod 700 "$PKI"
  [ -s "$PKI/sa.pub" ] && return
  for ca in ca front-ca; do     # front-ca: for aggregated API servers; a second CA, as upstream advises
    openssl ecparam -name prime256v1 -genkey -noout -out "$PKI/$ca.key"
    openssl req -x509 -new -key "$PKI/$ca.key" -days 3650 -subj "/CN=$CLUSTER_NAME-$ca" -out "$PKI/$ca.crt" \
      -addext 'basicConstraints=critical,CA:TRUE' -addext 'keyUsage=critical,keyCertSign,cRLSign,digitalSignature'
  done
  # Service account tokens are signed with a key of their own.
  openssl ecparam -name prime256v1 -genkey -noout -out "$PKI/sa.key"
  openssl ec -in "$PKI/sa.key" -pubout -out "$PKI/sa.pub" 2>/dev/null
}
# cert NAME SUBJECT [ALTNAMES] [CA]
cert() {
  local f=$PKI/$1 ext ca=$PKI/${4:-ca}
  [ -s "$f.crt" ] && return
  ext='keyUsage=critical,digitalSignature
extendedKeyUsage=clientAuth,serverAuth'
  [ -n "${3:-}" ] && ext="$ext
subjectAltName=$3"
  openssl ecparam -name prime256v1 -genkey -noout -out "$f.key"
  openssl req -new -key "$f.key" -subj "$2" |
    openssl x509 -req -CA "$ca.crt" -CAkey "$ca.key" -set_serial "0x$(openssl rand -hex 8)" -days 3650 \
      -extfile <(printf '%s\n' "$ext") -out "$f.crt" 2>/dev/null
}
# kubeconfig FILE NAME: for the certificate NAME
kubeconfig() {
  [ -s "$1" ] && return
  (umask 077; cat > "$1" <<Y
apiVersion: v1
kind: Config
clusters:
- name: $CLUSTER_NAME
  cluster:
    server: https://$NODE_NET.1:6443
    certificate-authority-data: $(base64 -w0 < "$PKI/ca.crt")
users:
- name: $2
  user:
    client-certificate-data: $(base64 -w0 < "$PKI/$2.crt")
    client-key-data: $(base64 -w0 < "$PKI/$2.key")
contexts:
- name: $CLUSTER_NAME
  context: {cluster: $CLUSTER_NAME, user: $2}
current-context: $CLUSTER_NAME
Y
  )
}
make_certs() {
  make_ca
  cert apiserver /CN=kube-apiserver "DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local,DNS:localhost,IP:127.0.0.1,IP:$API_IP,IP:$NODE_NET.1"
  cert front-proxy /CN=front-proxy '' front-ca
  cert kubelet-client /O=system:masters/CN=kube-apiserver-kubelet-client
  cert admin /O=system:masters/CN=admin
  cert kube-controller-manager /CN=system:kube-controller-manager
  cert kube-scheduler /CN=system:kube-scheduler
  cert kube-proxy /CN=system:kube-proxy
  cert lb /CN=cluster-lb
  local n c
  for n in $(seq "$CLUSTER_NODES"); do
    cert "node-$n" "/O=system:nodes/CN=system:node:$(node_name "$n")" "DNS:$(node_name "$n"),IP:$NODE_NET.$n,IP:127.0.0.1"
    kubeconfig "$CLUSTER_RUN/node-$n.kubeconfig" "node-$n"
  done
  for c in admin kube-controller-manager kube-scheduler kube-proxy; do kubeconfig "$CLUSTER_RUN/$c.kubeconfig" "$c"; done
}
