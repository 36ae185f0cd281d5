/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hex.h"

#include "base/ascii.h"

void
hex_encode(const void *p, size_t n, char *out)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *in = p;

	for (size_t i = 0; i < n; i++) {
		*out++ = digits[in[i] >> 4];
		*out++ = digits[in[i] & 15];
	}
	*out = '\0';
}

bool
hex_decode(const char *p, size_t n, void *out)
{
	unsigned char *bytes = out;

	for (size_t i = 0; i < n; i++) {
		int high = ascii_hex(p[2 * i]), low = ascii_hex(p[2 * i + 1]);

		if (high < 0 || low < 0 || (p[2 * i] >= 'A' && p[2 * i] <= 'F') || (p[2 * i + 1] >= 'A' && p[2 * i + 1] <= 'F'))
			return false;
		bytes[i] = (unsigned char)(high << 4 | low);
	}
	return true;
}
