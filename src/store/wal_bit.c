/* SPDX-License-Identifier: Apache-2.0 */
#include "wal_bit.h"

#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "page_rows.h"

/* A bit that may be the one. No byte: it is one of the sum, and page and head are as they were. */
struct suspect {
	unsigned char *byte, mask;
};

/* The same page as the log holds it before and after a frame; NULL: it does not. */
struct versions {
	const unsigned char *before, *after;
	unsigned char *of_file;		/* heap; what the database file holds, if it is that */
};

/* How much speaks for a suspect: what stands first decides. */
struct verdict {
	bool head;			/* the frame has a head that can be */
	enum page_rows rows;
	int likeness;			/* to the page's other versions: higher is more */
};

struct inquiry {
	const struct wal *w;
	size_t frame;
	uint32_t size;			/* pages of the database, as the last transaction said */
	struct versions versions;
	size_t suspects, best_n;	/* … that are as good as the best */
	struct suspect best;
	struct verdict best_verdict;
};

static uint32_t
page_of(const struct wal *w, size_t i)
{
	return wal_get(wal_frame(w, i));
}

static unsigned char *
read_database(const struct wal *w, uint32_t page)
{
	unsigned char *p;

	if (w->database < 0 || page == 0)
		return NULL;
	p = mem_alloc(w->page);
	if (pread(w->database, p, w->page, (off_t)(page - 1) * (off_t)w->page) == (ssize_t)w->page)
		return p;
	mem_free(p);
	return NULL;
}

static struct versions
find_versions(const struct wal *w, size_t frame, uint32_t page)
{
	struct versions v = { 0 };

	for (size_t i = frame; v.before == NULL && i-- > 0;)
		if (page_of(w, i) == page && w->kinds[i] <= FRAME_MENDED)
			v.before = wal_frame(w, i) + WAL_FRAME_HEAD;
	for (size_t i = frame + 1; v.after == NULL && i < w->frames; i++)
		if (page_of(w, i) == page && wal_is_whole(w, i, wal_sum_said(w, i - 1)))
			v.after = wal_frame(w, i) + WAL_FRAME_HEAD;
	if (v.before == NULL)
		v.before = v.of_file = read_database(w, page);
	return v;
}

/* The database's size at that time; it only grows. */
static uint32_t
size_before(const struct wal *w, size_t frame)
{
	while (frame-- > 0)
		if (w->kinds[frame] <= FRAME_MENDED && wal_get(wal_frame(w, frame) + 4) != 0)
			return wal_get(wal_frame(w, frame) + 4);
	return 0;
}

/* A transaction that makes the database longer ends with its last page. */
static bool
head_can_be(const struct inquiry *q)
{
	const unsigned char *head = wal_frame(q->w, q->frame);
	uint32_t page = wal_get(head), size = wal_get(head + 4);

	if (size == 0)
		return page >= 1 && page <= q->w->pages;
	return page >= 1 && page <= size && size >= q->size && (size <= q->w->pages || size == page);
}

static size_t
differences(const unsigned char *x, const unsigned char *y, size_t n)
{
	size_t d = 0;

	if (x == NULL || y == NULL)
		return n;
	for (size_t i = 0; i < n; i++)
		d += x[i] != y[i];
	return d;
}

static size_t
distance(const unsigned char *page, const struct versions *v, size_t n)
{
	size_t before = differences(page, v->before, n), after = differences(page, v->after, n);

	return before < after ? before : after;
}

/* Is it rather the page that it would be then? */
static int
likeness_as_another(const struct inquiry *q, uint32_t as)
{
	const unsigned char *page = wal_frame(q->w, q->frame) + WAL_FRAME_HEAD;
	struct versions v = find_versions(q->w, q->frame, as);
	bool closer = distance(page, &v, q->w->page) < distance(page, &q->versions, q->w->page);

	mem_free(v.of_file);
	return closer ? 3 : -3;
}

/* Does a byte become what it is elsewhere, or does it cease to be? */
static int
likeness(const struct inquiry *q, const struct suspect *s)
{
	const unsigned char *head = wal_frame(q->w, q->frame);
	const unsigned char *other[] = { q->versions.before, q->versions.after };
	int n = 0;

	if (s->byte == NULL)
		return 0;
	if (s->byte < head + 4)
		return likeness_as_another(q, page_of(q->w, q->frame));
	if (s->byte < head + WAL_FRAME_HEAD)
		return 0;
	for (size_t i = 0; i < ARRAY_LEN(other); i++) {
		unsigned char c;

		if (other[i] == NULL)
			continue;
		c = other[i][s->byte - (head + WAL_FRAME_HEAD)];
		n += (*s->byte == c) - ((*s->byte ^ s->mask) == c);
	}
	return n;
}

static struct verdict
judge(const struct inquiry *q, const struct suspect *s)
{
	struct verdict v;

	if (s->byte != NULL)
		*s->byte ^= s->mask;
	v = (struct verdict){
		.head = head_can_be(q),
		.rows = page_rows_judge(wal_frame(q->w, q->frame) + WAL_FRAME_HEAD, q->w->page),
		.likeness = likeness(q, s),
	};
	if (s->byte != NULL)
		*s->byte ^= s->mask;
	return v;
}

static int
compare(const struct verdict *x, const struct verdict *y)
{
	if (x->head != y->head)
		return x->head - y->head;
	if (x->rows != y->rows)
		return (int)x->rows - (int)y->rows;
	return x->likeness - y->likeness;
}

static void
suspect(struct inquiry *q, struct suspect s)
{
	struct verdict v = judge(q, &s);
	int order = q->suspects == 0 ? 1 : compare(&v, &q->best_verdict);

	q->suspects++;
	if (order > 0) {
		q->best = s;
		q->best_verdict = v;
		q->best_n = 1;
	} else if (order == 0) {
		q->best_n++;
	}
}

static bool
one_bit_apart(struct wal_sum x, struct wal_sum y)
{
	uint64_t bits = (uint64_t)(x.a ^ y.a) << 32 | (x.b ^ y.b);

	return bits != 0 && (bits & (bits - 1)) == 0;
}

/*
 * Sums are linear: a word that is larger by d at some place makes them larger by
 * d times what a word larger by one makes there. So each bit is tried with a
 * comparison, from the last pair of words to the first.
 */
static void
find_suspects(struct inquiry *q, struct wal_sum by)
{
	const struct wal *w = q->w;
	struct wal_sum even = { 1, 1 }, odd = { 0, 1 };

	for (size_t k = w->page / 8 + 1; k-- > 0;) {
		unsigned char *pair = wal_frame(w, q->frame) + (k == 0 ? 0 : WAL_FRAME_HEAD + (k - 1) * 8);

		for (unsigned bit = 0; bit < 64; bit++) {
			unsigned char *p = pair + (bit < 32 ? 0 : 4);
			struct wal_sum effect = bit < 32 ? even : odd;
			uint32_t d = UINT32_C(1) << bit % 32;

			if (wal_word(p, w->big_endian) & d)
				d = -d;
			if (effect.a * d != by.a || effect.b * d != by.b)
				continue;
			p += w->big_endian ? 3 - bit % 32 / 8 : bit % 32 / 8;
			suspect(q, (struct suspect){ p, (unsigned char)(1U << bit % 8) });
		}
		even = (struct wal_sum){ even.a + even.b, even.a + 2 * even.b };
		odd = (struct wal_sum){ odd.a + odd.b, odd.a + 2 * odd.b };
	}
}

/* If several are equally good, and all rows are right with each, any will do: they differ where nobody looks. */
static bool
is_settled(const struct inquiry *q)
{
	if (q->suspects <= 1)
		return q->suspects == 1;
	if (!q->best_verdict.head || q->best_verdict.rows == ROWS_WRONG)
		return false;
	return q->best_n == 1 || q->best_verdict.rows == ROWS_RIGHT;
}

bool
wal_bit_mend(const struct wal *w, size_t i, struct wal_sum is, enum wal_sum_state state)
{
	struct wal_sum said = wal_sum_said(w, i);
	struct inquiry q = { .w = w, .frame = i, .size = size_before(w, i) };
	bool settled;

	q.versions = find_versions(w, i, page_of(w, i));
	if (state == SUM_UNKNOWN && one_bit_apart(is, said))
		suspect(&q, (struct suspect){ 0 });
	find_suspects(&q, (struct wal_sum){ said.a - is.a, said.b - is.b });
	settled = is_settled(&q);
	if (settled && q.best.byte != NULL)
		*q.best.byte ^= q.best.mask;
	mem_free(q.versions.of_file);
	return settled;
}
