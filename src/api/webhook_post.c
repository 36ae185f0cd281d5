/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST /api/ext/v1/webhook: notifications of other alert routers come in as alerts.
 *
 * Takes what Alertmanager's webhook receiver sends (version 4) and what
 * Grafana's does (its alerting documentation, "webhook notifier"): an object
 * with `alerts`, each with status, labels, annotations, startsAt, endsAt and
 * generatorURL; groups of the sender are of no concern, they are made anew.
 *
 * A sender tells of an alert when it changes and every few hours, not every
 * minute: one that fires without an end is held for a day, or for ?timeout=.
 * The valid alerts are taken even if others are refused.
 */
#include "base/duration.h"
#include "base/rfc3339.h"
#include "base/vec.h"
#include "handlers.h"
#include "text/json_tree.h"

#define HOLD (24 * SPAN_HOUR)

struct incoming {
	struct call *c;
	span hold;
	VEC(struct alert *) alerts;
	struct sbuf refused;	/* a line each */
};

static bool
refuse(struct call *c, int status, struct str why)
{
	reply_framework(c, status, status, why);
	return false;
}

/* The members of an object of strings behind those in `pairs`; NULL and null are none. */
static bool
read_pairs(struct incoming *in, const struct json *o, const char *what, struct label_pair *pairs, size_t *n,
    struct err *e)
{
	if (o == NULL || o->kind == JSON_NULL)
		return true;
	if (o->kind != JSON_OBJECT)
		return err_set(e, ERR_INVALID, "%s must be an object, is a %s", what, json_kind_name(o->kind));
	for (size_t i = 0; i < o->n; i++) {
		struct json *v = &o->v[i];
		struct str text = v->s;

		/* Senders template values: a number or a truth value is meant as its text. */
		if (v->kind == JSON_BOOL)
			text = v->b ? STR("true") : STR("false");
		else if (v->kind != JSON_STRING && v->kind != JSON_NUMBER)
			return err_set(e, ERR_INVALID, "%s.%.*s must be a string, is a %s", what,
			    STR_ARG(str_sub(o->keys[i], 0, 64)), json_kind_name(v->kind));
		pairs[(*n)++] = (struct label_pair){ o->keys[i], arena_str(in->c->arena, text) };
	}
	return true;
}

static bool
has_pair(const struct label_pair *pairs, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (str_is(pairs[i].name, name))
			return true;
	return false;
}

/* What Grafana says beside the annotations becomes annotations, unless they have that name. */
static size_t
add_links(const struct json *a, struct label_pair *pairs, size_t n)
{
	static const char *const names[][2] = {
		{ "dashboardURL", "dashboard_url" },
		{ "panelURL", "panel_url" },
		{ "silenceURL", "silence_url" },
		{ "imageURL", "image_url" },
		{ "valueString", "value_string" },
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct str v = json_get_str(a, names[i][0], STR(""));

		if (v.n > 0 && !has_pair(pairs, n, names[i][1]))
			pairs[n++] = (struct label_pair){ str_from(names[i][1]), v };
	}
	return n;
}

/* {"B": 22, "C": 1} as "B=22 C=1". */
static size_t
add_values(struct arena *arena, const struct json *a, struct label_pair *pairs, size_t n)
{
	const struct json *values = json_get(a, "values");
	struct sbuf text = SBUF_INIT(64 * 1024);

	if (values == NULL || values->kind != JSON_OBJECT || values->n == 0 || has_pair(pairs, n, "values"))
		return n;
	for (size_t i = 0; i < values->n; i++) {
		struct str v = values->v[i].kind == JSON_NUMBER || values->v[i].kind == JSON_STRING ? values->v[i].s
												     : STR("null");

		sbuf_printf(&text, "%s%.*s=%.*s", i > 0 ? " " : "", STR_ARG(values->keys[i]), STR_ARG(v));
	}
	pairs[n++] = (struct label_pair){ STR("values"), arena_str(arena, sbuf_get(&text)) };
	sbuf_fini(&text);
	return n;
}

static bool
read_time(const struct json *a, const char *key, struct wall *out, struct err *e)
{
	const struct json *v = json_get(a, key);

	*out = WALL_ZERO;
	if (v == NULL || v->kind == JSON_NULL || (v->kind == JSON_STRING && v->s.n == 0))
		return true;
	if (v->kind != JSON_STRING)
		return err_set(e, ERR_INVALID, "%s must be a time, is a %s", key, json_kind_name(v->kind));
	return api_time_parse(v->s, out, e) || err_ctx(e, "%s", key);
}

/* Sets when the alert ends: what has resolved has, what fires goes on until told otherwise. */
static bool
read_times(struct incoming *in, const struct json *a, struct alert_draft *d, struct err *e)
{
	struct str status = json_get_str(a, "status", STR(""));
	struct wall now = in->c->now.wall;
	bool resolved = str_is(status, "resolved");

	if (!resolved && status.n > 0 && !str_is(status, "firing"))
		return err_set(e, ERR_INVALID, "status must be firing or resolved, is \"%.*s\"",
		    STR_ARG(str_sub(status, 0, 64)));
	if (!read_time(a, "startsAt", &d->starts, e) || !read_time(a, "endsAt", &d->ends, e))
		return false;
	if (!resolved && wall_is_zero(d->ends)) {
		d->ends = wall_add(now, in->hold);
		return true;
	}
	/* Clocks differ: an end that is still to come has come, and nothing starts after it. */
	if (resolved && (wall_is_zero(d->ends) || wall_after(d->ends, now)))
		d->ends = now;
	if (resolved && !wall_is_zero(d->starts) && wall_after(d->starts, d->ends))
		d->starts = d->ends;
	return true;
}

static bool
read_alert(struct incoming *in, const struct json *a, struct err *e)
{
	struct api *api = in->c->api;
	const struct json *labels = json_get(a, "labels"), *notes = json_get(a, "annotations");
	struct alert_draft d = { .generator_url = json_get_str(a, "generatorURL", STR("")) };
	struct alert *made;
	bool firing = true;

	if (a->kind != JSON_OBJECT)
		return err_set(e, ERR_INVALID, "must be an object, is a %s", json_kind_name(a->kind));
	d.labels = ARENA_ARRAY(in->c->arena, labels != NULL ? labels->n : 0, struct label_pair);
	d.annotations = ARENA_ARRAY(in->c->arena, (notes != NULL ? notes->n : 0) + 6, struct label_pair);
	if (!read_pairs(in, labels, "labels", d.labels, &d.labels_n, e) ||
	    !read_pairs(in, notes, "annotations", d.annotations, &d.annotations_n, e) || !read_times(in, a, &d, e))
		return false;
	if (d.labels_n == 0)
		return err_set(e, ERR_INVALID, "has no labels");
	d.annotations_n = add_links(a, d.annotations, d.annotations_n);
	d.annotations_n = add_values(in->c->arena, a, d.annotations, d.annotations_n);
	made = alert_make(&d, in->hold, api->env.naming, in->c->now.wall, &firing, e);
	*(firing ? &api->received_firing : &api->received_resolved) += 1;
	if (made == NULL)
		return false;
	VEC_PUSH(&in->alerts, made);
	return true;
}

static void
read_alerts(struct incoming *in, const struct json *alerts)
{
	for (size_t i = 0; i < alerts->n; i++) {
		struct err e = { 0 };

		if (read_alert(in, &alerts->v[i], &e))
			continue;
		in->c->api->invalid++;
		sbuf_printf(&in->refused, "%salerts[%zu]: %s", in->refused.n > 0 ? "\n" : "", i, e.text);
	}
}

static void
answer(struct incoming *in)
{
	struct json_writer w;

	if (in->refused.n > 0) {
		LOG(in->c->api->env.log, LOG_ERROR, "Failed to validate alerts of a webhook", F_CSTR("component", "api"),
		    F_STR("err", sbuf_get(&in->refused)));
		refuse(in->c, 400, sbuf_get(&in->refused));
		return;
	}
	reply_json_begin(in->c, &w);
	json_object_begin(&w);
	json_put_uint(&w, "alerts", in->alerts.n);
	json_object_end(&w);
	reply_json_end(in->c);
}

static bool
read_hold(struct call *c, span *out)
{
	const struct str *text = url_query_last(&c->query, "timeout");
	struct err e = { 0 };

	*out = HOLD;
	if (text == NULL)
		return true;
	if (duration_parse(*text, out, &e) && *out > 0)
		return true;
	return refuse(c, 400, arena_printf(c->arena, "timeout must be a duration like 12h, is \"%.*s\"",
	    STR_ARG(str_sub(*text, 0, 64))));
}

/* The list of alerts; NULL: answered. */
static const struct json *
read_body(struct call *c)
{
	struct err e = { 0 };
	const struct json *body, *alerts;

	if (c->req->body.n == 0) {
		refuse(c, 422, STR("a webhook payload in body is required"));
		return NULL;
	}
	body = json_parse(c->arena, c->req->body, JSON_DOCUMENT, &e);
	if (body == NULL) {
		refuse(c, 400, arena_printf(c->arena, "body is no JSON: %s", e.text));
		return NULL;
	}
	alerts = json_get(body, "alerts");
	if (alerts == NULL || alerts->kind != JSON_ARRAY) {
		refuse(c, 422, STR("body must be an object with a list \"alerts\", as webhooks of Alertmanager (version 4) "
				   "and Grafana send it"));
		return NULL;
	}
	if (json_get_int(body, "truncatedAlerts", 0) > 0)
		LOG(c->api->env.log, LOG_WARN, "A webhook left out alerts: set its max_alerts to 0",
		    F_CSTR("component", "api"), F_INT("truncated", json_get_int(body, "truncatedAlerts", 0)));
	return alerts;
}

void
api_webhook_post(struct call *c)
{
	struct incoming in = { .c = c, .refused = SBUF_INIT(64 * 1024) };
	const struct json *alerts;

	if (!api_has_room(c) || !has_json_content(c) || !read_hold(c, &in.hold))
		return;
	alerts = read_body(c);
	if (alerts == NULL)
		return;
	read_alerts(&in, alerts);
	engine_ingest(c->api->env.engine, in.alerts.v, in.alerts.n, c->now);
	c->resp->wait_durable = in.alerts.n > 0;
	answer(&in);
	for (size_t i = 0; i < in.alerts.n; i++)
		alert_unref(in.alerts.v[i]);
	VEC_FINI(&in.alerts);
	sbuf_fini(&in.refused);
}
