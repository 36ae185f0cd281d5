/* SPDX-License-Identifier: Apache-2.0 */
/* Workers, and how servers share them. */
#include <check.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/mem.h"
#include "lib_world.h"
#include "loop/clock_real.h"
#include "mail/mail.h"

#define HUNG 10

static int hung_answers;

static void
on_hung(void *arg, const struct response *r)
{
	(void)arg;
	ck_assert(r->transport_error);
	hung_answers++;
}

/* More servers than there are workers hang, each with mails waiting: a good one does not notice. */
START_TEST(servers_that_hang_delay_no_other)
{
	static const struct smtpd_rule silent[] = { { "", "" }, { 0 } };
	struct smtpd hung[HUNG];
	char ports[HUNG][16];
	struct mail_request m;

	world_begin((struct mail_pool_options){ .workers = 2, .workers_max = 4, .slow_after = SPAN_S });
	hung_answers = 0;
	memset(hung, 0, sizeof(hung));
	for (int i = 0; i < HUNG; i++) {
		smtpd_begin(&hung[i], w.base);
		hung[i].rules = silent;
		snprintf(ports[i], sizeof(ports[i]), "%u", hung[i].port);
	}
	/* One that was good before it hung has many workers, yet not all. */
	m = world_mail();
	world_send(&m);
	for (int k = 0; k < 3; k++) {
		for (int i = 0; i < HUNG; i++) {
			m.smarthost.port = str_from(ports[i]);
			ck_assert_ptr_nonnull(mail_pool_start(w.pool, &m, world_in(600 * SPAN_S), on_hung, NULL));
		}
	}
	/* They arrive although the others have hundreds of seconds left. */
	for (int i = 0; i < 20; i++) {
		m = world_mail();
		world_send_for(&m, 100 * SPAN_S);
		ck_assert_msg(w.resp.smtp_code == 250, "%d: %s", i, sbuf_cstr(&w.error));
	}
	for (int i = 0; i < HUNG; i++)
		ck_assert_int_le(hung[i].open, 1);
	mail_pool_free(&w.pool);
	for (int i = 0; i < HUNG; i++)
		smtpd_end(&hung[i]);
	world_end();
}
END_TEST

/* A gate that counts, and says no when it is shut. */
static struct gate {
	struct fetch_gate gate;
	int asked;
	bool shut;
} gate;

static bool
open_gate(struct fetch_gate *g, struct err *e)
{
	ck_assert_ptr_eq(g, &gate.gate);
	gate.asked++;
	return !gate.shut || err_set(e, ERR_TIMEOUT, "shut");
}

/* By either library. */
static struct mail_request
gated_mail(int by, bool shut)
{
	struct mail_request m = world_mail();

	gate = (struct gate){ .gate = { open_gate }, .shut = shut };
	m.gate = &gate.gate;
	if (by == 1) {
		m.username = STR("user");
		m.password = STR("password");
		m.identity = STR("identity");
	}
	return m;
}

START_TEST(a_message_that_may_not_be_ended_is_not_taken)
{
	struct mail_request m;

	world_begin((struct mail_pool_options){ .workers = 1 });
	w.d.ehlo = "250-x\r\n250 AUTH PLAIN\r\n";
	m = gated_mail(_i, true);
	world_send(&m);
	ck_assert_int_eq(gate.asked, 1);
	ck_assert(w.resp.transport_error && !w.resp.unanswered);
	ck_assert_str_eq(sbuf_cstr(&w.error), "shut");
	/* The worker that was cut is followed by another one. */
	m = gated_mail(_i, false);
	world_send(&m);
	ck_assert_int_eq(gate.asked, 1);
	ck_assert_msg(w.resp.smtp_code == 250, "%s", sbuf_cstr(&w.error));
	ck_assert_int_eq(w.d.sessions, 2);
	ck_assert_int_eq(w.d.ended, 1);
	world_end();
}
END_TEST

START_TEST(many_mails_share_few_workers)
{
	struct mail_request m;

	world_begin((struct mail_pool_options){ .workers = 2, .workers_max = 3 });
	m = world_mail();
	for (int i = 0; i < 30; i++)
		ck_assert_ptr_nonnull(mail_pool_start(w.pool, &m, world_in(20 * SPAN_S), world_on_done, NULL));
	while (w.answers < 30) {
		event_base_loop(w.base, EVLOOP_ONCE);
		ck_assert_int_le(w.d.open, 4);	/* one may be on its way out */
	}
	ck_assert_int_eq(w.d.ended, 30);
	/* One mail after the other, and no greeting for each. */
	ck_assert_int_le(w.d.sessions, 3);
	world_end();
}
END_TEST

/* A session is not kept while a mail for another server is in need of its worker. */
START_TEST(a_kept_session_makes_room)
{
	struct mail_request m;
	struct smtpd other = { 0 };
	char port[16];

	world_begin((struct mail_pool_options){ .workers = 1, .workers_max = 1, .keep = 600 * SPAN_S });
	smtpd_begin(&other, w.base);
	snprintf(port, sizeof(port), "%u", other.port);
	m = world_mail();
	for (int i = 0; i < 3; i++) {
		m.smarthost.port = str_from(w.port);
		world_send_for(&m, 500 * SPAN_S);
		ck_assert_msg(w.resp.smtp_code == 250, "%s", sbuf_cstr(&w.error));
		m.smarthost.port = str_from(port);
		world_send_for(&m, 500 * SPAN_S);
		ck_assert_msg(w.resp.smtp_code == 250, "%s", sbuf_cstr(&w.error));
	}
	ck_assert_int_eq(other.ended, 3);
	ck_assert_int_eq(w.d.ended, 3);
	/* In the end it takes leave by itself. */
	w.pool->o.keep = SPAN_MS;
	world_send(&m);
	while (other.open > 0)
		event_base_loop(w.base, EVLOOP_ONCE);
	ck_assert_ptr_nonnull(strstr(sbuf_cstr(&other.heard), "QUIT"));
	smtpd_end(&other);
	world_end();
}
END_TEST

/* Processes with this parent. */
static size_t
children_of(pid_t parent, pid_t *out, size_t max)
{
	DIR *proc = opendir("/proc");
	struct dirent *d;
	size_t n = 0;

	ck_assert_ptr_nonnull(proc);
	while (n < max && (d = readdir(proc)) != NULL) {
		char path[300];
		int pid = 0, ppid = 0;
		FILE *f;

		snprintf(path, sizeof(path), "/proc/%s/stat", d->d_name);
		if (d->d_name[0] < '0' || d->d_name[0] > '9' || (f = fopen(path, "re")) == NULL)
			continue;
		if (fscanf(f, "%d (%*[^)]) %*c %d", &pid, &ppid) == 2 && ppid == parent)
			out[n++] = pid;
		fclose(f);
	}
	closedir(proc);
	return n;
}

static void
wait_for_children(pid_t parent, size_t n)
{
	pid_t pids[16];

	while (children_of(parent, pids, 16) != n)
		event_base_loop(w.base, EVLOOP_NONBLOCK);
}

/* A session that hangs, in the only worker. */
static struct mail_call *
hang(struct mail_request *m)
{
	static const struct smtpd_rule silent[] = { { "MAIL", "" }, { 0 } };
	struct mail_call *call;

	w.d.rules = silent;
	sbuf_reset(&w.d.heard);
	*m = world_mail();
	call = mail_pool_start(w.pool, m, world_in(60 * SPAN_S), world_on_done, NULL);
	while (strstr(sbuf_cstr(&w.d.heard), "MAIL") == NULL)
		event_base_loop(w.base, EVLOOP_ONCE);
	w.d.rules = NULL;
	return call;
}

static void
wait_for_answer(void)
{
	while (w.answers == 0)
		event_base_loop(w.base, EVLOOP_ONCE);
}

/* A worker whose socket is closed is killed, collected, and replaced by a fork of the same helper. */
START_TEST(workers_are_forked_and_end_with_their_sockets)
{
	struct mail_request m;
	struct mail_call *call;
	pid_t helper, pids[16], later[16];

	world_begin((struct mail_pool_options){ .workers = 1, .workers_max = 1 });
	call = hang(&m);
	helper = w.pool->children.helper;
	ck_assert_uint_eq(children_of(helper, pids, 16), 1);
	mail_pool_cancel(&call);
	wait_for_children(helper, 0);
	world_send(&m);
	ck_assert_int_eq(w.resp.smtp_code, 250);
	ck_assert_int_eq(w.pool->children.helper, helper);
	ck_assert_uint_eq(children_of(helper, later, 16), 1);
	ck_assert_int_ne(pids[0], later[0]);
	world_end();
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);	/* no child is left, dead or alive */
}
END_TEST

/* Processor time so far, in ns; 0: this kernel does not tell. */
static uint64_t
processor_time(pid_t pid)
{
	char path[100];
	unsigned long long ns = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/schedstat", pid);
	f = fopen(path, "re");
	if (f == NULL)
		return 0;
	if (fscanf(f, "%llu", &ns) != 1)
		ns = 0;
	fclose(f);
	return ns;
}

/* Servers that hang take a worker each: a start of the program for each of them would take the processors from others. */
START_TEST(a_worker_costs_less_than_a_start_of_the_program)
{
	struct mail_request m;
	struct mail_call *call;
	pid_t helper, pids[16];
	uint64_t start;

	world_begin((struct mail_pool_options){ .workers = 1, .workers_max = 1 });
	call = hang(&m);
	helper = w.pool->children.helper;
	start = processor_time(helper);
	ck_assert_uint_eq(children_of(helper, pids, 16), 1);
	/* Its session until the server hangs is part of it. */
	ck_assert_msg(start == 0 || processor_time(pids[0]) < start / 2, "%llu of %llu ns",
	    (unsigned long long)processor_time(pids[0]), (unsigned long long)start);
	mail_pool_cancel(&call);
	world_end();
}
END_TEST

/* Nobody learns from one crash where things are in the next worker's memory: it is not the same helper's. */
START_TEST(a_worker_that_crashed_retires_its_helper)
{
	struct mail_request m;
	pid_t helper, pids[16];

	world_begin((struct mail_pool_options){ .workers = 1, .workers_max = 1 });
	ck_assert_ptr_nonnull(hang(&m));
	helper = w.pool->children.helper;
	ck_assert_uint_eq(children_of(helper, pids, 16), 1);
	kill(pids[0], SIGABRT);
	wait_for_answer();
	ck_assert_str_eq(sbuf_cstr(&w.error), "mail worker died");
	world_send(&m);
	ck_assert_int_eq(w.resp.smtp_code, 250);
	ck_assert_int_ne(w.pool->children.helper, helper);
	world_end();
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
}
END_TEST

START_TEST(a_helper_that_died_takes_its_workers_along_and_is_replaced)
{
	struct mail_request m;

	world_begin((struct mail_pool_options){ .workers = 1, .workers_max = 1 });
	ck_assert_ptr_nonnull(hang(&m));
	kill(w.pool->children.helper, SIGKILL);
	wait_for_answer();
	ck_assert_str_eq(sbuf_cstr(&w.error), "mail worker died");
	world_send(&m);
	ck_assert_int_eq(w.resp.smtp_code, 250);
	world_end();
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
}
END_TEST

START_TEST(programs_that_do_not_start)
{
	struct mail_request m;
	struct mail_call *call;

	world_begin((struct mail_pool_options){ .program = "/nonexistent" });
	m = world_mail();
	world_send(&m);
	ck_assert_str_eq(sbuf_cstr(&w.error), "cannot start /nonexistent: no such file or directory");
	call = mail_pool_start(w.pool, &m, world_in(20 * SPAN_S), world_on_done, NULL);
	ck_assert_ptr_nonnull(call);
	world_end();
	world_begin((struct mail_pool_options){ .program = "/bin/false" });
	m = world_mail();
	world_send(&m);
	/* It dies before it is asked, or after. */
	if (strcmp(sbuf_cstr(&w.error), "cannot ask for a mail worker: broken pipe") != 0)
		ck_assert_str_eq(sbuf_cstr(&w.error), "mail worker died");
	world_end();
}
END_TEST

/* How many of a server's mails get a worker now. */
static unsigned
begin_all(struct mail_servers *s, struct mail_turn *turns, size_t n, const char *port)
{
	struct host_port at = { STR("mail"), str_from(port) };
	unsigned got = 0;

	for (size_t i = 0; i < n; i++)
		mail_servers_wait(s, &turns[i], &at);
	while (mail_servers_next(s) != NULL)
		got++;
	return got;
}

/* One that has not answered yet gets a few, as long as there is half for those that have. */
START_TEST(new_servers_get_a_few_workers)
{
	struct mail_servers s = { .per_server = 6, .slow_max = 6 };
	struct mail_turn a[10], b[10], c[10];

	ck_assert_uint_eq(begin_all(&s, a, 10, "1"), 4);
	ck_assert_uint_eq(begin_all(&s, b, 10, "2"), 2);
	ck_assert_uint_eq(begin_all(&s, c, 10, "3"), 1);
	mail_servers_set_pace(&s, b[0].server, PACE_SLOW);
	ck_assert_uint_eq(s.slow_busy, 2);
	ck_assert_ptr_null(mail_servers_next(&s));
	mail_servers_set_pace(&s, a[0].server, PACE_GOOD);
	ck_assert_uint_eq(s.few_busy, 1);
	ck_assert_ptr_eq(mail_servers_next_good(&s), &a[4]);
	ck_assert_ptr_eq(mail_servers_next_good(&s), &a[5]);
	ck_assert_ptr_null(mail_servers_next_good(&s));
	/* Workers that the good one took of the half are free for the new one. */
	for (int i = 1; i < 4; i++)
		ck_assert_ptr_eq(mail_servers_next(&s), &c[i]);
	ck_assert_ptr_null(mail_servers_next(&s));
	mail_servers_fini(&s);
	ck_assert_uint_eq(s.good, 0);
}
END_TEST

/* One that answers late is not good for that: others would have to wait for its sessions. */
START_TEST(late_servers_get_a_few_workers)
{
	struct mail_servers s = { .per_server = 6, .slow_max = 6 };
	struct mail_turn a[10], b[10];

	ck_assert_uint_eq(begin_all(&s, a, 10, "1"), 4);
	mail_servers_set_pace(&s, a[0].server, PACE_SLOW);
	mail_servers_set_pace(&s, a[0].server, PACE_LATE);
	ck_assert_uint_eq(s.slow_busy, 0);
	ck_assert_uint_eq(s.few_busy, 4);
	ck_assert_ptr_null(mail_servers_next(&s));
	ck_assert_uint_eq(begin_all(&s, b, 10, "2"), 2);
	mail_servers_release(&s, a[0].server);
	ck_assert_ptr_eq(mail_servers_next(&s), &a[4]);
	ck_assert_ptr_null(mail_servers_next(&s));
	mail_servers_fini(&s);
}
END_TEST

/* A server that hangs fills its own queue, and no other. */
START_TEST(a_full_queue_is_one_servers_own)
{
	static const struct smtpd_rule silent[] = { { "", "" }, { 0 } };
	struct mail_request m;
	struct smtpd hung = { .rules = silent };
	char port[16];

	world_begin((struct mail_pool_options){ .workers = 2, .queue_max = 2 });
	smtpd_begin(&hung, w.base);
	snprintf(port, sizeof(port), "%u", hung.port);
	m = world_mail();
	m.smarthost.port = str_from(port);
	hung_answers = 0;
	/* Workers are started later than this, so all but two of these are refused. */
	for (int i = 0; i < 20; i++)
		ck_assert_ptr_nonnull(mail_pool_start(w.pool, &m, world_in(600 * SPAN_S), on_hung, NULL));
	while (hung_answers == 0)
		event_base_loop(w.base, EVLOOP_ONCE);
	m = world_mail();
	world_send(&m);
	ck_assert_msg(w.resp.smtp_code == 250, "%s", sbuf_cstr(&w.error));
	mail_pool_free(&w.pool);
	smtpd_end(&hung);
	world_end();
}
END_TEST

#define LONG ((size_t)20 << 20)

static struct str
long_message(void)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct str s;

	sbuf_str(&b, world_mail().message);
	while (b.n < LONG)
		sbuf_str(&b, STR("It goes on and on.\r\n"));
	s.p = sbuf_take(&b, &s.n);
	return s;
}

static size_t
lines_of(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] == '\n';
	return n;
}

/* The text is its owner's, who may let it go with the answer, or with a cancellation in the middle of it. */
START_TEST(a_long_message_is_sent_from_where_it_is)
{
	struct mail_request m;
	struct mail_call *call;
	struct str text = long_message();

	world_begin((struct mail_pool_options){ .workers = 1 });
	m = world_mail();
	m.message = text;
	world_send(&m);
	ck_assert_int_eq(w.resp.smtp_code, 250);
	/* A line ends in one byte there, and one dot is two. */
	ck_assert_uint_eq(w.d.message.n, text.n - lines_of(text) + 1);
	call = mail_pool_start(w.pool, &m, world_in(20 * SPAN_S), world_on_done, NULL);
	/* The worker stands ready: some of it is with him. */
	for (int i = 0; i < 3; i++)
		event_base_loop(w.base, EVLOOP_ONCE);
	ck_assert_int_eq(w.answers, 1);
	mail_pool_cancel(&call);
	mem_free((void *)(uintptr_t)text.p);
	m = world_mail();
	world_send(&m);
	ck_assert_int_eq(w.resp.smtp_code, 250);
	m.message = (struct str){ "", (size_t)128 << 20 };	/* nobody looks at it */
	world_send(&m);
	ck_assert_str_eq(sbuf_cstr(&w.error), "mail is too large");
	world_end();
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, a_long_message_is_sent_from_where_it_is);
	tcase_add_test(tc, servers_that_hang_delay_no_other);
	tcase_add_loop_test(tc, a_message_that_may_not_be_ended_is_not_taken, 0, 2);
	tcase_add_test(tc, many_mails_share_few_workers);
	tcase_add_test(tc, a_kept_session_makes_room);
	tcase_add_test(tc, new_servers_get_a_few_workers);
	tcase_add_test(tc, late_servers_get_a_few_workers);
	tcase_add_test(tc, a_full_queue_is_one_servers_own);
	tcase_add_test(tc, workers_are_forked_and_end_with_their_sockets);
	tcase_add_test(tc, a_worker_costs_less_than_a_start_of_the_program);
	tcase_add_test(tc, a_worker_that_crashed_retires_its_helper);
	tcase_add_test(tc, a_helper_that_died_takes_its_workers_along_and_is_replaced);
	tcase_add_test(tc, programs_that_do_not_start);
}

int
main(int argc, char **argv)
{
	return world_main(argc, argv, "mail_pool", add);
}
