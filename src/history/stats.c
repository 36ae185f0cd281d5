/* SPDX-License-Identifier: Apache-2.0 */
#include "stats.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/mem.h"
#include "config/config.h"
#include "record.h"
#include "show.h"

/* Bounds of an answer: steps and receivers, alerts that are looked after, silences and rules; lists that are shown. */
#define TOLD_MAX 20000
#define ALERTS_MAX 500000
#define NAMES_MAX 20000
#define SHOWN_MAX 20
#define UNMATCHED_MAX 100
/* The longest time that going through the range may take; then the answer is of its newest part. */
#define STATS_TIME (3 * SPAN_S)
#define HOUR_MS INT64_C(3600000)
#define SHORT_RANGE (8 * 24 * HOUR_MS)
/* An alert flaps when it fires again so soon after its end, so often. */
#define FLAP_MS (15 * 60 * INT64_C(1000))
#define FLAPS 3

/* Notifications of one receiver in one step of time. */
struct told {
	struct hmap_node node;
	int64_t at;
	struct str receiver;
	uint64_t sent, failed;
};

/* An alert, seen from now backwards. */
struct noisy {
	struct hmap_node node;
	uint64_t fingerprint;
	uint64_t set;		/* the newest number that it had */
	uint64_t fired, flaps;
	int64_t fires;		/* when it last fired; 0: it has not, or ended since */
	int64_t acked;		/* when it was first acknowledged after that; 0: it was not */
};

/* A silence, or an inhibition rule, by its id or name. */
struct named {
	struct hmap_node node;
	struct str name;
	bool used;		/* held something back */
	bool begun;		/* it was in force in the range */
	bool made;		/* was made in the range, and not ended by somebody; then: */
	bool ended;
	struct str by, comment, matchers;
	int64_t ends;
};

struct stats {
	struct reader *r;
	const struct question *q;
	struct arena *arena;
	int64_t step;
	struct hmap told, alerts, silences, rules;
	uint64_t acks;
	double ack_ms;
	bool complete;
	int64_t from;		/* of what was gone through */
	size_t bad;
};

static struct told *
told_at(struct stats *s, int64_t at, struct str receiver)
{
	uint64_t hash = hash_seeded(receiver.p, receiver.n) ^ (uint64_t)at * FNV64_PRIME;
	struct told *t;

	for (struct hmap_node *n = hmap_first(&s->told, hash); n != NULL; n = hmap_next(n)) {
		t = CONTAINER_OF(n, struct told, node);
		if (t->at == at && str_eq(t->receiver, receiver))
			return t;
	}
	if (s->told.n >= TOLD_MAX) {
		s->complete = false;
		return NULL;
	}
	t = ARENA_NEW(s->arena, struct told);
	t->at = at;
	t->receiver = arena_str(s->arena, receiver);
	hmap_insert(&s->told, &t->node, hash);
	return t;
}

/* A label set may have had several numbers. */
static struct noisy *
noisy_of(struct stats *s, uint64_t set)
{
	uint64_t fingerprint = reader_fingerprint(s->r, set), hash = fingerprint * FNV64_PRIME;
	struct noisy *a;

	if (fingerprint == 0)
		return NULL;
	for (struct hmap_node *n = hmap_first(&s->alerts, hash); n != NULL; n = hmap_next(n)) {
		a = CONTAINER_OF(n, struct noisy, node);
		if (a->fingerprint == fingerprint)
			return a;
	}
	if (s->alerts.n >= ALERTS_MAX) {
		s->complete = false;
		return NULL;
	}
	a = ARENA_NEW(s->arena, struct noisy);
	a->fingerprint = fingerprint;
	a->set = set;
	hmap_insert(&s->alerts, &a->node, hash);
	return a;
}

static struct named *
named_of(struct stats *s, struct hmap *m, struct str name)
{
	uint64_t hash = hash_seeded(name.p, name.n);
	struct named *d;

	for (struct hmap_node *n = hmap_first(m, hash); n != NULL; n = hmap_next(n)) {
		d = CONTAINER_OF(n, struct named, node);
		if (str_eq(d->name, name))
			return d;
	}
	if (m->n >= NAMES_MAX) {
		s->complete = false;
		return NULL;
	}
	d = ARENA_NEW(s->arena, struct named);
	d->name = arena_str(s->arena, name);
	hmap_insert(m, &d->node, hash);
	return d;
}

static void
see_notification(struct stats *s, const struct row *row)
{
	struct told *t = told_at(s, row->at - row->at % s->step, row->receiver);

	if (t == NULL)
		return;
	t->sent += row->outcome == OUTCOME_SENT;
	t->failed += row->outcome == OUTCOME_FAILED;
}

/* Events come the newest first: behind a resolution stands the time when it fired again. */
static void
see_alert(struct stats *s, const struct row *row)
{
	struct noisy *a = noisy_of(s, row->set);

	if (a == NULL)
		return;
	if (row->kind == KIND_ACKED) {
		a->acked = row->starts != 0 ? (int64_t)row->starts : row->at;
		return;
	}
	if (row->kind == KIND_FIRING) {
		a->fired++;
		a->fires = row->at;
		if (a->acked != 0) {
			s->acks++;
			s->ack_ms += (double)(a->acked - row->at);
		}
	} else if (row->kind == KIND_RESOLVED && a->fires != 0) {
		a->flaps += a->fires - row->at < FLAP_MS;
		a->fires = 0;
	}
	a->acked = 0;
}

static void
see_silenced(struct stats *s, struct str ids)
{
	while (ids.n > 0) {
		struct named *d = named_of(s, &s->silences, str_split(&ids, ' '));

		if (d != NULL)
			d->used = true;
	}
}

/* The newest that is known of a silence counts. */
static void
see_silence(struct stats *s, const struct row *row)
{
	struct named *d = named_of(s, &s->silences, row->ref);

	if (d == NULL)
		return;
	d->begun |= (int64_t)row->starts < s->q->to;
	if (d->made || d->ended)
		return;
	d->ended = row->kind == KIND_SILENCE_EXPIRED;
	d->made = !d->ended;
	d->by = arena_str(s->arena, row->actor);
	d->comment = arena_str(s->arena, row->text);
	d->matchers = arena_str(s->arena, row->matchers);
	d->ends = (int64_t)row->ends;
}

static void
see(struct stats *s, const struct row *row)
{
	struct named *d;

	if (row->at < s->q->from || row->at >= s->q->to)
		return;
	switch ((int)row->kind) { /* the others do not count */
	case KIND_NOTIFICATION:
		see_notification(s, row);
		break;
	case KIND_FIRING:
	case KIND_RESOLVED:
	case KIND_ACKED:
		see_alert(s, row);
		break;
	case KIND_SILENCED:
		see_silenced(s, row->ref);
		break;
	case KIND_INHIBITED:
		d = named_of(s, &s->rules, row->ref);
		if (d != NULL)
			d->used = true;
		break;
	case KIND_SILENCE_CREATED:
	case KIND_SILENCE_UPDATED:
	case KIND_SILENCE_EXPIRED:
		see_silence(s, row);
		break;
	default:
		break;
	}
}

struct place {
	size_t at;
	int64_t time;
};

/* The block's events, the newest first. */
static void
look_into(struct stats *s, struct block_view *v)
{
	VEC(struct place) places = { 0 };
	struct str *words = NULL;
	size_t words_n = 0;
	struct row_reader r;
	struct row row;

	if (!block_contents(&s->r->source, v) || !block_words(v->words, &words, &words_n)) {
		s->bad++;
		return;
	}
	row_reader_init(&r, v, words, words_n);
	do
		VEC_PUSH(&places, ((struct place){ r.at, r.time }));
	while (row_reader_next(&r, &row) == 1);
	for (size_t i = places.n; i-- > 0;) {
		r.at = places.v[i].at;
		r.time = places.v[i].time;
		if (row_reader_next(&r, &row) == 1)
			see(s, &row);
	}
	row_reader_fini(&r);
	VEC_FINI(&places);
	mem_free(words);
}

static bool
go_through(struct stats *s, const struct until *u, struct err *e)
{
	sqlite3_stmt *blocks = s->r->blocks;
	int code;

	sqlite3_bind_int64(blocks, 1, INT64_MAX);
	while ((code = sqlite3_step(blocks)) == SQLITE_ROW) {
		struct block_view v;

		block_summary(blocks, &v);
		if (v.newest < s->q->from || v.oldest >= s->q->to)
			continue;
		look_into(s, &v);
		s->from = v.oldest > s->q->from ? v.oldest : s->q->from;
		if (until_over(u)) {
			s->complete = false;
			break;
		}
	}
	if (code != SQLITE_DONE && code != SQLITE_ROW)
		past_db_failed(&s->r->db, e);
	sqlite3_reset(blocks);
	return code == SQLITE_DONE || code == SQLITE_ROW;
}

static int
by_time(const void *a, const void *b)
{
	const struct told *x = *(struct told *const *)a, *y = *(struct told *const *)b;

	return x->at != y->at ? (x->at < y->at ? -1 : 1) : str_cmp(x->receiver, y->receiver);
}

static int
by_fired(const void *a, const void *b)
{
	const struct noisy *x = *(struct noisy *const *)a, *y = *(struct noisy *const *)b;

	return x->fired != y->fired ? (x->fired > y->fired ? -1 : 1) : (x->fingerprint > y->fingerprint) - (x->fingerprint < y->fingerprint);
}

static int
by_flaps(const void *a, const void *b)
{
	const struct noisy *x = *(struct noisy *const *)a, *y = *(struct noisy *const *)b;

	return x->flaps != y->flaps ? (x->flaps > y->flaps ? -1 : 1) : by_fired(a, b);
}

static void
put_told(struct stats *s, struct json_writer *w)
{
	struct told **all = ARENA_ARRAY(s->arena, s->told.n, struct told *);
	size_t n = 0;

	HMAP_EACH(&s->told, node)
		all[n++] = CONTAINER_OF(node, struct told, node);
	qsort(all, n, sizeof(all[0]), by_time);
	json_key(w, STR("notifications"));
	json_array_begin(w);
	for (size_t i = 0; i < n; i++) {
		json_object_begin(w);
		show_time(w, "at", all[i]->at);
		json_put_str(w, "receiver", all[i]->receiver);
		json_put_uint(w, "sent", all[i]->sent);
		json_put_uint(w, "failed", all[i]->failed);
		json_object_end(w);
	}
	json_array_end(w);
}

static void
put_noisy(struct stats *s, struct json_writer *w, const char *key, struct noisy *const *v, size_t n)
{
	char text[17];

	json_key(w, str_from(key));
	json_array_begin(w);
	for (size_t i = 0; i < n; i++) {
		const struct known_labels *l = reader_labels(s->r, v[i]->set);

		snprintf(text, sizeof(text), "%016" PRIx64, l->fingerprint);
		json_object_begin(w);
		json_put_str(w, "fingerprint", str_from(text));
		json_put_raw(w, "labels", l->json.n > 0 ? l->json : STR("{}"));
		json_put_uint(w, "fired", v[i]->fired);
		json_put_uint(w, "flaps", v[i]->flaps);
		json_object_end(w);
	}
	json_array_end(w);
}

static void
put_alerts(struct stats *s, struct json_writer *w)
{
	struct noisy **all = ARENA_ARRAY(s->arena, s->alerts.n, struct noisy *);
	size_t n = 0, shown = 0;

	HMAP_EACH(&s->alerts, node)
		all[n++] = CONTAINER_OF(node, struct noisy, node);
	qsort(all, n, sizeof(all[0]), by_fired);
	while (shown < n && shown < SHOWN_MAX && all[shown]->fired > 0)
		shown++;
	put_noisy(s, w, "noisiest", all, shown);
	qsort(all, n, sizeof(all[0]), by_flaps);
	for (shown = 0; shown < n && shown < SHOWN_MAX && all[shown]->flaps >= FLAPS;)
		shown++;
	put_noisy(s, w, "flapping", all, shown);
}

static int
by_end(const void *a, const void *b)
{
	const struct named *x = *(struct named *const *)a, *y = *(struct named *const *)b;

	return x->ends != y->ends ? (x->ends < y->ends ? -1 : 1) : str_cmp(x->name, y->name);
}

static void
put_unmatched(struct stats *s, struct json_writer *w)
{
	struct named **all = ARENA_ARRAY(s->arena, s->silences.n, struct named *);
	size_t n = 0;

	HMAP_EACH(&s->silences, node) {
		struct named *d = CONTAINER_OF(node, struct named, node);

		if (d->made && d->begun && !d->used)
			all[n++] = d;
	}
	qsort(all, n, sizeof(all[0]), by_end);
	json_key(w, STR("silences_unmatched"));
	json_array_begin(w);
	for (size_t i = 0; i < n && i < UNMATCHED_MAX; i++) {
		json_object_begin(w);
		json_put_str(w, "silence_id", all[i]->name);
		json_put_str(w, "by", all[i]->by);
		json_put_str(w, "comment", all[i]->comment);
		json_put_str(w, "matchers", all[i]->matchers);
		show_time(w, "ends", all[i]->ends);
		json_object_end(w);
	}
	json_array_end(w);
}

static void
put_idle_rules(struct stats *s, const struct config *c, struct json_writer *w)
{
	size_t shown = 0;

	json_key(w, STR("inhibit_rules_idle"));
	json_array_begin(w);
	for (size_t i = 0; c != NULL && i < c->inhibit_rules_n && shown < UNMATCHED_MAX; i++) {
		struct str title = c->inhibit_rules[i].title;
		struct named *d = named_of(s, &s->rules, title);

		if (d == NULL || d->used)
			continue;
		json_object_begin(w);
		json_put_uint(w, "index", i);
		json_put_str(w, "name", title);
		json_object_end(w);
		shown++;
	}
	json_array_end(w);
}

static void
put_answer(struct stats *s, const struct config *c, struct sbuf *out)
{
	struct json_writer w;

	json_writer_init(&w, out, JSON_HTML_ESCAPED);
	json_object_begin(&w);
	json_put_int(&w, "step", s->step / 1000);
	show_time(&w, "from", s->from);
	show_time(&w, "to", s->q->to);
	json_put_bool(&w, "complete", s->complete);
	put_told(s, &w);
	put_alerts(s, &w);
	put_unmatched(s, &w);
	put_idle_rules(s, c, &w);
	json_put_uint(&w, "acks", s->acks);
	json_key(&w, STR("mean_seconds_to_ack"));
	if (s->acks > 0)
		json_double(&w, s->ack_ms / (double)s->acks / 1000);
	else
		json_nil(&w);
	json_object_end(&w);
	sbuf_putc(out, '\n');
}

bool
stats_run(struct reader *r, const struct question *q, const struct config *c, struct clock *clock, struct sbuf *out,
    struct err *e)
{
	struct stats s = { .r = r, .q = q, .arena = arena_new(), .complete = true, .from = q->from };
	struct until u = { clock, mono_add(clock->now(clock).mono, STATS_TIME) };
	bool ok;

	s.step = q->to - q->from <= SHORT_RANGE ? HOUR_MS : 24 * HOUR_MS;
	ok = go_through(&s, &u, e);
	if (s.complete)
		s.from = q->from;
	if (ok)
		put_answer(&s, c, out);
	hmap_fini(&s.told);
	hmap_fini(&s.alerts);
	hmap_fini(&s.silences);
	hmap_fini(&s.rules);
	arena_free(&s.arena);
	return ok;
}
