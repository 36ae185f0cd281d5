/* SPDX-License-Identifier: Apache-2.0 */
#include "roots.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "wire/codec_state.h"

#define KEY "roots"

static size_t
place_of(int table)
{
	return 8 * (size_t)(table - TABLES_AT_FIRST);
}

struct str
roots_key(void)
{
	return STR(KEY);
}

bool
roots_find(struct sql *q, char out[ROOTS_BYTES], struct err *e)
{
	bool ok = true;

	for (int t = TABLES_AT_FIRST; ok && t < TABLE_N; t++) {
		char sql[128];
		int page = 0;

		snprintf(sql, sizeof(sql), "SELECT rootpage FROM sqlite_schema WHERE type = 'table' AND name = '%s'",
		    table_name((enum db_table)t));
		ok = sql_number(q, sql, &page, e);
		codec_number_key((uint64_t)page, out + place_of(t));
	}
	return ok;
}

bool
roots_noted(struct sql *q, char out[ROOTS_BYTES])
{
	sqlite3_stmt *s = NULL;
	bool ok = sqlite3_prepare_v2(q->handle, "SELECT body, sum FROM meta WHERE key = CAST('" KEY "' AS BLOB)", -1, &s, NULL) ==
		SQLITE_OK &&
	    sqlite3_step(s) == SQLITE_ROW;
	struct str body = ok ? sql_column(s, 0) : STR_NONE;

	ok = ok && body.n == ROOTS_BYTES && sqlite3_column_int64(s, 1) == table_row_sum(TABLE_META, STR(KEY), body);
	if (ok)
		memcpy(out, body.p, ROOTS_BYTES);
	sqlite3_finalize(s);
	return ok;
}

bool
roots_set(struct sql *q, const char roots[ROOTS_BYTES], struct err *e)
{
	int pages = 0;
	bool ok = sql_number(q, "PRAGMA page_count", &pages, e);

	for (int t = TABLES_AT_FIRST; ok && t < TABLE_N; t++) {
		uint64_t page = codec_get_number_key((struct str){ roots + place_of(t), 8 });
		char sql[160];

		snprintf(sql, sizeof(sql), "UPDATE sqlite_schema SET rootpage = %llu WHERE type = 'table' AND name = '%s'",
		    (unsigned long long)page, table_name((enum db_table)t));
		ok = page < 2 || page > (uint64_t)pages || sql_execute(q, sql, e);
	}
	return ok;
}
