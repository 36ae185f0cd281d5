/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api/watch.h (private) - the overview of all there is, and those who wait for it to change.
 *
 * One overview serves everybody: it is made when somebody asks and something has changed since, by one walk through
 * the alerts in slices, at most once a second. It knows when the clock alone will change it, from the silence or alert that
 * ends next.
 */
#ifndef API_WATCH_H
#define API_WATCH_H

#include "base/list.h"
#include "ext_look.h"

/* The route of those who wait. */
#define API_CHANGES "/api/ext/v1/changes"

struct watch;

/* The numbers that the page compares: all of one process, which `instance` tells apart. */
struct revision {
	uint64_t alerts, silences, config, history;
};

struct watch *watch_new(struct api *a);
/* Nobody may wait any more. */
void watch_free(struct watch **w);

/* Brings the overview up to date; false: w is used up. A fresh one may be a second old. */
bool watch_update(struct watch *watch, struct work *w, struct moment now);
/* Its objects "alerts" and "silences" as JSON, as of the last watch_update; of the first the members alone. Borrowed until the next one. */
struct str watch_alerts(const struct watch *watch);
struct str watch_silences(const struct watch *watch);
struct revision watch_revision(const struct watch *watch);
/* The revision that holds now, if the overview is of it: what depends on it alone need not be made again. */
bool watch_is_current(const struct watch *watch, struct moment now, struct revision *out);
/* Has an answer of now, which shows an overview that may be a second old, anything to say that is new since? */
bool watch_differs(struct watch *watch, const struct revision *since, struct moment now);
/* Eight hexadecimal digits that no other process has. */
struct str instance_name(void);

/* One client that waits. */
struct watcher {
	struct list_node place;
	struct http_stream *stream;	/* whose `ready` is called */
	struct revision since;
	struct mono until;
	struct mono came;		/* private to watch.c */
};
/* It waits from now on; watch_leave ends that, and so does the call of `ready`. The longest waiting is answered when there are too many. */
void watch_enter(struct watch *watch, struct watcher *who, struct moment now);
void watch_leave(struct watch *watch, struct watcher *who);
/* Clients that wait. */
size_t watch_waiting(const struct watch *watch);
/* Is it in? */
bool watcher_waits(const struct watcher *who);
/* Calls those who have something to hear; the server does it a few times a second as long as it returns true: somebody waits. */
bool watch_pulse(struct watch *watch, struct moment now);
/* It has called as many as one call may, and others wait to be: it is to be done again in the next turn of the loop. */
bool watch_pulse_goes_on(const struct watch *watch);

#endif
