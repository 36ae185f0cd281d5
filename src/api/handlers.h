/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api/handlers.h (private) - the state behind struct api, the resources, and
 * how to answer.
 */
#ifndef API_HANDLERS_H
#define API_HANDLERS_H

#include "alert_read.h"
#include "api/api.h"
#include "base/rfc3339.h"
#include "core/view.h"
#include "ext_test.h"
#include "route.h"
#include "text/json_write.h"
#include "text/regex.h"
#include "text/url.h"

struct expo;
struct heartbeats;
struct http_metrics;
struct limited_names;
struct receiver_stats;
struct senders;
struct sms_answers;
struct watch;

struct api {
	struct api_env env;
	struct http_metrics *http;
	bool reload_ok;
	struct wall reload_success, reload_at;	/* WALL_ZERO before the first */
	char *reload_error;		/* of the last one; owned, NULL: it was fine */
	uint64_t config_hash;
	uint64_t received_firing, received_resolved, invalid;
	uint64_t scrapes;
	size_t posts_kept;		/* bytes, of all posts that go on later; see post.h */
	struct wall last_received;	/* alerts; WALL_ZERO: none yet */
	struct api_actor actor;		/* of the request that is being handled */
	struct watch *watch;
	struct heartbeats *heartbeats;
	struct receiver_stats *receiver_stats;
	struct senders *senders;
	struct limited_names *limited_names;
	struct sms_answers *sms_answers;	/* NULL: none yet */
	struct event_listener limited;
	struct tests tests;
	struct alert_shape alert_shape;	/* of alerts that were posted */
};

/* One request on its way through a handler. */
struct call {
	struct api *api;
	const struct http_request *req;
	struct http_response *resp;
	struct str path;		/* of the request, below the prefix */
	struct arena *arena;		/* of the request */
	struct moment now;
	struct url_query query;	/* what can be read of it */
	bool query_is_bad;	/* there is more, badly encoded */
	struct str params[ROUTE_PARAMS_MAX];	/* the variable segments of the path, decoded */
};

/* The handlers that routes.def names; each fills c->resp. */
#define ROUTE(surface, method, path, handle, scope, limit) void handle(struct call *c);
#include "routes.def"
#undef ROUTE

/* Answers. A text is one line of text/plain, without its newline. */
void reply_text(struct call *c, int status, const char *text);
/* A bare JSON string and a newline: what API v2 handlers say when they fail. */
void reply_error(struct call *c, int status, struct str message);
/* {"code":…,"message":…}: what comes from the framework around them. */
void reply_framework(struct call *c, int status, int code, struct str message);
/* Starts a JSON body; the caller ends it with reply_json_end. */
void reply_json_begin(struct call *c, struct json_writer *w);
void reply_json_end(struct call *c);
/* To another address, relative or not; the request's query goes along. */
void reply_redirect(struct call *c, int status, struct str to);
/* Without a body. */
void reply_empty(struct call *c, int status);

/* False: so much waits for the disk that the client was told to come again (503). */
bool api_has_room(struct call *c);
/* Is the body said to be JSON? false: answered 415. */
bool has_json_content(struct call *c);

/* Query parameters as the API understands them. */
bool query_bool(const struct call *c, const char *name, bool otherwise);
/* All of a repeated parameter as matchers in the arena; false: answered 400 with `prefix` in front. */
bool query_matchers(struct call *c, const char *name, const char *prefix, struct matchers *out);
/* Filters of one alert list request, and how far they have come with an alert. Free with alert_filter_fini. */
struct alert_filter {
	struct matchers filter, receiver_matchers;
	struct matchers receiver;	/* of the label `name`; none: no such parameter */
	bool active, silenced, inhibited, muted;
	/* The work that the last call put off. */
	struct match_run run;
	const struct matchers *run_of;
	struct labels *run_labels;	/* owned reference; NULL: nothing */
	struct labels *passed;		/* those that `filter` let pass last; owned reference */
	struct status_run *status;
	struct alert_choice *choice;	/* of those that `filter` may match */
	/* The group whose labels were looked at last, and how far. */
	const struct route *group_route;	/* only to be compared */
	struct labels *group;		/* owned reference */
	struct match_run group_run;
	size_t group_at;
	/* Verdicts on the receivers of a configuration, by index; owned. */
	struct config *config;
	unsigned char *verdicts;
};
/* f must stay where it is until alert_filter_fini. */
bool alert_filter_init(struct alert_filter *f, struct call *c);
void alert_filter_fini(struct alert_filter *f);
/* view_alerts_some of those that the filter may take: `visit` has to ask it. */
bool alert_filter_walk(struct alert_filter *f, struct engine *e, struct labels **at, struct work *w, view_visit *visit,
    void *arg) MUST_CHECK;
/*
 * Do the receiver filters take r, one of c, the configuration in force? False: w is used up, and the
 * next call goes on.
 */
bool receiver_verdict(struct alert_filter *f, struct config *c, const struct receiver *r, struct work *w, bool *by_name,
    bool *by_labels);
/* Can there be alerts in the group that `filter` matches? It groups by labels that all of them have in common. */
enum match alert_filter_group(struct alert_filter *f, const struct group_item *g, struct work *w);
/* Is it over, or does it not match? Then: is it in a state that was asked for? If so, *status is filled. */
enum match alert_labels_pass(struct alert_filter *f, const struct alert *a, struct moment now, struct work *w);
enum match alert_state_passes(struct alert_filter *f, struct engine *e, const struct alert_entry *entry,
    struct moment now, struct work *w, struct arena *arena, struct alert_status *status);

/* Times and receiver of the alert that was written last, as text: those of the next are often the same. Zeroed: of none. */
struct time_text {
	struct wall at;
	size_t n;
	char text[RFC3339_MAX];
};
struct alert_texts {
	struct time_text ends, starts, updated;
	struct {
		size_t n;
		char text[128];
	} receiver;
};
/* One alert object; receivers: names in order. */
void write_alert(struct json_writer *w, struct alert_texts *texts, const struct alert *a, const struct alert_status *status,
    const struct str *receivers, size_t receivers_n, const struct str *muted_by, size_t muted_by_n);
void write_labels(struct json_writer *w, const struct labels *l);
void write_strings(struct json_writer *w, const char *key, const struct str *v, size_t n);
void write_matchers(struct json_writer *w, const struct matchers *ms);
void write_time(struct json_writer *w, const char *key, struct wall t);
/* "cluster" as in the status of API v2; `ours`: with split and differing. */
void write_cluster(struct json_writer *w, const struct api *a, bool ours);
struct str cluster_status(const struct api *a, const struct api_cluster *c);	/* "ready", "settling", "disabled" */
/* Does every filter stand among the matchers of one set, literally? */
bool silence_has_matchers(const struct silence *s, const struct matchers *filter);
/* JSON silences use "only one matcher set" as the API does; false when there are more. */
bool write_silence(struct json_writer *w, const struct silence *s, struct wall now);

/* Alerts refused by the limit, by alertname. */
struct limited_names *limited_names_new(void);
void limited_names_free(struct limited_names *l);
void limited_names_count(struct limited_names *l, struct str alertname);
void limited_names_expose(const struct limited_names *l, struct expo *x);

/* Answers that replies to text messages had. */
void sms_answers_free(struct sms_answers *s);	/* may be NULL */

/* HTTP metrics by handler, method and status. */
struct http_metrics *http_metrics_new(void);
void http_metrics_free(struct http_metrics *m);
void http_metrics_observe(struct http_metrics *m, struct str handler, struct str method, int status, size_t size,
    bool with_size, span took);
void http_metrics_expose(const struct http_metrics *m, struct expo *x);

#endif
