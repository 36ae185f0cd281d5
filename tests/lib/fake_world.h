/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_world.h - an engine with a world around it in which time passes only
 * when it is told to: receivers that answer by script, a store in memory that
 * survives a restart, entries of all that was sent and of what happened.
 */
#ifndef FAKE_WORLD_H
#define FAKE_WORLD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/hmap.h"
#include "base/vec.h"
#include "core/cluster.h"
#include "core/engine.h"
#include "core/view.h"

/* How a receiver answers one attempt. */
struct fake_answer {
	span delay;
	bool hang;		/* never */
	struct outcome outcome;
};

/* One attempt that was made. */
struct fake_sent {
	struct moment at;
	uint64_t attempt;
	char *to;		/* "ops/hook[0]" */
	char *text;		/* firing [A{job=a} …] resolved […] reason */
	bool canceled;
	bool taken;		/* by the receiver, whether or not it answers */
	int unsure;		/* counted as possibly told twice: 1 and the cause; else 0 */
	struct decision decision;
	struct receiver_data data;	/* what it remembered, as given to the attempt; borrowed: do not keep */
	size_t data_n;
};

struct fake_world {
	struct port port;	/* first: the engine's self is the world */
	struct engine *engine;
	struct engine_options options;
	struct moment now;
	struct config *config;

	/* Receivers. Scripts by "ops/hook[0]", else by "*"; default is ok at once. */
	VEC(struct fake_script *) scripts;
	VEC(struct fake_pending *) pending;
	VEC(struct fake_sent) sent;
	/* When set, attempts are theirs, who call engine_delivered: scripts are not asked, and `sent` stays empty. */
	void (*on_send)(struct fake_world *w, uint64_t attempt, struct notification *n, struct mono deadline);
	void (*on_cancel)(struct fake_world *w, uint64_t attempt);
	VEC(char *) failed;	/* texts of failed flushes; "(canceled)" in front of canceled ones */
	struct event_listener listener;	/* hears all */
	size_t events[EVENT_KINDS];	/* how many of each kind */
	unsigned warned;	/* EVENT_ATTEMPT_FAILED with `first` */

	/* The cluster. */
	span wait;		/* set by world_wait */
	size_t shared[CHANGE_N];	/* changes that other members were told of */
	void (*on_share)(struct fake_world *w, const struct change *c);	/* or NULL */
	void *user;		/* for that */

	/* The common store of those that claim: all NULL unless set after world_init. */
	void (*on_claim)(struct fake_world *w, const struct claim *c);
	void (*on_claim_over)(struct fake_world *w, uint64_t id);
	void (*on_claim_result)(struct fake_world *w, const struct claim *c, enum claim_result r);
	void (*on_engine)(struct fake_world *w);	/* there is a new one, and nothing is in it */
	int unsure;		/* what is sent next is */

	/* The store. */
	bool durable;
	struct hmap stored_silences, stored_entries, stored_alerts, stored_groups, stored_intents, stored_deliveries, stored_replies;
	size_t changes[CHANGE_N];
};

/* Nothing runs yet: set options, then world_start. Time begins at 2026-01-05T00:00:00Z, a Monday. */
void world_init(struct fake_world *w);
/* Makes the engine, restores what is stored, applies c (borrowed: a reference is taken). */
void world_start(struct fake_world *w, struct config *c);
/* Ends the engine and starts another one from what is stored. */
void world_restart(struct fake_world *w);
void world_fini(struct fake_world *w);

/* The moment `after` the start; the wall clock may have been stepped. */
struct moment world_at(const struct fake_world *w, span after);
/* Lets all happen that is due up to `after` the start, and stays there. */
void world_run(struct fake_world *w, span after);
/* Lets all happen that is due now. */
void world_settle(struct fake_world *w);
/* The engine is the second of a cluster of two, with this wait; 0: there is no cluster; -1: it has not settled. */
void world_wait(struct fake_world *w, span wait);
/* The attempt that is waited for at that place of w->pending. */
uint64_t fake_pending_attempt(const struct fake_world *w, size_t place);
/* The wall clock jumps. */
void world_step_wall(struct fake_world *w, span by);

/* Sets the answers of `to` from now on: `n` answers in turn, the last one for ever. Copies; errors are borrowed for life. */
void world_script(struct fake_world *w, const char *to, const struct fake_answer *answers, size_t n);

/* Posts one alert: Name{l=v,…}; zero times: not given. */
void world_post(struct fake_world *w, const char *alert, struct wall starts, struct wall ends);
/* Name{l=v,…} as labels. */
struct labels *world_labels(const char *alert);
/* A silence over [starts, ends]; id "" makes a new one, whose id is written to id_out. False and e as the engine says. */
bool world_silence(struct fake_world *w, const char *id, const char *matchers, struct wall starts, struct wall ends,
    char id_out[SILENCE_ID_MAX], struct err *e);
/* "active", "silenced ID…", "inhibited FINGERPRINT…", "unknown". Borrowed until the next call. */
const char *world_status(struct fake_world *w, const char *alert);

#endif
