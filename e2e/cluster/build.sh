#!/usr/bin/env bash
# Builds every program and image of the cluster into $CLUSTER_CACHE; what was built from the same sources is left alone.
# Needs Go >= 1.26 with its module proxy, python3, and the checkout's node_modules. Parts: build.sh [debian|kubernetes|etcd|coredns|images|crds|helm|kubeconform]…
set -euo pipefail
. "$(dirname "$0")/env.sh"
export CGO_ENABLED=0 GOTOOLCHAIN=local GOWORK=off GOFLAGS='-mod=readonly -trimpath'
mkdir -p "$BIN" "$CLUSTER_CACHE/images" "$CLUSTER_CACHE/built"
gateway_api_versions='v1.7.0 v1.6.3'

# once NAME DIRECTORY...: runs the function NAME unless it ran before with the same files in these directories.
once() {
  local name=$1 mark=$CLUSTER_CACHE/built/$1 sum began; shift
  sum=$( { declare -f "$name"; (cd "$HERE" && find "$@" -type f | sort | xargs sha256sum); } | sha256sum)
  [ "$(cat "$mark" 2>/dev/null)" = "$sum" ] && return
  began=$(now)
  echo "building $name …" >&2
  "$name"
  echo "$sum" > "$mark"
  echo "built $name in $(since "$began")" >&2
}

# Debian's packages for what is missing of them. None of them starts a service here.
debian() {
  local missing=() program
  for program in containerd:containerd ctr:containerd runc:runc nft:nftables iptables:iptables conntrack:conntrack \
                 ip:iproute2 nsenter:util-linux openssl:openssl python3:python3-minimal ps:procps curl:curl; do
    command -v "${program%%:*}" > /dev/null || missing+=("${program#*:}")
  done
  [ -x "$CLUSTER_CNI_BIN/bridge" ] || missing+=(containernetworking-plugins)
  [ ${#missing[@]} -gt 0 ] || return 0
  echo "installing ${missing[*]} …" >&2
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" > /dev/null
}

# kubernetes/go.mod names upstream's commands as Go tools; `tool` stands for all of them.
kubernetes() (
  cd "$HERE/kubernetes"
  version=$(go list -m -f '{{.Version}}' k8s.io/kubernetes)
  minor=${version#v1.}; x=k8s.io/component-base/version
  flags="-s -w -X $x.gitVersion=$version -X $x.gitMajor=1 -X $x.gitMinor=${minor%%.*} -X $x.gitTreeState=clean -X $x.gitCommit=$version"
  go build -ldflags "$flags" -o "$BIN/" tool
)
go_program() { (cd "$HERE/$1" && go build -ldflags '-s -w' -o "$BIN/$1" "${2:-.}"); }
etcd()    { go_program etcd; }
helm()    { go_program helm helm.sh/helm/v4/cmd/helm; }
kubeconform() { go_program kubeconform github.com/yannh/kubeconform/cmd/kubeconform; }
coredns() {
  go_program coredns
  image coredns localhost/coredns:1 ''
}
images() {
  go_program pause; image pause localhost/pause:1 65535:65535
  go_program echo; image echo localhost/echo:1 65532:65532
  go_program echo-basic sigs.k8s.io/gateway-api-conformance-images/echo-basic
  # Under every name by which the suites' manifests call it.
  local r=registry.k8s.io/gateway-api
  image echo-basic "$r/conformance/echo-basic:v0.1.0" 65532:65532 --name "$r/conformance/echo-basic:v0.2.0" \
    --name "$r/echo-basic:v1.5.1" --name "$r/echo-basic:v1.6.0-dev.2" --name "$r/echo-basic:v1.6.0-dev.3"
}
# image PROGRAM NAME USER [OPTION…]: an image that holds one static program; USER may be empty.
image() {
  local program=$1 name=$2 user=$3; shift 3
  "$HERE/../../node_modules/.bin/node" "$HERE/../src/cluster/program-image.ts" --output "$CLUSTER_CACHE/images/$program.tar" \
    --name "$name" --user "$user" "$@" "$BIN/$program"
}
# Out of the modules' zips, which `go mod download` has fetched and checked even where it then says that a module wants a newer Go.
crds() {
  local version zip
  for version in $gateway_api_versions; do
    zip=$(cd / && { GOFLAGS='' go mod download -json "sigs.k8s.io/gateway-api@$version" || true; } | sed -n 's/^.*"Zip": "\(.*\)",*$/\1/p')
    [ -n "$zip" ] || { echo "sigs.k8s.io/gateway-api@$version cannot be fetched" >&2; return 1; }
    rm -rf "$CLUSTER_CACHE/crds/$version"
    python3 - "$zip" "$CLUSTER_CACHE/crds/$version" <<'PY'
import os, re, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as archive:
    for name in archive.namelist():
        found = re.search(r'/config/crd/(standard|experimental)/([^/]+\.yaml)$', name)
        if found and found[2] != 'kustomization.yaml':
            os.makedirs(os.path.join(sys.argv[2], found[1]), exist_ok=True)
            with open(os.path.join(sys.argv[2], found[1], found[2]), 'wb') as out:
                out.write(archive.read(name))
PY
  done
}
[ $# -gt 0 ] || set -- debian kubernetes etcd coredns images crds helm kubeconform
for part in "$@"; do
  case $part in
    debian) debian ;;
    kubernetes | etcd | coredns | helm | kubeconform) once "$part" "$part" ;;
    images) once images pause echo echo-basic ;;
    crds) once crds build.sh ;;
    *) echo 'build.sh [debian|kubernetes|etcd|coredns|images|crds|helm|kubeconform]…' >&2; exit 2 ;;
  esac
done
