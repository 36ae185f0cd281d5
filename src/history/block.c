/* SPDX-License-Identifier: Apache-2.0 */
#include "block.h"

#include <stdlib.h>

#include "base/copy.h"
#include "base/hash.h"
#include "base/mem.h"
#include "varint.h"

struct word {
	struct hmap_node node;
	uint32_t number;	/* from 1 */
	uint32_t n;
	size_t at;		/* in block.words */
};

/* Fields of a row by their bit in the mask: those of an alert first, so that its mask is one byte. */
#define BIT_SET (UINT64_C(1) << 0)
#define BIT_STARTS (UINT64_C(1) << 16)
#define NUMBER_FIELDS(F) \
	F(0, set)        \
	F(1, source)     \
	F(4, outcome)    \
	F(8, reason)     \
	F(9, failure)    \
	F(10, firing)    \
	F(11, resolved)  \
	F(12, attempts)  \
	F(13, ms)        \
	F(16, starts)    \
	F(17, ends)      \
	F(20, by_peer)
#define WORD_FIELDS(F)    \
	F(2, ref)         \
	F(5, receiver)    \
	F(6, integration) \
	F(7, group)       \
	F(14, text)       \
	F(3, actor)       \
	F(15, matchers)
#define ONE(bit, field) +1
enum { ROW_FIELDS = 0 NUMBER_FIELDS(ONE) WORD_FIELDS(ONE) };
#undef ONE
#define BIT_SETS (UINT64_C(1) << 18)
#define BIT_RECIPIENTS (UINT64_C(1) << 19)
#define BITS_KNOWN ((UINT64_C(1) << 21) - 1)

void
block_init(struct block *b)
{
	*b = (struct block){ .made = arena_new(), .rows = SBUF_INIT(SBUF_UNLIMITED), .words = SBUF_INIT(SBUF_UNLIMITED) };
}

void
block_clear(struct block *b)
{
	hmap_fini(&b->known);
	arena_reset(b->made);
	b->words_n = 0;
	b->sets.n = 0;
	sbuf_reset(&b->rows);
	sbuf_reset(&b->words);
	b->known = (struct hmap){ 0 };
	b->first = b->n = 0;
	b->kinds = b->outcomes = 0;
	b->oldest = b->newest = b->last = 0;
}

void
block_fini(struct block *b)
{
	block_clear(b);
	arena_free(&b->made);
	VEC_FINI(&b->sets);
	sbuf_fini(&b->rows);
	sbuf_fini(&b->words);
}

/* The number of s in the block; 0: s is empty. */
static uint64_t
word_number(struct block *b, struct str s)
{
	uint64_t hash = hash_seeded(s.p, s.n);
	struct word *w;

	if (s.n == 0)
		return 0;
	for (struct hmap_node *n = hmap_first(&b->known, hash); n != NULL; n = hmap_next(n)) {
		w = CONTAINER_OF(n, struct word, node);
		if (str_eq((struct str){ b->words.p + w->at, w->n }, s))
			return w->number;
	}
	varint_put(&b->words, s.n);
	w = ARENA_NEW(b->made, struct word);
	w->n = (uint32_t)s.n;
	w->at = b->words.n;
	w->number = ++b->words_n;
	hmap_insert(&b->known, &w->node, hash);
	sbuf_str(&b->words, s);
	return w->number;
}

static uint64_t
mask_of(const struct row *r)
{
	uint64_t mask = 0;

#define NUMBER(bit, field) mask |= (uint64_t)(r->field != 0) << (bit);
#define WORD(bit, field) mask |= (uint64_t)(r->field.n != 0) << (bit);
	NUMBER_FIELDS(NUMBER)
	WORD_FIELDS(WORD)
#undef NUMBER
#undef WORD
	if (r->sets_n > 0)
		mask |= BIT_SETS;
	if (r->to_n > 0)
		mask |= BIT_RECIPIENTS;
	return mask;
}

static void
put_lists(struct block *b, const struct row *r)
{
	uint64_t before = 0;

	if (r->sets_n > 0)
		varint_put(&b->rows, r->sets_n);
	for (size_t i = 0; i < r->sets_n; i++) {
		varint_put_signed(&b->rows, (int64_t)(r->sets[i] - before));
		before = r->sets[i];
		VEC_PUSH(&b->sets, r->sets[i]);
	}
	if (r->to_n > 0)
		varint_put(&b->rows, r->to_n);
	for (size_t i = 0; i < r->to_n; i++) {
		varint_put(&b->rows, word_number(b, r->to[i].to));
		varint_put(&b->rows, r->to[i].state);
	}
}

/* Time, kind and outcome go into the summary. */
static void
count_row(struct block *b, uint64_t id, int64_t at, unsigned kind, uint64_t outcome)
{
	if (b->n == 0) {
		b->first = id;
		b->oldest = b->newest = at;
	}
	b->kinds |= UINT64_C(1) << kind;
	b->outcomes |= UINT64_C(1) << outcome;
	b->oldest = at < b->oldest ? at : b->oldest;
	b->newest = at > b->newest ? at : b->newest;
	b->last = at;
	b->n++;
}

void
block_add(struct block *b, const struct row *r)
{
	char bytes[(ROW_FIELDS + 2) * VARINT_MAX + 1], *p = varint_write(bytes, varint_unsigned(r->at - b->last));

	*p++ = (char)r->kind;
	p = varint_write(p, mask_of(r));
#define NUMBER(bit, field)     \
	if (r->field != 0)     \
		p = varint_write(p, r->field);
#define WORD(bit, field)       \
	if (r->field.n != 0)   \
		p = varint_write(p, word_number(b, r->field));
	NUMBER_FIELDS(NUMBER)
	WORD_FIELDS(WORD)
#undef NUMBER
#undef WORD
	sbuf_put(&b->rows, bytes, (size_t)(p - bytes));
	put_lists(b, r);
	if (r->set != 0)
		VEC_PUSH(&b->sets, r->set);
	/* It is found by its labels, too. */
	if (r->source != 0)
		VEC_PUSH(&b->sets, r->source);
	count_row(b, r->id, r->at, r->kind, r->outcome);
}

#define TIME_MAX VARINT_MAX
#define ALERT_MAX (1 + 3 * VARINT_MAX)

/* Room for n bytes more, which end where take_room says. */
static inline char *
make_room(struct sbuf *b, size_t n)
{
	if (b->cap - b->n <= n)
		sbuf_reserve(b, n + 1);
	return b->p + b->n;
}

static inline void
take_room(struct sbuf *b, const char *end)
{
	b->n = (size_t)(end - b->p);
	b->p[b->n] = '\0';
}

static void
put_alert(struct block *b, uint64_t id, int64_t at, unsigned kind, uint64_t set, const char *rest, size_t n)
{
	char *p = varint_write(make_room(&b->rows, TIME_MAX + ALERT_MAX), varint_unsigned(at - b->last));

	take_room(&b->rows, copy_short(p, rest, n));
	if (set != 0)
		VEC_PUSH(&b->sets, set);
	count_row(b, id, at, kind, OUTCOME_NONE);
}

void
block_add_alert(struct block *b, struct block *also, uint64_t id, int64_t at, unsigned kind, uint64_t set, uint64_t starts)
{
	char rest[ALERT_MAX], *p = rest;

	*p++ = (char)kind;
	p = varint_write(p, (set != 0 ? BIT_SET : 0) | (starts != 0 ? BIT_STARTS : 0));
	if (set != 0)
		p = varint_write(p, set);
	if (starts != 0)
		p = varint_write(p, starts);
	put_alert(b, id, at, kind, set, rest, (size_t)(p - rest));
	if (also != NULL)
		put_alert(also, id, at, kind, set, rest, (size_t)(p - rest));
}

bool
block_is_full(const struct block *b)
{
	return b->n >= BLOCK_EVENTS || b->rows.n + b->words.n >= BLOCK_BYTES;
}

static int
cmp_sets(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

void
block_put_sets(struct block *b, struct sbuf *out)
{
	uint64_t before = 0;
	bool sorted = true;
	char *p;

	if (b->sets.n == 0)
		return;
	for (size_t i = 1; i < b->sets.n && sorted; i++)
		sorted = b->sets.v[i - 1] <= b->sets.v[i];
	/* New ones ascend already. */
	if (!sorted)
		qsort(b->sets.v, b->sets.n, sizeof(b->sets.v[0]), cmp_sets);
	p = make_room(out, b->sets.n * VARINT_MAX);
	for (size_t i = 0; i < b->sets.n; i++) {
		if (b->sets.v[i] == before)
			continue;
		p = varint_write(p, b->sets.v[i] - before);
		before = b->sets.v[i];
	}
	take_room(out, p);
}

uint64_t
block_sum(struct str sets, struct str words, struct str rows)
{
	const struct str parts[] = { sets, words, rows };
	struct xxh64 x;

	xxh64_init(&x);
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		uint64_t n = parts[i].n;

		xxh64_add(&x, &n, sizeof(n));
		xxh64_add(&x, parts[i].p, parts[i].n);
	}
	return xxh64_sum(&x);
}

bool
block_next_set(struct str sets, struct set_reader *r)
{
	uint64_t step;

	if (!varint_get(sets, &r->at, &step))
		return false;
	r->set += step;
	return true;
}

bool
block_words(struct str words, struct str **out, size_t *n_out)
{
	VEC(struct str) all = { 0 };
	size_t at = 0;
	uint64_t n;

	while (at < words.n) {
		if (!varint_get(words, &at, &n) || n > words.n - at) {
			VEC_FINI(&all);
			return false;
		}
		VEC_PUSH(&all, ((struct str){ words.p + at, (size_t)n }));
		at += (size_t)n;
	}
	*out = all.v;
	*n_out = all.n;
	return true;
}

void
row_reader_init(struct row_reader *r, const struct block_view *v, const struct str *words, size_t words_n)
{
	*r = (struct row_reader){ .rows = v->rows, .words = words, .words_n = words_n, .id = v->first };
}

void
row_reader_fini(struct row_reader *r)
{
	VEC_FINI(&r->sets);
	VEC_FINI(&r->to);
}

static bool
get_word(struct row_reader *r, struct str *out)
{
	uint64_t number;

	if (!varint_get(r->rows, &r->at, &number) || number > r->words_n)
		return false;
	*out = number > 0 ? r->words[number - 1] : STR_NONE;
	return true;
}

static bool
get_sets(struct row_reader *r)
{
	uint64_t n, set = 0;
	int64_t step;

	if (!varint_get(r->rows, &r->at, &n) || n > ROW_SETS_MAX)
		return false;
	for (uint64_t i = 0; i < n; i++) {
		if (!varint_get_signed(r->rows, &r->at, &step))
			return false;
		set += (uint64_t)step;
		VEC_PUSH(&r->sets, set);
	}
	return true;
}

static bool
get_recipients(struct row_reader *r)
{
	uint64_t n, state;
	struct str to;

	if (!varint_get(r->rows, &r->at, &n) || n > ROW_RECIPIENTS_MAX)
		return false;
	for (uint64_t i = 0; i < n; i++) {
		if (!get_word(r, &to) || !varint_get(r->rows, &r->at, &state))
			return false;
		VEC_PUSH(&r->to, ((struct row_recipient){ to, (unsigned)state }));
	}
	return true;
}

static bool
get_fields(struct row_reader *r, uint64_t mask, struct row *out)
{
#define NUMBER(bit, field)                                                                                \
	if ((mask >> (bit) & 1) != 0 && !varint_get(r->rows, &r->at, &out->field))                         \
		return false;
#define WORD(bit, field)                                                                                  \
	if ((mask >> (bit) & 1) != 0 && !get_word(r, &out->field))                                         \
		return false;
	NUMBER_FIELDS(NUMBER)
	WORD_FIELDS(WORD)
#undef NUMBER
#undef WORD
	return ((mask & BIT_SETS) == 0 || get_sets(r)) && ((mask & BIT_RECIPIENTS) == 0 || get_recipients(r));
}

int
row_reader_next(struct row_reader *r, struct row *out)
{
	int64_t step;
	uint64_t mask;

	if (r->at >= r->rows.n)
		return 0;
	r->sets.n = r->to.n = 0;
	*out = (struct row){ .id = r->id };
	if (!varint_get_signed(r->rows, &r->at, &step) || r->at >= r->rows.n)
		return -1;
	r->time = (int64_t)((uint64_t)r->time + (uint64_t)step);
	out->at = r->time;
	out->kind = (unsigned char)r->rows.p[r->at++];
	if (kind_word(out->kind) == NULL || !varint_get(r->rows, &r->at, &mask) || (mask & ~BITS_KNOWN) != 0 ||
	    !get_fields(r, mask, out))
		return -1;
	out->sets = r->sets.v;
	out->sets_n = r->sets.n;
	out->to = r->to.v;
	out->to_n = r->to.n;
	r->id++;
	return 1;
}
