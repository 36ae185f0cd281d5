/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Open addressing by lines. An object belongs into the line that its hash, as a part of all hashes, is in the table, and if that is full,
 * into the next one with room. So a look-up ends at the first line with room. A removal leaves no mark: something behind that had to
 * go on takes its place. The slots of a line are dense.
 *
 * As places follow hashes in their order, a table is emptied into one of any other size from its beginning to its end, some lines with each
 * insertion, and memory of both is read and written in this order. Full lines one after the other and the first behind them, a run, go
 * together: nothing in there belongs elsewhere. The old one is freed piece by piece.
 */
#include "base/nmap.h"

#include <assert.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/compiler.h"
#include "base/mem.h"
#include "base/numbered.h"
#include "base/slab.h"

#define WIDTH 8

/* The number 0 is no object. */
struct nmap_line {
	uint32_t hashes[WIDTH];
	uint32_t numbers[WIDTH];
};

_Static_assert(sizeof(struct nmap_line) == 64, "a line of the cache");

/* A piece has so many, but for the only one of a small table. */
#define PIECE ((uint32_t)(SLAB_PAGE / sizeof(struct nmap_line)))
#define PIECES_OF(lines) ((lines) / PIECE + 2)

/* So many objects a line are too many, and those that are left are too few; then there are about so many. */
#define MOST 7
#define FEWEST 3
#define SHRUNK 5
/* A table is never so much smaller than the one before, so that each insertion need empty no more lines than that to be done in time. */
#define SHRINK_MOST 4
/* Up to here tables have twice the size of the one before, as memory is no matter then; larger ones a quarter more. */
#define DOUBLED (8 * PIECE)

/* Which of a line's are x, a bit each. */
static inline unsigned
equal(const uint32_t v[WIDTH], uint32_t x)
{
#ifdef __SSE2__
	__m128i all = _mm_set1_epi32((int)x);
	__m128i low = _mm_cmpeq_epi32(_mm_loadu_si128((const __m128i *)v), all);
	__m128i high = _mm_cmpeq_epi32(_mm_loadu_si128((const __m128i *)(v + 4)), all);

	return (unsigned)_mm_movemask_ps(_mm_castsi128_ps(low)) | (unsigned)_mm_movemask_ps(_mm_castsi128_ps(high)) << 4;
#else
	unsigned found = 0;

	for (unsigned i = 0; i < WIDTH; i++)
		found |= (unsigned)(v[i] == x) << i;
	return found;
#endif
}

static inline bool
is_full(const struct nmap_line *line)
{
	return line->numbers[WIDTH - 1] != 0;
}

/* How many are in a line that is not full. */
static inline unsigned
used(const struct nmap_line *line)
{
	return (unsigned)__builtin_ctz(equal(line->numbers, 0));
}

static inline struct nmap_line *
line_at(const struct nmap_table *t, uint32_t at)
{
	return &t->pieces[at / PIECE][at % PIECE];
}

/* Where a hash belongs: the piece, and its part of that in hashes. So no division is needed to find the line. */
static inline uint64_t
piece_of(const struct nmap_table *t, uint32_t hash)
{
	return (uint64_t)hash * t->pieces_n;
}

static inline struct nmap_line *
home_line(const struct nmap_table *t, uint32_t hash)
{
	uint64_t piece = piece_of(t, hash);

	return &t->pieces[piece >> 32][(uint64_t)(uint32_t)piece * t->each >> 32];
}

static inline uint32_t
home(const struct nmap_table *t, uint32_t hash)
{
	uint64_t piece = piece_of(t, hash);

	return (uint32_t)(piece >> 32) * PIECE + (uint32_t)((uint64_t)(uint32_t)piece * t->each >> 32);
}

/* Where this hash's objects are. */
static inline const struct nmap_table *
table_of(const struct nmap *m, uint32_t hash)
{
	return m->old.lines != 0 && hash >= m->moved ? &m->old : &m->now;
}

static struct nmap_line *
new_lines(uint32_t n)
{
	return n == PIECE ? slab_page() : slab_alloc(n * sizeof(struct nmap_line));
}

/* Memory for more lines: a piece, or while there is less than one, twice as many lines. */
static NOINLINE void
make_room(struct nmap_table *t)
{
	uint32_t pieces = t->room / PIECE;

	if (t->room < PIECE) {
		uint32_t n = 2 * t->room < PIECE ? 2 * t->room : PIECE;
		struct nmap_line *fresh = new_lines(n);

		memcpy(fresh, t->pieces[0], t->ready * sizeof(*fresh));
		slab_free(t->pieces[0]);
		t->pieces[0] = fresh;
		t->room = n;
		return;
	}
	/* More than a table of so many lines needs are for what has no room in the last ones. */
	if (pieces >= PIECES_OF(t->lines))
		t->pieces = mem_realloc(t->pieces, pieces + 1, sizeof(t->pieces[0]));
	t->pieces[pieces] = new_lines(PIECE);
	t->room += PIECE;
}

/* One more line. */
static inline void
extend(struct nmap_table *t)
{
	if (t->ready == t->room)
		make_room(t);
	*line_at(t, t->ready) = (struct nmap_line){ 0 };
	t->ready++;
}

static void
free_table(struct nmap_table *t)
{
	for (uint32_t at = 0; at < t->room; at += PIECE)
		slab_free(t->pieces[at / PIECE]);
	mem_free(t->pieces);
	*t = (struct nmap_table){ 0 };
}

void
nmap_fini(struct nmap *m)
{
	free_table(&m->now);
	free_table(&m->old);
	*m = (struct nmap){ 0 };
}

static inline void
put_into(struct nmap_line *line, unsigned i, uint32_t hash, uint32_t number)
{
	line->hashes[i] = hash;
	line->numbers[i] = number;
}

/* The last line that is ready is never full. */
static NOINLINE void
fill_line(struct nmap_table *t, uint32_t hash, uint32_t number)
{
	uint32_t at = home(t, hash);
	struct nmap_line *line;
	unsigned i;

	while (is_full(line = line_at(t, at)))
		at++;
	i = used(line);
	put_into(line, i, hash, number);
	if (i == WIDTH - 1 && at + 1 == t->ready)
		extend(t);
}

static inline void
put(struct nmap_table *t, uint32_t hash, uint32_t number)
{
	struct nmap_line *line = home_line(t, hash);

	if (line->numbers[WIDTH - 2] == 0)
		put_into(line, used(line), hash, number);
	else
		fill_line(t, hash, number);
}

/* The first hash that belongs into this line or behind it; beyond all hashes: there is none. */
static uint64_t
first_hash(const struct nmap_table *t, uint32_t at)
{
	uint64_t part = (((uint64_t)(at % PIECE) << 32) + t->each - 1) / t->each;

	return (((uint64_t)(at / PIECE) << 32) + part + t->pieces_n - 1) / t->pieces_n;
}

/* Lines that are ready: all where those belong that have been moved, as they are looked for there. */
static void
make_ready(struct nmap *m, uint32_t emptied)
{
	m->moved = first_hash(&m->old, emptied);
	while (m->now.ready <= (m->moved <= UINT32_MAX ? home(&m->now, (uint32_t)m->moved) : m->now.lines))
		extend(&m->now);
}

/* So many lines or some more: less than a piece, or whole ones. */
static uint32_t
whole(size_t lines)
{
	return (uint32_t)(lines < PIECE ? lines : (lines + PIECE - 1) / PIECE * PIECE);
}

/* Another table of so many lines from now on, into which this one is to be emptied. */
static void
begin(struct nmap *m, uint32_t lines)
{
	uint32_t room = lines < PIECE ? lines + 1 : PIECE;

	assert(m->old.lines == 0);
	m->old = m->now;
	m->now = (struct nmap_table){
		.pieces = mem_calloc(PIECES_OF(lines), sizeof(m->now.pieces[0])),
		.pieces_n = (lines + PIECE - 1) / PIECE,
		.each = lines < PIECE ? lines : PIECE,
		.lines = lines,
		.room = room,
	};
	m->now.pieces[0] = new_lines(room);
	m->emptied = 0;
	m->moved = 0;
	while (m->old.lines == 0 && m->now.ready <= lines)
		extend(&m->now);
}

/* A run of the old table, which is there, to the other one. */
static void
empty_run(struct nmap *m)
{
	const struct nmap_line *line;
	bool goes_on;

	do {
		line = line_at(&m->old, m->emptied);
		goes_on = is_full(line);
		m->emptied++;
		make_ready(m, m->emptied < m->old.lines ? m->emptied : m->old.lines);
		for (unsigned i = 0; i < WIDTH && line->numbers[i] != 0; i++)
			put(&m->now, line->hashes[i], line->numbers[i]);
		if (m->emptied % PIECE == 0 && m->emptied < m->old.room) {
			slab_free(m->old.pieces[m->emptied / PIECE - 1]);
			m->old.pieces[m->emptied / PIECE - 1] = NULL;
		}
	} while (goes_on);
	if (m->emptied >= m->old.lines)
		free_table(&m->old);
}

static void
empty_all(struct nmap *m)
{
	while (m->old.lines != 0)
		empty_run(m);
}

/* The lines of a table that is the next larger one. */
static uint32_t
larger(uint32_t lines)
{
	return whole(lines <= DOUBLED ? lines > 0 ? 2 * (size_t)lines : 1 : (size_t)lines + lines / 4);
}

void
nmap_reserve(struct nmap *m, size_t n)
{
	uint32_t lines = whole(n / MOST + 1);

	if (lines <= m->now.lines)
		return;
	empty_all(m);
	begin(m, lines);
	empty_all(m);
}

static NOINLINE void
grow(struct nmap *m)
{
	if (m->old.lines != 0) {
		uint32_t since = m->emptied, times = 1 + m->old.lines / m->now.lines;

		while (m->old.lines != 0 && m->emptied - since < times)
			empty_run(m);
	} else {
		begin(m, larger(m->now.lines));
	}
}

void
nmap_insert(struct nmap *m, const void *object, uint32_t hash)
{
	if (m->old.lines != 0 || m->n >= (size_t)m->now.lines * MOST)
		grow(m);
	put((struct nmap_table *)(uintptr_t)table_of(m, hash), hash, numbered_of(object));
	m->n++;
}

/* A slot. */
struct place {
	uint32_t at;
	struct nmap_line *line;
	unsigned i;
};

/* An object that is in the table. */
static struct place
place_of(const struct nmap_table *t, const void *object, uint32_t hash)
{
	uint32_t at = home(t, hash), number = numbered_of(object);
	struct nmap_line *line = line_at(t, at);
	unsigned found;

	while ((found = equal(line->numbers, number)) == 0) {
		assert(is_full(line));
		line = line_at(t, ++at);
	}
	return (struct place){ at, line, (unsigned)__builtin_ctz(found) };
}

/* The first behind a full line that had to go on from there, or from one before. */
static bool
find_pushed(const struct nmap_table *t, uint32_t from, struct place *out)
{
	struct nmap_line *line;
	uint32_t at = from;

	do {
		line = line_at(t, ++at);
		for (unsigned i = 0; i < WIDTH && line->numbers[i] != 0; i++) {
			if (home(t, line->hashes[i]) <= from) {
				*out = (struct place){ at, line, i };
				return true;
			}
		}
	} while (is_full(line));
	return false;
}

void
nmap_remove(struct nmap *m, const void *object, uint32_t hash)
{
	const struct nmap_table *t = table_of(m, hash);
	struct place hole, next;
	unsigned last;

	assert(m->n > 0);
	hole = place_of(t, object, hash);
	while (is_full(hole.line) && find_pushed(t, hole.at, &next)) {
		put_into(hole.line, hole.i, next.line->hashes[next.i], next.line->numbers[next.i]);
		hole = next;
	}
	last = is_full(hole.line) ? WIDTH - 1 : used(hole.line) - 1;
	put_into(hole.line, hole.i, hole.line->hashes[last], hole.line->numbers[last]);
	hole.line->numbers[last] = 0;
	m->n--;
}

/* An emptied line costs so many. */
#define LINE_UNITS 8

bool
nmap_shrink_some(struct nmap *m, struct work *w)
{
	for (;;) {
		size_t wanted = m->n / SHRUNK + 1, least = m->now.lines / SHRINK_MOST + 1;
		uint32_t lines = whole(wanted > least ? wanted : least), since = m->emptied;

		if (m->old.lines == 0) {
			if (lines >= m->now.lines || m->n >= (size_t)m->now.lines * FEWEST)
				return true;
			begin(m, lines);
			since = 0;
		}
		if (work_used_up(w))
			return false;
		empty_run(m);
		work_spend(w, LINE_UNITS * (int64_t)(m->old.lines != 0 ? m->emptied - since : 1));
	}
}

/* The first of those found, if any. A free slot still has the hash that was there; no slot behind it is used. */
static inline void *
object_of(const struct nmap_line *line, unsigned found)
{
	uint32_t number = found != 0 ? line->numbers[__builtin_ctz(found)] : 0;

	return number != 0 ? numbered_at(number) : NULL;
}

void
nmap_fetch(const struct nmap *m, uint32_t hash)
{
	const struct nmap_table *t = table_of(m, hash);
	const struct nmap_line *line;

	if (t->lines == 0)
		return;
	line = home_line(t, hash);
	__builtin_prefetch(line);
	/* One in four or five is full. */
	__builtin_prefetch(line + 1);
}

void
nmap_fetch_object(const struct nmap *m, uint32_t hash)
{
	const struct nmap_table *t = table_of(m, hash);
	const struct nmap_line *line;
	const void *object;

	if (t->lines == 0)
		return;
	line = home_line(t, hash);
	object = object_of(line, equal(line->hashes, hash));
	if (object != NULL)
		__builtin_prefetch(object);
}

/* The first with this hash behind a line. */
static NOINLINE void *
first_behind(const struct nmap_table *t, uint32_t at, uint32_t hash)
{
	const struct nmap_line *line;
	void *object;

	do {
		line = line_at(t, ++at);
		object = object_of(line, equal(line->hashes, hash));
	} while (object == NULL && is_full(line));
	return object;
}

void *
nmap_first(const struct nmap *m, uint32_t hash)
{
	const struct nmap_table *t = table_of(m, hash);
	const struct nmap_line *line;
	void *object;

	if (t->lines == 0)
		return NULL;
	line = home_line(t, hash);
	object = object_of(line, equal(line->hashes, hash));
	return object == NULL && is_full(line) ? first_behind(t, home(t, hash), hash) : object;
}

void *
nmap_next(const struct nmap *m, const void *object, uint32_t hash)
{
	const struct nmap_table *t = table_of(m, hash);
	struct place p = place_of(t, object, hash);
	void *next = object_of(p.line, equal(p.line->hashes, hash) & ~0u << p.i << 1);

	return next == NULL && is_full(p.line) ? first_behind(t, p.at, hash) : next;
}

bool
nmap_next_some(const struct nmap *m, uint64_t *from, void (*visit)(void *arg, void *object), void *arg)
{
	const struct nmap_table *t = *from <= UINT32_MAX ? table_of(m, (uint32_t)*from) : &m->now;
	const struct nmap_line *line;
	uint64_t to;
	uint32_t at;

	if (*from > UINT32_MAX || t->lines == 0)
		return false;
	at = home(t, (uint32_t)*from);
	to = first_hash(t, at + 1);
	if (t == &m->now && m->old.lines != 0 && to > m->moved)
		to = m->moved;
	do {
		line = line_at(t, at++);
		for (unsigned i = 0; i < WIDTH && line->numbers[i] != 0; i++)
			if (line->hashes[i] >= *from && line->hashes[i] < to)
				visit(arg, numbered_at(line->numbers[i]));
	} while (is_full(line));
	*from = to;
	return true;
}
