/* SPDX-License-Identifier: Apache-2.0 */
/* Log entries and intents in the log of rows. */
#include "lib_store.h"

#include <string.h>

#include "base/mem.h"
#include "base/rand.h"
#include "core/nflog.h"
#include "lib_row_disk.h"
#include "wire/records.h"

#define ENTRIES 60
#define INTENTS 40

/* An engine's: the notification log, and the intents that are open, by when they were last changed. */
struct side {
	struct nflog *log;
	struct row_log k;
	struct row_disk disk;
	unsigned intents[INTENTS];	/* attempts; 0: there is none */
	bool entries[ENTRIES];
	int64_t now;
};

static struct log_key
key_of(int number, char text[16])
{
	snprintf(text, 16, "{}:{g=\"%d\"}", number);
	return (struct log_key){ str_from(text), STR("ops"), STR("webhook"), 0 };
}

static void
tell(struct side *s, int number, size_t firing_n)
{
	uint64_t firing[40];
	char text[16];
	struct log_entry entry = { .key = key_of(number, text), .timestamp = { 1767571200 + s->now, 0, 0 },
		.expires = { 1767571200 + s->now + 1000, 0, 0 }, .firing = firing, .firing_n = firing_n };
	struct log_entry *held;

	for (size_t i = 0; i < firing_n; i++)
		firing[i] = UINT64_MAX - i;
	held = (struct log_entry *)(uintptr_t)nflog_set(s->log, &entry);
	row_log_set_entry(&s->k, held, 1, &held->stored_as);
	s->entries[number] = true;
}

static void
dropped(void *arg, const struct log_entry *entry)
{
	row_log_drop(arg, &((struct log_entry *)(uintptr_t)entry)->stored_as);
}

/* Those are forgotten that nobody has told of for that long. */
static void
sweep(struct side *s, int64_t upto)
{
	struct hmap_cursor at = { 0 };
	struct work w = { .left = WORK_TURN };

	ck_assert(nflog_gc_some(s->log, (struct wall){ 1767571200 + upto, 0, 0 }, &at, &w, dropped, &s->k));
	for (int i = 0; i < ENTRIES; i++) {
		char text[16];
		struct log_key key = key_of(i, text);

		s->entries[i] = nflog_find(s->log, &key) != NULL;
	}
}

static void
intend(struct side *s, int number, struct labels *labels)
{
	struct intent_state state = { .id = (uint64_t)number + 1, .route_id = STR("{}"), .receiver = STR("ops"),
		.integration = STR("webhook"), .labels = labels, .attempts = ++s->intents[number] };

	row_log_set_intent(&s->k, &(struct change){ .intent = &state }, 1);
}

static void
settle(struct side *s, int number)
{
	row_log_drop_intent(&s->k, (uint64_t)number + 1);
	s->intents[number] = 0;
}

struct found {
	const struct side *s;
	struct arena *arena;
	size_t entries, intents;
};

static void
check_entry(void *arg, struct row_log *k, struct kept_record *r, struct str body)
{
	struct found *f = arg;
	const struct log_entry *held;
	struct change c;
	struct err e = { 0 };

	(void)k;
	(void)r;
	ck_assert(record_get_log_entry(body, f->arena, &c, &e));
	held = nflog_find(f->s->log, &c.entry->key);
	ck_assert_ptr_nonnull(held);
	ck_assert(wall_cmp(held->timestamp, c.entry->timestamp) == 0);
	ck_assert_uint_eq(held->firing_n, c.entry->firing_n);
	f->entries++;
}

static void
check_intent(void *arg, struct row_log *k, struct kept_record *r, struct str body)
{
	struct found *f = arg;
	struct change c;
	struct err e = { 0 };

	(void)k;
	(void)r;
	ck_assert(record_get_intent(body, f->arena, &c, &e));
	ck_assert_uint_eq(c.intent->attempts, f->s->intents[c.intent->id - 1]);
	record_release(&c);
	f->intents++;
}

/* A start would find what there is. */
static void
compare(struct side *s)
{
	struct found f = { .s = s, .arena = arena_new() };
	size_t intents = 0;
	struct row_log again;

	row_disk_load(&again, &s->disk);
	row_log_each_record(&again, TABLE_LOG_ENTRY, check_entry, &f);
	row_log_each_record(&again, TABLE_INTENT, check_intent, &f);
	for (int i = 0; i < INTENTS; i++)
		intents += s->intents[i] > 0;
	ck_assert_uint_eq(f.entries, nflog_count(s->log));
	ck_assert_uint_eq(f.intents, intents);
	ck_assert_uint_eq(again.records_n, f.entries + f.intents);
	/* Those that were never written have numbers, too. */
	ck_assert_uint_le(again.last_record, s->k.last_record);
	row_log_fini(&again);
	arena_free(&f.arena);
}

static void
begin(struct side *s)
{
	*s = (struct side){ .log = nflog_new() };
	row_log_init(&s->k);
}

static void
end(struct side *s)
{
	/* The engine goes first: the store has references of its own. */
	nflog_free(&s->log);
	row_log_fini(&s->k);
	row_disk_clear(&s->disk);
}

START_TEST(an_intent_that_is_over_leaves_no_trace)
{
	struct label_pair pair = { STR("g"), STR("1") };
	struct labels *labels = labels_new(&pair, 1);
	struct side s;

	begin(&s);
	intend(&s, 1, labels);
	settle(&s, 1);
	ck_assert_uint_eq(s.k.news_n + s.k.drops.n, 0);
	ck_assert(row_disk_commit(&s.k, &s.disk, true));
	ck_assert_uint_eq(s.disk.rows.ops.n, 0);
	/* Once written it is dropped, with what was told, in one transaction. */
	intend(&s, 1, labels);
	row_disk_commit(&s.k, &s.disk, true);
	compare(&s);
	settle(&s, 1);
	tell(&s, 1, 3);
	row_disk_commit(&s.k, &s.disk, true);
	compare(&s);
	ck_assert_uint_eq(s.k.records_n, 1);
	ck_assert(!row_log_drop_intent(&s.k, 2));
	end(&s);
	labels_unref(labels);
}
END_TEST

/* Groups may have labels of a megabyte each: what is told of them is spelled out in slices of so many bytes, in one transaction. */
START_TEST(long_ones_are_written_in_slices)
{
	enum { LONG = 1 << 20, MANY = 20 };
	char *value = mem_alloc(LONG);
	struct label_pair pair = { STR("g"), { value, LONG } };
	struct labels *labels;
	struct batch b = { 0 };
	struct work w = { WORK_TURN };
	uint64_t left_out = 0;
	size_t slices = 1, put = 0;
	struct side s;

	memset(value, 'g', LONG);
	labels = labels_new(&pair, 1);
	begin(&s);
	for (int i = 0; i < MANY; i++)
		intend(&s, i, labels);
	/* Another attempt, before it was written. */
	intend(&s, 0, labels);
	for (; !row_log_prepare_some(&s.k, &b, &w, &left_out); w.left = WORK_TURN, slices++) {
		size_t bytes = b.bytes + s.k.row.b.n - put;

		ck_assert_uint_le(bytes, 3u << 20);
		put += bytes;
	}
	ck_assert_uint_ge(slices, MANY / 3);
	ck_assert_uint_eq(left_out, 0);
	row_disk_apply(&s.disk, &b);
	row_log_written(&s.k);
	batch_clear(&b);
	compare(&s);
	end(&s);
	labels_unref(labels);
	mem_free(value);
}
END_TEST

/* Other news may have to wait for the next transaction: records do not. */
START_TEST(records_are_never_left_out)
{
	struct batch b = { 0 };
	uint64_t left_out = 0;
	struct side s;
	void *places[3000] = { 0 };

	begin(&s);
	for (int i = 0; i < 3000; i++) {
		struct group_state g = { .route_id = STR("{}"), .receiver = STR("ops") };
		struct label_pair pair = { STR("i"), STR("") };
		char value[16];

		snprintf(value, sizeof(value), "%d", i);
		pair.value = str_from(value);
		g.labels = labels_new(&pair, 1);
		row_log_set_group(&s.k, &g, (uint64_t)i + 1, &places[i]);
		labels_unref((struct labels *)(uintptr_t)g.labels);
	}
	tell(&s, 7, 1);
	ck_assert(!row_disk_prepare(&s.k, &b, &left_out));
	ck_assert_uint_gt(left_out, 1);
	row_disk_apply(&s.disk, &b);
	row_log_written(&s.k);
	batch_clear(&b);
	compare(&s);
	end(&s);
}
END_TEST

static void
live(uint64_t seed)
{
	struct label_pair pair = { STR("g"), STR("1") };
	struct labels *labels = labels_new(&pair, 1);
	struct rand r;
	struct side s;

	begin(&s);
	rand_seed(&r, seed);
	for (int turn = 0; turn < 200; turn++) {
		bool ok = rand_below(&r, 5) != 0;

		for (uint64_t i = rand_below(&r, 200); i > 0; i--) {
			int number = (int)rand_below(&r, ENTRIES);

			if (rand_below(&r, 3) == 0)
				tell(&s, number, rand_below(&r, 40));
			else if (rand_below(&r, 2) == 0)
				intend(&s, number % INTENTS, labels);
			else
				settle(&s, number % INTENTS);
		}
		s.now += (int64_t)rand_below(&r, 30);
		if (rand_below(&r, 20) == 0)
			sweep(&s, s.now + 980);
		if (rand_below(&r, 40) == 0) {
			row_disk_clear(&s.disk);
			row_disk_forget(&s.k);
		}
		ck_assert(row_disk_commit(&s.k, &s.disk, ok));
		if (ok && turn % 10 == 0)
			compare(&s);
	}
	ck_assert_uint_lt(s.k.bytes, (8u << 20));
	end(&s);
	labels_unref(labels);
}

START_TEST(random_days)
{
	for (uint64_t seed = 1; seed <= 5; seed++)
		live(seed);
}
END_TEST

/* As often as it is told, the log of rows stays small. */
START_TEST(is_folded)
{
	struct label_pair pair = { STR("g"), STR("1") };
	struct labels *labels = labels_new(&pair, 1);
	struct side s;

	begin(&s);
	for (int turn = 0; turn < 500; turn++) {
		for (int i = 0; i < ENTRIES; i++) {
			if (turn % 2 == 0)
				intend(&s, i % INTENTS, labels);
			else
				settle(&s, i % INTENTS);
			tell(&s, i, 30);
		}
		s.now++;
		ck_assert(row_disk_commit(&s.k, &s.disk, true));
		ck_assert_uint_lt(s.k.bytes, (8u << 20));
	}
	ck_assert_uint_gt(s.k.folded, 0);
	compare(&s);
	end(&s);
	labels_unref(labels);
}
END_TEST

int
main(void)
{
	return RUN("records", an_intent_that_is_over_leaves_no_trace, long_ones_are_written_in_slices, records_are_never_left_out,
	    random_days, is_folded);
}
