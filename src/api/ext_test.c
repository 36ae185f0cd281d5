/* SPDX-License-Identifier: Apache-2.0 */
/*
 * POST /api/ext/v1/receivers/NAME/test: a message that says it is a test, sent the way that all messages of the
 * receiver go, and what the other side answered.
 */
#include "ext_test.h"

#include "base/mem.h"
#include "ext_made_up.h"

/* Integrations that one test is for. */
#define INTEGRATIONS_MAX 32
/* It is over then, whatever is still under way. */
#define TEST_MAX (30 * SPAN_S)
/* The answer is to be out before the server cuts the request. */
#define ANSWER_TIME SPAN_S

/* The label that marks the alert and the key of its group: real ones do not have it. */
#define MARK "tocsin_test"
#define MARKED "this is a test"

struct test_reply;

/* One integration and what came of it. */
struct test_of {
	struct rehearsal rehearsal;
	struct test_reply *reply;
	const struct integration *integration;
	bool over;
	struct rehearsal_result result;		/* strings in the reply's arena */
};

struct test_reply {
	struct packed body;
	uint64_t *place;
	struct api *api;
	struct made_up *m;
	struct arena *arena;
	struct test_of *tests;
	size_t n, open;
};

static struct str
copy(struct test_reply *r, struct str s)
{
	return arena_str(r->arena, s);
}

static void
on_over(struct rehearsal *rehearsal, const struct rehearsal_result *result)
{
	struct test_of *t = CONTAINER_OF(rehearsal, struct test_of, rehearsal);
	struct test_reply *r = t->reply;
	struct rehearsed_recipient *to = ARENA_ARRAY(r->arena, result->recipients_n, struct rehearsed_recipient);

	t->over = true;
	t->result = *result;
	t->result.answer = copy(r, result->answer);
	t->result.error = copy(r, result->error);
	t->result.recipients = to;
	for (size_t i = 0; i < result->recipients_n; i++) {
		to[i] = result->recipients[i];
		to[i].to = copy(r, to[i].to);
		to[i].answer = copy(r, to[i].answer);
	}
	if (--r->open == 0 && r->body.stream.ready != NULL)
		r->body.stream.ready(r->body.stream.ready_arg);
}

static void
put_status(struct json_writer *w, int status)
{
	if (status != 0)
		json_put_int(w, "status", status);
	else
		json_put_null(w, "status");
}

static void
put_result(struct json_writer *w, const struct test_of *t)
{
	const struct rehearsal_result *of = &t->result;
	char id[INTEGRATION_TEXT_MAX];

	json_object_begin(w);
	json_put_str(w, "integration", integration_text(t->integration, id));
	json_put_bool(w, "ok", of->ok);
	put_status(w, of->status);
	json_put_str(w, "answer", of->answer.n > 0 || of->ok ? of->answer : of->error);
	if (of->ok)
		json_put_null(w, "error");
	else
		json_put_str(w, "error", of->error);
	json_put_bool(w, "retry", of->retry);
	json_put_int(w, "ms", of->took / SPAN_MS);
	json_key(w, STR("recipients"));
	json_array_begin(w);
	for (size_t i = 0; i < of->recipients_n; i++) {
		json_object_begin(w);
		json_put_str(w, "to", of->recipients[i].to);
		json_put_bool(w, "ok", of->recipients[i].ok);
		put_status(w, of->recipients[i].status);
		json_put_str(w, "answer", of->recipients[i].answer);
		json_object_end(w);
	}
	json_array_end(w);
	json_object_end(w);
}

static enum http_more
make(struct packed *body, struct work *work, struct moment now, struct err *e)
{
	struct test_reply *r = CONTAINER_OF(body, struct test_reply, body);
	struct json_writer w;

	(void)work;
	(void)now;
	(void)e;
	if (r->open > 0)
		return HTTP_WAIT;
	json_writer_init(&w, &body->plain, JSON_HTML_ESCAPED);
	json_object_begin(&w);
	json_key(&w, STR("results"));
	json_array_begin(&w);
	for (size_t i = 0; i < r->n; i++)
		put_result(&w, &r->tests[i]);
	json_array_end(&w);
	json_object_end(&w);
	sbuf_putc(&body->plain, '\n');
	return HTTP_END;
}

static void
fini(struct packed *body)
{
	struct test_reply *r = CONTAINER_OF(body, struct test_reply, body);
	const struct api_env *env = &r->api->env;

	for (size_t i = 0; i < r->n; i++)
		if (!r->tests[i].over)
			env->rehearse_off(env->arg, &r->tests[i].rehearsal);
	tests_end(r->place);
	made_up_let_go(&r->m);
	arena_free(&r->arena);
}

/* As the client describes it, but for what shows that it is a test. */
static void
mark(struct call *c, struct made_up_alert *a, struct str receiver)
{
	struct str by = c->req->principal.name, name = STR_NONE, summary = STR_NONE;

	for (size_t i = 0; i < a->labels_n; i++)
		if (str_is(a->labels[i].name, "alertname"))
			name = a->labels[i].value;
	for (size_t i = 0; i < a->annotations_n; i++)
		if (str_is(a->annotations[i].name, "summary"))
			summary = a->annotations[i].value;
	if (name.n == 0)
		a->labels[a->labels_n++] = (struct label_pair){ STR("alertname"), STR("TocsinTest") };
	a->labels[a->labels_n++] = (struct label_pair){ STR(MARK), STR(MARKED) };
	a->annotations[a->annotations_n++] = (struct label_pair){ STR("summary"),
		arena_printf(c->arena, "This is a test of receiver %.*s, sent by %.*s%s%.*s", STR_ARG(receiver),
		    STR_ARG(by.n > 0 ? by : STR("somebody")), summary.n > 0 ? ": " : "", STR_ARG(summary)) };
	a->annotations[a->annotations_n++] =
	    (struct label_pair){ STR(MARK), STR("Nothing has happened, and nothing has to be done.") };
}

static struct made_up *
make_up(struct call *c, const struct receiver *receiver, struct made_up_alert *alert)
{
	struct config *config = view_config(c->api->env.engine);
	struct str names[] = { STR("alertname"), STR(MARK) };
	struct made_up *m;

	mark(c, alert, receiver->name);
	m = made_up_new(c->api, config->route, receiver,
	    arena_printf(c->arena, "{}/{%s=\"%s\"}:{receiver=\"%.*s\"}", MARK, MARKED, STR_ARG(receiver->name)), c->now.wall);
	m->n.reason = alert->resolved ? REASON_ALL_RESOLVED : REASON_FIRST;
	if (made_up_add_read(c, m, alert))
		made_up_end(m, labels_select(m->n.alerts[0].alert->labels, names, ARRAY_LEN(names)));
	else
		made_up_let_go(&m);
	return m;
}

/* Takes m. */
static void
begin(struct call *c, struct made_up *m, size_t first, size_t n)
{
	const struct api_env *env = &c->api->env;
	span timeout = env->web_timeout > 0 && env->web_timeout - ANSWER_TIME < TEST_MAX ? env->web_timeout - ANSWER_TIME : TEST_MAX;
	struct test_reply *r = NEW(struct test_reply);

	r->body.make = make;
	r->body.fini = fini;
	r->api = c->api;
	r->m = m;
	r->arena = arena_new();
	r->tests = ARENA_ARRAY(r->arena, n, struct test_of);
	r->n = r->open = n;
	r->place = tests_begin(&c->api->tests, m->n.receiver->name, c->now.mono);
	LOG(env->log, LOG_INFO, "A receiver is tested", F_STR("receiver", m->n.receiver->name),
	    F_STR("by", c->req->principal.name));
	for (size_t i = 0; i < n; i++) {
		struct test_of *t = &r->tests[i];

		*t = (struct test_of){ .rehearsal = { .over = on_over }, .reply = r, .integration = &m->n.receiver->integrations[first + i] };
		env->rehearse(env->arg, &t->rehearsal, made_up_for(m, t->integration), mono_add(c->now.mono, timeout));
	}
	ext_reply_later(c);
	packed_reply(c, &r->body);
}

/* The integrations that are meant; false: answered. */
static bool
choose(struct call *c, const struct json *body, const struct receiver *receiver, size_t *first, size_t *n)
{
	uint64_t one = UINT64_MAX;

	if (!ext_member_uint(c, body, "integration", UINT32_MAX, &one))
		return false;
	*first = one == UINT64_MAX ? 0 : (size_t)one;
	*n = one == UINT64_MAX ? receiver->n : 1;
	if (one != UINT64_MAX && one >= receiver->n) {
		ext_error_at(c, 400, "bad_member", arena_printf(c->arena,
		    "integration is the number of one of the receiver's %zu, counted from 0", receiver->n), "integration", -1);
		return false;
	}
	if (*n <= INTEGRATIONS_MAX)
		return true;
	ext_error_at(c, 400, "bad_member", arena_printf(c->arena,
	    "the receiver has %zu integrations, and a test is for %d at most: name one", *n, INTEGRATIONS_MAX), "integration", -1);
	return false;
}

/* False: answered. */
static bool
may_begin(struct call *c, const struct receiver *receiver)
{
	const char *why;
	span wait;

	if (!receiver->used) {
		/* Defaults are filled in only for those that some route names. */
		ext_error(c, 409, "not_in_use", STR("no route names this receiver"));
		return false;
	}
	wait = tests_wait(&c->api->tests, receiver->name, c->now.mono, &why);
	if (wait <= 0)
		return true;
	http_response_header(c->resp, "Retry-After", arena_printf(c->arena, "%lld", (long long)((wait + SPAN_S - 1) / SPAN_S)));
	ext_error(c, 429, "too_many_tests", str_from(why));
	return false;
}

void
api_ext_receiver_test(struct call *c)
{
	static const char *const known[] = { "integration", "alert", NULL };
	const struct receiver *receiver = config_receiver(view_config(c->api->env.engine), c->params[0]);
	const struct json *body, *alert = NULL;
	struct made_up_alert described;
	struct made_up *m;
	size_t first, n;

	if (c->api->env.rehearse == NULL) {
		ext_error(c, 501, "not_here", STR("nothing is sent from here"));
		return;
	}
	if (receiver == NULL) {
		ext_error(c, 404, "not_found", STR("there is no receiver of this name"));
		return;
	}
	body = made_up_body(c, known);
	if (body == NULL || !choose(c, body, receiver, &first, &n) || !ext_member_object(c, body, "alert", &alert) ||
	    !made_up_read(c, alert, &described) || !may_begin(c, receiver))
		return;
	m = make_up(c, receiver, &described);
	if (m != NULL)
		begin(c, m, first, n);
}
