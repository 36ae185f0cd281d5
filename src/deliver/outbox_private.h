/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deliver/outbox_private.h - attempts under way, and those of them whose notifiers work in other threads.
 */
#ifndef DELIVER_OUTBOX_PRIVATE_H
#define DELIVER_OUTBOX_PRIVATE_H

#include <pthread.h>

#include "base/hmap.h"
#include "base/list.h"
#include "base/rand.h"
#include "deliver/outbox.h"
#include "loop/timer.h"
#include "loop/workers.h"
#include "spool.h"
#include "turns.h"

struct away;
struct rehearsing;
struct sending;
struct note;
struct value_cache;
struct workers;

/* A request and where it is. */
struct exchange {
	struct sending *delivery;
	struct exchange *next;
	struct request request;		/* what the transport works on; in the attempt's arena */
	struct http_call *http;
	struct mail_call *mail;
	struct spool_call *spool;
	struct fetch_gate gate;		/* of an HTTP request */
	struct outbox_wait noted;	/* until it is on disk that it leaves */
	struct timer pace;		/* set while it waits for its gateway's pace, or to hear that it does not leave */
	bool suppressed;
	const char *unbegun;		/* why it never began; NULL: it did, or will */
};

/* The log lines of a notifier while nobody could, or wanted to, write them. */
struct notes {
	struct outbox *outbox;
	struct arena *arena;		/* of the attempt */
	struct note *first, **end;
};

/* One attempt: a conversation between its notifier and the transports. */
struct sending {
	struct hmap_node node;		/* by number, while under way */
	struct outbox *outbox;
	uint64_t number;
	struct notification *n;		/* the engine's */
	struct attempt attempt;
	struct mono deadline;
	struct fetch_gate gate;		/* of its mails */
	struct rehearsing *rehearsing;	/* NULL: it is the engine's */
	struct away *away;		/* NULL: its notifier is called on the loop */
	struct exchange *under_way, *unused;	/* in the attempt's arena */
	unsigned under_way_n;
	struct list_node place;		/* among those that `arrived` */
	bool arrived;			/* since the last turn: nothing happens inside outbox_send */
	struct turn turn;		/* to begin */
	bool unanswered;		/* some request of it had no answer and may have been taken */
	struct kept kept;		/* what was rendered for it */
};

struct outbox {
	struct outbox_options o;
	struct notify_env env;		/* for the loop */
	struct notify_env trial;	/* … when it may turn out to be too much for it */
	struct notes notes;		/* of the trial */
	struct rand rand;
	struct engine *engine;
	struct drive *drive;
	struct hmap deliveries;
	struct list arrived;		/* since the last turn, in order */
	struct turns turns;		/* those that came before */
	struct timer begin;		/* begins them */
	uint64_t rehearsals;		/* so far: their numbers */
	struct workers *workers;	/* NULL: not needed yet */
	struct workers *previewers;	/* likewise */
	struct workers *spoolers;	/* likewise */
	bool alone;			/* there are no threads to be had */
	struct value_cache *cache;
	pthread_mutex_t cache_lock;	/* of it */
	size_t parked;			/* bytes */
};

/* outbox_env.c */
void outbox_env_init(struct outbox *o);
void outbox_env_fini(struct outbox *o);
/* *env keeps for the log what it is told, in *notes, and is for one thread at a time. */
void notes_init(struct notes *notes, struct outbox *o, struct arena *a);
void notes_env(struct notify_env *env, struct notes *notes);
/* Tells it now; none are left. */
void notes_tell(struct notes *notes, const struct notification *n);

/* rehearsal.c: attempts that the engine knows nothing of. */
/* The notification's answer to a request; before the notifier sees it. */
void rehearsing_answer(struct sending *d, const struct request *q, const struct response *r);
/* Tells how it ended. */
void rehearsing_over(struct sending *d, enum step step, const struct err *e);
void rehearsing_free(struct rehearsing **r);

/* outbox.c */
/* Begins an attempt as soon as it is its turn. Takes r. */
void delivery_begin(struct outbox *o, uint64_t number, struct notification *n, struct mono deadline, struct rehearsing *r);
/* Its notifier has served some: the engine wants to know. */
void delivery_progressed(struct sending *d);
/* Looks at the clock for what its notifier is called next. */
void delivery_look_at_clock(struct sending *d);
void delivery_dispatch(struct sending *d, const struct request *r);
/* The attempt is over; frees d. */
void delivery_finish(struct sending *d, enum step step, const struct err *e);
/* The engine's number of it and all it has are gone already, but what is in its attempt and `away`. */
void delivery_free(struct sending *d);

/*
 * away.c: a notification that is, or turns out to be, much to render is the
 * work of other threads from its start to its verdict. A notifier is in one
 * thread at a time, and has a notification, data for templates and an
 * environment that are its own; answers wait for it on the loop.
 */
/* So much that the loop does not even try. */
bool away_is_wanted(const struct notification *n);
/* The attempt begins (anew); false: there are no threads. */
bool away_start(struct sending *d);
/* The answer to one of its requests. Borrows r; codes_n: of r->smtp_recipient_codes. */
void away_answer(struct sending *d, const struct response *r, size_t codes_n);
/* In place of delivery_free: now, or when its thread has let go of it. */
void away_drop(struct sending *d);
/* Work that takes long for what is this large, as memory is given back; false: it has to be done here. Takes the job. */
bool away_frees(struct outbox *o, size_t bytes, struct job *j);

/* parked.c: what was rendered for an attempt that failed waits at its notification for the next one. */
/* The attempt that begins has it. True: it was rendered by another thread. */
bool parked_take(struct sending *d);
/* The attempt is over, and there will be another one. */
void parked_put(struct sending *d);
/* Where the attempt's texts are kept; NULL: nowhere. */
struct kept *parked_room(struct sending *d);

#endif
