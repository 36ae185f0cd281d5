/* SPDX-License-Identifier: Apache-2.0 */
/* The whole room: what is heard is found again, under each condition; retention, damage, full queues and disks. */
#include <event2/event.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib_history.h"
#include "suite.h"

static struct rig r;

static void
pass(span s)
{
	r.now.mono = mono_add(r.now.mono, s);
	r.now.wall = wall_add(r.now.wall, s);
}

static const char *
list(const char *key)
{
	struct past_query q = { 0 };

	return rig_list(&r, &q, key);
}

static void
some_events(void)
{
	static const char *const alerts[] = { "alertname=A,host=x", "alertname=A,host=y" };

	rig_condition(&r, "alertname=A,host=x", ALERT_FIRES, true);
	pass(SPAN_S);
	rig_condition(&r, "alertname=A,host=y", ALERT_FIRES, true);
	rig_notified(&r, "{}:{alertname=\"A\"}", alerts, 2, NULL);
	pass(SPAN_S);
	rig_silence(&r, EVENT_SILENCE_CREATED, "s1", "jo");
	rig_condition(&r, "alertname=A,host=x", ALERT_FIRES, false);
	rig_notified(&r, "{}:{alertname=\"B\"}", (const char *const[]){ "alertname=B" }, 1, "no \"such\" token");
	rig_settle(&r, 0);
}

START_TEST(what_is_heard_is_found)
{
	struct past_query q = { .kinds = (const struct str[]){ STR("notification") }, .kinds_n = 1, .limit = 1 };
	const char *text;

	rig_init(&r);
	rig_start(&r);
	ck_assert_str_eq(list("kind"), "");
	some_events();
	ck_assert_str_eq(list("kind"), "notification resolved silence_created notification firing firing");
	ck_assert_str_eq(list("id"), "6 5 4 3 2 1");
	text = rig_ask(&r, &q);
	ck_assert_msg(strstr(text, "{\"items\":[{\"id\":\"6\",\"at\":\"2026-01-01T00:00:02.000Z\",\"kind\":\"notification\","
				   "\"group\":\"") == text, "%s", text);
	ck_assert_msg(strstr(text, "\"receiver\":\"ops\",\"integration\":\"hook[0]\",\"reason\":\"first\",\"firing\":1,"
				   "\"resolved\":0,\"attempts\":2,\"outcome\":\"failed\",\"error\":\"no \\\"such\\\" token\","
				   "\"failure\":\"authError\",\"ms\":5,\"recipients\":[{\"to\":\"jo\",\"ok\":false,\"state\":\"failed\"}],"
				   "\"fingerprints\":[\"") != NULL, "%s", text);
	rig_fini(&r);
}
END_TEST

static void
expect(struct past_query q, const char *ids)
{
	ck_assert_str_eq(rig_list(&r, &q, "id"), ids);
}

#define ONE(text) (const struct str[]){ STR(text) }

START_TEST(each_condition)
{
	struct labels *l = rig_labels("alertname=A,host=y");
	uint64_t fingerprint = labels_fingerprint(l);
	struct wall start;

	rig_init(&r);
	start = r.now.wall;
	rig_start(&r);
	some_events();
	expect((struct past_query){ .matchers = ONE("host=\"x\""), .matchers_n = 1 }, "5 3 1");
	expect((struct past_query){ .matchers = ONE("host=~\"x|y\""), .matchers_n = 1 }, "5 3 2 1");
	expect((struct past_query){ .matchers = ONE("host=~\"[xz].*\""), .matchers_n = 1 }, "5 3 1");
	expect((struct past_query){ .matchers = ONE("host!=\"x\""), .matchers_n = 1 }, "6 3 2");
	expect((struct past_query){ .matchers = ONE("host!~\"x|y\""), .matchers_n = 1 }, "6");
	expect((struct past_query){ .matchers = ONE("host!~\"[xy]\""), .matchers_n = 1 }, "6");
	expect((struct past_query){ .matchers = ONE("host=\"\""), .matchers_n = 1 }, "6");
	expect((struct past_query){ .matchers = ONE("none=~\".*\""), .matchers_n = 1 }, "6 5 3 2 1");
	expect((struct past_query){ .matchers = ONE("none=~\".+\""), .matchers_n = 1 }, "");
	expect((struct past_query){ .matchers = (const struct str[]){ STR("host=\"x\""), STR("alertname=\"A\"") },
		   .matchers_n = 2 }, "5 3 1");
	expect((struct past_query){ .fingerprints = &fingerprint, .fingerprints_n = 1 }, "3 2");
	expect((struct past_query){ .receiver = STR("o.*") }, "6 3");
	expect((struct past_query){ .receiver = STR("o") }, "");
	expect((struct past_query){ .receiver = STR("ops|db"), .outcomes = ONE("sent"), .outcomes_n = 1 }, "3");
	expect((struct past_query){ .integration = STR("hook") }, "6 3");
	expect((struct past_query){ .integration = STR("hook[0]") }, "6 3");
	expect((struct past_query){ .integration = STR("hook[1]") }, "");
	expect((struct past_query){ .actor = STR("jo") }, "4");
	expect((struct past_query){ .actor = STR("max") }, "");
	expect((struct past_query){ .from = wall_add(start, SPAN_S) }, "6 5 4 3 2");
	expect((struct past_query){ .to = wall_add(start, SPAN_S) }, "1");
	expect((struct past_query){ .from = wall_add(start, SPAN_S), .to = wall_add(start, 2 * SPAN_S) }, "3 2");
	expect((struct past_query){ .kinds = (const struct str[]){ STR("firing"), STR("resolved") }, .kinds_n = 2 }, "5 2 1");
	labels_unref(l);
	rig_fini(&r);
}
END_TEST

START_TEST(silences_of_other_members)
{
	const char *text;

	rig_init(&r);
	rig_start(&r);
	rig_silence(&r, EVENT_SILENCE_CREATED, "s1", "jo");
	rig_silence_of_peer(&r, EVENT_SILENCE_CREATED, "s2", "max");
	rig_silence_of_peer(&r, EVENT_SILENCE_EXPIRED, "s1", "jo");
	rig_settle(&r, 0);
	expect((struct past_query){ .actor = STR("max") }, "2");
	text = rig_ask(&r, &(struct past_query){ .kinds = ONE("silence_created"), .kinds_n = 1 });
	ck_assert_msg(strstr(text, "\"silence_id\":\"s2\",\"by\":\"max\",\"by_peer\":true,\"comment\"") != NULL, "%s", text);
	ck_assert_msg(strstr(text, "\"silence_id\":\"s1\",\"by\":\"jo\",\"comment\"") != NULL, "%s", text);
	text = rig_ask(&r, &(struct past_query){ .kinds = ONE("silence_expired"), .kinds_n = 1 });
	ck_assert_msg(strstr(text, "\"silence_id\":\"s1\",\"by\":null,\"by_peer\":true,") != NULL, "%s", text);
	rig_fini(&r);
}
END_TEST

START_TEST(pages_and_cursors)
{
	struct past_query q = { .limit = 4 };
	char seen[4000] = "", *next;
	int pages = 0;

	rig_init(&r);
	rig_start(&r);
	for (int i = 0; i < 10; i++)
		rig_condition(&r, "alertname=A", ALERT_FIRES, i % 2 == 0);
	rig_settle(&r, 0);
	for (bool more = true; more; pages++) {
		static char cursor[64];
		const char *text;

		strcat(strcat(seen, rig_list(&r, &q, "id")), " ");
		text = rig_ask(&r, &q);
		next = strstr(text, "\"next\":\"");
		more = next != NULL;
		if (more) {
			snprintf(cursor, sizeof(cursor), "%.32s", next + 8);
			q.cursor = str_from(cursor);
		}
		/* Events that come meanwhile change nothing behind the cursor. */
		rig_condition(&r, "alertname=B", ALERT_FIRES, true);
		rig_settle(&r, 0);
	}
	ck_assert_int_eq(pages, 3);
	ck_assert_str_eq(seen, "10 9 8 7 6 5 4 3 2 1 ");
	q.cursor = STR("0123456789abcdef0123456789abcdef");
	ck_assert_msg(strncmp(rig_ask(&r, &q), "!cursor: ", 9) == 0, "%s", sbuf_cstr(&r.answer));
	q = (struct past_query){ .format = PAST_NDJSON, .limit = 3 };
	ck_assert_int_eq(str_find(str_from(rig_ask(&r, &q)), STR("13")), 7);
	rig_fini(&r);
}
END_TEST

START_TEST(it_goes_on_after_a_restart)
{
	rig_init(&r);
	rig_start(&r);
	some_events();
	rig_stop(&r);
	rig_start(&r);
	rig_condition(&r, "alertname=A,host=x", ALERT_FIRES, true);
	rig_settle(&r, 0);
	ck_assert_str_eq(list("id"), "7 6 5 4 3 2 1");
	/* An event that was in memory only is lost, and nothing else. */
	rig_condition(&r, "alertname=A,host=lost", ALERT_FIRES, true);
	rig_crash(&r);
	rig_start(&r);
	rig_condition(&r, "alertname=A,host=x", ALERT_FIRES, false);
	rig_settle(&r, 0);
	ck_assert_str_eq(list("host"), "x x - x - - y x");
	rig_fini(&r);
}
END_TEST

START_TEST(sums)
{
	struct past_query q = { .format = PAST_STATS };
	struct inhibit_rule rules[2] = { { .title = STR("used") }, { .title = STR("idle") } };
	const char *text;

	rig_init(&r);
	r.config = (struct config){ .refs = 2, .inhibit_rules = rules, .inhibit_rules_n = 2 };
	rig_start(&r);
	history_started(r.h, &r.config, r.now.wall, STR("1"));
	some_events();
	/* It ends, and comes again, three times. */
	for (int i = 0; i < 3; i++) {
		rig_condition(&r, "alertname=A,host=x", ALERT_FIRES, true);
		pass(SPAN_MIN);
		rig_condition(&r, "alertname=A,host=x", ALERT_ACKED, true);
		rig_condition(&r, "alertname=A,host=x", ALERT_FIRES, false);
		pass(SPAN_MIN);
	}
	rig_inhibited(&r, "alertname=T", "alertname=S", &rules[0]);
	rig_settle(&r, 0);
	q.from = wall_add(r.now.wall, -SPAN_HOUR);
	q.to = wall_add(r.now.wall, SPAN_S);
	text = rig_ask(&r, &q);
	ck_assert_msg(strstr(text, "\"complete\":true,\"notifications\":[{\"at\":\"2026-01-01T00:00:00.000Z\",\"receiver\":\"ops\","
				   "\"sent\":1,\"failed\":1}],\"noisiest\":[{\"fingerprint\":\"") != NULL, "%s", text);
	ck_assert_msg(strstr(text, "\"labels\":{\"alertname\":\"A\",\"host\":\"x\"},\"fired\":4,\"flaps\":3},") != NULL, "%s", text);
	ck_assert_msg(strstr(text, "\"fired\":4,\"flaps\":3}],\"silences_unmatched\":[{\"silence_id\":\"s1\",\"by\":\"jo\"") != NULL, "%s", text);
	ck_assert_msg(strstr(text, "\"inhibit_rules_idle\":[{\"index\":1,\"name\":\"idle\"}],\"acks\":3,\"mean_seconds_to_ack\":60}") != NULL, "%s", text);
	rig_fini(&r);
}
END_TEST

static int64_t
number(const char *sql)
{
	sqlite3_stmt *s;
	sqlite3 *db;
	char path[128];
	int64_t n;

	snprintf(path, sizeof(path), "%s/history.db", r.dir);
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
	ck_assert_int_eq(sqlite3_step(s), SQLITE_ROW);
	n = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	sqlite3_close(db);
	return n;
}

static void
many(const char *name, int n)
{
	char labels[100];

	for (int i = 0; i < n; i++) {
		snprintf(labels, sizeof(labels), "alertname=%s,host=h%d,team=db", name, i % 1000);
		rig_condition(&r, labels, ALERT_FIRES, true);
	}
	rig_settle(&r, 0);
}

/* Until there is nothing more to be tidied. */
static void
tidy(void)
{
	do
		event_base_loop(r.base, EVLOOP_ONCE);
	while (r.h->under_way || r.h->writer.more);
}

START_TEST(blocks_are_sealed)
{
	struct past_query q = { .matchers = ONE("host=\"h7\""), .matchers_n = 1, .limit = 1000 };
	const char *ids;

	rig_init(&r);
	rig_start(&r);
	many("A", 9000);
	ck_assert_int_eq(number("SELECT count(*) FROM blocks WHERE sealed = 1"), 2);
	ck_assert_int_eq(number("SELECT sum(n) FROM blocks"), 9000);
	ck_assert_int_eq(number("SELECT coalesce(sum(n), 0) FROM segments"), 1000);
	ids = rig_list(&r, &q, "id");
	ck_assert_str_eq(ids, "8008 7008 6008 5008 4008 3008 2008 1008 8");
	rig_stop(&r);
	rig_start(&r);
	many("B", 3500);
	ck_assert_int_eq(number("SELECT count(*) FROM blocks WHERE sealed = 1"), 3);
	ck_assert_int_eq(number("SELECT sum(n) FROM blocks"), 12500);
	rig_fini(&r);
}
END_TEST

static size_t
count(const char *matcher)
{
	struct str text = str_from(matcher);
	struct past_query q = { .matchers = &text, .matchers_n = 1, .format = PAST_NDJSON };
	const char *answer = rig_ask(&r, &q);
	size_t n = 0;

	for (; *answer != '\0'; answer++)
		n += *answer == '\n';
	return n;
}

START_TEST(many_values)
{
	char labels[64];

	rig_init(&r);
	rig_start(&r);
	for (int i = 0; i < 1500; i++) {
		snprintf(labels, sizeof(labels), "alertname=A,host=h%d", i);
		rig_condition(&r, labels, ALERT_FIRES, true);
	}
	rig_condition(&r, "alertname=A", ALERT_FIRES, true);
	rig_settle(&r, 0);
	ck_assert_uint_eq(count("host=~\"h.+\""), 1500);
	ck_assert_uint_eq(count("host!~\"h.+\""), 1);
	ck_assert_uint_eq(count("host=~\"h.*[0-8]\""), 1350);
	ck_assert_uint_eq(count("host!~\"h.*[0-8]\""), 151);
	ck_assert_uint_eq(count("host=~\"h.*7\""), 150);
	ck_assert_uint_eq(count("host!~\"h.*7\""), 1351);
	ck_assert_uint_eq(count("host=~\"(h.*)?\""), 1501);
	rig_fini(&r);
}
END_TEST

START_TEST(what_is_old_goes)
{
	rig_init(&r);
	r.o.retention = SPAN_HOUR;
	rig_start(&r);
	many("Old0", 8192);
	many("Old1", 8192);
	pass(2 * SPAN_HOUR);
	ck_assert_str_eq(list("id"), "");
	many("New", 10);
	tidy();
	ck_assert_int_eq(number("SELECT count(*) FROM blocks WHERE sealed = 1"), 0);
	/* Nor do their labels stay. */
	ck_assert_int_eq(number("SELECT coalesce(sum(n), 0) FROM segments"), 10);
	ck_assert_int_eq(number("SELECT count(*) FROM segments"), 1);
	ck_assert_int_eq(number("SELECT count(*) FROM parts"), 1);
	ck_assert_str_eq(list("alertname"), "New New New New New New New New New New");
	/* Those that come again are new ones. */
	many("Old1", 5);
	ck_assert_int_eq(number("SELECT coalesce(sum(n), 0) FROM segments"), 15);
	ck_assert(strncmp(list("alertname"), "Old1 Old1 Old1 Old1 Old1 New", 28) == 0);
	rig_fini(&r);
}
END_TEST

START_TEST(the_size_is_bounded)
{
	char labels[200];
	struct stat st;
	char path[128];

	rig_init(&r);
	r.o.max_bytes = 1 << 20;
	rig_start(&r);
	snprintf(path, sizeof(path), "%s/history.db", r.dir);
	for (int i = 0; i < 30000; i++) {
		snprintf(labels, sizeof(labels), "alertname=A,pod=p%d-0123456789012345678901234567890123456789", i);
		rig_condition(&r, labels, ALERT_FIRES, true);
		pass(SPAN_MS);
		if (i % 500 == 0) {
			rig_settle(&r, 0);
			ck_assert_int_eq(stat(path, &st), 0);
			ck_assert_int_lt(st.st_size, (1 << 20) + (1 << 20) / 10);
		}
	}
	rig_settle(&r, 0);
	tidy();
	ck_assert_uint_gt(r.h->deleted, 0);
	ck_assert(strncmp(list("id"), "30000 29999 ", 12) == 0);
	rig_fini(&r);
}
END_TEST

static void
change(const char *sql)
{
	char path[128], *why = NULL;
	sqlite3 *db;

	snprintf(path, sizeof(path), "%s/history.db", r.dir);
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	sqlite3_exec(db, sql, NULL, NULL, &why);
	ck_assert_msg(why == NULL, "%s", why);
	sqlite3_close(db);
}

/* After a restart a set has another number; it is the same alert all the same. */
START_TEST(sets_that_come_again)
{
	struct past_query q = { .format = PAST_STATS };

	rig_init(&r);
	rig_start(&r);
	for (int i = 0; i < 3; i++) {
		rig_condition(&r, "alertname=A,host=x", ALERT_FIRES, true);
		rig_condition(&r, "alertname=A,host=x", ALERT_FIRES, false);
		rig_settle(&r, 0);
		rig_stop(&r);
		rig_start(&r);
	}
	ck_assert_int_eq(number("SELECT sum(n) FROM segments"), 3);
	ck_assert_uint_eq(count("host=\"x\""), 6);
	ck_assert_uint_eq(count("host!=\"x\""), 0);
	q.from = wall_add(r.now.wall, -SPAN_HOUR);
	q.to = wall_add(r.now.wall, SPAN_S);
	ck_assert_ptr_nonnull(strstr(rig_ask(&r, &q), "\"labels\":{\"alertname\":\"A\",\"host\":\"x\"},\"fired\":3,\"flaps\":2}]"));
	rig_fini(&r);
}
END_TEST

START_TEST(small_segments_become_large_ones)
{
	char labels[64];

	rig_init(&r);
	rig_start(&r);
	for (int i = 0; i < 40; i++) {
		snprintf(labels, sizeof(labels), "alertname=A,host=h%d,parity=%d", i, i % 2);
		rig_condition(&r, labels, ALERT_FIRES, true);
		rig_settle(&r, 0);
	}
	tidy();
	ck_assert_int_eq(number("SELECT count(*) FROM segments"), 2 + 40 % 16);
	ck_assert_int_eq(number("SELECT count(*) FROM parts"), 2 + 40 % 16);
	ck_assert_int_eq(number("SELECT sum(n) FROM segments"), 40);
	ck_assert_uint_eq(count("parity=\"1\""), 20);
	ck_assert_uint_eq(count("host=~\"h3.?\""), 11);
	ck_assert_uint_eq(count("host!~\"h3.?\""), 29);
	/* Those of an epoch that is over stay apart from the next one's, and become one. */
	pass(r.o.retention / 2);
	rig_condition(&r, "alertname=A,host=h1,parity=1", ALERT_FIRES, false);
	rig_settle(&r, 0);
	tidy();
	ck_assert_int_eq(number("SELECT count(*) FROM segments"), 2);
	ck_assert_int_eq(number("SELECT sum(n) FROM segments"), 41);
	ck_assert_uint_eq(count("host=\"h1\""), 2);
	rig_fini(&r);
}
END_TEST

START_TEST(damaged_segments_are_not_believed)
{
	rig_init(&r);
	rig_start(&r);
	rig_condition(&r, "alertname=A,host=x", ALERT_FIRES, true);
	rig_settle(&r, 0);
	rig_condition(&r, "alertname=A,host=y", ALERT_FIRES, true);
	rig_settle(&r, 0);
	rig_stop(&r);
	change("UPDATE parts SET body = zeroblob(length(body)) WHERE id = 1");
	rig_start(&r);
	ck_assert_str_eq(list("host"), "y -");
	ck_assert_uint_eq(count("host=\"y\""), 1);
	ck_assert_uint_eq(count("host!=\"y\""), 0);
	/* Nor merged: what is sound around it is. */
	for (int i = 0; i < 20; i++) {
		char labels[64];

		snprintf(labels, sizeof(labels), "alertname=A,host=y,n=%d", i);
		rig_condition(&r, labels, ALERT_FIRES, true);
		rig_settle(&r, 0);
	}
	tidy();
	ck_assert_int_lt(number("SELECT count(*) FROM segments"), 20);
	ck_assert_uint_eq(count("host=\"y\""), 21);
	ck_assert_uint_eq(r.h->set_aside, 0);
	rig_stop(&r);
	change("UPDATE segments SET directory = x'00'");
	rig_start(&r);
	ck_assert_uint_eq(count("alertname=\"A\""), 0);
	ck_assert_uint_eq(count("none=\"\""), 0);
	rig_condition(&r, "alertname=B", ALERT_FIRES, true);
	rig_settle(&r, 0);
	ck_assert_uint_eq(count("alertname=~\".*\""), 1);
	rig_fini(&r);
}
END_TEST

/* As version 2 had it: rows of sets, pairs, and which sets have a pair. */
static void
make_old(void)
{
	static const char *const sets[] = { "alertname=A,host=x", "alertname=A,host=y", "alertname=B" };
	static const char *const pairs[] = { "x'0102'", "x'0103'", "x'04'" };
	char sql[256];

	change("DROP TABLE segments; DROP TABLE parts; PRAGMA user_version = 2;"
	       "CREATE TABLE sets(id INTEGER PRIMARY KEY, fingerprint INTEGER, hash INTEGER, pairs BLOB);"
	       "CREATE UNIQUE INDEX sets_by_hash ON sets(fingerprint, hash);"
	       "CREATE TABLE pairs(id INTEGER PRIMARY KEY, name TEXT, value TEXT);"
	       "CREATE UNIQUE INDEX pairs_by_text ON pairs(name, value);"
	       "CREATE TABLE postings(id INTEGER PRIMARY KEY, sets BLOB);"
	       "INSERT INTO pairs VALUES(1, 'alertname', 'A'), (2, 'host', 'x'), (3, 'host', 'y'), (4, 'alertname', 'B');");
	for (size_t i = 0; i < ARRAY_LEN(sets); i++) {
		struct labels *l = rig_labels(sets[i]);

		snprintf(sql, sizeof(sql), "INSERT INTO sets VALUES(%zu, %lld, %zu, %s)", i + 1, (long long)labels_fingerprint(l),
		    i, pairs[i]);
		change(sql);
		labels_unref(l);
	}
}

START_TEST(a_database_of_version_2_is_upgraded)
{
	rig_init(&r);
	rig_start(&r);
	some_events();
	rig_stop(&r);
	make_old();
	/* Sets that no event has are gone; there are holes between the numbers. */
	change("INSERT INTO sets VALUES(900, 7, 7, x'0102'); INSERT INTO sets VALUES(200000, 8, 8, x'0103')");
	rig_start(&r);
	ck_assert_msg(strstr(rig_ask(&r, &(struct past_query){ 0 }), "is being upgraded") != NULL, "%s", sbuf_cstr(&r.answer));
	/* Events that happen meanwhile are written then. */
	rig_condition(&r, "alertname=A,host=x", ALERT_FIRES, true);
	rig_settle(&r, 0);
	ck_assert_str_eq(list("host"), "x - x - - y x");
	expect((struct past_query){ .matchers = ONE("host=\"x\""), .matchers_n = 1 }, "7 5 3 1");
	expect((struct past_query){ .matchers = ONE("host!=\"x\""), .matchers_n = 1 }, "6 3 2");
	ck_assert_int_eq(number("PRAGMA user_version"), 3);
	ck_assert_int_eq(number("SELECT count(*) FROM sqlite_schema WHERE name IN ('sets', 'pairs', 'postings')"), 0);
	ck_assert_int_eq(number("SELECT count(*) FROM segments"), 3);
	ck_assert_ptr_nonnull(strstr(sbuf_cstr(&r.logged), "The history database has been upgraded"));
	ck_assert_uint_eq(r.h->set_aside, 0);
	rig_stop(&r);
	rig_start(&r);
	ck_assert_str_eq(list("host"), "x - x - - y x");
	rig_fini(&r);
}
END_TEST

/* Broken off after the first step, or told to stop: the rest is done then. */
START_TEST(an_upgrade_goes_on)
{
	rig_init(&r);
	rig_start(&r);
	some_events();
	rig_stop(&r);
	make_old();
	rig_start(&r);
	ck_assert(r.h->upgrading);
	rig_crash(&r);
	rig_start(&r);
	rig_condition(&r, "alertname=A,host=y", ALERT_FIRES, false);
	rig_stop(&r);
	rig_start(&r);
	ck_assert_str_eq(list("host"), "y - x - - y x");
	expect((struct past_query){ .matchers = ONE("host=\"y\""), .matchers_n = 1 }, "7 3 2");
	rig_fini(&r);
}
END_TEST

static void
put_file(const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", r.dir, name);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

START_TEST(what_is_not_ours_is_set_aside)
{
	char path[128];
	sqlite3 *db;

	rig_init(&r);
	put_file("history.db", "this is no database, and it is long enough to be looked at: 0123456789012345678901234567890123456789");
	rig_start(&r);
	ck_assert_uint_eq(r.h->set_aside, 1);
	ck_assert_ptr_nonnull(strstr(sbuf_cstr(&r.logged), "was set aside"));
	some_events();
	ck_assert_str_eq(list("id"), "6 5 4 3 2 1");
	rig_stop(&r);
	snprintf(path, sizeof(path), "%s/history.db", r.dir);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(db, "CREATE TABLE notes(text)", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	pass(SPAN_MIN);
	rig_start(&r);
	ck_assert_uint_eq(r.h->set_aside, 1);
	some_events();
	ck_assert_str_eq(list("id"), "6 5 4 3 2 1");
	rig_fini(&r);
}
END_TEST

START_TEST(a_disk_that_fails_stops_nothing)
{
	struct past_query q = { 0 };
	char path[128];

	rig_init(&r);
	snprintf(path, sizeof(path), "%s/history.db", r.dir);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	rig_start(&r);
	rig_condition(&r, "alertname=A", ALERT_FIRES, true);
	ck_assert(!history_health(r.h, r.now).ok);
	ck_assert(rig_ask(&r, &q)[0] == '!');
	pass(10 * SPAN_S);
	ck_assert_int_eq(history_health(r.h, r.now).lag, 10 * SPAN_S);
	ck_assert_int_eq(rmdir(path), 0);
	rig_settle(&r, 0);
	ck_assert(history_health(r.h, r.now).ok);
	ck_assert_ptr_nonnull(strstr(sbuf_cstr(&r.logged), "History is written again"));
	ck_assert_str_eq(list("alertname"), "A");
	rig_fini(&r);
}
END_TEST

/* SQLite's own bound stands for a disk without room: both are SQLITE_FULL. */
START_TEST(a_full_disk_is_waited_for)
{
	char labels[40], path[128];

	rig_init(&r);
	rig_start(&r);
	rig_settle(&r, 0);
	/* A file that is mapped would end the process, by a page that there is no room for. */
	snprintf(path, sizeof(path), "%s/history.db-shm", r.dir);
	ck_assert_int_ne(access(path, F_OK), 0);
	ck_assert_int_eq(sqlite3_exec(r.h->writer.db.handle, "PRAGMA max_page_count = 1", NULL, NULL, NULL), SQLITE_OK);
	for (int i = 0; i < 3000; i++) {
		snprintf(labels, sizeof(labels), "alertname=A%d", i);
		rig_condition(&r, labels, ALERT_FIRES, true);
	}
	rig_settle(&r, 1);
	ck_assert_uint_eq(r.h->failures, 1);
	ck_assert(!history_health(r.h, r.now).ok);
	ck_assert_ptr_nonnull(strstr(sbuf_cstr(&r.logged), "The disk is full: no history is written until there is room"));
	pass(5 * SPAN_S);
	ck_assert_int_gt(history_health(r.h, r.now).lag, 0);
	if (r.h->writer.db.handle != NULL)
		ck_assert_int_eq(
		    sqlite3_exec(r.h->writer.db.handle, "PRAGMA max_page_count = 1000000", NULL, NULL, NULL), SQLITE_OK);
	rig_settle(&r, 0);
	ck_assert(history_health(r.h, r.now).ok);
	ck_assert_uint_eq(r.h->dropped, 0);
	ck_assert_int_eq(history_health(r.h, r.now).events, 3000);
	rig_fini(&r);
}
END_TEST

START_TEST(a_full_queue_drops_and_says_so)
{
	char path[128];

	rig_init(&r);
	r.o.queue_bytes = 4000;
	snprintf(path, sizeof(path), "%s/history.db", r.dir);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	rig_start(&r);
	for (int i = 0; i < 1000; i++)
		rig_condition(&r, "alertname=A,host=x", ALERT_FIRES, true);
	ck_assert_uint_gt(r.h->dropped, 900);
	ck_assert_uint_eq(r.h->dropped + r.h->taken, 1000);
	ck_assert_uint_le(r.h->bytes, 5000);
	ck_assert_int_eq(rmdir(path), 0);
	rig_settle(&r, 0);
	rig_condition(&r, "alertname=B", ALERT_FIRES, true);
	rig_settle(&r, 0);
	ck_assert(strncmp(list("kind"), "firing gap firing", 17) == 0);
	ck_assert_ptr_nonnull(strstr(sbuf_cstr(&r.answer), "\"kind\":\"gap\",\"missing\":9"));
	rig_fini(&r);
}
END_TEST

static void
add(TCase *tc)
{
	const TTest *const tests[] = { what_is_heard_is_found, each_condition, silences_of_other_members, pages_and_cursors,
		it_goes_on_after_a_restart, sums, blocks_are_sealed, many_values,
		sets_that_come_again, small_segments_become_large_ones, damaged_segments_are_not_believed,
		a_database_of_version_2_is_upgraded, an_upgrade_goes_on, what_is_old_goes, the_size_is_bounded,
		what_is_not_ours_is_set_aside, a_disk_that_fails_stops_nothing, a_full_disk_is_waited_for,
		a_full_queue_drops_and_says_so };

	for (size_t i = 0; i < ARRAY_LEN(tests); i++)
		tcase_add_test(tc, tests[i]);
}

int
main(void)
{
	return run_suite("history", add);
}
