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
 *
 * The body is gone through twice, in slices if it is large (post.h): once to know
 * that it is well-formed and where the list is, and once for its alerts.
 */
#include <stdio.h>
#include <string.h>

#include "base/duration.h"
#include "base/rfc3339.h"
#include "post.h"
#include "text/json_tree.h"

#define HOLD (24 * SPAN_HOUR)
/* Bounds on one alert, as POST_ALERT_BYTES. */
#define PAIRS_MAX 2000	/* labels of one, and annotations */
#define VALUES_MAX 10000

/* A token that is passed over; reading an alert, so many bytes of it, making it, and each of its pairs. */
#define TOKEN_UNITS 2
#define ALERT_UNITS 500
#define ALERT_BYTES 2
#define PAIR_UNITS 50

struct incoming {
	struct post post;
	span hold;
	enum { FIND, TAKE } stage;
	struct json_reader *r;
	struct arena *scratch;	/* of one alert */
	struct err e;
	/* For FIND. */
	unsigned depth;		/* of what is open */
	enum { MEMBER_OTHER, MEMBER_ALERTS, MEMBER_TRUNCATED } member;	/* of the body, that it is in */
	size_t begin, values;	/* of the alert it is in: where, and how many so far */
	int64_t truncated;
	bool found;
	size_t list;		/* where it begins */
	size_t n;		/* alerts before the one it is in */
	struct str text;	/* from the list on */
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
		pairs[(*n)++] = (struct label_pair){ o->keys[i], arena_str(in->scratch, text) };
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

/* Members that Grafana puts beside the annotations become annotations, unless one has that name. */
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
	return strfmt_time_parse(v->s, out, e) || err_ctx(e, "%s", key);
}

/* Sets when the alert ends: what has resolved has, what fires goes on until told otherwise. */
static bool
read_times(struct incoming *in, const struct json *a, struct alert_draft *d, struct err *e)
{
	struct str status = json_get_str(a, "status", STR(""));
	struct wall now = in->post.call.now.wall;
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
read_alert(struct incoming *in, const struct json *a, struct work *w, struct err *e)
{
	const struct json *labels = json_get(a, "labels"), *notes = json_get(a, "annotations");
	size_t labels_n = labels != NULL ? labels->n : 0, notes_n = notes != NULL ? notes->n : 0;
	struct alert_draft d = { .generator_url = json_get_str(a, "generatorURL", STR("")) };

	if (a->kind != JSON_OBJECT)
		return err_set(e, ERR_INVALID, "must be an object, is a %s", json_kind_name(a->kind));
	if (labels_n > PAIRS_MAX || notes_n > PAIRS_MAX)
		return err_set(e, ERR_LIMIT, "has more than %d labels or annotations", PAIRS_MAX);
	d.labels = ARENA_ARRAY(in->scratch, labels_n, struct label_pair);
	d.annotations = ARENA_ARRAY(in->scratch, notes_n + 6, struct label_pair);
	if (!read_pairs(in, labels, "labels", d.labels, &d.labels_n, e) ||
	    !read_pairs(in, notes, "annotations", d.annotations, &d.annotations_n, e) || !read_times(in, a, &d, e))
		return false;
	if (d.labels_n == 0)
		return err_set(e, ERR_INVALID, "has no labels");
	d.annotations_n = add_links(a, d.annotations, d.annotations_n);
	d.annotations_n = add_values(in->scratch, a, d.annotations, d.annotations_n);
	work_spend(w, (int64_t)(labels_n + notes_n) * PAIR_UNITS);
	return post_make(&in->post, &d, in->hold, e) != NULL;
}

static void
take(struct incoming *in, struct str text, struct work *w)
{
	struct err e = { 0 };
	const struct json *a = json_parse(in->scratch, text, JSON_DOCUMENT, &e);

	if (a == NULL || !read_alert(in, a, w, &e)) {
		char where[64];

		snprintf(where, sizeof(where), "alerts[%zu]: ", in->n);
		post_refuse(&in->post, str_from(where), &e);
	}
	in->n++;
	arena_reset(in->scratch);
}

/* False: there are more. */
static bool
take_some(struct incoming *in, struct work *w)
{
	while (!work_used_up(w)) {
		size_t begin = json_offset(in->r);
		enum json_token t;

		json_reader_window(in->r, 2 * POST_ALERT_BYTES);
		t = json_next(in->r);
		/* It was read to its end before. */
		if (t == JSON_T_ARRAY_END || !json_skip(in->r, t))
			return true;
		/* From behind the last one on: a comma, and blanks. */
		while (strchr(", \n\t\r", in->text.p[begin]) != NULL)
			begin++;
		work_spend(w, ALERT_UNITS + (int64_t)((json_offset(in->r) - begin) / ALERT_BYTES));
		take(in, str_sub(in->text, begin, json_offset(in->r)), w);
	}
	return false;
}

/* Behind a key of the body. */
static void
see_key(struct incoming *in)
{
	struct str key = json_text(in->r, in->scratch);

	in->member = str_is(key, "alerts")	     ? MEMBER_ALERTS
	    : str_is(key, "truncatedAlerts") ? MEMBER_TRUNCATED
						     : MEMBER_OTHER;
	/* The last one of a name is meant. */
	if (in->member == MEMBER_ALERTS)
		in->found = false;
	if (in->member == MEMBER_TRUNCATED)
		in->truncated = 0;
	arena_reset(in->scratch);
}

/* Bounds the alert that the token is in, of the list of alerts or of another value of its name. */
static bool
see_alert(struct incoming *in, size_t before)
{
	if (in->depth == 2) {
		in->begin = before;
		in->values = 0;
		in->n++;
	}
	if (json_offset(in->r) - in->begin > POST_ALERT_BYTES)
		return err_set(&in->e, ERR_LIMIT, "alerts[%zu] is longer than %zu bytes", in->n - 1, POST_ALERT_BYTES);
	if (++in->values > VALUES_MAX)
		return err_set(&in->e, ERR_LIMIT, "alerts[%zu] has more than %d values", in->n - 1, VALUES_MAX);
	return true;
}

/* A token of the body, which is an object; false: too much of an alert. */
static bool
see(struct incoming *in, enum json_token t, size_t before)
{
	bool opens = t == JSON_T_OBJECT_BEGIN || t == JSON_T_ARRAY_BEGIN;

	if (t == JSON_T_OBJECT_END || t == JSON_T_ARRAY_END)
		in->depth--;
	else if (in->depth == 1 && t == JSON_T_KEY)
		see_key(in);
	else if (in->depth == 1 && in->member == MEMBER_TRUNCATED && t == JSON_T_NUMBER)
		in->truncated = json_number_int(in->r->text, &in->truncated) ? in->truncated : 0;
	else if (in->depth > 1 && in->member == MEMBER_ALERTS && !see_alert(in, before))
		return false;
	if (in->depth == 1 && in->member == MEMBER_ALERTS && t == JSON_T_ARRAY_BEGIN) {
		in->found = true;
		in->list = json_offset(in->r) - 1;
		in->n = 0;
	}
	in->depth += opens;
	return true;
}

/* All tokens of the body; false: there are more. True with in->e: it is no JSON, or too much. */
static bool
find_some(struct incoming *in, struct work *w)
{
	while (!work_used_up(w)) {
		size_t before = json_offset(in->r);
		enum json_token t;

		json_reader_window(in->r, POST_ALERT_BYTES);
		t = json_next(in->r);
		if (t == JSON_T_END)
			return true;
		if (t == JSON_T_ERROR && json_reader_is_cut(in->r)) {
			err_set(&in->e, ERR_LIMIT, "a value in body is longer than %zu bytes", POST_ALERT_BYTES);
			return true;
		}
		if (t == JSON_T_ERROR) {
			json_reader_err(in->r, &in->e);
			return true;
		}
		work_spend(w, TOKEN_UNITS + (int64_t)((json_offset(in->r) - before) / 8));
		if (!see(in, t, before))
			return true;
	}
	return false;
}

/* True: nothing is to be taken. */
static bool
fail(struct incoming *in)
{
	struct call *c = &in->post.call;

	in->post.failed = true;
	if (in->e.kind == ERR_LIMIT)
		return !refuse(c, 400, str_from(in->e.text));
	if (in->e.kind != ERR_NONE)
		return !refuse(c, 400, arena_printf(c->arena, "body is no JSON: %s", in->e.text));
	if (!in->found)
		return !refuse(c, 422, STR("body must be an object with a list \"alerts\", as webhooks of Alertmanager "
					   "(version 4) and Grafana send it"));
	in->post.failed = false;
	return false;
}

static void
begin_list(struct incoming *in)
{
	struct call *c = &in->post.call;

	if (in->truncated > 0)
		LOG(c->api->env.log, LOG_WARN, "A webhook left out alerts: set its max_alerts to 0",
		    F_CSTR("component", "api"), F_INT("truncated", in->truncated));
	in->stage = TAKE;
	in->n = 0;
	in->text = str_sub(c->req->body, in->list, c->req->body.n);
	json_reader_init(in->r, in->text, JSON_FIRST_VALUE);
	(void)json_next(in->r);
}

static bool
step(struct post *p, struct work *w)
{
	struct incoming *in = CONTAINER_OF(p, struct incoming, post);

	if (in->stage == FIND) {
		if (!find_some(in, w))
			return false;
		if (fail(in))
			return true;
		begin_list(in);
	}
	return take_some(in, w);
}

static void
answer(struct post *p)
{
	struct json_writer w;

	if (post_has_refused(p, "Failed to validate alerts of a webhook")) {
		refuse(&p->call, 400, sbuf_get(&p->refused));
		return;
	}
	reply_json_begin(&p->call, &w);
	json_object_begin(&w);
	json_put_uint(&w, "alerts", p->taken);
	json_object_end(&w);
	reply_json_end(&p->call);
}

static void
fini(struct post *p)
{
	arena_free(&CONTAINER_OF(p, struct incoming, post)->scratch);
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

void
api_webhook_post(struct call *c)
{
	struct incoming *in;
	span hold;

	if (!api_has_room(c) || !has_json_content(c) || !read_hold(c, &hold))
		return;
	if (c->req->body.n == 0) {
		refuse(c, 422, STR("a webhook payload in body is required"));
		return;
	}
	in = ARENA_NEW(c->arena, struct incoming);
	in->post.step = step;
	in->post.answer = answer;
	in->post.fini = fini;
	in->hold = hold;
	in->scratch = arena_new();
	in->r = ARENA_NEW(c->arena, struct json_reader);
	json_reader_init(in->r, c->req->body, JSON_DOCUMENT);
	post_begin(c, &in->post);
}
