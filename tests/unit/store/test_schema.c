/* SPDX-License-Identifier: Apache-2.0 */
/* Databases as older versions wrote them. */
#include "lib_store.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "lib_fault.h"
#include "lib_row_disk.h"
#include "redo.h"
#include "redo_record.h"
#include "row_log_private.h"
#include "schema.h"
#include "store_private.h"
#include "wire/codec_state.h"
#include "wire/records.h"

static const char config[] = "receiver ops hook\nroute receiver=ops by=[alertname] wait=30s interval=5m\n";

static void
put(struct db *d, enum db_table t, uint64_t number, struct sbuf *body)
{
	struct err e = { 0 };
	char key[8];

	codec_number_key(number, key);
	ck_assert(db_put(d, t, (struct str){ key, sizeof(key) }, sbuf_get(body), &e));
}

static void
execute(const char *path, const char *sql)
{
	sqlite3 *handle = NULL;

	ck_assert_int_eq(sqlite3_open(path, &handle), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(handle, "PRAGMA locking_mode = EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(handle, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(handle);
}

/* As they were before 5: the rows of the log have keys of bytes. */
static void
make_rows_older(const char *path, const char *version)
{
	char sql[64];
	enum db_trouble trouble;
	struct db_rows l = { 0 };
	struct err e = { 0 };
	bool fresh;
	struct db *d = db_open(path, DB_WRITE, &fresh, &trouble, &e);

	ck_assert_ptr_nonnull(d);
	ck_assert(db_rows_read(&l, d, &e) && db_begin(d, &e));
	for (size_t i = 0; i < l.rows[TABLE_LOG_ROWS].n; i++)
		ck_assert(db_put(d, TABLE_ALERTS, l.rows[TABLE_LOG_ROWS].v[i].key, l.rows[TABLE_LOG_ROWS].v[i].body, &e));
	ck_assert(db_put(d, TABLE_META, schema_row_key(), str_from(version), &e) && db_commit(d, &e));
	db_rows_fini(&l);
	db_close(&d);
	snprintf(sql, sizeof(sql), "DROP TABLE log_rows; PRAGMA user_version = %s", version);
	execute(path, sql);
}

/* As they were before 3: rows without sums, and none that says the version. */
static void
make_older(const char *path, int version)
{
	static const char *const tables[] = { "silences", "log_entries", "groups", "intents", "alerts", "meta" };
	char sql[128];

	execute(path, "DELETE FROM meta WHERE key = x'736368656d61'");
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		snprintf(sql, sizeof(sql), "ALTER TABLE %s DROP COLUMN sum", tables[i]);
		execute(path, sql);
	}
	snprintf(sql, sizeof(sql), "PRAGMA user_version = %d", version);
	execute(path, sql);
}

/* One alert, and a row of its own for its group, which is due in ten seconds. */
static void
write_schema_1(const struct rig *r, const char *path, const struct alert *a)
{
	uint64_t fingerprint = labels_fingerprint(a->labels);
	struct group_state g = {
		.route_id = r->config->route->id, .receiver = STR("ops"), .labels = a->labels,
		.next_flush = wall_add(r->now.wall, 10 * SPAN_S), .group_wait = 30 * SPAN_S,
		.group_interval = 5 * SPAN_MIN, .alerts = &fingerprint, .alerts_n = 1,
	};
	struct sbuf group = SBUF_INIT(1 << 16);
	enum db_trouble trouble;
	struct alert_row row;
	struct err e = { 0 };
	bool fresh;
	struct db *d = db_open(path, DB_WRITE, &fresh, &trouble, &e);

	ck_assert_ptr_nonnull(d);
	alert_row_init(&row);
	alert_row_begin(&row);
	alert_row_put(&row, a);
	put_group_of_schema_1(&group, &g);
	ck_assert(db_begin(d, &e) && db_clear(d, &e));
	put(d, TABLE_ALERTS, 1, &row.b);
	put(d, TABLE_GROUPS, 7, &group);
	ck_assert(db_commit(d, &e));
	db_close(&d);
	make_rows_older(path, "4");
	make_older(path, 1);
	alert_row_fini(&row);
	sbuf_fini(&group);
}

static int
count(void *arg, int n, char **values, char **names)
{
	(void)n;
	(void)names;
	snprintf(arg, 32, "%s", values[0]);
	return 0;
}

static void
query(const char *path, const char *sql, char out[32])
{
	sqlite3 *handle = NULL;

	ck_assert_int_eq(sqlite3_open(path, &handle), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(handle, "PRAGMA locking_mode = EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(handle, sql, count, out, NULL), SQLITE_OK);
	sqlite3_close(handle);
}

START_TEST(groups_of_schema_1_go_on)
{
	struct rig r;
	struct alert *a;
	char out[32];

	rig_init(&r, config);
	rig_start(&r);
	rig_post(&r, "A", r.now.wall, wall_add(r.now.wall, SPAN_HOUR));
	a = alert_ref(rig_alert(&r, "A"));
	rig_stop(&r);
	write_schema_1(&r, rig_path(&r, "tocsin.db"), a);
	alert_unref(a);
	rig_start(&r);
	rig_settle(&r);
	rig_crash(&r);
	query(rig_path(&r, "tocsin.db"), "SELECT count(*) FROM groups", out);
	ck_assert_str_eq(out, "0");
	query(rig_path(&r, "tocsin.db"), "PRAGMA user_version", out);
	ck_assert_str_eq(out, "6");
	rig_start(&r);
	rig_pass(&r, 9 * SPAN_S);
	ck_assert_uint_eq(r.sent_n, 0);
	rig_pass(&r, 2 * SPAN_S);
	ck_assert_uint_eq(r.sent_n, 1);
	rig_fini(&r);
}
END_TEST

static void
write_schema_2(struct rig *r)
{
	char text[32], id[SILENCE_ID_MAX];

	rig_start(r);
	for (int i = 0; i < 60; i++) {
		snprintf(text, sizeof(text), "a=\"%d\"", i);
		rig_silence(r, text, id);
		snprintf(text, sizeof(text), "N{i=%d}", i);
		rig_post(r, text, r->now.wall, rig_in(r, SPAN_HOUR));
	}
	rig_stop(r);
	make_rows_older(rig_path(r, "tocsin.db"), "4");
	make_older(rig_path(r, "tocsin.db"), 2);
}

static void
expect_all(struct rig *r)
{
	ck_assert_uint_eq(rig_silences(r), 60);
	ck_assert_ptr_nonnull(rig_alert(r, "N{i=0}"));
	ck_assert_ptr_nonnull(rig_alert(r, "N{i=59}"));
}

START_TEST(schema_2_gets_sums)
{
	struct rig r;
	char out[32];

	rig_init(&r, config);
	write_schema_2(&r);
	rig_start(&r);
	expect_all(&r);
	rig_settle(&r);
	rig_stop(&r);
	query(rig_path(&r, "tocsin.db"), "SELECT count(*) FROM silences WHERE sum IS NULL", out);
	ck_assert_str_eq(out, "0");
	query(rig_path(&r, "tocsin.db"), "PRAGMA user_version", out);
	ck_assert_str_eq(out, "6");
	rig_start(&r);
	expect_all(&r);
	ck_assert_uint_eq(store_health(r.store).doubt.n, 0);
	ck_assert(!rig_logged(&r, "damaged"));
	rig_fini(&r);
}
END_TEST

/* However far it got when the disk failed or the process died: the next start finds all, and finishes it. */
START_TEST(the_change_to_sums_is_cut_short)
{
	for (int left = 0; left < 40; left += 3) {
		struct rig r;

		rig_init(&r, config);
		write_schema_2(&r);
		fault.writes_left = left;
		fault.write = SQLITE_FULL;
		rig_start(&r);
		rig_crash(&r);
		fault_clear();
		rig_start(&r);
		expect_all(&r);
		rig_settle(&r);
		rig_stop(&r);
		rig_start(&r);
		expect_all(&r);
		ck_assert_uint_eq(store_health(r.store).doubt.n, 0);
		rig_fini(&r);
	}
}
END_TEST

/* An export reads an older database as it is. */
START_TEST(schema_2_is_exported)
{
	struct store_export out;
	struct err e = { 0 };
	struct rig r;

	rig_init(&r, config);
	write_schema_2(&r);
	ck_assert_msg(store_export(r.dir, r.dir, &out, &e), "%s", e.text);
	ck_assert_uint_eq(out.silences, 60);
	r.store = NULL;
	rig_start(&r);
	expect_all(&r);
	rig_fini(&r);
}
END_TEST

struct old_tables {
	struct db *db;
	struct arena *arena;
	size_t n;
};

/* From the log of rows into a table of its own. */
static void
put_into_table(void *arg, struct row_log *k, struct kept_record *rec, struct str body)
{
	bool is_entry = rec->item.kind == KEPT_LOG_ENTRY;
	struct sbuf key = SBUF_INIT(1 << 16);
	struct old_tables *to = arg;
	struct change c;
	struct err e = { 0 };

	ck_assert(is_entry ? record_get_log_entry(body, to->arena, &c, &e) : record_get_intent(body, to->arena, &c, &e));
	if (is_entry)
		record_key_log_entry(&key, &c);
	else
		record_key_intent(&key, &c);
	ck_assert(db_put(to->db, is_entry ? TABLE_LOG_ENTRY : TABLE_INTENT, sbuf_get(&key), body, &e));
	record_release(&c);
	sbuf_fini(&key);
	row_log_restored_not(k, rec);
	to->n++;
}

/* One was told and has its log entry, the other one is an intent yet. */
static void
write_schema_3(struct rig *r)
{
	struct old_tables to = { .arena = arena_new() };
	enum db_trouble trouble;
	struct db_rows l = { 0 };
	struct batch b = { 0 };
	struct err e = { 0 };
	struct row_log k;
	uint64_t left_out;
	bool fresh;

	rig_start(r);
	rig_post(r, "Told", r->now.wall, rig_in(r, SPAN_HOUR));
	rig_pass(r, 31 * SPAN_S);
	ck_assert_uint_eq(r->sent_n, 1);
	rig_answer(r, r->sent[--r->sent_n].attempt, true);
	rig_post(r, "Asked", r->now.wall, rig_in(r, SPAN_HOUR));
	rig_pass(r, 31 * SPAN_S);
	ck_assert_uint_eq(r->sent_n, 1);
	rig_settle(r);
	rig_crash(r);
	to.db = db_open(rig_path(r, "tocsin.db"), DB_WRITE, &fresh, &trouble, &e);
	ck_assert_ptr_nonnull(to.db);
	ck_assert(db_rows_read(&l, to.db, &e) && db_begin(to.db, &e));
	row_log_init(&k);
	row_log_load(&k, &l, NULL, NULL);
	row_log_each_record(&k, TABLE_LOG_ENTRY, put_into_table, &to);
	row_log_each_record(&k, TABLE_INTENT, put_into_table, &to);
	ck_assert_uint_eq(to.n, 2);
	ck_assert(row_disk_prepare(&k, &b, &left_out) && batch_write(&b, to.db, &e));
	ck_assert(db_commit(to.db, &e));
	batch_clear(&b);
	row_log_written(&k);
	row_log_fini(&k);
	db_rows_fini(&l);
	db_close(&to.db);
	arena_free(&to.arena);
	make_rows_older(rig_path(r, "tocsin.db"), "3");
	r->sent_n = 0;
}

/* Told once is not told again; where that is not known, it is told once more. */
static void
expect_told(struct rig *r)
{
	struct view_gauges g;

	view_gauges(r->engine, r->now, &g);
	ck_assert_uint_eq(g.log_entries, 1);
	rig_pass(r, 31 * SPAN_S);
	ck_assert_uint_eq(r->sent_n, 1);
	ck_assert_ptr_nonnull(strstr(r->sent[0].text, "Asked"));
	r->sent_n = 0;
	ck_assert_uint_eq(store_health(r->store).doubt.n, 0);
	ck_assert(!rig_logged(r, "was skipped"));
}

START_TEST(records_of_schema_3_move_to_the_log_of_rows)
{
	struct rig r;
	char out[32];

	rig_init(&r, config);
	write_schema_3(&r);
	rig_start(&r);
	expect_told(&r);
	rig_settle(&r);
	rig_crash(&r);
	query(rig_path(&r, "tocsin.db"), "SELECT count(*) FROM log_entries", out);
	ck_assert_str_eq(out, "0");
	query(rig_path(&r, "tocsin.db"), "SELECT count(*) FROM intents", out);
	ck_assert_str_eq(out, "0");
	query(rig_path(&r, "tocsin.db"), "PRAGMA user_version", out);
	ck_assert_str_eq(out, "6");
	r.sent_n = 0;
	rig_start(&r);
	expect_told(&r);
	rig_fini(&r);
}
END_TEST

/* An old database is brought up while the disk fails after so many writes, and the process dies: however far it got. */
static void
cut_short(void (*write_old)(struct rig *r), int most)
{
	for (int left = 0; left < most; left += 2) {
		struct rig r;

		rig_init(&r, config);
		write_old(&r);
		fault.writes_left = left;
		fault.write = SQLITE_FULL;
		rig_start(&r);
		rig_crash(&r);
		fault_clear();
		r.sent_n = 0;
		rig_start(&r);
		expect_told(&r);
		rig_settle(&r);
		rig_crash(&r);
		r.sent_n = 0;
		rig_start(&r);
		expect_told(&r);
		rig_fini(&r);
	}
}

START_TEST(the_move_to_the_log_is_cut_short)
{
	cut_short(write_schema_3, 24);
}
END_TEST

START_TEST(schema_3_is_exported)
{
	struct store_export out;
	struct err e = { 0 };
	struct rig r;

	rig_init(&r, config);
	write_schema_3(&r);
	ck_assert_msg(store_export(r.dir, r.dir, &out, &e), "%s", e.text);
	ck_assert_uint_eq(out.log_entries, 1);
	rig_start(&r);
	expect_told(&r);
	rig_fini(&r);
}
END_TEST

/* One was told and has its log entry, the other one is an intent yet; what came of the first is in a row of its own. */
static void
write_schema_4(struct rig *r)
{
	rig_start(r);
	rig_post(r, "Told", r->now.wall, rig_in(r, SPAN_HOUR));
	rig_pass(r, 31 * SPAN_S);
	ck_assert_uint_eq(r->sent_n, 1);
	rig_settle(r);
	rig_answer(r, r->sent[--r->sent_n].attempt, true);
	rig_settle(r);
	rig_post(r, "Asked", r->now.wall, rig_in(r, SPAN_HOUR));
	rig_pass(r, 31 * SPAN_S);
	ck_assert_uint_eq(r->sent_n, 1);
	rig_settle(r);
	rig_crash(r);
	make_rows_older(rig_path(r, "tocsin.db"), "4");
	r->sent_n = 0;
}

static int
rows_of(const struct rig *r, const char *table)
{
	char sql[64], out[32];

	snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", table);
	query(rig_path(r, "tocsin.db"), sql, out);
	return atoi(out);
}

/* Rows of an older version stay where they are, and are told of by those that come behind them in the other table. */
START_TEST(rows_of_schema_4_stay_and_new_ones_have_numbers)
{
	struct rig r;
	char out[32];
	int old;

	rig_init(&r, config);
	write_schema_4(&r);
	old = rows_of(&r, "alerts");
	ck_assert_int_ge(old, 3);
	rig_start(&r);
	expect_told(&r);
	rig_settle(&r);
	rig_crash(&r);
	ck_assert_int_eq(rows_of(&r, "alerts"), old);
	ck_assert_int_ge(rows_of(&r, "log_rows"), 1);
	query(rig_path(&r, "tocsin.db"), "SELECT min(key) FROM log_rows", out);
	ck_assert_int_gt(atoi(out), old);
	query(rig_path(&r, "tocsin.db"), "PRAGMA user_version", out);
	ck_assert_str_eq(out, "6");
	r.sent_n = 0;
	rig_start(&r);
	expect_told(&r);
	ck_assert_ptr_nonnull(rig_alert(&r, "Told"));
	ck_assert_ptr_nonnull(rig_alert(&r, "Asked"));
	rig_fini(&r);
}
END_TEST

/* A process that died left this beside the database. */
static void
leave_record(const struct rig *r, const struct batch *b)
{
	size_t n = redo_record_size(b), whole = 2 * REDO_HALF;
	unsigned char *file = mem_calloc(whole, 1);
	char row[REDO_ROW], hex[2 * REDO_ROW + 1], sql[160];
	FILE *f = fopen(rig_path(r, "tocsin.db" DB_REDO), "we");

	redo_record_put(file, b, n, 77, 1);
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(file, 1, whole, f), whole);
	fclose(f);
	mem_free(file);
	redo_put_row(77, 0, row);
	for (size_t i = 0; i < REDO_ROW; i++)
		snprintf(hex + 2 * i, 3, "%02x", (unsigned char)row[i]);
	snprintf(sql, sizeof(sql), "REPLACE INTO meta VALUES(CAST('redo' AS BLOB), x'%s', %lld)", hex,
	    (long long)table_row_sum(TABLE_META, REDO_KEY, (struct str){ row, REDO_ROW }));
	execute(rig_path(r, "tocsin.db"), sql);
}

/* An alert with its references, beyond the life of what it was posted to. */
static struct alert *
some_alert(const char *text)
{
	struct alert *a;
	struct rig r;

	rig_init(&r, config);
	rig_start(&r);
	rig_post(&r, text, r.now.wall, rig_in(&r, SPAN_HOUR));
	a = alert_ref(rig_alert(&r, text));
	rig_fini(&r);
	return a;
}

/* A record that the older version left beside its database goes where that would have put it. */
START_TEST(records_of_schema_4_are_read)
{
	struct batch b = { 0 };
	struct alert_row row;
	struct alert *a = some_alert("Late");
	struct rig r;
	char key[8];

	rig_init(&r, config);
	write_schema_4(&r);
	alert_row_init(&row);
	alert_row_begin(&row);
	alert_row_put(&row, a);
	codec_number_key(1000, key);
	batch_put(&b, TABLE_ALERTS, (struct str){ key, 8 }, sbuf_get(&row.b), true);
	leave_record(&r, &b);
	batch_clear(&b);
	alert_unref(a);
	alert_row_fini(&row);
	for (int i = 0; i < 2; i++) {
		rig_start(&r);
		ck_assert_ptr_nonnull(rig_alert(&r, "Told"));
		ck_assert_ptr_nonnull(rig_alert(&r, "Late"));
		rig_post(&r, "More", r.now.wall, rig_in(&r, SPAN_HOUR));
		rig_settle(&r);
		rig_crash(&r);
	}
	rig_start(&r);
	ck_assert_ptr_nonnull(rig_alert(&r, "More"));
	rig_fini(&r);
}
END_TEST

START_TEST(the_change_to_numbers_is_cut_short)
{
	cut_short(write_schema_4, 20);
}
END_TEST

START_TEST(schema_4_is_exported)
{
	struct store_export out;
	struct err e = { 0 };
	struct rig r;

	rig_init(&r, config);
	write_schema_4(&r);
	ck_assert_msg(store_export(r.dir, r.dir, &out, &e), "%s", e.text);
	ck_assert_uint_eq(out.log_entries, 1);
	ck_assert_int_ge(rows_of(&r, "alerts"), 3);
	rig_start(&r);
	expect_told(&r);
	rig_fini(&r);
}
END_TEST

/* The first page of a new database stands in for one that is damaged; there the log of rows begins elsewhere. */
START_TEST(the_first_page_of_an_older_database_is_lost)
{
	static const char garbage[200] = "no database";
	struct rig r;
	FILE *f;

	rig_init(&r, config);
	write_schema_4(&r);
	/* The page where a new database has the log of rows is taken. */
	execute(rig_path(&r, "tocsin.db"), "CREATE TABLE other(x)");
	for (int i = 0; i < 2; i++) {
		rig_start(&r);
		rig_post(&r, i == 0 ? "First" : "Second", r.now.wall, rig_in(&r, SPAN_HOUR));
		rig_settle(&r);
		rig_stop(&r);
	}
	f = fopen(rig_path(&r, "tocsin.db"), "r+e");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(garbage, 1, sizeof(garbage), f), sizeof(garbage));
	fclose(f);
	rig_start(&r);
	ck_assert(rig_logged(&r, "set aside"));
	ck_assert_ptr_nonnull(rig_alert(&r, "Told"));
	ck_assert_ptr_nonnull(rig_alert(&r, "First"));
	ck_assert_ptr_nonnull(rig_alert(&r, "Second"));
	rig_fini(&r);
}
END_TEST

/* A program that knows less than the rows say does not touch them. */
START_TEST(a_newer_schema_is_refused)
{
	enum db_trouble trouble = DB_FINE;
	struct err e = { 0 };
	struct rig r;
	bool fresh;
	struct db *d;

	rig_init(&r, config);
	rig_start(&r);
	rig_settle(&r);
	rig_stop(&r);
	d = db_open(rig_path(&r, "tocsin.db"), DB_WRITE, &fresh, &trouble, &e);
	ck_assert_ptr_nonnull(d);
	ck_assert(db_begin(d, &e) && db_put(d, TABLE_META, schema_row_key(), STR("7"), &e) && db_commit(d, &e));
	db_close(&d);
	execute(rig_path(&r, "tocsin.db"), "PRAGMA user_version = 7");
	ck_assert_ptr_null(db_open(rig_path(&r, "tocsin.db"), DB_WRITE, &fresh, &trouble, &e));
	ck_assert_int_eq(trouble, DB_NEWER);
	ck_assert_ptr_nonnull(strstr(e.text, "its schema 7 is newer than this version knows (6)"));
	rig_fini(&r);
}
END_TEST

/* A record that a newer version knows gets its table, and nothing else changes; a second time nothing at all is written. */
START_TEST(a_new_table_is_added_to_what_is_there)
{
	static const char *const names[] = { "silences", "of_tomorrow" };
	struct sql q = { 0 };
	struct err e = { 0 };
	char before[32], after[32];
	const char *path;
	struct rig r;
	bool there = true;

	rig_init(&r, config);
	write_schema_2(&r);
	rig_start(&r);
	rig_settle(&r);
	rig_stop(&r);
	path = rig_path(&r, "tocsin.db");
	ck_assert_int_eq(sqlite3_open(path, &q.handle), SQLITE_OK);
	ck_assert(sql_execute(&q, "PRAGMA locking_mode = EXCLUSIVE", &e));
	ck_assert(schema_has_table(&q, "of_tomorrow", &there, &e) && !there);
	ck_assert(schema_add_tables(&q, names, 2, &e));
	ck_assert(schema_has_table(&q, "of_tomorrow", &there, &e) && there);
	sqlite3_close(q.handle);
	query(path, "PRAGMA schema_version", before);
	ck_assert_int_eq(sqlite3_open(path, &q.handle), SQLITE_OK);
	ck_assert(sql_execute(&q, "PRAGMA locking_mode = EXCLUSIVE; PRAGMA query_only = ON", &e));
	ck_assert_msg(schema_add_tables(&q, names, 2, &e), "%s", e.text);
	sqlite3_close(q.handle);
	query(path, "PRAGMA schema_version", after);
	ck_assert_str_eq(before, after);
	query(path, "PRAGMA user_version", after);
	ck_assert_str_eq(after, "6");
	/* This version does not know it, and goes on. */
	rig_start(&r);
	expect_all(&r);
	ck_assert_uint_eq(store_health(r.store).doubt.n, 0);
	ck_assert(!rig_logged(&r, "damaged"));
	rig_fini(&r);
}
END_TEST

int
main(void)
{
	fault_install();
	return RUN("schema", groups_of_schema_1_go_on, schema_2_gets_sums, the_change_to_sums_is_cut_short, schema_2_is_exported,
	    records_of_schema_3_move_to_the_log_of_rows, the_move_to_the_log_is_cut_short, schema_3_is_exported,
	    rows_of_schema_4_stay_and_new_ones_have_numbers, records_of_schema_4_are_read, the_change_to_numbers_is_cut_short,
	    schema_4_is_exported, the_first_page_of_an_older_database_is_lost, a_newer_schema_is_refused, a_new_table_is_added_to_what_is_there);
}
