/* SPDX-License-Identifier: Apache-2.0 */
/* POST /api/ext/v1/explain: what becomes of an alert, and why. It is found out by core/explain.h, and written, in slices. */
#include "ext_explain.h"

static enum http_more
make(struct packed *p, struct work *w, struct moment now, struct err *e)
{
	struct explaining *x = CONTAINER_OF(p, struct explaining, body);

	(void)e;
	engine_see(x->api->env.engine, now);
	if (x->part == PART_EXPLAIN) {
		if (!explain_some(x->api->env.engine, x->run, now, w))
			return HTTP_LATER;
		x->part = PART_HEAD;
	}
	return explain_write(x, w, now);
}

static void
fini(struct packed *p)
{
	struct explaining *x = CONTAINER_OF(p, struct explaining, body);

	explain_free(&x->run);
	VEC_FINI(&x->path);
	sbuf_fini(&x->text);
}

/* Would be posted now, and goes on to be. */
#define FIRES_FOR (10 * 366 * 24 * SPAN_HOUR)

static struct explain_run *
ask_labels(struct call *c, const struct labels *l)
{
	struct alert_draft draft = { .labels_n = labels_n(l), .starts = WALL_ZERO, .ends = WALL_ZERO };
	struct err e = { 0 };
	struct explain_run *run;
	struct alert *a;
	bool firing;

	draft.labels = ARENA_ARRAY(c->arena, labels_n(l), struct label_pair);
	for (uint32_t i = 0; i < labels_n(l); i++)
		draft.labels[i] = (struct label_pair){ istr_str(labels_name(l, i)), istr_str(labels_value(l, i)) };
	a = alert_make(&draft, FIRES_FOR, c->api->env.naming, c->now.wall, &firing, &e);
	if (a == NULL) {
		ext_error_at(c, 400, "bad_labels", str_from(e.text), "labels", -1);
		return NULL;
	}
	run = explain_posted(a);
	alert_unref(a);
	return run;
}

static struct explain_run *
ask_fingerprint(struct call *c, uint64_t fingerprint)
{
	struct explain_run *run = explain_stored(c->api->env.engine, fingerprint);

	if (run == NULL)
		ext_error_at(c, 404, "not_found", STR("there is no such alert now"), "fingerprint", -1);
	return run;
}

/* The question, but for the labels, which are an owned reference. */
struct question {
	struct labels *labels;	/* NULL: `fingerprint` is asked about */
	uint64_t fingerprint;
	struct wall at;		/* WALL_ZERO: now */
};

static bool
read_question(struct call *c, const struct json *body, struct question *q)
{
	struct str fingerprint = STR_NONE;

	*q = (struct question){ .at = WALL_ZERO };
	if (!ext_member_str(c, body, "fingerprint", &fingerprint) || !ext_member_time(c, body, "at", &q->at) ||
	    !ext_member_labels(c, body, "labels", &q->labels))
		return false;
	if ((q->labels != NULL) == (fingerprint.p != NULL)) {
		ext_error_at(c, 400, "bad_member", STR("one of labels and fingerprint must be given"), "labels", -1);
		return false;
	}
	if (q->labels != NULL) {
		q->fingerprint = labels_fingerprint(q->labels);
	} else if (!fingerprint_parse(fingerprint, &q->fingerprint)) {
		ext_error_at(c, 400, "bad_member", STR("fingerprint must be 1 to 16 hexadecimal digits"), "fingerprint", -1);
		return false;
	}
	if (wall_after(q->at, c->now.wall)) {
		ext_error_at(c, 400, "bad_member", STR("at must be a time that is past"), "at", -1);
		return false;
	}
	return true;
}

static void
reply_now(struct call *c, struct explain_run *run)
{
	struct explaining *x = NEW(struct explaining);

	x->api = c->api;
	x->run = run;
	x->text = (struct sbuf)SBUF_INIT(SBUF_UNLIMITED);
	x->body.make = make;
	x->body.fini = fini;
	ext_reply_later(c);
	packed_reply(c, &x->body);
}

static void
answer(struct call *c, const struct question *q)
{
	struct explain_run *run;

	if (!wall_is_zero(q->at)) {
		explain_past(c, q->fingerprint, q->at);
		return;
	}
	if (view_config(c->api->env.engine) == NULL) {
		ext_error(c, 503, "starting", STR("no configuration is in force yet"));
		return;
	}
	run = q->labels != NULL ? ask_labels(c, q->labels) : ask_fingerprint(c, q->fingerprint);
	if (run != NULL)
		reply_now(c, run);
}

void
api_ext_explain(struct call *c)
{
	static const char *const known[] = { "labels", "fingerprint", "at", NULL };
	const struct json *body = ext_body(c, known);
	struct question q;

	if (body == NULL)
		return;
	if (read_question(c, body, &q))
		answer(c, &q);
	labels_unref(q.labels);
}
