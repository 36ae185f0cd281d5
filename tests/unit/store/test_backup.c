/* SPDX-License-Identifier: Apache-2.0 */
/* Copies of the database. */
#include "lib_store.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "store_private.h"

static const char plain[] = "receiver ops hook mail\nroute receiver=ops by=[alertname] wait=30s interval=5m\n";

/* A file, by its number; which threads closed descriptors of it. */
static _Atomic(ino_t) watched;
static atomic_int closed_by_loop, closed_elsewhere;

/* In place of the C library's. */
int
close(int fd)
{
	struct stat st;

	if (watched != 0 && fstat(fd, &st) == 0 && st.st_ino == watched)
		atomic_fetch_add(gettid() == getpid() ? &closed_by_loop : &closed_elsewhere, 1);
	return (int)syscall(SYS_close, fd);
}

static void
copy_to(int fd, uint64_t size, const char *path)
{
	int out = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	off_t at = 0;

	ck_assert_int_ge(out, 0);
	while ((uint64_t)at < size)
		ck_assert_int_gt(sendfile(out, fd, &at, size), 0);
	close(out);
}

START_TEST(backup)
{
	struct rig r;
	char id[SILENCE_ID_MAX];
	struct err e = { 0 };

	rig_init(&r, plain);
	rig_start(&r);
	rig_silence(&r, "a=\"1\"", id);
	ck_assert(store_backup(r.store, &e));
	ck_assert_uint_ne(store_ticket(r.store), 0);
	r.wants_copy = true;
	rig_settle(&r);
	ck_assert_int_ge(r.copy, 0);
	/* It has no name, and nobody else gets it later. */
	ck_assert_int_ne(access(rig_path(&r, "backup.part"), F_OK), 0);
	ck_assert_int_eq(store_backup_open(r.store, &r.copy_size, &e), -1);
	rig_silence(&r, "a=\"2\"", id);
	rig_stop(&r);
	copy_to(r.copy, r.copy_size, rig_path(&r, "tocsin.db"));
	close(r.copy);
	rig_start(&r);
	ck_assert_uint_eq(rig_silences(&r), 1);
	rig_fini(&r);
}
END_TEST

START_TEST(backup_that_a_crash_cut_short)
{
	struct rig r;
	int fd;

	rig_init(&r, plain);
	fd = open(rig_path(&r, "backup.part"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	close(fd);
	rig_start(&r);
	ck_assert_int_ne(access(rig_path(&r, "backup.part"), F_OK), 0);
	rig_fini(&r);
}
END_TEST

static void
watch(int fd)
{
	struct stat st;

	ck_assert_int_eq(fstat(fd, &st), 0);
	closed_by_loop = closed_elsewhere = 0;
	watched = st.st_ino;
}

/* Which frees the copy, and takes as long as it is large. */
START_TEST(the_loop_closes_no_copy)
{
	struct rig r;
	struct err e = { 0 };

	rig_init(&r, plain);
	rig_start(&r);
	ck_assert(store_backup(r.store, &e));
	r.wants_copy = true;
	rig_settle(&r);
	watch(r.copy);
	store_backup_close(r.store, r.copy);
	while (r.store->closings > 0)
		event_base_loop(r.base, EVLOOP_ONCE);
	watched = 0;
	ck_assert_int_eq(closed_by_loop, 0);
	ck_assert_int_ge(closed_elsewhere, 1);
	ck_assert_int_eq(fcntl(r.copy, F_GETFD), -1);
	rig_fini(&r);
}
END_TEST

START_TEST(a_copy_is_closed_at_the_end)
{
	struct rig r;
	struct err e = { 0 };

	rig_init(&r, plain);
	rig_start(&r);
	ck_assert(store_backup(r.store, &e));
	r.wants_copy = true;
	rig_settle(&r);
	store_backup_close(r.store, r.copy);
	/* Work that is with the worker is waited for, later work done at once. */
	store_finish(r.store);
	ck_assert_int_eq(fcntl(r.copy, F_GETFD), -1);
	ck_assert_uint_eq(r.store->closings, 0);
	r.copy = open("/dev/null", O_RDONLY | O_CLOEXEC);
	store_backup_close(r.store, r.copy);
	ck_assert_int_eq(fcntl(r.copy, F_GETFD), -1);
	rig_stop(&r);
	rig_fini(&r);
}
END_TEST

int
main(void)
{
	return RUN("store backup", backup, backup_that_a_crash_cut_short, the_loop_closes_no_copy, a_copy_is_closed_at_the_end);
}
