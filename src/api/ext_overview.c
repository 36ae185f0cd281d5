/* SPDX-License-Identifier: Apache-2.0 */
/* GET /api/ext/v1/overview and /api/ext/v1/changes. */
#include "ext_overview.h"

#include "base/mem.h"
#include "problems.h"
#include "ui/ui.h"
#include "watch.h"

#define WAIT_MAX 60
#define WAIT_DEFAULT 25
/* With less time than this waiting is of no use: the client had better ask now and then. */
#define WAIT_MIN (2 * SPAN_S)

struct overview_reply {
	struct packed body;
	struct api *api;
	/* For changes: */
	bool changes;
	struct watcher watcher;
	struct revision since;
	bool any;		/* `since` is of another process: all has changed */
};

static void
write_revision(struct json_writer *w, const struct revision *r)
{
	json_key(w, STR("revision"));
	json_object_begin(w);
	json_put_uint(w, "alerts", r->alerts);
	json_put_uint(w, "silences", r->silences);
	json_put_uint(w, "config", r->config);
	json_put_uint(w, "history", r->history);
	json_object_end(w);
}

void
overview_write(const struct api *a, struct json_writer *w, struct moment now)
{
	struct revision r = watch_revision(a->watch);

	json_object_begin(w);
	json_put_str(w, "instance", instance_name());
	json_put_str(w, "assets", ui_hash());
	ext_put_time(w, "now", now.wall);
	write_revision(w, &r);
	json_key(w, STR("alerts"));
	json_object_begin(w);
	json_raw(w, watch_alerts(a->watch));
	ext_put_time(w, "last_received", a->last_received);
	json_object_end(w);
	json_put_raw(w, "silences", watch_silences(a->watch));
	write_problems(a, w, now);
	json_object_end(w);
}

static void
write_changed(struct json_writer *w, const struct revision *r, const struct revision *since, bool any)
{
	const struct {
		const char *name;
		bool changed;
	} kinds[] = {
		{ "alerts", any || r->alerts != since->alerts },
		{ "silences", any || r->silences != since->silences },
		{ "config", any || r->config != since->config },
		{ "history", any || r->history != since->history },
	};

	json_key(w, STR("changed"));
	json_array_begin(w);
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (kinds[i].changed)
			json_str(w, str_from(kinds[i].name));
	json_array_end(w);
}

/* The client waits on, for the first time or again; false: there is something to say. */
static bool
waits(struct overview_reply *r, struct moment now)
{
	struct watch *watch = r->api->watch;

	if (!r->changes || r->any || now.mono.ns >= r->watcher.until.ns || watch_differs(watch, &r->since, now))
		return false;
	if (!watcher_waits(&r->watcher)) {
		r->watcher.stream = &r->body.stream;
		r->watcher.since = r->since;
		watch_enter(watch, &r->watcher, now);
		if (r->api->env.pulse != NULL)
			r->api->env.pulse(r->api->env.arg);
	}
	return true;
}

static enum http_more
make(struct packed *body, struct work *w, struct moment now, struct err *e)
{
	struct overview_reply *r = CONTAINER_OF(body, struct overview_reply, body);
	struct revision current;
	struct json_writer out;

	(void)e;
	if (waits(r, now))
		return HTTP_WAIT;
	watch_leave(r->api->watch, &r->watcher);
	if (!watch_update(r->api->watch, w, now))
		return HTTP_LATER;
	json_writer_init(&out, &body->plain, JSON_HTML_ESCAPED);
	if (r->changes) {
		current = watch_revision(r->api->watch);
		json_object_begin(&out);
		write_changed(&out, &current, &r->since, r->any);
		json_key(&out, STR("overview"));
	}
	overview_write(r->api, &out, now);
	if (r->changes)
		json_object_end(&out);
	sbuf_putc(&body->plain, '\n');
	return HTTP_END;
}

static void
fini(struct packed *body)
{
	struct overview_reply *r = CONTAINER_OF(body, struct overview_reply, body);

	watch_leave(r->api->watch, &r->watcher);
}

static struct overview_reply *
new_reply(struct call *c)
{
	struct overview_reply *r = NEW(struct overview_reply);

	r->api = c->api;
	r->body.make = make;
	r->body.fini = fini;
	return r;
}

void
api_ext_overview(struct call *c)
{
	struct overview_reply *r;

	if (!ext_query_known(c, NULL, 0))
		return;
	r = new_reply(c);
	ext_reply_later(c);
	packed_reply(c, &r->body);
}

/* INSTANCE.ALERTS.SILENCES.CONFIG.HISTORY */
static bool
read_since(struct call *c, struct overview_reply *r)
{
	struct str rest = ext_query_str(c, "since");
	uint64_t *const numbers[] = { &r->since.alerts, &r->since.silences, &r->since.config, &r->since.history };
	struct str part = str_sub(rest, 0, str_chr(rest, '.'));

	r->any = !str_eq(part, instance_name());
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		rest = str_sub(rest, part.n + 1, rest.n);
		part = str_sub(rest, 0, str_chr(rest, '.'));
		if (part.n == 0 || part.n > 19)
			return false;
		for (size_t k = 0; k < part.n; k++) {
			if (part.p[k] < '0' || part.p[k] > '9')
				return false;
			*numbers[i] = *numbers[i] * 10 + (uint64_t)(part.p[k] - '0');
		}
	}
	return part.n == rest.n;
}

void
api_ext_changes(struct call *c)
{
	static const char *const known[] = { "since", "wait" };
	struct overview_reply *r;
	uint64_t wait = WAIT_DEFAULT;
	span longest = c->api->env.web_timeout > 0 ? c->api->env.web_timeout - SPAN_S : WAIT_MAX * SPAN_S;

	if (!ext_query_known(c, known, ARRAY_LEN(known)))
		return;
	r = new_reply(c);
	if (!ext_query_uint(c, "wait", WAIT_MAX, &wait)) {
		mem_free(r);
		return;
	}
	if (!read_since(c, r)) {
		ext_error_at(c, 400, "bad_parameter", STR("since is INSTANCE.ALERTS.SILENCES.CONFIG.HISTORY, from an overview"), "since",
		    -1);
		mem_free(r);
		return;
	}
	if ((span)wait * SPAN_S < longest)
		longest = (span)wait * SPAN_S;
	r->changes = true;
	r->watcher.until = longest >= WAIT_MIN ? mono_add(c->now.mono, longest) : c->now.mono;
	ext_reply_later(c);
	packed_reply(c, &r->body);
}
