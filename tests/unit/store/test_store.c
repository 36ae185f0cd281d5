/* SPDX-License-Identifier: Apache-2.0 */
/* The whole store under an engine: what survives, and what happens when the disk does not work. */
#include "lib_store.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "lib_fault.h"
#include "store_private.h"

static const char plain[] = "receiver ops hook mail\nroute receiver=ops by=[alertname] wait=30s interval=5m\n";

START_TEST(all_survives_a_crash)
{
	struct rig r;
	char id[SILENCE_ID_MAX];

	rig_init(&r, plain);
	rig_start(&r);
	rig_silence(&r, "alertname=\"Hush\"", id);
	rig_post(&r, "A{x=1}", r.now.wall, rig_in(&r, SPAN_HOUR));
	rig_pass(&r, 30 * SPAN_S);
	ck_assert_uint_eq(r.sent_n, 2);
	rig_answer(&r, r.sent[0].attempt, true);
	rig_answer(&r, r.sent[1].attempt, true);
	rig_post(&r, "B{x=1}", r.now.wall, rig_in(&r, SPAN_HOUR));
	rig_pass(&r, 10 * SPAN_S);
	rig_settle(&r);
	rig_crash(&r);
	rig_start(&r);
	ck_assert_ptr_nonnull(view_silence(r.engine, str_from(id)));
	ck_assert_ptr_nonnull(rig_alert(&r, "A{x=1}"));
	/* B's group has 20 seconds left; A's has been told. */
	rig_pass(&r, 19 * SPAN_S);
	ck_assert_uint_eq(r.sent_n, 0);
	rig_pass(&r, 2 * SPAN_S);
	ck_assert_uint_eq(r.sent_n, 2);
	ck_assert(strstr(r.sent[0].text, "B") != NULL);
	rig_fini(&r);
}
END_TEST

START_TEST(what_was_under_way_goes_on)
{
	struct rig r;
	uint64_t id;

	rig_init(&r, plain);
	rig_start(&r);
	rig_post(&r, "A{x=1}", r.now.wall, rig_in(&r, SPAN_HOUR));
	rig_pass(&r, 30 * SPAN_S);
	ck_assert_uint_eq(r.sent_n, 2);
	rig_answer(&r, r.sent[0].attempt, true);
	/* Two recipients, one of them served. */
	r.sent[1].n->recipients = (struct recipients){ .n = 2, .known = true };
	r.sent[1].n->recipients.v = ARENA_ARRAY(r.sent[1].n->arena, 2, struct recipient);
	r.sent[1].n->recipients.v[0] = (struct recipient){ .to = STR("+1"), .state = RECIPIENT_DONE, .provider_id = STR("id-1") };
	r.sent[1].n->recipients.v[1] = (struct recipient){ .to = STR("+2") };
	engine_progressed(r.engine, r.sent[1].attempt, r.now);
	id = r.sent[1].id;
	rig_post(&r, "A{x=2}", r.now.wall, rig_in(&r, SPAN_HOUR));
	rig_settle(&r);
	rig_crash(&r);
	rig_start(&r);
	ck_assert_uint_eq(r.sent_n, 1);
	ck_assert_uint_eq(r.sent[0].id, id);
	ck_assert(strstr(r.sent[0].text, "x=\"2\"") == NULL);
	ck_assert_uint_eq(r.sent[0].n->recipients.n, 2);
	ck_assert(r.sent[0].n->recipients.known);
	ck_assert_int_eq(r.sent[0].n->recipients.v[0].state, RECIPIENT_DONE);
	ck_assert(str_is(r.sent[0].n->recipients.v[0].provider_id, "id-1"));
	ck_assert_int_eq(r.sent[0].n->recipients.v[1].state, RECIPIENT_PENDING);
	rig_answer(&r, r.sent[0].attempt, true);
	rig_settle(&r);
	rig_crash(&r);
	rig_start(&r);
	ck_assert_uint_eq(r.sent_n, 0);
	rig_pass(&r, 5 * SPAN_MIN);
	ck_assert_uint_eq(r.sent_n, 2);
	rig_fini(&r);
}
END_TEST

/* Nobody could post while we were down: what was firing has as much time left as it had. */
START_TEST(nothing_is_lost_while_the_disk_is_full)
{
	struct rig r;
	char id[3][SILENCE_ID_MAX];

	rig_init(&r, plain);
	rig_start(&r);
	rig_silence(&r, "a=\"0\"", id[0]);
	rig_settle(&r);
	fault.write = SQLITE_FULL;
	rig_silence(&r, "a=\"1\"", id[1]);
	rig_post(&r, "A{x=1}", r.now.wall, rig_in(&r, SPAN_HOUR));
	rig_until(&r, false);
	ck_assert_uint_eq(r.refused, store_ticket(r.store));
	ck_assert(strstr(r.why, "full") != NULL);
	ck_assert(rig_logged(&r, "going on from memory"));
	ck_assert(store_has_room(r.store));
	/* A caller that comes now is told at once, and nothing is kept waiting. */
	rig_silence(&r, "a=\"2\"", id[2]);
	while (r.refused != store_ticket(r.store))
		event_base_loop(r.base, EVLOOP_ONCE);
	ck_assert(!store_when_durable(r.store, &(struct store_wait){ 0 }));
	rig_pass(&r, 30 * SPAN_S);
	ck_assert_uint_eq(r.sent_n, 2);
	rig_answer(&r, r.sent[0].attempt, true);
	rig_answer(&r, r.sent[1].attempt, true);
	fault_clear();
	rig_until(&r, true);
	rig_settle(&r);
	ck_assert_uint_eq(r.durable, r.store->taken);
	rig_crash(&r);
	rig_start(&r);
	for (int i = 0; i < 3; i++)
		ck_assert_ptr_nonnull(view_silence(r.engine, str_from(id[i])));
	ck_assert_ptr_nonnull(rig_alert(&r, "A{x=1}"));
	rig_pass(&r, 4 * SPAN_MIN);
	ck_assert_uint_eq(r.sent_n, 0);
	rig_fini(&r);
}
END_TEST

START_TEST(any_write_may_fail)
{
	static const int codes[] = { SQLITE_IOERR_WRITE, SQLITE_FULL, SQLITE_READONLY };

	for (int left = 0; left < 24; left++) {
		struct rig r;
		char id[2][SILENCE_ID_MAX];

		rig_init(&r, plain);
		rig_start(&r);
		rig_silence(&r, "a=\"0\"", id[0]);
		rig_settle(&r);
		fault.writes_left = left;
		fault.write = codes[left % 3];
		rig_silence(&r, "a=\"1\"", id[1]);
		for (int i = 0; i < 20; i++) {
			char name[32];

			snprintf(name, sizeof(name), "N{i=%d}", i);
			rig_post(&r, name, r.now.wall, rig_in(&r, SPAN_HOUR));
		}
		while (store_ticket(r.store) != 0 && r.refused == 0)
			event_base_loop(r.base, EVLOOP_ONCE);
		fault_clear();
		rig_settle(&r);
		rig_crash(&r);
		rig_start(&r);
		ck_assert_uint_eq(rig_silences(&r), 2);
		ck_assert_uint_eq(view_alerts_count(r.engine), 20);
		rig_fini(&r);
	}
}
END_TEST

START_TEST(a_failed_sync_is_a_failed_write)
{
	struct rig r;
	char id[SILENCE_ID_MAX];

	rig_init(&r, plain);
	rig_start(&r);
	rig_settle(&r);
	fault.sync = SQLITE_IOERR_FSYNC;
	rig_silence(&r, "a=\"1\"", id);
	rig_until(&r, false);
	ck_assert_uint_ne(store_ticket(r.store), 0);
	fault_clear();
	rig_settle(&r);
	rig_crash(&r);
	rig_start(&r);
	ck_assert_uint_eq(rig_silences(&r), 1);
	rig_fini(&r);
}
END_TEST

/* Cannot be written from the start on: what is there is used, and written to when that is possible. */
START_TEST(read_only_at_start)
{
	struct rig r;
	char id[2][SILENCE_ID_MAX];

	rig_init(&r, plain);
	rig_start(&r);
	rig_silence(&r, "a=\"1\"", id[0]);
	rig_settle(&r);
	rig_crash(&r);
	fault.open = SQLITE_READONLY;
	rig_start(&r);
	ck_assert(!store_health(r.store).ok);
	ck_assert_uint_eq(rig_silences(&r), 1);
	rig_silence(&r, "a=\"2\"", id[1]);
	fault_clear();
	rig_until(&r, true);
	rig_settle(&r);
	rig_crash(&r);
	rig_start(&r);
	ck_assert_uint_eq(rig_silences(&r), 2);
	rig_fini(&r);
}
END_TEST

/* Cannot even be read at the start: what is found later joins what came meanwhile. */
START_TEST(unreadable_at_start)
{
	struct rig r;
	char id[2][SILENCE_ID_MAX];

	rig_init(&r, plain);
	rig_start(&r);
	rig_silence(&r, "a=\"1\"", id[0]);
	rig_post(&r, "A{x=1}", r.now.wall, rig_in(&r, SPAN_HOUR));
	rig_settle(&r);
	rig_crash(&r);
	fault.open = SQLITE_CANTOPEN;
	rig_start(&r);
	ck_assert(!store_health(r.store).ok);
	ck_assert_uint_eq(rig_silences(&r), 0);
	rig_silence(&r, "a=\"2\"", id[1]);
	fault_clear();
	rig_until(&r, true);
	rig_settle(&r);
	rig_crash(&r);
	rig_start(&r);
	ck_assert_uint_eq(rig_silences(&r), 2);
	ck_assert_ptr_nonnull(rig_alert(&r, "A{x=1}"));
	rig_fini(&r);
}
END_TEST

/* The file is deleted under our hands: all there is in memory goes into a new one. */
START_TEST(deleted_while_running)
{
	struct rig r;
	char id[2][SILENCE_ID_MAX];

	rig_init(&r, plain);
	rig_start(&r);
	rig_silence(&r, "a=\"1\"", id[0]);
	rig_post(&r, "A{x=1}", r.now.wall, rig_in(&r, SPAN_HOUR));
	rig_pass(&r, 30 * SPAN_S);
	rig_settle(&r);
	ck_assert_int_eq(unlink(rig_path(&r, "tocsin.db")), 0);
	unlink(rig_path(&r, "tocsin.db-wal"));
	rig_silence(&r, "a=\"2\"", id[1]);
	rig_settle(&r);
	rig_crash(&r);
	rig_start(&r);
	ck_assert_uint_eq(rig_silences(&r), 2);
	ck_assert_ptr_nonnull(rig_alert(&r, "A{x=1}"));
	/* Both notifications were under way. */
	ck_assert_uint_eq(r.sent_n, 2);
	rig_fini(&r);
}
END_TEST

static void
fill(struct rig *r, int silences, int alerts)
{
	char text[64], id[SILENCE_ID_MAX];

	for (int i = 0; i < silences; i++) {
		snprintf(text, sizeof(text), "a=\"%d\"", i);
		rig_silence(r, text, id);
	}
	for (int i = 0; i < alerts; i++) {
		snprintf(text, sizeof(text), "N{i=%d}", i);
		rig_post(r, text, r->now.wall, rig_in(r, SPAN_HOUR));
		if (i % 50 == 0)
			rig_settle(r);
	}
	rig_settle(r);
}

static void
edit(const char *path, long at, const char *bytes, size_t n)
{
	FILE *f = fopen(path, "r+e");

	ck_assert_ptr_nonnull(f);
	fseek(f, at, SEEK_SET);
	ck_assert_uint_eq(fwrite(bytes, 1, n, f), n);
	fclose(f);
}

/* Garbage anywhere: never a crash, always a start, most of it is there, and it can be written. */
START_TEST(damaged_pages)
{
	char garbage[4096];
	struct rig r;

	for (size_t i = 0; i < sizeof(garbage); i++)
		garbage[i] = (char)(i * 37 + 11);
	for (long page = 0; page < 24; page += 4) {
		char id[SILENCE_ID_MAX];
		size_t there;

		rig_init(&r, plain);
		rig_start(&r);
		fill(&r, 200, 200);
		rig_stop(&r);
		edit(rig_path(&r, "tocsin.db"), page * 8192, garbage, sizeof(garbage));
		rig_start(&r);
		there = rig_silences(&r) + view_alerts_count(r.engine);
		ck_assert_uint_ge(there, 100);
		rig_silence(&r, "b=\"1\"", id);
		rig_settle(&r);
		ck_assert(store_health(r.store).ok);
		rig_fini(&r);
	}
}
END_TEST

START_TEST(truncated)
{
	struct rig r;

	rig_init(&r, plain);
	rig_start(&r);
	fill(&r, 300, 100);
	rig_stop(&r);
	ck_assert_int_eq(truncate(rig_path(&r, "tocsin.db"), 20 * 4096), 0);
	rig_start(&r);
	ck_assert(rig_logged(&r, "set aside"));
	ck_assert_uint_gt(rig_silences(&r) + view_alerts_count(r.engine), 20);
	rig_stop(&r);
	rig_start(&r);
	ck_assert_uint_gt(rig_silences(&r) + view_alerts_count(r.engine), 20);
	rig_fini(&r);
}
END_TEST

START_TEST(not_a_database)
{
	struct rig r;
	char id[SILENCE_ID_MAX];

	rig_init(&r, plain);
	rig_start(&r);
	rig_silence(&r, "a=\"1\"", id);
	rig_stop(&r);
	edit(rig_path(&r, "tocsin.db"), 0, "this is no database at all, whatever it may have been", 53);
	rig_start(&r);
	ck_assert(rig_logged(&r, "set aside"));
	/* Only its beginning was lost. */
	ck_assert_uint_eq(rig_silences(&r), 1);
	rig_silence(&r, "a=\"1\"", id);
	rig_settle(&r);
	rig_fini(&r);
}
END_TEST

START_TEST(all_garbage)
{
	struct rig r;
	char id[SILENCE_ID_MAX];
	FILE *f;

	rig_init(&r, plain);
	f = fopen(rig_path(&r, "tocsin.db"), "we");
	for (int i = 0; i < 100000; i++)
		fputc(i * 37 + i / 251, f);
	fclose(f);
	rig_start(&r);
	ck_assert(rig_logged(&r, "set aside"));
	ck_assert_uint_eq(rig_silences(&r), 0);
	rig_silence(&r, "a=\"1\"", id);
	rig_settle(&r);
	rig_fini(&r);
}
END_TEST

static void
execute(const char *path, const char *sql)
{
	sqlite3 *d;

	ck_assert_int_eq(sqlite3_open(path, &d), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(d, "PRAGMA locking_mode = EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(d, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(d);
}

/* Left alone; when it is replaced by one that we can read, that one is used. */
START_TEST(newer_version)
{
	struct rig r;
	char id[2][SILENCE_ID_MAX];

	rig_init(&r, plain);
	rig_start(&r);
	rig_silence(&r, "a=\"1\"", id[0]);
	rig_post(&r, "A{x=1}", r.now.wall, rig_in(&r, SPAN_HOUR));
	rig_stop(&r);
	execute(rig_path(&r, "tocsin.db"), "PRAGMA user_version = 99; UPDATE meta SET key = x'00' WHERE key = x'736368656d61'");
	rig_start(&r);
	ck_assert(!store_health(r.store).ok);
	ck_assert(rig_logged(&r, "newer"));
	ck_assert_uint_eq(rig_silences(&r), 0);
	rig_silence(&r, "a=\"2\"", id[1]);
	execute(rig_path(&r, "tocsin.db"), "PRAGMA user_version = 3");
	rig_until(&r, true);
	ck_assert_uint_eq(rig_silences(&r), 2);
	ck_assert_ptr_nonnull(rig_alert(&r, "A{x=1}"));
	rig_settle(&r);
	rig_crash(&r);
	rig_start(&r);
	ck_assert_uint_eq(rig_silences(&r), 2);
	ck_assert_ptr_nonnull(rig_alert(&r, "A{x=1}"));
	rig_fini(&r);
}
END_TEST

/* Records that come and go while the disk is full leave nothing behind. */
START_TEST(an_outage_is_bounded)
{
	struct rig r;

	rig_init(&r, plain);
	rig_start(&r);
	rig_settle(&r);
	fault.write = SQLITE_FULL;
	for (int i = 0; i < 300; i++) {
		char name[64];

		snprintf(name, sizeof(name), "N%d{i=%d}", i, i);
		rig_post(&r, name, r.now.wall, rig_in(&r, 10 * SPAN_S));
		rig_pass(&r, 31 * SPAN_S);
		while (r.sent_n > 0)
			rig_answer(&r, r.sent[--r.sent_n].attempt, true);
		if (i == 0)
			rig_until(&r, false);
	}
	rig_pass(&r, SPAN_HOUR);
	while (r.sent_n > 0)
		rig_answer(&r, r.sent[--r.sent_n].attempt, true);
	rig_pass(&r, SPAN_HOUR);
	ck_assert_uint_eq(view_alerts_count(r.engine), 0);
	ck_assert_uint_eq(r.store->kept.alerts_n, 0);
	/* The log entries of two integrations, and the sign of life. */
	ck_assert_uint_le(r.store->kept.records_n, 2 * 300);
	ck_assert_uint_eq(r.store->kept.drops.n, 0);
	ck_assert_uint_le(r.store->current.ops.n, 8);
	fault_clear();
	rig_until(&r, true);
	rig_settle(&r);
	rig_fini(&r);
}
END_TEST

/* More arrives than the disk takes: clients are slowed down, and not for longer than it lasts. */
START_TEST(back_pressure)
{
	struct rig r;
	int n = 0;

	rig_init(&r, plain);
	rig_start(&r);
	rig_settle(&r);
	fault.hold = 1;
	while (store_has_room(r.store)) {
		char name[32];

		snprintf(name, sizeof(name), "N{i=%d}", n++);
		rig_post(&r, name, r.now.wall, rig_in(&r, SPAN_HOUR));
		ck_assert_int_lt(n, 200000);
	}
	ck_assert(store_health(r.store).ok);
	fault_clear();
	rig_settle(&r);
	ck_assert(store_has_room(r.store));
	rig_crash(&r);
	rig_start(&r);
	ck_assert_uint_eq(view_alerts_count(r.engine), n);
	rig_fini(&r);
}
END_TEST

/* A database that begins anew is told much again, and nobody has to wait for the rows that this becomes. */
START_TEST(no_back_pressure_by_what_is_told_again)
{
	enum { NOTE = 512 << 10, ALERTS = 150 };
	struct rig r;
	struct work w = { 0 };
	char *note = mem_alloc(NOTE);
	struct label_pair notes = { STR("summary"), { note, NOTE } };
	struct err e = { 0 };
	bool firing;

	memset(note, 'n', NOTE);
	rig_init(&r, plain);
	rig_start(&r);
	for (int i = 0; i < ALERTS; i++) {
		char name[16];
		int n = snprintf(name, sizeof(name), "N%d", i);
		struct label_pair labels = { STR("alertname"), { name, (size_t)n } };
		struct alert_draft d = { .labels = &labels, .labels_n = 1, .annotations = &notes, .annotations_n = 1,
			.starts = r.now.wall, .ends = rig_in(&r, SPAN_HOUR) };
		struct alert *a = alert_make(&d, 5 * SPAN_MIN, NAMING_UTF8, r.now.wall, &firing, &e);

		ck_assert_ptr_nonnull(a);
		engine_ingest(r.engine, &a, 1, r.now);
		alert_unref(a);
	}
	r.store->want_all = true;
	for (w.left = 1000; !store_prepare_some(r.store, &w); w.left = 1000)
		ck_assert(store_has_room(r.store));
	ck_assert_uint_gt(r.store->next.lent.n, 1);
	/* So much need not get to the disk here. */
	fault.write = SQLITE_FULL;
	store_submit(r.store);
	rig_until(&r, false);
	rig_fini(&r);
	fault_clear();
	mem_free(note);
}
END_TEST

START_TEST(one_process_at_a_time)
{
	struct rig r, other;
	struct err e = { 0 };

	rig_init(&r, plain);
	rig_start(&r);
	rig_init(&other, plain);
	unlink(other.dir);
	rmdir(other.dir);
	memcpy(other.dir, r.dir, sizeof(r.dir));
	ck_assert(!rig_try_start(&other, &e));
	ck_assert(strstr(e.text, "another process") != NULL);
	rig_fini(&r);
	rig_fini(&other);
}
END_TEST

int
main(void)
{
	fault_install();
	return RUN("store", all_survives_a_crash, what_was_under_way_goes_on,
	    nothing_is_lost_while_the_disk_is_full, any_write_may_fail, a_failed_sync_is_a_failed_write, read_only_at_start,
	    unreadable_at_start, deleted_while_running, damaged_pages, truncated, not_a_database, all_garbage, newer_version,
	    an_outage_is_bounded, back_pressure, no_back_pressure_by_what_is_told_again,
	    one_process_at_a_time);
}
