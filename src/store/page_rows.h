/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/page_rows.h (private) - are the rows of a database page what was written?
 *
 * Rows are in pages as sqlite.org/fileformat2.html#b_tree_pages has it: tables
 * without row numbers are index b-trees; the rows of the log are a table b-tree. Each row has its sum (db.h), and the parts of a page
 * add up to the whole of it, so a page can be judged by itself, whatever bytes it holds.
 */
#ifndef STORE_PAGE_ROWS_H
#define STORE_PAGE_ROWS_H

#include <stddef.h>

enum page_rows {
	ROWS_WRONG,	/* a row is not what was written, or the page is not one that SQLite would write */
	ROWS_UNKNOWN,	/* it has no rows of ours; or none is wrong, but not all that matters in it has a sum */
	ROWS_RIGHT,	/* all that a reader looks at is what was written */
};

/* Judges a page of `size` bytes, 512 to 65536, which is not the first of a database. */
enum page_rows page_rows_judge(const unsigned char *page, size_t size);

#endif
