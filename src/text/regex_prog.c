/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the tree to the program, from behind: each node is written with the step
 * that follows it already known. The order of alternatives and the treatment of
 * loops around what may be empty are Go's, as captures show them.
 */
#include "regex_prog.h"

#include <assert.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "regex_sets.h"

/* A set that was written already, found by its ranges. */
struct known_set {
	uint32_t hash, set;
	struct known_set *next;
};

#define KNOWN_SETS 256

struct writer {
	struct arena *arena;
	VEC(struct rx_step) step;
	VEC(struct rx_set) set;
	VEC(struct rx_range) range;
	struct known_set *known[KNOWN_SETS];
	const struct rx_range *last;	/* the ranges of the set last_set: what is repeated is not looked up again */
	size_t last_n;
	uint32_t last_set;
	size_t looked_up;	/* ranges */
	bool captures;
	unsigned care;
	bool asserts;
};

static size_t
add_sat(size_t a, size_t b)
{
	return a > SIZE_MAX - b ? SIZE_MAX : a + b;
}

static size_t
mul_sat(size_t a, size_t b)
{
	return b != 0 && a > SIZE_MAX / b ? SIZE_MAX : a * b;
}

static size_t
repeat_size(const struct rx_node *n, size_t one)
{
	const struct rx_node *sub = n->sub[0];

	if (sub->op == RX_EMPTY || n->max == 0)
		return 0;
	if (n->max < 0)
		return add_sat(mul_sat(one, (size_t)(n->min > 1 ? n->min : 1)),
		    n->min == 0 && rx_may_be_empty(sub, false) ? 2 : 1);
	return add_sat(mul_sat(one, (size_t)n->max), (size_t)(n->max - n->min));
}

size_t
rx_prog_size(const struct rx_node *n, bool captures)
{
	size_t size = 0;

	/* As write_node writes it, step by step. */
	switch (n->op) {
	case RX_LITERAL:
		return n->runes;
	case RX_CAPTURE:
		return add_sat(captures ? 2 : 0, rx_prog_size(n->sub[0], captures));
	case RX_REPEAT:
		return repeat_size(n, rx_prog_size(n->sub[0], captures));
	case RX_CONCAT:
	case RX_ALT:
		for (size_t i = 0; i < n->n; i++)
			size = add_sat(size, rx_prog_size(n->sub[i], captures));
		return n->op == RX_ALT ? add_sat(size, n->n - 1) : size;
	case RX_EMPTY:
		return 0;
	case RX_CLASS:
	case RX_ANY:
	case RX_ANY_NOT_NL:
	case RX_BEGIN_TEXT:
	case RX_END_TEXT:
	case RX_BEGIN_LINE:
	case RX_END_LINE:
	case RX_WORD:
	case RX_NOT_WORD:
	case RX_PAREN:
	case RX_BAR:
		break;
	}
	return 1;
}

static uint32_t
put(struct writer *w, enum rx_step_op op, uint32_t out, uint32_t arg)
{
	struct rx_step s = { .op = op, .out = out & 0xFFFFFFF, .arg = arg };

	VEC_PUSH(&w->step, s);
	return (uint32_t)w->step.n - 1;
}

static uint32_t
find_set(struct writer *w, const struct rx_range *r, size_t n)
{
	uint32_t hash = (uint32_t)n;

	w->looked_up += n;
	for (size_t i = 0; i < n; i++)
		hash = ((hash ^ r[i].lo) * 0x9E3779B1u) ^ r[i].hi;
	struct known_set **at = &w->known[hash % KNOWN_SETS];
	for (struct known_set *k = *at; k != NULL; k = k->next) {
		struct rx_set s = w->set.v[k->set];
		if (k->hash == hash && s.n == n && (n == 0 || memcmp(w->range.v + s.from, r, n * sizeof(*r)) == 0))
			return k->set;
	}
	struct known_set *k = ARENA_NEW(w->arena, struct known_set);
	*k = (struct known_set){ hash, (uint32_t)w->set.n, *at };
	*at = k;
	struct rx_set s = { (uint32_t)w->range.n, (uint32_t)n };
	VEC_PUSH(&w->set, s);
	for (size_t i = 0; i < n; i++)
		VEC_PUSH(&w->range, r[i]);
	return k->set;
}

/* The number of the set with these ranges, which are normalised and stay where they are. */
static uint32_t
put_set(struct writer *w, const struct rx_range *r, size_t n)
{
	if (n == 0 || w->last != r || w->last_n != n) {
		w->last_set = find_set(w, r, n);
		w->last = r;
		w->last_n = n;
	}
	return w->last_set;
}

static uint32_t
put_rune(struct writer *w, uint32_t rune, bool fold, uint32_t next)
{
	if (!fold || rx_fold_next(rune) == rune)
		return put(w, RX_STEP_RUNE, next, rune);
	struct rx_range r[8] = { { rune, rune } };
	size_t n = 1;
	for (uint32_t x = rx_fold_next(rune); x != rune && n < ARRAY_LEN(r); x = rx_fold_next(x))
		r[n++] = (struct rx_range){ x, x };
	n = rx_ranges_normalise(r, n);
	return put(w, RX_STEP_SET, next, find_set(w, r, n));
}

static uint32_t
put_literal(struct writer *w, const struct rx_node *n, uint32_t next)
{
	size_t end = n->text.n;

	while (end > 0) {
		size_t from = end - 1;
		uint32_t rune;
		while (from > 0 && ((unsigned char)n->text.p[from] & 0xC0) == 0x80)
			from--;
		utf8_decode(str_sub(n->text, from, end), &rune);
		next = put_rune(w, rune, n->fold, next);
		end = from;
	}
	return next;
}

bool
rx_may_be_empty(const struct rx_node *n, bool alone)
{
	switch (n->op) {
	case RX_LITERAL:
		return n->runes == 0;
	case RX_CLASS:
	case RX_ANY:
	case RX_ANY_NOT_NL:
		return false;
	case RX_WORD:
		return !alone;
	case RX_CAPTURE:
		return rx_may_be_empty(n->sub[0], alone);
	case RX_REPEAT:
		return n->min == 0 || rx_may_be_empty(n->sub[0], alone);
	case RX_CONCAT:
		for (size_t i = 0; i < n->n; i++)
			if (!rx_may_be_empty(n->sub[i], alone))
				return false;
		return true;
	case RX_ALT:
		for (size_t i = 0; i < n->n; i++)
			if (rx_may_be_empty(n->sub[i], alone))
				return true;
		return false;
	case RX_EMPTY:
	case RX_BEGIN_TEXT:
	case RX_END_TEXT:
	case RX_BEGIN_LINE:
	case RX_END_LINE:
	case RX_NOT_WORD:
	case RX_PAREN:
	case RX_BAR:
		break;
	}
	return true;
}

static uint32_t write_node(struct writer *w, const struct rx_node *n, uint32_t next);

static uint32_t
put_split(struct writer *w, bool lazy, uint32_t first, uint32_t second)
{
	return lazy ? put(w, RX_STEP_SPLIT, second, first) : put(w, RX_STEP_SPLIT, first, second);
}

/* x+ as a loop; *split is where it decides whether to go on. */
static uint32_t
write_loop(struct writer *w, const struct rx_node *sub, bool lazy, uint32_t next, uint32_t *split)
{
	*split = put_split(w, lazy, 0, next);
	uint32_t body = write_node(w, sub, *split);

	if (lazy)
		w->step.v[*split].arg = body;
	else
		w->step.v[*split].out = body & 0xFFFFFFF;
	return body;
}

static uint32_t
write_repeat(struct writer *w, const struct rx_node *n, uint32_t next)
{
	const struct rx_node *sub = n->sub[0];
	uint32_t at = next, split;

	if (sub->op == RX_EMPTY || n->max == 0)
		return next;
	if (n->max < 0) {
		at = write_loop(w, sub, n->lazy, next, &split);
		if (n->min == 0)
			return rx_may_be_empty(sub, false) ? put_split(w, n->lazy, at, next) : split;
		for (int i = 1; i < n->min; i++)
			at = write_node(w, sub, at);
		return at;
	}
	for (int i = n->min; i < n->max; i++)
		at = put_split(w, n->lazy, write_node(w, sub, at), next);
	for (int i = 0; i < n->min; i++)
		at = write_node(w, sub, at);
	return at;
}

static uint32_t
write_branches(struct writer *w, struct rx_node *const *branch, size_t n, uint32_t next)
{
	uint32_t at = write_node(w, branch[n - 1], next);

	for (size_t i = n - 1; i > 0; i--)
		at = put_split(w, false, write_node(w, branch[i - 1], next), at);
	return at;
}

static uint32_t
write_assert(struct writer *w, enum rx_op op, uint32_t next)
{
	w->asserts = true;
	if (op == RX_BEGIN_TEXT)
		w->care |= RX_AT_BEGIN;
	else if (op == RX_BEGIN_LINE)
		w->care |= RX_AT_BEGIN | RX_AFTER_NEWLINE;
	else if (op == RX_WORD || op == RX_NOT_WORD)
		w->care |= RX_AFTER_WORD;
	return put(w, RX_STEP_ASSERT, next, op);
}

static uint32_t
write_node(struct writer *w, const struct rx_node *n, uint32_t next)
{
	static const struct rx_range any[] = { { 0, RX_RUNE_MAX } };
	static const struct rx_range no_newline[] = { { 0, '\n' - 1 }, { '\n' + 1, RX_RUNE_MAX } };

	switch (n->op) {
	case RX_LITERAL:
		return put_literal(w, n, next);
	case RX_CLASS:
		if (n->cls->n == 1 && n->cls->range[0].lo == n->cls->range[0].hi)
			return put(w, RX_STEP_RUNE, next, n->cls->range[0].lo);
		return put(w, RX_STEP_SET, next, put_set(w, n->cls->range, n->cls->n));
	case RX_ANY:
		return put(w, RX_STEP_SET, next, put_set(w, any, 1));
	case RX_ANY_NOT_NL:
		return put(w, RX_STEP_SET, next, put_set(w, no_newline, 2));
	case RX_CAPTURE:
		if (!w->captures)
			return write_node(w, n->sub[0], next);
		next = put(w, RX_STEP_SAVE, next, 2 * (uint32_t)n->capture + 1);
		return put(w, RX_STEP_SAVE, write_node(w, n->sub[0], next), 2 * (uint32_t)n->capture);
	case RX_REPEAT:
		return write_repeat(w, n, next);
	case RX_CONCAT:
		for (size_t i = n->n; i > 0; i--)
			next = write_node(w, n->sub[i - 1], next);
		return next;
	case RX_ALT:
		return write_branches(w, n->sub, n->n, next);
	case RX_BEGIN_TEXT:
	case RX_END_TEXT:
	case RX_BEGIN_LINE:
	case RX_END_LINE:
	case RX_WORD:
	case RX_NOT_WORD:
		return write_assert(w, n->op, next);
	case RX_EMPTY:
	case RX_PAREN:
	case RX_BAR:
		break;
	}
	return next;
}

/* Begins all that n matches at the beginning of the text? */
static bool
from_begin(const struct rx_node *n)
{
	switch (n->op) {
	case RX_BEGIN_TEXT:
		return true;
	case RX_CAPTURE:
	case RX_CONCAT:
		return from_begin(n->sub[0]);
	case RX_REPEAT:
		return n->min > 0 && from_begin(n->sub[0]);
	case RX_ALT:
		for (size_t i = 0; i < n->n; i++)
			if (!from_begin(n->sub[i]))
				return false;
		return true;
	case RX_LITERAL:
	case RX_CLASS:
	case RX_ANY:
	case RX_ANY_NOT_NL:
	case RX_END_TEXT:
	case RX_BEGIN_LINE:
	case RX_END_LINE:
	case RX_WORD:
	case RX_NOT_WORD:
	case RX_EMPTY:
	case RX_PAREN:
	case RX_BAR:
		break;
	}
	return false;
}

static struct rx_prog *
finish(struct writer *w, uint32_t start)
{
	struct rx_prog *p = NEW(struct rx_prog);

	p->n = (uint32_t)w->step.n;
	p->step = mem_realloc(w->step.v, w->step.n, sizeof(*p->step));
	p->start = start;
	p->sets = w->set.n;
	p->set = mem_realloc(w->set.v, w->set.n + 1, sizeof(*p->set));
	p->ranges = w->range.n;
	p->range = mem_realloc(w->range.v, w->range.n + 1, sizeof(*p->range));
	p->care = w->care;
	p->asserts = w->asserts;
	p->effort = w->looked_up;
	rx_prog_classify(p, w->arena);
	return p;
}

struct rx_prog *
rx_prog_whole(struct arena *a, struct rx_node *const *branch, size_t n)
{
	struct writer w = { .arena = a };
	uint32_t match = put(&w, RX_STEP_MATCH, 0, 0);
	struct rx_prog *p = finish(&w, write_branches(&w, branch, n, match));

	p->from_begin = p->to_end = true;
	return p;
}

struct rx_prog *
rx_prog_search(struct arena *a, const struct rx_node *root, int captures)
{
	struct writer w = { .arena = a, .captures = captures > 0 };
	uint32_t match = put(&w, RX_STEP_MATCH, 0, 0);
	struct rx_prog *p = finish(&w, write_node(&w, root, match));

	p->from_begin = from_begin(root);
	p->slots = 2 * captures + 2;
	return p;
}

void
rx_prog_free(struct rx_prog **p)
{
	if (*p == NULL)
		return;
	mem_free((*p)->step);
	mem_free((*p)->set);
	mem_free((*p)->range);
	mem_free((*p)->cut);
	mem_free((*p)->cut_class);
	mem_free((*p)->example);
	mem_free(*p);
	*p = NULL;
}

size_t
rx_prog_bytes(const struct rx_prog *p)
{
	return sizeof(*p) + p->n * sizeof(*p->step) + p->sets * sizeof(*p->set) + p->ranges * sizeof(*p->range) +
	    p->cuts * (sizeof(*p->cut) + sizeof(*p->cut_class)) + p->classes * sizeof(*p->example);
}
