/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which label sets satisfy the conditions on labels: each matcher is asked once for each value of its name that
 * there is, not for each event, and the index by pairs says which sets have the value.
 */
#include "base/mem.h"
#include "reader.h"
#include "varint.h"

/* So many values, or sets, are looked at between two looks at the clock. */
#define AT_ONCE 1024
/* With more values than this it is faster to look at all sets than at the postings of each. */
#define VALUES_MAX 1000

static struct set_bits
bits_new(uint64_t n)
{
	return (struct set_bits){ .bits = mem_calloc(n / 64 + 1, sizeof(uint64_t)), .n = n };
}

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
	return b->bits != NULL && !b->rest;
}

static void
bits_add(struct set_bits *b, uint64_t set)
{
	if (set < b->n)
		b->bits[set / 64] |= UINT64_C(1) << set % 64;
}

static void
bits_invert(struct set_bits *b)
{
	for (uint64_t i = 0; i <= b->n / 64; i++)
		b->bits[i] = ~b->bits[i];
	b->rest = !b->rest;
}

/* *all &= b, which is freed. */
static void
bits_and(struct set_bits *all, struct set_bits *b)
{
	if (all->bits == NULL) {
		*all = *b;
		*b = (struct set_bits){ 0 };
		return;
	}
	for (uint64_t i = 0; i <= all->n / 64; i++)
		all->bits[i] &= b->bits[i];
	all->rest &= b->rest;
	set_bits_fini(b);
}

/* Adds the sets that have the pair. */
static bool
add_postings(struct reader *r, uint64_t pair, struct set_bits *b, struct err *e)
{
	int code;

	sqlite3_bind_int64(r->postings, 1, postings_key(pair, 0));
	sqlite3_bind_int64(r->postings, 2, postings_key(pair + 1, 0));
	while ((code = sqlite3_step(r->postings)) == SQLITE_ROW) {
		int64_t chunk = sqlite3_column_int64(r->postings, 0) - postings_key(pair, 0);
		struct str sets = past_db_column(r->postings, 1);

		for (size_t i = 0; i + 1 < sets.n; i += 2)
			bits_add(b,
			    (uint64_t)chunk * POSTINGS_SETS +
				((unsigned char)sets.p[i] | (uint64_t)(unsigned char)sets.p[i + 1] << 8));
	}
	if (code != SQLITE_DONE)
		past_db_failed(&r->db, e);
	sqlite3_reset(r->postings);
	return code == SQLITE_DONE;
}

static void
bind_text(sqlite3_stmt *s, int at, struct str text)
{
	sqlite3_bind_text64(s, at, text.n > 0 ? text.p : "", text.n, SQLITE_STATIC, SQLITE_UTF8);
}

static bool
add_value(struct reader *r, const struct matcher *m, struct str value, struct set_bits *b, struct err *e)
{
	int code;
	uint64_t pair = 0;

	bind_text(r->find_pair, 1, istr_str(m->name));
	bind_text(r->find_pair, 2, value);
	code = sqlite3_step(r->find_pair);
	if (code == SQLITE_ROW)
		pair = (uint64_t)sqlite3_column_int64(r->find_pair, 0);
	else if (code != SQLITE_DONE)
		past_db_failed(&r->db, e);
	sqlite3_reset(r->find_pair);
	return code == SQLITE_DONE || (code == SQLITE_ROW && add_postings(r, pair, b, e));
}

struct pairs {
	uint64_t *v;		/* owned */
	size_t n, cap;
};

static bool
too_long(const struct matcher *m, struct err *e)
{
	return err_set(e, ERR_TIMEOUT, "the values of %.*s are too many for this matcher; make it narrower",
	    STR_ARG(str_sub(istr_str(m->name), 0, 100)));
}

/* Appends the pairs whose value m accepts, or, `refused`, does not. */
static bool
find_pairs(struct reader *r, const struct matcher *m, bool refused, const struct until *u, struct pairs *out,
    struct err *e)
{
	struct str prefix = m->op == MATCH_RE && !refused ? regex_prefix(m->re) : STR("");
	size_t looked = 0;
	bool ok = true;
	int code = SQLITE_DONE;

	bind_text(r->pairs_of, 1, istr_str(m->name));
	bind_text(r->pairs_of, 2, prefix);
	while (ok && (code = sqlite3_step(r->pairs_of)) == SQLITE_ROW) {
		struct str value = past_db_column(r->pairs_of, 1);

		if (!str_starts(value, prefix))
			break;
		if (matcher_matches_value(m, value) != refused)
			VEC_PUSH(out, (uint64_t)sqlite3_column_int64(r->pairs_of, 0));
		if (++looked % AT_ONCE == 0 && until_over(u))
			ok = too_long(m, e);
	}
	if (ok && code != SQLITE_DONE && code != SQLITE_ROW)
		ok = past_db_failed(&r->db, e);
	sqlite3_reset(r->pairs_of);
	return ok;
}

/* Adds the sets that have one of the pairs, by going through all sets. */
static bool
scan_sets(struct reader *r, const struct matcher *m, const struct pairs *pairs, const struct until *u,
    struct set_bits *b, struct err *e)
{
	struct set_bits wanted;
	int64_t last = 0;
	size_t looked = 0;
	int code = SQLITE_DONE;
	bool ok = true;

	if (!past_db_number(&r->db, "SELECT max(id) FROM pairs", &last, e))
		return e->kind == ERR_NONE;
	wanted = bits_new((uint64_t)last + 1);
	for (size_t i = 0; i < pairs->n; i++)
		bits_add(&wanted, pairs->v[i]);
	while (ok && (code = sqlite3_step(r->all_sets)) == SQLITE_ROW) {
		struct str numbers = past_db_column(r->all_sets, 1);
		size_t at = 0;
		uint64_t pair;

		while (varint_get(numbers, &at, &pair))
			if (set_bits_has(&wanted, pair)) {
				bits_add(b, (uint64_t)sqlite3_column_int64(r->all_sets, 0));
				break;
			}
		if (++looked % AT_ONCE == 0 && until_over(u))
			ok = too_long(m, e);
	}
	if (ok && code != SQLITE_DONE)
		ok = past_db_failed(&r->db, e);
	sqlite3_reset(r->all_sets);
	set_bits_fini(&wanted);
	return ok;
}

/* Adds the sets whose value m accepts, or, `refused`, does not. */
static bool
add_values(struct reader *r, const struct matcher *m, bool refused, const struct until *u, struct set_bits *b,
    struct err *e)
{
	struct pairs pairs = { 0 };
	bool ok = find_pairs(r, m, refused, u, &pairs, e);

	if (ok && pairs.n > VALUES_MAX)
		ok = scan_sets(r, m, &pairs, u, b, e);
	else
		for (size_t i = 0; ok && i < pairs.n; i++)
			ok = add_postings(r, pairs.v[i], b, e);
	mem_free(pairs.v);
	return ok;
}

/* The values that m refuses (`refused`) or accepts, where they can be counted. */
static size_t
listed(const struct matcher *m, bool refused, struct str *one, const struct str **v)
{
	if (!refused)
		return matcher_values(m, one, v);
	if (m->op == MATCH_NE) {
		*one = istr_str(m->value);
		*v = one;
		return 1;
	}
	return m->op == MATCH_NRE ? regex_literals(m->re, v) : 0;
}

/* Sets without the label have the empty value: where m accepts that, all are in but those with a value it refuses. */
static bool
resolve_one(struct reader *r, const struct matcher *m, const struct until *u, struct set_bits *b, struct err *e)
{
	bool refused = matcher_matches_value(m, STR(""));
	const struct str *v = NULL;
	struct str one;
	size_t n = listed(m, refused, &one, &v);
	bool ok = true;

	if (n == 0)
		ok = add_values(r, m, refused, u, b, e);
	for (size_t i = 0; ok && i < n; i++)
		ok = add_value(r, m, v[i], b, e);
	if (refused)
		bits_invert(b);
	return ok;
}

static bool
resolve_fingerprints(struct reader *r, const struct question *q, struct set_bits *b)
{
	for (size_t i = 0; i < q->q.fingerprints_n; i++) {
		sqlite3_bind_int64(r->by_fingerprint, 1, (int64_t)q->q.fingerprints[i]);
		while (sqlite3_step(r->by_fingerprint) == SQLITE_ROW)
			bits_add(b, (uint64_t)sqlite3_column_int64(r->by_fingerprint, 0));
		sqlite3_reset(r->by_fingerprint);
	}
	return true;
}

bool
resolve_sets(struct reader *r, const struct question *q, const struct matchers *ms, const struct until *u,
    struct set_bits *out, struct err *e)
{
	int64_t last = 0;
	struct set_bits b;
	bool ok = true;

	*out = (struct set_bits){ 0 };
	if (ms->n == 0 && q->q.fingerprints_n == 0)
		return true;
	if (!past_db_number(&r->db, "SELECT max(id) FROM sets", &last, e) && e->kind != ERR_NONE)
		return false;
	if (q->q.fingerprints_n > 0) {
		b = bits_new((uint64_t)last + 1);
		ok = resolve_fingerprints(r, q, &b);
		bits_and(out, &b);
	}
	for (size_t i = 0; ok && i < ms->n; i++) {
		b = bits_new((uint64_t)last + 1);
		ok = resolve_one(r, &ms->m[i], u, &b, e);
		bits_and(out, &b);
	}
	if (!ok)
		set_bits_fini(out);
	return ok;
}
