#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs what the tests need, builds with ASan and UBSan, and runs every test.
#   tests/run.sh            everything
#   tests/run.sh -k mail    only system tests whose names fit (pytest's -k)
set -eu
cd "$(dirname "$0")/.."

packages="gcc cmake ninja-build pkg-config check libevent-dev libyaml-dev libjansson-dev
libcurl4-openssl-dev libesmtp-dev libpcre2-dev zlib1g-dev libsqlite3-dev libssl-dev tzdata ca-certificates
python3 python3-pytest python3-yaml python3-aiosmtpd prometheus prometheus-alertmanager
kannel kannel-extras strace groff-base"

missing=""
for package in $packages; do
	dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
if [ -n "$missing" ]; then
	sudo=""
	[ "$(id -u)" = 0 ] || sudo=sudo
	# Debian starts servers as it installs them; the tests start their own.
	if [ ! -e /usr/sbin/policy-rc.d ]; then
		printf '#!/bin/sh\nexit 101\n' | $sudo tee /usr/sbin/policy-rc.d >/dev/null
		$sudo chmod +x /usr/sbin/policy-rc.d
		trap '$sudo rm -f /usr/sbin/policy-rc.d' EXIT
	fi
	$sudo apt-get update -qq
	# shellcheck disable=SC2086
	DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends $missing >/dev/null
fi

cmake --preset dev >/dev/null
cmake --build --preset dev
ASAN_OPTIONS=detect_leaks=1 ctest --preset dev -j"$(nproc)"
TOCSIN=build/dev/tocsin /usr/bin/python3 -m pytest -q -p no:cacheprovider tests/e2e "$@"
