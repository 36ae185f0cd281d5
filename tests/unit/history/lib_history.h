/* SPDX-License-Identifier: Apache-2.0 */
/* A history under a real event loop, with events made by hand, under a clock that is set by hand. */
#ifndef LIB_HISTORY_H
#define LIB_HISTORY_H

#include <check.h>

#include "base/arena.h"
#include "base/sbuf.h"
#include "config/config.h"
#include "history/history.h"
#include "history_private.h"

struct rig {
	struct clock clock;		/* first */
	struct moment now;
	struct event_base *base;
	struct port port;
	struct log log;
	struct sbuf logged;
	char dir[64];
	struct history_options o;
	struct history *h;
	struct receiver receiver;
	struct integration integration;
	struct route route;
	struct config config;
	struct sbuf answer;
};

void rig_init(struct rig *r);
void rig_start(struct rig *r);
void rig_stop(struct rig *r);
/* As kill -9: nothing more is written. */
void rig_crash(struct rig *r);
void rig_fini(struct rig *r);
/* Until all is on disk, or writing has failed `failures` times more. */
void rig_settle(struct rig *r, unsigned failures);

void rig_condition(struct rig *r, const char *labels, enum alert_condition c, bool on);
void rig_inhibited(struct rig *r, const char *labels, const char *source, const struct inhibit_rule *rule);
void rig_notified(struct rig *r, const char *group, const char *const *alerts, size_t n, const char *error);
/* A message of gateway "g" to +1 came to that state, as a report of it says, or else its answer. */
void rig_delivery(struct rig *r, enum delivery_state state, const char *error, bool reported);
void rig_silence(struct rig *r, enum event_kind kind, const char *id, const char *by);
/* It came from another member of the cluster. */
void rig_silence_of_peer(struct rig *r, enum event_kind kind, const char *id, const char *by);
/* a=b,c=d as labels; a new reference. */
struct labels *rig_labels(const char *text);

/* The answer's text, or "!" and the error; borrowed until the next call. */
const char *rig_ask(struct rig *r, struct past_query *q);
/* The values of `key` of the items, with blanks between. */
const char *rig_list(struct rig *r, struct past_query *q, const char *key);

#endif
