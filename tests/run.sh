#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs what the tests need, builds with ASan and UBSan, and runs every test.
#   tests/run.sh            everything
#   tests/run.sh -k mail    only system tests whose names fit (pytest's -k)
set -eu
cd "$(dirname "$0")/.."

packages="gcc cmake ninja-build pkg-config check libevent-dev libyaml-dev libjansson-dev
libcurl4-openssl-dev libesmtp-dev libpcre2-dev zlib1g-dev libsqlite3-dev libssl-dev tzdata ca-certificates
python3 python3-pytest python3-pytest-xdist python3-yaml python3-aiosmtpd python3-kubernetes nginx-light curl prometheus prometheus-alertmanager
kannel kannel-extras smstools etcd-server strace valgrind groff-base chromium-headless-shell fonts-dejavu-core fonts-noto-core"
# Who has a newer Node.js than Debian's has its npm too.
command -v npm >/dev/null || packages="$packages nodejs npm"

missing=""
for package in $packages; do
	dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
# In a shell of its own, whose end takes back what it changed.
[ -z "$missing" ] || (
	sudo=""
	[ "$(id -u)" = 0 ] || sudo=sudo
	# Debian starts servers as it installs them; the tests start their own.
	if [ ! -e /usr/sbin/policy-rc.d ]; then
		trap '$sudo rm -f /usr/sbin/policy-rc.d' EXIT
		printf '#!/bin/sh\nexit 101\n' | $sudo tee /usr/sbin/policy-rc.d >/dev/null
		$sudo chmod +x /usr/sbin/policy-rc.d
	fi
	$sudo apt-get update -qq
	# shellcheck disable=SC2086
	DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends $missing >/dev/null
)

# In memory, where there is much, no test waits for a disk that others keep busy.
if [ "$(df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 { print int($4 / 1048576) }')" -ge 4 ] 2>/dev/null; then
	TMPDIR=$(mktemp -d /dev/shm/tocsin.XXXXXX)
	export TMPDIR
	trap 'rm -rf "$TMPDIR"' EXIT
	trap 'exit 1' HUP INT TERM
fi

log=build/dev/log

# How long it took until here goes to the log.
begun=$(date +%s)
phase() {
	echo "$(($(date +%s) - begun)) s: $1" >&2
}

# More than there are processors: those of rooms that write to disks or talk to a net wait for them.
units() {
	nice cmake --build --preset dev && ctest --preset dev -j"$((2 * $(nproc)))" -L unit
}

rest() {
	nice -n 19 ctest --preset dev -j"$(nproc)" -LE unit
}

# In this group; 5 says that no test's name fits, which may be so in one of the groups.
systems() {
	group=$1
	shift
	status=0
	TOCSIN=build/dev/tocsin /usr/bin/python3 -m pytest -q -p no:cacheprovider tests/e2e -m "$group" "$@" || status=$?
	[ $status = 5 ] && none="$none." || [ $status = 0 ] || failed=yes
}

# The web page in Chromium, and its modules without one; the two packages that drive it are fetched when they are not there.
pages() {
	cmp -s tests/ui/package-lock.json tests/ui/node_modules/.lock ||
		{ npm ci --prefix tests/ui --ignore-scripts --no-audit --no-fund --silent && cp tests/ui/package-lock.json tests/ui/node_modules/.lock; } ||
		return 1
	node tests/ui/run.mjs 3
}

# The system tests and the web page's need the program alone. Much of what they do is to wait, and that time goes to the unit tests,
# then to the simulator and the lints, which are the least urgent: no processor is idle until all is done.
failed=""
none=""
cmake --preset dev >/dev/null
cmake --build --preset dev --target tocsin
phase "the program is built"
(
	status=0
	units >$log.units 2>&1 || status=1
	phase "unit tests are built and have run"
	rest >$log.rest 2>&1 || status=1
	phase "the simulator and the lints have run"
	exit $status
) &
beside=$!
pages=""
if [ $# = 0 ]; then
	(
		status=0
		pages >$log.pages 2>&1 || status=1
		phase "the web page's tests have run"
		exit $status
	) &
	pages=$!
fi
systems "not alone" -n "$((2 * $(nproc)))" "$@"
phase "system tests have run"
[ -z "$pages" ] || wait "$pages" || failed=yes
systems alone "$@"
phase "system tests that are alone have run"
wait $beside || failed=yes
cat $log.units $log.rest
[ -z "$pages" ] || cat $log.pages
if [ -n "$failed" ] || [ "$none" = .. ]; then
	echo "tests failed; those that ran beside the system tests are in $log.*" >&2
	exit 1
fi
