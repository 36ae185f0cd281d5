/* SPDX-License-Identifier: Apache-2.0 */
/* Alerts on their way to the disk: what is written, folded, lost and found again. */
#include "lib_store.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/rand.h"
#include "kept_private.h"

#define T0 INT64_C(1767571200)

/* A disk: the rows, in no order. */
struct disk {
	struct batch rows;
	size_t written;
};

static struct wall
at(int64_t s)
{
	return (struct wall){ T0 + s, 0, 0 };
}

static struct alert *
make(int number, const char *note, int64_t starts, int64_t ends, int64_t updated)
{
	char value[32], url[64];
	struct label_pair labels[] = { { STR("alertname"), STR("Down") }, { STR("i"), STR("") } };
	struct label_pair notes[] = { { STR("summary"), str_from(note) } };
	struct alert *a = NEW(struct alert);

	snprintf(value, sizeof(value), "%d", number);
	labels[1].value = str_from(value);
	snprintf(url, sizeof(url), "http://p/%d", number % 3);
	a->refs = 1;
	a->labels = labels_new(labels, 2);
	a->annotations = labels_new(notes, 1);
	a->generator_url = istr_get(str_from(url));
	a->starts = at(starts);
	a->ends = at(ends);
	a->updated = at(updated);
	return a;
}

/* Posts one; is it written? */
static bool
post(struct kept *k, int number, const char *note, int64_t starts, int64_t ends, int64_t updated, uint64_t no)
{
	struct alert *a = make(number, note, starts, ends, updated);
	bool news = kept_set(k, a, no, NULL);

	alert_unref(a);
	return news;
}

static void
apply(struct disk *d, struct batch *b)
{
	HMAP_EACH(&b->ops, node) {
		struct op *o = CONTAINER_OF(node, struct op, node);

		if (o->drop) {
			batch_forget(&d->rows, o->table, o->key);
			continue;
		}
		d->written += o->body.n;
		batch_put_take(&d->rows, o->table, o->key, (struct str){ mem_strndup(o->body.p, o->body.n), o->body.n });
	}
}

static bool
commit(struct kept *k, struct disk *d, bool ok)
{
	struct batch b = { 0 };
	uint64_t left_out;
	bool all = kept_prepare(k, &b, &left_out);

	if (ok) {
		apply(d, &b);
		kept_written(k);
	} else {
		kept_lost(k, &b, 1);
		ck_assert_uint_eq(b.ops.n, 0);
	}
	batch_clear(&b);
	return all;
}

static int
by_key(const void *x, const void *y)
{
	return str_cmp((*(struct op *const *)x)->key, (*(struct op *const *)y)->key);
}

static void
load(struct kept *k, const struct disk *d)
{
	struct op **v = mem_calloc(d->rows.ops.n, sizeof(*v));
	struct err e = { 0 };
	size_t n = 0;

	kept_init(k);
	HMAP_EACH(&d->rows.ops, node)
		v[n++] = CONTAINER_OF(node, struct op, node);
	qsort(v, n, sizeof(*v), by_key);
	for (size_t i = 0; i < n; i++)
		ck_assert(kept_load_row(k, v[i]->key, v[i]->body, &e));
	mem_free(v);
}

static struct alert *
find(struct kept *k, int number)
{
	struct alert *probe = make(number, "", 0, 0, 0), *found = NULL;

	HMAP_EACH(&k->alerts, node) {
		struct alert *a = CONTAINER_OF(node, struct kept_alert, node)->alert;

		if (a->labels == probe->labels)
			found = a;
	}
	alert_unref(probe);
	return found;
}

START_TEST(comes_back)
{
	struct kept k, again;
	struct disk d = { 0 };
	struct alert *a;

	kept_init(&k);
	ck_assert(post(&k, 1, "one", 0, 300, 0, 1));
	ck_assert(post(&k, 2, "two", 5, 305, 5, 2));
	ck_assert(commit(&k, &d, true));
	ck_assert_uint_eq(k.news_n, 0);
	load(&again, &d);
	ck_assert_uint_eq(again.alerts.n, 2);
	a = find(&again, 2);
	ck_assert(wall_cmp(a->starts, at(5)) == 0 && wall_cmp(a->ends, at(305)) == 0 && wall_cmp(a->updated, at(5)) == 0);
	ck_assert(str_is(labels_get(a->annotations, STR("summary")), "two"));
	ck_assert(str_is(istr_str(a->generator_url), "http://p/2"));
	kept_fini(&k);
	kept_fini(&again);
	batch_clear(&d.rows);
}
END_TEST

/* An end four minutes ahead, renewed every minute: written when less than two minutes are left on disk. */
START_TEST(posted_again_is_written_rarely)
{
	struct kept k, again;
	struct disk d = { 0 };
	int written = 0;

	kept_init(&k);
	ck_assert(post(&k, 1, "n", 0, 240, 0, 1));
	commit(&k, &d, true);
	for (int64_t t = 60; t <= 3600; t += 60) {
		if (post(&k, 1, "n", 0, t + 240, t, 2)) {
			written++;
			commit(&k, &d, true);
		}
		load(&again, &d);
		ck_assert(wall_sub(find(&again, 1)->ends, at(t)) >= 120 * SPAN_S);
		kept_fini(&again);
	}
	ck_assert_int_eq(written, 20);
	/* What matters at once. */
	ck_assert(post(&k, 1, "other", 0, 3841, 3601, 3));
	commit(&k, &d, true);
	ck_assert(post(&k, 1, "other", 1, 3842, 3602, 4));
	commit(&k, &d, true);
	ck_assert(post(&k, 1, "other", 1, 3603, 3603, 5));	/* ended */
	commit(&k, &d, true);
	ck_assert(!post(&k, 1, "other", 1, 3603, 3660, 6));	/* told again that it ended */
	load(&again, &d);
	ck_assert(wall_cmp(find(&again, 1)->ends, at(3603)) == 0);
	kept_fini(&again);
	kept_fini(&k);
	batch_clear(&d.rows);
}
END_TEST

START_TEST(settles_at_the_end)
{
	struct kept k, again;
	struct disk d = { 0 };

	kept_init(&k);
	post(&k, 1, "n", 0, 240, 0, 1);
	commit(&k, &d, true);
	ck_assert(!post(&k, 1, "n", 0, 300, 60, 2));
	kept_settle(&k, 3);
	commit(&k, &d, true);
	load(&again, &d);
	ck_assert(wall_cmp(find(&again, 1)->ends, at(300)) == 0);
	kept_fini(&again);
	kept_fini(&k);
	batch_clear(&d.rows);
}
END_TEST

START_TEST(drops)
{
	struct kept k, again;
	struct disk d = { 0 };
	struct alert *a = make(1, "n", 0, 10, 0);

	kept_init(&k);
	kept_set(&k, a, 1, NULL);
	/* The disk has never heard of it. */
	ck_assert(!kept_drop(&k, a->labels));
	ck_assert(!kept_drop(&k, a->labels));
	ck_assert(commit(&k, &d, true));
	ck_assert_uint_eq(d.rows.ops.n, 0);
	kept_set(&k, a, 2, NULL);
	commit(&k, &d, true);
	ck_assert(kept_drop(&k, a->labels));
	commit(&k, &d, true);
	load(&again, &d);
	ck_assert_uint_eq(again.alerts.n, 0);
	kept_fini(&again);
	/* Gone and there again within one transaction. */
	kept_set(&k, a, 3, NULL);
	commit(&k, &d, true);
	kept_drop(&k, a->labels);
	kept_set(&k, a, 4, NULL);
	commit(&k, &d, true);
	load(&again, &d);
	ck_assert_uint_eq(again.alerts.n, 1);
	kept_fini(&again);
	kept_fini(&k);
	batch_clear(&d.rows);
	alert_unref(a);
}
END_TEST

/* A transaction is bounded; what is left out knows its number. */
START_TEST(is_bounded)
{
	struct kept k, again;
	struct disk d = { 0 };
	struct batch b = { 0 };
	uint64_t left_out = 0;

	kept_init(&k);
	for (int i = 0; i < 10000; i++)
		post(&k, i, "n", 0, 300, 0, (uint64_t)i + 1);
	ck_assert(!kept_prepare(&k, &b, &left_out));
	ck_assert_uint_eq(left_out, 8193);
	apply(&d, &b);
	kept_written(&k);
	batch_clear(&b);
	ck_assert(commit(&k, &d, true));
	load(&again, &d);
	ck_assert_uint_eq(again.alerts.n, 10000);
	kept_fini(&again);
	kept_fini(&k);
	batch_clear(&d.rows);
}
END_TEST

/* Random days: what is on disk is what was committed, within the rules; the log stays small. */
static void
live(uint64_t seed)
{
	struct kept k, again;
	struct disk d = { 0 };
	struct rand r;
	int64_t now = 0;

	rand_seed(&r, seed);
	kept_init(&k);
	for (int turn = 0; turn < 400; turn++) {
		for (uint64_t i = rand_below(&r, 300); i > 0; i--) {
			int number = (int)rand_below(&r, 500);
			struct alert *a;

			if (rand_below(&r, 10) == 0) {
				a = make(number, "", 0, 0, 0);
				kept_drop(&k, a->labels);
				alert_unref(a);
				continue;
			}
			post(&k, number, rand_below(&r, 4) == 0 ? "new" : "note", number,
			    rand_below(&r, 8) == 0 ? now : now + 240, now, 1);
		}
		now += (int64_t)rand_below(&r, 30);
		if (rand_below(&r, 40) == 0) {
			batch_clear(&d.rows);
			kept_forget_disk(&k, 1);
		}
		if (!commit(&k, &d, rand_below(&r, 5) != 0))
			ck_abort_msg("all must fit");
	}
	commit(&k, &d, true);
	load(&again, &d);
	ck_assert_uint_eq(again.alerts.n, k.alerts.n);
	HMAP_EACH(&k.alerts, node) {
		struct alert *a = CONTAINER_OF(node, struct kept_alert, node)->alert, *found = NULL;

		HMAP_EACH(&again.alerts, other)
			if (CONTAINER_OF(other, struct kept_alert, node)->alert->labels == a->labels)
				found = CONTAINER_OF(other, struct kept_alert, node)->alert;
		ck_assert_ptr_nonnull(found);
		ck_assert(found->annotations == a->annotations && found->generator_url == a->generator_url);
		ck_assert(wall_cmp(found->starts, a->starts) == 0);
		ck_assert(!wall_after(found->ends, a->ends));
		if (!wall_after(a->ends, a->updated))
			ck_assert(wall_cmp(found->ends, a->ends) == 0);
		else
			ck_assert(wall_sub(found->ends, a->updated) >= wall_sub(a->ends, a->updated) / 2);
	}
	kept_fini(&again);
	kept_fini(&k);
	batch_clear(&d.rows);
}

START_TEST(random_days)
{
	for (uint64_t seed = 1; seed <= 20; seed++)
		live(seed);
}
END_TEST

/* Many transactions over the same alerts: the log does not grow without end. */
START_TEST(is_folded)
{
	struct kept k, again;
	struct disk d = { 0 };
	char note[256];

	memset(note, 'x', sizeof(note) - 1);
	note[sizeof(note) - 1] = '\0';
	kept_init(&k);
	for (int64_t turn = 0; turn < 600; turn++) {
		note[0] = (char)('a' + turn % 26);
		for (int i = 0; i < 100; i++)
			post(&k, i, note, 0, turn * 10 + 240, turn * 10, 1);
		for (int i = 0; i < 100; i++) {
			note[1] = (char)('a' + i % 26);
			post(&k, 1000 + i, note, 0, turn * 10 + 240, turn * 10, 1);
		}
		ck_assert(commit(&k, &d, true));
		ck_assert_uint_lt(k.bytes, (8u << 20));
	}
	ck_assert_uint_gt(k.folded, 0);
	ck_assert_uint_eq(k.rows.n, d.rows.ops.n);
	load(&again, &d);
	ck_assert_uint_eq(again.alerts.n, 200);
	kept_fini(&again);
	kept_fini(&k);
	batch_clear(&d.rows);
}
END_TEST

int
main(void)
{
	return RUN("kept", comes_back, posted_again_is_written_rarely, settles_at_the_end, drops, is_bounded, random_days,
	    is_folded);
}
