/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which label sets satisfy the conditions on labels: each matcher is asked once for each value of its name in each
 * segment, not for each set or event.
 */
#include "base/mem.h"
#include "reader.h"

/* So many values are looked at between two looks at the clock. */
#define AT_ONCE 1024

void
set_bits_fini(struct set_bits *b)
{
	mem_free(b->bits);
	*b = (struct set_bits){ 0 };
}

bool
set_bits_empty(const struct set_bits *b)
{
	for (uint64_t i = 0; b->bits != NULL && i <= b->n / 64; i++)
		if (b->bits[i] != 0)
			return false;
	return b->bits != NULL;
}

static void
bits_set(struct set_bits *b, uint64_t set)
{
	b->bits[set / 64] |= UINT64_C(1) << set % 64;
}

static void
bits_clear(struct set_bits *b, uint64_t set)
{
	b->bits[set / 64] &= ~(UINT64_C(1) << set % 64);
}

static bool
bits_has(const struct set_bits *b, uint64_t set)
{
	return (b->bits[set / 64] >> set % 64 & 1) != 0;
}

static bool
too_long(const struct matcher *m, struct err *e)
{
	return err_set(e, ERR_TIMEOUT, "the values of %.*s are too many for this matcher; make it narrower",
	    STR_ARG(str_sub(istr_str(m->name), 0, 100)));
}

/* For each value of the column, and in place 0 for none, whether m accepts it. False: it took too long. */
static bool
judge_values(const struct matcher *m, const struct column *c, const struct until *u, unsigned char *verdicts)
{
	struct str prefix = m->op == MATCH_RE ? regex_prefix(m->re) : STR("");

	verdicts[0] = matcher_matches_value(m, STR(""));
	for (uint32_t i = 0; i < c->values_n; i++) {
		verdicts[i + 1] = str_starts(c->values[i], prefix) && matcher_matches_value(m, c->values[i]);
		if (i % AT_ONCE == AT_ONCE - 1 && until_over(u))
			return false;
	}
	return true;
}

static void
keep_some(const struct open_segment *s, const struct column *c, const unsigned char *verdicts, struct set_bits *b)
{
	size_t next = 0;

	for (uint32_t i = 0; i < c->n; i++) {
		uint32_t value = 0;

		if (c->form != 0)
			value = bits_has(b, s->first + i) ? column_cell(c, i) : 0;
		else if (next < c->some_n && c->some[next].set == i)
			value = c->some[next++].value;
		if (!verdicts[value])
			bits_clear(b, s->first + i);
	}
}

static void
clear_all(const struct open_segment *s, struct set_bits *b)
{
	for (uint64_t i = 0; i < s->n; i++)
		bits_clear(b, s->first + i);
}

/* Takes out of b the segment's sets that m does not accept. */
static bool
apply(struct reader *r, struct open_segment *s, const struct matcher *m, const struct until *u, struct set_bits *b,
    struct err *e)
{
	size_t at = segment_find(s, istr_str(m->name));
	const struct column *c = at != 0 ? segment_column_of(r, s, at) : NULL;
	unsigned char *verdicts;
	bool ok;

	if (c == NULL) {
		/* Sets without the label have the empty value. Damaged ones are in no answer. */
		if (at != 0 || !matcher_matches_value(m, STR("")))
			clear_all(s, b);
		return true;
	}
	verdicts = mem_calloc((size_t)c->values_n + 1, 1);
	ok = judge_values(m, c, u, verdicts);
	if (ok)
		keep_some(s, c, verdicts, b);
	mem_free(verdicts);
	return ok || too_long(m, e);
}

static bool
is_asked(const struct question *q, uint64_t fingerprint)
{
	for (size_t i = 0; i < q->q.fingerprints_n; i++)
		if (q->q.fingerprints[i] == fingerprint)
			return true;
	return false;
}

/* Those that exist, and have one of the fingerprints that are asked for, if any are. */
static void
begin(struct reader *r, struct open_segment *s, const struct question *q, struct set_bits *b)
{
	const struct column *c = segment_column_of(r, s, 0);

	for (uint32_t i = 0; c != NULL && i < c->n; i++) {
		uint64_t fingerprint = column_fingerprint(c, i);

		if (fingerprint != 0 && (q->q.fingerprints_n == 0 || is_asked(q, fingerprint)))
			bits_set(b, s->first + i);
	}
}

bool
resolve_sets(struct reader *r, const struct question *q, const struct matchers *ms, const struct until *u,
    struct set_bits *out, struct err *e)
{
	bool ok = true;

	*out = (struct set_bits){ 0 };
	if (ms->n == 0 && q->q.fingerprints_n == 0)
		return true;
	if (r->open.n > 0)
		out->n = r->open.v[r->open.n - 1]->first + r->open.v[r->open.n - 1]->n;
	out->bits = mem_calloc(out->n / 64 + 1, sizeof(out->bits[0]));
	for (size_t i = 0; ok && i < r->open.n; i++) {
		begin(r, r->open.v[i], q, out);
		for (size_t k = 0; ok && k < ms->n; k++)
			ok = apply(r, r->open.v[i], &ms->m[k], u, out, e);
		/* Those that come next need the room. */
		segments_trim(r, false);
	}
	if (!ok)
		set_bits_fini(out);
	return ok;
}
