/* SPDX-License-Identifier: Apache-2.0 */
#include "page_rows.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "db.h"
#include "wire/codec_state.h"

#define INTERIOR 0x02
#define LEAF 0x0a
#define NUMBERED_INTERIOR 0x05
#define NUMBERED_LEAF 0x0d
#define SIZE_MAX_OF_PAGE 65536
#define CELL_MIN 4
#define COLUMNS 3	/* key, body, sum */

struct page {
	const unsigned char *p;
	size_t size, head, cells;
	bool numbered;				/* its rows have numbers for keys */
	uint64_t last;				/* … the one before */
	size_t top;				/* where the cells begin */
	size_t taken;				/* bytes of cells and of what is free between them */
	uint8_t map[SIZE_MAX_OF_PAGE / 8];	/* … which */
	unsigned tables;			/* that its rows can be of: a bit for each */
	bool all_summed;
};

static size_t
get2(const unsigned char *p)
{
	return (size_t)p[0] << 8 | p[1];
}

/* SQLite's, of 1 to 9 bytes. False: it does not end within n. */
static bool
get_varint(const unsigned char *p, size_t n, size_t *at, uint64_t *out)
{
	uint64_t v = 0;

	for (size_t i = 0; i < 9 && *at < n; i++) {
		unsigned char c = p[(*at)++];

		v = i < 8 ? v << 7 | (c & 0x7f) : v << 8 | c;
		if (c < 0x80 || i == 8) {
			*out = v;
			return true;
		}
	}
	return false;
}

/* No byte has two uses. */
static bool
take(struct page *g, size_t at, size_t n)
{
	if (at < g->top || n > g->size || at > g->size - n)
		return false;
	for (size_t i = at; i < at + n; i++) {
		if (g->map[i / 8] & 1U << i % 8)
			return false;
		g->map[i / 8] |= (uint8_t)(1U << i % 8);
	}
	g->taken += n;
	return true;
}

/* False: it is not a blob within the n bytes at p. */
static bool
get_blob(uint64_t type, const unsigned char *p, size_t n, size_t *at, struct str *out)
{
	uint64_t len = (type - 12) / 2;

	if (type < 12 || type % 2 != 0 || len > n - *at)
		return false;
	*out = (struct str){ (const char *)p + *at, (size_t)len };
	*at += (size_t)len;
	return true;
}

/* The rest of the n bytes at p: no more, no less. */
static bool
get_integer(uint64_t type, const unsigned char *p, size_t n, size_t at, int64_t *out)
{
	static const uint8_t sizes[] = { 0, 1, 2, 3, 4, 6, 8, 0, 0, 0 };
	uint64_t v;

	if (type == 0 || type == 7 || type >= sizeof(sizes) || n - at != sizes[type])
		return false;
	v = n > at && p[at] & 0x80 ? UINT64_MAX : 0;
	for (; at < n; at++)
		v = v << 8 | p[at];
	*out = type >= 8 ? (int64_t)type - 8 : (int64_t)v;
	return true;
}

/* The key is that of the cell, and stands for a column of no bytes. */
static bool
get_key(const struct page *g, uint64_t number, uint64_t type, const unsigned char *p, size_t n, size_t *at, char bytes[8], struct str *out)
{
	if (!g->numbered)
		return get_blob(type, p, n, at, out);
	codec_number_key(number, bytes);
	*out = (struct str){ bytes, 8 };
	return type == 0;
}

/* Rows of schema 2 have no sums. */
static bool
row_is_right(struct page *g, uint64_t number, const unsigned char *p, size_t n)
{
	uint64_t head, type[COLUMNS] = { 0 };
	size_t at = 0, columns = 0;
	struct str key, body;
	char bytes[8];
	int64_t sum;

	if (!get_varint(p, n, &at, &head) || head > n)
		return false;
	for (; at < head && columns < COLUMNS; columns++)
		if (!get_varint(p, (size_t)head, &at, &type[columns]))
			return false;
	if (at != head || columns < 2 || !get_key(g, number, type[0], p, n, &at, bytes, &key) ||
	    !get_blob(type[1], p, n, &at, &body))
		return false;
	if (columns == 2 && !g->numbered) {
		g->all_summed = false;
		return at == n;
	}
	if (columns != COLUMNS || !get_integer(type[2], p, n, at, &sum))
		return false;
	for (unsigned t = 0; t < TABLE_N; t++)
		if (g->tables & 1U << t && table_row_sum((enum db_table)t, key, body) != sum)
			g->tables &= ~(1U << t);
	return g->tables != 0;
}

/* How many bytes of a row are in its cell; the rest is in pages of its own. */
static size_t
bytes_here(const struct page *g, uint64_t row)
{
	size_t most = g->numbered ? g->size - 35 : (g->size - 12) * 64 / 255 - 23, least = (g->size - 12) * 32 / 255 - 23;
	size_t here;

	if (row <= most)
		return (size_t)row;
	here = least + (size_t)((row - least) % (g->size - 4));
	return here <= most ? here : least;
}

/* Numbers ascend. */
static bool
get_number(struct page *g, size_t *at, uint64_t *out)
{
	bool first = g->last == 0;

	if (!get_varint(g->p, g->size, at, out) || *out > INT64_MAX || (!first && *out <= g->last))
		return false;
	g->last = *out;
	return true;
}

static bool
cell_is_right(struct page *g, size_t cell)
{
	size_t at = cell, n;
	uint64_t row, number = 0;

	if (g->p[0] == INTERIOR || g->p[0] == NUMBERED_INTERIOR)
		at += 4;
	if (g->p[0] == NUMBERED_INTERIOR)
		return get_number(g, &at, &number) && take(g, cell, at - cell);
	if (!get_varint(g->p, g->size, &at, &row) || (g->numbered && !get_number(g, &at, &number)))
		return false;
	n = bytes_here(g, row);
	if (n < row) {
		g->all_summed = false;
		return take(g, cell, at - cell + n + 4);
	}
	if (at - cell + n < CELL_MIN || !take(g, cell, at - cell + n))
		return false;
	return row_is_right(g, number, g->p + at, n);
}

/* The list of what is free between cells: ascending, so it ends. */
static bool
take_free(struct page *g)
{
	size_t at = get2(g->p + 1), next;

	for (; at != 0; at = next) {
		if (at > g->size - 4)
			return false;
		next = get2(g->p + at);
		if (get2(g->p + at + 2) < 4 || (next != 0 && next <= at) || !take(g, at, get2(g->p + at + 2)))
			return false;
	}
	return true;
}

enum page_rows
page_rows_judge(const unsigned char *page, size_t size)
{
	struct page g = { .p = page, .size = size, .tables = (1U << TABLE_N) - 1, .all_summed = true };

	if (page[0] != LEAF && page[0] != INTERIOR && page[0] != NUMBERED_LEAF && page[0] != NUMBERED_INTERIOR)
		return ROWS_UNKNOWN;
	g.numbered = page[0] == NUMBERED_LEAF || page[0] == NUMBERED_INTERIOR;
	g.head = page[0] == LEAF || page[0] == NUMBERED_LEAF ? 8 : 12;
	g.cells = get2(page + 3);
	g.top = get2(page + 5) != 0 ? get2(page + 5) : SIZE_MAX_OF_PAGE;
	if (g.top > size || g.head + 2 * g.cells > g.top)
		return ROWS_WRONG;
	for (size_t i = 0; i < g.cells; i++)
		if (!cell_is_right(&g, get2(page + g.head + 2 * i)))
			return ROWS_WRONG;
	/* Single bytes between cells are only counted. */
	if (!take_free(&g) || g.top + g.taken + page[7] != size)
		return ROWS_WRONG;
	/* Which pages are below one, no sum says. */
	return g.head == 8 && g.all_summed ? ROWS_RIGHT : ROWS_UNKNOWN;
}
