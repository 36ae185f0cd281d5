/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP server and the API: requests go from one to the other, and the API is given what it asks the rest of the server. */
#include <assert.h>

#include "loop/turn.h"
#include "observe/clock_watch.h"
#include "observe/loop_metrics.h"
#include "observe/process_metrics.h"
#include "others.h"
#include "server_private.h"

#define PULSE (200 * SPAN_MS)

static void
handle_request(void *arg, const struct http_request *r, struct moment now, struct http_response *out)
{
	struct server *s = arg;

	api_handle(s->api, r, now, out);
	drive_rearm(s->drive);
}

/* The engine may have something to do earlier now. */
static void
worked(void *arg)
{
	struct server *s = arg;

	drive_rearm(s->drive);
}

static uint64_t
durable_ticket(void *arg)
{
	struct server *s = arg;

	return store_ticket(s->store);
}

static void
observe_request(void *arg, const struct http_request *r, const struct http_response *resp, span took)
{
	struct server *s = arg;

	api_observe(s->api, r, resp, took);
	tracer_request(s->tracer, r, resp, took);
}

static enum http_places
place(void *arg, const struct http_request *r)
{
	const struct server *s = arg;

	return api_place(s->api, r);
}

static bool
unmetered(void *arg, struct str path)
{
	const struct server *s = arg;

	return api_is_asset(s->api, path);
}

bool
server_listen(struct server *s, struct err *e)
{
	struct http_server_options web = {
		.base = s->base,
		.clock = s->clock,
		.log = &s->log,
		.get_concurrency = s->o->web_get_concurrency,
		.timeout = s->o->web_timeout > 0 ? s->o->web_timeout : 0,
		.web_config = s->o->web_config_file,
		.handle = handle_request,
		.worked = worked,
		.ticket = durable_ticket,
		.observe = observe_request,
		.place = place,
		.unmetered = unmetered,
		.arg = s,
	};

	s->web = http_server_new(&web, e);
	if (s->web == NULL)
		return false;
	if (s->o->web_systemd_socket)
		return http_server_listen_systemd(s->web, e);
	for (size_t i = 0; i < s->o->web_listen_addresses.n; i++)
		if (!http_server_listen(s->web, s->o->web_listen_addresses.v[i], e))
			return false;
	return true;
}

static struct http_stream *
reload_by_api(void *arg, struct moment now)
{
	struct server *s = arg;

	(void)now;
	return reload_stream(s->reload, api_actor(s->api));
}

static void
on_pulse(void *arg)
{
	struct server *s = arg;

	if (api_pulse(s->api, s->clock->now(s->clock)))
		timer_in(&s->pulse, api_pulse_goes_on(s->api) ? 0 : PULSE);
}

static void
pulse(void *arg)
{
	struct server *s = arg;

	if (!timer_is_set(&s->pulse))
		timer_in(&s->pulse, PULSE);
}

void
server_add_metrics(struct server *s, void (*expose)(void *arg, struct expo *x, struct moment now), void *arg)
{
	assert(s->sources_n < ARRAY_LEN(s->sources));
	s->sources[s->sources_n++] = (struct metrics_source){ expose, arg };
}

void
server_open_api(struct server *s)
{
	struct api_env env = {
		.engine = s->engine,
		.port = &s->port,
		.build = &server_build_info,
		.log = &s->log,
		.route_prefix = s->route_prefix,
		.external_url = s->external_url,
		.matcher_mode = s->o->matcher_mode,
		.naming = s->o->naming,
		.log_silences = s->o->log_silences,
		.started = s->started,
		.kinds = notifier_kinds(),
		.alerts_per_name_limit = s->o->alerts_per_name,
		.receiver_name_in_metrics = s->o->feature_receiver_name,
		.group_key_in_metrics = s->o->feature_group_key,
		.alert_names_in_metrics = s->o->feature_alert_names,
		.reload = reload_by_api,
		.pulse = pulse,
		.web_timeout = s->o->web_timeout > 0 ? s->o->web_timeout : 0,
		.arg = s,
		.server_metrics = { http_server_expose, s->web },
		.metrics = s->sources,
	};

	server_add_metrics(s, process_metrics_expose, &s->started);
	server_add_metrics(s, clock_watch_expose, s->clock_watch);
	server_add_metrics(s, reload_expose, s);
	server_add_metrics(s, loop_metrics_expose, NULL);
	server_add_metrics(s, store_expose, s->store);
	server_add_metrics(s, tracer_expose, s->tracer);
	if (s->recorder != NULL)
		server_add_metrics(s, recorder_expose, s->recorder);
	if (s->history != NULL)
		server_add_metrics(s, history_expose, s->history);
	others_env(s, &env);
	env.metrics_n = s->sources_n;
	server_durable_env(&env);
	server_rendered_env(&env);
	server_past_env(s, &env);
	server_rehearsals_env(&env);
	s->api = api_new(&env);
	timer_init(&s->pulse, s->base, "changes", on_pulse, s);
}
