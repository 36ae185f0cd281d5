#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Clocks, sockets, threads and files belong to the edge rooms alone.
set -u
cd "$1" || exit 2
lint=tests/lint
found=0

headers='event2/|evhttp|event\.h|evdns|pthread\.h|threads\.h|sys/socket\.h|sys/un\.h|netdb\.h'
headers="$headers|netinet/|fcntl\.h|poll\.h|sys/epoll\.h|sys/eventfd\.h|sys/select\.h|sys/wait\.h"
headers="$headers|spawn\.h|signal\.h|dirent\.h|sys/stat\.h|sys/mman\.h|curl/|sqlite3\.h|openssl/ssl\.h"
files='fopen|freopen|fdopen|open|openat|opendir|scandir|stat|lstat|unlink|rename|mkdir|mkstemp|realpath'
clocks='time|clock|clock_gettime|clock_nanosleep|gettimeofday|timespec_get|ftime|sleep|usleep|nanosleep'

report() {
	if [ -n "$2" ]; then
		printf '%s\n%s\n' "$1" "$2"
		found=1
	fi
}

code() {
	find "$@" -name '*.[ch]' -type f 2>/dev/null | sort | xargs -r awk -f $lint/code.awk
}

inner=$(find src include -mindepth 1 -maxdepth 1 -type d |
	grep -Ev '/(loop|store|history|tls|peer|serve|fetch|mail|deliver|setup|observe|cli|app)$')

# shellcheck disable=SC2086
report "system headers outside the edge rooms:" \
	"$(code $inner | grep -E "#[ 	]*include[ 	]*[<\"]($headers)")"

# Zone files are constants to the rest of the program: base/tz.c reads them.
# shellcheck disable=SC2086
report "files opened outside the edge rooms:" \
	"$(code $inner | grep -E "(^|[^A-Za-z0-9_.>])($files)[ 	]*\(" | grep -Ev '^src/base/tz\.c:')"

report "clocks read outside src/loop/clock_real.c:" \
	"$(code src include | grep -E "(^|[^A-Za-z0-9_.>])($clocks)[ 	]*\(" |
		grep -Ev '^src/loop/clock_real\.c:')"

exit $found
