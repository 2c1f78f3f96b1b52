#!/usr/bin/env bash
# kubectl.sh ARGS...: kubectl with the cluster's kubeconfig, inside its network.
. "$(dirname "$0")/env.sh"
k "$@"
