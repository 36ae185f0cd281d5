#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Calls that have no place here, and the heap used past base/mem.h.
set -u
cd "$1" || exit 2
lint=tests/lint
found=0

banned='strcpy|strcat|stpcpy|sprintf|vsprintf|strtok|atoi|atol|atoll|atof|gets|rand|srand|alloca'
banned="$banned|localtime|gmtime|ctime|asctime|mktime|strerror|signal|system|popen|tmpnam|mktemp"
heap='malloc|calloc|realloc|reallocarray|free|strdup|strndup|asprintf|vasprintf|posix_memalign'
heap="$heap|aligned_alloc"

report() {
	if [ -n "$2" ]; then
		printf '%s\n%s\n' "$1" "$2"
		found=1
	fi
}

code() {
	find src include -name '*.[ch]' -type f | sort | xargs -r awk -f $lint/code.awk
}

report "banned functions:" "$(code | grep -E "(^|[^A-Za-z0-9_.>])($banned)[ 	]*\(")"
report "the heap used directly, outside src/base/mem.c:" \
	"$(code | grep -E "(^|[^A-Za-z0-9_.>])($heap)[ 	]*\(" | grep -Ev '^src/base/mem\.c:')"

exit $found
