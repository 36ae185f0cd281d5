/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST /api/ext/v1/ack: somebody takes alerts on. DELETE /api/ext/v1/ack/ID: and gives them up.
 *
 * An acknowledgement is a silence for whoever knows only those, so its id is that of the silence.
 */
#include <string.h>

#include "ext.h"
#include "ext_groups.h"

#define LONGEST_DEFAULT (24 * SPAN_HOUR)

struct acking {
	struct http_later later;
	struct call call;
	struct ack_request request;
	struct matchers matchers;	/* owned; request.matchers, when it goes by them */
	/* Counting the alerts that they match: */
	struct labels *at;		/* looked at so far; owned reference */
	struct match_run run;
	size_t alerts;
};

static void
refuse_held(struct call *c, const struct silence *held, const struct err *e)
{
	struct json_writer w;

	ext_error_begin(c, 409, "already_acked", str_from(e->text), &w);
	json_put_str(&w, "owner", istr_str(held->created_by));
	json_put_str(&w, "id", str_from(held->id));
	json_put_str(&w, "comment", istr_str(held->comment));
	ext_put_time(&w, "since", held->starts);
	ext_error_end(c, &w);
}

/* alerts: that the matchers match; for others the engine counts. */
static void
acknowledge(struct call *c, const struct ack_request *r, size_t alerts)
{
	struct ack_result result;
	struct err e = { 0 };
	struct json_writer w;

	if (!engine_ack(c->api->env.engine, r, c->now, &result, &e)) {
		if (e.kind == ERR_CONFLICT && result.held != NULL)
			refuse_held(c, result.held, &e);
		else
			ext_refused(c, &e);
		return;
	}
	c->resp->wait_durable = true;
	ext_reply_begin(c, &w);
	json_object_begin(&w);
	json_put_str(&w, "id", str_from(result.id));
	json_put_str(&w, "silence_id", str_from(result.id));
	json_put_str(&w, "owner", r->owner);
	json_put_uint(&w, "alerts", r->matchers != NULL ? alerts : result.alerts);
	json_object_end(&w);
	ext_reply_end(c);
}

static void
acknowledge_group(struct call *c, const struct group_item *g, void *arg)
{
	struct ack_request *r = arg;

	r->group = g->group;
	acknowledge(c, r, 0);
}

struct visit {
	struct acking *a;
	struct work *w;
	struct moment now;
};

static bool
count(void *arg, const struct alert_entry *entry, const struct alert *alert)
{
	struct visit *v = arg;
	enum match m;

	(void)entry;
	if (alert_resolved_at(alert, v->now.wall))
		return true;
	m = matchers_match_some(&v->a->matchers, alert->labels, &v->a->run, v->w);
	v->a->alerts += m == MATCH_YES;
	return m != MATCH_LATER;
}

static bool
step(struct http_later *l, struct http_response *out, struct work *w, struct moment now)
{
	struct acking *a = CONTAINER_OF(l, struct acking, later);
	struct visit v = { a, w, now };

	a->call.resp = out;
	a->call.now = now;
	engine_see(a->call.api->env.engine, now);
	if (!view_alerts_some(a->call.api->env.engine, &a->at, w, count, &v))
		return false;
	acknowledge(&a->call, &a->request, a->alerts);
	return true;
}

static void
drop(struct http_later *l)
{
	struct acking *a = CONTAINER_OF(l, struct acking, later);

	match_run_reset(&a->run);
	matchers_fini(&a->matchers);
	labels_unref(a->at);
}

static void
acknowledge_matched(struct call *c, const struct ack_request *r, const struct matchers *take)
{
	struct acking *a = ARENA_NEW(c->arena, struct acking);

	*a = (struct acking){ .later = { step, drop }, .call = ext_kept(c), .request = *r, .matchers = *take };
	a->request.matchers = &a->matchers;
	c->resp->later = &a->later;
}

static bool
refuse(struct call *c, const char *field, int index, const char *message)
{
	ext_error_at(c, 400, "bad_member", str_from(message), field, index);
	return false;
}

static bool
read_fingerprints(struct call *c, const struct json *list, struct ack_request *r)
{
	uint64_t *v = ARENA_ARRAY(c->arena, list->n, uint64_t);

	if (list->n == 0 || list->n > SILENCE_ALERTS_MAX)
		return refuse(c, "fingerprints", -1,
		    arena_printf(c->arena, "fingerprints must be a list of 1 to %d", SILENCE_ALERTS_MAX).p);
	for (size_t i = 0; i < list->n; i++)
		if (list->v[i].kind != JSON_STRING || !fingerprint_parse(list->v[i].s, &v[i]))
			return refuse(c, "fingerprints", (int)i, "a fingerprint is a string of 16 hexadecimal digits");
	r->fingerprints = v;
	r->fingerprints_n = list->n;
	return true;
}

static bool
read_request(struct call *c, const struct json *o, struct ack_request *r)
{
	r->longest = LONGEST_DEFAULT;
	return ext_member_author(c, o, "owner", &r->owner) && ext_member_str(c, o, "comment", &r->comment) &&
	    ext_member_seconds(c, o, "max_seconds", &r->longest) &&
	    ext_member_bool(c, o, "notify_resolved", &r->notify_resolved) &&
	    ext_member_bool(c, o, "take_over", &r->take_over);
}

/* Exactly one of the three says which alerts. */
static void
choose(struct call *c, const struct json *o, struct ack_request *r)
{
	struct str group = STR_NONE;
	const struct json *fingerprints, *list;
	struct matchers matchers;
	uint64_t id;

	if (!ext_member_str(c, o, "group", &group) || !ext_member_array(c, o, "fingerprints", &fingerprints) ||
	    !ext_member_array(c, o, "matchers", &list))
		return;
	if ((group.n > 0) + (fingerprints != NULL) + (list != NULL) != 1) {
		refuse(c, "group", -1, "one of group, fingerprints and matchers must say which alerts");
	} else if (group.n > 0 && !fingerprint_parse(group, &id)) {
		refuse(c, "group", -1, "the id of a group is a string of 16 hexadecimal digits");
	} else if (group.n > 0) {
		struct ack_request *kept = ARENA_NEW(c->arena, struct ack_request);

		*kept = *r;
		group_find_later(c, id, acknowledge_group, kept);
	} else if (fingerprints != NULL) {
		if (read_fingerprints(c, fingerprints, r))
			acknowledge(c, r, 0);
	} else if (list->n == 0) {
		refuse(c, "matchers", -1, "an acknowledgement needs at least one matcher");
	} else if (ext_member_matchers(c, o, "matchers", &matchers)) {
		acknowledge_matched(c, r, &matchers);
	}
}

void
api_ext_ack(struct call *c)
{
	static const char *const known[] = { "group", "fingerprints", "matchers", "owner", "comment", "max_seconds",
		"notify_resolved", "take_over", NULL };
	struct ack_request r = { 0 };
	const struct json *o;

	if (ext_has_room(c) && (o = ext_body(c, known)) != NULL && read_request(c, o, &r))
		choose(c, o, &r);
}

void
api_ext_ack_end(struct call *c)
{
	const struct silence *s = view_silence(c->api->env.engine, c->params[0]);
	struct json_writer w;
	struct err e = { 0 };

	if (s == NULL || !silence_is_ack(s)) {
		ext_error(c, 404, "not_found",
		    s == NULL ? STR("there is no acknowledgement of this id")
			      : STR("this is a silence and no acknowledgement"));
		return;
	}
	if (!engine_silence_expire(c->api->env.engine, c->params[0], c->now, &e)) {
		ext_refused(c, &e);
		return;
	}
	c->resp->wait_durable = true;
	ext_reply_begin(c, &w);
	json_object_begin(&w);
	json_put_str(&w, "id", c->params[0]);
	json_object_end(&w);
	ext_reply_end(c);
}
