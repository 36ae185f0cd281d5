/* SPDX-License-Identifier: Apache-2.0 */
#include "lib_store.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "fake_config.h"
#include "fake_world.h"
#include "loop/clock_real.h"
#include "store_private.h"

static struct moment
rig_now(struct clock *c)
{
	struct rig *r = CONTAINER_OF(c, struct rig, clock);
	struct moment now = r->now;

	if (r->real_time)
		now.mono = clock_real()->now(clock_real()).mono;
	return now;
}

static void
on_log(void *arg, const char *line, size_t n)
{
	sbuf_put(arg, line, n);
	if (getenv("TEST_LOG") != NULL)
		fwrite(line, 1, n, stderr);
}

static struct rig *
rig_of(struct port *p)
{
	return CONTAINER_OF(p, struct rig, port);
}

static void
on_send(struct port *p, uint64_t attempt, struct notification *n, struct mono deadline, struct moment now)
{
	struct rig *r = rig_of(p);
	size_t i = r->sent_n++;
	struct sbuf b = SBUF_INIT(sizeof(r->sent[0].text) - 1);

	(void)deadline;
	(void)now;
	ck_assert_uint_lt(i, sizeof(r->sent) / sizeof(r->sent[0]));
	for (size_t k = 0; k < n->alerts_n; k++) {
		labels_format(n->alerts[k].alert->labels, &b);
		sbuf_puts(&b, n->alerts[k].resolved ? " resolved " : " firing ");
	}
	r->sent[i].attempt = attempt;
	r->sent[i].id = n->id;
	r->sent[i].n = n;
	snprintf(r->sent[i].text, sizeof(r->sent[i].text), "%s", sbuf_cstr(&b));
	sbuf_fini(&b);
}

static void
on_cancel(struct port *p, uint64_t attempt)
{
	(void)p;
	(void)attempt;
}

static void
on_persist(struct port *p, const struct change *c)
{
	store_persist(rig_of(p)->store, c);
}

static void
on_durable(void *arg, uint64_t upto)
{
	struct rig *r = arg;
	struct err e = { 0 };

	r->durable = upto;
	if (r->wants_copy)
		r->copy = store_backup_open(r->store, &r->copy_size, &e);
	r->wants_copy = false;
}

static void
on_failed(void *arg, uint64_t upto, struct str why)
{
	struct rig *r = arg;

	r->refused = upto;
	snprintf(r->why, sizeof(r->why), "%.*s", STR_ARG(why));
}

void
rig_init(struct rig *r, const char *config)
{
	struct err e = { 0 };

	memset(r, 0, sizeof(*r));
	snprintf(r->dir, sizeof(r->dir), "/tmp/test_store.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(r->dir));
	r->now = (struct moment){ .mono = { 1000 * SPAN_S }, .wall = { 1767571200, 0, 0 } };
	r->clock.now = rig_now;
	r->logged = (struct sbuf)SBUF_INIT(1 << 20);
	r->log = (struct log){ .level = LOG_DEBUG, .clock = &r->clock, .write = on_log, .arg = &r->logged };
	r->base = event_base_new();
	r->config = fake_config(str_from(config), r->now.wall, &e);
	if (r->config == NULL)
		ck_abort_msg("%s", e.text);
}

bool
rig_try_start(struct rig *r, struct err *e)
{
	static uint64_t seed;
	struct store_options store = {
		.base = r->base, .clock = &r->clock, .log = &r->log, .path = r->dir, .records = r->records,
		.durable = on_durable, .failed = on_failed, .arg = r,
	};
	struct engine_options engine = {
		.retention = 120 * SPAN_HOUR, .alert_gc_interval = 30 * SPAN_MIN, .maintenance_interval = 15 * SPAN_MIN,
	};

	r->port = (struct port){ .send = on_send, .cancel = on_cancel, .persist = on_persist };
	/* No id twice. */
	rand_seed(&r->port.rand, ++seed);
	r->sent_n = 0;
	r->durable = r->refused = 0;
	r->store = store_open(&store, e);
	ck_assert_ptr_nonnull(r->store);
	r->engine = engine_new(&engine, &r->port, r->now);
	if (!store_recover(r->store, r->engine, r->now, e)) {
		engine_free(&r->engine);
		store_close(&r->store);
		return false;
	}
	engine_apply(r->engine, r->config, r->now);
	return true;
}

void
rig_start(struct rig *r)
{
	struct err e = { 0 };

	if (!rig_try_start(r, &e))
		ck_abort_msg("%s", e.text);
}

void
rig_stop(struct rig *r)
{
	store_finish(r->store);
	store_detach(r->store);
	engine_free(&r->engine);
	store_close(&r->store);
}

static void
remove_all(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	char path[512];

	while (d != NULL && (entry = readdir(d)) != NULL) {
		snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		unlink(path);
	}
	if (d != NULL)
		closedir(d);
	rmdir(dir);
}

static void
copy_file(const char *from, const char *to)
{
	FILE *in = fopen(from, "re"), *out;
	char piece[65536];
	size_t n;

	if (in == NULL)
		return;
	out = fopen(to, "we");
	ck_assert_ptr_nonnull(out);
	while ((n = fread(piece, 1, sizeof(piece), in)) > 0)
		ck_assert_uint_eq(fwrite(piece, 1, n, out), n);
	fclose(in);
	fclose(out);
}

void
rig_crash(struct rig *r)
{
	static const char *const names[] = { "tocsin.db", "tocsin.db-wal", "tocsin.db-confirmed", "tocsin.db-redo" };
	char other[sizeof(r->dir)] = "/tmp/test_store.XXXXXX", to[256];

	while (r->store->busy || r->store->direct.busy)
		event_base_loop(r->base, EVLOOP_ONCE);
	ck_assert_ptr_nonnull(mkdtemp(other));
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		snprintf(to, sizeof(to), "%s/%s", other, names[i]);
		copy_file(rig_path(r, names[i]), to);
	}
	rig_stop(r);
	remove_all(r->dir);
	memcpy(r->dir, other, sizeof(other));
}

void
rig_fini(struct rig *r)
{
	if (r->store != NULL)
		rig_stop(r);
	config_unref(r->config);
	event_base_free(r->base);
	sbuf_fini(&r->logged);
	remove_all(r->dir);
}

void
rig_settle(struct rig *r)
{
	rig_until(r, true);
	while (store_ticket(r->store) != 0)
		event_base_loop(r->base, EVLOOP_ONCE);
}

void
rig_until(struct rig *r, bool ok)
{
	while (store_health(r->store).ok != ok) {
		/* The next try need not be waited for. */
		if (ok && !r->store->busy)
			timer_in(&r->store->retry, 0);
		event_base_loop(r->base, EVLOOP_ONCE);
	}
}

void
rig_pass(struct rig *r, span by)
{
	struct moment end = { mono_add(r->now.mono, by), wall_add(r->now.wall, by) };
	struct mono at;

	while (engine_next(r->engine, &at) && at.ns <= end.mono.ns) {
		if (at.ns > r->now.mono.ns) {
			r->now.wall = wall_add(r->now.wall, at.ns - r->now.mono.ns);
			r->now.mono = at;
		}
		engine_tick(r->engine, r->now);
	}
	r->now = end;
}

void
rig_post(struct rig *r, const char *alert, struct wall starts, struct wall ends)
{
	struct labels *l = world_labels(alert);
	struct label_pair pairs[16];
	struct alert_draft d = { .labels = pairs, .labels_n = labels_n(l), .starts = starts, .ends = ends,
		.generator_url = STR("http://prometheus/graph") };
	struct label_pair note = { STR("summary"), STR("what is wrong") };
	struct err e = { 0 };
	struct alert *a;
	bool firing;

	for (uint32_t i = 0; i < labels_n(l); i++)
		pairs[i] = (struct label_pair){ istr_str(labels_name(l, i)), istr_str(labels_value(l, i)) };
	d.annotations = &note;
	d.annotations_n = 1;
	a = alert_make(&d, 5 * SPAN_MIN, NAMING_UTF8, r->now.wall, &firing, &e);
	ck_assert_ptr_nonnull(a);
	engine_ingest(r->engine, &a, 1, r->now);
	alert_unref(a);
	labels_unref(l);
}

void
rig_silence(struct rig *r, const char *matchers, char id_out[SILENCE_ID_MAX])
{
	struct silence *s = silence_new();
	struct err e = { 0 };

	s->starts = r->now.wall;
	s->ends = wall_add(r->now.wall, SPAN_HOUR);
	istr_unref(s->created_by);
	s->created_by = istr_get(STR("tester"));
	istr_unref(s->comment);
	s->comment = istr_get(STR("a comment"));
	silence_add_set(s);
	ck_assert(matchers_parse(str_from(matchers), MATCHER_UTF8, NULL, &s->sets[0], &e));
	if (!engine_silence_set(r->engine, s, r->now, id_out, &e))
		ck_abort_msg("%s", e.text);
	silence_unref(s);
}

struct wall
rig_in(const struct rig *r, span d)
{
	return wall_add(r->now.wall, d);
}

size_t
rig_silences(struct rig *r)
{
	struct arena *a = arena_new();
	struct silence **v;
	size_t n;

	view_silences(r->engine, a, &v, &n);
	arena_free(&a);
	return n;
}

struct alert *
rig_alert(struct rig *r, const char *alert)
{
	struct labels *l = world_labels(alert);
	struct alert *a = view_alert(r->engine, labels_fingerprint(l));

	labels_unref(l);
	return a;
}

void
rig_answer(struct rig *r, uint64_t attempt, bool ok)
{
	struct outcome o = { .ok = ok, .retry = !ok, .error = ok ? STR("") : STR("no") };

	engine_delivered(r->engine, attempt, &o, r->now);
}

bool
rig_logged(const struct rig *r, const char *text)
{
	return str_find(sbuf_get(&r->logged), str_from(text)) < r->logged.n;
}

const char *
rig_path(const struct rig *r, const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", r->dir, name);
	return path;
}
