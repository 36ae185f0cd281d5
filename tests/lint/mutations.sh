#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Each mutation of the core (tests/sim/mutate.sh) still fits the source it breaks.
set -u
cd "$1" || exit 2
status=0

for mutation in tests/sim/mutations/*.patch; do
	patch -p1 --dry-run -s -F0 <"$mutation" >/dev/null 2>&1 || {
		echo "$mutation does not fit any more: make it anew from the source as it is"
		status=1
	}
done
exit $status
