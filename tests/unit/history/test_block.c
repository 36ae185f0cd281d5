/* SPDX-License-Identifier: Apache-2.0 */
/* Events go into a block and come out of it; damage is noticed. */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/rand.h"
#include "block.h"
#include "suite.h"
#include "varint.h"

#define MOST_SETS 20

static struct str
random_text(struct rand *r, char out[64])
{
	static const char *const texts[] = { "", "ops", "db", "{}:{alertname=\"A\"}", "400", "\xc3\xa4\"\n" };
	int n = snprintf(out, 64, "%s", texts[rand_below(r, 6)]);

	if (rand_below(r, 4) == 0)
		n += snprintf(out + n, 64 - (size_t)n, "%d", (int)rand_below(r, 1000));
	return (struct str){ out, (size_t)n };
}

struct made {
	struct row row;
	char texts[8][64];
	uint64_t sets[MOST_SETS];
	struct row_recipient to[3];
};

static uint64_t
random_number(struct rand *r)
{
	return rand_below(r, 3) == 0 ? 0 : rand_u64(r) >> rand_below(r, 64);
}

static void
random_row(struct rand *r, struct made *m, uint64_t id)
{
	struct str *texts[] = { &m->row.ref, &m->row.receiver, &m->row.integration, &m->row.group, &m->row.actor,
		&m->row.text, &m->row.matchers };
	uint64_t *numbers[] = { &m->row.set, &m->row.source, &m->row.reason, &m->row.failure, &m->row.firing,
		&m->row.resolved, &m->row.attempts, &m->row.ms, &m->row.starts, &m->row.ends, &m->row.by_peer };

	m->row = (struct row){ .id = id, .at = 1700000000000 + (int64_t)rand_below(r, 1000) - 500, .kind = 1 + (unsigned)rand_below(r, 22),
		.outcome = rand_below(r, OUTCOMES), .sets = m->sets, .sets_n = rand_below(r, MOST_SETS), .to = m->to,
		.to_n = rand_below(r, 3) };
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		*numbers[i] = random_number(r);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		*texts[i] = random_text(r, m->texts[i]);
	for (size_t i = 0; i < m->row.sets_n; i++)
		m->sets[i] = 1 + rand_below(r, 1 << 20);
	for (size_t i = 0; i < m->row.to_n; i++)
		m->to[i] = (struct row_recipient){ random_text(r, m->texts[7]), (unsigned)rand_below(r, 3) };
}

static void
same_row(const struct row *a, const struct row *b)
{
	ck_assert_uint_eq(a->id, b->id);
	ck_assert_int_eq(a->at, b->at);
	ck_assert_uint_eq(a->kind, b->kind);
	ck_assert_uint_eq(a->outcome, b->outcome);
	ck_assert_uint_eq(a->set, b->set);
	ck_assert_uint_eq(a->source, b->source);
	ck_assert_uint_eq(a->reason, b->reason);
	ck_assert_uint_eq(a->failure, b->failure);
	ck_assert_uint_eq(a->firing, b->firing);
	ck_assert_uint_eq(a->resolved, b->resolved);
	ck_assert_uint_eq(a->attempts, b->attempts);
	ck_assert_uint_eq(a->ms, b->ms);
	ck_assert_uint_eq(a->starts, b->starts);
	ck_assert_uint_eq(a->ends, b->ends);
	ck_assert_uint_eq(a->by_peer, b->by_peer);
	ck_assert(str_eq(a->ref, b->ref) && str_eq(a->receiver, b->receiver) && str_eq(a->integration, b->integration));
	ck_assert(str_eq(a->group, b->group) && str_eq(a->actor, b->actor) && str_eq(a->text, b->text));
	ck_assert(str_eq(a->matchers, b->matchers));
	ck_assert_uint_eq(a->sets_n, b->sets_n);
	for (size_t i = 0; i < a->sets_n; i++)
		ck_assert_uint_eq(a->sets[i], b->sets[i]);
	ck_assert_uint_eq(a->to_n, b->to_n);
	for (size_t i = 0; i < a->to_n; i++)
		ck_assert(str_eq(a->to[i].to, b->to[i].to) && a->to[i].state == b->to[i].state);
}

static struct block_view
view_of(struct block *b, struct sbuf *sets)
{
	block_put_sets(b, sets);
	return (struct block_view){ .first = b->first, .n = b->n, .kinds = b->kinds, .outcomes = b->outcomes,
		.oldest = b->oldest, .newest = b->newest, .sets = sbuf_get(sets), .words = sbuf_get(&b->words),
		.rows = sbuf_get(&b->rows) };
}

START_TEST(what_goes_in_comes_out)
{
	struct rand r;

	rand_seed(&r, 7);
	for (int round = 0; round < 20; round++) {
		struct made *all = mem_calloc(50, sizeof(all[0]));
		struct sbuf sets = SBUF_INIT(SBUF_UNLIMITED);
		size_t n = 1 + rand_below(&r, 50), words_n;
		uint64_t first = 1 + rand_below(&r, 1000);
		struct block_view v;
		struct row_reader reader;
		struct str *words;
		struct block b;
		struct row row;

		block_init(&b);
		for (size_t i = 0; i < n; i++) {
			random_row(&r, &all[i], first + i);
			block_add(&b, &all[i].row);
		}
		v = view_of(&b, &sets);
		ck_assert(block_words(v.words, &words, &words_n));
		row_reader_init(&reader, &v, words, words_n);
		for (size_t i = 0; i < n; i++) {
			ck_assert_int_eq(row_reader_next(&reader, &row), 1);
			same_row(&row, &all[i].row);
			ck_assert((v.kinds >> row.kind & 1) != 0 && (v.outcomes >> row.outcome & 1) != 0);
			ck_assert(v.oldest <= row.at && row.at <= v.newest);
		}
		ck_assert_int_eq(row_reader_next(&reader, &row), 0);
		row_reader_fini(&reader);
		mem_free(words);
		sbuf_fini(&sets);
		block_fini(&b);
		mem_free(all);
	}
}
END_TEST

START_TEST(sets_are_sorted_and_stand_once)
{
	const uint64_t list[] = { 70000, 3, 9, 3 };
	struct row row = { .id = 1, .kind = KIND_NOTIFICATION, .sets = list, .sets_n = 4, .set = 9, .source = 5 };
	const uint64_t want[] = { 3, 5, 9, 70000 };
	struct sbuf sets = SBUF_INIT(SBUF_UNLIMITED);
	struct set_reader r = { 0 };
	struct block b;

	block_init(&b);
	block_add(&b, &row);
	block_put_sets(&b, &sets);
	for (size_t i = 0; i < ARRAY_LEN(want); i++) {
		ck_assert(block_next_set(sbuf_get(&sets), &r));
		ck_assert_uint_eq(r.set, want[i]);
	}
	ck_assert(!block_next_set(sbuf_get(&sets), &r));
	sbuf_fini(&sets);
	block_fini(&b);
}
END_TEST

/* Reads whatever stands on the disk: no more than there is. */
static void
read_all(struct block_view *v)
{
	struct row_reader reader;
	struct str *words = NULL;
	size_t words_n = 0, read = 0;
	struct row row;

	if (!block_words(v->words, &words, &words_n))
		return;
	row_reader_init(&reader, v, words, words_n);
	while (row_reader_next(&reader, &row) == 1)
		read++;
	ck_assert_uint_le(read, v->rows.n);
	row_reader_fini(&reader);
	mem_free(words);
}

START_TEST(damage_is_put_up_with)
{
	struct rand r;

	rand_seed(&r, 11);
	for (int round = 0; round < 1500; round++) {
		struct sbuf sets = SBUF_INIT(SBUF_UNLIMITED);
		struct made m;
		struct block_view v;
		struct block b;
		struct sbuf *hurt;
		uint64_t sum;

		block_init(&b);
		for (uint64_t i = 1; i < 5; i++) {
			random_row(&r, &m, i);
			block_add(&b, &m.row);
		}
		v = view_of(&b, &sets);
		sum = block_sum(v.sets, v.words, v.rows);
		hurt = rand_below(&r, 2) == 0 ? &b.rows : &b.words;
		if (hurt->n > 0 && rand_below(&r, 3) == 0)
			sbuf_cut(hurt, rand_below(&r, hurt->n));
		else if (hurt->n > 0)
			hurt->p[rand_below(&r, hurt->n)] ^= (char)(1 + rand_below(&r, 255));
		else
			sbuf_putc(hurt, (char)0xff);
		v.words = sbuf_get(&b.words);
		v.rows = sbuf_get(&b.rows);
		ck_assert_uint_ne(block_sum(v.sets, v.words, v.rows), sum);
		read_all(&v);
		sbuf_fini(&sets);
		block_fini(&b);
	}
}
END_TEST

START_TEST(numbers)
{
	const int64_t signs[] = { 0, 1, -1, 63, -64, 64, INT64_MAX, INT64_MIN };
	struct sbuf b = SBUF_INIT(1000);
	size_t at = 0;
	int64_t v;
	uint64_t u;

	for (size_t i = 0; i < ARRAY_LEN(signs); i++)
		varint_put_signed(&b, signs[i]);
	for (size_t i = 0; i < ARRAY_LEN(signs); i++) {
		ck_assert(varint_get_signed(sbuf_get(&b), &at, &v));
		ck_assert_int_eq(v, signs[i]);
	}
	ck_assert(!varint_get_signed(sbuf_get(&b), &at, &v));
	/* More than there is in a number. */
	at = 0;
	ck_assert(!varint_get(STR("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), &at, &u));
	sbuf_fini(&b);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, what_goes_in_comes_out);
	tcase_add_test(tc, sets_are_sorted_and_stand_once);
	tcase_add_test(tc, damage_is_put_up_with);
	tcase_add_test(tc, numbers);
}

int
main(void)
{
	return run_suite("block", add);
}
