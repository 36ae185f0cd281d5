/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api/ext_sums.h (private) - figures of the alerts of one group, of those that are asked for.
 */
#ifndef API_EXT_SUMS_H
#define API_EXT_SUMS_H

#include "ext_look.h"
#include "ext_page.h"

/* The order of groups; names as the parameter has them, ends with NULL. */
enum groups_sort { GROUPS_BY_SEVERITY, GROUPS_BY_NEWEST, GROUPS_BY_OLDEST, GROUPS_BY_COUNT, GROUPS_BY_NAME };
extern const char *const groups_sorts[];

struct sums {
	size_t counts[SEEN_STATES], all;
	unsigned severity;
	struct istr *word;		/* that is shown of the worst severity; owned reference or NULL */
	struct wall oldest, newest;
};

/* Makes it one of no alerts; also before the first use, zeroed. */
void sums_reset(struct sums *s);
void sums_add(struct sums *s, const struct api *a, const struct seen *seen);
/* "counts" */
void write_counts(struct json_writer *w, const size_t counts[SEEN_STATES]);
/* "severity", "counts", "oldest", "newest" */
void write_sums(struct json_writer *w, const struct sums *s);
/* The same as cells of CSV. */
void write_sums_csv(struct sbuf *line, const struct sums *s);
#define SUMS_COLUMNS "severity,acked,silenced,inhibited,muted,active,oldest,newest"
/* The place of the group of these labels; the ids are the caller's to set. */
void sums_key(enum groups_sort sort, const struct sums *s, const struct labels *group, struct page_key *key);

#endif
