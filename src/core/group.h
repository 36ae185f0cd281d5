/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/group.h - aggregation groups: who is in them and when they are due.
 *
 * A group belongs to one route and one set of values of the labels that the
 * route groups by. It lives while it has members. Its timer is armed for the
 * next flush; when it goes off during a flush, it stays off and the next flush
 * follows at once (`due` says since when it is wanted).
 */
#ifndef CORE_GROUP_H
#define CORE_GROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "alert_entry.h"
#include "base/hmap.h"
#include "base/str.h"
#include "base/time.h"
#include "config/config.h"
#include "order.h"
#include "sched.h"

struct engine;
struct flight;
struct group;

/* The outcome of the last notification, of whichever integration. */
struct group_outcome {
	struct wall at;			/* WALL_ZERO: there was none in this process */
	bool told;
	span took;
	struct istr *error;		/* owned reference; NULL when told */
};

/* Does the store have to hear of the group? */
/* SAVE_ANEW: soon, and a store that begins anew waits for it. */
enum save { SAVE_NOT, SAVE_SOON, SAVE_ANEW, SAVE_NOW };

struct group {
	struct hmap_node node;		/* engine.groups; engine.retired when it ends with a configuration */
	struct deadline timer;
	struct mono due;		/* when the next flush is wanted */
	const struct route *route;	/* of the configuration in force */
	struct labels *labels;		/* owned reference */
	struct istr *key;		/* owned reference; its entries in the notification log have others */
	struct order members;		/* struct member, owned, in the order of notifications */
	struct istr *first_job, *first_instance;	/* of the member that came first: alert_place_rank; owned references or NULL */
	bool overtaken;			/* the flight before was: struct flight */
	struct flight *flight;		/* the running flush, or NULL */
	struct labels *route_labels;	/* of the last flush, unless changed since: NULL; owned reference */
	struct group_outcome last;
	struct istr **muted_by;		/* intervals that muted the last flush; owned references */
	uint32_t muted_n;
	uint64_t serial;		/* of this process */
	uint64_t flushes;		/* begun */
	void *stored_as;		/* the store's own: see struct change */
	uint32_t save_place;		/* in the engine's list of what to save */
	uint8_t save;			/* enum save */
	bool flushed;			/* at least once */
	/* While a configuration that has come into force settles: */
	bool carried;			/* goes on from before */
	bool retired;			/* ends; in engine.retired */
	bool replaced;			/* and another has its place in the store */
};

/* The group of `route` that an alert with labels l belongs to; NULL: there is none. */
struct group *group_find(const struct engine *e, const struct route *route, const struct labels *l);
/* The labels of the group of `route` that an alert with labels l belongs to, a new reference; and that group's key, to be freed. */
struct labels *group_labels_of(const struct route *route, struct labels *l);
struct str group_key_of(const struct route *route, const struct labels *group_labels);
/* A new empty group for an alert with labels l, due after group_wait. */
struct group *group_new(struct engine *e, const struct route *route, struct labels *l, struct moment now);
/* As group_new, with the group labels given. */
struct group *group_new_of(struct engine *e, const struct route *route, struct labels *take, struct moment now);
/* Drops the members; there must be no flush in progress. The store is not told. */
void group_free(struct engine *e, struct group *g);
/* Cancels a flush in progress, tells the store, frees g. */
void group_end(struct engine *e, struct group *g, struct moment now);
/* Groups that ended in this maintenance period: metrics count them until it is over. */
size_t groups_count_ended(const struct engine *e, struct moment now);
/* The key of engine.groups. */
uint64_t group_hash(const struct route *route, const struct labels *group_labels);
/* When a group that `a` makes is due first. Only the alert that makes it is asked for its age. */
struct mono group_first_due(const struct engine *e, const struct route *route, const struct alert *a, struct moment now);
/* (Re)arms the timer; nothing is due before the engine's first flush. */
void group_arm(struct engine *e, struct group *g, struct mono due);
/* The same of a group that is flushed: that lists show something else is up to the flush's end. */
void group_arm_again(struct engine *e, struct group *g, struct mono due);
/* When an integration that was told is told again though nothing changes; WALL_ZERO: the log knows of none. */
struct wall group_next_repeat(const struct engine *e, const struct group *g);

struct member *group_member(const struct group *g, const struct alert_entry *r);
void group_add(struct engine *e, struct group *g, struct alert_entry *r);
/* Frees the entry too when nothing else holds it. */
void group_remove(struct engine *e, struct member *m);
/* Takes out all members. */
void group_empty(struct engine *e, struct group *g);
/* The first member behind an alert with labels l (NULL: the very first), in or not; NULL: there is none. */
struct member *group_after(const struct group *g, const struct labels *l);
/* The same; order_next(&g->members, c) goes on from there. */
struct member *group_after_at(const struct group *g, const struct labels *l, struct order_cursor *c);

/* For walks through members (ahead.h): gets what comes soon after c. */
void members_fetch_ahead(const struct order *members, const struct order_cursor *c);

/* The keys that a group is sorted by, in lists. */
struct group_key {
	const struct labels *labels;	/* of the group; NULL: before all groups */
	struct str receiver;
	size_t rank;			/* of the route (struct route) */
};
/* Into the groups of the engine, and out of them; while it is in, its route stays. */
void groups_enter(struct engine *e, struct group *g);
void groups_leave(struct engine *e, struct group *g);
/* The group of this key; the first one behind it, whether or not there is one. NULL: there is none. */
struct group *groups_find(const struct engine *e, const struct group_key *k);
struct group *groups_after(const struct engine *e, const struct group_key *k);
/* An alert of the group is another than before. */
void group_changed(struct group *g);
void group_set_muted(struct group *g, const struct str *names, size_t n);
/* A notification ended; error: empty when it was told. g may be NULL: its group has ended before it. */
void group_note_outcome(struct engine *e, struct group *g, struct wall at, span took, struct str error);

#endif
