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

/*
 * The alerts are looked at in slices before the engine is asked: those that matchers match are counted; of those that
 * are named one by one, or are a group's, the silences are found, which the engine then knows as it answers at once.
 */
struct acking {
	struct http_later later;
	struct call call;
	struct ack_request request;
	bool (*look)(struct acking *a, struct work *w, struct moment now, bool *gone_out);
	struct labels *at;		/* alerts that were looked at; owned reference */
	/* By matchers: */
	struct matchers matchers;	/* owned; request.matchers */
	struct match_run run;
	size_t alerts;			/* that they match */
	/* By name, and of a group: */
	struct status_run *status;	/* owned */
	struct arena *scratch;		/* owned */
	size_t named;			/* of the fingerprints that were looked at */
	struct group_search search;
	bool found;			/* search.at is where it is */
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

/* The three ways to look; false: w is used up. *gone_out: there is no such group any more. */
static bool
look_at_matched(struct acking *a, struct work *w, struct moment now, bool *gone_out)
{
	struct visit v = { a, w, now };

	(void)gone_out;
	return view_alerts_some(a->call.api->env.engine, &a->at, w, count, &v);
}

static bool
find_silences(void *arg, const struct alert_entry *entry, const struct alert *alert)
{
	struct visit *v = arg;
	struct alert_status status;

	(void)alert;
	arena_reset(v->a->scratch);
	return view_entry_status_some(v->a->call.api->env.engine, entry, v->now, v->a->status, v->w, v->a->scratch, &status);
}

/* To find an alert by its fingerprint. */
#define FIND_UNITS 40

static bool
look_at_named(struct acking *a, struct work *w, struct moment now, bool *gone_out)
{
	const struct engine *e = a->call.api->env.engine;
	struct visit v = { a, w, now };

	(void)gone_out;
	for (; a->named < a->request.fingerprints_n; a->named++) {
		const struct alert *alert = view_alert(e, a->request.fingerprints[a->named]);
		const struct alert_entry *entry = alert != NULL ? view_entry(e, alert->labels) : NULL;

		if (entry != NULL && !find_silences(&v, entry, alert))
			return false;
		work_spend(w, FIND_UNITS);
	}
	return true;
}

static bool
look_at_group(struct acking *a, struct work *w, struct moment now, bool *gone_out)
{
	struct engine *e = a->call.api->env.engine;
	struct visit v = { a, w, now };
	struct group_item g;
	enum match m = MATCH_YES;

	if (!a->found)
		m = group_search_some(&a->search, e, w, &g);
	else if (!view_group_at(e, &a->search.at, &g))
		m = MATCH_NO;
	if (m == MATCH_LATER)
		return false;
	*gone_out = m == MATCH_NO;
	if (*gone_out)
		return true;
	a->found = true;
	a->request.group = g.group;
	return view_members_some(g.group, &a->at, w, find_silences, &v);
}

static bool
step(struct http_later *l, struct http_response *out, struct work *w, struct moment now)
{
	struct acking *a = CONTAINER_OF(l, struct acking, later);
	bool gone = false;

	a->call.resp = out;
	a->call.now = now;
	engine_see(a->call.api->env.engine, now);
	if (!a->look(a, w, now, &gone))
		return false;
	if (gone)
		ext_error(&a->call, 404, "not_found", STR("there is no such group; its alerts may have resolved"));
	else
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
	status_run_free(&a->status);
	arena_free(&a->scratch);
	group_place_fini(&a->search.at);
}

static struct acking *
begin(struct call *c, const struct ack_request *r,
    bool (*look)(struct acking *a, struct work *w, struct moment now, bool *gone_out))
{
	struct acking *a = ARENA_NEW(c->arena, struct acking);

	*a = (struct acking){ .later = { step, drop }, .call = ext_kept(c), .request = *r, .look = look,
		.status = status_run_new(), .scratch = arena_new() };
	c->resp->later = &a->later;
	return a;
}

static void
acknowledge_matched(struct call *c, const struct ack_request *r, const struct matchers *take)
{
	struct acking *a = begin(c, r, look_at_matched);

	a->matchers = *take;
	a->request.matchers = &a->matchers;
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
		begin(c, r, look_at_group)->search.id = id;
	} else if (fingerprints != NULL) {
		if (read_fingerprints(c, fingerprints, r))
			begin(c, r, look_at_named);
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
