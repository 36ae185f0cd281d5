/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api/ext_shared.h (private) - the labels and annotations that the alerts of a group have in common: shown once.
 */
#ifndef API_EXT_SHARED_H
#define API_EXT_SHARED_H

#include "base/vec.h"
#include "ext_look.h"

/* Zeroed: of no alerts yet. Owns references. */
struct shared {
	VEC(struct label) labels;
	VEC(struct label) annotations;
	size_t alerts;		/* that were added */
	struct silence *ack;	/* of one of them; owned reference, NULL: none */
};

/* Keeps what the alert has as well; spends what that takes. */
void shared_add(struct shared *s, const struct seen *seen, struct work *w);
void shared_reset(struct shared *s);
void shared_fini(struct shared *s);
/* Is the pair one of those in common? */
bool shared_has_label(const struct shared *s, const struct label *l);
/* "shared": {"labels", "annotations"}, without those that are labels of the group. */
void write_shared(struct json_writer *w, const struct shared *s, const struct labels *group);

#endif
