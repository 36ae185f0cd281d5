/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api/ext_shared.h (private) - the labels and annotations that the alerts of a group have in common: shown once.
 */
#ifndef API_EXT_SHARED_H
#define API_EXT_SHARED_H

#include "ext_look.h"

/* Pairs of the first alert that all have. */
struct shared_pairs {
	struct labels *first;	/* owned reference; NULL: there was no alert yet */
	bool *common;		/* owned; for each of its pairs */
	uint32_t n;		/* that are */
};

/* Zeroed: of no alerts yet. */
struct shared {
	struct shared_pairs labels, annotations;
	size_t alerts;		/* that were added */
	struct silence *ack;	/* of one of them; owned reference, NULL: none */
};

/* Keeps what the alert has as well; spends what that takes. */
void shared_add(struct shared *s, const struct seen *seen, struct work *w);
/* As zeroed; frees what it owns. */
void shared_reset(struct shared *s);
/* Is the label of that name one of those in common? */
bool shared_has_label(const struct shared *s, const struct istr *name);
/* "shared": {"labels", "annotations"}, without those that are labels of the group. */
void write_shared(struct json_writer *w, const struct shared *s, const struct labels *group);

#endif
