/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app/server_private.h (private) - the parts of the running server.
 */
#ifndef APP_SERVER_PRIVATE_H
#define APP_SERVER_PRIVATE_H

#include "api/api.h"
#include "base/log.h"
#include "core/engine.h"
#include "deliver/outbox.h"
#include "fetch/http_client.h"
#include "history/history.h"
#include "loop/drive.h"
#include "loop/timer.h"
#include "mail/mail.h"
#include "observe/event_log.h"
#include "observe/log_out.h"
#include "observe/recorder.h"
#include "observe/tracer.h"
#include "reload.h"
#include "serve/http_server.h"
#include "setup/options.h"
#include "store/store.h"

struct cluster;
struct common;
struct event;
struct event_base;
struct expo;
struct heap_keeper;
struct supervisor;

struct server {
	const struct options *o;
	struct arena *arena;		/* the process's: options, addresses, names */
	struct clock *clock;
	struct log log;
	struct log_out err_out;
	struct wall started;
	struct port port;		/* first member of nothing: found by CONTAINER_OF */
	struct event_base *base;
	struct event *sig_hup, *sig_term, *sig_int;
	struct timer ending;		/* zeroed until the end begins */
	struct timer pulse;		/* while somebody waits for changes */
	struct mono end_at_latest;
	struct store *store;
	struct engine *engine;
	struct drive *drive;
	struct heap_keeper *heap;
	struct http_client *http;
	struct mail_pool *mail;
	struct outbox *outbox;
	struct tracer *tracer;
	struct reload *reload;
	struct cluster *cluster;	/* NULL: there is none */
	struct common *common;		/* NULL: there is no etcd */
	struct event_log event_log;
	struct recorder *recorder;	/* NULL: the feature is off */
	struct history *history;	/* NULL: there is none */
	struct silence_ends *silence_ends;	/* NULL: there is no history */
	struct spools *spools;
	struct clock_watch *clock_watch;
	struct hmap held;		/* attempts that wait until their intent is on disk */
	struct http_server *web;
	struct supervisor *supervisor;
	struct api *api;
	struct str hostname, external_url, route_prefix;
	struct metrics_source sources[12];
	size_t sources_n;
	unsigned backups;		/* copies of the database that somebody waits for or reads */
	bool stopping;
	int status;
};

/* web.c: takes connections, whose requests wait until http_server_serve; and, when all that it asks is open, makes the API. */
bool server_listen(struct server *s, struct err *e) MUST_CHECK;
void server_open_api(struct server *s);
/* One more part that has metrics; before the API is made. */
void server_add_metrics(struct server *s, void (*expose)(void *arg, struct expo *x, struct moment now), void *arg);

/* apply.c: gives c to the engine, and says what is odd about it. */
void server_apply(struct server *s, struct config *c, struct moment now);

/* confine.c: as --sandbox says; c is about to be in force. Before there are threads. */
bool server_confine(struct server *s, const struct config *c, struct err *e) MUST_CHECK;

/* Fills s->port. */
void server_port_init(struct server *s);
/* port_send.c: attempts, once their intent is durable. */
void port_send(struct port *self, uint64_t attempt, struct notification *n, struct mono deadline, struct moment now);
void port_cancel(struct port *self, uint64_t attempt);
void port_forget(struct port *self, struct notification *n);
/* For the outbox (struct outbox_options): requests that wait for a note of their own. */
bool server_wait(void *server, struct outbox_wait *w);
void server_wait_cancel(void *server, struct outbox_wait *w);

/* Ends the loop when no attempt is under way any more, at the latest after a few seconds. */
void server_end(struct server *s);
/* Frees the engine and the store, which have said all they had to, where leaks are sought; else they are left to the end of the process. */
void server_free_state(struct server *s);

/* rehearsals.c: what the API sends and renders for trial; env->arg is the server. */
void server_rehearsals_env(struct api_env *env);

/* The API's questions to the store; env->arg is the server. */
void server_durable_env(struct api_env *env);
/* rendered.c: messages that are only shown; env->arg is the server. */
void server_rendered_env(struct api_env *env);

/* past.c: begins to keep a history, if that is wanted; what the API asks of it. */
bool server_open_history(struct server *s, struct err *e) MUST_CHECK;
void server_past_env(struct server *s, struct api_env *env);

extern const struct build_info server_build_info;

#endif
