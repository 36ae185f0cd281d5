/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api/ext_csv.h (private) - cells of what lists show.
 */
#ifndef API_EXT_CSV_H
#define API_EXT_CSV_H

#include "ext.h"
#include "text/csv.h"

/* As ext_put_time; empty for WALL_ZERO. */
void csv_time(struct sbuf *line, struct wall t);
void csv_fingerprint(struct sbuf *line, uint64_t fingerprint);
/* {a="b", c="d"} */
void csv_labels(struct sbuf *line, const struct labels *l);
/* Each once where equal ones stand together, with blanks between. */
void csv_words(struct sbuf *line, const struct str *v, size_t n);

#endif
