/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A frame's checksum goes on from that of the frame before: so whether a frame is
 * whole can be told from the checksum that stands in the one before it, too, whatever that
 * one holds.
 */
#include "wal_frames.h"

#include <string.h>

#include "base/mem.h"
#include "db.h"

#define HEADER 32
#define FRAME 24		/* the head of one */
#define MAGIC UINT32_C(0x377f0682)	/* the last bit: how checksums read words */
#define FORMAT 3007000
#define SALTS_AT 16
#define SUM_AT 24		/* … in the header of the log */

struct sum {
	uint32_t a, b;
};

static uint32_t
get(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void
put(unsigned char *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (unsigned char)(v >> (24 - 8 * i));
}

static uint32_t
word(const unsigned char *p, bool big_endian)
{
	if (big_endian)
		return get(p);
	return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static struct sum
add(struct sum s, const unsigned char *p, size_t n, bool big_endian)
{
	for (size_t i = 0; i + 8 <= n; i += 8) {
		s.a += word(p + i, big_endian) + s.b;
		s.b += word(p + i + 4, big_endian) + s.a;
	}
	return s;
}

static bool
same(struct sum x, struct sum y)
{
	return x.a == y.a && x.b == y.b;
}

static struct sum
sum_at(const unsigned char *p)
{
	return (struct sum){ get(p), get(p + 4) };
}

static unsigned char *
frame(const struct wal *w, size_t i)
{
	return w->p + HEADER + i * (FRAME + w->page);
}

static struct sum
stored(const struct wal *w, size_t i)
{
	return sum_at(frame(w, i) + 16);
}

static struct sum
computed(const struct wal *w, size_t i, struct sum before)
{
	return add(add(before, frame(w, i), 8, w->big_endian), frame(w, i) + FRAME, w->page, w->big_endian);
}

static bool
right_salts(const struct wal *w, size_t i)
{
	return memcmp(frame(w, i) + 8, w->p + SALTS_AT, 8) == 0;
}

static bool
is_whole(const struct wal *w, size_t i, struct sum before)
{
	return right_salts(w, i) && same(computed(w, i, before), stored(w, i));
}

static bool
is_commit(const struct wal *w, size_t i)
{
	return get(frame(w, i) + 4) != 0;
}

static bool
header_is_whole(const unsigned char *p)
{
	uint32_t page = get(p + 8);

	return (get(p) & ~UINT32_C(1)) == MAGIC && get(p + 4) == FORMAT && page >= 512 && page <= 65536 &&
	    (page & (page - 1)) == 0 && same(add((struct sum){ 0, 0 }, p, SUM_AT, get(p) & 1), sum_at(p + SUM_AT));
}

/* One bit that makes it whole: of the sum or of the salts, which only a frame can tell. */
static bool
mend_header(unsigned char *p, size_t n)
{
	for (size_t bit = 0; bit < 8 * (size_t)HEADER; bit++) {
		p[bit / 8] ^= (unsigned char)(1U << bit % 8);
		if (header_is_whole(p) && (n < HEADER + FRAME || memcmp(p + SALTS_AT, p + HEADER + 8, 8) == 0))
			return true;
		p[bit / 8] ^= (unsigned char)(1U << bit % 8);
	}
	return false;
}

/* As it must have been, but for a counter that nobody reads; the first frame then has another checksum before it. */
static void
make_header(unsigned char *p, const unsigned char *salts)
{
	struct sum s;

	put(p, MAGIC | (get(p) & 1));
	put(p + 4, FORMAT);
	put(p + 8, DB_PAGE);
	memcpy(p + SALTS_AT, salts, 8);
	s = add((struct sum){ 0, 0 }, p, SUM_AT, get(p) & 1);
	put(p + SUM_AT, s.a);
	put(p + SUM_AT + 4, s.b);
}

/* False: there is no log to speak of. */
static bool
read_header(struct wal *w, const unsigned char *salts)
{
	bool whole;

	if (w->n < HEADER)
		return false;
	whole = header_is_whole(w->p);
	if (!whole && !mend_header(w->p, w->n)) {
		if (w->n < HEADER + FRAME)
			return false;
		make_header(w->p, salts != NULL ? salts : w->p + HEADER + 8);
	}
	w->damaged += !whole;
	w->page = get(w->p + 8);
	w->big_endian = get(w->p) & 1;
	w->frames = (w->n - HEADER) / (FRAME + w->page);
	return true;
}

/* How far SQLite gets. */
static size_t
whole_transactions(const struct wal *w)
{
	struct sum s = sum_at(w->p + SUM_AT);
	size_t keep = 0;

	for (size_t i = 0; i < w->frames && is_whole(w, i, s); i++) {
		s = stored(w, i);
		if (is_commit(w, i))
			keep = i + 1;
	}
	return keep;
}

/* The end of the last transaction behind which there is a frame of another one: it was on disk by then. */
static size_t
outlived_transactions(const struct wal *w)
{
	size_t last = 0, found = 0;

	for (size_t i = 1; i < w->frames; i++) {
		if (!is_whole(w, i, stored(w, i - 1)))
			continue;
		found = last;
		if (is_commit(w, i))
			last = i + 1;
	}
	return found;
}

static bool
one_bit(uint32_t x)
{
	return x != 0 && (x & (x - 1)) == 0;
}

/*
 * Sums are linear: a word that is larger by d at some place makes them larger by
 * d times what a word larger by one makes there. So each bit is tried with a
 * comparison, from the last pair of words to the first.
 */
static bool
mend_bit(const struct wal *w, size_t i, struct sum wrong)
{
	struct sum right = stored(w, i), even = { 1, 1 }, odd = { 0, 1 };
	uint32_t da = right.a - wrong.a, db = right.b - wrong.b;

	for (size_t k = w->page / 8 + 1; k-- > 0;) {
		unsigned char *pair = k == 0 ? frame(w, i) : frame(w, i) + FRAME + (k - 1) * 8;

		for (int bit = 0; bit < 64; bit++) {
			unsigned char *p = pair + (bit < 32 ? 0 : 4), *byte;
			struct sum effect = bit < 32 ? even : odd;
			uint32_t d = UINT32_C(1) << bit % 32;

			if (word(p, w->big_endian) & d)
				d = -d;
			if (effect.a * d != da || effect.b * d != db)
				continue;
			byte = p + (w->big_endian ? 3 - bit % 32 / 8 : bit % 32 / 8);
			*byte ^= (unsigned char)(1U << bit % 8);
			return true;
		}
		even = (struct sum){ even.a + even.b, even.a + 2 * even.b };
		odd = (struct sum){ odd.a + odd.b, odd.a + 2 * odd.b };
	}
	return false;
}

/* Is only the head of this frame wrong, not its page? The next one knows; else a sum that is wrong by a bit says so. */
static bool
is_only_head(const struct wal *w, size_t i, struct sum is)
{
	struct sum said = stored(w, i);

	if (same(is, said))
		return true;
	if (i + 1 < w->frames && is_whole(w, i + 1, said))
		return false;
	return (i + 1 < w->frames && is_whole(w, i + 1, is)) || (is.a == said.a && one_bit(is.b ^ said.b)) ||
	    (is.b == said.b && one_bit(is.a ^ said.a));
}

/* Of a frame that should be there and is not whole. */
static enum frame_kind
mend_frame(struct wal *w, size_t i, struct sum before)
{
	struct sum is = computed(w, i, before);
	uint32_t at = get(frame(w, i));

	memcpy(frame(w, i) + 8, w->p + SALTS_AT, 8);
	if (is_only_head(w, i, is)) {
		put(frame(w, i) + 16, is.a);
		put(frame(w, i) + 20, is.b);
		return FRAME_MENDED;
	}
	if (mend_bit(w, i, is))
		return FRAME_MENDED;
	return at >= 1 && at <= w->pages && get(frame(w, i) + 4) <= w->pages ? FRAME_DOUBTFUL : FRAME_LEFT_OUT;
}

static void
find_pages(struct wal *w)
{
	for (size_t i = 1; i < w->frames; i++) {
		if (!is_whole(w, i, stored(w, i - 1)))
			continue;
		if (get(frame(w, i)) > w->pages)
			w->pages = get(frame(w, i));
		if (get(frame(w, i) + 4) > w->pages)
			w->pages = get(frame(w, i) + 4);
	}
}

/* Walks to the end of what has to be there, and on as far as all is whole. */
static void
walk(struct wal *w, size_t wanted)
{
	struct sum s = sum_at(w->p + SUM_AT);

	w->kinds = mem_calloc(w->frames + 1, 1);
	for (size_t i = 0; i < w->frames; i++) {
		if (!is_whole(w, i, s)) {
			if (i >= wanted)
				return;
			w->kinds[i] = (uint8_t)mend_frame(w, i, s);
			w->damaged++;
		}
		s = stored(w, i);
		if (i < wanted || is_commit(w, i))
			w->keep = i + 1;
	}
}

static void
say(struct wal *w, uint64_t wanted)
{
	size_t n[4] = { 0 }, first = 0;

	for (size_t i = 0; i < w->keep; i++) {
		n[w->kinds[i]]++;
		if (w->kinds[i] != FRAME_WHOLE && first == 0)
			first = i + 1;
	}
	if (wanted > w->frames)
		err_set(&w->what, ERR_INVALID, "the write-ahead log ends after %zu of %llu frames: what the others held is lost",
		    w->frames, (unsigned long long)wanted);
	else if (first == 0)
		err_set(&w->what, ERR_INVALID, "the head of the write-ahead log was damaged: it was mended");
	else
		err_set(&w->what, ERR_INVALID,
		    "%zu of %zu frames of the write-ahead log were damaged, the first is number %zu: of %zu all is right again, "
		    "%zu were left as they are, %zu left out",
		    n[1] + n[2] + n[3], w->keep, first, n[FRAME_MENDED], n[FRAME_DOUBTFUL], n[FRAME_LEFT_OUT]);
}

void
wal_walk(struct wal *w, const unsigned char *salts, uint64_t frames, uint32_t pages)
{
	uint64_t wanted = 0;
	size_t outlived;

	if (!read_header(w, salts))
		return;
	if (salts != NULL && memcmp(salts, w->p + SALTS_AT, 8) == 0)
		wanted = frames;
	outlived = outlived_transactions(w);
	if (outlived > wanted)
		wanted = outlived;
	/* A new log whose header is not on disk yet needs none. */
	if (wanted <= whole_transactions(w) && (w->damaged == 0 || wanted == 0)) {
		w->damaged = 0;
		return;
	}
	w->pages = pages;
	find_pages(w);
	walk(w, wanted < w->frames ? (size_t)wanted : w->frames);
	if (wanted > w->frames)
		w->damaged += (size_t)wanted - w->frames;
	if (w->damaged > 0)
		say(w, wanted);
}

void
wal_rewrite(struct wal *w)
{
	size_t size = FRAME + w->page, n = 0;
	struct sum s = sum_at(w->p + SUM_AT);

	for (size_t i = 0; i < w->keep; i++) {
		unsigned char *to = frame(w, n);

		if (w->kinds[i] == FRAME_LEFT_OUT)
			continue;
		memmove(to, frame(w, i), size);
		/* The last one ends a transaction, whatever became of the one that did. */
		n++;
	}
	if (n > 0 && !is_commit(w, n - 1))
		put(frame(w, n - 1) + 4, w->pages);
	for (size_t i = 0; i < n; i++) {
		s = computed(w, i, s);
		put(frame(w, i) + 16, s.a);
		put(frame(w, i) + 20, s.b);
	}
	w->n = HEADER + n * size;
}
