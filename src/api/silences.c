/* SPDX-License-Identifier: Apache-2.0 */
/* /api/v2/silences and /api/v2/silence/{id}. */
#include "base/mem.h"
#include "base/rfc3339.h"
#include "list.h"
#include "text/json_tree.h"

bool
silence_has_matchers(const struct silence *s, const struct matchers *filter)
{
	for (size_t i = 0; i < s->sets_n; i++) {
		size_t found = 0;

		for (size_t f = 0; f < filter->n; f++)
			for (size_t j = 0; j < s->sets[i].n; j++)
				if (matcher_eq(&filter->m[f], &s->sets[i].m[j])) {
					found++;
					break;
				}
		if (found == filter->n)
			return true;
	}
	return false;
}

static void
multiple_sets(struct call *c, const struct silence *s)
{
	sbuf_reset(&c->resp->body);
	c->resp->headers_n = 0;
	reply_error(c, 500,
	    arena_printf(c->arena, "silence '%s' has multiple matcher sets which is not supported by this API version",
		s->id));
}

struct silences_reply {
	struct list list;
	bool wanted[3];	/* by enum silence_state */
	struct matchers filter;
	struct moment now;	/* of the request */
	struct silence_list *silences;
};

/* To look whether one matches; each matcher of it. */
#define STEP_UNITS 10
#define MATCHER_UNITS 1

static enum http_more
step_silences(struct list *list, struct work *w, struct moment now, struct err *e)
{
	struct silences_reply *l = CONTAINER_OF(list, struct silences_reply, list);
	const struct silence *s = view_silence_next(l->silences, w);
	size_t before = list->w.b->n;
	bool ok;

	(void)now;
	if (s == NULL)
		return work_used_up(w) ? HTTP_LATER : HTTP_END;
	work_spend(w, STEP_UNITS);
	for (size_t i = 0; i < s->sets_n; i++)
		work_spend(w, (int64_t)(s->sets[i].n * l->filter.n) * MATCHER_UNITS);
	ok = !silence_has_matchers(s, &l->filter) || write_silence(&list->w, s, l->now.wall);
	list_spend(w, list->w.b->n - before);
	if (ok)
		return HTTP_MORE;
	err_set(e, ERR_INVALID, "silence '%s' has multiple matcher sets which is not supported by this API version", s->id);
	return HTTP_FAILED;
}

static void
fini_silences(struct list *list)
{
	struct silences_reply *l = CONTAINER_OF(list, struct silences_reply, list);

	view_silence_list_end(&l->silences);
	matchers_fini(&l->filter);
}

/* Nothing can be answered when one of these would be in the list. */
struct unspeakable {
	const struct silences_reply *l;
	const struct silence *found;
};

static bool
is_not_listed(void *arg, const struct silence *s)
{
	struct unspeakable *u = arg;

	if (!u->l->wanted[silence_state_at(s, u->l->now.wall)] || !silence_has_matchers(s, &u->l->filter))
		return true;
	u->found = s;
	return false;
}

void
api_silences_get(struct call *c)
{
	struct silences_reply *l = NEW(struct silences_reply);
	struct unspeakable u = { .l = l };

	l->now = c->now;
	l->wanted[SILENCE_ACTIVE] = query_bool(c, "active", true);
	l->wanted[SILENCE_EXPIRED] = query_bool(c, "expired", true);
	l->wanted[SILENCE_PENDING] = query_bool(c, "pending", true);
	if (!query_matchers(c, "filter", "", &l->filter)) {
		mem_free(l);
		return;
	}
	if (!view_silences_of_several(c->api->env.engine, is_not_listed, &u)) {
		multiple_sets(c, u.found);
		matchers_fini(&l->filter);
		mem_free(l);
		return;
	}
	l->silences = view_silence_list(c->api->env.engine, l->wanted, c->now);
	l->list.step = step_silences;
	l->list.fini = fini_silences;
	list_reply(c, &l->list);
}

void
api_silence_get(struct call *c)
{
	struct silence *s = view_silence(c->api->env.engine, c->params[0]);
	struct json_writer w;

	if (s == NULL) {
		LOG(c->api->env.log, LOG_ERROR, "Failed to find silence", F_CSTR("component", "api"),
		    F_STR("id", c->params[0]));
		reply_empty(c, 404);
		return;
	}
	reply_json_begin(c, &w);
	if (write_silence(&w, s, c->now.wall))
		reply_json_end(c);
	else
		multiple_sets(c, s);
}

void
api_silence_delete(struct call *c)
{
	struct err e = { 0 };

	if (engine_silence_expire(c->api->env.engine, c->params[0], c->now, &e)) {
		c->resp->wait_durable = true;
		reply_empty(c, 200);
		return;
	}
	LOG(c->api->env.log, LOG_ERROR, "Failed to expire silence", F_CSTR("component", "api"), F_ERR(&e));
	if (e.kind == ERR_NOT_FOUND)
		reply_empty(c, 404);
	else
		/* One that is declared in a file; Alertmanager has none of these. */
		reply_error(c, e.kind == ERR_INVALID ? 400 : 500, str_from(e.text));
}

/* A matcher as it was posted; NULL members were absent or null. */
struct posted_matcher {
	const struct json *is_regex, *name, *value, *is_equal;
};

/* A member of the wanted kind, or absent; anything else sets e as Go's decoder does. */
static bool
member(const struct json *o, const char *key, enum json_kind kind, const char *go_type, const struct json **out,
    struct err *e)
{
	const struct json *v = json_get_fold(o, key);

	*out = v != NULL && v->kind != JSON_NULL ? v : NULL;
	if (*out == NULL || v->kind == kind)
		return true;
	return err_set(e, ERR_INVALID, "json: cannot unmarshal %s into Go struct field PostableSilence.%s of type %s",
	    json_kind_name(v->kind), key, go_type);
}

static bool
time_member(const struct json *o, const char *key, bool *given, struct wall *out, struct err *e)
{
	const struct json *v;

	if (!member(o, key, JSON_STRING, "strfmt.DateTime", &v, e))
		return false;
	*given = v != NULL;
	*out = WALL_ZERO;
	return v == NULL || strfmt_time_parse(v->s, out, e);
}

/* COMPAT: a silence is read in one go, and so has bounds; Alertmanager's only one is memory. */
#define BODY_MAX ((size_t)2 << 20)
#define VALUES_MAX ((size_t)10000)

struct posted_silence {
	const struct json *id, *comment, *created_by, *matchers, *annotations;
	struct posted_matcher *m;
	size_t m_n;
	bool starts_given, ends_given;
	struct wall starts, ends;
};

static bool
decode_matchers(struct arena *a, struct posted_silence *p, struct err *e)
{
	if (p->matchers == NULL)
		return true;
	p->m_n = p->matchers->n;
	p->m = ARENA_ARRAY(a, p->m_n, struct posted_matcher);
	for (size_t i = 0; i < p->m_n; i++) {
		const struct json *o = &p->matchers->v[i];
		struct posted_matcher *m = &p->m[i];

		if (o->kind == JSON_NULL)
			continue;
		if (o->kind != JSON_OBJECT)
			return err_set(e, ERR_INVALID,
			    "json: cannot unmarshal %s into Go struct field PostableSilence.matchers of type models.Matcher",
			    json_kind_name(o->kind));
		if (!member(o, "isRegex", JSON_BOOL, "bool", &m->is_regex, e) ||
		    !member(o, "name", JSON_STRING, "string", &m->name, e) ||
		    !member(o, "value", JSON_STRING, "string", &m->value, e) ||
		    !member(o, "isEqual", JSON_BOOL, "bool", &m->is_equal, e))
			return false;
	}
	return true;
}

static bool
decode_silence(struct arena *a, struct str body, struct posted_silence *p, struct err *e)
{
	struct json *o;

	*p = (struct posted_silence){ 0 };
	if (body.n > BODY_MAX)
		return err_set(e, ERR_LIMIT, "it is longer than %zu bytes", BODY_MAX);
	o = json_parse_some(a, body, JSON_FIRST_VALUE, VALUES_MAX, e);
	if (o == NULL)
		return false;
	if (o->kind == JSON_NULL)
		return true;
	if (o->kind != JSON_OBJECT)
		return err_set(e, ERR_INVALID, "json: cannot unmarshal %s into Go value of type models.PostableSilence",
		    json_kind_name(o->kind));
	if (!member(o, "id", JSON_STRING, "string", &p->id, e) ||
	    !member(o, "comment", JSON_STRING, "string", &p->comment, e) ||
	    !member(o, "createdBy", JSON_STRING, "string", &p->created_by, e) ||
	    !member(o, "matchers", JSON_ARRAY, "models.Matchers", &p->matchers, e) ||
	    !member(o, "annotations", JSON_OBJECT, "models.LabelSet", &p->annotations, e) ||
	    !time_member(o, "startsAt", &p->starts_given, &p->starts, e) ||
	    !time_member(o, "endsAt", &p->ends_given, &p->ends, e) || !decode_matchers(a, p, e))
		return false;
	for (size_t i = 0; p->annotations != NULL && i < p->annotations->n; i++)
		if (p->annotations->v[i].kind != JSON_STRING && p->annotations->v[i].kind != JSON_NULL)
			return err_set(e, ERR_INVALID,
			    "json: cannot unmarshal %s into Go struct field PostableSilence.annotations of type string",
			    json_kind_name(p->annotations->v[i].kind));
	return true;
}

/* go-openapi reports the first of these, in this order; answers 422. */
static bool
validate_silence(struct call *c, const struct posted_silence *p)
{
	const char *missing = NULL;

	if (p->comment == NULL)
		missing = "comment";
	else if (p->created_by == NULL)
		missing = "createdBy";
	else if (!p->ends_given)
		missing = "endsAt";
	else if (p->matchers == NULL)
		missing = "matchers";
	if (missing == NULL && p->m_n == 0) {
		reply_framework(c, 422, 612, STR("matchers in body should have at least 1 items"));
		return false;
	}
	for (size_t i = 0; missing == NULL && i < p->m_n; i++) {
		const struct posted_matcher *m = &p->m[i];
		const char *part = m->is_regex == NULL ? "isRegex"
		    : m->name == NULL		       ? "name"
		    : m->value == NULL		       ? "value"
						       : NULL;

		if (part != NULL)
			missing = arena_printf(c->arena, "matchers.%zu.%s", i, part).p;
	}
	if (missing == NULL && !p->starts_given)
		missing = "startsAt";
	if (missing == NULL)
		return true;
	reply_framework(c, 422, 602, arena_printf(c->arena, "%s in body is required", missing));
	return false;
}

/* Expressions are compiled while everybody waits. */
#define MATCHERS_BYTES_MAX ((size_t)1 << 20)

static bool
matchers_fit(const struct posted_silence *p, struct err *e)
{
	size_t bytes = 0;

	for (size_t i = 0; i < p->m_n; i++)
		bytes += p->m[i].name->s.n + p->m[i].value->s.n;
	if (p->m_n <= MATCHERS_MAX && bytes <= MATCHERS_BYTES_MAX)
		return true;
	return err_set(e, ERR_LIMIT, "invalid silence: matchers are more than %d or longer than %zu bytes", MATCHERS_MAX,
	    MATCHERS_BYTES_MAX);
}

/* The matchers as one set. */
static bool
draft_matchers(const struct posted_silence *p, enum naming naming, struct silence *s, struct err *e)
{
	size_t reading = 0;

	silence_add_set(s);
	for (size_t i = 0; i < p->m_n; i++) {
		const struct posted_matcher *m = &p->m[i];
		bool equal = m->is_equal == NULL || m->is_equal->b;
		enum matcher_op op = m->is_regex->b ? (equal ? MATCH_RE : MATCH_NRE) : (equal ? MATCH_EQ : MATCH_NE);
		struct matcher made;

		if (!silence_matcher_init(&made, op, m->name->s, m->value->s, naming, e))
			return err_ctx(e, "invalid silence: invalid label matcher %zu in set 0", i);
		if (!matchers_append_bounded(&s->sets[0], &made, &reading, e))
			return err_ctx(e, "invalid silence");
	}
	return true;
}

static struct labels *
draft_annotations(const struct posted_silence *p, struct arena *a)
{
	size_t n = p->annotations != NULL ? p->annotations->n : 0;
	struct label_pair *pairs = ARENA_ARRAY(a, n, struct label_pair);

	for (size_t i = 0; i < n; i++) {
		pairs[i].name = p->annotations->keys[i];
		pairs[i].value = p->annotations->v[i].kind == JSON_STRING ? p->annotations->v[i].s : STR("");
	}
	return labels_new(pairs, n);
}

static struct silence *
draft_silence(struct call *c, const struct posted_silence *p, struct err *e)
{
	struct silence *s = silence_new();

	/* An id that is too long for ours cannot be known, nor one that has a NUL in it. */
	if (p->id != NULL && p->id->s.n < sizeof(s->id) && str_chr(p->id->s, '\0') == p->id->s.n)
		memcpy(s->id, p->id->s.p, p->id->s.n);
	else if (p->id != NULL)
		memset(s->id, '?', sizeof(s->id) - 1);
	labels_unref(s->annotations);
	s->annotations = draft_annotations(p, c->arena);
	istr_unref(s->created_by);
	istr_unref(s->comment);
	s->created_by = istr_get(p->created_by->s);
	s->comment = istr_get(p->comment->s);
	s->starts = wall_utc(p->starts);
	s->ends = wall_utc(p->ends);
	if (matchers_fit(p, e) && draft_matchers(p, c->api->env.naming, s, e))
		return s;
	silence_unref(s);
	return NULL;
}

static void
refuse_silence(struct call *c, const struct err *e)
{
	LOG(c->api->env.log, LOG_ERROR, "Failed to create silence", F_CSTR("component", "api"), F_ERR(e));
	reply_error(c, e->kind == ERR_NOT_FOUND ? 404 : 400, str_from(e->text));
}

static void
set_silence(struct call *c, const struct posted_silence *p)
{
	struct err e = { 0 };
	struct silence *s;
	char id[SILENCE_ID_MAX];
	struct json_writer w;

	if (wall_cmp(p->starts, p->ends) >= 0)
		err_set(&e, ERR_INVALID, "Failed to create silence: start time must be before end time");
	else if (wall_before(p->ends, c->now.wall))
		err_set(&e, ERR_INVALID, "Failed to create silence: end time can't be in the past");
	s = e.kind == ERR_NONE ? draft_silence(c, p, &e) : NULL;
	if (s == NULL || !engine_silence_set(c->api->env.engine, s, c->now, id, &e)) {
		refuse_silence(c, &e);
	} else {
		c->resp->wait_durable = true;
		reply_json_begin(c, &w);
		json_object_begin(&w);
		json_put_str(&w, "silenceID", str_from(id));
		json_object_end(&w);
		reply_json_end(c);
	}
	silence_unref(s);
}

void
api_silences_post(struct call *c)
{
	struct posted_silence p;
	struct err e = { 0 };

	if (!api_has_room(c))
		return;
	if (c->req->body.n == 0)
		reply_framework(c, 422, 602, STR("silence in body is required"));
	else if (!decode_silence(c->arena, c->req->body, &p, &e))
		reply_framework(c, 400, 400,
		    arena_printf(c->arena, "parsing silence body from \"\" failed, because %s", e.text));
	else if (validate_silence(c, &p))
		set_silence(c, &p);
}
