/* SPDX-License-Identifier: Apache-2.0 */
#include "regex_plain.h"

#include <ctype.h>

/* Longer ones are lists, whose common start and marks the parser finds as well. */
#define PATTERN_MAX 1024

/* A pattern that is being read; its texts are put down one behind the other. */
struct plain {
	struct arena *arena;
	struct str rest;
	char *out;		/* in a block that is as long as the pattern */
	struct rx_plan *plan;
	size_t gaps;		/* pieces that have some */
};

static bool
repeats(char c)
{
	return c == '*' || c == '+' || c == '?' || c == '{';
}

static bool
is_printed(char c)
{
	return c >= ' ' && c <= '~';
}

/* A letter at the front of s, written as itself, behind a backslash or alone in a set: the bytes that takes; 0: there is none. */
static size_t
letter(struct str s, char *c)
{
	if (s.n >= 3 && s.p[0] == '[') {
		*c = s.p[1];
		return s.p[2] == ']' && is_printed(*c) && *c != '^' && *c != '\\' && *c != '[' && *c != ']' ? 3 : 0;
	}
	if (s.n >= 2 && s.p[0] == '\\') {
		*c = s.p[1];
		return is_printed(*c) && !isalnum((unsigned char)*c) ? 2 : 0;
	}
	if (s.n == 0 || !is_printed(s.p[0]) || !rx_means_itself(s.p[0]))
		return 0;
	*c = s.p[0];
	return 1;
}

static void
pass(struct str *s, size_t n)
{
	s->p += n;
	s->n -= n;
}

static enum rx_gap
take_gap(struct str *s)
{
	if (s->n < 2 || s->p[0] != '.' || (s->p[1] != '*' && s->p[1] != '+'))
		return RX_GAP_NONE;
	pass(s, 2);
	return s->p[-1] == '*' ? RX_GAP_ANY : RX_GAP_SOME;
}

/* Up to the end or a bar; false: it is none of ours. */
static bool
take_branch(struct plain *p)
{
	struct rx_piece piece = { .before = take_gap(&p->rest) };
	char *from = p->out, c;
	size_t n;

	for (;;) {
		/* Most stand for themselves. */
		for (n = 0; n < p->rest.n && is_printed(p->rest.p[n]) && rx_means_itself(p->rest.p[n]); n++)
			*p->out++ = p->rest.p[n];
		pass(&p->rest, n);
		n = letter(p->rest, &c);
		if (n == 0)
			break;
		pass(&p->rest, n);
		*p->out++ = c;
	}
	if (p->out == from || (p->rest.n > 0 && repeats(p->rest.p[0])))
		return false;
	piece.text = (struct str){ from, (size_t)(p->out - from) };
	piece.behind = take_gap(&p->rest);
	p->gaps += rx_piece_is_exact(&piece) ? 0 : 1;
	rx_add_piece(p->arena, p->plan, piece);
	return p->rest.n == 0 || p->rest.p[0] == '|';
}

/* The start that all have in common. */
static struct str
common_start(const struct rx_plan *plan)
{
	struct str common = plan->piece[0].text;

	for (size_t i = 0; i < plan->n; i++) {
		struct str s = plan->piece[i].before == RX_GAP_NONE ? plan->piece[i].text : STR_NONE;
		size_t same = 0;

		while (same < common.n && same < s.n && common.p[same] == s.p[same])
			same++;
		common.n = same;
	}
	return common;
}

bool
rx_plan_plain(struct arena *a, struct str pattern, struct rx_plan *plan)
{
	struct plain p = { .arena = a, .rest = pattern, .plan = plan };

	*plan = (struct rx_plan){ .anchored = true, .decided = true };
	if (pattern.n == 0 || pattern.n > PATTERN_MAX)
		return false;
	p.out = ARENA_ARRAY(a, pattern.n, char);
	while (take_branch(&p)) {
		if (p.gaps > RX_GAPS_MAX || plan->n > RX_MARKS_MAX)
			return false;
		if (p.rest.n == 0) {
			plan->prefix = common_start(plan);
			return rx_mark_pieces(a, plan, 0);
		}
		pass(&p.rest, 1);
	}
	return false;
}
