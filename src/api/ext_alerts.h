/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api/ext_alerts.h (private) - how /api/ext/v1 shows an alert.
 */
#ifndef API_EXT_ALERTS_H
#define API_EXT_ALERTS_H

#include "ext_look.h"
#include "ext_page.h"
#include "ext_shared.h"

/* The members of an alert in a list of alerts, between the braces. */
void write_seen(struct json_writer *w, const struct api *a, const struct seen *s, struct arena *scratch);
/* The same as a line of CSV, and its columns. */
void write_seen_csv(struct sbuf *line, const struct api *a, const struct seen *s, struct arena *scratch);
#define SEEN_COLUMNS "fingerprint,severity,state,starts,summary,labels,receivers,groups,silenced_by,inhibited_by,muted_by,acked_by,ack_comment"
/* The same of one in a list below its group, which shows what all have in common; those are left out. */
void write_member_seen(struct json_writer *w, const struct seen *s, const struct shared *shared);
/* The item of a page for the alert of these labels, nothing if it has gone; false: w is used up, and the next call writes it. */
bool write_listed(struct look *l, struct page *page, struct labels *labels, struct work *w, struct moment now);
/* "ack": its id, owner, comment and when it began; s may be NULL. */
void write_ack(struct json_writer *w, const struct silence *s);

#endif
