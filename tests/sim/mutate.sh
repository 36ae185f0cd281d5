#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Breaks the core on purpose, once for each of mutations/*.patch, and shows that
# the simulator notices: prints the first seed and invariant for each. Too slow
# for every build; run it after changes to the core or to the simulator.
#   tests/sim/mutate.sh [NAME…]
# The first line of a patch says which invariant it breaks and how; a second one, "Seeds: A..B", which days show it, or, where
# no day does within reason, "Test: x", which of the core's unit tests (test_x).
# One that never ends is stopped: by its memory, or after five minutes.
# SEEDS (1..400) and JOBS (all processors) may be set.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
seeds=${SEEDS:-1..400}
jobs=${JOBS:-$(nproc)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
# shellcheck disable=SC3045 # Debian's sh has it
ulimit -v 4000000

mkdir "$work/tree"
# The program is not needed: the simulators and the core's tests need the rooms up to core, wire and share.
cp -R "$root/CMakeLists.txt" "$root/contrib" "$root/include" "$root/src" "$root/templates" "$root/tests" "$work/tree"
cp -R "$work/tree/src" "$work/sound"
cmake -S "$work/tree" -B "$work/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DSTRICT=OFF >/dev/null

build()
{
	cmake --build "$work/build" -j "$jobs" --target sim sim_cluster sim_messages unit_core >"$work/log" 2>&1
}

# Those of what is between members are the simulator's of a cluster.
simulate()
{
	own=$(sed -n 's/^Seeds: //p' "$here/mutations/$1.patch" 2>/dev/null || true)
	test=$(sed -n 's/^Test: //p' "$here/mutations/$1.patch" 2>/dev/null || true)
	if [ -n "$test" ]; then
		"$work/build/tests/unit_core" "test_$test" >"$work/out" 2>&1
		return
	fi
	case $1 in
	messages-*) timeout 300 "$work/build/tests/sim_messages" --seeds "${own:-1..60}" --max-failures 1 >"$work/out" 2>&1 ;;
	claims-*) timeout 300 "$work/build/tests/sim_cluster" --etcd --seeds "${own:-${CLAIMS_SEEDS:-1..250}}" --max-failures 1 >"$work/out" 2>&1 ;;
	cluster-*) timeout 300 "$work/build/tests/sim_cluster" --seeds "${own:-$seeds}" --max-failures 1 >"$work/out" 2>&1 ;;
	*) timeout 300 "$work/build/tests/sim" --seeds "$seeds" --max-failures 1 >"$work/out" 2>&1 ;;
	esac
}

build || { cat "$work/log"; exit 2; }
for kind in core cluster- claims- messages-; do
	if ! simulate "$kind"; then
		echo "the core is not sound to begin with:"
		head -1 "$work/out"
		exit 2
	fi
done

names=$*
if [ -z "$names" ]; then
	for patch in "$here"/mutations/*.patch; do
		names="$names $(basename "$patch" .patch)"
	done
fi
missed=0
for name in $names; do
	patch="$here/mutations/$name.patch"
	file=$(sed -n 's|^--- a/||p' "$patch")
	if ! patch -s -F0 -d "$work/tree" -p1 <"$patch" >"$work/log" 2>&1; then
		printf '%-30s does not apply any more\n' "$name"
		cp "$work/sound/${file#src/}" "$work/tree/$file"
		rm -f "$work/tree/$file.rej" "$work/tree/$file.orig"
		missed=$((missed + 1))
		continue
	fi
	if ! build; then
		printf '%-30s does not compile\n' "$name"
		cat "$work/log"
		missed=$((missed + 1))
	elif simulate "$name"; then
		printf '%-30s MISSED\n' "$name"
		missed=$((missed + 1))
	else
		caught=$(grep -m1 -e '^seed' -e ':[FE]:' "$work/out" || tail -1 "$work/out")
		printf '%-30s %s\n' "$name" "$(echo "${caught:-does not end}" | sed 's/.*:[FE]://' | cut -c1-130)"
	fi
	cp "$work/sound/${file#src/}" "$work/tree/$file"
done
[ "$missed" -eq 0 ] || { echo "$missed not caught"; exit 1; }
