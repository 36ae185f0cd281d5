/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/alert_row_format.h (private) - what writers and readers of rows have in common: the numbers of entries and flags.
 */
#ifndef STORE_ALERT_ROW_FORMAT_H
#define STORE_ALERT_ROW_FORMAT_H

#include "alert_row.h"

#define ALERT_ROW_FORMAT 2
/* As until schema 5: it has all but ENTRY_ALIKE. */
#define ALERT_ROW_FORMAT_OLD 1

enum { ENTRY_ALERT = 1, ENTRY_TIMES, ENTRY_DROP, ENTRY_GROUP, ENTRY_GROUP_DROP, ENTRY_RECORD, ENTRY_RECORD_DROP, ENTRY_GROUP_STATE, ENTRY_ALIKE };
/* With ENTRY_ALIKE: what is the same as with the alert before it is left out. There, in front, is a mask of the values that are not: a bit for each label, then for each annotation, then for the URL. */
enum { FLAG_TIMEOUT = 1, FLAG_SAME_STARTS = 2, FLAG_SAME_ENDS = 4, FLAG_SAME_UPDATED = 8 };
enum { FLAG_FLUSHED = 1 };

/* The length stands in front in four bytes, the lowest first: it is known when the body is there. */
#define LENGTH_BYTES 4

#endif
