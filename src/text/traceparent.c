/* SPDX-License-Identifier: Apache-2.0 */
#include "text/traceparent.h"

#include <string.h>

#include "base/hex.h"

void
traceparent_format(const struct trace_place *p, char out[TRACEPARENT_MAX])
{
	memcpy(out, "00-", 3);
	hex_encode(p->trace, 16, out + 3);
	out[35] = '-';
	hex_encode(p->span, 8, out + 36);
	memcpy(out + 52, p->sampled ? "-01" : "-00", 4);
}

/* All zeros mean "none". */
static bool
read_id(const char *p, size_t n, unsigned char *out)
{
	unsigned char any = 0;

	if (!hex_decode(p, n, out))
		return false;
	for (size_t i = 0; i < n; i++)
		any |= out[i];
	return any != 0;
}

bool
traceparent_parse(struct str s, struct trace_place *out)
{
	struct trace_place p;
	unsigned char version, flags;

	/* Later versions may be longer, but begin the same; ff is none. */
	if (s.n < 55 || s.p[2] != '-' || s.p[35] != '-' || s.p[52] != '-')
		return false;
	if (!hex_decode(s.p, 1, &version) || version == 0xff)
		return false;
	if ((version == 0 && s.n != 55) || (s.n > 55 && s.p[55] != '-'))
		return false;
	if (!read_id(s.p + 3, 16, p.trace) || !read_id(s.p + 36, 8, p.span))
		return false;
	if (!hex_decode(s.p + 53, 1, &flags))
		return false;
	p.sampled = flags & 1;
	*out = p;
	return true;
}
