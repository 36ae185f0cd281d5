/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim.h - random days in the life of an engine, against a simple model.
 *
 * The engine under test is the real one; the world around it (clocks,
 * receivers, disk, operators) is made up from one seed. Beside it runs a model
 * of what should happen, written from the rules as documented and on purpose
 * without any index or cache: alerts are bits of one word, every question is
 * answered by looking at everything. Every flush, decision, attempt and change
 * that the engine makes known is compared with what the model says must happen
 * now; what does not happen in time is found by the model's own clock. On top
 * of that, watch.c looks only at what receivers get and what is true of the
 * alerts.
 *
 * Names of labels, values and receivers are indices; mono times and spans are
 * nanoseconds; wall times are nanoseconds since 1970.
 */
#ifndef SIM_H
#define SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/rand.h"
#include "base/sbuf.h"
#include "base/vec.h"
#include "core/cluster.h"
#include "core/engine.h"
#include "core/explain.h"
#include "core/view.h"

#define NAMES 5		/* of labels; index 0 is alertname, the rest in their order of bytes */
#define VALUES 4	/* of each; 0: the label is absent */
#define MAX_ALERTS 48	/* label sets of one day */
#define MAX_ROUTES 8
#define MAX_RECEIVERS 3
#define MAX_PARTS 3	/* integrations of a receiver */
#define MAX_RULES 3
#define MAX_INTERVALS 2
#define MAX_MATCHES 6	/* routes that one alert matches */

typedef uint64_t alerts_mask;

/* One matcher: the value is (or is not) among those in `values`. */
struct pick {
	uint8_t name, values;
	bool negative, regex;
};
struct sieve {
	struct pick picks[2];
	int n;			/* 0: everything */
};

struct plan_route {
	int parent;		/* -1: the root */
	int place;		/* among its siblings */
	struct sieve sieve;
	bool goes_on;		/* continue */
	bool by_all;
	uint8_t by;		/* bit of a name */
	span wait, interval, repeat;
	int receiver;
	int mute, active;	/* intervals; -1: none */
	char key[256], id[288];
};
struct part {
	int kind;		/* chat, hook, mail */
	int index;		/* among those of its kind */
	bool send_resolved;
	int setting;
};
struct plan_receiver {
	struct part parts[MAX_PARTS];
	int n;
};
struct plan_rule {
	struct sieve source, target;
	uint8_t equal;
};
struct plan_interval {
	int from, to;		/* minutes of the day */
	int first, last;	/* days of the week */
};
/* A silence that a configuration declares. */
struct plan_quiet {
	bool present;
	struct sieve sieve;
	span length;
	int64_t starts;
};
/* Where an alert goes. */
struct place {
	int route;
	const char *key;	/* of its group; interned */
};
/* A configuration as the model knows it. */
struct plan {
	struct plan_route routes[MAX_ROUTES];
	int routes_n;
	struct plan_receiver receivers[MAX_RECEIVERS];
	struct plan_rule rules[MAX_RULES];
	int rules_n;
	struct plan_interval intervals[MAX_INTERVALS];
	struct plan_quiet quiet;
	/* Consequences of it, by brute force. */
	struct place places[MAX_ALERTS][MAX_MATCHES];
	int places_n[MAX_ALERTS];
	alerts_mask sources[MAX_RULES], targets[MAX_RULES];
	struct config *config;	/* one reference */
};

/* The notification log, as the model and the disk keep it. */
struct entry {
	const char *key;
	int receiver, kind, index;
	int64_t timestamp, expires;
	span age;				/* among others: the alerts were looked at so long before `timestamp` */
	alerts_mask firing, resolved;
	int64_t data;
	alerts_mask doubtful;			/* may have been told to fire */
	int64_t doubted;			/* among others: when the newest of `doubtful` arose; 0: long ago, or there is none */
	int served;				/* bits of recipients who know `served_firing` and `served_resolved` */
	int64_t served_at;
	alerts_mask served_firing, served_resolved;
	uint64_t content;			/* the core's name for those two, opaque */
};
/* The part of a silence that Alertmanager does not know. Zeroed: nothing. */
struct special {
	bool ack, ends_with, notify, recurs;
	int owner;
	alerts_mask named;	/* not 0: those only */
	uint8_t weekdays;	/* windows that come again, in UTC; bit 0: Sunday */
	int from, to;		/* minutes of the day */
	int64_t until;		/* INT64_MAX: no end */
};
/* A silence, likewise. */
struct quiet {
	char id[SILENCE_ID_MAX];
	struct sieve sieve;		/* n -1: matchers that the core found */
	alerts_mask alerts;
	struct special x;
	bool covered;			/* with ends_with */
	alerts_mask may_cover;		/* fired since the last moment */
	bool over;			/* it does nothing by itself any more */
	bool stepped;			/* the clock was set since its window was chosen */
	int64_t starts, ends, expires;
	bool declared;			/* by the configuration: neither changed, nor saved, nor swept */
	struct silence *silence;	/* on disk; the day's */
};
/* A group as the disk keeps it. */
struct row {
	const char *route_id;
	int receiver;
	struct labels *labels;		/* the day's */
	const char *labels_text;
	int64_t next_flush;
	bool flushed;
	span wait, interval;
	alerts_mask alerts;
};
/* A notification under way, likewise. */
struct intent {
	uint64_t id;
	const char *route_id;
	int receiver, kind, index;
	struct labels *labels;
	const char *labels_text;
	enum reason reason;
	int64_t flushed;
	unsigned attempts;
	alerts_mask firing, resolved;
	int64_t data;
	int done;		/* bits of recipients that were served; -1: they are not known yet */
};

/* All that a disk holds; holds no references of its own. */
struct image {
	struct alert *alerts[MAX_ALERTS];
	VEC(struct quiet) quiets;
	VEC(struct entry) entries;
	VEC(struct row) rows;
	VEC(struct intent) intents;
};
struct written {
	uint64_t number, call;
	enum change_kind kind;
	int alert;		/* index */
	union {
		struct alert *a;
		struct quiet quiet;
		struct entry entry;
		struct row row;
		struct intent intent;
	} u;
};

struct m_alert {
	uint8_t values[NAMES];
	struct labels *labels;
	bool stored;
	bool timeout;
	int64_t starts, ends, updated;
	int64_t stated;		/* the end that the last post gave; `ends` may be a later one of a post before */
	bool outdated;		/* its end was told, by a clock that was ahead, since it was posted */
	uint32_t version;	/* changes with every post */
};

/* How far a clock that is right may have to be set. */
#define CLOCKS_DIFFER_MOST (2 * SPAN_MIN)

/* A flush looks again so often whether the cluster has settled. */
#define SETTLE_POLL (100 * SPAN_MS)

enum m_state { M_WAIT, M_TOLD, M_SENDING, M_PAUSE, M_DONE };

/* One integration's part of a flush. M_TOLD: decided, the attempt must follow at once. */
struct m_leg {
	enum m_state state;
	int part;
	int64_t decide_at;
	enum reason reason;
	alerts_mask firing, resolved;	/* to be sent */
	unsigned attempts;
	span pause;
	int64_t began;			/* the attempt that is out, or was last */
	int64_t next_lo, next_hi;	/* when the next one may be */
	uint64_t attempt, note;		/* note 0: not known yet */
	int64_t data;
	int done;			/* as struct intent */
	int served;			/* bits of recipients that an earlier flush served */
	bool in_doubt;
	alerts_mask owed;		/* told to fire, as the log knew when this was decided */
	alerts_mask kept;		/* in doubt even when this has been told */
};

struct m_flight {
	const struct plan *plan;
	int route;
	int64_t seen;		/* when it was looked at who is resolved */
	int64_t wanted, tick;	/* the same moment by both clocks, by the wall clock as it was at the flush's begin */
	int64_t deadline;
	int64_t poll;			/* when to look again whether the cluster has settled */
	bool staged;			/* past muting */
	bool failed, resumed;
	bool unsettled;			/* resumed, and waits until the cluster has settled */
	alerts_mask all, all_resolved;
	alerts_mask firing, resolved;	/* after muting */
	alerts_mask promised;		/* fire, silenced or outdated, but their end is to be told */
	alerts_mask outdated;		/* fire, but their end has been told */
	uint32_t versions[MAX_ALERTS];
	struct m_leg legs[MAX_PARTS];
	int legs_n;
};

struct m_group {
	int route;
	const char *key;
	alerts_mask members;
	int64_t due, due_or;	/* one of the two; the engine's choice is known as it saves the group */
	bool flushed, flying;
	bool carried;		/* during a reload or restart */
	bool time_muted;
	int64_t changed;	/* when its members last did */
	int64_t made;
	int maker;		/* the alert that it was made for */
	struct m_flight flight;
};

/* One attempt that is out. */
struct out {
	uint64_t attempt;
	struct notification *note;
	const char *key;
	int receiver, part;
	alerts_mask firing, resolved;
	uint64_t need;		/* change that has to be durable first */
	int64_t deadline;
	bool held;
	bool dead;		/* canceled; the answer comes too late */
	int64_t answer_at;	/* INT64_MAX: never */
	int64_t progress_at;	/* one more recipient is served; 0: none */
	struct outcome outcome;
	struct receiver_value value;
	enum reason reason;
};

enum mode { MODE_OK, MODE_SLOW, MODE_RETRY, MODE_FINAL, MODE_HANG, MODE_FLAKY, MODE_DENY, MODE_LIE, MODE_LATE, MODES };

/* The last notification that one receiver's part accepted for one group; see watch.c. */
struct heard {
	const char *key;
	int receiver, kind, index;
	int64_t at, expires;
	alerts_mask firing, resolved;
	bool known;		/* the engine knows since when */
	alerts_mask open;	/* told to fire, not told to have ended */
};

/* An explanation that was made; see foretell.c. */
struct foretold {
	struct explain_run *run;
	const struct explained_group *g;	/* of it */
	const char *key;
	int alert;
	int64_t made, due;	/* due: of the group then */
	uint64_t upset;
	bool exact;
	bool flushed, muted;	/* what happened since */
	size_t decided;
	int sent;		/* bits of parts */
};

struct sim_options {
	uint64_t seed;
	span length;
	int64_t turn;	/* units of base/work.h, the same every day; 0: each day draws its own */
	int clock;	/* beside the other actions so many in 1,000 set the wall clock; 0: some on some days */
	bool verbose;
};

struct day {
	struct port port;	/* first */
	struct event_listener listener;
	struct sim_options options;
	struct rand r;
	bool failed;
	char failure[64];	/* the invariant */

	/* Clocks. */
	struct moment now;
	int64_t end;
	span lag_max;
	bool steps_clock;	/* on this day somebody sets the wall clock */
	int64_t stepped;	/* when somebody last did */

	/* The engine. */
	struct engine *engine;
	struct engine_options eo;
	bool crashing;		/* its last words do not count */
	bool stopping;
	bool fresh;		/* nothing was done yet but to restore */
	span wait;		/* of the cluster; -1: not settled */
	span clustered;		/* for how long it has been one of several */
	span wait_then;		/* once it has */
	int64_t settled_at;
	int64_t first_flush, next_gc, next_maintenance;

	/* The model. */
	struct m_alert alerts[MAX_ALERTS];
	int alerts_n;
	VEC(struct m_group *) groups;
	VEC(struct quiet) quiets;
	VEC(struct entry) entries;
	struct sieve draft;	/* of the silence that is being set */
	alerts_mask draft_alerts;
	struct special draft_x;
	struct plan *plans[64];
	int plans_n;
	struct plan *plan;	/* in force */
	struct plan *next_plan;	/* on its way into force, or NULL */
	bool reloading;		/* it comes into force in this call */
	bool many;		/* alerts are dispatched in no known order */
	VEC(const char *) ending;	/* keys of groups that a reload ends */
	VEC(struct m_group) ended_groups;	/* as they were */

	/* The disk. */
	struct image on_disk, in_memory;	/* durable; all that was written */
	VEC(struct written) queue;
	uint64_t number, durable;
	uint64_t call;		/* of the engine: what it changes gets to the disk together */
	int64_t commit_at;
	int64_t disk_fails_until;
	VEC(struct alert *) held_alerts;
	VEC(struct silence *) held_silences;
	VEC(struct labels *) held_labels;

	/* Receivers. */
	VEC(struct out) outs;
	enum mode modes[MAX_RECEIVERS][MAX_PARTS];

	/* watch.c */
	VEC(struct heard) heard;
	uint16_t heard_at[16384];	/* by hash: index + 1 */
	alerts_mask doubtful;	/* not posted since the clock was set */
	int64_t disturbed[MAX_RECEIVERS];	/* when something was last not as it should be */
	int64_t since[MAX_ALERTS][MAX_MATCHES];	/* wants to be told */
	int64_t ended[MAX_ALERTS][MAX_MATCHES];	/* has ended and may be told so */

	/* foretell.c */
	struct rand foretelling;
	VEC(struct foretold) foretold, foreseen;	/* of groups that are due; of later ones */
	uint64_t upset;		/* deeds that may change what becomes of an alert */
	uint64_t explained, explained_ahead;

	struct arena *arena;	/* of the day */
	struct hmap strings;
	uint64_t wakeups, events, activity;
	int64_t next_action, next_look, next_deep;
	uint64_t sent, performed, flushes, crashes, restarts, reloads, posts;
};

/* main.c: tells what is broken; the day is over. */
void sim_fail(struct day *d, const char *invariant, const char *fmt, ...) PRINTF(3, 4);
void sim_tell(struct day *d, const char *fmt, ...) PRINTF(2, 3);
/* Tells the events, for --verbose; the arguments are not even made otherwise. */
#define sim_say(d, ...)                           \
	do {                                      \
		if ((d)->options.verbose)         \
			sim_tell(d, __VA_ARGS__); \
	} while (0)
const char *mask_text(struct day *d, alerts_mask m);

static inline int64_t
wall_now(const struct day *d)
{
	return wall_to_ns(d->now.wall);
}
static inline int64_t
mono_now(const struct day *d)
{
	return d->now.mono.ns;
}
static inline alerts_mask
bit(int alert)
{
	return (alerts_mask)1 << alert;
}
/* n random out of max. */
static inline bool
chance(struct day *d, uint64_t n, uint64_t of)
{
	return rand_below(&d->r, of) < n;
}
static inline int
below(struct day *d, int n)
{
	return (int)rand_below(&d->r, (uint64_t)n);
}
const char *intern(struct day *d, const char *s, size_t n);
int alert_of_labels(const struct day *d, const struct labels *l);
int alert_of_fingerprint(const struct day *d, uint64_t fingerprint);
int alert_of_hash(const struct day *d, uint64_t hash);
int receiver_of(struct str name);	/* -1 */
int kind_of(const char *name);

/* plan.c */
void universe_make(struct day *d);
struct plan *plan_first(struct day *d);
/* As `old`, with something changed. */
struct plan *plan_change(struct day *d, const struct plan *old);
void plan_free(struct plan *p);
bool sieve_matches(const struct sieve *s, const uint8_t values[NAMES]);
void sieve_text(const struct sieve *s, struct sbuf *out);
struct sieve sieve_random(struct day *d, bool positive);
bool interval_holds(const struct plan_interval *i, int64_t wall);
const char *group_labels_text(struct day *d, const struct plan_route *r, const uint8_t values[NAMES]);

/* model.c: what is true */
bool is_resolved(const struct day *d, int alert, int64_t wall);
alerts_mask resolved_among(const struct day *d, alerts_mask among, int64_t wall);
/* `seen`: when it was looked at who is resolved. */
alerts_mask silenced_among(const struct day *d, alerts_mask among, int64_t wall, int64_t seen);
/* Those whose end is told under some silence that holds them. */
alerts_mask promised_among(const struct day *d, alerts_mask among, int64_t wall);
/* How long before that time the flight looked at its alerts, as the log has it among others. */
span model_age(const struct day *d, const struct m_flight *f, int64_t told);
/*
 * Those of which the end was told before the clock was set back: they fire until then, a little while, and nobody is told so. Only
 * where there are others, who may have told it.
 */
alerts_mask outdated_among(struct day *d, const struct m_group *g, alerts_mask firing);
alerts_mask inhibited_among(const struct day *d, alerts_mask among, int64_t wall);
bool route_muted(const struct plan *p, int route, int64_t wall);
alerts_mask known_alerts(const struct day *d);
struct entry *entry_find(struct day *d, const char *key, int receiver, int kind, int index);
enum reason reason_wanted(const struct entry *e, alerts_mask firing, alerts_mask resolved, bool send_resolved,
    int64_t tick, const struct plan_route *r);
/* From tick to tick: a hundredth of the interval, at most a second, may be missing. */
span repeats_after(const struct plan_route *r);
void model_post(struct day *d, int alert, int64_t starts, int64_t ends, bool timeout);
void model_gc(struct day *d);
/* The effect that engine_silence_set has to have: is the id kept? */
void model_declare(struct day *d);	/* silences of the plan in force */
alerts_mask sieve_alerts(const struct day *d, const struct sieve *s);
bool sieves_same(const struct sieve *a, const struct sieve *b);
bool quiet_keeps_id(const struct day *d, const struct quiet *old, const struct sieve *sieve, int64_t starts,
    int64_t ends);

/* specials.c: silences that end or come again by themselves */
void model_quiets(struct day *d);
/* The engine says that it did so. */
void model_quiet_goes_on(struct day *d, const struct silence *s);
/* The window that now is in, or the next one; false: there is none. */
bool quiet_window(const struct quiet *q, int64_t now, int64_t *starts, int64_t *ends);
/* Alert was posted. */
void quiets_posted(struct day *d, int alert);
/* Somebody ends it. */
void quiet_end(struct day *d, struct quiet *q);
/* same: the edit covers what `old` does. */
struct special special_inherited(const struct day *d, const struct quiet *old, bool same);
struct special special_random(struct day *d);
struct silence_extra *special_extra(const struct special *x);
void act_acknowledge(struct day *d);

/* flights.c: what has to happen */
struct m_group *group_by_key(const struct day *d, const char *key);
void model_dispatch(struct day *d, int alert, bool keep_out_ended);
/* When something is due: nothing is flushed before the start delay is over. */
int64_t model_due(const struct day *d, int64_t due);
/* The tick that a flush of g that begins now is for. */
int64_t model_next_tick(const struct day *d, const struct m_group *g);
/* Has the engine more to do at this moment? */
bool model_busy(const struct day *d);
/* A flight's tick, as the wall clock goes now. */
int64_t model_tick(const struct day *d, const struct m_flight *f);
/* The recipients that know already what the leg is to tell, as bits. */
int model_served(const struct entry *e, const struct m_leg *leg, int64_t now, span repeat);
/* How long the log remembers what a route told. */
span log_time(const struct day *d, const struct plan_route *r);
/* The log keeps in mind what p may have been told of and g's flight held back, its end promised. */
void model_keep(struct day *d, const struct m_group *g, const struct part *p);
/* A reload ends the group and its flush. */
void model_cut(struct day *d, struct m_group *g);
/* Silences are others than a moment ago: flushes that were begun in this moment, and that nobody was told of, see it. */
void model_stage_again(struct day *d);
/* A silence that a reload declares comes into force between the beginning of a flush and its look at silences. */
void model_muted(struct day *d, const struct event_muted *muted);
/* The debts that the log has to keep of a notification that is given up. */
struct left {
	alerts_mask firing, resolved, owed;
	bool in_doubt;
	int done;
	int64_t tick;
	int64_t sent;	/* when it may have been told, at the earliest; 0: it was not */
};
void model_left_behind(struct day *d, const char *key, const struct plan_route *r, const struct part *p,
    const struct left *l);
/* Before the engine's tick: those who wait for the cluster to settle look again. */
/* Legs of a resumed flight wait for their turn, once the cluster has settled. */
void model_begin_turn(const struct day *d, struct m_flight *f);
void model_polls(struct day *d);
void model_flushed(struct day *d, const struct event_flushed *flushed);
void model_decided(struct day *d, const struct event_decided *decided);
void model_flush_failed(struct day *d, const struct event_flush_failed *failed);
void model_notify_failed(struct day *d, const struct event_notify_failed *failed);
void model_sent(struct day *d, const struct out *o, struct mono deadline);
void model_answer(struct day *d, const struct out *o);
/* The attempt knows its recipients, and which of them are served. */
void model_progress(struct day *d, const struct out *o, int done);
void model_canceled(struct day *d, const struct out *o);
/* All that is due has happened, and the engine will wake up for what is next. */
void model_settled(struct day *d);
void group_drop(struct day *d, size_t i);

/* turn.c: reload and restart, as the model sees them */
void model_reload(struct day *d, struct plan *fresh);
void model_restart(struct day *d);

/* disk.c */
void disk_persist(struct day *d, const struct change *c);
void disk_commit(struct day *d);
void disk_crash(struct day *d);
void disk_flush(struct day *d);
void disk_restore(struct day *d);
void disk_fini(struct day *d);
const struct intent *image_intent(const struct image *im, uint64_t id);
void disk_compare(struct day *d, bool all);
alerts_mask noted_mask(struct day *d, const struct noted_alert *v, size_t n, bool resolved);
int recipients_value(const struct recipients *r);
int served_value(const struct str *served, size_t n);
int64_t data_value(const struct receiver_data *data);

/* world.c */
void world_make(struct day *d);
void world_start(struct day *d);
/* After a call of the engine: another configuration may be in force. */
void world_turned(struct day *d);
void world_stop(struct day *d, bool crash);
/* All that is due in this moment. */
void world_settle(struct day *d);
void world_live(struct day *d, int64_t until);
void world_fini(struct day *d);

/* actions.c */
void act(struct day *d);
void act_post_all_resolved(struct day *d);
void act_post(struct day *d, int alert, struct wall starts, struct wall ends);

/* foretell.c */
/* Before anything is done at a moment: about groups that are due at it. */
void foretell_due(struct day *d);
/* When all that was to be done at a moment is done. */
void foretell_check(struct day *d);
void foretell_ahead(struct day *d);
void foretell_hear(struct day *d, const struct event *ev);
void foretell_sent(struct day *d, const struct out *o);
void foretell_fini(struct day *d);

/* watch.c */
void watch_accepted(struct day *d, const struct out *o);
/* It got there, or is thought to have got there, and no answer came. */
void watch_unheard(struct day *d, const struct out *o);
/* One of its recipients was. */
void watch_served(struct day *d, const struct out *o);
void watch_first_attempt(struct day *d, const struct out *o, const struct m_flight *f);
void watch_promised(struct day *d, const char *key, int receiver, const struct part *p, alerts_mask promised, span least);
void watch_decided(struct day *d, const char *key, int receiver, const struct part *p, enum reason reason);
void watch_muted(struct day *d, const struct plan *plan, int route, const char *key, alerts_mask muted);
void watch_disturbed(struct day *d, int receiver);	/* -1: all */
void watch_posted(struct day *d, int alert, bool fired);
void watch_crashed(struct day *d);
void watch_clock(struct day *d);
void watch_turned(struct day *d);	/* another configuration */
void watch_end(struct day *d);
void watch_look(struct day *d);
void watch_deep(struct day *d);

#endif
