/* SPDX-License-Identifier: Apache-2.0 */
/* Mail through real worker processes (this very program) to a server on our loop. */
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
#include "lib_smtpd.h"
#include "lib_tls.h"
#include "loop/clock_real.h"
#include "mail/mail.h"
#include "mail_pool.h"

static struct {
	struct event_base *base;
	struct mail_pool *pool;
	struct smtpd d;
	char port[16];
	int answers;
	struct response resp;
	int codes[4];
	struct sbuf error;
} w;

static void
begin(struct mail_pool_options o)
{
	memset(&w, 0, sizeof(w));
	w.base = o.base = event_base_new();
	o.clock = clock_real();
	w.error.max = SBUF_UNLIMITED;
	w.pool = mail_pool_new(&o);
	smtpd_begin(&w.d, w.base);
	snprintf(w.port, sizeof(w.port), "%u", w.d.port);
}

static void
end(void)
{
	mail_pool_free(&w.pool);
	smtpd_end(&w.d);
	sbuf_fini(&w.error);
	event_base_free(w.base);
}

static void
on_done(void *arg, const struct response *r)
{
	(void)arg;
	ck_assert_int_eq(r->kind, REQUEST_MAIL);
	w.answers++;
	w.resp = *r;
	memset(w.codes, 0, sizeof(w.codes));
	if (r->smtp_recipient_codes != NULL)
		memcpy(w.codes, r->smtp_recipient_codes, 2 * sizeof(int));
	sbuf_reset(&w.error);
	sbuf_str(&w.error, r->error);
}

static struct str two[] = { { "a@x.example", 11 }, { "b@x.example", 11 } };

static struct mail_request
mail(void)
{
	return (struct mail_request){ .smarthost = { STR("localhost"), str_from(w.port) }, .hello = STR("hello.example"),
		.from = STR("am@x.example"), .to = two, .to_n = 2,
		.message = STR("Subject: hi\r\nTo: a, b\r\nFrom: am@x.example\r\nDate: Mon, 02 Jan 2006 15:04:05 -0700\r\n"
			       "Message-Id: <1@x>\r\n\r\nline\r\n.dot\r\n") };
}

static struct mono
in(span d)
{
	return mono_add(clock_real()->now(clock_real()).mono, d);
}

static void
run_for(const struct mail_request *m, span d)
{
	int before = w.answers;

	ck_assert_ptr_nonnull(mail_pool_start(w.pool, m, in(d), on_done, NULL));
	while (w.answers == before)
		event_base_loop(w.base, EVLOOP_ONCE);
}

/* The result comes before the session's end. */
static void
let_sessions_end(void)
{
	while (w.d.open > 0)
		event_base_loop(w.base, EVLOOP_ONCE);
}

static void
run(const struct mail_request *m)
{
	run_for(m, 20 * SPAN_S);
}

START_TEST(a_mail_arrives)
{
	struct mail_request m;

	begin((struct mail_pool_options){ 0 });
	w.d.ehlo = "250-test\r\n250-PIPELINING\r\n250-CHUNKING\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n250-AUTH PLAIN LOGIN\r\n250 SIZE 1000\r\n";
	m = mail();
	run(&m);
	let_sessions_end();
	ck_assert_msg(!w.resp.transport_error && w.resp.smtp_code == 250, "%d %s", w.resp.smtp_code, sbuf_cstr(&w.error));
	ck_assert_int_eq(w.codes[0], 250);
	ck_assert_int_eq(w.codes[1], 250);
	ck_assert_str_eq(sbuf_cstr(&w.d.heard), "EHLO hello.example\nMAIL FROM:<am@x.example> BODY=8BITMIME\n"
	    "RCPT TO:<a@x.example>\nRCPT TO:<b@x.example>\nDATA\nQUIT\n");
	ck_assert_str_eq(sbuf_cstr(&w.d.message), "Subject: hi\nTo: a, b\nFrom: am@x.example\n"
	    "Date: Mon, 02 Jan 2006 15:04:05 -0700\nMessage-Id: <1@x>\n\nline\n..dot\n");
	/* The same worker again. */
	run(&m);
	ck_assert_int_eq(w.resp.smtp_code, 250);
	end();
}
END_TEST

static const struct {
	struct smtpd_rule rules[3];
	const char *error;
	int code;		/* final */
	int first, second;	/* recipients */
} refusals[] = {
	{ { { "", "554 go away\r\n" } }, "create SMTP client: 554 go away", 0, 0, 0 },
	{ { { "", NULL } }, "create SMTP client: EOF", 0, 0, 0 },
	{ { { "EHLO", "421-busy\r\n421 later\r\n" } }, "send EHLO command: 421 busy\nlater", 0, 0, 0 },
	{ { { "EHLO", "502 what\r\n" } }, "", 250, 250, 250 },
	{ { { "EHLO", "451 not now\r\n" } }, "", 250, 250, 250 },
	{ { { "EHLO", "554-no\r\n554 not here\r\n" } }, "", 250, 250, 250 },
	{ { { "EHLO", "502 what\r\n" }, { "HELO", "550 no\r\n" } }, "send EHLO command: 550 no", 0, 0, 0 },
	{ { { "EHLO", "451 not now\r\n" }, { "HELO", "451 still not\r\n" } }, "send EHLO command: 451 still not", 0, 0, 0 },
	{ { { "MAIL", "451 4.7.1 greylisted\r\n" } }, "send MAIL command: 451 4.7.1 greylisted", 0, 0, 0 },
	{ { { "RCPT", "550 5.1.1 unknown\r\n" } }, "send RCPT command: 550 5.1.1 unknown", 0, 550, 550 },
	{ { { "RCPT TO:<b", "452 full\r\n" } }, "send RCPT command: 452 full", 250, 250, 452 },
	{ { { "RCPT", NULL } }, "send RCPT command: EOF", 0, 0, 0 },
	{ { { "DATA", "554 no\r\n" } }, "send DATA command: 554 no", 0, 250, 250 },
	{ { { ".", "552 too big\r\n" } }, "delivery failure: 552 too big", 552, 250, 250 },
	{ { { ".", NULL } }, "delivery failure: EOF", 0, 250, 250 },
	{ { { "QUIT", NULL } }, "", 250, 250, 250 },
};

START_TEST(refusals_are_told)
{
	struct mail_request m;

	begin((struct mail_pool_options){ 0 });
	w.d.rules = refusals[_i].rules;
	m = mail();
	run(&m);
	ck_assert_str_eq(sbuf_cstr(&w.error), refusals[_i].error);
	ck_assert_int_eq(w.resp.smtp_code, refusals[_i].code);
	ck_assert_int_eq(w.resp.transport_error, refusals[_i].code == 0);
	ck_assert_int_eq(w.codes[0], refusals[_i].first);
	ck_assert_int_eq(w.codes[1], refusals[_i].second);
	end();
}
END_TEST

static const struct {
	const char *ehlo, *user, *password, *secret, *host;
	struct smtpd_rule rules[2];
	const char *heard;	/* in the session, if it got that far */
	const char *error;	/* NULL: none */
} auths[] = {
	{ "250-x\r\n250 AUTH PLAIN LOGIN\r\n", "user", "pass", "", "localhost", { { 0 } }, "AUTH PLAIN AHVzZXIAcGFzcw==\n", NULL },
	{ "250-x\r\n250-AUTH NTLM CRAM-MD5 LOGIN PLAIN\r\n250 X\r\n", "user", "pass", "", "localhost", { { 0 } }, "AUTH LOGIN dXNlcg==\ncGFzcw==\n", NULL },
	{ "250-x\r\n250-AUTH PLAIN CRAM-MD5\r\n250 X\r\n", "user", "", "sec", "localhost", { { 0 } }, "AUTH CRAM-MD5\ndXNlciA", NULL },
	{ "250-x\r\n250-AUTH CRAM-MD5 PLAIN\r\n250 X\r\n", "user", "pass", "sec", "localhost", { { 0 } }, "AUTH CRAM-MD5\n", NULL },
	{ "250 x\r\n", "user", "pass", "", "localhost", { { 0 } }, "EHLO hello.example\nMAIL", NULL },
	{ "250-x\r\n250-AUTH PLAIN\r\n250 X\r\n", "", "pass", "", "localhost", { { 0 } }, "EHLO hello.example\nMAIL", NULL },
	{ "250-x\r\n250 AUTH CRAM-MD5 PLAIN LOGIN GSSAPI\r\n", "user", "", "", "localhost", { { 0 } }, NULL,
	    "find auth mechanism: missing secret for CRAM-MD5 auth mechanism\nmissing password for PLAIN auth mechanism\n"
	    "missing password for LOGIN auth mechanism\nunknown auth mechanism: GSSAPI" },
	{ "250-x\r\n250 AUTH PLAIN\r\n", "user", "pass", "", "localhost", { { "AUTH", "535 5.7.8 wrong\r\n" } }, NULL,
	    "*smtp.plainAuth auth: 535 5.7.8 wrong" },
	{ "250-x\r\n250 AUTH PLAIN\r\n", "user", "pass", "", "127.0.0.2", { { 0 } }, NULL, "*smtp.plainAuth auth: unencrypted connection" },
	{ "250-x\r\n250 AUTH LOGIN\r\n", "user", "pass", "", "127.0.0.1", { { "AUTH", "504 no\r\n" } }, NULL, "*email.loginAuth auth: 504 no" },
};

START_TEST(mechanisms_are_chosen)
{
	struct mail_request m;

	begin((struct mail_pool_options){ 0 });
	m = mail();
	w.d.rules = auths[_i].rules;
	w.d.ehlo = auths[_i].ehlo;
	m.smarthost.host = str_from(auths[_i].host);
	if (strcmp(auths[_i].host, "127.0.0.2") == 0) {
		/* Another name for the same, but not one that counts as local. */
		m.smarthost.host = STR("127.1");
	}
	m.username = str_from(auths[_i].user);
	m.password = str_from(auths[_i].password);
	m.secret = str_from(auths[_i].secret);
	run(&m);
	if (auths[_i].error != NULL) {
		ck_assert_str_eq(sbuf_cstr(&w.error), auths[_i].error);
		ck_assert(w.resp.transport_error);
		ck_assert_uint_eq(w.d.message.n, 0);
	} else {
		ck_assert_msg(w.resp.smtp_code == 250, "%s: %s", sbuf_cstr(&w.error), sbuf_cstr(&w.d.heard));
		ck_assert_msg(strstr(sbuf_cstr(&w.d.heard), auths[_i].heard) != NULL, "%s", sbuf_cstr(&w.d.heard));
	}
	end();
}
END_TEST

START_TEST(an_identity_is_passed_on)
{
	struct mail_request m;

	begin((struct mail_pool_options){ 0 });
	m = mail();
	w.d.ehlo = "250-x\r\n250 AUTH PLAIN\r\n";
	m.username = STR("user");
	m.password = STR("pass");
	m.identity = STR("me");
	run(&m);
	ck_assert_msg(w.resp.smtp_code == 250, "%s", sbuf_cstr(&w.error));
	ck_assert_ptr_nonnull(strstr(sbuf_cstr(&w.d.heard), "EHLO hello.example\nAUTH PLAIN bWUAdXNlcgBwYXNz\nMAIL FROM:<am@x.example>\nRCPT TO:<a@x.example>\n"));
	ck_assert_ptr_nonnull(strstr(sbuf_cstr(&w.d.message), "line\n..dot\n"));
	ck_assert_int_eq(w.codes[1], 250);
	end();
}
END_TEST

static void
give_certificate(struct tls_config *t, const char *name, char **cert, char **key)
{
	test_certificate(name, true, cert, key);
	w.d.tls = test_server_context(*cert, *key);
	t->ca = str_from(*cert);
}

START_TEST(starttls_protects)
{
	struct tls_config t = { 0 };
	struct mail_request m;
	char *cert, *key;

	begin((struct mail_pool_options){ 0 });
	give_certificate(&t, "localhost", &cert, &key);
	w.d.ehlo = "250-x\r\n250-AUTH LOGIN\r\n250 STARTTLS\r\n";
	w.d.ehlo_tls = "250-x\r\n250 AUTH PLAIN\r\n";
	m = mail();
	m.require_tls = true;
	m.tls = &t;
	m.username = STR("user");
	m.password = STR("pass");
	for (int i = 0; i < 3; i++) {
		sbuf_reset(&w.d.heard);
		run(&m);
		let_sessions_end();
		ck_assert_msg(w.resp.smtp_code == 250, "%s", sbuf_cstr(&w.error));
		ck_assert_str_eq(sbuf_cstr(&w.d.heard), "EHLO hello.example\nSTARTTLS\nEHLO hello.example\n"
		    "AUTH PLAIN AHVzZXIAcGFzcw==\nMAIL FROM:<am@x.example>\nRCPT TO:<a@x.example>\n"
		    "RCPT TO:<b@x.example>\nDATA\nQUIT\n");
		ck_assert_str_eq(w.d.sni, "localhost");
	}
	/* By address: no SNI, and the certificate has it. */
	m.smarthost.host = STR("127.0.0.1");
	run(&m);
	ck_assert_msg(w.resp.smtp_code == 250, "%s", sbuf_cstr(&w.error));
	/* By another name. */
	t.server_name = STR("other.example");
	run(&m);
	ck_assert_int_eq(w.resp.smtp_code, 0);
	ck_assert_str_eq(sbuf_cstr(&w.error), "send STARTTLS command: tls: failed to verify certificate: x509: certificate is not valid for other.example");
	ck_assert_str_ne(w.d.sni, "localhost");
	/* An authority that is not ours. */
	t.server_name = t.ca = STR_NONE;
	m.smarthost.host = STR("localhost");
	run(&m);
	ck_assert_str_eq(sbuf_cstr(&w.error), "send STARTTLS command: tls: failed to verify certificate: x509: certificate signed by unknown authority");
	t.insecure_skip_verify = true;
	run(&m);
	ck_assert_msg(w.resp.smtp_code == 250, "%s", sbuf_cstr(&w.error));
	/* With a certificate of our own. */
	t.cert = str_from(cert);
	t.key = str_from(key);
	SSL_CTX_set_verify(w.d.tls, SSL_VERIFY_PEER, NULL);
	run(&m);
	run(&m);
	t.ca_file = STR("/nonexistent");
	run(&m);
	ck_assert_str_eq(sbuf_cstr(&w.error), "parse TLS configuration: unable to read CA cert: unable to read file /nonexistent: open /nonexistent: no such file or directory");
	mem_free(cert);
	mem_free(key);
	end();
}
END_TEST

START_TEST(tls_is_not_done_without)
{
	static const struct smtpd_rule injected[] = { { "STARTTLS", "220 go\r\n250 injected\r\n" }, { 0 } };
	static const struct smtpd_rule refused[] = { { "STARTTLS", "454 not now\r\n" }, { 0 } };
	struct tls_config t = { .insecure_skip_verify = true };
	struct mail_request m;
	char *cert, *key, want[200];

	begin((struct mail_pool_options){ 0 });
	m = mail();
	m.require_tls = true;
	m.tls = &t;
	run(&m);
	snprintf(want, sizeof(want), "'require_tls' is true (default) but \"localhost:%s\" does not advertise the STARTTLS extension", w.port);
	ck_assert_str_eq(sbuf_cstr(&w.error), want);
	give_certificate(&t, "localhost", &cert, &key);
	w.d.ehlo = "250-x\r\n250 STARTTLS\r\n";
	w.d.rules = refused;
	run(&m);
	ck_assert_str_eq(sbuf_cstr(&w.error), "send STARTTLS command: 454 not now");
	w.d.rules = injected;
	run(&m);
	ck_assert_str_eq(sbuf_cstr(&w.error), "send STARTTLS command: the server sent data in clear text behind its answer");
	/* Offered but not asked for: never used. */
	w.d.rules = NULL;
	m.require_tls = false;
	sbuf_reset(&w.d.heard);
	run(&m);
	ck_assert_int_eq(w.resp.smtp_code, 250);
	ck_assert_ptr_null(strstr(sbuf_cstr(&w.d.heard), "STARTTLS"));
	mem_free(cert);
	mem_free(key);
	end();
}
END_TEST

START_TEST(implicit_tls)
{
	static const struct smtpd_rule some[] = { { "RCPT TO:<a", "550 no such user\r\n" }, { 0 } };
	static const struct smtpd_rule none[] = { { "RCPT", "550 nobody\r\n" }, { 0 } };
	struct tls_config t = { 0 };
	struct mail_request m;
	char *cert, *key;

	begin((struct mail_pool_options){ 0 });
	give_certificate(&t, "mail.example", &cert, &key);
	w.d.tls_first = true;
	w.d.ehlo = "250-x\r\n250-SIZE 1000000\r\n250 AUTH LOGIN PLAIN\r\n";
	m = mail();
	m.implicit_tls = true;
	m.require_tls = true;
	m.tls = &t;
	m.username = STR("user");
	m.password = STR("pass");
	run(&m);
	ck_assert_str_eq(sbuf_cstr(&w.error), "establish TLS connection to server: tls: failed to verify certificate: x509: certificate is not valid for localhost");
	t.server_name = STR("mail.example");
	run(&m);
	ck_assert_msg(w.resp.smtp_code == 250, "%s", sbuf_cstr(&w.error));
	ck_assert_str_eq(w.d.sni, "mail.example");
	ck_assert_ptr_nonnull(strstr(sbuf_cstr(&w.d.heard), "EHLO hello.example\nAUTH "));
	ck_assert_str_eq(sbuf_cstr(&w.d.message), "Subject: hi\nTo: a, b\nFrom: am@x.example\n"
	    "Date: Mon, 02 Jan 2006 15:04:05 -0700\nMessage-Id: <1@x>\n\nline\n..dot\n");
	w.d.rules = some;
	run(&m);
	ck_assert_int_eq(w.resp.smtp_code, 250);
	ck_assert_int_eq(w.codes[0], 550);
	ck_assert_int_eq(w.codes[1], 250);
	ck_assert_str_eq(sbuf_cstr(&w.error), "send RCPT command: 550 no such user");
	w.d.rules = none;
	run(&m);
	ck_assert(w.resp.transport_error);
	ck_assert_str_eq(sbuf_cstr(&w.error), "send RCPT command: 550 nobody");
	mem_free(cert);
	mem_free(key);
	end();
}
END_TEST

START_TEST(unreachable_servers_are_told)
{
	struct mail_request m;

	begin((struct mail_pool_options){ 0 });
	m = mail();
	m.smarthost = (struct host_port){ STR("127.0.0.1"), STR("1") };
	run(&m);
	ck_assert_str_eq(sbuf_cstr(&w.error), "establish connection to server: dial tcp 127.0.0.1:1: connect: connection refused");
	m.smarthost.host = STR("nowhere.invalid");
	run(&m);
	ck_assert_ptr_nonnull(strstr(sbuf_cstr(&w.error), "establish connection to server: dial tcp: lookup nowhere.invalid: "));
	m.implicit_tls = true;
	run(&m);
	ck_assert_str_eq(sbuf_cstr(&w.error), "establish TLS connection to server: dial tcp: lookup nowhere.invalid: no such host");
	m = mail();
	m.from = STR("a@x>\r\nRCPT TO:<c@x");
	run(&m);
	ck_assert_str_eq(sbuf_cstr(&w.error), "smtp: A line must not contain CR or LF");
	end();
}
END_TEST

START_TEST(hanging_sessions_are_cut)
{
	static const struct smtpd_rule silent[] = { { "MAIL", "" }, { 0 } };
	struct mail_request m;
	struct mail_call *call;

	begin((struct mail_pool_options){ .workers = 1, .workers_max = 2 });
	w.d.rules = silent;
	m = mail();
	run_for(&m, 300 * SPAN_MS);
	ck_assert_str_eq(sbuf_cstr(&w.error), "context deadline exceeded");
	ck_assert(w.resp.transport_error);
	/* Canceled while under way, and while it waits. */
	call = mail_pool_start(w.pool, &m, in(20 * SPAN_S), on_done, NULL);
	while (strstr(sbuf_cstr(&w.d.heard), "MAIL") == NULL || w.d.open == 0)
		event_base_loop(w.base, EVLOOP_ONCE);
	mail_pool_cancel(&call);
	ck_assert_ptr_null(call);
	w.d.rules = NULL;
	run(&m);
	ck_assert_int_eq(w.resp.smtp_code, 250);
	end();
}
END_TEST

/* Whatever follows the final 250, the mail is the server's. */
START_TEST(what_was_accepted_is_accepted)
{
	static const struct smtpd_rule silent[] = { { "QUIT", "" }, { 0 } };
	struct mail_request m;

	begin((struct mail_pool_options){ .workers = 1, .workers_max = 2, .per_server = 1 });
	w.d.rules = silent;
	m = mail();
	m.identity = _i == 1 ? STR("me") : STR_NONE;	/* by the other library */
	run_for(&m, 20 * SPAN_S);
	ck_assert_int_eq(w.resp.smtp_code, 250);
	ck_assert_int_eq(w.codes[1], 250);
	ck_assert_msg(w.d.open == 1, "reported before the session ended");
	/* The worker is not held for long. */
	run_for(&m, 20 * SPAN_S);
	ck_assert_int_eq(w.resp.smtp_code, 250);
	ck_assert_int_eq(w.d.sessions, 2);
	end();
}
END_TEST

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

	begin((struct mail_pool_options){ .workers = 2, .workers_max = 4, .slow_after = SPAN_S });
	hung_answers = 0;
	memset(hung, 0, sizeof(hung));
	for (int i = 0; i < HUNG; i++) {
		smtpd_begin(&hung[i], w.base);
		hung[i].rules = silent;
		snprintf(ports[i], sizeof(ports[i]), "%u", hung[i].port);
	}
	/* One that was good before it hung has many workers, yet not all. */
	m = mail();
	run(&m);
	for (int k = 0; k < 3; k++) {
		for (int i = 0; i < HUNG; i++) {
			m.smarthost.port = str_from(ports[i]);
			ck_assert_ptr_nonnull(mail_pool_start(w.pool, &m, in(600 * SPAN_S), on_hung, NULL));
		}
	}
	/* They arrive although the others have hundreds of seconds left. */
	for (int i = 0; i < 20; i++) {
		m = mail();
		run_for(&m, 100 * SPAN_S);
		ck_assert_msg(w.resp.smtp_code == 250, "%d: %s", i, sbuf_cstr(&w.error));
	}
	for (int i = 0; i < HUNG; i++)
		ck_assert_int_le(hung[i].open, 1);
	mail_pool_free(&w.pool);
	for (int i = 0; i < HUNG; i++)
		smtpd_end(&hung[i]);
	end();
}
END_TEST

START_TEST(many_mails_share_few_workers)
{
	struct mail_request m;

	begin((struct mail_pool_options){ .workers = 2, .workers_max = 3 });
	m = mail();
	for (int i = 0; i < 30; i++)
		ck_assert_ptr_nonnull(mail_pool_start(w.pool, &m, in(20 * SPAN_S), on_done, NULL));
	while (w.answers < 30) {
		event_base_loop(w.base, EVLOOP_ONCE);
		ck_assert_int_le(w.d.open, 4);	/* one may be on its way out */
	}
	ck_assert_int_eq(w.d.sessions, 30);
	end();
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
	*m = mail();
	call = mail_pool_start(w.pool, m, in(60 * SPAN_S), on_done, NULL);
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

/* Whose socket is closed is killed, collected, and replaced by a fork of the same helper. */
START_TEST(workers_are_forked_and_end_with_their_sockets)
{
	struct mail_request m;
	struct mail_call *call;
	pid_t helper, pids[16], later[16];

	begin((struct mail_pool_options){ .workers = 1, .workers_max = 1 });
	call = hang(&m);
	helper = w.pool->children.helper;
	ck_assert_uint_eq(children_of(helper, pids, 16), 1);
	mail_pool_cancel(&call);
	wait_for_children(helper, 0);
	run(&m);
	ck_assert_int_eq(w.resp.smtp_code, 250);
	ck_assert_int_eq(w.pool->children.helper, helper);
	ck_assert_uint_eq(children_of(helper, later, 16), 1);
	ck_assert_int_ne(pids[0], later[0]);
	end();
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

	begin((struct mail_pool_options){ .workers = 1, .workers_max = 1 });
	call = hang(&m);
	helper = w.pool->children.helper;
	start = processor_time(helper);
	ck_assert_uint_eq(children_of(helper, pids, 16), 1);
	/* Its session until the server hangs is part of it. */
	ck_assert_msg(start == 0 || processor_time(pids[0]) < start / 2, "%llu of %llu ns",
	    (unsigned long long)processor_time(pids[0]), (unsigned long long)start);
	mail_pool_cancel(&call);
	end();
}
END_TEST

/* Nobody learns from one crash where things are in the next worker's memory: it is not the same helper's. */
START_TEST(a_worker_that_crashed_retires_its_helper)
{
	struct mail_request m;
	pid_t helper, pids[16];

	begin((struct mail_pool_options){ .workers = 1, .workers_max = 1 });
	ck_assert_ptr_nonnull(hang(&m));
	helper = w.pool->children.helper;
	ck_assert_uint_eq(children_of(helper, pids, 16), 1);
	kill(pids[0], SIGABRT);
	wait_for_answer();
	ck_assert_str_eq(sbuf_cstr(&w.error), "mail worker died");
	run(&m);
	ck_assert_int_eq(w.resp.smtp_code, 250);
	ck_assert_int_ne(w.pool->children.helper, helper);
	end();
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
}
END_TEST

START_TEST(a_helper_that_died_takes_its_workers_along_and_is_replaced)
{
	struct mail_request m;

	begin((struct mail_pool_options){ .workers = 1, .workers_max = 1 });
	ck_assert_ptr_nonnull(hang(&m));
	kill(w.pool->children.helper, SIGKILL);
	wait_for_answer();
	ck_assert_str_eq(sbuf_cstr(&w.error), "mail worker died");
	run(&m);
	ck_assert_int_eq(w.resp.smtp_code, 250);
	end();
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
}
END_TEST

START_TEST(programs_that_do_not_start)
{
	struct mail_request m;
	struct mail_call *call;

	begin((struct mail_pool_options){ .program = "/nonexistent" });
	m = mail();
	run(&m);
	ck_assert_str_eq(sbuf_cstr(&w.error), "cannot start /nonexistent: no such file or directory");
	call = mail_pool_start(w.pool, &m, in(20 * SPAN_S), on_done, NULL);
	ck_assert_ptr_nonnull(call);
	end();
	begin((struct mail_pool_options){ .program = "/bin/false" });
	m = mail();
	run(&m);
	ck_assert_str_eq(sbuf_cstr(&w.error), "mail worker died");
	end();
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
	ck_assert_uint_eq(s.unknown_busy, 1);
	ck_assert_ptr_eq(mail_servers_next_good(&s), &a[4]);
	ck_assert_ptr_eq(mail_servers_next_good(&s), &a[5]);
	ck_assert_ptr_null(mail_servers_next_good(&s));
	/* What the good one took of the half is free for the new one. */
	for (int i = 1; i < 4; i++)
		ck_assert_ptr_eq(mail_servers_next(&s), &c[i]);
	ck_assert_ptr_null(mail_servers_next(&s));
	mail_servers_fini(&s);
	ck_assert_uint_eq(s.good, 0);
}
END_TEST

int
main(int argc, char **argv)
{
	Suite *s = suite_create("mail");
	TCase *tc = tcase_create("mail");
	SRunner *sr;
	int failed;

	if (argc == 2 && strcmp(argv[1], MAIL_HELPER_FLAG) == 0) {
		suite_add_tcase(s, tc);
		srunner_free(srunner_create(s));
		return mail_helper_main(MAIL_HELPER_FD);
	}
	sigaction(SIGPIPE, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, a_mail_arrives);
	tcase_add_loop_test(tc, refusals_are_told, 0, ARRAY_LEN(refusals));
	tcase_add_loop_test(tc, mechanisms_are_chosen, 0, ARRAY_LEN(auths));
	tcase_add_test(tc, an_identity_is_passed_on);
	tcase_add_test(tc, starttls_protects);
	tcase_add_test(tc, tls_is_not_done_without);
	tcase_add_test(tc, implicit_tls);
	tcase_add_test(tc, unreachable_servers_are_told);
	tcase_add_test(tc, hanging_sessions_are_cut);
	tcase_add_loop_test(tc, what_was_accepted_is_accepted, 0, 2);
	tcase_add_test(tc, servers_that_hang_delay_no_other);
	tcase_add_test(tc, many_mails_share_few_workers);
	tcase_add_test(tc, new_servers_get_a_few_workers);
	tcase_add_test(tc, workers_are_forked_and_end_with_their_sockets);
	tcase_add_test(tc, a_worker_costs_less_than_a_start_of_the_program);
	tcase_add_test(tc, a_worker_that_crashed_retires_its_helper);
	tcase_add_test(tc, a_helper_that_died_takes_its_workers_along_and_is_replaced);
	tcase_add_test(tc, programs_that_do_not_start);
	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_set_fork_status(sr, CK_NOFORK);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
