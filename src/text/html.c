/* SPDX-License-Identifier: Apache-2.0 */
#include "text/html.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/compiler.h"
#include "base/utf8.h"
#include "html_entities.h"

void
html_escape(struct sbuf *b, struct str s)
{
	size_t run = 0;

	for (size_t i = 0; i < s.n; i++) {
		const char *by;
		switch (s.p[i]) {
		case '&':
			by = "&amp;";
			break;
		case '\'':
			by = "&#39;";
			break;
		case '<':
			by = "&lt;";
			break;
		case '>':
			by = "&gt;";
			break;
		case '"':
			by = "&#34;";
			break;
		default:
			continue;
		}
		sbuf_put(b, s.p + run, i - run);
		sbuf_puts(b, by);
		run = i + 1;
	}
	if (s.n > run)
		sbuf_put(b, s.p + run, s.n - run);
}

/* HTML 5: what these numbers mean in references, whatever Unicode says. */
static const uint16_t windows_1252[32] = {
	0x20AC, 0x81, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8D,
	0x017D, 0x8F, 0x90, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A,
	0x0153, 0x9D, 0x017E, 0x0178,
};

static int
digit_value(char c, int base)
{
	int v = ascii_hex(c);

	return v < base ? v : -1;
}

/* s begins with "&#"; the bytes taken, or 0. */
static size_t
numeric_reference(struct str s, uint32_t *rune)
{
	size_t i = 2;
	int base = 10;
	uint32_t value = 0;

	if (i < s.n && (s.p[i] == 'x' || s.p[i] == 'X')) {
		base = 16;
		i++;
	}
	size_t first = i;
	for (; i < s.n && digit_value(s.p[i], base) >= 0; i++) {
		if (value <= 0x10FFFF)
			value = value * (uint32_t)base + (uint32_t)digit_value(s.p[i], base);
	}
	if (i == first)
		return 0;
	if (i < s.n && s.p[i] == ';')
		i++;
	if (value >= 0x80 && value <= 0x9F)
		value = windows_1252[value - 0x80];
	else if (value == 0 || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
		value = RUNE_ERROR;
	*rune = value;
	return i;
}

static int
compare_entity(const void *key, const void *item)
{
	return strcmp(key, ((const struct html_entity *)item)->name);
}

/* s begins with "&"; the bytes taken, or 0. */
static size_t
named_reference(struct str s, uint32_t *rune)
{
	static const struct html_entity bare[] = { { "amp", '&' }, { "lt", '<' }, { "gt", '>' }, { "quot", '"' } };
	char name[9];
	size_t n = 0;

	while (n + 1 < s.n && n < sizeof(name) - 1 &&
	    (digit_value((char)(s.p[n + 1]), 10) >= 0 || ((s.p[n + 1] | 0x20) >= 'a' && (s.p[n + 1] | 0x20) <= 'z'))) {
		name[n] = s.p[n + 1];
		n++;
	}
	name[n] = '\0';
	if (n + 1 < s.n && s.p[n + 1] == ';') {
		const struct html_entity *found = bsearch(name, html_entities, ARRAY_LEN(html_entities),
		    sizeof(html_entities[0]), compare_entity);
		if (found != NULL) {
			*rune = found->rune;
			return n + 2;
		}
		if (strcmp(name, "apos") == 0) {
			*rune = '\'';
			return n + 2;
		}
	}
	for (size_t i = 0; i < ARRAY_LEN(bare); i++) {
		size_t len = strlen(bare[i].name);
		if (strncmp(name, bare[i].name, len) == 0) {
			*rune = bare[i].rune;
			return len + 1;
		}
	}
	return 0;
}

void
html_unescape(struct sbuf *b, struct str s)
{
	while (s.n > 0) {
		size_t amp = str_chr(s, '&');
		sbuf_put(b, s.p, amp);
		s = str_sub(s, amp, s.n);
		if (s.n == 0)
			break;
		uint32_t rune = '&';
		size_t taken = s.n > 1 && s.p[1] == '#' ? numeric_reference(s, &rune) : named_reference(s, &rune);
		char out[4];
		sbuf_put(b, out, utf8_encode(rune, out));
		s = str_sub(s, taken > 0 ? taken : 1, s.n);
	}
}
