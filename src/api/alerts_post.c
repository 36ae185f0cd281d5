/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST /api/v2/alerts: the hot way in.
 *
 * The body is read whole before anything changes: what cannot be decoded or
 * lacks a required field refuses all of it (go-openapi's order: types, then
 * validation). After that each alert stands for itself: the valid ones are
 * taken even if others are refused.
 *
 * Only the first alerts of a body that is so large that it goes on in slices (post.h) are
 * kept as they were read; the others are read again when it is their turn, so that no
 * body takes many times its size.
 *
 * Most alerts were posted before, and what has moved is a time. Labels and annotations that come as
 * the text that they came as before are not read again (model/label_texts.h).
 */
#include "base/arena_fast.h"
#include "base/rfc3339.h"
#include "base/vec.h"
#include "good_url.h"
#include "key_order.h"
#include "model/label_texts.h"
#include "post.h"
#include "text/json_read.h"
#include "texts_ahead.h"

/* Reading an alert, and so many bytes of it; making and storing one, each of its pairs, and so many bytes. */
#define READ_UNITS 20
#define READ_BYTES 4
#define TAKE_UNITS 300
#define PAIR_UNITS 40
#define TAKE_BYTES 4
#define BLANKS ((size_t)64 << 10)	/* passed at a time */
#define PAIR_BYTES 64			/* of a body, mostly; an alert has eight of them */
#define EXPECTED_MAX ((size_t)256 << 10)

/* Labels or annotations: a set that is known by its text, or pairs, a range of `pairs` while reading. */
struct posted_set {
	struct labels *known;	/* owned reference */
	size_t from, n;		/* of pairs, in either case */
	bool given;
	bool tidy;		/* sorted by name, each once */
	bool has_text;		/* it may be known by `text` from now on */
	struct hash128 text;
};

/* One alert of the body. */
struct posted {
	struct posted_set labels, annotations;
	struct str generator_url;
	struct wall starts, ends;
	size_t bytes;	/* of the body */
};

struct reading {
	struct post post;
	enum { BEGIN, READ, TAKE, TAKE_AGAIN } stage;
	struct json_reader *r;
	struct texts_ahead ahead;
	struct arena *arena;	/* of what is read: the request's; or, empty after each alert, `passing` */
	VEC(struct posted) alerts;
	VEC(struct label_pair) pairs;
	size_t expected;	/* bytes for which room is made at once, as growing copies: the body, or EXPECTED_MAX */
	size_t seen;		/* alerts of the body so far */
	size_t pairs_n;		/* of this alert, those of known sets too */
	size_t pairs_from;	/* where those that were read begin */
	size_t next;		/* of `alerts` to be taken */
	span resolve_timeout;
	bool refused;		/* all of it, by `why`: what comes behind that only has to be well-formed */
	int code;
	struct str why;
	/* The last time of each field, whose text stands in the body: alerts of one rule have the same. */
	struct posted_time {
		struct str text;
		struct wall at;
	} last_starts, last_ends;
	/* From `mark` on nothing is kept. */
	struct json_reader *mark;	/* NULL: all is */
	struct arena *passing;
	struct good_url url;
	struct err e;		/* the last member: too large to be cleared all the time */
};

static const char *
token_name(enum json_token t)
{
	static const char *const names[] = {
		[JSON_T_OBJECT_BEGIN] = "object", [JSON_T_ARRAY_BEGIN] = "array", [JSON_T_STRING] = "string",
		[JSON_T_NUMBER] = "number", [JSON_T_TRUE] = "bool", [JSON_T_FALSE] = "bool",
	};

	return (size_t)t < ARRAY_LEN(names) && names[t] != NULL ? names[t] : "null";
}

/* The reader's own error, or "X where Y is wanted". */
static bool
wrong_type(struct reading *rd, enum json_token t, const char *field, const char *wanted)
{
	if (t == JSON_T_ERROR && json_reader_is_cut(rd->r))
		return err_set(&rd->e, ERR_LIMIT, "alert %zu is longer than %zu bytes", rd->seen, POST_ALERT_BYTES);
	if (t == JSON_T_ERROR)
		return json_reader_err(rd->r, &rd->e);
	return err_set(&rd->e, ERR_INVALID, "json: cannot unmarshal %s into Go %s%s of type %s", token_name(t),
	    field[0] == '\0' ? "value" : "struct field PostableAlert.", field, wanted);
}

/* More than an alert may have are an error. */
static bool
add_pairs(struct reading *rd, struct posted_set *set, size_t n)
{
	if (n > POST_ALERT_PAIRS - rd->pairs_n)
		return err_set(&rd->e, ERR_LIMIT, "alert %zu has more than %d labels and annotations", rd->seen,
		    POST_ALERT_PAIRS);
	rd->pairs_n += n;
	set->n += n;
	return true;
}

/* A known set of this text, at whose brace the reader is; false: it has to be read. */
static bool
take_known(struct reading *rd, enum label_text_kind kind, struct str text, struct posted_set *set)
{
	struct labels *l;

	if (text.n == 0)
		return false;
	set->text = texts_ahead_hash(&rd->ahead, kind, text);
	l = label_text_find(set->text);
	if (l == NULL || labels_n(l) > POST_ALERT_PAIRS - rd->pairs_n)
		return false;
	(void)add_pairs(rd, set, labels_n(l));
	set->known = labels_ref(l);
	json_pass_object(rd->r, text);
	return true;
}

/* The next key, its value where that is a string, and the first token of it; false: there is none, and *t is what stands there. */
static bool
next_member(struct reading *rd, struct str *key, struct str *value, enum json_token *t)
{
	*t = JSON_T_STRING;
	if (json_next_plain_pair(rd->r, key, value))
		return true;
	*t = json_next(rd->r);
	if (*t != JSON_T_KEY)
		return false;
	*key = json_text(rd->r, rd->arena);
	*t = json_next(rd->r);
	*value = *t == JSON_T_STRING ? json_text(rd->r, rd->arena) : STR_NONE;
	return true;
}

/* The next pair; *t is what stands there otherwise. */
static bool
next_pair(struct reading *rd, struct label_pair *p, const char *field, enum json_token *t)
{
	return json_next_plain_pair(rd->r, &p->name, &p->value) ||
	    (next_member(rd, &p->name, &p->value, t) &&
		(*t == JSON_T_STRING || *t == JSON_T_NULL || wrong_type(rd, *t, field, "string")));
}

/* Is this the text of the object that was read? A brace within a string ends it too early. */
static bool
ends_at(const struct reading *rd, struct str text)
{
	return text.n > 0 && rd->r->p == text.p + text.n;
}

/* The pairs of a set whose keys are those of the last one. */
static bool
take_in_order(struct reading *rd, const struct key_order *o, struct str text, struct posted_set *set)
{
	if (o->n > POST_ALERT_PAIRS - rd->pairs_n)
		return false;
	VEC_RESERVE(&rd->pairs, rd->pairs.n + o->n);
	if (!key_order_read(o, rd->r, rd->pairs.v + rd->pairs.n))
		return false;
	rd->pairs.n += o->n;
	set->tidy = add_pairs(rd, set, o->n);
	set->has_text = ends_at(rd, text);
	return true;
}

static bool
read_pairs(struct reading *rd, const char *field, struct key_order *o, struct str text, struct posted_set *set)
{
	struct label_pair p;
	enum json_token t;

	while (next_pair(rd, &p, field, &t)) {
		if (!add_pairs(rd, set, 1))
			return false;
		VEC_PUSH(&rd->pairs, p);
	}
	if (rd->e.kind != ERR_NONE)
		return false;
	if (t != JSON_T_OBJECT_END)
		return wrong_type(rd, t, field, "models.LabelSet");
	set->has_text = ends_at(rd, text);
	if (set->has_text)
		key_order_note(o, rd->pairs.v + set->from, set->n, text);
	return true;
}

/* A mapping of strings. null is as good as none; null values are empty. The last one of a name counts. */
static bool
read_set(struct reading *rd, enum json_token t, const char *field, enum label_text_kind kind, struct posted_set *set)
{
	struct key_order *o = &rd->post.call.api->key_orders[kind];
	struct str text;

	labels_unref(set->known);
	*set = (struct posted_set){ .from = rd->pairs.n, .given = t == JSON_T_OBJECT_BEGIN };
	if (t == JSON_T_NULL)
		return true;
	if (t != JSON_T_OBJECT_BEGIN)
		return wrong_type(rd, t, field, "models.LabelSet");
	text = texts_ahead_at(&rd->ahead, rd->r->p - 1, rd->r->end);
	if (text.n == 0)
		text = json_object_text(rd->r);
	if (rd->pairs.cap == 0)
		VEC_RESERVE(&rd->pairs, rd->expected / PAIR_BYTES + 1);
	return take_known(rd, kind, text, set) || take_in_order(rd, o, text, set) || read_pairs(rd, field, o, text, set);
}

static bool
read_time(struct reading *rd, enum json_token t, const char *field, struct posted_time *last, struct wall *out)
{
	if (t == JSON_T_NULL) {
		*out = WALL_ZERO;
		return true;
	}
	if (t != JSON_T_STRING)
		return wrong_type(rd, t, field, "strfmt.DateTime");
	if (!rd->r->escaped && rd->r->text.n > 0 && str_eq(rd->r->text, last->text)) {
		*out = last->at;
		return true;
	}
	if (!strfmt_time_parse(json_text(rd->r, rd->arena), out, &rd->e))
		return false;
	if (!rd->r->escaped)
		*last = (struct posted_time){ rd->r->text, *out };
	return true;
}

/* Case does not count, though all write it like this. */
#define IS_FIELD(key, name) \
	((key).n == sizeof(name) - 1 && (memcmp((key).p, name, sizeof(name) - 1) == 0 || str_caseeq(key, STR(name))))

/* t: the first token of its value. */
static bool
read_field(struct reading *rd, struct posted *p, struct str key, struct str value, enum json_token t)
{
	if (IS_FIELD(key, "labels"))
		return read_set(rd, t, "labels", LABEL_TEXT_LABELS, &p->labels);
	if (IS_FIELD(key, "annotations"))
		return read_set(rd, t, "annotations", LABEL_TEXT_ANNOTATIONS, &p->annotations);
	if (IS_FIELD(key, "startsAt"))
		return read_time(rd, t, "startsAt", &rd->last_starts, &p->starts);
	if (IS_FIELD(key, "endsAt"))
		return read_time(rd, t, "endsAt", &rd->last_ends, &p->ends);
	if (IS_FIELD(key, "generatorURL")) {
		if (t == JSON_T_STRING)
			p->generator_url = value;
		else if (t != JSON_T_NULL)
			return wrong_type(rd, t, "generatorURL", "strfmt.URI");
		return true;
	}
	return json_skip(rd->r, t) || wrong_type(rd, JSON_T_ERROR, "", "");
}

/* The first alert that lacks something is what a 422 speaks of. */
static void
validate(struct reading *rd, const struct posted *p)
{
	struct arena *a = rd->post.call.arena;

	if (!good_url(&rd->url, p->generator_url, rd->arena, rd->mark != NULL)) {
		struct sbuf b = SBUF_INIT(1 << 20);

		sbuf_printf(&b, "%zu.generatorURL in body must be of type uri: ", rd->seen);
		json_quote(&b, p->generator_url, JSON_HTML_PLAIN);
		rd->code = 601;
		rd->why = arena_str(a, sbuf_get(&b));
		sbuf_fini(&b);
	} else if (!p->labels.given) {
		rd->code = 602;
		rd->why = arena_printf(a, "%zu.labels in body is required", rd->seen);
	}
	rd->refused = rd->code != 0;
}

static void
posted_fini(struct posted *p)
{
	labels_unref(p->labels.known);
	labels_unref(p->annotations.known);
}

/* t: its first token. */
static bool
read_fields(struct reading *rd, enum json_token t, struct posted *p)
{
	struct str key, value;

	/* COMPAT: a null alert crashes the original's handler; here it lacks its labels. */
	if (t == JSON_T_NULL)
		return true;
	if (t != JSON_T_OBJECT_BEGIN)
		return wrong_type(rd, t, "", "models.PostableAlert");
	while (next_member(rd, &key, &value, &t))
		if (!read_field(rd, p, key, value, t))
			return false;
	return t == JSON_T_OBJECT_END || wrong_type(rd, t, "", "models.PostableAlert");
}

/* t: its first token. */
static bool
read_alert(struct reading *rd, enum json_token t)
{
	struct posted p = { .starts = WALL_ZERO, .ends = WALL_ZERO };
	size_t begin = json_offset(rd->r);

	rd->pairs_from = rd->pairs.n;
	rd->pairs_n = 0;
	if (!read_fields(rd, t, &p)) {
		posted_fini(&p);
		return false;
	}
	p.bytes = json_offset(rd->r) - begin;
	if (rd->alerts.cap == 0)
		VEC_RESERVE(&rd->alerts, rd->expected / (8 * PAIR_BYTES) + 1);
	VEC_PUSH(&rd->alerts, p);
	return true;
}

static size_t
bytes_kept(const struct reading *rd)
{
	return rd->alerts.cap * sizeof(rd->alerts.v[0]) + rd->pairs.cap * sizeof(rd->pairs.v[0]);
}

/* The alert that was read last stays, or goes. */
static void
keep(struct reading *rd)
{
	if (rd->mark != NULL || rd->refused) {
		posted_fini(&rd->alerts.v[--rd->alerts.n]);
		rd->pairs.n = rd->pairs_from;
	}
	if (rd->mark != NULL) {
		arena_reset(rd->passing);
	} else if (!post_may_keep(&rd->post, bytes_kept(rd))) {
		rd->mark = arena_raw(rd->post.call.arena, sizeof(*rd->mark));
		*rd->mark = *rd->r;
		rd->arena = rd->passing = arena_new();
	}
}

/* Between alerts there may be as many as the client likes. False: there are more. */
static bool
pass_blanks(struct reading *rd, struct work *w)
{
	while (json_pass_blanks(rd->r, BLANKS)) {
		work_spend(w, (int64_t)(BLANKS / READ_BYTES));
		if (work_used_up(w))
			return false;
	}
	return true;
}

/* The next alert, which is then the last of rd->alerts; false: there is none, or it is malformed (rd->e). */
static bool
next_alert(struct reading *rd)
{
	enum json_token t;

	json_reader_window(rd->r, POST_ALERT_BYTES);
	t = json_next(rd->r);
	return t != JSON_T_ARRAY_END && read_alert(rd, t);
}

/* False: there is more. */
static bool
read_some(struct reading *rd, struct work *w)
{
	while (rd->e.kind == ERR_NONE && !work_used_up(w)) {
		const struct posted *p;

		if (!pass_blanks(rd, w))
			return false;
		if (!next_alert(rd))
			return true;
		p = &rd->alerts.v[rd->alerts.n - 1];
		work_spend(w, READ_UNITS + (int64_t)(p->bytes / READ_BYTES));
		if (!rd->refused)
			validate(rd, p);
		rd->seen++;
		keep(rd);
	}
	return rd->e.kind != ERR_NONE;
}

/* l was made of this set: it is known by the text if it holds all that the text has. */
static void
know_text(const struct posted_set *set, struct labels *l)
{
	if (set->has_text && set->n == labels_n(l))
		label_text_set(l, set->text);
}

static void
take(struct reading *rd, const struct posted *p, struct work *w)
{
	struct alert_draft d = {
		.labels = rd->pairs.v + p->labels.from,
		.labels_n = p->labels.n,
		.labels_tidy = p->labels.tidy,
		.annotations = rd->pairs.v + p->annotations.from,
		.annotations_n = p->annotations.n,
		.annotations_tidy = p->annotations.tidy,
		.known_labels = p->labels.known,
		.known_annotations = p->annotations.known,
		.generator_url = p->generator_url,
		.starts = p->starts,
		.ends = p->ends,
	};
	const struct alert *made;
	struct err e;

	work_spend(w, TAKE_UNITS + (int64_t)(d.labels_n + d.annotations_n) * PAIR_UNITS + (int64_t)(p->bytes / TAKE_BYTES));
	err_clear(&e);
	made = post_make(&rd->post, &d, rd->resolve_timeout, &e);
	if (made == NULL) {
		post_refuse(&rd->post, STR(""), &e);
		return;
	}
	made->generator_url->found |= ISTR_URI;
	know_text(&p->labels, made->labels);
	know_text(&p->annotations, made->annotations);
}

static bool
take_kept(struct reading *rd, struct work *w)
{
	while (rd->next < rd->alerts.n) {
		if (work_used_up(w))
			return false;
		take(rd, &rd->alerts.v[rd->next++], w);
	}
	return true;
}

static void
forget_alerts(struct reading *rd)
{
	for (size_t i = 0; i < rd->alerts.n; i++)
		posted_fini(&rd->alerts.v[i]);
	rd->alerts.n = rd->pairs.n = 0;
}

static bool
take_again(struct reading *rd, struct work *w)
{
	while (!work_used_up(w)) {
		forget_alerts(rd);
		if (!pass_blanks(rd, w))
			return false;
		if (!next_alert(rd))
			return true;
		take(rd, &rd->alerts.v[0], w);
		work_spend(w, READ_UNITS + (int64_t)(rd->alerts.v[0].bytes / READ_BYTES));
		arena_reset(rd->passing);
	}
	return false;
}

/* True: nothing of it is to be taken. */
static bool
fail(struct reading *rd)
{
	struct call *c = &rd->post.call;

	rd->post.failed = rd->e.kind != ERR_NONE || rd->refused;
	if (rd->e.kind != ERR_NONE)
		reply_framework(c, 400, 400,
		    arena_printf(c->arena, "parsing alerts body from \"\" failed, because %s", rd->e.text));
	else if (rd->refused)
		reply_framework(c, 422, rd->code, rd->why);
	return rd->post.failed;
}

/* Reads the text before the first alert; null is as good as no alerts. */
static void
begin(struct reading *rd)
{
	enum json_token t;

	json_reader_window(rd->r, POST_ALERT_BYTES);
	t = json_next(rd->r);
	if (t != JSON_T_ARRAY_BEGIN && t != JSON_T_NULL)
		wrong_type(rd, t, "", "models.PostableAlerts");
	rd->stage = t == JSON_T_NULL ? TAKE : READ;
}

/* False: there is more to be done of this body. */
static bool
go_on(struct reading *rd, struct work *w)
{
	for (;;) {
		switch (rd->stage) {
		case BEGIN:
			if (!pass_blanks(rd, w))
				return false;
			begin(rd);
			break;
		case READ:
			if (!read_some(rd, w))
				return false;
			if (fail(rd))
				return true;
			rd->stage = TAKE;
			break;
		case TAKE:
			if (!take_kept(rd, w))
				return false;
			if (rd->mark == NULL)
				return true;
			*rd->r = *rd->mark;
			texts_ahead_begin(&rd->ahead, rd->post.call.req->body);
			rd->stage = TAKE_AGAIN;
			break;
		case TAKE_AGAIN:
			return take_again(rd, w);
		}
	}
}

static bool
step(struct post *p, struct work *w)
{
	struct reading *rd = CONTAINER_OF(p, struct reading, post);
	bool over = go_on(rd, w);

	p->kept = bytes_kept(rd);
	return over;
}

static void
answer(struct post *p)
{
	if (post_has_refused(p, "Failed to validate alerts"))
		reply_error(&p->call, 400, sbuf_get(&p->refused));
	else
		reply_empty(&p->call, 200);
}

static void
fini(struct post *p)
{
	struct reading *rd = CONTAINER_OF(p, struct reading, post);

	forget_alerts(rd);
	VEC_FINI(&rd->alerts);
	VEC_FINI(&rd->pairs);
	arena_free(&rd->passing);
	good_url_fini(&rd->url);
}

void
api_alerts_post(struct call *c)
{
	struct reading *rd;

	if (!api_has_room(c))
		return;
	if (c->req->body.n == 0) {
		reply_framework(c, 422, 602, STR("alerts in body is required"));
		return;
	}
	rd = arena_raw(c->arena, sizeof(*rd));
	memset(rd, 0, offsetof(struct reading, e.text) + 1);
	rd->post = (struct post){ .step = step, .answer = answer, .fini = fini };
	rd->arena = c->arena;
	rd->resolve_timeout = view_config(c->api->env.engine)->global.resolve_timeout;
	good_url_init(&rd->url);
	rd->expected = c->req->body.n < EXPECTED_MAX ? c->req->body.n : EXPECTED_MAX;
	rd->r = arena_raw(c->arena, sizeof(*rd->r));
	json_reader_init(rd->r, c->req->body, JSON_FIRST_VALUE);
	texts_ahead_begin(&rd->ahead, c->req->body);
	post_begin(c, &rd->post);
}
