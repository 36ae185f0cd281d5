/* SPDX-License-Identifier: Apache-2.0 */
#include "sets.h"

#include "base/mem.h"

/*
 * Places of a part of the table. It grows by half, each part when it is full: so there are never many more places than sets, and
 * what a part leaves behind is of use for the next. A set stands in one of so many places behind the one that its hash gives.
 */
#define PART_FIRST ((size_t)32)
#define PART_MAX ((size_t)8 << 10)
#define NEAR 16
/* Bits of a number that the table has room for: a thousand billion sets, and those behind them are new each time. */
#define NUMBER_BITS 40

/* A part with more places becomes small at rest, if so few of them (one in four) have sets of alerts that last. */
#define REST_PLACES ((size_t)128)
#define REST_SHARE 4

/* A set is told by 87 bits, 64 of which nobody outside can choose. */
#define FINGERPRINT_SHIFT (NUMBER_BITS + 1)
struct known_set {
	uint64_t hash;
	uint64_t fingerprint : 64 - FINGERPRINT_SHIFT;
	uint64_t ended : 1;		/* the last that was heard of its alert */
	uint64_t number : NUMBER_BITS;	/* 0: none */
};

static struct known_set
known_set(const struct labels *l, uint64_t number)
{
	struct known_set k = { .hash = labels_key(l) };

	k.fingerprint = labels_fingerprint(l) >> FINGERPRINT_SHIFT;
	k.number = number & ((UINT64_C(1) << NUMBER_BITS) - 1);
	return k;
}

static bool
load(struct sets *s, struct err *e)
{
	sqlite3_stmt *st = past_db_prepare(
	    s->db, "SELECT first, n, epoch, epoch_began, part, parts, bytes FROM segments ORDER BY first", e);
	int code = SQLITE_DONE;

	if (st == NULL)
		return false;
	while ((code = sqlite3_step(st)) == SQLITE_ROW) {
		struct segment_row row = {
			.first = (uint64_t)sqlite3_column_int64(st, 0),
			.n = (uint64_t)sqlite3_column_int64(st, 1),
			.epoch = (uint64_t)sqlite3_column_int64(st, 2),
			.epoch_began = sqlite3_column_int64(st, 3),
			.part = (uint64_t)sqlite3_column_int64(st, 4),
			.parts_n = (uint64_t)sqlite3_column_int64(st, 5),
			.bytes = (uint64_t)sqlite3_column_int64(st, 6),
		};

		s->epoch = row.epoch;
		s->epoch_began = row.epoch_began;
		s->next = row.first + row.n;
		s->next_part = s->next_part > row.part + row.parts_n ? s->next_part : row.part + row.parts_n;
		VEC_PUSH(&s->all, row);
	}
	if (code != SQLITE_DONE)
		past_db_failed(s->db, e);
	sqlite3_finalize(st);
	return code == SQLITE_DONE;
}

bool
sets_open(struct sets *s, struct past_db *db, struct err *e)
{
	*s = (struct sets){ .db = db, .next = 1, .next_part = 1 };
	return load(s, e) &&
	    (s->add_segment = past_db_prepare(db,
		 "INSERT INTO segments(first, n, epoch, epoch_began, part, parts, bytes, sum, directory) "
		 "VALUES(?,?,?,?,?,?,?,?,?)", e)) != NULL &&
	    (s->add_part = past_db_prepare(db, "INSERT INTO parts VALUES(?, ?)", e)) != NULL &&
	    (s->get_segment = past_db_prepare(db, "SELECT sum, directory FROM segments WHERE first = ?", e)) != NULL &&
	    (s->get_parts = past_db_prepare(
		 db, "SELECT body FROM parts WHERE id >= ? AND id < ? ORDER BY id", e)) != NULL &&
	    (s->drop_segment = past_db_prepare(db, "DELETE FROM segments WHERE first = ?", e)) != NULL &&
	    (s->drop_parts = past_db_prepare(db, "DELETE FROM parts WHERE id >= ? AND id < ?", e)) != NULL;
}

static void
forget_known(struct sets *s)
{
	for (size_t i = 0; i < KNOWN_PARTS; i++) {
		mem_free(s->known[i].v);
		s->known[i] = (struct known_part){ 0 };
	}
}

void
sets_close(struct sets *s)
{
	sqlite3_finalize(s->add_segment);
	sqlite3_finalize(s->add_part);
	sqlite3_finalize(s->get_segment);
	sqlite3_finalize(s->get_parts);
	sqlite3_finalize(s->drop_segment);
	sqlite3_finalize(s->drop_parts);
	forget_known(s);
	segment_maker_fini(&s->maker);
	VEC_FINI(&s->all);
	*s = (struct sets){ 0 };
}

void
sets_begin_epoch(struct sets *s, uint64_t event, int64_t now)
{
	s->epoch = event;
	s->epoch_began = now;
	forget_known(s);
}

bool
sets_put_segment(struct sets *s, struct segment_maker *m, const struct segment_row *at, struct err *e)
{
	struct segment_row row = { .first = at->first, .n = m->n, .epoch = at->epoch, .epoch_began = at->epoch_began,
		.part = s->next_part, .bytes = m->bytes };
	sqlite3_stmt *st = s->add_segment;
	struct segment_made made;
	size_t i = s->all.n;
	bool ok = true;

	segment_make(m, &made);
	segment_maker_clear(m);
	row.parts_n = made.parts.n;
	for (size_t k = 0; ok && k < made.parts.n; k++) {
		sqlite3_bind_int64(s->add_part, 1, (int64_t)s->next_part++);
		past_db_bind_blob(s->add_part, 2, sbuf_get(&made.parts.v[k]));
		ok = past_db_step(s->db, s->add_part, e);
	}
	sqlite3_clear_bindings(s->add_part);
	sqlite3_bind_int64(st, 1, (int64_t)row.first);
	sqlite3_bind_int64(st, 2, (int64_t)row.n);
	sqlite3_bind_int64(st, 3, (int64_t)row.epoch);
	sqlite3_bind_int64(st, 4, row.epoch_began);
	sqlite3_bind_int64(st, 5, (int64_t)row.part);
	sqlite3_bind_int64(st, 6, (int64_t)row.parts_n);
	sqlite3_bind_int64(st, 7, (int64_t)row.bytes);
	sqlite3_bind_int64(st, 8, (int64_t)segment_sum(sbuf_get(&made.directory)));
	past_db_bind_blob(st, 9, sbuf_get(&made.directory));
	ok = ok && past_db_step(s->db, st, e);
	sqlite3_clear_bindings(st);
	segment_made_fini(&made);
	if (!ok)
		return false;
	VEC_PUSH(&s->all, row);
	/* One that was merged stands where those stood that it is made of. */
	for (; i > 0 && s->all.v[i - 1].first > row.first; i--)
		s->all.v[i] = s->all.v[i - 1];
	s->all.v[i] = row;
	return true;
}

bool
sets_flush(struct sets *s, struct err *e)
{
	struct segment_row row = { .first = s->next - s->maker.n, .epoch = s->epoch, .epoch_began = s->epoch_began };

	return s->maker.n == 0 || sets_put_segment(s, &s->maker, &row, e);
}

bool
sets_drop(struct sets *s, size_t at, size_t n, struct err *e)
{
	bool ok = true;

	for (size_t i = at; ok && i < at + n; i++) {
		const struct segment_row *row = &s->all.v[i];

		sqlite3_bind_int64(s->drop_segment, 1, (int64_t)row->first);
		sqlite3_bind_int64(s->drop_parts, 1, (int64_t)row->part);
		sqlite3_bind_int64(s->drop_parts, 2, (int64_t)(row->part + row->parts_n));
		ok = past_db_step(s->db, s->drop_segment, e) && past_db_step(s->db, s->drop_parts, e);
	}
	memmove(&s->all.v[at], &s->all.v[at + n], (s->all.n - at - n) * sizeof(s->all.v[0]));
	s->all.n -= n;
	return ok;
}

/* How many segments at the beginning are of epochs that were over then. */
static size_t
over(const struct sets *s, uint64_t event)
{
	uint64_t current = s->epoch <= event ? s->epoch : 0;
	size_t n = 0;

	for (size_t i = s->all.n; i-- > 0 && current == 0;)
		if (s->all.v[i].epoch <= event)
			current = s->all.v[i].epoch;
	while (n < s->all.n && s->all.v[n].epoch < current)
		n++;
	return n;
}

bool
sets_are_over(const struct sets *s, uint64_t event)
{
	return over(s, event) > 0;
}

bool
sets_drop_over(struct sets *s, uint64_t event, size_t most, struct err *e)
{
	size_t n = over(s, event);

	return sets_drop(s, 0, n < most ? n : most, e);
}

static bool
is(const struct known_set *k, const struct labels *l)
{
	return k->hash == labels_key(l) && k->fingerprint == labels_fingerprint(l) >> FINGERPRINT_SHIFT;
}

static inline struct known_part *
part_of(struct sets *s, uint64_t hash)
{
	return &s->known[hash >> 32 & (KNOWN_PARTS - 1)];
}

/* The i-th place of those that a set with this hash may have; there are places. */
static inline struct known_set *
near(const struct known_part *p, uint64_t hash, size_t i)
{
	size_t at = (size_t)((hash & UINT32_MAX) * p->n >> 32) + i;

	return &p->v[at < p->n ? at : at - p->n];
}

static void remember(struct known_part *p, struct known_set set);

static void
more_room(struct known_part *p)
{
	struct known_part old = *p;

	p->n = old.n == 0 ? PART_FIRST : old.n + old.n / 2;
	if (p->n > PART_MAX)
		p->n = PART_MAX;
	p->v = mem_calloc(p->n, sizeof(p->v[0]));
	for (size_t i = 0; i < old.n; i++)
		if (old.v[i].number != 0)
			remember(p, old.v[i]);
	mem_free(old.v);
}

/* Where there is no place left, the one that was entered first goes. */
static void
remember(struct known_part *p, struct known_set set)
{
	struct known_set *oldest = NULL;

	for (size_t i = 0; p->n > 0 && i < NEAR; i++) {
		struct known_set *k = near(p, set.hash, i);

		if (k->number == 0) {
			*k = set;
			return;
		}
		if (oldest == NULL || k->number < oldest->number)
			oldest = k;
	}
	if (p->n < PART_MAX) {
		more_room(p);
		remember(p, set);
		return;
	}
	*oldest = set;
}

/* NULL: it is not known, and *free_out is where it belongs; NULL, too: there is no place left. */
static struct known_set *
find(const struct known_part *p, const struct labels *l, struct known_set **free_out)
{
	*free_out = NULL;
	for (size_t i = 0; p->n > 0 && i < NEAR; i++) {
		struct known_set *k = near(p, labels_key(l), i);

		if (k->number == 0) {
			*free_out = k;
			break;
		}
		if (is(k, l))
			return k;
	}
	return NULL;
}

bool
sets_number(struct sets *s, const struct labels *l, enum set_news news, uint64_t *out, struct err *e)
{
	struct known_part *p = part_of(s, labels_key(l));
	struct known_set *place, *k = find(p, l, &place), fresh;

	if (k != NULL) {
		*out = k->number;
		if (news != SET_NO_NEWS)
			k->ended = news == SET_ENDED;
		return true;
	}
	if (segment_maker_is_full(&s->maker) && !sets_flush(s, e))
		return false;
	*out = s->next++;
	segment_add_labels(&s->maker, l);
	if (*out >> NUMBER_BITS != 0)
		return true;
	fresh = known_set(l, *out);
	fresh.ended = news == SET_ENDED;
	if (place != NULL)
		*place = fresh;
	else
		remember(p, fresh);
	return true;
}

static bool
lasts(const struct known_set *k)
{
	return k->number != 0 && !k->ended;
}

static void
forget_ended(struct known_part *p)
{
	struct known_part old = *p;
	size_t lasting = 0;

	for (size_t i = 0; i < old.n; i++)
		lasting += lasts(&old.v[i]);
	if (old.n <= REST_PLACES || lasting > old.n / REST_SHARE)
		return;
	*p = (struct known_part){ 0 };
	for (size_t i = 0; i < old.n; i++)
		if (lasts(&old.v[i]))
			remember(p, old.v[i]);
	mem_free(old.v);
}

void
sets_rest(struct sets *s)
{
	for (size_t i = 0; i < KNOWN_PARTS; i++)
		forget_ended(&s->known[i]);
}
