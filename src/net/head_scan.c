/* SPDX-License-Identifier: Apache-2.0 */
#include "head_scan.h"

#include "http_request.h"

bool
head_scan(struct head_scan *h, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char c = p[i];

		h->n++;
		if (c == '\n') {
			if (!h->within)
				return true;
			h->within = h->cr = false;
			h->first_done = true;
			continue;
		}
		/* A CR that is not before LF is part of the line. */
		if (h->cr)
			h->within = true;
		if (c == '\0' || (!h->within && h->first_done && (c == ' ' || c == '\t')))
			h->bad = true;
		if (!h->verb_done && c == ' ')
			h->verb_done = true;
		else if (!h->verb_done && !http_is_token_char((unsigned char)c))
			h->bad = true;
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
