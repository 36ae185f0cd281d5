/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/mem.h"
#include "heartbeats.h"
#include "receiver_stats.h"
#include "senders.h"
#include "watch.h"

static void
hear_limited(void *arg, const struct event *ev)
{
	struct api *a = arg;

	limited_names_count(a->limited_names, labels_get(ev->alert_limited.alert->labels, STR("alertname")));
}

struct api *
api_new(const struct api_env *env)
{
	struct api *a = NEW(struct api);

	a->env = *env;
	a->http = http_metrics_new();
	a->limited_names = limited_names_new();
	a->reload_success = a->reload_at = a->last_received = WALL_ZERO;
	a->heartbeats = heartbeats_new();
	a->watch = watch_new(a);
	a->receiver_stats = receiver_stats_new(env->port);
	a->senders = senders_new();
	a->limited = (struct event_listener){ EVENT_BIT(EVENT_ALERT_LIMITED), hear_limited, a };
	if (env->port != NULL && env->alert_names_in_metrics)
		port_listen(env->port, &a->limited);
	return a;
}

void
api_free(struct api **a)
{
	if (*a == NULL)
		return;
	if ((*a)->env.port != NULL)
		port_unlisten((*a)->env.port, &(*a)->limited);
	watch_free(&(*a)->watch);
	heartbeats_free(&(*a)->heartbeats);
	receiver_stats_free(&(*a)->receiver_stats);
	senders_free(&(*a)->senders);
	http_metrics_free((*a)->http);
	limited_names_free((*a)->limited_names);
	sms_answers_free((*a)->sms_answers);
	alert_shape_fini(&(*a)->alert_shape);
	mem_free((*a)->reload_error);
	mem_free(*a);
	*a = NULL;
}

void
api_observe(struct api *a, const struct http_request *r, const struct http_response *resp, span took)
{
	size_t size = resp->stream != NULL ? resp->stream->size : resp->body.n;

	/* A request that waits by design says nothing of how fast answers are. */
	if (str_is(resp->handler, API_CHANGES))
		return;
	http_metrics_observe(a->http, resp->handler, r->method, resp->status, size, !resp->is_api, took);
}

struct api_actor
api_actor(const struct api *a)
{
	return a->actor;
}

bool
api_pulse(struct api *a, struct moment now)
{
	return watch_pulse(a->watch, now);
}

bool
api_pulse_goes_on(const struct api *a)
{
	return watch_pulse_goes_on(a->watch);
}

void
api_note_reload(struct api *a, struct wall when, const struct config *c, const struct err *e)
{
	a->reload_ok = c != NULL;
	a->reload_at = when;
	mem_free(a->reload_error);
	a->reload_error = c == NULL ? mem_strndup(e->text, strlen(e->text)) : NULL;
	if (c == NULL)
		return;
	a->reload_success = when;
	a->config_hash = c->hash;
}
