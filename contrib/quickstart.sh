#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# From a fresh clone to a running router: installs what the build needs, builds,
# starts. See usage below.
set -eu

PACKAGES='gcc cmake ninja-build pkg-config libevent-dev libyaml-dev libjansson-dev libcurl4-openssl-dev
libesmtp-dev zlib1g-dev libsqlite3-dev libssl-dev tzdata ca-certificates'
CONFIG=contrib/quickstart/alertmanager.yml
PROGRAM=build/release/tocsin
HELPER=contrib/quickstart/receivers.py
URL=http://127.0.0.1:9093

usage() {
	cat <<-EOF
	usage: contrib/quickstart.sh [--demo] [--no-install] [-- FLAG...]

	Builds tocsin and starts it with $CONFIG and
	state in data/, until Ctrl-C. What follows -- is added to its flags.

	  --demo        also start receivers for mail, Slack, text messages and webhooks
	                on this machine, post a handful of alerts, and show what arrives.
	                State goes to a temporary directory. DEMO_SECONDS=N ends it by
	                itself after N seconds.
	  --no-install  do not call apt-get
	EOF
}

say() {
	printf '%s\n' "== $*"
}

die() {
	printf '%s\n' "quickstart: $*" >&2
	exit 1
}

installed() {
	dpkg-query -W -f='${Status}' "$1" 2>/dev/null | grep -q 'ok installed'
}

install_packages() {
	missing=
	for package in $PACKAGES "$@"; do
		installed "$package" || missing="$missing $package"
	done
	[ -n "$missing" ] || return 0
	command -v apt-get >/dev/null || die "no apt-get here; install the equivalent of:$missing"
	sudo=
	if [ "$(id -u)" -ne 0 ]; then
		command -v sudo >/dev/null || die "as root: apt-get install$missing"
		sudo=sudo
	fi
	say "installing$missing"
	$sudo apt-get update -q
	# shellcheck disable=SC2086 # lists of words
	$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing
}

build() {
	say 'building'
	cmake --preset release
	cmake --build --preset release
}

# Ends what the demo started, by process id, and waits for it.
cleanup() {
	status=$?
	trap - EXIT INT TERM HUP
	for pid in $pids; do
		kill "$pid" 2>/dev/null || :
	done
	for pid in $pids; do
		wait "$pid" 2>/dev/null || :
	done
	[ -z "$work" ] || rm -rf "$work"
	exit "$status"
}

demo() {
	pids=
	work=
	trap cleanup EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	trap 'exit 129' HUP
	work=$(mktemp -d)

	python3 "$HELPER" listen &
	receivers=$!
	pids=$receivers
	sleep 1
	kill -0 "$receivers" 2>/dev/null || die 'the receivers could not start: is one of their ports taken?'

	"$PROGRAM" --config.file="$CONFIG" --storage.path="$work/data" "$@" >"$work/log" 2>&1 &
	router=$!
	pids="$router $pids"
	if ! python3 "$HELPER" ready "$URL" || ! kill -0 "$router" 2>/dev/null; then
		cat "$work/log" >&2
		die 'the router did not start'
	fi
	python3 "$HELPER" post "$URL"
	say "their groups wait ten seconds; the router's API is at $URL/api/v2/, Ctrl-C ends all"
	if [ -n "${DEMO_SECONDS-}" ]; then
		sleep "$DEMO_SECONDS" &
		timer=$!
		pids="$timer $pids"
		wait "$timer" || :
		! kill -0 "$router" 2>/dev/null || return 0
	else
		wait "$router" || :
	fi
	cat "$work/log" >&2
	die 'the router stopped'
}

with_demo=
with_install=yes
while [ $# -gt 0 ]; do
	case $1 in
	--demo) with_demo=yes ;;
	--no-install) with_install= ;;
	-h | --help)
		usage
		exit 0
		;;
	--)
		shift
		break
		;;
	*)
		usage >&2
		exit 2
		;;
	esac
	shift
done

cd "$(dirname "$0")/.."
if [ -n "$with_install" ]; then
	if [ -n "$with_demo" ]; then
		install_packages python3
	else
		install_packages
	fi
fi
build
if [ -n "$with_demo" ]; then
	demo "$@"
else
	say "starting; the API is at $URL/api/v2/, Ctrl-C stops it"
	exec "$PROGRAM" --config.file="$CONFIG" --storage.path=data/ "$@"
fi
