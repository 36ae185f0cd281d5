/* SPDX-License-Identifier: Apache-2.0 */
/* The pages of a real database are right, and no bit of what is read of them can change unseen. */
#include "lib_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "db.h"
#include "page_rows.h"
#include "wire/codec_state.h"

/* Rows of all sizes up to `most`, some of which were dropped and written again. */
static void
make(const char *path, int rows, size_t most)
{
	enum db_trouble trouble;
	struct err e = { 0 };
	bool fresh;
	struct db *d = db_open(path, DB_WRITE, &fresh, &trouble, &e);
	char *body = mem_calloc(most + 1, 1);

	ck_assert_msg(d != NULL, "%s", e.text);
	for (size_t i = 0; i < most; i++)
		body[i] = (char)(i * 31 % 251);
	ck_assert(db_begin(d, &e));
	for (int round = 0; round < 3; round++) {
		for (int i = round; i < rows; i += round + 1) {
			char key[32];
			struct str k = { key, (size_t)snprintf(key, sizeof(key), "key %d", i) };
			enum db_table t = i % 3 == 0 ? TABLE_LOG_ROWS : TABLE_SILENCE;

			if (t == TABLE_LOG_ROWS) {
				codec_number_key((uint64_t)i + 1, key);
				k.n = 8;
			}

			if ((i + round) % 5 == 4)
				ck_assert(db_drop(d, t, k, &e));
			else
				ck_assert(db_put(d, t, k, (struct str){ body, (size_t)(i * 7 + round * 13) % most }, &e));
		}
	}
	ck_assert(db_commit(d, &e));
	db_close(&d);
	mem_free(body);
}

static unsigned char *
read_file(const char *path, size_t *pages_out)
{
	FILE *f = fopen(path, "re");
	unsigned char *p;
	long n;

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fseek(f, 0, SEEK_END), 0);
	n = ftell(f);
	rewind(f);
	p = mem_alloc((size_t)n);
	ck_assert_uint_eq(fread(p, 1, (size_t)n, f), (size_t)n);
	fclose(f);
	*pages_out = (size_t)n / DB_PAGE;
	return p;
}

struct found {
	size_t right, numbered, unknown, wrong;
};

static struct found
judge_all(const unsigned char *p, size_t pages)
{
	struct found n = { 0 };

	for (size_t i = 1; i < pages; i++) {
		const unsigned char *page = p + i * DB_PAGE;
		enum page_rows rows = page_rows_judge(page, DB_PAGE);

		n.right += rows == ROWS_RIGHT;
		n.wrong += rows == ROWS_WRONG;
		n.unknown += rows == ROWS_UNKNOWN;
		ck_assert(rows != ROWS_RIGHT || page[0] == 0x0a || page[0] == 0x0d);
		n.numbered += rows == ROWS_RIGHT && page[0] == 0x0d;
	}
	return n;
}

START_TEST(what_sqlite_writes_is_right)
{
	unsigned char *p;
	struct found n;
	size_t pages;
	struct rig r;

	rig_init(&r, "receiver ops hook\nroute receiver=ops\n");
	make(rig_path(&r, "small"), 900, 200);
	p = read_file(rig_path(&r, "small"), &pages);
	n = judge_all(p, pages);
	ck_assert_uint_ge(n.right, 10);
	ck_assert_uint_ge(n.numbered, 2);
	ck_assert_uint_eq(n.wrong, 0);
	mem_free(p);
	/* Rows of several pages are not judged; what stands beside them is. */
	make(rig_path(&r, "large"), 900, 30000);
	p = read_file(rig_path(&r, "large"), &pages);
	n = judge_all(p, pages);
	ck_assert_uint_ge(n.unknown, 10);
	ck_assert_uint_eq(n.wrong, 0);
	mem_free(p);
	rig_fini(&r);
}
END_TEST

static size_t
get2(const unsigned char *p)
{
	return (size_t)p[0] << 8 | p[1];
}

/* Where nobody looks: before the first cell, and within what is free. */
static void
mark_unread(const unsigned char *page, bool *unread)
{
	size_t top = get2(page + 5);

	memset(unread, 0, DB_PAGE * sizeof(unread[0]));
	for (size_t i = 8 + 2 * get2(page + 3); i < top; i++)
		unread[i] = true;
	for (size_t at = get2(page + 1); at != 0; at = get2(page + at))
		for (size_t i = at + 4; i < at + get2(page + at + 2); i++)
			unread[i] = true;
}

/* Flips each bit of a byte, and gives it back. */
static int
times_right(unsigned char *page, size_t byte)
{
	int n = 0;

	for (int bit = 0; bit < 8; bit++) {
		page[byte] ^= (unsigned char)(1U << bit);
		n += page_rows_judge(page, DB_PAGE) == ROWS_RIGHT;
		page[byte] ^= (unsigned char)(1U << bit);
	}
	return n;
}

/* Single free bytes between cells are counted, it is not known where they are. */
static void
try_each_bit(unsigned char *page)
{
	bool *unread = mem_calloc(DB_PAGE, sizeof(bool));
	size_t between = 0;

	mark_unread(page, unread);
	for (size_t i = 0; i < DB_PAGE; i++) {
		int n = times_right(page, i);

		between += !unread[i] && n > 0;
		ck_assert_msg(n == 8 || (n == 0 && !unread[i]), "byte %zu", i);
	}
	ck_assert_uint_eq(between, page[7]);
	mem_free(unread);
}

START_TEST(each_bit)
{
	size_t pages, tried = 0;
	unsigned char *p;
	struct rig r;

	rig_init(&r, "receiver ops hook\nroute receiver=ops\n");
	make(rig_path(&r, "small"), 900, 200);
	p = read_file(rig_path(&r, "small"), &pages);
	for (size_t i = 1; i < pages && tried < 1; i++) {
		unsigned char *page = p + i * DB_PAGE;

		if (page_rows_judge(page, DB_PAGE) != ROWS_RIGHT || get2(page + 3) < 20 || get2(page + 1) == 0)
			continue;
		tried++;
		try_each_bit(page);
	}
	ck_assert_uint_eq(tried, 1);
	mem_free(p);
	rig_fini(&r);
}
END_TEST

int
main(void)
{
	return RUN("page_rows", what_sqlite_writes_is_right, each_bit);
}
