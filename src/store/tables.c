/* SPDX-License-Identifier: Apache-2.0 */
#include "tables.h"

#include "base/hash.h"

/* Two tables of one number would be a mistake that the compiler reports here; so is a number that is left out. */
static const char *const names[TABLE_N] = {
#define RECORD(KIND, name, table, number) [number] = #table,
#include "core/changes.def"
	[TABLE_GROUPS] = "groups",
	[TABLE_ALERTS] = "alerts",
	[TABLE_META] = "meta",
	[TABLE_LOG_ROWS] = "log_rows",
};

const char *
table_name(enum db_table t)
{
	return names[t];
}

int64_t
table_row_sum(enum db_table t, struct str key, struct str body)
{
	uint64_t head[2] = { (uint64_t)t, key.n };
	struct xxh64 x;

	xxh64_init(&x);
	xxh64_add(&x, head, sizeof(head));
	xxh64_add(&x, key.p, key.n);
	xxh64_add(&x, body.p, body.n);
	return (int64_t)xxh64_sum(&x);
}
