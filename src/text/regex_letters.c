/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Letters that stand for themselves, taken many at a time: long lists of names
 * are read in no time.
 */
#include <ctype.h>
#include <string.h>

#include "regex_ast.h"

/* Those behind ASCII are to be decoded. */
const bool rx_has_meaning[256] = {
	['('] = true, [')'] = true, ['|'] = true, ['^'] = true, ['$'] = true, ['.'] = true, ['['] = true, ['\\'] = true,
	['*'] = true, ['+'] = true, ['?'] = true, ['{'] = true, [0x80 ... 0xFF] = true,
};

static bool
is_operator(char c)
{
	return c == '*' || c == '+' || c == '?' || c == '{';
}

bool
rx_is_escaped(struct str s)
{
	unsigned char c = s.n > 1 && s.p[0] == '\\' ? (unsigned char)s.p[1] : 'a';

	return c < 0x80 && !isalnum(c);
}

static bool
is_letter(struct str s)
{
	return s.n > 0 && (rx_means_itself(s.p[0]) || (unsigned char)s.p[0] >= 0x80 || rx_is_escaped(s));
}

static struct str
without_backslashes(struct arena *a, struct str s)
{
	char *out = ARENA_ARRAY(a, s.n, char);
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\\' && i + 1 < s.n)
			i++;
		out[n++] = s.p[i];
	}
	return (struct str){ out, n };
}

bool
rx_push_letters(struct rx_parser *p)
{
	struct str rest = p->rest, last = rest;
	size_t runes = 0, escapes = 0;
	uint32_t rune;

	for (; is_letter(rest); runes++) {
		last = rest;
		if (rx_means_itself(rest.p[0])) {
			rest.p++;
			rest.n--;
			continue;
		}
		if (rx_is_escaped(rest)) {
			rest = str_sub(rest, 1, rest.n);
			escapes++;
		}
		if (!rx_next_rune(p, &rest, &rune))
			return false;
	}
	if (runes > 1 && rest.n > 0 && is_operator(rest.p[0])) {
		rest = last;
		runes--;
	}
	struct rx_node *n = rx_node(p, RX_LITERAL);
	n->text = rx_between(p->rest, rest);
	if (escapes > 0)
		n->text = without_backslashes(p->arena, n->text);
	n->runes = runes;
	n->fold = (p->flags & RX_FOLD) != 0;
	rx_push(p, n);
	p->rest = rest;
	return true;
}
