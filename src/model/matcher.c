/* SPDX-License-Identifier: Apache-2.0 */
#include "model/matcher.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/quote.h"
#include "base/utf8.h"
#include "base/work.h"
#include "matcher_lex.h"
#include "text/regex.h"

static bool
is_regex(enum matcher_op op)
{
	return op == MATCH_RE || op == MATCH_NRE;
}

bool
matcher_init(struct matcher *out, enum matcher_op op, struct str name, struct str value, struct err *e)
{
	struct regex *re = NULL;

	if (is_regex(op)) {
		re = regex_compile(value, REGEX_ANCHORED, e);
		if (re == NULL)
			return false;
	}
	*out = (struct matcher){ op, istr_get(name), istr_get(value), re };
	return true;
}

void
matcher_fini(struct matcher *m)
{
	istr_unref(m->name);
	istr_unref(m->value);
	regex_free(&m->re);
	*m = (struct matcher){ 0 };
}

void
matchers_fini(struct matchers *ms)
{
	for (size_t i = 0; i < ms->n; i++)
		matcher_fini(&ms->m[i]);
	mem_free(ms->m);
	*ms = (struct matchers){ 0 };
}

void
matchers_copy(struct matchers *out, const struct matchers *from)
{
	*out = (struct matchers){ mem_calloc(from->n, sizeof(*out->m)), from->n };
	for (size_t i = 0; i < from->n; i++) {
		const struct matcher *m = &from->m[i];
		out->m[i] = (struct matcher){ m->op, istr_ref(m->name), istr_ref(m->value),
			m->re != NULL ? regex_ref(m->re) : NULL };
	}
}

void
matchers_append(struct matchers *ms, struct matcher *take)
{
	ms->m = mem_realloc(ms->m, ms->n + 1, sizeof(*ms->m));
	ms->m[ms->n++] = *take;
	*take = (struct matcher){ 0 };
}

bool
matchers_append_bounded(struct matchers *ms, struct matcher *take, size_t *reading, struct err *e)
{
	*reading += take->re != NULL ? regex_reading(take->re) : 0;
	if (*reading > MATCHERS_READING_MAX) {
		matcher_fini(take);
		return err_set(e, ERR_LIMIT, "the regular expressions are too large together");
	}
	matchers_append(ms, take);
	return true;
}

static int
by_name_value_op(const void *pa, const void *pb)
{
	const struct matcher *a = pa, *b = pb;
	int d = str_cmp(istr_str(a->name), istr_str(b->name));

	if (d == 0)
		d = str_cmp(istr_str(a->value), istr_str(b->value));
	return d != 0 ? d : (int)a->op - (int)b->op;
}

void
matchers_sort(struct matchers *ms)
{
	if (ms->n > 1)
		qsort(ms->m, ms->n, sizeof(*ms->m), by_name_value_op);
}

bool
matcher_matches_value(const struct matcher *m, struct str value)
{
	switch (m->op) {
	case MATCH_EQ:
		return str_eq(istr_str(m->value), value);
	case MATCH_NE:
		return !str_eq(istr_str(m->value), value);
	case MATCH_RE:
		return regex_match(m->re, value);
	case MATCH_NRE:
		return !regex_match(m->re, value);
	}
	assert(false);
	return false;
}

static bool
equality_holds(const struct matcher *m, const struct istr *value)
{
	return (value != NULL ? value == m->value : m->value->n == 0) == (m->op == MATCH_EQ);
}

bool
matcher_matches(const struct matcher *m, const struct labels *l)
{
	const struct istr *value = labels_value_of(l, m->name);

	return is_regex(m->op) ? matcher_matches_value(m, istr_str(value)) : equality_holds(m, value);
}

bool
matchers_match(const struct matchers *ms, const struct labels *l)
{
	for (size_t i = 0; i < ms->n; i++)
		if (!matcher_matches(&ms->m[i], l))
			return false;
	return true;
}

/* Others are seldom, and come late in a match if at all. */
#define FETCHED 2

void
matchers_fetch(const struct matchers *ms, int step)
{
	if (step == 0)
		__builtin_prefetch(ms);
	else if (step == 1)
		__builtin_prefetch(ms->m);
	for (size_t i = 0; step > 1 && i < ms->n && i < FETCHED; i++)
		if (ms->m[i].re != NULL)
			regex_fetch(ms->m[i].re);
}

/* The cost of looking at a matcher, and at a regular expression: where there are many, they lie in no cache. */
#define LOOK_UNITS 4
#define REGEX_UNITS 12
/* So many labels are gone through for a unit, to find one. */
#define LABELS_PER_UNIT 8

enum match
matchers_match_some(const struct matchers *ms, const struct labels *l, struct match_run *run, struct work *w)
{
	bool ok = true;

	for (; ok && run->at < ms->n; run->at++) {
		const struct matcher *m = &ms->m[run->at];
		const struct istr *value;

		if (work_used_up(w))
			return MATCH_LATER;
		work_spend(w, LOOK_UNITS + (int64_t)(labels_n(l) / LABELS_PER_UNIT));
		value = labels_value_of(l, m->name);
		if (!is_regex(m->op)) {
			ok = equality_holds(m, value);
			continue;
		}
		work_spend(w, REGEX_UNITS);
		enum regex_result r = regex_match_some(m->re, istr_str(value), &run->re, w);
		if (r == REGEX_LATER)
			return MATCH_LATER;
		ok = (r == REGEX_YES) == (m->op == MATCH_RE);
	}
	match_run_reset(run);
	return ok ? MATCH_YES : MATCH_NO;
}

void
match_run_reset(struct match_run *run)
{
	regex_run_free(&run->re);
	run->at = 0;
}

bool
matcher_eq(const struct matcher *a, const struct matcher *b)
{
	return a->op == b->op && a->name == b->name && a->value == b->value;
}

bool
matchers_eq(const struct matchers *a, const struct matchers *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!matcher_eq(&a->m[i], &b->m[i]))
			return false;
	return true;
}

static bool
needs_quotes(struct str name)
{
	uint32_t rune;

	for (size_t i = 0; i < name.n; i += utf8_decode(str_sub(name, i, name.n), &rune)) {
		utf8_decode(str_sub(name, i, name.n), &rune);
		if (rune_is_reserved(rune))
			return true;
	}
	return false;
}

/* As OpenMetrics escapes label values. */
static void
put_escaped(struct sbuf *out, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\n') {
			sbuf_puts(out, "\\n");
			continue;
		}
		if (s.p[i] == '\\' || s.p[i] == '"')
			sbuf_putc(out, '\\');
		sbuf_putc(out, s.p[i]);
	}
}

void
matcher_format(const struct matcher *m, struct sbuf *out)
{
	if (needs_quotes(istr_str(m->name))) {
		quote_go(out, istr_str(m->name));
		sbuf_puts(out, matcher_op_text(m->op));
		quote_go(out, istr_str(m->value));
		return;
	}
	sbuf_str(out, istr_str(m->name));
	sbuf_puts(out, matcher_op_text(m->op));
	sbuf_putc(out, '"');
	put_escaped(out, istr_str(m->value));
	sbuf_putc(out, '"');
}

void
matchers_format(const struct matchers *ms, struct sbuf *out)
{
	sbuf_putc(out, '{');
	for (size_t i = 0; i < ms->n; i++) {
		if (i != 0)
			sbuf_putc(out, ',');
		matcher_format(&ms->m[i], out);
	}
	sbuf_putc(out, '}');
}

const char *
matcher_op_text(enum matcher_op op)
{
	static const char *const texts[] = { "=", "!=", "=~", "!~" };

	assert((size_t)op < ARRAY_LEN(texts));
	return texts[op];
}
