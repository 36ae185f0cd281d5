/* SPDX-License-Identifier: Apache-2.0 */
#include "text/base64.h"

#include <stdint.h>
#include <string.h>

static const char alphabet[2][65] = {
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
};

void
base64_encode(struct sbuf *b, struct str s, enum base64_kind kind)
{
	const char *digits = alphabet[kind];

	for (size_t i = 0; i < s.n; i += 3) {
		size_t n = s.n - i < 3 ? s.n - i : 3;
		uint32_t v = (uint32_t)(unsigned char)s.p[i] << 16;
		if (n > 1)
			v |= (uint32_t)(unsigned char)s.p[i + 1] << 8;
		if (n > 2)
			v |= (unsigned char)s.p[i + 2];
		char out[4] = { digits[v >> 18], digits[v >> 12 & 63], '=', '=' };
		if (n > 1)
			out[2] = digits[v >> 6 & 63];
		if (n > 2)
			out[3] = digits[v & 63];
		sbuf_put(b, out, 4);
	}
}

static int
value_of(char c, enum base64_kind kind)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == alphabet[kind][62])
		return 62;
	if (c == alphabet[kind][63])
		return 63;
	return -1;
}

bool
base64_decode(struct sbuf *b, struct str s, enum base64_kind kind)
{
	size_t before = b->n;
	uint32_t group = 0;
	unsigned digits = 0, padding = 0;
	bool ended = false;

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (c == '\r' || c == '\n')
			continue;
		int v = c == '=' ? 0 : value_of(c, kind);
		if (v < 0 || ended || (c == '=' && digits + padding < 2) || (c != '=' && padding > 0))
			goto bad;
		group = group << 6 | (uint32_t)v;
		if (c == '=')
			padding++;
		else
			digits++;
		if (digits + padding < 4)
			continue;
		char out[3] = { (char)(group >> 16), (char)(group >> 8), (char)group };
		sbuf_put(b, out, 3 - padding);
		ended = padding > 0;
		group = digits = padding = 0;
	}
	if (digits + padding == 0)
		return true;
bad:
	sbuf_cut(b, before);
	return false;
}
