/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linear hashing: the table grows by one bucket at a time, which takes what is
 * its own from one other bucket, so that no insertion takes long however large
 * the map is. Buckets 0 to used - 1 are there; a hash whose place is not there
 * yet is still in the place that has one bit less. A large table is in pieces, as
 * to make one larger is to copy it; a piece is a page of the slabs.
 *
 * In a large map each bucket and each node is far away, and to wait for them takes longer than all else. So seven buckets
 * and what has to be known of them lie in one line of the cache, and the nodes that the next insertions will move
 * into their new buckets are asked for before.
 */
#include "base/hmap.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "base/slab.h"

/* Buckets of a line. */
#define WIDTH ((size_t)7)
#define MIN_BUCKETS WIDTH

/*
 * A mark has one bit of eight per node: a bucket without it has no node of this hash. Most
 * of what is looked for is not there, and memory that is far away need not be
 * touched to learn it. Bits of nodes that left stay until the bucket is empty.
 */
struct hmap_line {
	struct hmap_node *first[WIDTH];
	uint8_t marks[WIDTH];
};

/* A piece has so many. */
#define LINES (SLAB_PAGE / sizeof(struct hmap_line))
#define PIECE (LINES * WIDTH)

/* So many insertions ahead a bucket's first node is asked for, then its second. */
#define FIRST_AHEAD 8
#define SECOND_AHEAD 4
/* From so many buckets on. */
#define FAR (8 * PIECE)

/* Hashes whose low half is poor are helped by their high half. */
static inline size_t
low_bits(uint64_t hash)
{
	return (size_t)(hash ^ hash >> 32);
}

static inline size_t
slot(const struct hmap *m, uint64_t hash)
{
	size_t at = low_bits(hash) & m->mask;

	return at < m->used ? at : at & m->mask >> 1;
}

static inline uint8_t
mark(uint64_t hash)
{
	return (uint8_t)(1u << (hash >> 61));
}

static inline bool
is_in_pieces(const struct hmap *m)
{
	return m->used > PIECE;
}

/* A bucket's place in its line. */
struct place {
	struct hmap_line *line;
	size_t i;
};

/* at / WIDTH, in a quarter of the time, for all that a piece has. */
#define LINE_OF(at) ((at) * 9363 >> 16)
_Static_assert(LINE_OF(PIECE) == LINES && LINE_OF(PIECE - 1) == LINES - 1 && WIDTH == 7, "one seventh");

static inline struct place
place(const struct hmap *m, size_t bucket)
{
	struct hmap_line *piece = m->piece;
	uint32_t at = (uint32_t)bucket, line;

	if (is_in_pieces(m)) {
		piece = m->pieces[at / (uint32_t)PIECE];
		at %= (uint32_t)PIECE;
	}
	line = LINE_OF(at);
	return (struct place){ &piece[line], at - line * (uint32_t)WIDTH };
}

static inline struct hmap_node **
bucket(const struct hmap *m, size_t at)
{
	struct place p = place(m, at);

	return &p.line->first[p.i];
}

static struct hmap_line *
new_lines(size_t n)
{
	return n == LINES ? slab_page() : slab_alloc(n * sizeof(struct hmap_line));
}

void
hmap_fini(struct hmap *m)
{
	if (is_in_pieces(m)) {
		for (size_t at = 0; at < m->used; at += PIECE)
			slab_free(m->pieces[at / PIECE]);
		mem_free(m->pieces);
	} else {
		slab_free(m->piece);
	}
	*m = (struct hmap){ 0 };
}

static inline bool
is_power(size_t n)
{
	return (n & (n - 1)) == 0;
}

/* The one piece has n lines then, of which the first `kept` stay as they are. */
static void
resize_piece(struct hmap *m, size_t kept, size_t n)
{
	struct hmap_line *fresh = new_lines(n);

	memcpy(fresh, m->piece, kept * sizeof(*fresh));
	slab_free(m->piece);
	m->piece = fresh;
}

/* One piece more, behind the n that there are. */
static void
add_piece(struct hmap *m, size_t n)
{
	struct hmap_line *first = m->piece;

	if (n == 1) {
		m->pieces = mem_calloc(2, sizeof(m->pieces[0]));
		m->pieces[0] = first;
	} else if (is_power(n)) {
		m->pieces = mem_realloc(m->pieces, 2 * n, sizeof(m->pieces[0]));
	}
	m->pieces[n] = new_lines(LINES);
}

/* Room for one bucket more, at the end; it is not read before it is set. */
static void
add_bucket(struct hmap *m)
{
	size_t at = m->used, lines = at / WIDTH;

	if (at > m->mask)
		m->mask = 2 * m->mask + 1;
	if (at % PIECE == 0)
		add_piece(m, at / PIECE);
	else if (at % WIDTH == 0 && at < PIECE && is_power(lines))
		resize_piece(m, lines, 2 * lines < LINES ? 2 * lines : LINES);
	m->used++;
}

/* The last bucket goes. */
static void
drop_bucket(struct hmap *m)
{
	size_t at = m->used - 1, lines = at / WIDTH;
	struct hmap_line **pieces = m->pieces;

	if (at % PIECE == 0)
		slab_free(pieces[at / PIECE]);
	m->used--;
	if (at == PIECE) {
		m->piece = pieces[0];
		mem_free(pieces);
	} else if (at % WIDTH == 0 && at < PIECE && is_power(lines)) {
		resize_piece(m, lines, lines);
	}
	if (m->used == (m->mask + 1) / 2)
		m->mask = m->used - 1;
}

/*
 * Nodes are moved bucket by bucket, in their order. (A macro: compilers take a function that does nothing else for one
 * without effect.) Nothing of a small table is far away.
 */
#define FETCH_AHEAD(m, from)                                                                   \
	do {                                                                                   \
		if ((m)->used >= FAR && (from) + FIRST_AHEAD < (m)->used) {                    \
			const struct hmap_node *second_ = *bucket((m), (from) + SECOND_AHEAD); \
                                                                                               \
			__builtin_prefetch(*bucket((m), (from) + FIRST_AHEAD));                \
			if (second_ != NULL)                                                   \
				__builtin_prefetch(second_->next);                             \
		}                                                                              \
	} while (0)

/* One bucket more, with what belongs into it. */
static void
split(struct hmap *m)
{
	struct hmap_node **ends[2], *node;
	struct place old, fresh;
	unsigned marked[2] = { 0 };
	size_t to = m->used, half;

	add_bucket(m);
	half = (m->mask + 1) / 2;
	old = place(m, to - half);
	fresh = place(m, to);
	node = old.line->first[old.i];
	ends[0] = &old.line->first[old.i];
	ends[1] = &fresh.line->first[fresh.i];
	/* Each keeps the order. */
	for (; node != NULL; node = node->next) {
		bool moves = (low_bits(node->hash) & half) != 0;

		*ends[moves] = node;
		ends[moves] = &node->next;
		marked[moves] |= mark(node->hash);
	}
	*ends[0] = *ends[1] = NULL;
	old.line->marks[old.i] = (uint8_t)marked[0];
	fresh.line->marks[fresh.i] = (uint8_t)marked[1];
	FETCH_AHEAD(m, to - half);
}

/* One bucket less: the last. */
static void
join(struct hmap *m)
{
	struct place to = place(m, m->used - 1 - (m->mask + 1) / 2), last = place(m, m->used - 1);
	struct hmap_node **end = &to.line->first[to.i];

	while (*end != NULL)
		end = &(*end)->next;
	*end = last.line->first[last.i];
	to.line->marks[to.i] |= last.line->marks[last.i];
	drop_bucket(m);
}

static void
begin(struct hmap *m)
{
	if (m->used > 0)
		return;
	m->piece = new_lines(1);
	memset(m->piece, 0, sizeof(*m->piece));
	m->used = MIN_BUCKETS;
	m->mask = MIN_BUCKETS;
}

void
hmap_reserve(struct hmap *m, size_t n)
{
	begin(m);
	while (m->used < n)
		split(m);
}

void
hmap_insert(struct hmap *m, struct hmap_node *node, uint64_t hash)
{
	struct place p;

	begin(m);
	/* As many buckets as nodes. */
	while (m->n >= m->used)
		split(m);
	p = place(m, slot(m, hash));
	node->hash = hash;
	node->next = p.line->first[p.i];
	p.line->first[p.i] = node;
	p.line->marks[p.i] |= mark(hash);
	m->n++;
}

void
hmap_remove(struct hmap *m, struct hmap_node *node)
{
	struct place p;
	struct hmap_node **at;

	assert(m->used > 0);
	p = place(m, slot(m, node->hash));
	at = &p.line->first[p.i];
	while (*at != node) {
		assert(*at != NULL);
		at = &(*at)->next;
	}
	*at = node->next;
	node->next = NULL;
	if (p.line->first[p.i] == NULL)
		p.line->marks[p.i] = 0;
	m->n--;
}

#define JOIN_UNITS 2

bool
hmap_shrink_some(struct hmap *m, struct work *w)
{
	/* Half of what an insertion would want: what comes and goes all the time moves nothing. */
	while (m->used > MIN_BUCKETS && m->n < m->used / 2) {
		if (work_used_up(w))
			return false;
		work_spend(w, JOIN_UNITS);
		join(m);
	}
	return true;
}

static inline struct hmap_node *
same_hash(struct hmap_node *node, uint64_t hash)
{
	while (node != NULL && node->hash != hash)
		node = node->next;
	return node;
}

void
hmap_fetch(const struct hmap *m, uint64_t hash)
{
	if (m->used > 0)
		__builtin_prefetch(place(m, slot(m, hash)).line);
}

void
hmap_fetch_node(const struct hmap *m, uint64_t hash)
{
	struct place p;

	if (m->used == 0)
		return;
	p = place(m, slot(m, hash));
	if ((p.line->marks[p.i] & mark(hash)) != 0)
		__builtin_prefetch(p.line->first[p.i]);
}

struct hmap_node *
hmap_first(const struct hmap *m, uint64_t hash)
{
	struct place p;

	if (m->used == 0)
		return NULL;
	p = place(m, slot(m, hash));
	return (p.line->marks[p.i] & mark(hash)) != 0 ? same_hash(p.line->first[p.i], hash) : NULL;
}

struct hmap_node *
hmap_next(const struct hmap_node *node)
{
	return same_hash(node->next, node->hash);
}

struct hmap_node *
hmap_each(const struct hmap *m, const struct hmap_node *after)
{
	size_t i = 0;

	if (after != NULL) {
		if (after->next != NULL)
			return after->next;
		i = slot(m, after->hash) + 1;
	}
	for (; i < m->used; i++)
		if (*bucket(m, i) != NULL)
			return *bucket(m, i);
	return NULL;
}

bool
hmap_next_bucket(const struct hmap *m, struct hmap_cursor *c, struct hmap_node **node)
{
	/*
	 * As the table grows, nodes that a visited bucket gives away come again; as it
	 * shrinks, nodes that it takes from one not yet visited would not come at all.
	 */
	if (m->used < c->used)
		c->at = 0;
	c->used = m->used;
	if (c->at >= m->used)
		return false;
	*node = *bucket(m, c->at++);
	return true;
}
