/* SPDX-License-Identifier: Apache-2.0 */
/*
 * observe/event_json.h - what happened, as the event recorder writes it.
 *
 * One JSON object an event, without a newline: the protobuf JSON mapping of
 * Alertmanager's eventrecorder.proto (64-bit numbers are strings, what is zero
 * or empty is left out, times are RFC 3339 in UTC, durations seconds).
 */
#ifndef OBSERVE_EVENT_JSON_H
#define OBSERVE_EVENT_JSON_H

#include <stddef.h>

#include "base/sbuf.h"
#include "base/str.h"
#include "core/ports.h"

/* In the order of eventrecorder.proto. */
enum record_type {
	RECORD_STARTUP,
	RECORD_SHUTDOWN,
	RECORD_ALERT_CREATED,
	RECORD_ALERT_RESOLVED,
	RECORD_ALERT_GROUPED,
	RECORD_NOTIFICATION,
	RECORD_SILENCE_CREATED,
	RECORD_SILENCE_UPDATED,
	RECORD_SILENCE_MUTED_ALERT,
	RECORD_INHIBITION_MUTED_ALERT,
	RECORD_N,
};
/* "alert_created": the label event_type of metrics. */
const char *record_type_text(enum record_type t);

/* Facts of the process; all borrowed. */
struct record_env {
	struct str instance;		/* host name */
	unsigned cluster_position;
	uint64_t seed;			/* makes group UUIDs of this process differ from those of others */
	struct str version, build_context;	/* of RECORD_STARTUP */
};

/* The kinds of events that may make records. */
extern const event_mask events_recorded;
/* How many records the event makes, and of which type; mostly none or one. */
size_t event_records(const struct event *ev, enum record_type *type_out);
/* Appends the i-th of them. */
void event_json(struct sbuf *out, const struct record_env *env, const struct event *ev, size_t i);
/* RECORD_STARTUP and RECORD_SHUTDOWN. */
void process_json(struct sbuf *out, const struct record_env *env, enum record_type type, struct wall now);

#endif
