/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/sql.h (private) - a handle of SQLite's with what went wrong on it last.
 */
#ifndef STORE_SQL_H
#define STORE_SQL_H

#include <stdbool.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/str.h"

struct sqlite3;
struct sqlite3_stmt;

/* Why a database cannot be used. */
enum db_trouble {
	DB_FINE,
	DB_DAMAGED,		/* not a database of ours, or corrupt */
	DB_NEWER,		/* written by a newer version */
	DB_IN_USE,		/* by another process */
	DB_UNUSABLE,		/* the rest: permissions, I/O errors, no space */
};

struct sql {
	struct sqlite3 *handle;
	enum db_trouble trouble;
};

/* Puts the error of the last call into *e and its kind into q->trouble. Returns false. */
bool sql_err(struct sql *q, struct err *e);
/* Statements without results, separated by semicolons. */
bool sql_execute(struct sql *q, const char *statements, struct err *e) MUST_CHECK;
/* The first number of the first row of the result. */
bool sql_number(struct sql *q, const char *statement, int *out, struct err *e) MUST_CHECK;
/* Begins a transaction that writes; sql_end commits it if it went well so far, else rolls it back, and says which. */
bool sql_begin(struct sql *q, struct err *e) MUST_CHECK;
bool sql_end(struct sql *q, bool ok, struct err *e) MUST_CHECK;
void sql_rollback(struct sql *q);
/* A blob of the row that a statement is at: valid until its next step. */
struct str sql_column(struct sqlite3_stmt *s, int at);

#endif
