/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/roots.h (private) - on which pages the tables begin that came later (TABLES_AT_FIRST).
 *
 * The first page of the database says it. When that is lost, the one of a new database stands in for it (copy.c), which is right for
 * all tables that each version has made at once, and in the same order; but not for one that an older database got. So a row of
 * TABLE_META says it, too.
 */
#ifndef STORE_ROOTS_H
#define STORE_ROOTS_H

#include <stdbool.h>

#include "base/compiler.h"
#include "sql.h"
#include "tables.h"

/* A number as codec_number_key writes it, for each of them. */
#define ROOTS_BYTES (8 * (TABLE_N - TABLES_AT_FIRST))

/* The key of the row; this is its body. */
struct str roots_key(void);
/* As the first page says. */
bool roots_find(struct sql *q, char out[ROOTS_BYTES], struct err *e) MUST_CHECK;
/* As the row says. False: it is not there, or not as it was written. */
bool roots_noted(struct sql *q, char out[ROOTS_BYTES]) MUST_CHECK;
/* Has the first page say it, as far as there are such pages. In force when the database is opened anew. */
bool roots_set(struct sql *q, const char roots[ROOTS_BYTES], struct err *e) MUST_CHECK;

#endif
