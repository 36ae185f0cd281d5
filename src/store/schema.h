/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/schema.h (private) - the schema of the database, and how older ones are brought up to it.
 *
 * A new table is no new version: it is made at the next start, and older
 * versions of the program pass over it. A version stands for what they could
 * not read: 1 had a row for each group, 2 no sums, 3 log entries and intents in tables of their own, 4 a key of bytes for rows of the
 * log, 5 alerts that are all spelled out in those (alert_row.h). Such rows stay as they are until they are folded (row_log.h), so nothing has to be
 * moved for 5 and 6.
 */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

#include "sql.h"
#include "tables.h"

#define SCHEMA_VERSION 6

/* Finds the version; 0: a new database. False, with the kind of trouble: it is not ours, or of a newer program. */
bool schema_identify(struct sql *q, int *version_out, struct err *e) MUST_CHECK;
/* *summed_out: its rows have sums. A header whose version is not what the rows say is damaged: false. */
bool schema_compare(struct sql *q, int version, bool *summed_out, struct err *e) MUST_CHECK;
/* Makes or completes what SCHEMA_VERSION needs: each step all of it, or nothing. */
bool schema_update(struct sql *q, int version, struct err *e) MUST_CHECK;
/* The row of TABLE_META that says the version, and the same in the header. */
struct str schema_row_key(void);
struct str schema_row_body(void);
bool schema_set_version(struct sql *q, struct err *e) MUST_CHECK;

/* Makes those of the n tables that are missing, in their order. */
bool schema_add_tables(struct sql *q, const char *const *names, size_t n, struct err *e) MUST_CHECK;
/* *out: is there a table of that name? */
bool schema_has_table(struct sql *q, const char *name, bool *out, struct err *e) MUST_CHECK;

#endif
