/* SPDX-License-Identifier: Apache-2.0 */
/* Messages as files: whole, once, and without holding up the loop. */
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "loop/file.h"
#include "loop/workers.h"
#include "spool.h"
#include "suite.h"

static char root[] = "/tmp/tocsin-spool-XXXXXX";
static struct arena *arena;

static const char *
in_root(const char *name)
{
	return arena_printf(arena, "%s/%s", root, name).p;
}

static void
set_up(void)
{
	static const char *const folders[] = { "outgoing", "checked", "sent", "failed" };

	arena = arena_new();
	memcpy(root + strlen(root) - 6, "XXXXXX", 6);
	ck_assert_ptr_nonnull(mkdtemp(root));
	for (size_t i = 0; i < ARRAY_LEN(folders); i++)
		ck_assert_int_eq(mkdir(in_root(folders[i]), 0755), 0);
}

static void
tear_down(void)
{
	static const char *const all[] = { "outgoing/m", "checked/m", "sent/m", "failed/m", "outgoing", "checked", "sent",
		"failed", "" };

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		(void)!remove(in_root(all[i]));
	ck_assert_int_ne(access(root, F_OK), 0);
	arena_free(&arena);
}

static struct spool_request
message(const char *name, const char *content)
{
	return (struct spool_request){ str_from(root), STR("outgoing"), STR("sent"), STR("failed"), STR("checked"), str_from(name), str_from(content) };
}

static struct str
content_of(const char *name)
{
	struct str out;

	ck_assert(file_read(in_root(name), 1000, arena, &out, NULL));
	return out;
}

START_TEST(a_message_is_there_once_wherever_it_is)
{
	struct spool_request first = message("m", "To: 1\n\na"), again = message("m", "To: 1\n\nb");
	struct stat st;

	ck_assert(spool_write(&first, NULL));
	ck_assert(str_is(content_of("outgoing/m"), "To: 1\n\na"));
	ck_assert_int_eq(stat(in_root("outgoing/m"), &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0664);
	ck_assert(spool_write(&again, NULL));
	ck_assert(str_is(content_of("outgoing/m"), "To: 1\n\na"));
	/* The daemon is about to send it. */
	ck_assert_int_eq(rename(in_root("outgoing/m"), in_root("checked/m")), 0);
	ck_assert(spool_write(&again, NULL));
	ck_assert_int_ne(access(in_root("outgoing/m"), F_OK), 0);
	ck_assert_int_eq(rename(in_root("checked/m"), in_root("sent/m")), 0);
	ck_assert(spool_write(&again, NULL));
	ck_assert_int_ne(access(in_root("outgoing/m"), F_OK), 0);
	/* Nothing is left beside. */
	ck_assert_int_ne(access(in_root(".m.tmp"), F_OK), 0);
}
END_TEST

START_TEST(a_spool_that_is_not_there_is_an_error)
{
	struct spool_request r = message("m", "a");
	struct err e = { 0 };

	r.in = STR("nowhere");
	ck_assert(!spool_write(&r, &e));
	ck_assert_ptr_nonnull(strstr(e.text, "nowhere/m: no such file or directory"));
	ck_assert_int_ne(access(in_root(".m.tmp"), F_OK), 0);
	r.root = STR("/nonexistent");
	ck_assert(!spool_write(&r, &e));
}
END_TEST

static struct str heard;

static void
hear(void *arg, const struct response *r)
{
	struct event_base *base = arg;

	heard = arena_str(arena, r->transport_error ? r->error : r->body);
	event_base_loopbreak(base);
}

START_TEST(the_loop_hears_of_it)
{
	struct event_base *base = event_base_new();
	struct spool_request r = message("m", "a");
	struct workers *workers = NULL;
	struct spool_call *c, *canceled;
	struct err e = { 0 };

	canceled = spool_start(base, &workers, &r, hear, NULL, &e);
	ck_assert_ptr_nonnull(canceled);
	spool_cancel(&canceled);
	c = spool_start(base, &workers, &r, hear, base, &e);
	ck_assert_ptr_nonnull(c);
	event_base_dispatch(base);
	ck_assert(str_is(heard, "m"));
	workers_stop(&workers);
	event_base_free(base);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, a_message_is_there_once_wherever_it_is);
	tcase_add_test(tc, a_spool_that_is_not_there_is_an_error);
	tcase_add_test(tc, the_loop_hears_of_it);
}

int
main(void)
{
	return run_suite("deliver spool", add);
}
