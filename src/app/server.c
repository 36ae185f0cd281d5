/* SPDX-License-Identifier: Apache-2.0 */
#include "app/server.h"

#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/arena_fast.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/tz.h"
#include "loop/clock_real.h"
#include "loop/heap.h"
#include "loop/supervisor.h"
#include "loop/turn.h"
#include "observe/clock_watch.h"
#include "others.h"
#include "server_private.h"
#include "setup/external_url.h"
#include "setup/load.h"
#include "silence_ends.h"
#include "spools.h"
#include "startup_pages.h"

#define BUILD_CONTEXT "(go=C11, platform=linux, user=, date=, tags=unknown)"
#define USER_AGENT "Alertmanager/" ALERTMANAGER_VERSION " (tocsin/" TOCSIN_VERSION ")"
#define SHUTDOWN_GRACE (5 * SPAN_S)
#define SPARE_BLOCKS 32		/* more requests than that are seldom under way */

#ifndef TOCSIN_REVISION
#define TOCSIN_REVISION "unknown"
#endif

const struct build_info server_build_info = {
	.version = ALERTMANAGER_VERSION,
	.revision = TOCSIN_REVISION,
	.branch = "tocsin-" TOCSIN_VERSION,
	.build_user = "",
	.build_date = "",
	.go_version = "C11",
	.own_version = TOCSIN_VERSION,
};

static void
changes_durable(void *arg, uint64_t upto)
{
	struct server *s = arg;

	if (s->web != NULL)
		http_server_release(s->web, upto);
}

static void
changes_failed(void *arg, uint64_t upto, struct str why)
{
	struct server *s = arg;

	if (s->web != NULL)
		http_server_refuse(s->web, upto, why);
}

static void
on_hangup(evutil_socket_t fd, short what, void *arg)
{
	TURN("reload");
	struct server *s = arg;

	(void)fd;
	(void)what;
	/* NULL: it still starts. */
	if (s->reload != NULL)
		reload_request(s->reload);
}

static void
on_drained(void *arg)
{
	server_end(arg);
}

static void
on_terminate(evutil_socket_t fd, short what, void *arg)
{
	TURN("end");
	struct server *s = arg;

	(void)fd;
	(void)what;
	if (s->stopping)
		return;
	s->stopping = true;
	LOG(&s->log, LOG_INFO, "Shutting down gracefully");
	supervisor_stopping(s->supervisor);
	reload_stop(s->reload);
	http_server_stop(s->web, SHUTDOWN_GRACE, on_drained, s);
}

static bool
watch_signals(struct server *s, struct err *e)
{
	s->sig_hup = evsignal_new(s->base, SIGHUP, on_hangup, s);
	s->sig_term = evsignal_new(s->base, SIGTERM, on_terminate, s);
	s->sig_int = evsignal_new(s->base, SIGINT, on_terminate, s);
	if (s->sig_hup == NULL || s->sig_term == NULL || s->sig_int == NULL || evsignal_add(s->sig_hup, NULL) != 0 ||
	    evsignal_add(s->sig_term, NULL) != 0 || evsignal_add(s->sig_int, NULL) != 0)
		return err_set(e, ERR_IO, "cannot watch signals");
	return true;
}

static bool
open_state(struct server *s, struct moment now, struct err *e)
{
	struct store_options store = {
		.base = s->base,
		.clock = s->clock,
		.log = &s->log,
		.path = s->o->storage_path.p,
		.records = true,
		.durable = changes_durable,
		.failed = changes_failed,
		.arg = s,
	};
	struct engine_options engine = {
		.naming = s->o->naming,
		.retention = s->o->data_retention,
		.alert_gc_interval = s->o->alerts_gc_interval,
		.maintenance_interval = s->o->data_maintenance_interval,
		.dispatch_maintenance_interval = s->o->dispatch_maintenance_interval,
		.start_delay = s->o->dispatch_start_delay,
		.alerts_per_name = s->o->alerts_per_name,
		.max_silences = s->o->silences_max,
		.max_silence_bytes = s->o->silences_max_bytes,
		.reload_resets_timers = s->o->feature_reload_resets_timers,
		.count_receivers = s->o->feature_receiver_name,
	};

	s->store = store_open(&store, e);
	if (s->store == NULL)
		return false;
	s->engine = engine_new(&engine, &s->port, now);
	s->drive = drive_new(s->base, s->engine, s->clock);
	return store_recover(s->store, s->engine, now, e);
}

static bool
traceparent(void *arg, const struct notification *n, uint64_t attempt, char out[TRACEPARENT_MAX])
{
	struct server *s = arg;

	return tracer_traceparent(s->tracer, n, attempt, out);
}

static bool
open_senders(struct server *s, struct err *e)
{
	struct http_client_options http = { .base = s->base, .clock = s->clock, .log = &s->log };
	struct mail_pool_options mail = { .base = s->base, .clock = s->clock, .log = &s->log };
	struct outbox_options outbox = {
		.base = s->base,
		.clock = s->clock,
		.log = &s->log,
		.external_url = s->external_url,
		.user_agent = STR(USER_AGENT),
		.hostname = s->hostname,
		.traceparent = traceparent,
		.wait = server_wait,
		.wait_cancel = server_wait_cancel,
		.arg = s,
	};

	s->http = http_client_new(&http, e);
	if (s->http == NULL)
		return false;
	s->mail = mail_pool_new(&mail);
	outbox.http = s->http;
	outbox.mail = s->mail;
	s->outbox = outbox_new(&outbox);
	outbox_attach(s->outbox, s->engine, s->drive);
	return true;
}

static void
open_tracer(struct server *s, struct config *c)
{
	struct tracer_options o = {
		.base = s->base,
		.clock = s->clock,
		.log = &s->log,
		.http = s->http,
		.user_agent = STR(USER_AGENT),
		.version = STR(ALERTMANAGER_VERSION),
		.instance = s->hostname,
		.seed = rand_u64(&s->port.rand),
		.port = &s->port,
	};

	s->tracer = tracer_new(&o);
	tracer_apply(s->tracer, c);
}

static bool
open_recorders(struct server *s, struct config *c, struct moment now, struct err *e)
{
	struct recorder_options o = {
		.base = s->base,
		.clock = s->clock,
		.log = &s->log,
		.http = s->http,
		.user_agent = STR(USER_AGENT),
		.env = {
			.instance = s->hostname,
			.version = STR(ALERTMANAGER_VERSION),
			.build_context = STR(BUILD_CONTEXT),
		},
		.port = &s->port,
	};

	open_tracer(s, c);
	if (!s->o->feature_event_recorder)
		return true;
	o.env.seed = rand_u64(&s->port.rand);
	s->recorder = recorder_new(&o, e);
	if (s->recorder == NULL)
		return false;
	recorder_apply(s->recorder, c);
	recorder_process(s->recorder, RECORD_STARTUP, now.wall);
	return true;
}

/* Facts that depend on the host alone, not on flags. */
static void
learn_host(struct server *s)
{
	char name[256] = "localhost";
	unsigned char key[16];

	if (gethostname(name, sizeof(name) - 1) != 0)
		LOG(&s->log, LOG_WARN, "Cannot tell the host's name");
	s->hostname = arena_str(s->arena, str_from(name));
	if (getrandom(key, sizeof(key), 0) == (ssize_t)sizeof(key))
		hash_seed(key);
}

/* Alertmanager's words (cmd/alertmanager, featurecontrol). */
static void
warn_features(const struct server *s)
{
	const struct options *o = s->o;
	const struct {
		bool on;
		const char *message;
	} features[] = {
		{ o->feature_alert_names, "Alert names in metrics enabled" },
		{ o->feature_receiver_name, "Experimental receiver name in metrics enabled" },
		{ o->feature_group_key, "Experimental group key in metrics enabled" },
		{ o->matcher_mode == MATCHER_CLASSIC, "Classic mode enabled" },
		{ o->matcher_mode == MATCHER_UTF8, "UTF-8 strict mode enabled" },
		{ o->feature_gomemlimit, "Automatically set GOMEMLIMIT to match the Linux container or system memory limit." },
		{ o->feature_event_recorder, "Experimental event recorder enabled" },
		{ o->feature_reload_resets_timers, "A reload starts all group timers anew" },
	};

	for (size_t i = 0; i < ARRAY_LEN(features); i++)
		if (features[i].on)
			LOG(&s->log, LOG_WARN, features[i].message);
}

static struct config *
load_first(struct server *s, struct moment now, struct err *e)
{
	struct log log = log_with(&s->log, F_CSTR("component", "configuration"));
	struct load l;

	load_run(&l, s->o, now.wall);
	load_log(&l, &log);
	load_fini(&l);
	if (l.config != NULL)
		return l.config;
	*e = l.e;
	LOG(&log, LOG_ERROR, "Loading configuration file failed", F_STR("file", s->o->config_file), F_ERR(e));
	err_ctx(e, "error loading configuration file");
	return NULL;
}

static bool
start(struct server *s, struct moment now, struct err *e)
{
	struct config *c = NULL;

	if (!options_check(s->o, e))
		return false;
	/* Libevent would call calloc, which is slow: see mem_calloc. */
	event_set_mem_functions(malloc, realloc, free);
	s->base = event_base_new();
	if (s->base == NULL)
		return err_set(e, ERR_IO, "cannot make an event loop");
	if (!watch_signals(s, e))
		return false;
	server_port_init(s);
	c = load_first(s, now, e);
	if (c == NULL)
		return false;
	s->supervisor = supervisor_new(s->base);
	if (!server_confine(s, c, e) || !open_state(s, now, e) || !server_open_history(s, e) || !server_listen(s, e) ||
	    !external_url(s->o->web_external_url, s->hostname, http_server_port(s->web, 0), s->arena, &s->external_url, e) ||
	    !open_senders(s, e) || !open_recorders(s, c, now, e) || !others_open(s, e)) {
		config_unref(c);
		return false;
	}
	s->route_prefix = route_prefix(s->o->web_route_prefix, s->external_url, s->arena);
	s->clock_watch = clock_watch_new(s->base, s->clock, &s->log, s->engine);
	server_open_api(s);
	s->reload = reload_new(s, c, e);
	if (s->reload != NULL) {
		/* Notifications that were under way go on when all is applied, and then others have to be asked. */
		others_join(s, c, now);
		server_apply(s, c, now);
		api_note_reload(s->api, now.wall, c, NULL);
		history_started(s->history, c, now.wall, STR(TOCSIN_VERSION));
		if (s->history != NULL)
			s->silence_ends = silence_ends_new(s);
		s->spools = spools_new(s);
		http_server_serve(s->web);
		supervisor_ready(s->supervisor);
	}
	config_unref(c);
	return s->reload != NULL;
}

static void
free_event(struct event **ev)
{
	if (*ev != NULL)
		event_free(*ev);
	*ev = NULL;
}

/*
 * Requests end first, then what works by itself, then the state, which says its last to disk and history, then what
 * they all stand on. Members that start did not get to are NULL.
 */
static void
stop(struct server *s)
{
	http_server_free(&s->web);
	api_free(&s->api);
	others_free(s);
	silence_ends_free(&s->silence_ends);
	spools_free(&s->spools);
	clock_watch_free(&s->clock_watch);
	drive_free(&s->drive);
	store_finish(s->store);
	store_detach(s->store);
	engine_close(s->engine);
	history_stopped(s->history, s->clock->now(s->clock).wall);
	history_free(&s->history);
	hmap_fini(&s->held);
	outbox_free(&s->outbox);
	recorder_free(&s->recorder);
	tracer_free(&s->tracer);
	mail_pool_free(&s->mail);
	http_client_free(&s->http);
	store_end(s->store);
	server_free_state(s);
	heap_keeper_free(&s->heap);
	free_event(&s->sig_hup);
	free_event(&s->sig_term);
	free_event(&s->sig_int);
	timer_fini(&s->ending);
	timer_fini(&s->pulse);
	supervisor_free(&s->supervisor);
	/* Things that a worker still uses must stay; the state on disk is complete. */
	if (!reload_free(&s->reload))
		_exit(s->status);
	/* Connections with TLS that have just written something are kept until their next turn, and lost without one. */
	if (s->base != NULL) {
		(void)event_base_loop(s->base, EVLOOP_NONBLOCK);
		event_base_free(s->base);
	}
	tz_fini();
	libevent_global_shutdown();
}

/* Started with one of them closed, the next socket would get its number, and the lines of the log. */
static void
keep_standard_streams(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

int
server_run(const struct options *o, struct arena *a)
{
	struct server s = { .o = o, .arena = a, .clock = clock_real() };
	struct moment now = s.clock->now(s.clock);
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct err e = { 0 };

	keep_standard_streams();
	/* Before the first line of the log, whose reader may be gone. */
	sigaction(SIGPIPE, &ignore, NULL);
	s.started = now.wall;
	s.err_out = (struct log_out){ .fd = STDERR_FILENO, .log = &s.log };
	s.log = (struct log){ .level = o->log_level, .format = o->log_format, .clock = s.clock, .write = log_out_write,
		.arg = &s.err_out };
	learn_host(&s);
	if (o->feature_memory_only)
		LOG(&s.log, LOG_WARN, "Nothing is written to disk: a restart will forget everything");
	LOG(&s.log, LOG_INFO, "Starting tocsin",
	    F_CSTR("version", "(version=" TOCSIN_VERSION ", alertmanager=" ALERTMANAGER_VERSION ", revision=" TOCSIN_REVISION ")"));
	LOG(&s.log, LOG_INFO, "Build context",
	    F_CSTR("build_context", BUILD_CONTEXT));
	warn_features(&s);
	if (o->alerts_per_name > 0)
		LOG(&s.log, LOG_INFO, "per alert name limit enabled", F_INT("limit", o->alerts_per_name));
	arena_keep_spare(SPARE_BLOCKS);
	heap_slabs_begin();
	if (start(&s, now, &e)) {
		startup_pages_release();
		s.heap = heap_keeper_new(s.base, s.clock);
		turn_log(&s.log);
		if (event_base_dispatch(s.base) == 0) {
			LOG(&s.log, LOG_INFO, "Received shutdown signal, exiting gracefully...");
		} else {
			LOG(&s.log, LOG_ERROR, "The event loop failed");
			s.status = 1;
		}
	} else {
		LOG(&s.log, LOG_ERROR, "tocsin exited with error", F_ERR(&e));
		s.status = 1;
	}
	stop(&s);
	arena_keep_spare(0);
	return s.status;
}
