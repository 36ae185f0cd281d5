/* SPDX-License-Identifier: Apache-2.0 */
/* GET /api/ext/v1/status: is the router itself well, what it can do, and who posts to it. */
#include "base/mem.h"
#include "config/ui_conf.h"
#include "ext.h"
#include "heartbeats.h"
#include "senders.h"
#include "ui_json.h"
#include "watch.h"

/* The features that a page may ask for: those that work here. */
static void
write_features(const struct api_env *env, struct json_writer *w)
{
	const struct {
		const char *name;
		bool works;
	} features[] = {
		{ "alerts", true },
		{ "silences", true },
		{ "ack", true },
		{ "history", env->past != NULL },
		{ "explain", true },
		{ "test", env->rehearse != NULL },
		{ "preview", env->preview != NULL },
	};

	json_key(w, STR("features"));
	json_array_begin(w);
	for (size_t i = 0; i < ARRAY_LEN(features); i++)
		if (features[i].works)
			json_str(w, str_from(features[i].name));
	json_array_end(w);
}

static void
write_store(const struct api_env *env, const struct api_figures *f, struct json_writer *w)
{
	struct str why = STR("");
	bool ok = env->healthy == NULL || env->healthy(env->arg, &why);

	json_key(w, STR("store"));
	json_object_begin(w);
	json_put_bool(w, "healthy", ok);
	json_put_bool(w, "has_room", env->has_room == NULL || env->has_room(env->arg));
	json_put_uint(w, "bytes", f->store_bytes);
	json_put_uint(w, "backlog", f->store_backlog);
	if (why.n > 0)
		json_put_str(w, "error", why);
	else
		json_put_null(w, "error");
	json_object_end(w);
}

static void
write_history(const struct api_env *env, struct json_writer *w, struct moment now)
{
	struct past_health health;

	if (env->past_health == NULL) {
		json_put_null(w, "history");
		return;
	}
	env->past_health(env->arg, &health, now);
	json_key(w, STR("history"));
	json_object_begin(w);
	json_put_bool(w, "healthy", health.ok);
	json_put_uint(w, "events", health.events);
	json_put_uint(w, "bytes", health.bytes);
	ext_put_time(w, "oldest", health.oldest);
	ext_put_seconds(w, "lag_seconds", health.lag);
	if (health.ok)
		json_put_null(w, "error");
	else
		json_put_str(w, "error", health.problem);
	json_object_end(w);
}

static void
write_senders(const struct api *a, struct json_writer *w, struct wall now)
{
	const struct sender *s;

	json_key(w, STR("senders"));
	json_array_begin(w);
	for (size_t i = 0; (s = senders_get(a->senders, i)) != NULL; i++) {
		json_object_begin(w);
		json_put_str(w, "from", str_from(s->from));
		json_put_str(w, "agent", str_from(s->agent));
		ext_put_time(w, "last", s->last);
		json_put_uint(w, "alerts", s->alerts);
		json_put_uint(w, "per_minute", sender_per_minute(s, now));
		json_object_end(w);
	}
	json_array_end(w);
}

static void
write_reload(const struct api *a, struct json_writer *w)
{
	json_key(w, STR("reload"));
	json_object_begin(w);
	json_put_bool(w, "ok", a->reload_ok);
	ext_put_time(w, "at", a->reload_at);
	ext_put_time(w, "in_force_since", a->reload_success);
	ext_put_fingerprint(w, "hash", a->config_hash);
	if (a->reload_error != NULL)
		json_put_str(w, "error", str_from(a->reload_error));
	else
		json_put_null(w, "error");
	json_object_end(w);
}

static void
write_limits(const struct api *a, const struct api_figures *f, struct json_writer *w)
{
	json_key(w, STR("limits"));
	json_object_begin(w);
	json_put_uint(w, "connections", f->connections);
	json_put_uint(w, "gets", f->gets);
	json_put_uint(w, "get_rejected", f->gets_rejected);
	json_put_uint(w, "waiting", watch_waiting(a->watch));
	json_object_end(w);
}

static void
write_build(const struct build_info *b, struct json_writer *w)
{
	json_key(w, STR("build"));
	json_object_begin(w);
	json_put_str(w, "version", str_from(b->version));
	json_put_str(w, "own_version", str_from(b->own_version));
	json_put_str(w, "revision", str_from(b->revision));
	json_put_str(w, "branch", str_from(b->branch));
	json_object_end(w);
}

static void
write_heartbeats(const struct api *a, struct json_writer *w)
{
	const struct heartbeat *b;

	json_key(w, STR("heartbeats"));
	json_array_begin(w);
	for (size_t i = 0; (b = heartbeats_get(a->heartbeats, i)) != NULL; i++) {
		json_object_begin(w);
		json_put_str(w, "name", str_from(b->name));
		json_put_bool(w, "ok", b->ok);
		ext_put_time(w, "missing_since", b->ok ? WALL_ZERO : b->ended);
		json_object_end(w);
	}
	json_array_end(w);
}

struct status_reply {
	struct packed body;
	const struct api *api;
};

static enum http_more
make(struct packed *body, struct work *work, struct moment now, struct err *e)
{
	const struct api *a = CONTAINER_OF(body, struct status_reply, body)->api;
	const struct config *c = view_config(a->env.engine);
	struct api_figures figures = { 0 };
	struct json_writer w;

	(void)e;
	/* The walk that finds heartbeats, and forgets those that there were, is the overview's. */
	if ((config_ui(c)->heartbeats_n > 0 || heartbeats_get(a->heartbeats, 0) != NULL) && !watch_update(a->watch, work, now))
		return HTTP_LATER;
	if (a->env.figures != NULL)
		a->env.figures(a->env.arg, &figures);
	json_writer_init(&w, &body->plain, JSON_HTML_ESCAPED);
	json_object_begin(&w);
	json_put_str(&w, "instance", instance_name());
	ext_put_time(&w, "now", now.wall);
	ext_put_time(&w, "started", a->env.started);
	write_features(&a->env, &w);
	write_store(&a->env, &figures, &w);
	write_history(&a->env, &w, now);
	write_cluster(&w, a, true);
	write_senders(a, &w, now.wall);
	write_heartbeats(a, &w);
	write_reload(a, &w);
	write_limits(a, &figures, &w);
	write_build(a->env.build, &w);
	write_ui(&w, c);
	json_object_end(&w);
	sbuf_putc(&body->plain, '\n');
	return HTTP_END;
}

void
api_ext_status(struct call *c)
{
	struct status_reply *r;

	if (!ext_query_known(c, NULL, 0))
		return;
	r = NEW(struct status_reply);
	r->api = c->api;
	r->body.make = make;
	ext_reply_later(c);
	packed_reply(c, &r->body);
}
