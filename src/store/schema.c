/* SPDX-License-Identifier: Apache-2.0 */
#include "schema.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

/* The key of the row of TABLE_META that says the version as well: a bit of the header may be wrong. */
#define ROW "schema"
#define ROW_BODY "6"
#define APPLICATION_ID 0x746f6373	/* "tocs" */

/* From this one on rows have sums, and one of them says the version. */
#define FIRST_SUMMED 3

_Static_assert(SCHEMA_VERSION == 6, "as ROW_BODY says");

struct str
schema_row_key(void)
{
	return STR(ROW);
}

struct str
schema_row_body(void)
{
	return STR(ROW_BODY);
}

bool
schema_set_version(struct sql *q, struct err *e)
{
	char sql[64];

	snprintf(sql, sizeof(sql), "PRAGMA user_version = %d", SCHEMA_VERSION);
	return sql_execute(q, sql, e);
}

bool
schema_has_table(struct sql *q, const char *name, bool *out, struct err *e)
{
	sqlite3_stmt *s = NULL;
	bool ok = sqlite3_prepare_v2(q->handle, "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?", -1, &s, NULL) ==
		SQLITE_OK &&
	    sqlite3_bind_text(s, 1, name, -1, SQLITE_STATIC) == SQLITE_OK;
	int code = ok ? sqlite3_step(s) : SQLITE_ERROR;

	*out = code == SQLITE_ROW;
	ok = code == SQLITE_ROW || code == SQLITE_DONE || sql_err(q, e);
	sqlite3_finalize(s);
	return ok;
}

static bool
make_table(struct sql *q, const char *name, struct err *e)
{
	/* A row of the log is long: in a table without row numbers its neighbours would be read whole to find its place. */
	bool numbered = strcmp(name, table_name(TABLE_LOG_ROWS)) == 0;
	char sql[256];

	snprintf(sql, sizeof(sql), "CREATE TABLE IF NOT EXISTS %s(key %s PRIMARY KEY, body BLOB NOT NULL, sum INTEGER)%s", name,
	    numbered ? "INTEGER" : "BLOB", numbered ? "" : " WITHOUT ROWID");
	return sql_execute(q, sql, e);
}

bool
schema_add_tables(struct sql *q, const char *const *names, size_t n, struct err *e)
{
	bool all = true, ok = true;

	for (size_t i = 0; ok && all && i < n; i++)
		ok = schema_has_table(q, names[i], &all, e);
	/* A start that has nothing to do writes nothing. */
	if (!ok || all)
		return ok;
	if (!sql_begin(q, e))
		return false;
	for (size_t i = 0; ok && i < n; i++)
		ok = make_table(q, names[i], e);
	return sql_end(q, ok, e);
}

static bool
make_tables(struct sql *q, struct err *e)
{
	char sql[64];
	bool ok = sql_begin(q, e);

	snprintf(sql, sizeof(sql), "PRAGMA application_id = %d", APPLICATION_ID);
	ok = ok && sql_execute(q, sql, e);
	for (int t = 0; ok && t < TABLE_N; t++)
		ok = make_table(q, table_name((enum db_table)t), e);
	return sql_end(q, ok, e);
}

static struct str
value_of(sqlite3_value *v)
{
	const void *p = sqlite3_value_blob(v);

	return (struct str){ p, (size_t)sqlite3_value_bytes(v) };
}

/* row_sum(table, key, body) */
static void
row_sum(sqlite3_context *c, int n, sqlite3_value **v)
{
	(void)n;
	sqlite3_result_int64(c, table_row_sum((enum db_table)sqlite3_value_int(v[0]), value_of(v[1]), value_of(v[2])));
}

/* Brings an older version up: its rows get their sums if they have none, and there are all tables. All in one transaction, or nothing. */
static bool
bring_up(struct sql *q, int version, struct err *e)
{
	char sql[192];
	bool ok = sql_begin(q, e) &&
	    (sqlite3_create_function(q->handle, "row_sum", 3, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL, row_sum, NULL, NULL) ==
		    SQLITE_OK ||
		sql_err(q, e));

	for (int t = 0; ok && version < FIRST_SUMMED && t < TABLES_AT_FIRST; t++) {
		const char *name = table_name((enum db_table)t);

		snprintf(sql, sizeof(sql), "ALTER TABLE %s ADD COLUMN sum INTEGER; UPDATE %s SET sum = row_sum(%d, key, body)",
		    name, name, t);
		ok = sql_execute(q, sql, e);
	}
	for (int t = TABLES_AT_FIRST; ok && t < TABLE_N; t++)
		ok = make_table(q, table_name((enum db_table)t), e);
	snprintf(sql, sizeof(sql),
	    "REPLACE INTO meta VALUES(CAST('%s' AS BLOB), CAST('%s' AS BLOB), row_sum(%d, '%s', '%s'))", ROW, ROW_BODY, TABLE_META,
	    ROW, ROW_BODY);
	ok = ok && schema_set_version(q, e) && sql_execute(q, sql, e);
	return sql_end(q, ok, e);
}

/* Those of records that came after the first. */
static bool
add_younger(struct sql *q, struct err *e)
{
	const char *names[TABLE_N];
	size_t n = 0;

	for (int t = TABLES_AT_FIRST; t < TABLE_N; t++)
		names[n++] = table_name((enum db_table)t);
	return schema_add_tables(q, names, n, e);
}

bool
schema_update(struct sql *q, int version, struct err *e)
{
	if (version == 0)
		return make_tables(q, e);
	return (version == SCHEMA_VERSION || bring_up(q, version, e)) && add_younger(q, e);
}

/* The version that the rows say: 0 when they say nothing, as those of versions without sums. */
static int
inner_version(struct sql *q)
{
	sqlite3_stmt *s = NULL;
	int version = 0;
	bool ok = sqlite3_prepare_v2(q->handle, "SELECT body, sum FROM meta WHERE key = CAST(? AS BLOB)", -1, &s, NULL) ==
		SQLITE_OK &&
	    sqlite3_bind_text(s, 1, ROW, -1, SQLITE_STATIC) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW;

	if (ok && sqlite3_column_int64(s, 1) == table_row_sum(TABLE_META, STR(ROW), sql_column(s, 0)))
		version = sql_column(s, 0).p[0] - '0';
	sqlite3_finalize(s);
	return version;
}

static bool
has_rows(struct sql *q)
{
	bool any = false;

	for (int t = 0; !any && t < TABLE_N; t++) {
		sqlite3_stmt *s = NULL;
		char sql[64];

		snprintf(sql, sizeof(sql), "SELECT 1 FROM %s LIMIT 1", table_name((enum db_table)t));
		any = sqlite3_prepare_v2(q->handle, sql, -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW;
		sqlite3_finalize(s);
	}
	return any;
}

bool
schema_compare(struct sql *q, int version, bool *summed_out, struct err *e)
{
	int inner = version == SCHEMA_VERSION ? version : inner_version(q);

	*summed_out = version >= FIRST_SUMMED || inner >= FIRST_SUMMED;
	if (inner == 0 || inner == version) {
		if (version != 0 || !has_rows(q))
			return true;
		err_set(e, ERR_INVALID, "its header is that of a new database, but there are rows");
	} else {
		err_set(e, ERR_INVALID, "its header says that it has schema %d, its rows that it is %d", version, inner);
	}
	q->trouble = DB_DAMAGED;
	return false;
}

/* A header may be damaged; rows of a newer program say so, or nothing that we can read. */
static bool
is_older_inside(struct sql *q)
{
	int inner = inner_version(q);

	return inner > 0 && inner <= SCHEMA_VERSION;
}

bool
schema_identify(struct sql *q, int *version_out, struct err *e)
{
	int owner = 0;

	if (!sql_number(q, "PRAGMA user_version", version_out, e) || !sql_number(q, "PRAGMA application_id", &owner, e))
		return false;
	if (owner != APPLICATION_ID && (owner != 0 || *version_out != 0)) {
		q->trouble = DB_DAMAGED;
		return err_set(e, ERR_INVALID, "not a database of this program");
	}
	if (*version_out > SCHEMA_VERSION && !is_older_inside(q)) {
		q->trouble = DB_NEWER;
		return err_set(e, ERR_LIMIT, "its schema %d is newer than this version knows (%d)", *version_out,
		    SCHEMA_VERSION);
	}
	return true;
}
