/* SPDX-License-Identifier: Apache-2.0 */
#include "head_scan.h"

#include <string.h>

#include "http/header.h"

static void
verb_byte(struct head_scan *h, char c)
{
	if (c == ' ' && h->verb_n > 0)
		h->verb_done = true;
	else if (!http_is_token_char((unsigned char)c))
		h->bad = true;
	else if (h->verb_n <= HEAD_VERB_MAX) {
		if (h->verb_n < HEAD_VERB_MAX)
			h->verb[h->verb_n] = c;
		h->verb_n++;
	}
}

static const char coding_name[] = "transfer-encoding:";

static void
name_byte(struct head_scan *h, char c)
{
	char lower = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;

	if (lower != coding_name[h->coding])
		h->coding = sizeof(coding_name);
	else if (++h->coding == sizeof(coding_name) - 1)
		h->coded = true;
}

/* Bytes before the first CR, LF or NUL. */
static size_t
plain_run(const char *p, size_t n)
{
	static const char ends[] = { '\n', '\r', '\0' };

	for (size_t i = 0; i < sizeof(ends); i++) {
		const char *end = memchr(p, ends[i], n);

		if (end != NULL)
			n = (size_t)(end - p);
	}
	return n;
}

/* Nothing but its end matters of a line whose name is known. */
static bool
is_plain(const struct head_scan *h)
{
	return h->within && !h->cr && h->verb_done && h->coding >= sizeof(coding_name) - 1;
}

bool
head_scan(struct head_scan *h, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t run = is_plain(h) ? plain_run(p + i, n - i) : 0;
		char c;

		h->n += run;
		i += run;
		if (i == n)
			break;
		c = p[i];
		h->n++;
		if (c == '\n') {
			if (!h->within)
				return true;
			h->within = h->cr = false;
			h->first_done = true;
			h->coding = 0;
			continue;
		}
		/* A CR that is not before LF is part of the line. */
		if (h->cr)
			h->within = true;
		if (c == '\0' || (!h->within && h->first_done && (c == ' ' || c == '\t')))
			h->bad = true;
		if (!h->verb_done)
			verb_byte(h, c);
		if (h->coding < sizeof(coding_name) - 1)
			name_byte(h, c);
		h->cr = c == '\r';
		if (!h->cr)
			h->within = true;
	}
	return false;
}

size_t
head_blank(const char *p, size_t n)
{
	size_t i = 0;

	while (i < n && (p[i] == '\n' || (p[i] == '\r' && i + 1 < n && p[i + 1] == '\n')))
		i += p[i] == '\n' ? 1 : 2;
	return i;
}
