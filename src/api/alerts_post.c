/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST /api/v2/alerts: the hot way in.
 *
 * The body is read whole before anything changes: what cannot be decoded or
 * lacks a required field refuses all of it (go-openapi's order: types, then
 * validation). After that each alert stands for itself: the valid ones are
 * taken even if others are refused.
 */
#include "base/rfc3339.h"
#include "base/vec.h"
#include "handlers.h"
#include "text/json_read.h"

/* One alert of the body; its pairs are ranges of `pairs` while reading. */
struct posted {
	size_t labels_from, labels_n, annotations_from, annotations_n;
	bool labels_given;
	struct str generator_url;
	struct wall starts, ends;
};

struct reading {
	struct json_reader *r;
	struct arena *arena;
	VEC(struct posted) alerts;
	VEC(struct label_pair) pairs;
	bool refused;	/* an alert lacks its labels: what comes behind it only has to be well-formed */
	struct err e;
};

static const char *
token_name(enum json_token t)
{
	switch (t) {
	case JSON_T_OBJECT_BEGIN: return "object";
	case JSON_T_ARRAY_BEGIN: return "array";
	case JSON_T_STRING: return "string";
	case JSON_T_NUMBER: return "number";
	case JSON_T_TRUE:
	case JSON_T_FALSE: return "bool";
	case JSON_T_ERROR:
	case JSON_T_END:
	case JSON_T_OBJECT_END:
	case JSON_T_ARRAY_END:
	case JSON_T_KEY:
	case JSON_T_NULL: break;
	}
	return "null";
}

/* The reader's own error, or "X where Y is wanted". */
static bool
wrong_type(struct reading *rd, enum json_token t, const char *field, const char *wanted)
{
	if (t == JSON_T_ERROR)
		return json_reader_err(rd->r, &rd->e);
	return err_set(&rd->e, ERR_INVALID, "json: cannot unmarshal %s into Go %s%s of type %s", token_name(t),
	    field[0] == '\0' ? "value" : "struct field PostableAlert.", field, wanted);
}

/* A mapping of strings, appended to rd->pairs. null leaves none; null values are empty. */
static bool
read_pairs(struct reading *rd, enum json_token t, const char *field, size_t *from, size_t *n, bool *given)
{
	*from = rd->pairs.n;
	*n = 0;
	*given = t == JSON_T_OBJECT_BEGIN;
	if (t == JSON_T_NULL)
		return true;
	if (t != JSON_T_OBJECT_BEGIN)
		return wrong_type(rd, t, field, "models.LabelSet");
	while ((t = json_next(rd->r)) == JSON_T_KEY) {
		struct label_pair p = { .name = json_text(rd->r, rd->arena) };

		t = json_next(rd->r);
		if (t == JSON_T_STRING)
			p.value = json_text(rd->r, rd->arena);
		else if (t != JSON_T_NULL)
			return wrong_type(rd, t, field, "string");
		VEC_PUSH(&rd->pairs, p);
	}
	if (t != JSON_T_OBJECT_END)
		return wrong_type(rd, t, field, "models.LabelSet");
	*n = rd->pairs.n - *from;
	return true;
}

static bool
read_time(struct reading *rd, enum json_token t, const char *field, struct wall *out)
{
	if (t == JSON_T_NULL) {
		*out = WALL_ZERO;
		return true;
	}
	if (t != JSON_T_STRING)
		return wrong_type(rd, t, field, "strfmt.DateTime");
	return api_time_parse(json_text(rd->r, rd->arena), out, &rd->e);
}

static bool
read_field(struct reading *rd, struct posted *p, struct str key)
{
	enum json_token t = json_next(rd->r);
	bool given;

	if (str_caseeq(key, STR("labels")))
		return read_pairs(rd, t, "labels", &p->labels_from, &p->labels_n, &p->labels_given);
	if (str_caseeq(key, STR("annotations")))
		return read_pairs(rd, t, "annotations", &p->annotations_from, &p->annotations_n, &given);
	if (str_caseeq(key, STR("startsAt")))
		return read_time(rd, t, "startsAt", &p->starts);
	if (str_caseeq(key, STR("endsAt")))
		return read_time(rd, t, "endsAt", &p->ends);
	if (str_caseeq(key, STR("generatorURL"))) {
		if (t == JSON_T_STRING)
			p->generator_url = json_text(rd->r, rd->arena);
		else if (t != JSON_T_NULL)
			return wrong_type(rd, t, "generatorURL", "strfmt.URI");
		return true;
	}
	return json_skip(rd->r, t) || wrong_type(rd, JSON_T_ERROR, "", "");
}

static bool
read_alert(struct reading *rd, enum json_token t)
{
	struct posted p = { .starts = WALL_ZERO, .ends = WALL_ZERO };
	size_t pairs_before = rd->pairs.n;

	/* COMPAT: a null alert crashes the original's handler; here it lacks its labels. */
	if (t != JSON_T_NULL) {
		if (t != JSON_T_OBJECT_BEGIN)
			return wrong_type(rd, t, "", "models.PostableAlert");
		while ((t = json_next(rd->r)) == JSON_T_KEY)
			if (!read_field(rd, &p, json_text(rd->r, rd->arena)))
				return false;
		if (t != JSON_T_OBJECT_END)
			return wrong_type(rd, t, "", "models.PostableAlert");
	}
	if (rd->refused) {
		rd->pairs.n = pairs_before;
		return true;
	}
	VEC_PUSH(&rd->alerts, p);
	rd->refused = !p.labels_given;
	return true;
}

static bool
read_body(struct reading *rd)
{
	enum json_token t = json_next(rd->r);

	if (t == JSON_T_NULL)
		return true;
	if (t != JSON_T_ARRAY_BEGIN)
		return wrong_type(rd, t, "", "models.PostableAlerts");
	while ((t = json_next(rd->r)) != JSON_T_ARRAY_END)
		if (!read_alert(rd, t))
			return false;
	return true;
}

/* strfmt "uri": an absolute URL or a path. */
static bool
is_uri(struct str s, struct arena *a)
{
	struct url u;
	struct err e;

	return s.n == 0 || url_parse_request(a, s, &u, &e);
}

/* Answers 422 for the first alert that lacks something. */
static bool
validate(struct call *c, const struct reading *rd)
{
	/* The URL is the rule's, and the alerts of a rule stand side by side: each is parsed once, which takes long. */
	struct str good = STR_NONE;

	for (size_t i = 0; i < rd->alerts.n; i++) {
		const struct posted *p = &rd->alerts.v[i];

		if (!str_eq(p->generator_url, good) && !is_uri(p->generator_url, c->arena)) {
			struct sbuf b = SBUF_INIT(1 << 20);

			sbuf_printf(&b, "%zu.generatorURL in body must be of type uri: ", i);
			json_quote(&b, p->generator_url, JSON_HTML_PLAIN);
			reply_framework(c, 422, 601, sbuf_get(&b));
			sbuf_fini(&b);
			return false;
		}
		if (!p->labels_given) {
			reply_framework(c, 422, 602, arena_printf(c->arena, "%zu.labels in body is required", i));
			return false;
		}
		good = p->generator_url;
	}
	return true;
}

static void
ingest(struct call *c, const struct reading *rd)
{
	struct api *api = c->api;
	const struct config *config = view_config(api->env.engine);
	struct alert **alerts = ARENA_ARRAY(c->arena, rd->alerts.n, struct alert *);
	struct sbuf refused = SBUF_INIT(1 << 20);
	size_t n = 0;

	for (size_t i = 0; i < rd->alerts.n; i++) {
		const struct posted *p = &rd->alerts.v[i];
		struct alert_draft d = {
			.labels = rd->pairs.v + p->labels_from,
			.labels_n = p->labels_n,
			.annotations = rd->pairs.v + p->annotations_from,
			.annotations_n = p->annotations_n,
			.generator_url = p->generator_url,
			.starts = p->starts,
			.ends = p->ends,
		};
		struct err e = { 0 };
		bool firing;
		struct alert *a = alert_make(&d, config->global.resolve_timeout, api->env.naming, c->now.wall, &firing,
		    &e);

		*(firing ? &api->received_firing : &api->received_resolved) += 1;
		if (a != NULL) {
			alerts[n++] = a;
			continue;
		}
		api->invalid++;
		sbuf_puts(&refused, refused.n > 0 ? "\n" : "");
		sbuf_puts(&refused, e.text);
	}
	engine_ingest(api->env.engine, alerts, n, c->now);
	for (size_t i = 0; i < n; i++)
		alert_unref(alerts[i]);
	c->resp->wait_durable = n > 0;
	if (refused.n > 0) {
		LOG(api->env.log, LOG_ERROR, "Failed to validate alerts", F_CSTR("component", "api"),
		    F_STR("err", sbuf_get(&refused)));
		reply_error(c, 400, sbuf_get(&refused));
	} else {
		reply_empty(c, 200);
	}
	sbuf_fini(&refused);
}

void
api_alerts_post(struct call *c)
{
	struct reading rd = { .arena = c->arena };

	if (!api_has_room(c))
		return;
	if (c->req->body.n == 0) {
		reply_framework(c, 422, 602, STR("alerts in body is required"));
		return;
	}
	rd.r = ARENA_NEW(c->arena, struct json_reader);
	json_reader_init(rd.r, c->req->body, JSON_FIRST_VALUE);
	if (!read_body(&rd))
		reply_framework(c, 400, 400,
		    arena_printf(c->arena, "parsing alerts body from \"\" failed, because %s", rd.e.text));
	else if (validate(c, &rd))
		ingest(c, &rd);
	VEC_FINI(&rd.alerts);
	VEC_FINI(&rd.pairs);
}
