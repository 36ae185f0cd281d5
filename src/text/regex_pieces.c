/* SPDX-License-Identifier: Apache-2.0 */
#include "regex_pieces.h"

#include "base/utf8.h"

/* A set of strings under construction. */
struct strings {
	struct arena *arena;
	struct str *v;
	size_t n, cap;
};

static void
add_string(struct strings *set, struct str s)
{
	if (set->n == set->cap) {
		size_t cap = set->cap == 0 ? 4 : set->cap * 2;
		set->v = arena_grow(set->arena, set->v, set->n, cap, sizeof(*set->v));
		set->cap = cap;
	}
	set->v[set->n++] = s;
}

static bool expand(const struct rx_node *n, struct strings *out);

static struct str
join(struct arena *a, struct str left, struct str right)
{
	char *p = ARENA_ARRAY(a, left.n + right.n, char);

	if (left.n > 0)
		memcpy(p, left.p, left.n);
	if (right.n > 0)
		memcpy(p + left.n, right.p, right.n);
	return (struct str){ p, left.n + right.n };
}

/* a = every string of a followed by every one of b. */
static bool
multiply(struct strings *a, const struct strings *b)
{
	struct strings product = { .arena = a->arena };

	if (a->n * b->n > RX_EXPAND_MAX)
		return false;
	for (size_t i = 0; i < a->n; i++) {
		for (size_t k = 0; k < b->n; k++)
			add_string(&product, join(a->arena, a->v[i], b->v[k]));
	}
	*a = product;
	return true;
}

static bool
expand_sequence(struct rx_node *const *sub, size_t n, struct strings *out)
{
	struct strings all = { .arena = out->arena };

	if (n == 1)
		return expand(sub[0], out);
	add_string(&all, STR(""));
	for (size_t i = 0; i < n; i++) {
		struct strings part = { .arena = out->arena };
		if (!expand(sub[i], &part) || !multiply(&all, &part))
			return false;
	}
	for (size_t i = 0; i < all.n; i++)
		add_string(out, all.v[i]);
	return true;
}

static bool
expand_class(const struct rx_node *n, struct strings *out)
{
	const struct rx_class *cls = n->cls;
	uint32_t count = 0;

	for (size_t i = 0; i < cls->n; i++) {
		if (cls->range[i].hi - cls->range[i].lo > 32 || cls->range[i].hi >= 0xD800)
			return false;
		count += cls->range[i].hi - cls->range[i].lo + 1;
		if (count > 32)
			return false;
	}
	for (size_t i = 0; i < cls->n; i++) {
		for (uint32_t r = cls->range[i].lo; r <= cls->range[i].hi; r++) {
			char text[4];
			add_string(out, arena_str(out->arena, (struct str){ text, utf8_encode(r, text) }));
		}
	}
	return true;
}

static bool
expand_repeat(const struct rx_node *n, struct strings *out)
{
	struct strings one = { .arena = out->arena }, power = { .arena = out->arena };

	if (n->max < 0 || n->max > 8 || !expand(n->sub[0], &one))
		return false;
	add_string(&power, STR(""));
	for (int i = 0; i <= n->max; i++) {
		if (i >= n->min) {
			if (out->n + power.n > RX_EXPAND_MAX)
				return false;
			for (size_t k = 0; k < power.n; k++)
				add_string(out, power.v[k]);
		}
		if (i < n->max && !multiply(&power, &one))
			return false;
	}
	return true;
}

/* Adds the finitely many strings that n matches; false when they are not, or too many. */
static bool
expand(const struct rx_node *n, struct strings *out)
{
	switch (n->op) {
	case RX_EMPTY:
		add_string(out, STR(""));
		return true;
	case RX_LITERAL:
		if (!rx_is_plain(n))
			return false;
		add_string(out, n->text);
		return true;
	case RX_CLASS:
		return expand_class(n, out);
	case RX_CAPTURE:
		return expand(n->sub[0], out);
	case RX_CONCAT:
		return expand_sequence(n->sub, n->n, out);
	case RX_ALT:
		for (size_t i = 0; i < n->n; i++) {
			if (!expand(n->sub[i], out) || out->n > RX_EXPAND_MAX)
				return false;
		}
		return true;
	case RX_REPEAT:
		return expand_repeat(n, out);
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
	return false;
}

/* Not even worth to begin with: nothing that expand() puts down would be left. */
static bool
is_infinite(const struct rx_node *n)
{
	if (n->op == RX_REPEAT && n->max < 0)
		return true;
	for (size_t i = 0; i < n->n; i++)
		if (is_infinite(n->sub[i]))
			return true;
	return false;
}

static struct rx_node *
without_captures(struct rx_node *n)
{
	while (n->op == RX_CAPTURE)
		n = n->sub[0];
	return n;
}

/* .* or .+ */
static enum rx_gap
gap_of(struct rx_node *n, bool *newlines)
{
	n = without_captures(n);
	if (n->op != RX_REPEAT || n->max != -1 || n->min > 1)
		return RX_GAP_NONE;
	enum rx_op op = without_captures(n->sub[0])->op;
	if (op != RX_ANY && op != RX_ANY_NOT_NL)
		return RX_GAP_NONE;
	*newlines = op == RX_ANY;
	return n->min == 0 ? RX_GAP_ANY : RX_GAP_SOME;
}

void
rx_add_piece(struct arena *a, struct rx_plan *plan, struct rx_piece piece)
{
	if (plan->n == plan->cap) {
		size_t cap = plan->cap == 0 ? 4 : plan->cap * 2;
		plan->piece = arena_grow(a, plan->piece, plan->n, cap, sizeof(*plan->piece));
		plan->cap = cap;
	}
	plan->piece[plan->n++] = piece;
}

/* One branch as pieces; false when it is none. *set lends its memory. */
static bool
plan_branch(struct arena *a, struct rx_node *branch, struct strings *set, struct rx_plan *plan)
{
	struct rx_node **sub = &branch;
	struct rx_piece piece = { 0 };
	size_t n = 1;

	set->n = 0;
	branch = without_captures(branch);
	if (branch->op == RX_CONCAT) {
		sub = branch->sub;
		n = branch->n;
	}
	/* The whole is anchored already. */
	for (; n > 0 && sub[0]->op == RX_BEGIN_TEXT; n--)
		sub++;
	while (n > 0 && sub[n - 1]->op == RX_END_TEXT)
		n--;
	bool newlines_before = false, newlines_behind = false;
	if (n > 0 && (piece.before = gap_of(sub[0], &newlines_before)) != RX_GAP_NONE) {
		sub++;
		n--;
	}
	if (n > 0 && (piece.behind = gap_of(sub[n - 1], &newlines_behind)) != RX_GAP_NONE)
		n--;
	for (size_t i = 0; i < n; i++)
		if (is_infinite(sub[i]))
			return false;
	if (!expand_sequence(sub, n, set) || plan->n + set->n > RX_PIECES_MAX)
		return false;
	bool both = piece.before != RX_GAP_NONE && piece.behind != RX_GAP_NONE;
	if (both && newlines_before != newlines_behind)
		return false;
	piece.newlines = newlines_before || newlines_behind;
	for (size_t i = 0; i < set->n; i++) {
		/* With gaps on both sides a newline in the text would have to be told from theirs. */
		bool newline = !piece.newlines && str_chr(set->v[i], '\n') < set->v[i].n;
		if (both && (newline || set->v[i].n == 0))
			return false;
	}
	for (size_t i = 0; i < set->n; i++) {
		piece.text = set->v[i];
		rx_add_piece(a, plan, piece);
	}
	return true;
}

static void
add_mark(struct arena *a, struct rx_plan *plan, struct text_mark mark)
{
	if (plan->marks == plan->marks_cap) {
		size_t cap = plan->marks_cap == 0 ? 4 : plan->marks_cap * 2;
		plan->mark = arena_grow(a, plan->mark, plan->marks, cap, sizeof(*plan->mark));
		plan->marks_cap = cap;
	}
	plan->mark[plan->marks++] = mark;
}

bool
rx_mark_pieces(struct arena *a, struct rx_plan *plan, size_t from)
{
	for (size_t i = from; i < plan->n && plan->marks <= RX_MARKS_MAX; i++) {
		const struct rx_piece *p = &plan->piece[i];
		bool open = p->before != RX_GAP_NONE && p->behind != RX_GAP_NONE;

		add_mark(a, plan, (struct text_mark){ p->before == RX_GAP_NONE ? p->text : STR_NONE,
		    p->behind == RX_GAP_NONE ? p->text : STR_NONE, open ? p->text : STR_NONE });
		if (p->text.n == 0)
			return false;
	}
	return plan->marks <= RX_MARKS_MAX;
}

/* The marks of a branch: of its pieces, from `from` on, if it is pieces. False: it has none, or there are too many. */
static bool
mark_branch(struct arena *a, struct rx_plan *plan, const struct rx_node *branch, bool only, bool pieces, size_t from)
{
	if (pieces)
		return rx_mark_pieces(a, plan, from);
	add_mark(a, plan, rx_mark(a, branch, only ? plan->prefix : rx_edge(a, branch, RX_EDGE_START)));
	return !rx_mark_is_empty(&plan->mark[plan->marks - 1]) && plan->marks <= RX_MARKS_MAX;
}

/* Where there are too many pieces with gaps, the program is faster. */
static void
drop_gaps(struct rx_plan *plan)
{
	size_t gaps = 0, out = 0;

	for (size_t i = 0; i < plan->n; i++)
		gaps += rx_piece_is_exact(&plan->piece[i]) ? 0 : 1;
	if (gaps <= RX_GAPS_MAX)
		return;
	plan->decided = false;
	for (size_t i = 0; i < plan->n; i++)
		if (rx_piece_is_exact(&plan->piece[i]))
			plan->piece[out++] = plan->piece[i];
	plan->n = out;
}

void
rx_plan(struct arena *a, const struct rx_node *root, struct rx_plan *plan)
{
	*plan = (struct rx_plan){ 0 };
	plan->anchored = root->op == RX_CONCAT && root->sub[0]->op == RX_BEGIN_TEXT &&
	    root->sub[root->n - 1]->op == RX_END_TEXT;
	if (!plan->anchored)
		return;
	struct rx_node *inner = ARENA_NEW(a, struct rx_node);
	*inner = *root;
	inner->sub = root->sub + 1;
	inner->n = root->n - 2;
	if (inner->n == 0)
		inner->op = RX_EMPTY;
	plan->prefix = rx_edge(a, inner, RX_EDGE_START);

	struct rx_node *only = without_captures(inner->n == 1 ? inner->sub[0] : inner), **branch = &only;
	struct strings set = { .arena = a };
	size_t n = 1;
	if (only->op == RX_ALT) {
		n = only->n;
		branch = only->sub;
	}
	plan->rest = ARENA_ARRAY(a, n, struct rx_node *);
	plan->decided = true;
	bool marked = true;
	for (size_t i = 0; i < n; i++) {
		size_t from = plan->n;
		bool ok = plan_branch(a, branch[i], &set, plan);
		plan->decided = plan->decided && ok;
		marked = marked && mark_branch(a, plan, branch[i], n == 1, ok, from);
		if (!ok || (from < plan->n && !rx_piece_is_exact(&plan->piece[from])))
			plan->rest[plan->rests++] = branch[i];
	}
	drop_gaps(plan);
	if (marked)
		return;
	/* Only the start that all have in common, then. */
	plan->marks = 0;
	if (plan->prefix.n > 0)
		add_mark(a, plan, (struct text_mark){ .start = plan->prefix });
}

static bool
gap_fits(struct str gap, enum rx_gap kind, bool newlines)
{
	if (kind == RX_GAP_NONE)
		return gap.n == 0;
	return (kind == RX_GAP_ANY || gap.n > 0) && (newlines || str_chr(gap, '\n') == gap.n);
}

bool
rx_piece_matches(const struct rx_piece *p, struct str s)
{
	if (s.n < p->text.n)
		return false;
	if (p->before == RX_GAP_NONE)
		return str_starts(s, p->text) && gap_fits(str_sub(s, p->text.n, s.n), p->behind, p->newlines);
	if (p->behind == RX_GAP_NONE)
		return str_ends(s, p->text) && gap_fits(str_sub(s, 0, s.n - p->text.n), p->before, p->newlines);
	if (!p->newlines && str_chr(s, '\n') < s.n)
		return false;
	size_t from = p->before == RX_GAP_SOME ? 1 : 0, tail = p->behind == RX_GAP_SOME ? 1 : 0;
	if (from > s.n || s.n - from < p->text.n + tail)
		return false;
	struct str within = str_sub(s, from, s.n - tail);
	return str_find(within, p->text) < within.n;
}
