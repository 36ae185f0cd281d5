/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A frame's checksum goes on from that of the frame before: so whether a frame is
 * whole can be told from the checksum that stands in the one before it, too, whatever that
 * one holds.
 */
#include "wal_walk.h"

#include <string.h>

#include "base/mem.h"
#include "db_files.h"
#include "wal_bit.h"

#define MAGIC UINT32_C(0x377f0682)	/* the last bit: how checksums read words */
#define FORMAT 3007000

static bool
is_commit(const struct wal *w, size_t i)
{
	return wal_get(wal_frame(w, i) + 4) != 0;
}

static bool
header_is_whole(const unsigned char *p)
{
	uint32_t page = wal_get(p + 8);

	return (wal_get(p) & ~UINT32_C(1)) == MAGIC && wal_get(p + 4) == FORMAT && page >= 512 && page <= 65536 &&
	    (page & (page - 1)) == 0 && wal_sum_eq(wal_sum_add((struct wal_sum){ 0, 0 }, p, WAL_SUM_AT, wal_get(p) & 1), wal_sum_at(p + WAL_SUM_AT));
}

/* One bit that makes it whole: of the sum or of the salts, which only a frame can tell. */
static bool
mend_header(unsigned char *p, size_t n)
{
	for (size_t bit = 0; bit < 8 * (size_t)WAL_HEADER; bit++) {
		p[bit / 8] ^= (unsigned char)(1U << bit % 8);
		if (header_is_whole(p) && (n < WAL_HEADER + WAL_FRAME_HEAD || memcmp(p + WAL_SALTS_AT, p + WAL_HEADER + 8, 8) == 0))
			return true;
		p[bit / 8] ^= (unsigned char)(1U << bit % 8);
	}
	return false;
}

/* As it must have been, but for a counter that nobody reads; the first frame then has another checksum before it. */
static void
make_header(unsigned char *p, const unsigned char *salts)
{
	struct wal_sum s;

	wal_put(p, MAGIC | (wal_get(p) & 1));
	wal_put(p + 4, FORMAT);
	wal_put(p + 8, DB_PAGE);
	memcpy(p + WAL_SALTS_AT, salts, 8);
	s = wal_sum_add((struct wal_sum){ 0, 0 }, p, WAL_SUM_AT, wal_get(p) & 1);
	wal_sum_put(p + WAL_SUM_AT, s);
}

/* False: there is no log to speak of. */
static bool
read_header(struct wal *w, const unsigned char *salts)
{
	bool whole;

	if (w->n < WAL_HEADER)
		return false;
	whole = header_is_whole(w->p);
	if (!whole && !mend_header(w->p, w->n)) {
		if (w->n < WAL_HEADER + WAL_FRAME_HEAD)
			return false;
		make_header(w->p, salts != NULL ? salts : w->p + WAL_HEADER + 8);
	}
	w->damaged += !whole;
	w->page = wal_get(w->p + 8);
	w->big_endian = wal_get(w->p) & 1;
	w->frames = (w->n - WAL_HEADER) / (WAL_FRAME_HEAD + w->page);
	return true;
}

/* How far SQLite gets. */
static size_t
whole_transactions(const struct wal *w)
{
	struct wal_sum s = wal_sum_at(w->p + WAL_SUM_AT);
	size_t keep = 0;

	for (size_t i = 0; i < w->frames && wal_is_whole(w, i, s); i++) {
		s = wal_sum_said(w, i);
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
		if (!wal_is_whole(w, i, wal_sum_said(w, i - 1)))
			continue;
		found = last;
		if (is_commit(w, i))
			last = i + 1;
	}
	return found;
}

/* Is it the sum of a frame that is not what it was? The frame behind it, which goes on from there, may know. */
static enum wal_sum_state
judge_sum(const struct wal *w, size_t i, struct wal_sum is)
{
	bool more = i + 1 < w->frames;

	if (more && wal_is_whole(w, i + 1, wal_sum_said(w, i)))
		return SUM_RIGHT;
	return more && wal_is_whole(w, i + 1, is) ? SUM_WRONG : SUM_UNKNOWN;
}

/* Mends, or judges, a frame that should be there and is not whole. */
static enum frame_kind
mend_frame(struct wal *w, size_t i, struct wal_sum before)
{
	struct wal_sum is = wal_sum_of(w, i, before);
	uint32_t at = wal_get(wal_frame(w, i));
	enum wal_sum_state sum;

	memcpy(wal_frame(w, i) + 8, w->p + WAL_SALTS_AT, 8);
	if (wal_sum_eq(is, wal_sum_said(w, i)))
		return FRAME_MENDED;
	sum = judge_sum(w, i, is);
	if (sum == SUM_WRONG || wal_bit_mend(w, i, is, sum)) {
		wal_sum_put(wal_frame(w, i) + 16, wal_sum_of(w, i, before));
		return FRAME_MENDED;
	}
	return at >= 1 && at <= w->pages && wal_get(wal_frame(w, i) + 4) <= w->pages ? FRAME_DOUBTFUL : FRAME_LEFT_OUT;
}

static void
find_pages(struct wal *w)
{
	for (size_t i = 1; i < w->frames; i++) {
		if (!wal_is_whole(w, i, wal_sum_said(w, i - 1)))
			continue;
		if (wal_get(wal_frame(w, i)) > w->pages)
			w->pages = wal_get(wal_frame(w, i));
		if (wal_get(wal_frame(w, i) + 4) > w->pages)
			w->pages = wal_get(wal_frame(w, i) + 4);
	}
}

/* Walks to the end of what has to be there, and on as far as all is whole. */
static void
walk(struct wal *w, size_t wanted)
{
	struct wal_sum s = wal_sum_at(w->p + WAL_SUM_AT);

	w->kinds = mem_calloc(w->frames + 1, 1);
	for (size_t i = 0; i < w->frames; i++) {
		if (!wal_is_whole(w, i, s)) {
			if (i >= wanted)
				return;
			w->kinds[i] = (uint8_t)mend_frame(w, i, s);
			w->damaged++;
		}
		s = wal_sum_said(w, i);
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
	if (salts != NULL && memcmp(salts, w->p + WAL_SALTS_AT, 8) == 0)
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
	size_t size = WAL_FRAME_HEAD + w->page, n = 0;
	struct wal_sum s = wal_sum_at(w->p + WAL_SUM_AT);

	for (size_t i = 0; i < w->keep; i++) {
		unsigned char *to = wal_frame(w, n);

		if (w->kinds[i] == FRAME_LEFT_OUT)
			continue;
		memmove(to, wal_frame(w, i), size);
		/* The last one ends a transaction, whatever became of the one that did. */
		n++;
	}
	if (n > 0 && !is_commit(w, n - 1))
		wal_put(wal_frame(w, n - 1) + 4, w->pages);
	for (size_t i = 0; i < n; i++) {
		s = wal_sum_of(w, i, s);
		wal_sum_put(wal_frame(w, i) + 16, s);
	}
	w->n = WAL_HEADER + n * size;
}
