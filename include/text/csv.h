/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text/csv.h - lines of RFC 4180 for spreadsheets.
 *
 * Text that a spreadsheet would take for a formula gets an apostrophe in front: labels and comments are written by strangers.
 */
#ifndef TEXT_CSV_H
#define TEXT_CSV_H

#include <stdint.h>

#include "base/sbuf.h"
#include "base/str.h"

/* Appends a quoted cell, behind a comma unless the buffer is empty or a line has just ended. */
void csv_cell(struct sbuf *line, struct str s);
void csv_number(struct sbuf *line, uint64_t n);
void csv_end(struct sbuf *line);

#endif
