/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_world.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/sbuf.h"
#include "fake_store.h"

#define START_MONO (1000 * SPAN_S)
#define START_WALL ((struct wall){ INT64_C(1767571200), 0, 0 })

struct fake_script {
	char *to;
	VEC(struct fake_answer) answers;
	size_t next;
};

struct fake_pending {
	uint64_t attempt;
	struct mono due;
	struct outcome outcome;
	bool hang;
};

static struct fake_world *
self_of(struct port *p)
{
	return CONTAINER_OF(p, struct fake_world, port);
}

static const struct fake_answer *
next_answer(struct fake_world *w, const char *to)
{
	static const struct fake_answer ok = { .outcome = { .ok = true } };
	struct fake_script *s = NULL;

	for (size_t i = 0; i < w->scripts.n; i++) {
		if (strcmp(w->scripts.v[i]->to, to) == 0)
			s = w->scripts.v[i];
		else if (s == NULL && strcmp(w->scripts.v[i]->to, "*") == 0)
			s = w->scripts.v[i];
	}
	if (s == NULL)
		return &ok;
	return &s->answers.v[s->next + 1 < s->answers.n ? s->next++ : s->next];
}

static void
put_alert(struct sbuf *b, const struct labels *l)
{
	bool any = false;

	sbuf_str(b, labels_get(l, STR("alertname")));
	for (uint32_t i = 0; i < labels_n(l); i++) {
		if (str_is(istr_str(labels_name(l, i)), "alertname"))
			continue;
		sbuf_printf(b, "%s%s=%s", any ? "," : "{", labels_name(l, i)->bytes, labels_value(l, i)->bytes);
		any = true;
	}
	if (any)
		sbuf_putc(b, '}');
}

static void
put_alerts(struct sbuf *b, const struct notification *n, bool resolved)
{
	const char *before = resolved ? " resolved [" : " firing [";
	bool any = false;

	for (size_t i = 0; i < n->alerts_n; i++) {
		if (n->alerts[i].resolved != resolved)
			continue;
		sbuf_puts(b, any ? " " : before);
		put_alert(b, n->alerts[i].alert->labels);
		any = true;
	}
	if (any)
		sbuf_putc(b, ']');
}

static void
on_send(struct port *p, uint64_t attempt, struct notification *n, struct mono deadline, struct moment now)
{
	struct fake_world *w = self_of(p);
	struct fake_pending *pending;
	struct fake_sent sent = { .at = now, .attempt = attempt, .data_n = n->data.n, .unsure = w->unsure,
		.decision = n->decision };
	const struct fake_answer *answer;
	struct sbuf to = SBUF_INIT(4096), text = SBUF_INIT(SBUF_UNLIMITED);

	assert(deadline.ns >= now.mono.ns);
	if (w->on_send != NULL) {
		w->on_send(w, attempt, n, deadline);
		return;
	}
	sbuf_printf(&to, "%.*s/%s[%zu]", STR_ARG(n->receiver->name), n->integration->kind->name,
	    n->integration->index);
	put_alerts(&text, n, false);
	put_alerts(&text, n, true);
	sbuf_printf(&text, " %s", reason_text(n->reason));
	w->unsure = 0;
	sent.to = sbuf_take(&to, NULL);
	sent.text = sbuf_take(&text, NULL);
	answer = next_answer(w, sent.to);
	sent.taken = answer->outcome.ok || answer->outcome.unanswered || answer->hang;
	VEC_PUSH(&w->sent, sent);
	pending = NEW(struct fake_pending);
	*pending = (struct fake_pending){ attempt, mono_add(now.mono, answer->delay), answer->outcome, answer->hang };
	VEC_PUSH(&w->pending, pending);
}

static void
take_pending(struct fake_world *w, size_t i)
{
	mem_free(w->pending.v[i]);
	memmove(w->pending.v + i, w->pending.v + i + 1, (w->pending.n - i - 1) * sizeof(w->pending.v[0]));
	w->pending.n--;
}

static void
on_cancel(struct port *p, uint64_t attempt)
{
	struct fake_world *w = self_of(p);

	if (w->on_cancel != NULL) {
		w->on_cancel(w, attempt);
		return;
	}
	for (size_t i = 0; i < w->sent.n; i++)
		if (w->sent.v[i].attempt == attempt)
			w->sent.v[i].canceled = true;
	for (size_t i = 0; i < w->pending.n; i++) {
		if (w->pending.v[i]->attempt != attempt)
			continue;
		take_pending(w, i);
		return;
	}
	assert(!"canceled what is not out");
}

static void
on_event(void *arg, const struct event *ev)
{
	struct fake_world *w = arg;
	struct sbuf text = SBUF_INIT(SBUF_UNLIMITED);

	w->events[ev->kind]++;
	if (ev->kind == EVENT_NOTIFY_UNSURE && !ev->notify_unsure.held)
		w->unsure = 1 + (int)ev->notify_unsure.cause;
	w->warned += ev->kind == EVENT_ATTEMPT_FAILED && ev->attempt_failed.first;
	if (ev->kind != EVENT_FLUSH_FAILED)
		return;
	sbuf_printf(&text, "%s%.*s", ev->flush_failed.canceled ? "(canceled) " : "",
	    STR_ARG(ev->flush_failed.error));
	VEC_PUSH(&w->failed, sbuf_take(&text, NULL));
}

static void
on_persist(struct port *p, const struct change *c)
{
	struct fake_world *w = self_of(p);

	w->changes[c->kind]++;
	if (w->durable)
		fake_store_change(w, c);
}

static void
on_share(struct port *p, const struct change *c)
{
	struct fake_world *w = self_of(p);

	w->shared[c->kind]++;
	if (w->on_share != NULL)
		w->on_share(w, c);
}

static void
on_claim(struct port *p, const struct claim *c, struct moment now)
{
	struct fake_world *w = self_of(p);

	(void)now;
	w->on_claim(w, c);
}

static void
on_claim_over(struct port *p, uint64_t id)
{
	struct fake_world *w = self_of(p);

	w->on_claim_over(w, id);
}

static void
on_claim_result(struct port *p, const struct claim *c, enum claim_result r, struct moment now)
{
	struct fake_world *w = self_of(p);

	(void)now;
	w->on_claim_result(w, c, r);
}

/* Second of two, as long as there is a wait. */
static void
tell_cluster(struct fake_world *w)
{
	struct cluster_state c = { .on = w->wait != 0, .settled = w->wait >= 0, .position = w->wait > 0, .members = 2,
		.peer_timeout = w->wait > 0 ? w->wait : 0 };

	engine_cluster(w->engine, &c, w->now);
}

void
world_wait(struct fake_world *w, span wait)
{
	w->wait = wait;
	if (w->engine != NULL)
		tell_cluster(w);
}

void
world_init(struct fake_world *w)
{
	*w = (struct fake_world){ .durable = true };
	w->port = (struct port){
		.send = on_send,
		.cancel = on_cancel,
		.persist = on_persist,
		.share = on_share,
		.claim = on_claim,
		.claim_over = on_claim_over,
		.claim_result = on_claim_result,
	};
	rand_seed(&w->port.rand, 42);
	w->listener = (struct event_listener){ EVENTS_ALL, on_event, w };
	port_listen(&w->port, &w->listener);
	w->options = (struct engine_options){
		.retention = 120 * SPAN_HOUR,
		.alert_gc_interval = 30 * SPAN_MIN,
		.maintenance_interval = 15 * SPAN_MIN,
	};
	w->now = (struct moment){ { START_MONO }, START_WALL };
}

void
world_start(struct fake_world *w, struct config *c)
{
	w->config = config_ref(c);
	w->engine = engine_new(&w->options, &w->port, w->now);
	tell_cluster(w);
	if (w->on_engine != NULL)
		w->on_engine(w);
	fake_store_restore(w);
	engine_apply(w->engine, c, w->now);
}

void
world_restart(struct fake_world *w)
{
	engine_free(&w->engine);
	assert(w->pending.n == 0);
	w->engine = engine_new(&w->options, &w->port, w->now);
	tell_cluster(w);
	if (w->on_engine != NULL)
		w->on_engine(w);
	fake_store_restore(w);
	engine_apply(w->engine, w->config, w->now);
}

void
world_fini(struct fake_world *w)
{
	engine_free(&w->engine);
	config_unref(w->config);
	fake_store_fini(w);
	for (size_t i = 0; i < w->scripts.n; i++) {
		mem_free(w->scripts.v[i]->to);
		VEC_FINI(&w->scripts.v[i]->answers);
		mem_free(w->scripts.v[i]);
	}
	for (size_t i = 0; i < w->sent.n; i++) {
		mem_free(w->sent.v[i].to);
		mem_free(w->sent.v[i].text);
	}
	for (size_t i = 0; i < w->failed.n; i++)
		mem_free(w->failed.v[i]);
	assert(w->pending.n == 0);
	VEC_FINI(&w->scripts);
	VEC_FINI(&w->pending);
	VEC_FINI(&w->sent);
	VEC_FINI(&w->failed);
}

struct moment
world_at(const struct fake_world *w, span after)
{
	struct mono mono = { START_MONO + after };
	span ahead = mono_sub(mono, w->now.mono);

	return (struct moment){ mono, wall_add(w->now.wall, ahead) };
}

uint64_t
fake_pending_attempt(const struct fake_world *w, size_t place)
{
	return w->pending.v[place]->attempt;
}

void
world_step_wall(struct fake_world *w, span by)
{
	w->now.wall = wall_add(w->now.wall, by);
}

/* The first answer that is due; SIZE_MAX: none. */
static size_t
due_answer(const struct fake_world *w, struct mono now)
{
	for (size_t i = 0; i < w->pending.n; i++)
		if (!w->pending.v[i]->hang && w->pending.v[i]->due.ns <= now.ns)
			return i;
	return SIZE_MAX;
}

void
world_settle(struct fake_world *w)
{
	struct mono next;

	for (;;) {
		size_t i = due_answer(w, w->now.mono);

		if (i != SIZE_MAX) {
			struct fake_pending done = *w->pending.v[i];

			take_pending(w, i);
			engine_delivered(w->engine, done.attempt, &done.outcome, w->now);
			continue;
		}
		if (!engine_next(w->engine, &next) || next.ns > w->now.mono.ns)
			return;
		engine_tick(w->engine, w->now);
	}
}

void
world_run(struct fake_world *w, span after)
{
	struct moment end = world_at(w, after);

	world_settle(w);
	for (;;) {
		struct mono next = end.mono, engine;

		if (engine_next(w->engine, &engine) && engine.ns < next.ns)
			next = engine;
		for (size_t i = 0; i < w->pending.n; i++)
			if (!w->pending.v[i]->hang && w->pending.v[i]->due.ns < next.ns)
				next = w->pending.v[i]->due;
		if (next.ns >= end.mono.ns)
			break;
		w->now.wall = wall_add(w->now.wall, mono_sub(next, w->now.mono));
		w->now.mono = next;
		world_settle(w);
	}
	w->now = end;
	world_settle(w);
}

void
world_script(struct fake_world *w, const char *to, const struct fake_answer *answers, size_t n)
{
	struct fake_script *s = NULL;

	for (size_t i = 0; i < w->scripts.n; i++)
		if (strcmp(w->scripts.v[i]->to, to) == 0)
			s = w->scripts.v[i];
	if (s == NULL) {
		s = NEW(struct fake_script);
		s->to = mem_strdup(to);
		VEC_PUSH(&w->scripts, s);
	}
	s->answers.n = 0;
	s->next = 0;
	for (size_t i = 0; i < n; i++)
		VEC_PUSH(&s->answers, answers[i]);
}

static struct label_pair *
parse_labels(const char *alert, size_t *n_out)
{
	struct str s = str_from(alert);
	size_t brace = str_chr(s, '{');
	struct label_pair *pairs = mem_calloc(s.n + 1, sizeof(*pairs));
	size_t n = 0;

	if (brace > 0)
		pairs[n++] = (struct label_pair){ STR("alertname"), str_sub(s, 0, brace) };
	s = str_sub(s, brace + 1, s.n > 0 ? s.n - 1 : 0);
	while (s.n > 0) {
		size_t comma = str_chr(s, ',');
		struct str one = str_sub(s, 0, comma);
		size_t eq = str_chr(one, '=');

		pairs[n++] = (struct label_pair){ str_sub(one, 0, eq), str_sub(one, eq + 1, one.n) };
		s = str_sub(s, comma + 1, s.n);
	}
	*n_out = n;
	return pairs;
}

struct labels *
world_labels(const char *alert)
{
	size_t n;
	struct label_pair *pairs = parse_labels(alert, &n);
	struct labels *l = labels_new(pairs, n);

	mem_free(pairs);
	return l;
}

void
world_post(struct fake_world *w, const char *alert, struct wall starts, struct wall ends)
{
	struct alert_draft draft = { .starts = starts, .ends = ends };
	struct err e = { 0 };
	struct alert *a;
	bool firing;

	draft.labels = parse_labels(alert, &draft.labels_n);
	a = alert_make(&draft, 5 * SPAN_MIN, NAMING_UTF8, w->now.wall, &firing, &e);
	mem_free(draft.labels);
	if (a == NULL) {
		fprintf(stderr, "%s: %s\n", alert, e.text);
		assert(a != NULL);
	}
	engine_ingest(w->engine, &a, 1, w->now);
	alert_unref(a);
}

bool
world_silence(struct fake_world *w, const char *id, const char *matchers, struct wall starts, struct wall ends,
    char id_out[SILENCE_ID_MAX], struct err *e)
{
	struct silence *s = silence_new();
	bool ok;

	snprintf(s->id, sizeof(s->id), "%s", id);
	silence_add_set(s);
	s->starts = starts;
	s->ends = ends;
	ok = matchers_parse(str_from(matchers), MATCHER_UTF8, NULL, &s->sets[0], e) &&
	    engine_silence_set(w->engine, s, w->now, id_out, e);
	silence_unref(s);
	return ok;
}

const char *
world_status(struct fake_world *w, const char *alert)
{
	static char text[512];
	struct labels *l = world_labels(alert);
	struct alert *a = view_alert(w->engine, labels_fingerprint(l));
	struct arena *arena = arena_new();
	struct alert_status st;
	size_t n = 0;

	labels_unref(l);
	snprintf(text, sizeof(text), a != NULL ? "active" : "unknown");
	if (a == NULL)
		goto out;
	engine_see(w->engine, w->now);
	view_alert_status(w->engine, a, w->now, arena, &st);
	for (size_t i = 0; i < st.silenced_by_n; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s", i == 0 ? "silenced " : " ",
		    st.silenced_by[i]);
	if (st.inhibited)
		snprintf(text + n, sizeof(text) - n, "%sinhibited %016llx", n > 0 ? " " : "",
		    (unsigned long long)st.inhibited_by);
out:
	arena_free(&arena);
	return text;
}
