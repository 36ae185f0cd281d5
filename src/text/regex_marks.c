/* SPDX-License-Identifier: Apache-2.0 */
#include "regex_marks.h"

#include <string.h>

/* Groups within groups, no deeper than people write them: the search for a text within goes over each of these anew. */
#define DEPTH_MAX 8

/* Without letters (and what else has cases) (?i) changes nothing. */
static bool
caseless(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c >= 0x80 || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'))
			return false;
	}
	return true;
}

static bool
has_replacement(struct str s)
{
	/* Most texts lack its first byte, which is soon known. */
	return s.n > 0 && memchr(s.p, 0xEF, s.n) != NULL && str_find(s, STR("\xEF\xBF\xBD")) < s.n;
}

bool
rx_is_plain(const struct rx_node *literal)
{
	return (!literal->fold || caseless(literal->text)) && !has_replacement(literal->text);
}

static void
turn_round(char *p, size_t n)
{
	for (size_t i = 0; i < n / 2; i++) {
		char c = p[i];

		p[i] = p[n - 1 - i];
		p[n - 1 - i] = c;
	}
}

static bool put_edge(struct sbuf *b, const struct rx_node *n, enum rx_edge edge);

/* The part that all branches have in common: each is put down behind it, and gives way to what of it is the same. */
static void
put_common_edge(struct sbuf *b, const struct rx_node *n, enum rx_edge edge)
{
	size_t from = b->n, common;

	(void)put_edge(b, n->sub[0], edge);
	common = b->n - from;
	for (size_t i = 1; i < n->n && common > 0; i++) {
		size_t at = b->n, same = 0, len;

		(void)put_edge(b, n->sub[i], edge);
		len = b->n - at;
		while (same < common && same < len && b->p[from + same] == b->p[at + same])
			same++;
		common = same;
		sbuf_cut(b, from + common);
	}
}

/*
 * Appends what everything that n matches begins (ends) with, from the edge inwards: an end is put down
 * backwards. Returns whether n matches nothing but that, so that what follows may be appended.
 */
static bool
put_edge(struct sbuf *b, const struct rx_node *n, enum rx_edge edge)
{
	switch (n->op) {
	case RX_EMPTY:
	case RX_BEGIN_TEXT:
	case RX_END_TEXT:
	case RX_BEGIN_LINE:
	case RX_END_LINE:
	case RX_WORD:
	case RX_NOT_WORD:
		return true;
	case RX_LITERAL:
		if (!rx_is_plain(n))
			return false;
		sbuf_str(b, n->text);
		if (edge == RX_EDGE_END && n->text.n > 0)
			turn_round(b->p + b->n - n->text.n, n->text.n);
		return true;
	case RX_CAPTURE:
		return put_edge(b, n->sub[0], edge);
	case RX_CONCAT:
		for (size_t i = 0; i < n->n; i++) {
			if (!put_edge(b, n->sub[edge == RX_EDGE_START ? i : n->n - 1 - i], edge))
				return false;
		}
		return true;
	case RX_REPEAT:
		if (n->min == 0)
			return false;
		return put_edge(b, n->sub[0], edge) && n->min == 1 && n->max == 1;
	case RX_ALT:
		put_common_edge(b, n, edge);
		return false;
	case RX_CLASS:
	case RX_ANY:
	case RX_ANY_NOT_NL:
	case RX_PAREN:
	case RX_BAR:
		break;
	}
	return false;
}

struct str
rx_edge(struct arena *a, const struct rx_node *n, enum rx_edge edge)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct str s;

	(void)put_edge(&b, n, edge);
	if (edge == RX_EDGE_END)
		turn_round(b.p, b.n);
	s = arena_str(a, sbuf_get(&b));
	sbuf_fini(&b);
	return s;
}

/* Keeps the longer one. */
static void
offer(struct arena *a, struct str *best, struct str s)
{
	if (s.n > best->n)
		*best = arena_str(a, s);
}

static void find_longest(struct arena *a, struct str *best, const struct rx_node *n, int depth);

/* Neighbours that match but one text each are one text, and so are the edges of those beside them. */
static void
longest_in_row(struct arena *a, struct str *best, const struct rx_node *n, int depth)
{
	struct sbuf run = SBUF_INIT(SBUF_UNLIMITED);

	for (size_t i = 0; i < n->n; i++) {
		if (put_edge(&run, n->sub[i], RX_EDGE_START))
			continue;
		offer(a, best, sbuf_get(&run));
		find_longest(a, best, n->sub[i], depth + 1);
		sbuf_reset(&run);
		(void)put_edge(&run, n->sub[i], RX_EDGE_END);
		turn_round(run.p, run.n);
	}
	offer(a, best, sbuf_get(&run));
	sbuf_fini(&run);
}

/* The longest text that is in all that n matches. */
static void
find_longest(struct arena *a, struct str *best, const struct rx_node *n, int depth)
{
	if (depth > DEPTH_MAX)
		return;
	if (n->op == RX_CONCAT) {
		longest_in_row(a, best, n, depth);
	} else if (n->op == RX_CAPTURE || (n->op == RX_REPEAT && n->min > 0)) {
		find_longest(a, best, n->sub[0], depth + 1);
	} else if (n->op == RX_LITERAL && rx_is_plain(n)) {
		offer(a, best, n->text);
	}
}

struct text_mark
rx_mark(struct arena *a, const struct rx_node *n, struct str start)
{
	struct text_mark m = { start, rx_edge(a, n, RX_EDGE_END), STR_NONE };
	struct str longest = STR("");

	find_longest(a, &longest, n, 0);
	if (longest.n > m.start.n && longest.n > m.end.n)
		m.within = longest;
	return m;
}
