/* SPDX-License-Identifier: Apache-2.0 */
/* Databases as older versions wrote them. */
#include "lib_store.h"

#include <sqlite3.h>

#include "codec_state.h"
#include "store_private.h"

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
	ck_assert_int_eq(sqlite3_exec(handle, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(handle);
}

/* One alert, and a row of its own for its group, which is due in ten seconds. */
static void
write_schema_1(const struct rig *r, const char *path, const struct alert *a)
{
	struct group_state g = {
		.route_id = r->config->route->id, .receiver = STR("ops"), .labels = a->labels,
		.next_flush = wall_add(r->now.wall, 10 * SPAN_S), .group_wait = 30 * SPAN_S,
		.group_interval = 5 * SPAN_MIN, .alerts = &a->labels->fingerprint, .alerts_n = 1,
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
	execute(path, "PRAGMA user_version = 1");
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
	ck_assert_str_eq(out, "2");
	rig_start(&r);
	rig_pass(&r, 9 * SPAN_S);
	ck_assert_uint_eq(r.sent_n, 0);
	rig_pass(&r, 2 * SPAN_S);
	ck_assert_uint_eq(r.sent_n, 1);
	rig_fini(&r);
}
END_TEST

int
main(void)
{
	return RUN("schema", groups_of_schema_1_go_on);
}
