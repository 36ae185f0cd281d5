/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/engine.h - the alert router as one value.
 *
 * A pure state machine: every entry point is told what time it is, does no
 * I/O, and acts on the world only through its port (core/ports.h). The server,
 * the unit tests and the simulator run the same engine.
 *
 * In:  engine_ingest, engine_silence_set, engine_silence_expire, engine_ack, engine_apply,
 *      engine_delivered, engine_tick (when engine_next says so).
 * Out: the port.
 * Read: core/view.h.
 *
 * Loop thread only. Time never goes back on the monotonic side; the wall clock
 * may step. No call works longer than engine_options.turn_work and one step
 * more, however many alerts and silences there are: the rest is left to ticks.
 */
#ifndef CORE_ENGINE_H
#define CORE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/hmap.h"
#include "base/time.h"
#include "config/config.h"
#include "core/nflog.h"
#include "core/notification.h"
#include "core/ports.h"
#include "model/alert.h"
#include "model/silence.h"

struct engine;
struct group;

struct engine_options {
	enum naming naming;
	span retention;			/* of silences and log entries; > 0 */
	span alert_gc_interval;		/* > 0 */
	span maintenance_interval;	/* of silences and log; > 0 */
	span dispatch_maintenance_interval;	/* how long ended groups stay in the count of groups; 0: not at all */
	span start_delay;		/* no group is flushed before start + this */
	int64_t alerts_per_name;	/* per alertname; <= 0: no limit */
	int64_t max_silences;		/* <= 0: no limit */
	int64_t max_silence_bytes;	/* <= 0: no limit */
	int64_t turn_work;		/* units that a call may spend (base/work.h); <= 0: three eighths of WORK_TURN */
	bool reload_resets_timers;	/* a reload starts all group timers anew, as Alertmanager does */
	bool count_receivers;		/* counters of integrations are per receiver, and begin anew with a reload */
};

/* `port` is borrowed for the engine's life. `now` is the process start. */
struct engine *engine_new(const struct engine_options *o, struct port *port, struct moment now);
/* The end: saves what was to be saved soon, and cancels what is in flight. Only engine_free may follow. e may be NULL. */
void engine_close(struct engine *e);
/* As engine_close, if that was not called; frees. Sets *e to NULL. */
void engine_free(struct engine **e);

/*
 * Makes c (a new reference is taken) the configuration in force; also the first
 * one. Groups are rebuilt from the stored alerts as the rules for reloads say.
 * Before that all alerts are looked at under it. If that does not fit into the
 * call, ticks go on with it, the one before stays in force meanwhile, and
 * port.applied tells the moment from which this one rules; nothing is flushed before
 * there was a first one, nor until all groups are as the new one has them.
 * Another engine_apply meanwhile takes the place of this one, which is then
 * never in force.
 */
void engine_apply(struct engine *e, struct config *c, struct moment now);
/* Is a configuration on its way into force, or are groups not yet as it has them? */
bool engine_applying(const struct engine *e);

/* Alerts as posted, already made by alert_make; references are taken as needed. */
void engine_ingest(struct engine *e, struct alert *const *alerts, size_t n, struct moment now);

/*
 * Creates or edits a silence (Alertmanager silence.Set): `draft` has the id of
 * the silence to edit or "". On success *id_out is the id it now has. Without `extra` an edit keeps that of the
 * silence; one that has nothing in it takes it away. With a schedule the draft's starts is the earliest time
 * (zero: now) and its ends is not looked at.
 * ERR_NOT_FOUND: unknown id. ERR_LIMIT: a limit. ERR_INVALID: the rest.
 */
bool engine_silence_set(struct engine *e, const struct silence *draft, struct moment now,
    char id_out[SILENCE_ID_MAX], struct err *err) MUST_CHECK;
/* Ends a silence now; ending an ended one is fine. ERR_NOT_FOUND: unknown id. */
bool engine_silence_expire(struct engine *e, struct str id, struct moment now, struct err *err) MUST_CHECK;

/* The wish of somebody to take alerts on; all borrowed for the call. One of group, fingerprints, matchers says which. */
struct ack_request {
	const struct group *group;	/* of core/view.h: the alerts that fire in it now, none that comes later */
	const uint64_t *fingerprints;	/* those of them that fire; up to SILENCE_ALERTS_MAX */
	size_t fingerprints_n;
	const struct matchers *matchers;	/* whatever they match, now or later; as silence_validate wants them */
	struct str owner, comment;
	struct labels *annotations;	/* NULL: none */
	span longest;			/* it ends after that at the latest; > 0 */
	bool notify_resolved;		/* that an alert of it has ended is told */
	bool take_over;			/* from whoever has them */
};
struct ack_result {
	char id[SILENCE_ID_MAX];	/* of the silence that it is */
	size_t alerts;			/* that it names; 0: it goes by matchers */
	const struct silence *held;	/* with ERR_CONFLICT: the acknowledgement that has one of them; borrowed */
};
/*
 * An acknowledgement: a silence that ends with its alerts, and whose comment begins with "ACK! ". Acknowledgements
 * that have some of these alerts end: with take_over all of another owner's, of the same owner those that are no
 * more than a part of this one. With matchers only as many of others' are looked for as one turn has time for.
 * ERR_NOT_FOUND: nothing of it fires. ERR_CONFLICT: another owner has some. ERR_LIMIT: too many, or too different
 * to be named together; or a limit of silences. ERR_INVALID: the rest.
 */
bool engine_ack(struct engine *e, const struct ack_request *r, struct moment now, struct ack_result *out,
    struct err *err) MUST_CHECK;

/* The attempt ended. Unknown numbers (canceled, engine reloaded) are ignored. */
void engine_delivered(struct engine *e, uint64_t attempt, const struct outcome *o, struct moment now);

/*
 * Tells the time. All functions here with `now` see it by themselves; before questions of
 * core/view.h it has to be told, as a wall clock that went back makes what is remembered doubtful.
 */
void engine_see(struct engine *e, struct moment now);

/* Does a bounded amount of what is due. Call again while engine_next is not after now. */
void engine_tick(struct engine *e, struct moment now);
/* The longest part of the last engine_tick, by the port's stopwatch, for the log: what it was, and its units of work. */
struct engine_part {
	const char *what;	/* static; NULL: there was none */
	int64_t units;
};
struct engine_part engine_longest_part(const struct engine *e);
/* When engine_tick wants to be called next; false: never, as things stand. */
bool engine_next(const struct engine *e, struct mono *at_out);

enum restored {
	RESTORED,
	RESTORED_NOT,		/* the engine runs, and knows better */
	RESTORED_EXPIRED,	/* nobody needs it any more: the store may drop it */
};

/*
 * State at start, before engine_apply: what the store recovered, copied, and not
 * persisted again. Also later, when the store could not be read at start. One
 * function for each RECORD of core/changes.def, engine_restore_silence and so on. A log
 * entry that was RESTORED is the one in the log from then on.
 *
 * A notification that was under way, an intent, is taken up again by the first
 * engine_apply with the same id, for the same alerts, unless what it needs is gone.
 */
#define RECORD(KIND, name, table, number) \
	enum restored engine_restore_##name(struct engine *e, struct change *c, struct moment now);
#include "core/changes.def"
/* `stored_as` is what the store wants to find at the place of this alert or group (struct change). */
void engine_restore_alert(struct engine *e, struct alert *a, void *stored_as, struct moment now);
/*
 * So many silences or alerts follow, which are restored one after the other and nothing else until engine_restore_end_…: many are put in order
 * faster than each. engine_restore_ahead and engine_restore_silence_ahead are told of one a few others before its turn, and have memory fetched.
 */
void engine_restore_begin_silences(struct engine *e, size_t n);
void engine_restore_silence_ahead(const struct engine *e, struct str id);
void engine_restore_end_silences(struct engine *e);
void engine_restore_begin_alerts(struct engine *e, size_t n);
void engine_restore_ahead(const struct engine *e, const struct alert *a);
void engine_restore_end_alerts(struct engine *e);
void engine_restore_group(struct engine *e, const struct group_state *g, void *stored_as, struct moment now);

/* Tells the store all there is, as if it had just changed: the store begins anew. */
void engine_save_all(struct engine *e, struct moment now);
/* Where that has come to. Zeroed: it begins. */
struct engine_saving {
	size_t table;
	struct hmap_cursor at;
	uint64_t alerts;	/* as nmap_next_some has it */
};
/* The same in slices; what changes meanwhile is told as it does. True: that was all. False while groups of a new configuration settle, too. */
bool engine_save_some(struct engine *e, struct engine_saving *s, struct work *w, struct moment now);
/* The attempt served some of its recipients and goes on: tells the store. Unknown numbers are ignored. */
void engine_progressed(struct engine *e, uint64_t attempt, struct moment now);

#endif
