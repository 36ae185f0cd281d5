/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/copy.h - copying a few bytes, for which a call would take longer than the copying.
 */
#ifndef BASE_COPY_H
#define BASE_COPY_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Copies n bytes to p; returns where they end. The two must not overlap. */
static inline char *
copy_short(char *p, const char *bytes, size_t n)
{
	/* Both ends, which may overlap. */
	if (n >= 16) {
		for (size_t i = 0; i + 16 < n; i += 16)
			memcpy(p + i, bytes + i, 16);
		memcpy(p + n - 16, bytes + n - 16, 16);
	} else if (n >= 8) {
		memcpy(p, bytes, 8);
		memcpy(p + n - 8, bytes + n - 8, 8);
	} else if (n >= 4) {
		memcpy(p, bytes, 4);
		memcpy(p + n - 4, bytes + n - 4, 4);
	} else if (n > 0) {
		p[0] = bytes[0];
		p[n / 2] = bytes[n / 2];
		p[n - 1] = bytes[n - 1];
	}
	return p + n;
}

#define UINT_DIGITS 20	/* of a number, at most */

/* Writes the decimal digits of v to p; returns where they end. */
static inline char *
copy_uint(char *p, uint64_t v)
{
	char digits[UINT_DIGITS];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + v % 10);
	while ((v /= 10) > 0);
	return copy_short(p, digits + at, sizeof(digits) - at);
}

#endif
