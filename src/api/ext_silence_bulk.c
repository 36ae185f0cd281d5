/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST /api/ext/v1/silences/bulk: ends many silences, or lets them last longer.
 *
 * Each is judged alone, and the answer says what came of it: {"results":[{"id","ok","new_id"|"error"},…]}, in the order
 * of the request. They are worked off in slices; others see the first changed before the last.
 */
#include <stdlib.h>
#include <string.h>

#include "ext.h"

#define IDS_MAX 1000
/* To change one, with its record for the disk and its place in the lists. */
#define CHANGE_UNITS 4000

struct bulk_result {
	const char *code;	/* NULL: it went well */
	struct str message;
	char new_id[SILENCE_ID_MAX];
};

struct bulk {
	struct http_later later;
	struct call call;
	span longer;		/* 0: they end */
	struct str *ids;
	size_t n, at;
	struct bulk_result *results;
};

static bool
fail(struct bulk *b, struct bulk_result *r, const char *code, const char *text)
{
	r->code = code;
	r->message = arena_str(b->call.arena, str_from(text));
	return false;
}

static bool
extend(struct bulk *b, const struct silence *s, struct bulk_result *r, struct err *e)
{
	struct silence *draft;
	bool ok;

	if (silence_schedule(s) != NULL)
		return fail(b, r, "recurring", "it lasts as its schedule says: change that");
	if (silence_state_at(s, b->call.now.wall) == SILENCE_EXPIRED)
		return fail(b, r, "expired", "it has ended already");
	if (wall_add(s->ends, b->longer).s > WALL_LAST_S)
		return fail(b, r, "invalid", "the end would lie after the year 9999");
	draft = silence_copy(s);
	draft->ends = wall_add(draft->ends, b->longer);
	ok = engine_silence_set(b->call.api->env.engine, draft, b->call.now, r->new_id, e);
	silence_unref(draft);
	return ok;
}

static bool
expire(struct bulk *b, const struct silence *s, struct bulk_result *r, struct err *e)
{
	memcpy(r->new_id, s->id, sizeof(r->new_id));
	return engine_silence_expire(b->call.api->env.engine, str_from(r->new_id), b->call.now, e);
}

static void
change(struct bulk *b, struct str id, struct bulk_result *r)
{
	const struct silence *s = view_silence(b->call.api->env.engine, id);
	struct err e = { 0 };

	if (s == NULL) {
		fail(b, r, "not_found", "there is no silence of this id");
		return;
	}
	if (s->source != NULL) {
		fail(b, r, "read_only",
		    arena_printf(b->call.arena, "it is declared in %.*s and can only be changed there",
			STR_ARG(istr_str(s->source)))
			.p);
		return;
	}
	if ((b->longer > 0 ? extend(b, s, r, &e) : expire(b, s, r, &e)) || r->code != NULL)
		return;
	fail(b, r, e.kind == ERR_LIMIT ? "limit" : "invalid", e.text);
}

static void
write_result(struct json_writer *w, struct str id, const struct bulk_result *r)
{
	json_object_begin(w);
	json_put_str(w, "id", id);
	json_put_bool(w, "ok", r->code == NULL);
	if (r->code == NULL) {
		json_put_str(w, "new_id", str_from(r->new_id));
	} else {
		json_key(w, STR("error"));
		json_object_begin(w);
		json_put_str(w, "code", str_from(r->code));
		json_put_str(w, "message", r->message);
		json_object_end(w);
	}
	json_object_end(w);
}

static bool
step(struct http_later *l, struct http_response *out, struct work *work, struct moment now)
{
	struct bulk *b = CONTAINER_OF(l, struct bulk, later);
	struct json_writer w;

	b->call.resp = out;
	b->call.now = now;
	for (; b->at < b->n; b->at++) {
		if (work_used_up(work))
			return false;
		work_spend(work, CHANGE_UNITS);
		change(b, b->ids[b->at], &b->results[b->at]);
	}
	out->wait_durable = true;
	ext_reply_begin(&b->call, &w);
	json_object_begin(&w);
	json_key(&w, STR("results"));
	json_array_begin(&w);
	for (size_t i = 0; i < b->n; i++)
		write_result(&w, b->ids[i], &b->results[i]);
	json_array_end(&w);
	json_object_end(&w);
	ext_reply_end(&b->call);
	return true;
}

/* All that it has is in the arena of the request. */
static void
drop(struct http_later *l)
{
	(void)l;
}

static bool
refuse(struct call *c, const char *field, size_t i, struct str message)
{
	ext_error_at(c, 400, "bad_member", message, field, (int)i);
	return false;
}

/* Twice the same would be extended twice. */
static bool
check_once(struct call *c, const struct bulk *b)
{
	struct str *sorted = ARENA_ARRAY(c->arena, b->n, struct str);

	memcpy(sorted, b->ids, b->n * sizeof(sorted[0]));
	qsort(sorted, b->n, sizeof(sorted[0]), str_qsort);
	for (size_t i = 1; i < b->n; i++)
		if (str_eq(sorted[i - 1], sorted[i])) {
			ext_error_at(c, 400, "bad_member",
			    arena_printf(c->arena, "%.*s is named twice", STR_ARG(sorted[i])), "ids", -1);
			return false;
		}
	return true;
}

static bool
read_ids(struct call *c, const struct json *o, struct bulk *b)
{
	const struct json *list;

	if (!ext_member_array(c, o, "ids", &list))
		return false;
	if (list == NULL || list->n == 0 || list->n > IDS_MAX) {
		ext_error_at(c, 400, "bad_member", arena_printf(c->arena, "ids must be a list of 1 to %d ids", IDS_MAX),
		    "ids", -1);
		return false;
	}
	b->ids = ARENA_ARRAY(c->arena, list->n, struct str);
	b->results = ARENA_ARRAY(c->arena, list->n, struct bulk_result);
	for (size_t i = 0; i < list->n; i++) {
		if (list->v[i].kind != JSON_STRING || list->v[i].s.n >= SILENCE_ID_MAX)
			return refuse(c, "ids", i, STR("an id is a string of 36 characters"));
		b->ids[b->n] = list->v[i].s;
		b->results[b->n++] = (struct bulk_result){ 0 };
	}
	return check_once(c, b);
}

static bool
read_action(struct call *c, const struct json *o, struct bulk *b)
{
	struct str action = STR_NONE;

	if (!ext_member_str(c, o, "action", &action) || !ext_member_seconds(c, o, "seconds", &b->longer))
		return false;
	if (str_is(action, "expire") ? b->longer == 0 : str_is(action, "extend") && b->longer > 0)
		return true;
	ext_error_at(c, 400, "bad_member", STR("action must be \"expire\", or \"extend\" with seconds"), "action", -1);
	return false;
}

void
api_ext_silence_bulk(struct call *c)
{
	static const char *const known[] = { "action", "ids", "seconds", NULL };
	struct bulk *b;
	const struct json *o;

	if (!ext_has_room(c) || (o = ext_body(c, known)) == NULL)
		return;
	b = ARENA_NEW(c->arena, struct bulk);
	*b = (struct bulk){ .later = { step, drop }, .call = ext_kept(c) };
	if (read_action(c, o, b) && read_ids(c, o, b))
		c->resp->later = &b->later;
}
