/* SPDX-License-Identifier: Apache-2.0 */
/* Things that others do to the files of the store, or left in its directory. */
#include "lib_store.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "lib_fault.h"
#include "wire/codec.h"
#include "wire/proto.h"

static const char plain[] = "receiver ops hook mail\nroute receiver=ops by=[alertname] wait=30s interval=5m\n";

static void
leave_alertmanagers_files(struct rig *r)
{
	struct store_export out;
	struct err e = { 0 };
	char id[SILENCE_ID_MAX];

	rig_start(r);
	rig_silence(r, "a=\"1\"", id);
	rig_stop(r);
	ck_assert(store_export(r->dir, r->dir, &out, &e));
	ck_assert_int_eq(unlink(rig_path(r, "tocsin.db")), 0);
}

static void
find_what_alertmanager_left(struct rig *r)
{
	rig_start(r);
	ck_assert_uint_eq(rig_silences(r), 1);
	fault_clear();
	rig_until(r, true);
	rig_settle(r);
	rig_crash(r);
	rig_start(r);
	ck_assert_uint_eq(rig_silences(r), 1);
}

/* Alertmanager's files are taken up when there is no place for them yet, and put there later. */
START_TEST(import_when_nothing_can_be_written)
{
	for (int left = -1; left < 12; left++) {
		struct rig r;

		rig_init(&r, plain);
		leave_alertmanagers_files(&r);
		fault.open = left < 0 ? SQLITE_CANTOPEN : 0;
		fault.writes_left = left;
		fault.write = SQLITE_FULL;
		find_what_alertmanager_left(&r);
		rig_fini(&r);
	}
}
END_TEST

/* SQLite does not see what becomes of its files; what was confirmed would be lost with them. */
START_TEST(files_are_removed_and_cut_while_running)
{
	static const struct { const char *name; long size; } harm[] = {
		{ "tocsin.db-wal", -1 }, { "tocsin.db-wal", 0 }, { "tocsin.db-wal", 5000 }, { "tocsin.db", 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(harm); i++) {
		struct rig r;
		char id[SILENCE_ID_MAX];

		rig_init(&r, plain);
		rig_start(&r);
		rig_silence(&r, "a=\"1\"", id);
		rig_post(&r, "A{x=1}", r.now.wall, rig_in(&r, SPAN_HOUR));
		rig_settle(&r);
		if (harm[i].size < 0)
			ck_assert_int_eq(unlink(rig_path(&r, harm[i].name)), 0);
		else
			ck_assert_int_eq(truncate(rig_path(&r, harm[i].name), harm[i].size), 0);
		rig_silence(&r, "a=\"2\"", id);
		rig_settle(&r);
		ck_assert(rig_logged(&r, "while it was in use"));
		rig_crash(&r);
		rig_start(&r);
		ck_assert_uint_eq(rig_silences(&r), 2);
		ck_assert_ptr_nonnull(rig_alert(&r, "A{x=1}"));
		rig_fini(&r);
	}
}
END_TEST

START_TEST(removed_before_a_clean_end)
{
	struct rig r;
	char id[SILENCE_ID_MAX];

	rig_init(&r, plain);
	rig_start(&r);
	rig_silence(&r, "a=\"1\"", id);
	rig_post(&r, "A{x=1}", r.now.wall, wall_add(r.now.wall, SPAN_HOUR));
	rig_settle(&r);
	ck_assert_int_eq(unlink(rig_path(&r, "tocsin.db")), 0);
	unlink(rig_path(&r, "tocsin.db-wal"));
	rig_stop(&r);
	rig_start(&r);
	ck_assert_ptr_nonnull(view_silence(r.engine, str_from(id)));
	ck_assert_ptr_nonnull(rig_alert(&r, "A{x=1}"));
	rig_fini(&r);
}
END_TEST

/* Another database takes the place of ours: all there is in memory goes there, too. */
START_TEST(replaced_while_running)
{
	struct rig r;
	char id[SILENCE_ID_MAX], *old;

	rig_init(&r, plain);
	rig_start(&r);
	rig_silence(&r, "a=\"1\"", id);
	rig_stop(&r);
	old = mem_strdup(rig_path(&r, "old"));
	ck_assert_int_eq(rename(rig_path(&r, "tocsin.db"), old), 0);
	rig_start(&r);
	rig_silence(&r, "a=\"2\"", id);
	rig_post(&r, "A{x=1}", r.now.wall, rig_in(&r, SPAN_HOUR));
	rig_settle(&r);
	ck_assert_int_eq(rename(old, rig_path(&r, "tocsin.db")), 0);
	unlink(rig_path(&r, "tocsin.db-wal"));
	rig_silence(&r, "a=\"3\"", id);
	rig_settle(&r);
	rig_crash(&r);
	rig_start(&r);
	ck_assert_uint_eq(rig_silences(&r), 3);
	ck_assert_ptr_nonnull(rig_alert(&r, "A{x=1}"));
	mem_free(old);
	rig_fini(&r);
}
END_TEST

/* Told before the start, ended while the database could not be read: the end is told when it can. */
START_TEST(ended_while_unreadable)
{
	struct rig r;

	rig_init(&r, plain);
	rig_start(&r);
	rig_post(&r, "A{x=1}", r.now.wall, rig_in(&r, 2 * SPAN_MIN));
	rig_pass(&r, 30 * SPAN_S);
	ck_assert_uint_eq(r.sent_n, 2);
	rig_answer(&r, r.sent[0].attempt, true);
	rig_answer(&r, r.sent[1].attempt, true);
	rig_settle(&r);
	rig_crash(&r);
	fault.open = SQLITE_CANTOPEN;
	rig_start(&r);
	rig_pass(&r, 3 * SPAN_MIN);
	fault_clear();
	rig_until(&r, true);
	rig_settle(&r);
	rig_pass(&r, SPAN_MIN);
	ck_assert_uint_eq(r.sent_n, 2);
	ck_assert_msg(strstr(r.sent[0].text, "resolved") != NULL, "%s", r.sent[0].text);
	rig_fini(&r);
}
END_TEST

/* A field of a number that nobody knows. */
static void
put_stranger(struct sbuf *b, const char *text)
{
	proto_bytes(b, 77, str_from(text));
	proto_uint(b, 78, 5);
}

/* Alertmanager's files as a later version might write them. */
static void
leave_files_of_a_later_version(const struct rig *r)
{
	static const uint64_t firing[] = { 3, 9 };
	struct log_entry entry = {
		.key = { STR("{}:{a=\"b\"}"), STR("ops"), STR("hook"), 0 },
		.timestamp = r->now.wall, .expires = rig_in(r, SPAN_HOUR), .firing = firing, .firing_n = 2,
	};
	struct unknown_fields more;
	struct silence *s = silence_new();
	struct sbuf in = SBUF_INIT(1000), around = SBUF_INIT(1000), body = SBUF_INIT(10000), file = SBUF_INIT(10000);
	struct err e = { 0 };
	FILE *f;

	put_stranger(&in, "in the record");
	put_stranger(&around, "around the record");
	memcpy(s->id, "0c8e5b1e-2f0a-4bb0-8a5e-0d1f2a3b4c5d", SILENCE_ID_MAX);
	s->starts = s->updated = r->now.wall;
	s->ends = rig_in(r, SPAN_HOUR);
	silence_add_set(s);
	ck_assert(matchers_parse(STR("a=\"1\""), MATCHER_UTF8, NULL, &s->sets[0], &e));
	s->unknown = istr_get(sbuf_get(&in));
	s->unknown_around = istr_get(sbuf_get(&around));
	codec_put_silence(&body, s, rig_in(r, 2 * SPAN_HOUR));
	proto_varint(&file, body.n);
	sbuf_str(&file, sbuf_get(&body));
	f = fopen(rig_path(r, "silences"), "we");
	ck_assert(f != NULL && fwrite(file.p, 1, file.n, f) == file.n && fclose(f) == 0);
	sbuf_reset(&body);
	sbuf_reset(&file);
	more = (struct unknown_fields){ sbuf_get(&in), sbuf_get(&around) };
	entry.unknown = &more;
	codec_put_log_entry(&body, &entry);
	proto_varint(&file, body.n);
	sbuf_str(&file, sbuf_get(&body));
	f = fopen(rig_path(r, "nflog"), "we");
	ck_assert(f != NULL && fwrite(file.p, 1, file.n, f) == file.n && fclose(f) == 0);
	silence_unref(s);
	sbuf_fini(&in);
	sbuf_fini(&around);
	sbuf_fini(&body);
	sbuf_fini(&file);
}

/* Both marks, each once. */
static void
expect_strangers(const struct rig *r, const char *name)
{
	char text[10000];
	FILE *f = fopen(rig_path(r, name), "re");
	struct str all = { text, 0 };

	ck_assert_ptr_nonnull(f);
	all.n = fread(text, 1, sizeof(text), f);
	fclose(f);
	ck_assert_uint_lt(str_find(all, STR("in the record")), all.n);
	ck_assert_uint_lt(str_find(all, STR("around the record")), all.n);
	all = str_sub(all, str_find(all, STR("around the record")) + 1, all.n);
	ck_assert_uint_eq(str_find(all, STR("around the record")), all.n);
}

/* Fields that a later version knows and we do not go in and come out again, whatever we do with a silence or entry. */
START_TEST(fields_of_a_later_version)
{
	struct store_export out;
	struct err e = { 0 };
	struct rig r;

	for (int way = 0; way < 3; way++) {
		rig_init(&r, plain);
		leave_files_of_a_later_version(&r);
		rig_start(&r);
		ck_assert_uint_eq(rig_silences(&r), 1);
		if (way == 1)	/* it is written anew */
			ck_assert(engine_silence_expire(r.engine, STR("0c8e5b1e-2f0a-4bb0-8a5e-0d1f2a3b4c5d"), r.now, &e));
		rig_settle(&r);
		if (way == 2) {	/* all of it is */
			ck_assert_int_eq(unlink(rig_path(&r, "tocsin.db")), 0);
			unlink(rig_path(&r, "tocsin.db-wal"));
			rig_post(&r, "A{x=1}", r.now.wall, rig_in(&r, SPAN_HOUR));
			rig_settle(&r);
		}
		rig_stop(&r);
		unlink(rig_path(&r, "silences"));
		unlink(rig_path(&r, "nflog"));
		ck_assert(store_export(r.dir, r.dir, &out, &e));
		ck_assert_uint_eq(out.silences, 1);
		ck_assert_uint_eq(out.log_entries, 1);
		expect_strangers(&r, "silences");
		expect_strangers(&r, "nflog");
		r.store = NULL;
		rig_fini(&r);
	}
}
END_TEST

static unsigned
mode_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? (unsigned)st.st_mode & 07777 : 0;
}

/* Nobody else reads what is kept, whatever the umask; files that an earlier version left open are closed. */
START_TEST(others_read_nothing)
{
	static const char *const files[] = { "tocsin.db", "tocsin.db-wal", "tocsin.db.damaged-1", "silences", "nflog" };
	char id[SILENCE_ID_MAX], inner[sizeof(((struct rig *)NULL)->dir)];
	mode_t before = umask(0);
	struct store_export out;
	struct err e = { 0 };
	struct rig r;
	FILE *f;

	rig_init(&r, plain);
	memcpy(inner, r.dir, sizeof(inner));
	snprintf(r.dir, sizeof(r.dir), "%.40s/made/data/", inner);
	rig_start(&r);
	ck_assert_uint_eq(mode_of(r.dir), 0700);
	r.dir[strlen(r.dir) - strlen("/data/")] = '\0';
	ck_assert_uint_eq(mode_of(r.dir), 0755);
	strcat(r.dir, "/data");
	rig_silence(&r, "a=\"1\"", id);
	rig_settle(&r);
	ck_assert_uint_eq(mode_of(rig_path(&r, "tocsin.db")), 0600);
	ck_assert_uint_eq(mode_of(rig_path(&r, "tocsin.db-wal")), 0600);
	rig_crash(&r);
	strcat(inner, "/made");
	ck_assert_int_eq(rmdir(inner), 0);
	inner[strlen(inner) - strlen("/made")] = '\0';
	ck_assert_int_eq(rmdir(inner), 0);
	ck_assert_int_eq(chmod(r.dir, 0755), 0);
	f = fopen(rig_path(&r, "tocsin.db.damaged-1"), "we");
	ck_assert_ptr_nonnull(f);
	fclose(f);
	f = fopen(rig_path(&r, "silences.part"), "we");
	ck_assert_ptr_nonnull(f);
	fclose(f);
	ck_assert_uint_eq(mode_of(rig_path(&r, "tocsin.db")), 0666);
	rig_start(&r);
	rig_silence(&r, "a=\"2\"", id);
	rig_settle(&r);
	ck_assert_uint_eq(mode_of(rig_path(&r, "tocsin.db-wal")), 0600);
	rig_stop(&r);
	ck_assert(store_export(r.dir, r.dir, &out, &e));
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		ck_assert_msg(mode_of(rig_path(&r, files[i])) == 0600 || i == 1, "%s: %o", files[i], mode_of(rig_path(&r, files[i])));
	/* The directory's owner, and who may look into it, are not ours to say. */
	ck_assert_uint_eq(mode_of(r.dir), 0755);
	umask(before);
	rig_fini(&r);
}
END_TEST

/* A start fails then, instead of going on with a disk that seems to be broken. */
START_TEST(the_directory_is_a_file)
{
	char path[sizeof(((struct rig *)NULL)->dir) + 16];
	struct err e = { 0 };
	struct rig r;

	rig_init(&r, plain);
	fclose(fopen(rig_path(&r, "file"), "we"));
	snprintf(path, sizeof(path), "%s/file/", r.dir);
	ck_assert(!store_make_directory(str_from(path), &e));
	ck_assert_msg(strstr(e.text, "unable to create data directory: mkdir ") == e.text &&
	    strstr(e.text, "/file: not a directory") != NULL, "%s", e.text);
	e = (struct err){ 0 };
	strcat(path, "below");
	ck_assert(!store_make_directory(str_from(path), &e));
	ck_assert_msg(strstr(e.text, "/file: not a directory") != NULL, "%s", e.text);
	rig_start(&r);
	rig_stop(&r);
	rig_fini(&r);
}
END_TEST

int
main(void)
{
	fault_install();
	return RUN("files", import_when_nothing_can_be_written, files_are_removed_and_cut_while_running, removed_before_a_clean_end,
	    replaced_while_running, ended_while_unreadable, others_read_nothing, the_directory_is_a_file,
	    fields_of_a_later_version);
}
