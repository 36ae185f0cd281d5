#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A file of Prometheus rules as a PrometheusRule of prometheus-operator:
#   contrib/kubernetes/prometheus-rule.sh tocsin rules/tocsin.rules.yml | kubectl apply -f -
set -eu
[ $# -eq 2 ] || {
	echo "usage: $0 NAME FILE" >&2
	exit 2
}
cat <<EOT
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: $1
  labels: {app: alertmanager}
spec:
EOT
sed 's/^/  /' "$2"
