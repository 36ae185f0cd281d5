/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib_store.h - a store in a directory of its own, under a real engine.
 */
#ifndef LIB_STORE_H
#define LIB_STORE_H

#include <check.h>
#include <event2/event.h>

#include "base/log.h"
#include "core/engine.h"
#include "core/view.h"
#include "store/store.h"
#include "suite.h"

struct rig {
	struct clock clock;
	struct moment now;
	bool real_time;		/* the monotonic clock runs */
	bool records;		/* small changes go to disk as records first, where the system can do that */
	char dir[64];
	struct event_base *base;
	struct log log;
	struct sbuf logged;
	struct port port;
	struct store *store;
	struct engine *engine;
	struct config *config;
	uint64_t durable, refused;	/* the last numbers told */
	char why[256];
	bool wants_copy;	/* the next change that is durable is a copy of the database */
	int copy;		/* … the test's to close; -1: it could not be opened */
	uint64_t copy_size;
	/* The attempts that the engine sent; the test answers them. */
	struct { uint64_t attempt, id; char text[256]; struct notification *n; } sent[64];
	size_t sent_n;
};

/* An empty directory; time stands at a Monday of 2026. */
void rig_init(struct rig *r, const char *config);
/* Opens the store, restores, applies the configuration. */
void rig_start(struct rig *r);
/* False when the store refuses; then nothing runs. */
bool rig_try_start(struct rig *r, struct err *e);
/* As a clean end. */
void rig_stop(struct rig *r);
/* As a crash: goes on with copies of the files as they are, in another directory. */
void rig_crash(struct rig *r);
void rig_fini(struct rig *r);

/* Runs the loop until all changes are durable. */
void rig_settle(struct rig *r);
/* Runs the loop until the store's health is this. */
void rig_until(struct rig *r, bool ok);
/* Lets time pass and the engine do what is due. */
void rig_pass(struct rig *r, span by);

void rig_post(struct rig *r, const char *alert, struct wall starts, struct wall ends);
void rig_silence(struct rig *r, const char *matchers, char id_out[SILENCE_ID_MAX]);
/* So much from now. */
struct wall rig_in(const struct rig *r, span d);
/* How many there are. */
size_t rig_silences(struct rig *r);
/* NULL when it is not stored. */
struct alert *rig_alert(struct rig *r, const char *alert);
void rig_answer(struct rig *r, uint64_t attempt, bool ok);
bool rig_logged(const struct rig *r, const char *text);

/* DIR/name in a static buffer. */
const char *rig_path(const struct rig *r, const char *name);

/* A group as schema 1 had it, in a row of its own. */
void put_group_of_schema_1(struct sbuf *b, const struct group_state *g);

#endif
