/* SPDX-License-Identifier: Apache-2.0 */
#include "text/regex.h"

#include <assert.h>
#include <stdlib.h>

#include "base/arena_fast.h"
#include "base/mem.h"
#include "regex_plain.h"
#include "regex_private.h"

/*
 * COMPAT: longer programs are "too large", as longer patterns are (regex_ast.h); Go allows some 3 million steps. Making
 * one, and running all of its places at once, is to fit into a turn of the loop.
 */
#define STEPS_MAX ((size_t)1 << 15)
/* Longer subjects are left to the machine, which can be interrupted. */
#define PIECES_SUBJECT_MAX ((size_t)64 << 10)
/* The costs of comparing in units (base/work.h). */
#define COMPARE_BYTES 16
/* And making a machine: at least; reading the pattern again; for a step, and for what else is counted on the way. */
#define MACHINE_UNITS 300
#define NODE_UNITS 40
#define RANGE_UNITS 4
#define PIECE_UNITS 20
#define STEP_UNITS 2
#define EFFORT_UNITS 1
/* Bytes of memory that come at once. */
#define CACHE_LINE 64

struct regex_run {
	struct regex *re;	/* a reference */
	struct rx_place place;
};

static void
collect_names(struct regex *re, const struct rx_node *n)
{
	if (n->op == RX_CAPTURE)
		re->name[n->capture] = mem_strndup(n->name.n > 0 ? n->name.p : "", n->name.n);
	for (size_t i = 0; i < n->n; i++)
		collect_names(re, n->sub[i]);
}

static int
compare_pieces(const void *a, const void *b)
{
	return str_cmp(((const struct rx_piece *)a)->text, ((const struct rx_piece *)b)->text);
}

/* Copies s to *at, behind which the next has its place. */
static struct str
keep_text(char **at, struct str s)
{
	char *p = *at;

	if (s.n > 0)
		memcpy(p, s.p, s.n);
	*at += s.n;
	return (struct str){ p, s.n };
}

static size_t
exact_pieces(const struct rx_plan *plan)
{
	size_t n = 0;

	for (size_t i = 0; i < plan->n; i++)
		n += rx_piece_is_exact(&plan->piece[i]) ? 1 : 0;
	return n;
}

static size_t
text_bytes(const struct rx_plan *plan, struct str pattern)
{
	size_t bytes = pattern.n + plan->prefix.n;

	for (size_t i = 0; i < plan->n; i++)
		bytes += plan->piece[i].text.n;
	for (size_t i = 0; i < plan->marks; i++)
		bytes += plan->mark[i].start.n + plan->mark[i].end.n + plan->mark[i].within.n;
	return bytes;
}

static void
keep_pieces(struct regex *re, const struct rx_plan *plan, char **p)
{
	for (size_t i = 0; i < plan->n; i++) {
		struct rx_piece piece = plan->piece[i];
		piece.text = keep_text(p, piece.text);
		if (!rx_piece_is_exact(&piece))
			re->piece[re->pieces++] = piece;
		else if (re->literals == 0 || !str_eq(re->literal[re->literals - 1], piece.text))
			re->literal[re->literals++] = piece.text;
	}
}

/* With the plan, behind it; literals apart, sorted and without duplicates. The pattern stands there, too. */
static struct regex *
new_regex(struct str pattern, enum regex_mode mode, struct rx_plan *plan)
{
	size_t exact = exact_pieces(plan), bytes = text_bytes(plan, pattern);
	struct regex *re = mem_alloc(sizeof(*re) + (plan->n - exact) * sizeof(*re->piece) + exact * sizeof(*re->literal) +
	    plan->marks * sizeof(*re->mark) + bytes);

	*re = (struct regex){ .anchored = plan->anchored, .decided = plan->anchored && plan->decided, .mode = mode };
	atomic_init(&re->refs, 1);
	if (plan->n > 1)
		qsort(plan->piece, plan->n, sizeof(*plan->piece), compare_pieces);
	re->piece = (void *)(re + 1);
	re->literal = (void *)(re->piece + (plan->n - exact));
	re->mark = (void *)(re->literal + exact);
	char *p = (char *)(re->mark + plan->marks);
	keep_pieces(re, plan, &p);
	for (; re->marks < plan->marks; re->marks++) {
		const struct text_mark *m = &plan->mark[re->marks];
		struct str start = keep_text(&p, m->start), end = keep_text(&p, m->end), within = keep_text(&p, m->within);
		re->mark[re->marks] = (struct text_mark){ start, end, within };
	}
	re->prefix = keep_text(&p, plan->prefix);
	re->pattern = keep_text(&p, pattern);
	return re;
}

static bool
is_too_large(const struct rx_tree *tree, const struct rx_plan *plan, enum regex_mode mode, size_t length)
{
	/* A search has a step for each letter. */
	size_t size = 0, most = STEPS_MAX + (mode == REGEX_SEARCH ? length : 0);

	if (!plan->anchored) {
		size = rx_prog_size(tree->root, mode == REGEX_SEARCH);
	} else {
		for (size_t i = 0; i < plan->rests && size <= most; i++) {
			size_t one = rx_prog_size(plan->rest[i], false);
			size = one > SIZE_MAX / 2 ? SIZE_MAX / 2 : size + one + 1;
		}
	}
	return size > most;
}

/* ^(?:PATTERN)$ */
static struct str
between_anchors(struct arena *a, struct str pattern)
{
	static const char head[] = "^(?:", tail[] = ")$";
	size_t n = sizeof(head) - 1 + pattern.n + sizeof(tail) - 1;
	char *p = arena_raw(a, n + 1);

	memcpy(p, head, sizeof(head) - 1);
	if (pattern.n > 0)
		memcpy(p + sizeof(head) - 1, pattern.p, pattern.n);
	memcpy(p + n - (sizeof(tail) - 1), tail, sizeof(tail));
	return (struct str){ p, n };
}

static bool
parse(struct arena *a, struct str pattern, enum regex_mode mode, struct rx_tree *tree, struct rx_plan *plan, struct err *e)
{
	if (mode == REGEX_ANCHORED)
		pattern = between_anchors(a, pattern);
	if (!rx_parse(a, pattern, tree, e))
		return false;
	/* Where captures matter, there is but one program, for all. */
	*plan = (struct rx_plan){ 0 };
	if (mode == REGEX_ANCHORED)
		rx_plan(a, tree->root, plan);
	if (is_too_large(tree, plan, mode, pattern.n))
		return err_set(e, ERR_INVALID, "error parsing regexp: expression too large: `%.*s`", STR_ARG(pattern));
	return true;
}

static size_t
reading(const struct rx_tree *tree)
{
	return NODE_UNITS * tree->nodes + RANGE_UNITS * (tree->ranges + tree->folded);
}

static struct regex *
compile_plain(struct arena *a, struct str pattern)
{
	struct rx_plan plan;
	struct regex *re;

	if (!rx_plan_plain(a, pattern, &plan))
		return NULL;
	re = new_regex(pattern, REGEX_ANCHORED, &plan);
	re->reading = PIECE_UNITS * plan.n;
	re->stands_alone = true;
	return re;
}

static struct regex *
compile_any(struct arena *a, struct str pattern, enum regex_mode mode, struct err *e)
{
	struct rx_tree tree;
	struct rx_plan plan;
	struct regex *re;

	if (!parse(a, pattern, mode, &tree, &plan, e))
		return NULL;
	re = new_regex(pattern, mode, &plan);
	re->reading = reading(&tree);
	re->matches_empty = rx_may_be_empty(tree.root, true);
	re->stands_alone = mode == REGEX_SEARCH || tree.first_group_left == strlen(")$");
	if (mode == REGEX_SEARCH) {
		re->captures = tree.captures;
		re->name = mem_calloc((size_t)tree.captures + 1, sizeof(*re->name));
		collect_names(re, tree.root);
	}
	return re;
}

struct regex *
regex_compile(struct str pattern, enum regex_mode mode, struct err *e)
{
	struct arena *a = arena_new();
	struct regex *re = mode == REGEX_ANCHORED ? compile_plain(a, pattern) : NULL;

	if (re == NULL)
		re = compile_any(a, pattern, mode, e);
	arena_free(&a);
	return re;
}

struct regex *
regex_ref(struct regex *re)
{
	atomic_fetch_add_explicit(&re->refs, 1, memory_order_relaxed);
	return re;
}

void
regex_free(struct regex **re)
{
	struct regex *r = *re;

	*re = NULL;
	if (r == NULL || atomic_fetch_sub_explicit(&r->refs, 1, memory_order_acq_rel) != 1)
		return;
	rx_machine_free(&r->machine);
	for (int i = 0; r->name != NULL && i <= r->captures; i++)
		mem_free(r->name[i]);
	mem_free(r->name);
	mem_free(r);
}

struct str
regex_pattern(const struct regex *re)
{
	return re->pattern;
}

size_t
regex_reading(const struct regex *re)
{
	return re->reading;
}

static int64_t
price(const struct rx_tree *tree, const struct rx_prog *prog)
{
	return MACHINE_UNITS + (int64_t)reading(tree) +
	    STEP_UNITS * (int64_t)prog->n + EFFORT_UNITS * (int64_t)prog->effort;
}

/* The program is made from the pattern once more: most expressions never need one. */
static void
make_machine(const struct regex *re, struct rx_machine **home, struct work *w)
{
	struct arena *a = arena_new();
	struct rx_tree tree;
	struct rx_plan plan;
	struct rx_prog *prog;
	bool ok = parse(a, re->pattern, re->mode, &tree, &plan, NULL);

	assert(ok);
	(void)ok;
	if (plan.anchored)
		prog = rx_prog_whole(a, plan.rest, plan.rests);
	else
		prog = rx_prog_search(a, tree.root, re->captures);
	work_spend(w, price(&tree, prog) + (int64_t)re->pattern.n / 2);
	arena_free(&a);
	rx_machine_make(prog, home);
}

struct rx_machine *
regex_machine(const struct regex *cre, struct rx_machine **lent, struct work *w)
{
	/* Only the machine changes. */
	struct regex *re = (struct regex *)(uintptr_t)cre;
	const void *self = rx_machine_self(), *none = NULL;

	if (atomic_load_explicit(&re->owner, memory_order_relaxed) == self ||
	    atomic_compare_exchange_strong(&re->owner, &none, self)) {
		if (re->machine == NULL)
			make_machine(re, &re->machine, w);
		return re->machine;
	}
	if (*lent == NULL)
		make_machine(re, lent, w);
	return *lent;
}

static bool
is_literal(const struct regex *re, struct str s)
{
	size_t lo = 0, hi = re->literals;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int c = str_cmp(re->literal[mid], s);
		if (c == 0)
			return true;
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}

/* May s match, as far as the marks tell? */
static bool
is_marked(const struct regex *re, struct str s)
{
	if (s.n > PIECES_SUBJECT_MAX)
		return str_starts(s, re->prefix);
	for (size_t i = 0; i < re->marks; i++)
		if (text_mark_fits(&re->mark[i], s))
			return true;
	return re->marks == 0;
}

/* The result of comparing; REGEX_LATER: none. */
static enum regex_result
compare(const struct regex *re, struct str s, struct work *w)
{
	if (re->literals > 0 && is_literal(re, s))
		return REGEX_YES;
	if (s.n <= PIECES_SUBJECT_MAX || re->pieces == 0) {
		for (size_t i = 0; i < re->pieces; i++) {
			work_spend(w, (int64_t)s.n / COMPARE_BYTES + 1);
			if (rx_piece_matches(&re->piece[i], s))
				return REGEX_YES;
		}
		if (re->decided)
			return REGEX_NO;
	}
	if (s.n <= PIECES_SUBJECT_MAX)
		work_spend(w, (int64_t)(re->marks * (s.n / COMPARE_BYTES + 1)));
	return is_marked(re, s) ? REGEX_LATER : REGEX_NO;
}

/* By the machine; apart, so that nothing is zeroed where comparing is enough. */
static NOINLINE enum regex_result
scan(const struct regex *re, struct str subject, struct regex_run **run, struct work *w)
{
	struct rx_machine *lent = NULL;
	struct regex_run *r = *run, fresh = { 0 };
	enum regex_result result;

	result = rx_scan(regex_machine(re, &lent, w), subject, r != NULL ? &r->place : &fresh.place, w);
	rx_machine_free(&lent);
	if (result != REGEX_LATER) {
		regex_run_free(run);
	} else if (r == NULL) {
		*run = NEW(struct regex_run);
		**run = (struct regex_run){ regex_ref((struct regex *)(uintptr_t)re), fresh.place };
	}
	return result;
}

void
regex_fetch(const struct regex *re)
{
	__builtin_prefetch(re);
	__builtin_prefetch((const char *)re + CACHE_LINE);
	__builtin_prefetch((const char *)re + 2 * CACHE_LINE);
}

enum regex_result
regex_match_some(const struct regex *re, struct str subject, struct regex_run **run, struct work *w)
{
	work_spend(w, 1);
	if (*run == NULL && re->anchored) {
		enum regex_result result = compare(re, subject, w);
		if (result != REGEX_LATER)
			return result;
	}
	return scan(re, subject, run, w);
}

void
regex_run_free(struct regex_run **run)
{
	if (*run == NULL)
		return;
	rx_place_fini(&(*run)->place);
	regex_free(&(*run)->re);
	mem_free(*run);
	*run = NULL;
}

bool
regex_match(const struct regex *re, struct str subject)
{
	struct work w = { INT64_MAX };
	struct regex_run *run = NULL;

	return regex_match_some(re, subject, &run, &w) == REGEX_YES;
}

size_t
regex_literals(const struct regex *re, const struct str **v)
{
	bool finite = re->anchored && re->pieces == 0 && re->decided;

	*v = re->literal;
	return finite && re->literals <= REGEX_LITERALS_MAX ? re->literals : 0;
}

struct str
regex_prefix(const struct regex *re)
{
	return re->anchored ? re->prefix : STR_NONE;
}

size_t
regex_marks(const struct regex *re, const struct text_mark **v)
{
	*v = re->mark;
	return re->marks;
}

bool
regex_matches_empty(const struct regex *re)
{
	return re->matches_empty;
}

bool
regex_stands_alone(const struct regex *re)
{
	return re->stands_alone;
}
