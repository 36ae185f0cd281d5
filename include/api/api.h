/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api/api.h - the HTTP interface: API v2, health, metrics, reload.
 */
#ifndef API_API_H
#define API_API_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/log.h"
#include "base/time.h"
#include "config/config.h"
#include "core/engine.h"
#include "core/past.h"
#include "core/rehearsal.h"
#include "core/rendered.h"
#include "http/msg.h"

struct api;
struct gateway;
struct heard;

/* Shown in /api/v2/status and alertmanager_build_info; all static. */
struct build_info {
	const char *version, *revision, *branch, *build_user, *build_date, *go_version;
	const char *own_version;	/* of this program, not of the one it stands in for */
};

/* Metrics of other rooms: each source appends its families when asked. */
struct expo;
struct metrics_source {
	void (*expose)(void *arg, struct expo *x, struct moment now);
	void *arg;
};

/* Figures of other rooms, for status. */
struct api_figures {
	uint64_t store_bytes;	/* on disk */
	size_t store_backlog;	/* records that wait to be written */
	size_t connections, gets;	/* that are open, being answered */
	uint64_t gets_rejected;	/* by --web.get-concurrency, since the start */
};

/* The cluster as this instance sees it. Texts may be empty: what Alertmanager's members do not tell. */
struct api_cluster {
	struct str name;	/* of this one */
	bool settled;
	const struct api_member {	/* those that are there, by name */
		struct str name, address, version, config;
		bool self, suspected;
		span ping;	/* how long its answers take, on average; < 0: none came */
		span heard;	/* since its last answer; < 0: none came */
	} *members;
	size_t members_n;
	const struct str *missing;	/* addresses: configured and not found, failed, or gone */
	size_t missing_n;
	size_t expected;	/* members that should be there */
	size_t differing;	/* members with another configuration */
	bool split;		/* most of those expected are not there: others may tell the same */
	size_t position;
	span wait;		/* before this one's turn */
	size_t queued, merging;	/* changes that wait to be told; bytes of others that wait to be merged */
};

/* An etcd that instances have in common. */
struct api_etcd {
	bool connected;		/* there is a lease, and all records were read */
	struct str endpoint, prefix;
	struct str member;	/* this one's id */
	span lease;		/* until it ends if nobody keeps it; 0: there is none */
	const struct str *members;	/* ids of those that have one */
	size_t members_n;
	int64_t revision;	/* up to which records are known */
	size_t records, waiting;	/* known; to be written */
	struct str error;	/* empty: none */
};

struct api_env {
	struct engine *engine;		/* borrowed */
	struct port *port;		/* the engine's, for the names of limited alerts; NULL: they are not counted */
	const struct build_info *build;
	const struct log *log;
	struct str route_prefix;	/* "/" or "/prefix" */
	struct str external_url;	/* where others find the router; for the web page */
	enum matcher_mode matcher_mode;
	enum naming naming;
	bool log_silences;
	struct wall started;
	size_t max_body;		/* bytes */
	/* Bounds on a POST of alerts; 0: as usual. Smaller ones are for tests. */
	struct {
		int64_t units;		/* that api_handle may spend before the rest is left to struct http_later */
		size_t kept;		/* bytes of what was read that are kept, rather than read again */
	} post;
	const struct integration_kind *const *kinds;	/* all there are, for metrics; ends with NULL */
	int64_t alerts_per_name_limit;	/* shown as alertmanager_alerts_per_alert_limit */
	/* Features that add labels; the engine counts per receiver when receiver_name_in_metrics. */
	bool receiver_name_in_metrics, group_key_in_metrics, alert_names_in_metrics;
	/* Loads the configuration anew. The stream is empty and ends when that is done, or fails and has the reason. */
	struct http_stream *(*reload)(void *arg, struct moment now);
	/* Durable state. NULL functions: there is none to ask. */
	bool (*healthy)(void *arg, struct str *why);	/* can it be written? /-/ready tells why not, or (if true) what is in doubt */
	bool (*has_room)(void *arg);			/* false: clients are told to try again later */
	void (*figures)(void *arg, struct api_figures *out);
	/* Begins a copy of the database, which counts as a change (wait_durable) and can be opened then. NULL and e: not now. */
	struct http_stream *(*backup)(void *arg, struct err *e);
	/* Somebody waits for changes: api_pulse is to be called within a quarter of a second. NULL: nobody does that. */
	void (*pulse)(void *arg);
	/*
	 * Trial of made-up notifications (core/rehearsal.h): sends n by the deadline, or renders a text with its data; and stops.
	 * NULL functions: nothing is sent from here.
	 */
	void (*rehearse)(void *arg, struct rehearsal *r, struct notification *n, struct mono deadline);
	void (*rehearse_off)(void *arg, struct rehearsal *r);
	bool (*preview)(void *arg, struct tmpl_preview *p, struct notification *n, struct str text, bool html, struct err *e);
	void (*preview_off)(void *arg, struct tmpl_preview *p);
	/*
	 * Requests of gateways for text messages: what one says (ERR_AUTH: it proves nothing), and the body that has a text sent back
	 * (as notify/hear.h). NULL functions: nobody is heard.
	 */
	bool (*hear)(void *arg, const struct gateway *g, const struct http_request *r, bool reply, struct moment now,
	    struct arena *a, struct heard *out, struct err *e);
	struct str (*answer)(const struct gateway *g, struct str text, struct arena *a, struct str *type);
	span web_timeout;	/* of the server; 0: none */
	uint64_t (*history_revision)(void *arg);	/* grows with the history. NULL: there is none */
	/* The texts that n's integration would be sent, in the arena; within some two milliseconds. NULL: nothing is rendered here. */
	void (*rendered)(void *arg, struct notification *n, struct moment now, struct arena *a, struct rendered *out);
	/*
	 * The past, as core/past.h asks for it. NULL and e: ERR_INVALID, q->bad is the parameter to blame; ERR_LIMIT,
	 * too many ask at this moment; else it is not there. NULL function: no history is kept.
	 */
	struct http_stream *(*past)(void *arg, struct past_query *q, struct moment now, struct err *e);
	void (*past_health)(void *arg, struct past_health *out, struct moment now);	/* as `past` */
	void *arg;
	/* The cluster as this instance sees it, in the arena. NULL: there is none. */
	void (*cluster)(void *arg, struct arena *a, struct api_cluster *out);
	/* How the etcd is, in the arena. NULL: there is none. */
	void (*etcd)(void *arg, struct arena *a, struct api_etcd *out);
	struct metrics_source server_metrics;	/* of the HTTP server, shown with our own of requests; NULL function: none */
	const struct metrics_source *metrics;	/* n of them, behind all others */
	size_t metrics_n;
};

/* The one who asks for what is done at this moment; borrowed, empty outside of requests. */
struct api_actor {
	struct str name;	/* of the principal; empty: nobody was asked */
	struct str from;	/* its address */
};

struct api *api_new(const struct api_env *env);
void api_free(struct api **a);
/*
 * Answers one request. `out` is zeroed by the caller; its body buffer is the
 * caller's to free. Never fails: errors are responses.
 */
void api_handle(struct api *a, const struct http_request *r, struct moment now, struct http_response *out);
/* Whether the path is of a file that the web page is made of: there are many, and each is fetched once. */
bool api_is_asset(const struct api *a, struct str path);
/* The place that a GET takes among the concurrent ones: as its route says, see routes.def. */
enum http_places api_place(const struct api *a, const struct http_request *r);
struct api_actor api_actor(const struct api *a);
/* The server reports how long an answer took and how big it was, for the HTTP metrics. */
void api_observe(struct api *a, const struct http_request *r, const struct http_response *resp, span took);
/* Answers those who wait for changes and have something to hear; true: others wait, call it again. Not from within a handler. */
bool api_pulse(struct api *a, struct moment now);
/* It has not answered all of these: again in the next turn of the loop. */
bool api_pulse_goes_on(const struct api *a);
/* Notes a (re)load, for metrics and status: c is in force, or NULL, and e says why it was refused. */
void api_note_reload(struct api *a, struct wall when, const struct config *c, const struct err *e);

#endif
