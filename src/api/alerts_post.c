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
 */
#include "alert_read.h"
#include "base/arena_fast.h"
#include "base/vec.h"
#include "good_url.h"
#include "post.h"

/* Reading an alert, and so many bytes of it; making and storing one, each of its pairs, and so many bytes. */
#define READ_UNITS 20
#define READ_BYTES 4
#define TAKE_UNITS 300
#define PAIR_UNITS 40
#define TAKE_BYTES 4
#define BLANKS ((size_t)64 << 10)	/* passed at a time */
#define ALERT_BYTES 512			/* of a body, mostly */
#define EXPECTED_MAX ((size_t)256 << 10)

struct reading {
	struct post post;
	enum { BEGIN, READ, TAKE, TAKE_AGAIN } stage;
	VEC(struct posted_alert) alerts;
	size_t pairs_from;	/* where those of the last alert begin */
	size_t next;		/* of `alerts` to be taken */
	span resolve_timeout;
	bool refused;		/* all of it, by `why`: what comes behind that only has to be well-formed */
	int code;
	struct str why;
	/* From `mark` on nothing is kept. */
	struct json_reader *mark;	/* NULL: all is */
	struct arena *passing;	/* of what is read then: empty after each alert. Before, it is the request's arena */
	struct good_url url;
	struct {
		struct str text;	/* in the body */
		struct istr *url;	/* owned reference; NULL: none yet */
	} made_url;		/* of the last alert: those of a rule have the same */
	struct alert_reader in;	/* the last member: its error is too large to be cleared all the time */
};

/* The first alert that lacks something is what a 422 speaks of. */
static void
validate(struct reading *rd, const struct posted_alert *p)
{
	struct arena *a = rd->post.call.arena;

	if (!good_url(&rd->url, p->generator_url, rd->in.arena, rd->mark != NULL)) {
		struct sbuf b = SBUF_INIT(1 << 20);

		sbuf_printf(&b, "%zu.generatorURL in body must be of type uri: ", rd->in.seen);
		json_quote(&b, p->generator_url, JSON_HTML_PLAIN);
		rd->code = 601;
		rd->why = arena_str(a, sbuf_get(&b));
		sbuf_fini(&b);
	} else if (!p->labels.given) {
		rd->code = 602;
		rd->why = arena_printf(a, "%zu.labels in body is required", rd->in.seen);
	}
	rd->refused = rd->code != 0;
}

static size_t
bytes_kept(const struct reading *rd)
{
	return rd->alerts.cap * sizeof(rd->alerts.v[0]) + rd->in.pairs.cap * sizeof(rd->in.pairs.v[0]);
}

/* The alert that was read last stays, or goes. */
static void
keep(struct reading *rd)
{
	if (rd->mark != NULL || rd->refused) {
		posted_alert_fini(&rd->alerts.v[--rd->alerts.n]);
		rd->in.pairs.n = rd->pairs_from;
	}
	if (rd->mark != NULL) {
		arena_reset(rd->passing);
	} else if (!post_may_keep(&rd->post, bytes_kept(rd))) {
		rd->mark = arena_raw(rd->post.call.arena, sizeof(*rd->mark));
		*rd->mark = *rd->in.r;
		rd->in.arena = rd->passing = arena_new();
	}
}

/* Between alerts there may be as many as the client likes. False: there are more. */
static bool
pass_blanks(struct reading *rd, struct work *w)
{
	while (json_pass_blanks(rd->in.r, BLANKS)) {
		work_spend(w, (int64_t)(BLANKS / READ_BYTES));
		if (work_used_up(w))
			return false;
	}
	return true;
}

/* The next alert, which is then the last of rd->alerts; false: there is none, or it is malformed (rd->in.e). */
static bool
next_alert(struct reading *rd)
{
	enum json_token t;

	if (rd->alerts.cap == 0)
		VEC_RESERVE(&rd->alerts, rd->in.expected / ALERT_BYTES + 1);
	VEC_RESERVE(&rd->alerts, rd->alerts.n + 1);
	rd->pairs_from = rd->in.pairs.n;
	json_reader_window(rd->in.r, POST_ALERT_BYTES);
	t = json_enter_object(rd->in.r) ? JSON_T_OBJECT_BEGIN : json_next(rd->in.r);
	if (t == JSON_T_ARRAY_END || !alert_read(&rd->in, t, &rd->alerts.v[rd->alerts.n]))
		return false;
	rd->alerts.n++;
	return true;
}

/* False: there is more. */
static bool
read_some(struct reading *rd, struct work *w)
{
	while (rd->in.e.kind == ERR_NONE && !work_used_up(w)) {
		const struct posted_alert *p;

		if (!pass_blanks(rd, w))
			return false;
		if (!next_alert(rd))
			return true;
		p = &rd->alerts.v[rd->alerts.n - 1];
		work_spend(w, READ_UNITS + (int64_t)(p->bytes / READ_BYTES));
		if (!rd->refused)
			validate(rd, p);
		rd->in.seen++;
		keep(rd);
	}
	return rd->in.e.kind != ERR_NONE;
}

/* l was made of this set: it is known by the text if it holds all that the text has, and the next ones may be like it. */
static void
know_set(struct reading *rd, const struct posted_set *set, enum label_text_kind kind, struct labels *l)
{
	if (!set->has_text || set->n != labels_n(l))
		return;
	label_text_set(l, set->text);
	if (set->tidy)
		key_order_made(&rd->in.shape->sets[kind], l);
}

/* Does it stand in the body? Texts that were unescaped do not, and go before the body does. */
static bool
in_body(const struct reading *rd, struct str s)
{
	struct str body = rd->post.call.req->body;

	return s.p >= body.p && s.p < body.p + body.n;
}

static void
know_url(struct reading *rd, struct str text, struct istr *url)
{
	url->found |= ISTR_URI;
	if (!in_body(rd, text))
		return;
	istr_unref(rd->made_url.url);
	rd->made_url.text = text;
	rd->made_url.url = istr_ref(url);
}

static void
take(struct reading *rd, const struct posted_alert *p, struct work *w)
{
	struct alert_draft d = {
		.labels = rd->in.pairs.v + p->labels.from,
		.labels_n = p->labels.n,
		.labels_tidy = p->labels.tidy,
		.labels_like = p->labels.like,
		.annotations = rd->in.pairs.v + p->annotations.from,
		.annotations_n = p->annotations.n,
		.annotations_tidy = p->annotations.tidy,
		.annotations_like = p->annotations.like,
		.known_labels = p->labels.known,
		.known_annotations = p->annotations.known,
		.utf8 = true,
		.generator_url = p->generator_url,
		.starts = p->starts,
		.ends = p->ends,
	};
	const struct alert *made;
	struct err e UNSET;

	if (p->generator_url.p == rd->made_url.text.p && p->generator_url.n == rd->made_url.text.n)
		d.known_url = rd->made_url.url;
	work_spend(w, TAKE_UNITS + (int64_t)(d.labels_n + d.annotations_n) * PAIR_UNITS + (int64_t)(p->bytes / TAKE_BYTES));
	err_clear(&e);
	made = post_make(&rd->post, &d, rd->resolve_timeout, &e);
	if (made == NULL) {
		post_refuse(&rd->post, STR(""), &e);
		return;
	}
	if (d.known_url == NULL)
		know_url(rd, p->generator_url, made->generator_url);
	know_set(rd, &p->labels, LABEL_TEXT_LABELS, made->labels);
	know_set(rd, &p->annotations, LABEL_TEXT_ANNOTATIONS, made->annotations);
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
		posted_alert_fini(&rd->alerts.v[i]);
	rd->alerts.n = rd->in.pairs.n = 0;
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

	rd->post.failed = rd->in.e.kind != ERR_NONE || rd->refused;
	if (rd->in.e.kind != ERR_NONE)
		reply_framework(c, 400, 400,
		    arena_printf(c->arena, "parsing alerts body from \"\" failed, because %s", rd->in.e.text));
	else if (rd->refused)
		reply_framework(c, 422, rd->code, rd->why);
	return rd->post.failed;
}

/* Reads the text before the first alert; null is as good as no alerts. */
static void
begin(struct reading *rd)
{
	enum json_token t;

	json_reader_window(rd->in.r, POST_ALERT_BYTES);
	t = json_next(rd->in.r);
	if (t != JSON_T_ARRAY_BEGIN && t != JSON_T_NULL)
		alert_read_wrong_type(&rd->in, t, "", "models.PostableAlerts");
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
			*rd->in.r = *rd->mark;
			texts_ahead_begin(&rd->in.ahead, rd->post.call.req->body);
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
	VEC_FINI(&rd->in.pairs);
	arena_free(&rd->passing);
	good_url_fini(&rd->url);
	istr_unref(rd->made_url.url);
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
	memset(rd, 0, offsetof(struct reading, in.e.text) + 1);
	rd->post = (struct post){ .step = step, .answer = answer, .fini = fini };
	rd->in.arena = c->arena;
	rd->in.shape = &c->api->alert_shape;
	rd->resolve_timeout = view_config(c->api->env.engine)->global.resolve_timeout;
	good_url_init(&rd->url);
	rd->in.expected = c->req->body.n < EXPECTED_MAX ? c->req->body.n : EXPECTED_MAX;
	rd->in.r = arena_raw(c->arena, sizeof(*rd->in.r));
	json_reader_init(rd->in.r, c->req->body, JSON_FIRST_VALUE);
	texts_ahead_begin(&rd->in.ahead, c->req->body);
	post_begin(c, &rd->post);
}
