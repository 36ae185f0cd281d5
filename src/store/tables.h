/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/tables.h (private) - the tables of the database: those of records, from core/changes.def, and the store's own.
 */
#ifndef STORE_TABLES_H
#define STORE_TABLES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "core/ports.h"

enum db_table {
#define RECORD(KIND, name, table, number) TABLE_##KIND = (number),	/* wire/records.h */
#include "core/changes.def"
	TABLE_GROUPS = 2,	/* number -> codec_state.h; of schema 1: now groups are with the alerts */
	TABLE_ALERTS = 4,	/* number of a row -> what happened to alerts and groups (alert_row.h): rows of before schema 5 */
	TABLE_META = 5,		/* "alive" -> when we last wrote (codec_state.h); "schema" -> its version; "redo" -> redo.h */
	TABLE_LOG_ROWS = 8,	/* … and of since */
	TABLE_N = 4		/* the store's own, and those of records */
#define RECORD(KIND, name, table, number) +1
#include "core/changes.def"
};

/* Every database has these many; those with higher numbers came later. */
#define TABLES_AT_FIRST 6

const char *table_name(enum db_table t);
/* Keys are numbers, which SQLite has as integers: a key of eight bytes, the highest first (codec_number_key), for us. */
static inline bool
table_is_numbered(enum db_table t)
{
	return t == TABLE_LOG_ROWS;
}
/* The sum of a row, and of its table: as a number of SQLite's. */
int64_t table_row_sum(enum db_table t, struct str key, struct str body);

#endif
