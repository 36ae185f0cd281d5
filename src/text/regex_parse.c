/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RE2's syntax as Go's regexp/syntax reads it with the flags of regexp.Compile.
 * One pass over the pattern with a stack of finished nodes, open groups and
 * bars, so that no pattern makes us recurse.
 */
#include <ctype.h>

#include "base/utf8.h"
#include "regex_ast.h"
#include "regex_sets.h"

bool
rx_fail(struct rx_parser *p, const char *what, struct str where)
{
	return err_set(p->e, ERR_INVALID, "error parsing regexp: %s: `%.*s`", what, STR_ARG(where));
}

bool
rx_next_rune(struct rx_parser *p, struct str *s, uint32_t *rune)
{
	size_t n = utf8_decode(*s, rune);

	if (*rune == RUNE_ERROR && n == 1)
		return rx_fail(p, "invalid UTF-8", *s);
	*s = str_sub(*s, n, s->n);
	return true;
}

static bool
check_utf8(struct rx_parser *p, struct str s)
{
	uint32_t rune;

	while (s.n > 0) {
		if (!rx_next_rune(p, &s, &rune))
			return false;
	}
	return true;
}

struct str
rx_between(struct str from, struct str to)
{
	return str_sub(from, 0, from.n - to.n);
}

struct rx_node *
rx_node(struct rx_parser *p, enum rx_op op)
{
	struct rx_node *n = ARENA_NEW(p->arena, struct rx_node);

	p->nodes++;
	n->op = op;
	n->height = 1;
	return n;
}

void
rx_push(struct rx_parser *p, struct rx_node *n)
{
	VEC_PUSH(&p->stack, n);
}

static void
push_op(struct rx_parser *p, enum rx_op op)
{
	rx_push(p, rx_node(p, op));
}

bool
rx_push_literal(struct rx_parser *p, uint32_t rune)
{
	bool surrogate = rune >= 0xD800 && rune <= 0xDFFF;

	if (surrogate) {
		/* No UTF-8 stands for it: a class that nothing is in. */
		struct rx_class *cls = ARENA_NEW(p->arena, struct rx_class);
		rx_class_add(p, cls, rune, rune);
		return rx_push_class(p, cls);
	}
	char text[4];
	struct rx_node *n = rx_node(p, RX_LITERAL);
	n->text = arena_str(p->arena, (struct str){ text, utf8_encode(rune, text) });
	n->runes = 1;
	n->fold = (p->flags & RX_FOLD) != 0;
	rx_push(p, n);
	return true;
}

static void
push_bar(struct rx_parser *p)
{
	if (p->bar == NULL)
		p->bar = rx_node(p, RX_BAR);
	rx_push(p, p->bar);
}

bool
rx_push_class(struct rx_parser *p, struct rx_class *cls)
{
	struct rx_node *n;

	if (!cls->in_order)
		cls->n = rx_ranges_normalise(cls->range, cls->n);
	/* A dot is often written [.] */
	if (cls->n == 1 && cls->range[0].lo == cls->range[0].hi && cls->range[0].lo < 0x80)
		return rx_push_literal(p, cls->range[0].lo);
	n = rx_node(p, RX_CLASS);
	n->cls = cls;
	rx_push(p, n);
	return true;
}

/* Joins literals that stand side by side: v[0..n) in place, the new count. */
static size_t
join_literals(struct rx_parser *p, struct rx_node **v, size_t n)
{
	struct sbuf text = SBUF_INIT(SBUF_UNLIMITED);
	size_t out = 0;

	for (size_t i = 0; i < n;) {
		size_t end = i + 1, runes = v[i]->runes;
		while (v[i]->op == RX_LITERAL && end < n && v[end]->op == RX_LITERAL && v[end]->fold == v[i]->fold)
			runes += v[end++]->runes;
		if (end - i > 1) {
			sbuf_reset(&text);
			for (size_t k = i; k < end; k++)
				sbuf_str(&text, v[k]->text);
			struct rx_node *joined = rx_node(p, RX_LITERAL);
			joined->text = arena_str(p->arena, sbuf_get(&text));
			joined->runes = runes;
			joined->fold = v[i]->fold;
			v[out++] = joined;
		} else {
			v[out++] = v[i];
		}
		i = end;
	}
	sbuf_fini(&text);
	return out;
}

static bool
set_subs(struct rx_parser *p, struct rx_node *n, struct rx_node *const *sub, size_t count)
{
	n->n = count;
	n->sub = ARENA_ARRAY(p->arena, count, struct rx_node *);
	for (size_t i = 0; i < count; i++) {
		n->sub[i] = sub[i];
		if (n->height <= sub[i]->height)
			n->height = sub[i]->height + 1;
	}
	if (n->height > RX_HEIGHT_MAX)
		return rx_fail(p, "expression nests too deeply", p->whole);
	return true;
}

/* The n nodes from `from` on, which are the last, become one node, if there are several. */
static bool
collapse(struct rx_parser *p, enum rx_op op, size_t from, size_t n)
{
	p->stack.n = from + n;
	if (n > 1) {
		struct rx_node *node = rx_node(p, op);
		if (!set_subs(p, node, p->stack.v + from, n))
			return false;
		p->stack.n = from;
		rx_push(p, node);
	}
	return true;
}

/* Index of the first node above the topmost group or bar. */
static size_t
above_pseudo(const struct rx_parser *p)
{
	size_t i = p->stack.n;

	while (i > 0 && p->stack.v[i - 1]->op < RX_PAREN)
		i--;
	return i;
}

/* The nodes above the topmost group or bar become one. */
static bool
concat(struct rx_parser *p)
{
	size_t from = above_pseudo(p);

	if (from == p->stack.n) {
		push_op(p, RX_EMPTY);
		return true;
	}
	size_t n = join_literals(p, p->stack.v + from, p->stack.n - from);
	return collapse(p, RX_CONCAT, from, n);
}

/* All the branches above the topmost group become one node. */
static bool
alternate(struct rx_parser *p)
{
	if (!concat(p))
		return false;
	size_t from = p->stack.n, n = 0;
	while (from > 0 && p->stack.v[from - 1]->op != RX_PAREN)
		from--;
	for (size_t i = from; i < p->stack.n; i++) {
		if (p->stack.v[i]->op != RX_BAR)
			p->stack.v[from + n++] = p->stack.v[i];
	}
	return collapse(p, RX_ALT, from, n);
}

static bool
right_paren(struct rx_parser *p)
{
	if (!alternate(p))
		return false;
	size_t n = p->stack.n;
	if (n < 2)
		return rx_fail(p, "unexpected )", p->whole);
	struct rx_node *inner = p->stack.v[n - 1], *paren = p->stack.v[n - 2];
	p->stack.n = n - 2;
	if (--p->open == 0 && p->first_group_left == 0)
		p->first_group_left = p->rest.n;
	p->flags = paren->flags;
	if (paren->capture == 0) {
		rx_push(p, inner);
		return true;
	}
	struct rx_node *node = rx_node(p, RX_CAPTURE);
	node->capture = paren->capture;
	node->name = paren->name;
	rx_push(p, node);
	return set_subs(p, node, &inner, 1);
}

/* No more than n copies of the innermost thing (Go repeatIsValid). */
static bool
repeats_within(const struct rx_node *node, int n)
{
	if (node->op == RX_REPEAT) {
		int m = node->max < 0 ? node->min : node->max;
		if (node->max == 0)
			return true;
		if (m > n)
			return false;
		if (m > 0)
			n /= m;
	}
	for (size_t i = 0; i < node->n; i++) {
		if (!repeats_within(node->sub[i], n))
			return false;
	}
	return true;
}

/* `before` begins at the operator, *rest behind it. */
static bool
repeat(struct rx_parser *p, int min, int max, struct str before, struct str *rest, struct str last_repeat)
{
	bool lazy = (p->flags & RX_LAZY) != 0;

	if (rest->n > 0 && rest->p[0] == '?') {
		*rest = str_sub(*rest, 1, rest->n);
		lazy = !lazy;
	}
	if (last_repeat.n > 0)
		return rx_fail(p, "invalid nested repetition operator", rx_between(last_repeat, *rest));
	size_t n = p->stack.n;
	if (n == 0 || p->stack.v[n - 1]->op >= RX_PAREN)
		return rx_fail(p, "missing argument to repetition operator", rx_between(before, *rest));
	struct rx_node *node = rx_node(p, RX_REPEAT);
	node->min = min;
	node->max = max;
	node->lazy = lazy;
	if (!set_subs(p, node, &p->stack.v[n - 1], 1))
		return false;
	p->stack.v[n - 1] = node;
	if ((min >= 2 || max >= 2) && !repeats_within(node, RX_REPEAT_MAX))
		return rx_fail(p, "invalid repeat count", rx_between(before, *rest));
	return true;
}

/* Digits without a leading zero; -1 when it is far too large. */
static bool
repeat_number(struct str *s, int *out)
{
	int v = 0;

	if (s->n == 0 || !isdigit((unsigned char)s->p[0]))
		return false;
	if (s->n >= 2 && s->p[0] == '0' && isdigit((unsigned char)s->p[1]))
		return false;
	for (; s->n > 0 && isdigit((unsigned char)s->p[0]); *s = str_sub(*s, 1, s->n)) {
		if (v >= 0)
			v = v >= 100000000 ? -1 : v * 10 + (s->p[0] - '0');
	}
	*out = v;
	return true;
}

/* {n} {n,} {n,m}; false when it is none of these and so means itself. */
static bool
repeat_counts(struct str *s, int *min, int *max)
{
	struct str t = str_sub(*s, 1, s->n);

	if (!repeat_number(&t, min) || t.n == 0)
		return false;
	*max = *min;
	if (t.p[0] == ',') {
		t = str_sub(t, 1, t.n);
		if (t.n == 0)
			return false;
		*max = -1;
		if (t.p[0] != '}') {
			if (!repeat_number(&t, max))
				return false;
			if (*max < 0)
				*min = -1;
		}
	}
	if (t.n == 0 || t.p[0] != '}')
		return false;
	*s = str_sub(t, 1, t.n);
	return true;
}

static void
open_group(struct rx_parser *p, bool captures, struct str name)
{
	struct rx_node *paren = rx_node(p, RX_PAREN);

	p->open++;
	paren->flags = p->flags;
	paren->name = name;
	if (captures)
		paren->capture = ++p->captures;
	rx_push(p, paren);
}

static bool
valid_name(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (!isalnum((unsigned char)s.p[i]) && s.p[i] != '_')
			return false;
	}
	return s.n > 0;
}

/* (?P<name> or (?<name> */
static bool
named_group(struct rx_parser *p, size_t name_at)
{
	struct str s = p->rest;
	size_t end = str_chr(s, '>');

	if (end == s.n)
		return check_utf8(p, s) && rx_fail(p, "invalid named capture", s);
	struct str name = str_sub(s, name_at, end);
	if (!check_utf8(p, name))
		return false;
	if (!valid_name(name))
		return rx_fail(p, "invalid named capture", str_sub(s, 0, end + 1));
	open_group(p, true, name);
	p->rest = str_sub(s, end + 1, s.n);
	return true;
}

static unsigned
flag_of(uint32_t c)
{
	switch (c) {
	case 'i':
		return RX_FOLD;
	case 'm':
		return RX_LINES;
	case 's':
		return RX_DOT_NL;
	case 'U':
		return RX_LAZY;
	default:
		return 0;
	}
}

/* p->rest begins with "(?": flags, a group or both. */
static bool
perl_group(struct rx_parser *p)
{
	struct str s = p->rest, t = str_sub(s, 2, s.n);
	unsigned flags = p->flags;
	bool negative = false, saw_flag = false;

	if (s.n > 4 && s.p[2] == 'P' && s.p[3] == '<')
		return named_group(p, 4);
	if (s.n > 3 && s.p[2] == '<')
		return named_group(p, 3);
	while (t.n > 0) {
		uint32_t c;
		if (!rx_next_rune(p, &t, &c))
			return false;
		unsigned flag = flag_of(c);
		if (flag != 0) {
			flags = negative ? flags & ~flag : flags | flag;
			saw_flag = true;
		} else if (c == '-' && !negative) {
			negative = true;
			saw_flag = false;
		} else if ((c == ':' || c == ')') && (!negative || saw_flag)) {
			if (c == ':')
				open_group(p, false, STR_NONE);
			p->flags = flags;
			p->rest = t;
			return true;
		} else {
			break;
		}
	}
	return rx_fail(p, "invalid or unsupported Perl syntax", rx_between(s, t));
}

/* \Q…\E; p->rest begins behind \Q. */
static bool
quoted(struct rx_parser *p)
{
	size_t end = str_find(p->rest, STR("\\E"));
	struct str text = str_sub(p->rest, 0, end);

	p->rest = str_sub(p->rest, end + 2, p->rest.n);
	while (text.n > 0) {
		uint32_t rune;
		if (!rx_next_rune(p, &text, &rune) || !rx_push_literal(p, rune))
			return false;
	}
	return true;
}

static bool
backslash(struct rx_parser *p)
{
	char c = p->rest.n >= 2 ? p->rest.p[1] : '\0';
	struct str behind = str_sub(p->rest, 2, p->rest.n);

	switch (c) {
	case 'A':
		push_op(p, RX_BEGIN_TEXT);
		break;
	case 'z':
		push_op(p, RX_END_TEXT);
		break;
	case 'b':
		push_op(p, RX_WORD);
		break;
	case 'B':
		push_op(p, RX_NOT_WORD);
		break;
	case 'C':
		return rx_fail(p, "invalid escape sequence", str_sub(p->rest, 0, 2));
	case 'Q':
		p->rest = behind;
		return quoted(p);
	default: {
		struct rx_class *cls = ARENA_NEW(p->arena, struct rx_class);
		uint32_t rune;
		bool found;
		if (!rx_class_escape(p, &p->rest, cls, &found))
			return false;
		if (found)
			return rx_push_class(p, cls);
		return rx_escape(p, &p->rest, &rune) && rx_push_literal(p, rune);
	}
	}
	p->rest = behind;
	return true;
}

/* One step; *last_repeat is where the operator that was just applied stood, or empty. */
static bool
step(struct rx_parser *p, struct str *last_repeat)
{
	struct str before = p->rest, behind = str_sub(p->rest, 1, p->rest.n), last = *last_repeat;
	char c = before.p[0];

	*last_repeat = STR_NONE;
	switch (c) {
	case '(':
		if (behind.n > 0 && behind.p[0] == '?')
			return perl_group(p);
		open_group(p, true, STR_NONE);
		break;
	case ')':
		if (!right_paren(p))
			return false;
		break;
	case '|':
		if (!concat(p))
			return false;
		push_bar(p);
		break;
	case '^':
		push_op(p, (p->flags & RX_LINES) != 0 ? RX_BEGIN_LINE : RX_BEGIN_TEXT);
		break;
	case '$':
		push_op(p, (p->flags & RX_LINES) != 0 ? RX_END_LINE : RX_END_TEXT);
		break;
	case '.':
		push_op(p, (p->flags & RX_DOT_NL) != 0 ? RX_ANY : RX_ANY_NOT_NL);
		break;
	case '[':
		return rx_parse_class(p);
	case '\\':
		return rx_is_escaped(before) ? rx_push_letters(p) : backslash(p);
	case '*':
	case '+':
	case '?':
		*last_repeat = before;
		if (!repeat(p, c == '+' ? 1 : 0, c == '?' ? 1 : -1, before, &behind, last))
			return false;
		break;
	case '{': {
		int min, max;
		behind = before;
		if (repeat_counts(&behind, &min, &max)) {
			*last_repeat = before;
			if (min < 0 || min > RX_REPEAT_MAX || max > RX_REPEAT_MAX || (max >= 0 && min > max))
				return rx_fail(p, "invalid repeat count", rx_between(before, behind));
			if (!repeat(p, min, max, before, &behind, last))
				return false;
			break;
		}
		behind = str_sub(before, 1, before.n);
		if (!rx_push_literal(p, '{'))
			return false;
		break;
	}
	default:
		return rx_push_letters(p);
	}
	p->rest = behind;
	return true;
}

static bool
is_too_much(const struct rx_parser *p)
{
	return p->ranges >= RX_RANGES_MAX || p->folded >= RX_FOLDED_MAX || p->nodes >= RX_NODES_MAX;
}

bool
rx_parse(struct arena *a, struct str pattern, struct rx_tree *out, struct err *e)
{
	struct rx_parser p = { .arena = a, .whole = pattern, .rest = pattern, .e = e };
	struct str last_repeat = STR_NONE;
	bool ok = true;

	if (pattern.n > RX_PATTERN_MAX)
		return rx_fail(&p, "expression too large", pattern);
	while (ok && p.rest.n > 0)
		ok = step(&p, &last_repeat) &&
		    (!is_too_much(&p) || rx_fail(&p, "expression too large", pattern));
	ok = ok && alternate(&p);
	if (ok && p.stack.n != 1)
		ok = rx_fail(&p, "missing closing )", pattern);
	if (ok)
		*out = (struct rx_tree){ p.stack.v[0], p.captures, p.nodes, p.ranges, p.folded, p.first_group_left };
	VEC_FINI(&p.stack);
	VEC_FINI(&p.named);
	return ok;
}
