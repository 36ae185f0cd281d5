/* SPDX-License-Identifier: Apache-2.0 */
/* Small changes as records in front of the database. Where the system cannot write such, all goes there by way of the writer. */
#include "lib_store.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib_fault.h"
#include "redo.h"
#include "redo_record.h"
#include "store_private.h"

static const char plain[] = "receiver ops hook mail\nroute receiver=ops by=[alertname] wait=30s interval=5m\n";

#define ID 77

/* A file of records, and what is read of it on top of one row. */
struct file {
	char database[64], path[80];
	unsigned char record[16384];
	struct db_rows rows;
	struct batch also;
	struct wal_damage damage;
};

static void
file_init(struct file *f)
{
	memset(f, 0, sizeof(*f));
	snprintf(f->database, sizeof(f->database), "/tmp/test_redo.XXXXXX");
	close(mkstemp(f->database));
	snprintf(f->path, sizeof(f->path), "%s" DB_REDO, f->database);
	ck_assert_int_eq(truncate(f->database, 0), 0);
	close(open(f->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	ck_assert_int_eq(truncate(f->path, 2 * REDO_HALF), 0);
}

static void
forget(struct file *f)
{
	db_rows_fini(&f->rows);
	batch_clear(&f->also);
	f->damage = (struct wal_damage){ 0 };
}

static void
file_fini(struct file *f)
{
	forget(f);
	unlink(f->path);
	unlink(f->database);
}

static void
edit(const char *path, size_t at, const void *p, size_t n)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	ck_assert_int_eq(pwrite(fd, p, n, (off_t)at), (ssize_t)n);
	close(fd);
}

/* One that puts a silence of this name, or drops it; its bytes. */
static size_t
put(struct file *f, size_t block, uint64_t id, uint64_t no, const char *key, const char *body)
{
	struct batch b = { 0 };
	size_t n;

	if (body != NULL)
		batch_put(&b, TABLE_SILENCE, str_from(key), str_from(body), false);
	else
		batch_drop(&b, TABLE_SILENCE, str_from(key));
	n = redo_record_size(&b);
	redo_record_put(f->record, &b, n, id, no);
	batch_clear(&b);
	n += sizeof(struct redo_head);
	edit(f->path, block * DIRECT_BLOCK, f->record, n);
	return n;
}

static void
read_all(struct file *f, uint64_t stored)
{
	char row[REDO_ROW];
	struct batch b = { 0 };

	forget(f);
	f->rows.arena = arena_new();
	redo_put_row(ID, stored, row);
	batch_put(&b, TABLE_META, REDO_KEY, (struct str){ row, REDO_ROW }, false);
	batch_put(&b, TABLE_SILENCE, STR("k"), STR("old"), false);
	db_rows_add(&f->rows, &b);
	batch_clear(&b);
	redo_read(f->database, &f->rows, &f->also, &f->damage);
}

/* The silences, as KEY=BODY. */
static const char *
silences(const struct file *f)
{
	static char text[256];
	size_t n = 0;

	text[0] = '\0';
	for (size_t i = 0; i < f->rows.rows[TABLE_SILENCE].n; i++) {
		struct loaded_row row = f->rows.rows[TABLE_SILENCE].v[i];

		n += (size_t)snprintf(text + n, sizeof(text) - n, "%.*s=%.*s ", STR_ARG(row.key), STR_ARG(row.body));
	}
	return text;
}

START_TEST(records_go_on_top_of_rows)
{
	struct file f;

	file_init(&f);
	read_all(&f, 0);
	ck_assert_str_eq(silences(&f), "k=old ");
	/* In whatever order they stand. */
	put(&f, REDO_HALF / DIRECT_BLOCK, ID, 1, "a", "1");
	put(&f, 0, ID, 2, "k", "new");
	put(&f, 1, ID, 3, "z", "3");
	put(&f, 2, ID, 4, "a", "4");
	read_all(&f, 0);
	ck_assert_str_eq(silences(&f), "a=4 k=new z=3 ");
	ck_assert_uint_eq(f.also.ops.n, 3);
	put(&f, 3, ID, 5, "k", NULL);
	put(&f, 4, ID + 1, 6, "b", "not ours");
	read_all(&f, 0);
	ck_assert_str_eq(silences(&f), "a=4 z=3 ");
	/* Those that the database has are left alone. */
	read_all(&f, 3);
	ck_assert_str_eq(silences(&f), "a=4 ");
	read_all(&f, 5);
	ck_assert_str_eq(silences(&f), "k=old ");
	ck_assert_uint_eq(f.damage.n, 0);
	/* Cut short, it has those in front: the first one of all is lost. */
	ck_assert_int_eq(truncate(f.path, 4 * DIRECT_BLOCK - 1), 0);
	read_all(&f, 0);
	ck_assert_str_eq(silences(&f), "a=4 z=3 ");
	ck_assert_uint_eq(f.damage.n, 1);
	unlink(f.path);
	read_all(&f, 0);
	ck_assert_str_eq(silences(&f), "k=old ");
	file_fini(&f);
}
END_TEST

/* Nothing is known of them, but rows are what they are. */
START_TEST(records_that_cannot_be_read)
{
	struct file f;

	file_init(&f);
	unlink(f.path);
	ck_assert_int_eq(symlink(f.path, f.path), 0);
	read_all(&f, 0);
	ck_assert_str_eq(silences(&f), "k=old ");
	ck_assert_uint_eq(f.damage.n, 1);
	ck_assert(strstr(f.damage.what.text, f.path) != NULL);
	file_fini(&f);
}
END_TEST

/* The row that says which records are the database's may be among those that are damaged. */
START_TEST(records_that_cannot_be_placed)
{
	struct file f;

	file_init(&f);
	for (int damaged = 0; damaged < 2; damaged++)
		for (int there = 0; there < 2; there++) {
			if (there)
				put(&f, 5, ID, 1, "a", "1");
			else
				edit(f.path, 5 * DIRECT_BLOCK, "", 1);
			forget(&f);
			f.rows = (struct db_rows){ .arena = arena_new(), .damaged = damaged };
			redo_read(f.database, &f.rows, &f.also, &f.damage);
			ck_assert_str_eq(silences(&f), "");
			ck_assert_uint_eq(f.damage.n, damaged && there);
		}
	ck_assert(strstr(f.damage.what.text, "left out") != NULL);
	file_fini(&f);
}
END_TEST

START_TEST(one_that_was_cut_short_is_left_out)
{
	static const char zeros[64];
	struct file f;
	size_t n;

	file_init(&f);
	put(&f, 0, ID, 1, "a", "1");
	n = put(&f, 1, ID, 2, "b", "longer than what is missing of it");
	edit(f.path, DIRECT_BLOCK + n - 20, zeros, 20);
	read_all(&f, 0);
	ck_assert_str_eq(silences(&f), "a=1 k=old ");
	ck_assert_uint_eq(f.damage.n, 0);
	/* But not in the midst of others, which were begun when it was on disk. */
	put(&f, 2, ID, 3, "c", "3");
	read_all(&f, 0);
	ck_assert_str_eq(silences(&f), "a=1 c=3 k=old ");
	ck_assert_uint_eq(f.damage.n, 1);
	ck_assert(strstr(f.damage.what.text, "lost") != NULL);
	file_fini(&f);
}
END_TEST

START_TEST(any_wrong_bit_is_set_right)
{
	struct file f;
	size_t n;

	file_init(&f);
	put(&f, 0, ID, 1, "a", "1");
	n = put(&f, 1, ID, 2, "b", "2");
	for (size_t bit = 0; bit < n * 8; bit++) {
		f.record[bit / 8] ^= (unsigned char)(1u << bit % 8);
		edit(f.path, DIRECT_BLOCK + bit / 8, &f.record[bit / 8], 1);
		read_all(&f, 0);
		ck_assert_str_eq(silences(&f), "a=1 b=2 k=old ");
		ck_assert_uint_eq(f.damage.n, 1);
		f.record[bit / 8] ^= (unsigned char)(1u << bit % 8);
		edit(f.path, DIRECT_BLOCK + bit / 8, &f.record[bit / 8], 1);
	}
	file_fini(&f);
}
END_TEST

static void
begin(struct rig *r)
{
	rig_init(r, plain);
	r->records = true;
	rig_start(r);
}

/* All that records hold goes to the database. */
static void
catch_up(struct rig *r)
{
	while (r->store->pending.ops.n > 0 || r->store->busy) {
		if (!r->store->busy)
			timer_in(&r->store->catch_up, 0);
		event_base_loop(r->base, EVLOOP_ONCE);
	}
}

static void
silence(struct rig *r, int i)
{
	char text[32], id[SILENCE_ID_MAX];

	snprintf(text, sizeof(text), "a=\"%d\"", i);
	rig_silence(r, text, id);
	rig_settle(r);
}

static void
again(struct rig *r, size_t n)
{
	rig_settle(r);
	rig_crash(r);
	rig_start(r);
	ck_assert_uint_eq(rig_silences(r), n);
	ck_assert_uint_eq(r->store->damage, 0);
}

START_TEST(records_survive_a_crash)
{
	struct rig r;
	char id[SILENCE_ID_MAX], text[32];

	begin(&r);
	silence(&r, 0);
	for (int i = 1; i < 5; i++)
		silence(&r, i);
	if (r.store->redo.fd >= 0)
		ck_assert_uint_eq(r.store->redo.landed, 4);
	rig_post(&r, "A{x=1}", r.now.wall, rig_in(&r, SPAN_HOUR));
	again(&r, 5);
	ck_assert_ptr_nonnull(rig_alert(&r, "A{x=1}"));
	/* Once more, before anything was written; and when the database has half of it. */
	again(&r, 5);
	catch_up(&r);
	silence(&r, 5);
	silence(&r, 6);
	catch_up(&r);
	silence(&r, 7);
	again(&r, 8);
	rig_silence(&r, "b=\"1\"", id);
	rig_settle(&r);
	ck_assert_ptr_nonnull(view_silence(r.engine, str_from(id)));
	catch_up(&r);
	for (int i = 0; i < 300; i++) {
		snprintf(text, sizeof(text), "N{i=%d}", i);
		rig_post(&r, text, r.now.wall, rig_in(&r, SPAN_HOUR));
		if (i % 7 == 0)
			rig_settle(&r);
	}
	again(&r, 9);
	ck_assert_uint_eq(view_alerts_count(r.engine), 301);
	rig_stop(&r);
	rig_start(&r);
	ck_assert_uint_eq(r.store->pending.ops.n, 0);
	ck_assert_uint_eq(view_alerts_count(r.engine), 301);
	rig_fini(&r);
}
END_TEST

/* A file of records that nobody may read is no reason to begin without state. */
START_TEST(a_start_without_records)
{
	struct rig r;

	begin(&r);
	silence(&r, 0);
	silence(&r, 1);
	catch_up(&r);
	rig_crash(&r);
	unlink(rig_path(&r, "tocsin.db-redo"));
	ck_assert_int_eq(symlink("tocsin.db-redo", rig_path(&r, "tocsin.db-redo")), 0);
	rig_start(&r);
	ck_assert(store_health(r.store).ok);
	ck_assert_uint_eq(rig_silences(&r), 2);
	ck_assert_uint_eq(r.store->damage, 1);
	silence(&r, 2);
	again(&r, 3);
	rig_fini(&r);
}
END_TEST

/* Root wrote it once: whose database it is can read it all the same. */
START_TEST(root_leaves_it_to_the_owner)
{
	struct stat st;
	struct rig r;

	begin(&r);
	if (geteuid() == 0) {
		ck_assert_int_eq(chown(rig_path(&r, "tocsin.db"), 1234, 1234), 0);
		silence(&r, 0);
		if (r.store->redo.fd >= 0) {
			ck_assert_int_eq(stat(rig_path(&r, "tocsin.db-redo"), &st), 0);
			ck_assert_uint_eq(st.st_uid, 1234);
		}
		rig_stop(&r);
		unlink(rig_path(&r, "tocsin.db-confirmed"));
		rig_start(&r);
		silence(&r, 1);
		ck_assert_int_eq(stat(rig_path(&r, "tocsin.db-confirmed"), &st), 0);
		ck_assert_uint_eq(st.st_uid, 1234);
	}
	rig_fini(&r);
}
END_TEST

static void
count(struct store_wait *w, bool durable)
{
	(void)w;
	(void)durable;
	ck_abort_msg("nobody goes on at the end");
}

START_TEST(the_end_while_a_record_is_under_way)
{
	struct store_wait w = { .over = count };
	char id[SILENCE_ID_MAX];
	struct rig r;

	begin(&r);
	silence(&r, 0);
	silence(&r, 1);
	rig_silence(&r, "b=\"1\"", id);
	ck_assert(store_when_durable(r.store, &w));
	while (!r.store->direct.busy && !r.store->busy)
		event_base_loop(r.base, EVLOOP_ONCE);
	store_finish(r.store);
	store_wait_cancel(r.store, &w);
	rig_stop(&r);
	rig_start(&r);
	ck_assert_uint_eq(rig_silences(&r), 3);
	rig_fini(&r);
}
END_TEST

/* More than the file holds: its halves take turns. */
START_TEST(the_file_goes_round)
{
	char *large = mem_alloc(300000);
	struct rig r;

	begin(&r);
	silence(&r, 0);
	memset(large, 'x', 300000);
	for (int i = 0; i < 150; i++) {
		batch_put(&r.store->current, TABLE_META, STR("filler"), (struct str){ large, 30000 }, false);
		silence(&r, 1 + i);
	}
	if (r.store->redo.fd >= 0)
		ck_assert_uint_gt(r.store->redo.landed, 100);
	/* A large record leaves no memory behind. */
	batch_put(&r.store->current, TABLE_META, STR("filler"), (struct str){ large, 300000 }, false);
	silence(&r, 151);
	ck_assert_uint_lt(r.store->redo.cap, 300000);
	mem_free(large);
	again(&r, 152);
	rig_fini(&r);
}
END_TEST

/* Changes by way of the writer come after all records; and a copy is none that they belong to. */
START_TEST(large_ones_and_copies_between)
{
	struct rig r;
	struct err e = { 0 };
	char text[32];

	begin(&r);
	silence(&r, 0);
	silence(&r, 1);
	for (int i = 0; i < 1000; i++) {
		snprintf(text, sizeof(text), "N{i=%d}", i);
		rig_post(&r, text, r.now.wall, rig_in(&r, SPAN_HOUR));
	}
	rig_settle(&r);
	silence(&r, 2);
	ck_assert(store_backup(r.store, &e));
	rig_settle(&r);
	ck_assert(r.store->redo.fd < 0 || r.store->redo.paused);
	silence(&r, 3);
	silence(&r, 4);
	ck_assert(!r.store->redo.paused);
	again(&r, 5);
	ck_assert_uint_eq(view_alerts_count(r.engine), 1000);
	rig_fini(&r);
}
END_TEST

START_TEST(files_that_go_away)
{
	struct rig r;

	begin(&r);
	silence(&r, 0);
	silence(&r, 1);
	/* That of the records: another one is made. */
	unlink(rig_path(&r, "tocsin.db-redo"));
	silence(&r, 2);
	catch_up(&r);
	silence(&r, 3);
	silence(&r, 4);
	again(&r, 5);
	silence(&r, 5);
	silence(&r, 6);
	rig_post(&r, "A{x=1}", r.now.wall, rig_in(&r, SPAN_HOUR));
	rig_settle(&r);
	/* The database: all there is in memory goes into a new one. */
	ck_assert_int_eq(unlink(rig_path(&r, "tocsin.db")), 0);
	unlink(rig_path(&r, "tocsin.db-wal"));
	silence(&r, 7);
	catch_up(&r);
	silence(&r, 8);
	again(&r, 9);
	ck_assert_ptr_nonnull(rig_alert(&r, "A{x=1}"));
	rig_fini(&r);
}
END_TEST

/* The database cannot be written while there are records that it should have. */
START_TEST(a_full_disk)
{
	struct rig r;
	char id[SILENCE_ID_MAX];

	begin(&r);
	silence(&r, 0);
	silence(&r, 1);
	fault.write = SQLITE_FULL;
	silence(&r, 2);
	timer_in(&r.store->catch_up, 0);
	rig_silence(&r, "b=\"1\"", id);
	rig_until(&r, false);
	rig_post(&r, "A{x=1}", r.now.wall, rig_in(&r, SPAN_HOUR));
	fault_clear();
	rig_until(&r, true);
	silence(&r, 3);
	again(&r, 5);
	ck_assert_ptr_nonnull(rig_alert(&r, "A{x=1}"));
	rig_fini(&r);
}
END_TEST

/* Records are written while the database is busy with those before; what is too large for one waits for it. */
START_TEST(a_slow_database)
{
	struct rig r;
	char text[32];

	begin(&r);
	silence(&r, 0);
	silence(&r, 1);
	if (r.store->redo.fd >= 0) {
		fault.hold = 1;
		timer_in(&r.store->catch_up, 0);
		while (!r.store->busy)
			event_base_loop(r.base, EVLOOP_ONCE);
		silence(&r, 2);
		silence(&r, 3);
		for (int i = 0; i < 1000; i++) {
			snprintf(text, sizeof(text), "N{i=%d}", i);
			rig_post(&r, text, r.now.wall, rig_in(&r, SPAN_HOUR));
		}
		event_base_loop(r.base, EVLOOP_NONBLOCK);
		ck_assert_uint_ne(store_ticket(r.store), 0);
		fault_clear();
	}
	rig_settle(&r);
	again(&r, r.store->redo.last > 0 ? 4 : 2);
	rig_fini(&r);
}
END_TEST

/* The last process could not store what it had written as records, nor can this one for a while. */
START_TEST(a_database_that_cannot_be_opened)
{
	struct rig r;
	char id[SILENCE_ID_MAX];

	for (int read_only = 0; read_only < 2; read_only++) {
		begin(&r);
		silence(&r, 0);
		silence(&r, 1);
		silence(&r, 2);
		rig_crash(&r);
		fault.open = read_only ? SQLITE_READONLY : SQLITE_CANTOPEN;
		rig_start(&r);
		ck_assert(!store_health(r.store).ok);
		ck_assert_uint_eq(rig_silences(&r), read_only ? 3 : 0);
		rig_silence(&r, "b=\"1\"", id);
		fault_clear();
		rig_until(&r, true);
		again(&r, 4);
		rig_fini(&r);
	}
}
END_TEST

int
main(void)
{
	fault_install();
	return RUN("redo", records_go_on_top_of_rows, records_that_cannot_be_read, records_that_cannot_be_placed,
	    one_that_was_cut_short_is_left_out, any_wrong_bit_is_set_right,
	    records_survive_a_crash, a_start_without_records, root_leaves_it_to_the_owner, the_end_while_a_record_is_under_way, the_file_goes_round, large_ones_and_copies_between, files_that_go_away, a_full_disk, a_slow_database,
	    a_database_that_cannot_be_opened);
}
