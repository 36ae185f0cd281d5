/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api/ext_made_up.h (private) - notifications that are made up, to be tried (core/rehearsal.h).
 */
#ifndef API_EXT_MADE_UP_H
#define API_EXT_MADE_UP_H

#include "core/rehearsal.h"
#include "ext.h"

/* Alerts that one has at most. */
#define MADE_UP_ALERTS_MAX 1000
/* Bodies of requests about them. */
#define MADE_UP_BODY_MAX ((size_t)64 << 10)

/* Stays until it was let go here and by whoever reads its notifications. */
struct made_up {
	struct notification_life life;
	struct arena *arena;
	struct config *config;		/* owned reference; in force when it was made */
	struct notification n;		/* of no integration */
	size_t room;			/* for alerts */
};

/* A notification of the configuration in force, as a flush at `now` would have made it, without alerts. */
struct made_up *made_up_new(struct api *a, const struct route *route, const struct receiver *receiver, struct str group_key,
    struct wall now);
/* Sets *m to NULL; it may be NULL already. */
void made_up_let_go(struct made_up **m);
/* Takes the reference. False: there are MADE_UP_ALERTS_MAX already; it is dropped. */
bool made_up_add(struct made_up *m, struct alert *alert, bool resolved);
/* When all alerts are there; group_labels: a reference that is taken; NULL: the name that all alerts have. */
void made_up_end(struct made_up *m, struct labels *group_labels);
/* The same notification for one integration; as long as m is there. */
struct notification *made_up_for(struct made_up *m, const struct integration *i);

/* An alert as a client describes it. */
struct made_up_alert {
	struct label_pair *labels, *annotations;	/* in the request's arena, each with room for MADE_UP_EXTRA more */
	size_t labels_n, annotations_n;
	bool resolved;
};
#define MADE_UP_EXTRA 3
/* {"labels":{…},"annotations":{…},"status":"firing"|"resolved"}; NULL: nothing is given. False: answered 400. */
bool made_up_read(struct call *c, const struct json *o, struct made_up_alert *out);
/* Adds it; false: answered 400. */
bool made_up_add_read(struct call *c, struct made_up *m, struct made_up_alert *in);
/* The body, which is no longer than MADE_UP_BODY_MAX; NULL: answered. */
const struct json *made_up_body(struct call *c, const char *const *known);

#endif
