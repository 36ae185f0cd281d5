#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The alert rules pass their tests, and the quick start's configuration holds the same inhibition rules.
set -eu
cd "$1"

if command -v promtool >/dev/null; then
	promtool check rules --lint=all --lint-fatal rules/*.rules.yml
	promtool test rules rules/*.rules.test.yml
	promtool check config contrib/quickstart/prometheus.yml contrib/examples/*/prometheus.yml
else
	echo 'no promtool here: alert rules not tested'
fi
if python3 -c 'import yaml' 2>/dev/null; then
	python3 - <<-'EOF'
		import sys, yaml
		rules, config = ([*map(dict, yaml.safe_load(open(path))["inhibit_rules"])]
		    for path in ("rules/inhibition.yml", "contrib/quickstart/alertmanager.yml"))
		sys.exit(0 if rules == config else "rules/inhibition.yml and contrib/quickstart/alertmanager.yml differ")
	EOF
fi
