/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operations of the core, each a function of its own, so that callgrind can tell what they cost: tests/bench/budget_core.py.
 *
 * Nothing in here is random and no clock is asked: the same build costs the same each time.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/slab.h"
#include "base/vec.h"
#include "core/engine.h"
#include "core/view.h"
#include "fake_config.h"

/* COLUMN_ASKS of core/alert_columns.h. */
#define ASKS 8
#define ALERTS 1024
#define BATCH 256
#define GROUPS 256
#define SILENCES 256
#define LOOKS 64
#define GREAT 2048
#define DEAR 32

static const char config[] =
    "receiver none hook\n"
    "receiver page hook@page\n"
    "inhibit source=severity=\"fatal\" target=severity=\"critical\" equal=[cluster]\n"
    "route receiver=none by=[alertname] wait=1h interval=1h repeat=4h\n"
    "  route match=job=\"page\" receiver=page by=[...] wait=10s interval=5m repeat=4h\n";
/* With groups that are great. */
static const char config_by_job[] =
    "receiver page hook@page\n"
    "inhibit source=severity=\"fatal\" target=severity=\"critical\" equal=[cluster]\n"
    "route receiver=page by=[job] wait=10s interval=5m repeat=4h\n";

struct bench {
	struct port port;	/* first */
	struct engine *engine;
	struct moment now;
	VEC(uint64_t) attempts;
	size_t told, found, alerts;
};

static void
on_send(struct port *p, uint64_t attempt, struct notification *n, struct mono deadline, struct moment now)
{
	struct bench *b = (struct bench *)p;

	(void)deadline;
	(void)now;
	b->alerts += n->alerts_n;
	VEC_PUSH(&b->attempts, attempt);
}

static void
on_cancel(struct port *p, uint64_t attempt)
{
	(void)p;
	(void)attempt;
	assert(false);
}

static void
on_persist(struct port *p, const struct change *c)
{
	(void)p;
	(void)c;
}

static void
apply(struct bench *b, const char *text)
{
	struct err e = { 0 };
	struct config *c = fake_config(str_from(text), b->now.wall, &e);

	if (c == NULL)
		fprintf(stderr, "%s\n", e.text);
	assert(c != NULL);
	engine_apply(b->engine, c, b->now);
	config_unref(c);
}

static struct str
text(char *out, size_t room, const char *format, int i)
{
	int n = snprintf(out, room, format, i);

	assert(n > 0 && (size_t)n < room);
	return (struct str){ out, (size_t)n };
}

/* As Prometheus would post it: eight labels, not sorted, and three annotations. */
static struct alert *
make_alert(const struct bench *b, struct str job, int i, span lasts)
{
	char name[64], instance[64], pod[64], summary[128];
	struct label_pair labels[] = {
		{ STR("alertname"), text(name, sizeof(name), "HighLatency%d", i / 400) },
		{ STR("instance"), text(instance, sizeof(instance), "web-%d.example.org:9100", i) },
		{ STR("job"), job },
		{ STR("severity"), STR("critical") },
		{ STR("cluster"), STR("eu-west-1") },
		{ STR("namespace"), STR("shop") },
		{ STR("team"), STR("team-7") },
		{ STR("pod"), text(pod, sizeof(pod), "web-%06x", i) },
	};
	struct label_pair annotations[] = {
		{ STR("summary"), text(summary, sizeof(summary), "Latency of web-%d is above 500 ms for 10 minutes", i) },
		{ STR("description"), STR("The 99th percentile of request latency is 612 ms.") },
		{ STR("runbook"), STR("https://runbooks.example.org/high-latency") },
	};
	struct alert_draft d = { .labels = labels, .labels_n = ARRAY_LEN(labels), .annotations = annotations,
		.annotations_n = ARRAY_LEN(annotations), .generator_url = STR("http://prometheus.example.org/graph"),
		.starts = b->now.wall, .ends = wall_add(b->now.wall, lasts) };
	struct err e = { 0 };
	bool firing;
	struct alert *a = alert_make(&d, 5 * SPAN_MIN, NAMING_UTF8, b->now.wall, &firing, &e);

	assert(a != NULL);
	return a;
}

/* Turns of what the calls before have left. */
static void
settle(struct bench *b)
{
	struct mono at;

	while (engine_next(b->engine, &at) && at.ns <= b->now.mono.ns)
		engine_tick(b->engine, b->now);
}

static void
pass(struct bench *b, span by)
{
	b->now.mono = mono_add(b->now.mono, by);
	b->now.wall = wall_add(b->now.wall, by);
	settle(b);
}

static void
post(struct bench *b, struct str job, int n, span lasts)
{
	struct alert *batch[BATCH];

	for (int at = 0; at < n; at += BATCH) {
		for (int i = 0; i < BATCH; i++)
			batch[i] = make_alert(b, job, at + i, lasts);
		engine_ingest(b->engine, batch, BATCH, b->now);
		for (int i = 0; i < BATCH; i++)
			alert_unref(batch[i]);
		settle(b);
	}
}

NOINLINE void operation_new(struct bench *b);
NOINLINE void operation_again(struct bench *b);
NOINLINE void operation_silence(struct bench *b);
NOINLINE void operation_status(struct bench *b);
NOINLINE void operation_find(struct bench *b);
NOINLINE void operation_notify(struct bench *b);
NOINLINE void operation_none(struct bench *b);
NOINLINE void operation_turn(struct bench *b);

/* All that was done before belongs to no operation. */
void
operation_none(struct bench *b)
{
	b->found = 0;
}

void
operation_new(struct bench *b)
{
	post(b, STR("web"), ALERTS, SPAN_HOUR);
}

void
operation_again(struct bench *b)
{
	post(b, STR("web"), ALERTS, 2 * SPAN_HOUR);
}

static void
silence(struct bench *b, const char *matchers)
{
	struct silence *s = silence_new();
	char id[SILENCE_ID_MAX];
	struct err e = { 0 };
	bool ok;

	silence_add_set(s);
	s->starts = b->now.wall;
	s->ends = wall_add(b->now.wall, SPAN_HOUR);
	ok = matchers_parse(str_from(matchers), MATCHER_UTF8, NULL, &s->sets[0], &e) && engine_silence_set(b->engine, s, b->now, id, &e);
	assert(ok);
	(void)ok;
	silence_unref(s);
}

/* Four shapes; every other one has a label besides that all alerts have. */
void
operation_silence(struct bench *b)
{
	static const char *const shapes[] = { "db-%d-.*", ".*[.]zone%d[.]example[.]net", ".*rack%dx.*", "(web|db|cache)-%d[0-9]+[a-f]+" };

	for (int i = 0; i < SILENCES; i++) {
		char value[64], matchers[128];

		text(value, sizeof(value), shapes[i % 4], i);
		snprintf(matchers, sizeof(matchers), "instance=~\"%s\"%s", value, i / 4 % 2 == 0 ? "" : ",job=\"web\"");
		silence(b, matchers);
	}
	settle(b);
}

struct look {
	struct bench *b;
	struct status_run *run;
	struct work *w;
};

static bool
on_status(void *arg, const struct alert_entry *entry, const struct alert *a)
{
	struct look *l = arg;
	struct arena *arena = arena_new();
	struct alert_status st;
	bool done = view_entry_status_some(l->b->engine, entry, l->b->now, l->run, l->w, arena, &st);

	(void)a;
	assert(done && st.silenced_by_n == 0 && !st.inhibited);
	arena_free(&arena);
	l->b->found++;
	return done;
}

/* The first list after silences have changed. */
void
operation_status(struct bench *b)
{
	struct work all = { INT64_MAX };
	struct look l = { b, status_run_new(), &all };
	struct labels *at = NULL;
	bool done = view_alerts_some(b->engine, &at, &all, on_status, &l);

	assert(done && b->found == ALERTS);
	(void)done;
	labels_unref(at);
	status_run_free(&l.run);
}

static bool
on_found(void *arg, const struct alert_entry *entry, const struct alert *a)
{
	struct bench *b = arg;

	(void)entry;
	(void)a;
	b->found++;
	return true;
}

/* A list that is asked for one alert by its label. */
static void
look_for(struct bench *b, int instance)
{
	struct alert_choice *choice = alert_choice_new();
	struct work all = { INT64_MAX };
	struct labels *at = NULL;
	struct matchers ms = { 0 };
	struct err e = { 0 };
	char matcher[64];
	bool ok;

	text(matcher, sizeof(matcher), "instance=\"web-%d.example.org:9100\"", instance);
	b->found = 0;
	ok = matchers_parse(str_from(matcher), MATCHER_UTF8, NULL, &ms, &e) &&
	    view_chosen_some(b->engine, &ms, choice, &at, &all, on_found, b);
	assert(ok && b->found == 1);
	(void)ok;
	labels_unref(at);
	matchers_fini(&ms);
	alert_choice_free(&choice);
}

/* The first one looks at all alerts; the last one of those that make a column worth it makes it; then there is one. */
void
operation_scan(struct bench *b)
{
	look_for(b, 1);
}

void
operation_column(struct bench *b)
{
	look_for(b, 2);
}

void
operation_find(struct bench *b)
{
	for (int i = 0; i < LOOKS; i++)
		look_for(b, i * 7);
}

void
operation_notify(struct bench *b)
{
	struct outcome ok = { .ok = true };

	post(b, STR("page"), GROUPS, SPAN_HOUR);
	pass(b, 10 * SPAN_S);
	while (b->attempts.n > 0) {
		engine_delivered(b->engine, b->attempts.v[--b->attempts.n], &ok, b->now);
		b->told++;
		settle(b);
	}
	assert(b->told == GROUPS && b->alerts == GROUPS);
}

/* One call of the engine, of many. */
void
operation_turn(struct bench *b)
{
	engine_tick(b->engine, b->now);
}

static void
turns(struct bench *b)
{
	struct mono at;

	while (engine_next(b->engine, &at) && at.ns <= b->now.mono.ns)
		operation_turn(b);
}

/* A great group under dear expressions that have to look at each of its alerts. */
static void
prepare_great(struct bench *b)
{
	b->port.persist = on_persist;
	for (int i = 0; i < DEAR; i++) {
		char matchers[128];

		text(matchers, sizeof(matchers), "instance=~\"(w*e*b*)+-[0-9]+.*(x|y|o)*[^0]%d?\"", i);
		silence(b, matchers);
	}
	b->alerts = 0;
	post(b, STR("great"), GREAT, SPAN_HOUR);
}

/* Each turn of a reload, of its flush, and of the next one. */
static void
flush_great(struct bench *b)
{
	struct outcome ok = { .ok = true };

	apply(b, config_by_job);
	operation_none(b);
	turns(b);
	b->now.mono = mono_add(b->now.mono, 10 * SPAN_S);
	b->now.wall = wall_add(b->now.wall, 10 * SPAN_S);
	turns(b);
	assert(b->alerts >= GREAT);
	while (b->attempts.n > 0) {
		engine_delivered(b->engine, b->attempts.v[--b->attempts.n], &ok, b->now);
		turns(b);
	}
	b->alerts = 0;
	b->now.mono = mono_add(b->now.mono, 5 * SPAN_MIN);
	b->now.wall = wall_add(b->now.wall, 5 * SPAN_MIN);
	turns(b);
	assert(b->attempts.n == 0 && b->alerts == 0);
}

static char slabs[8 << 20];

static void
forget(void *part, size_t n)
{
	memset(part, 0xA5, n);
}

int
main(void)
{
	struct bench b = { .port = { .send = on_send, .cancel = on_cancel }, .now = { { SPAN_HOUR }, { 1767571200, 0, 0 } } };
	struct engine_options o = { .retention = 120 * SPAN_HOUR, .alert_gc_interval = 30 * SPAN_MIN, .maintenance_interval = 15 * SPAN_MIN };

	slab_begin(slabs, sizeof(slabs), forget);
	rand_seed(&b.port.rand, 42);
	b.engine = engine_new(&o, &b.port, b.now);
	apply(&b, config);
	settle(&b);
	operation_none(&b);
	operation_new(&b);
	operation_again(&b);
	operation_silence(&b);
	operation_status(&b);
	operation_scan(&b);
	for (int i = 1; i < ASKS; i++)
		look_for(&b, i);
	operation_column(&b);
	operation_find(&b);
	operation_notify(&b);
	prepare_great(&b);
	flush_great(&b);
	printf("new %d again %d silence %d status %d scan %d column %d find %d notify %d turn 1\n", ALERTS, ALERTS,
	    SILENCES, ALERTS, ALERTS, ALERTS, LOOKS, GROUPS);
	engine_free(&b.engine);
	VEC_FINI(&b.attempts);
	return 0;
}
