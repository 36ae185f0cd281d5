/* SPDX-License-Identifier: Apache-2.0 */
/* What others left in the directory of the store. */
#include "lib_store.h"

#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>

#include "lib_fault.h"

static const char plain[] = "receiver ops hook mail\nroute receiver=ops by=[alertname] wait=30s interval=5m\n";

static size_t
count_silences(struct rig *r)
{
	struct arena *a = arena_new();
	struct silence **v;
	size_t n;

	view_silences(r->engine, a, &v, &n);
	arena_free(&a);
	return n;
}

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
	ck_assert_uint_eq(count_silences(r), 1);
	fault_clear();
	rig_until(r, true);
	rig_settle(r);
	rig_crash(r);
	rig_start(r);
	ck_assert_uint_eq(count_silences(r), 1);
}

/* What Alertmanager left is taken up when there is no place for it yet, and put there later. */
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

int
main(void)
{
	fault_install();
	return RUN("files", import_when_nothing_can_be_written);
}
