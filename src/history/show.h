/* SPDX-License-Identifier: Apache-2.0 */
/*
 * history/show.h (private) - events as clients get them.
 */
#ifndef HISTORY_SHOW_H
#define HISTORY_SHOW_H

#include "reader.h"
#include "text/json_write.h"

/* Alerts of a notification that are named on a page. */
#define SHOW_FINGERPRINTS 100

/* One object; labels: with the label sets of its alerts, which take a look at each pair. */
void show_json(struct reader *r, const struct row *row, bool labels, struct json_writer *w);
/* A line of RFC 4180; the names of its columns. */
void show_csv(struct reader *r, const struct row *row, struct sbuf *out);
void show_csv_head(struct sbuf *out);
/* A time in ms as RFC 3339. */
void show_time(struct json_writer *w, const char *key, int64_t ms);

#endif
