/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim - runs days of the engine.
 *
 *	sim [--seed N | --seeds A..B] [--days D | --hours H] [--turn UNITS] [--clock N] [--verbose]
 *
 * --turn gives every day the same work in a turn of the engine; otherwise each draws its own. With --clock so many actions in a
 * thousand set the wall clock, up to 5 hours forward or back.
 * Prints the seed, the moment and the invariant of each day that goes wrong;
 * the same seed makes the same day. Exit status 1 when any did.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/slab.h"
#include "sim.h"

/* Small enough that long days also need the heap. */
static char slabs[1 << 20];

/* Nobody may count on what was in there. */
static void
forget(void *part, size_t n)
{
	memset(part, 0xA5, n);
}

#define CALM (50 * SPAN_MIN)	/* at the end of a day; longer than any group_interval, twice */

struct string {
	struct hmap_node node;
	size_t n;
	char bytes[];
};

void
sim_fail(struct day *d, const char *invariant, const char *fmt, ...)
{
	va_list ap;

	if (d->failed)
		return;
	d->failed = true;
	snprintf(d->failure, sizeof(d->failure), "%s", invariant);
	printf("seed %" PRIu64 " at %.3f s: invariant %s: ", d->options.seed, (double)mono_now(d) / 1e9, invariant);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	fflush(stdout);
}

void
sim_tell(struct day *d, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "%.3f ", (double)mono_now(d) / 1e9);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\n");
}

const char *
mask_text(struct day *d, alerts_mask m)
{
	static char texts[8][256];
	static unsigned next;
	char *text = texts[next++ % ARRAY_LEN(texts)];
	size_t n = 0;

	(void)d;
	n += (size_t)snprintf(text, sizeof(texts[0]), "[");
	for (int i = 0; i < MAX_ALERTS; i++)
		if ((m & bit(i)) != 0)
			n += (size_t)snprintf(text + n, sizeof(texts[0]) - n, "%s%d", n > 1 ? " " : "", i);
	snprintf(text + n, sizeof(texts[0]) - n, "]");
	return text;
}

/* Nobody attacks: quick is good enough. */
static uint64_t
quick_hash(const char *s, size_t n)
{
	uint64_t h = n * UINT64_C(0x9E3779B97F4A7C15), word = 0;

	for (; n >= sizeof(word); s += sizeof(word), n -= sizeof(word)) {
		memcpy(&word, s, sizeof(word));
		h = (h ^ word) * UINT64_C(0xBF58476D1CE4E5B9);
		h ^= h >> 29;
	}
	word = 0;
	memcpy(&word, s, n);
	h = (h ^ word) * UINT64_C(0x94D049BB133111EB);
	return h ^ h >> 32;
}

const char *
intern(struct day *d, const char *s, size_t n)
{
	uint64_t h = quick_hash(s, n);
	struct string *x;

	for (struct hmap_node *node = hmap_first(&d->strings, h); node != NULL; node = hmap_next(node)) {
		x = CONTAINER_OF(node, struct string, node);
		if (x->n == n && memcmp(x->bytes, s, n) == 0)
			return x->bytes;
	}
	x = arena_alloc(d->arena, sizeof(*x) + n + 1);
	x->n = n;
	memcpy(x->bytes, s, n);
	hmap_insert(&d->strings, &x->node, h);
	return x->bytes;
}

int
alert_of_labels(const struct day *d, const struct labels *l)
{
	for (int i = 0; i < d->alerts_n; i++)
		if (d->alerts[i].labels == l)
			return i;
	return -1;
}

int
alert_of_fingerprint(const struct day *d, uint64_t fingerprint)
{
	for (int i = 0; i < d->alerts_n; i++)
		if (labels_fingerprint(d->alerts[i].labels) == fingerprint)
			return i;
	return -1;
}

int
alert_of_hash(const struct day *d, uint64_t hash)
{
	for (int i = 0; i < d->alerts_n; i++)
		if (labels_hash(d->alerts[i].labels) == hash)
			return i;
	return -1;
}

/* Everybody is well again and nothing fires: what is left to tell is told. */
static void
calm_down(struct day *d)
{
	struct err e = { 0 };

	memset(d->modes, 0, sizeof(d->modes));
	d->disk_fails_until = 0;
	d->next_action = INT64_MAX;
	for (size_t i = 0; i < d->quiets.n; i++) {
		struct quiet *q = &d->quiets.v[i];

		if (q->declared)
			continue;
		quiet_end(d, q);
		if (!engine_silence_expire(d->engine, str_from(q->id), d->now, &e))
			sim_fail(d, "2 silences", "not expired: %s", e.text);
	}
	watch_disturbed(d, -1);
	d->upset++;
	world_live(d, mono_now(d) + CALM);
	if (!d->failed)
		act_post_all_resolved(d);
	d->upset++;
	watch_disturbed(d, -1);
	/* Explanations do not see what waits to be routed. */
	if (!d->failed)
		world_settle(d);
	if (!d->failed)
		world_live(d, mono_now(d) + CALM + d->eo.alert_gc_interval);
	if (!d->failed)
		watch_end(d);
}

static void
day_fini(struct day *d)
{
	world_fini(d);
	for (size_t i = 0; i < d->groups.n; i++)
		mem_free(d->groups.v[i]);
	for (int i = 0; i < d->plans_n; i++)
		plan_free(d->plans[i]);
	for (int i = 0; i < d->alerts_n; i++)
		labels_unref(d->alerts[i].labels);
	disk_fini(d);
	VEC_FINI(&d->groups);
	VEC_FINI(&d->quiets);
	VEC_FINI(&d->entries);
	VEC_FINI(&d->ending);
	VEC_FINI(&d->ended_groups);
	VEC_FINI(&d->outs);
	VEC_FINI(&d->heard);
	VEC_FINI(&d->foretold);
	VEC_FINI(&d->foreseen);
	hmap_fini(&d->strings);
	arena_free(&d->arena);
	mem_free(d);
}

struct totals {
	uint64_t days, failed, posts, flushes, sent, performed, crashes, restarts, reloads, wakeups, explained, explained_ahead;
};

static void
add_up(struct totals *t, const struct day *d)
{
	t->days++;
	t->failed += d->failed;
	t->posts += d->posts;
	t->flushes += d->flushes;
	t->sent += d->sent;
	t->performed += d->performed;
	t->crashes += d->crashes;
	t->restarts += d->restarts;
	t->reloads += d->reloads;
	t->wakeups += d->wakeups;
	t->explained += d->explained;
	t->explained_ahead += d->explained_ahead;
}

static bool
run_day(const struct sim_options *o, struct totals *t)
{
	struct day *d = NEW(struct day);
	bool ok;

	d->options = *o;
	d->arena = arena_new();
	rand_seed(&d->r, o->seed);
	world_make(d);
	universe_make(d);
	d->plan = plan_first(d);
	world_start(d);
	world_live(d, d->end);
	if (!d->failed)
		calm_down(d);
	/* A member looks each half second whether it has stood still. */
	if (!d->failed && d->wakeups > 20 * d->activity + 10000 + (uint64_t)(d->clustered / (500 * SPAN_MS)))
		sim_fail(d, "7 wake-ups", "%" PRIu64 " wake-ups for %" PRIu64 " deeds", d->wakeups, d->activity);
	add_up(t, d);
	ok = !d->failed;
	day_fini(d);
	return ok;
}

static void
print_totals(FILE *to, const struct totals *t)
{
	fprintf(to, "%" PRIu64 " days, %" PRIu64 " failed; %" PRIu64 " posts, %" PRIu64 " flushes, %" PRIu64 " attempts (%" PRIu64
	    " performed), %" PRIu64 " crashes, %" PRIu64 " starts, %" PRIu64 " reloads, %" PRIu64 " wake-ups, %" PRIu64 " explanations (%" PRIu64 " ahead)\n", t->days,
	    t->failed, t->posts, t->flushes, t->sent, t->performed, t->crashes, t->restarts, t->reloads, t->wakeups, t->explained,
	    t->explained_ahead);
}

static int
usage(void)
{
	fprintf(stderr, "usage: sim [--seed N | --seeds A..B] [--days D | --hours H] [--turn UNITS]\n"
	    "           [--clock N] [--max-failures N] [--verbose]\n");
	return 2;
}

int
main(int argc, char **argv)
{
	struct sim_options o = { .length = 24 * SPAN_HOUR };
	uint64_t from = 1, to = 100, most = 10;
	struct totals t = { 0 };

	slab_begin(slabs, sizeof(slabs), forget);
	for (int i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : NULL;
		char *end = NULL;

		if (strcmp(argv[i], "--verbose") == 0) {
			o.verbose = true;
			continue;
		}
		if (value == NULL)
			return usage();
		if (strcmp(argv[i], "--seed") == 0) {
			from = to = strtoull(value, NULL, 10);
		} else if (strcmp(argv[i], "--seeds") == 0) {
			from = strtoull(value, &end, 10);
			to = strncmp(end, "..", 2) == 0 ? strtoull(end + 2, NULL, 10) : from;
		} else if (strcmp(argv[i], "--days") == 0) {
			o.length = (span)strtoll(value, NULL, 10) * 24 * SPAN_HOUR;
		} else if (strcmp(argv[i], "--hours") == 0) {
			o.length = (span)strtoll(value, NULL, 10) * SPAN_HOUR;
		} else if (strcmp(argv[i], "--turn") == 0) {
			o.turn = strtoll(value, NULL, 10);
		} else if (strcmp(argv[i], "--clock") == 0) {
			o.clock = (int)strtol(value, NULL, 10);
		} else if (strcmp(argv[i], "--max-failures") == 0) {
			most = strtoull(value, NULL, 10);
		} else {
			return usage();
		}
		i++;
	}
	for (o.seed = from; o.seed <= to && t.failed < most; o.seed++) {
		run_day(&o, &t);
		if (t.days % 1000 == 0)
			print_totals(stderr, &t);
	}
	print_totals(stdout, &t);
	return t.failed > 0;
}
