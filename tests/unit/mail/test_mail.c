/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions with a server. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/mem.h"
#include "lib_tls.h"
#include "lib_world.h"
#include "mail/mail.h"

/* The result comes before the session's end. */
static void
let_sessions_end(void)
{
	while (w.d.open > 0)
		event_base_loop(w.base, EVLOOP_ONCE);
}

START_TEST(a_mail_arrives)
{
	struct mail_request m;

	world_begin((struct mail_pool_options){ 0 });
	w.d.ehlo = "250-test\r\n250-PIPELINING\r\n250-CHUNKING\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n250-AUTH PLAIN LOGIN\r\n250 SIZE 1000\r\n";
	m = world_mail();
	world_send(&m);
	let_sessions_end();
	ck_assert_msg(!w.resp.transport_error && w.resp.smtp_code == 250, "%d %s", w.resp.smtp_code, sbuf_cstr(&w.error));
	ck_assert_int_eq(w.codes[0], 250);
	ck_assert_int_eq(w.codes[1], 250);
	ck_assert_str_eq(sbuf_cstr(&w.d.heard), "EHLO hello.example\nMAIL FROM:<am@x.example> BODY=8BITMIME\n"
	    "RCPT TO:<a@x.example>\nRCPT TO:<b@x.example>\nDATA\nQUIT\n");
	ck_assert_str_eq(sbuf_cstr(&w.d.message), "Subject: hi\nTo: a, b\nFrom: am@x.example\n"
	    "Date: Mon, 02 Jan 2006 15:04:05 -0700\nMessage-Id: <1@x>\n\nline\n..dot\n");
	/* The same worker again. */
	world_send(&m);
	ck_assert_int_eq(w.resp.smtp_code, 250);
	world_end();
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

	world_begin((struct mail_pool_options){ 0 });
	w.d.rules = refusals[_i].rules;
	m = world_mail();
	world_send(&m);
	ck_assert_str_eq(sbuf_cstr(&w.error), refusals[_i].error);
	ck_assert_int_eq(w.resp.smtp_code, refusals[_i].code);
	ck_assert_int_eq(w.resp.transport_error, refusals[_i].code == 0);
	/* A server that has not asked for the message has not got it. */
	ck_assert_int_eq(w.resp.unanswered, refusals[_i].code == 0 && strcmp(refusals[_i].rules[0].prefix, ".") == 0);
	ck_assert_int_eq(w.codes[0], refusals[_i].first);
	ck_assert_int_eq(w.codes[1], refusals[_i].second);
	world_end();
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

	world_begin((struct mail_pool_options){ 0 });
	m = world_mail();
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
	m.auth_optional = auths[_i].error == NULL;
	world_send(&m);
	if (auths[_i].error != NULL) {
		ck_assert_str_eq(sbuf_cstr(&w.error), auths[_i].error);
		ck_assert(w.resp.transport_error);
		ck_assert_uint_eq(w.d.message.n, 0);
	} else {
		ck_assert_msg(w.resp.smtp_code == 250, "%s: %s", sbuf_cstr(&w.error), sbuf_cstr(&w.d.heard));
		ck_assert_msg(strstr(sbuf_cstr(&w.d.heard), auths[_i].heard) != NULL, "%s", sbuf_cstr(&w.d.heard));
	}
	world_end();
}
END_TEST

START_TEST(an_identity_is_passed_on)
{
	struct mail_request m;

	world_begin((struct mail_pool_options){ 0 });
	m = world_mail();
	w.d.ehlo = "250-x\r\n250 AUTH PLAIN\r\n";
	m.username = STR("user");
	m.password = STR("pass");
	m.identity = STR("me");
	world_send(&m);
	ck_assert_msg(w.resp.smtp_code == 250, "%s", sbuf_cstr(&w.error));
	ck_assert_ptr_nonnull(strstr(sbuf_cstr(&w.d.heard), "EHLO hello.example\nAUTH PLAIN bWUAdXNlcgBwYXNz\nMAIL FROM:<am@x.example>\nRCPT TO:<a@x.example>\n"));
	ck_assert_ptr_nonnull(strstr(sbuf_cstr(&w.d.message), "line\n..dot\n"));
	ck_assert_int_eq(w.codes[1], 250);
	world_end();
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

	world_begin((struct mail_pool_options){ 0 });
	give_certificate(&t, "localhost", &cert, &key);
	w.d.ehlo = "250-x\r\n250-AUTH LOGIN\r\n250 STARTTLS\r\n";
	w.d.ehlo_tls = "250-x\r\n250 AUTH PLAIN\r\n";
	m = world_mail();
	m.require_tls = true;
	m.tls = &t;
	m.username = STR("user");
	m.password = STR("pass");
	for (int i = 0; i < 3; i++) {
		sbuf_reset(&w.d.heard);
		world_send(&m);
		let_sessions_end();
		ck_assert_msg(w.resp.smtp_code == 250, "%s", sbuf_cstr(&w.error));
		ck_assert_str_eq(sbuf_cstr(&w.d.heard), "EHLO hello.example\nSTARTTLS\nEHLO hello.example\n"
		    "AUTH PLAIN AHVzZXIAcGFzcw==\nMAIL FROM:<am@x.example>\nRCPT TO:<a@x.example>\n"
		    "RCPT TO:<b@x.example>\nDATA\nQUIT\n");
		ck_assert_str_eq(w.d.sni, "localhost");
	}
	/* One handshake for several. */
	w.pool->o.keep = 600 * SPAN_S;
	for (int i = 0; i < 3; i++) {
		world_send(&m);
		ck_assert_msg(w.resp.smtp_code == 250, "%s", sbuf_cstr(&w.error));
	}
	ck_assert_int_eq(w.d.sessions, 4);
	ck_assert(w.d.encrypted);
	/* By address: no SNI, and the certificate has it. */
	m.smarthost.host = STR("127.0.0.1");
	world_send(&m);
	ck_assert_msg(w.resp.smtp_code == 250, "%s", sbuf_cstr(&w.error));
	/* By another name. */
	t.server_name = STR("other.example");
	world_send(&m);
	ck_assert_int_eq(w.resp.smtp_code, 0);
	ck_assert_str_eq(sbuf_cstr(&w.error), "send STARTTLS command: tls: failed to verify certificate: x509: certificate is not valid for other.example");
	ck_assert_str_ne(w.d.sni, "localhost");
	/* An authority that is not ours. */
	t.server_name = t.ca = STR_NONE;
	m.smarthost.host = STR("localhost");
	world_send(&m);
	ck_assert_str_eq(sbuf_cstr(&w.error), "send STARTTLS command: tls: failed to verify certificate: x509: certificate signed by unknown authority");
	t.insecure_skip_verify = true;
	world_send(&m);
	ck_assert_msg(w.resp.smtp_code == 250, "%s", sbuf_cstr(&w.error));
	/* With a certificate of our own. */
	t.cert = str_from(cert);
	t.key = str_from(key);
	SSL_CTX_set_verify(w.d.tls, SSL_VERIFY_PEER, NULL);
	world_send(&m);
	world_send(&m);
	t.ca_file = STR("/nonexistent");
	world_send(&m);
	ck_assert_str_eq(sbuf_cstr(&w.error), "parse TLS configuration: unable to read CA cert: unable to read file /nonexistent: open /nonexistent: no such file or directory");
	mem_free(cert);
	mem_free(key);
	world_end();
}
END_TEST

START_TEST(tls_is_not_done_without)
{
	static const struct smtpd_rule injected[] = { { "STARTTLS", "220 go\r\n250 injected\r\n" }, { 0 } };
	static const struct smtpd_rule refused[] = { { "STARTTLS", "454 not now\r\n" }, { 0 } };
	struct tls_config t = { .insecure_skip_verify = true };
	struct mail_request m;
	char *cert, *key, want[200];

	world_begin((struct mail_pool_options){ 0 });
	m = world_mail();
	m.require_tls = true;
	m.tls = &t;
	world_send(&m);
	snprintf(want, sizeof(want), "'require_tls' is true (default) but \"localhost:%s\" does not advertise the STARTTLS extension", w.port);
	ck_assert_str_eq(sbuf_cstr(&w.error), want);
	give_certificate(&t, "localhost", &cert, &key);
	w.d.ehlo = "250-x\r\n250 STARTTLS\r\n";
	w.d.rules = refused;
	world_send(&m);
	ck_assert_str_eq(sbuf_cstr(&w.error), "send STARTTLS command: 454 not now");
	w.d.rules = injected;
	world_send(&m);
	ck_assert_str_eq(sbuf_cstr(&w.error), "send STARTTLS command: the server sent data in clear text behind its answer");
	/* Offered but not asked for: never used. */
	w.d.rules = NULL;
	m.require_tls = false;
	sbuf_reset(&w.d.heard);
	world_send(&m);
	ck_assert_int_eq(w.resp.smtp_code, 250);
	ck_assert_ptr_null(strstr(sbuf_cstr(&w.d.heard), "STARTTLS"));
	mem_free(cert);
	mem_free(key);
	world_end();
}
END_TEST

START_TEST(implicit_tls)
{
	static const struct smtpd_rule some[] = { { "RCPT TO:<a", "550 no such user\r\n" }, { 0 } };
	static const struct smtpd_rule none[] = { { "RCPT", "550 nobody\r\n" }, { 0 } };
	struct tls_config t = { 0 };
	struct mail_request m;
	char *cert, *key;

	world_begin((struct mail_pool_options){ 0 });
	give_certificate(&t, "mail.example", &cert, &key);
	w.d.tls_first = true;
	w.d.ehlo = "250-x\r\n250-SIZE 1000000\r\n250 AUTH LOGIN PLAIN\r\n";
	m = world_mail();
	m.implicit_tls = true;
	m.require_tls = true;
	m.tls = &t;
	m.username = STR("user");
	m.password = STR("pass");
	world_send(&m);
	ck_assert_str_eq(sbuf_cstr(&w.error), "establish TLS connection to server: tls: failed to verify certificate: x509: certificate is not valid for localhost");
	t.server_name = STR("mail.example");
	world_send(&m);
	ck_assert_msg(w.resp.smtp_code == 250, "%s", sbuf_cstr(&w.error));
	ck_assert_str_eq(w.d.sni, "mail.example");
	ck_assert_ptr_nonnull(strstr(sbuf_cstr(&w.d.heard), "EHLO hello.example\nAUTH "));
	ck_assert_str_eq(sbuf_cstr(&w.d.message), "Subject: hi\nTo: a, b\nFrom: am@x.example\n"
	    "Date: Mon, 02 Jan 2006 15:04:05 -0700\nMessage-Id: <1@x>\n\nline\n..dot\n");
	let_sessions_end();
	/* One handshake for several. */
	w.pool->o.keep = 600 * SPAN_S;
	w.d.sessions = 0;
	w.d.limit = 2;
	for (int i = 1; i <= 4; i++) {
		world_send(&m);
		ck_assert_msg(w.resp.smtp_code == 250, "%s", sbuf_cstr(&w.error));
		ck_assert_int_eq(w.d.sessions, (i + 1) / 2);
	}
	w.d.limit = 0;
	w.d.rules = some;
	world_send(&m);
	ck_assert_int_eq(w.resp.smtp_code, 250);
	ck_assert_int_eq(w.codes[0], 550);
	ck_assert_int_eq(w.codes[1], 250);
	ck_assert_str_eq(sbuf_cstr(&w.error), "send RCPT command: 550 no such user");
	w.d.rules = none;
	world_send(&m);
	ck_assert(w.resp.transport_error);
	ck_assert_str_eq(sbuf_cstr(&w.error), "send RCPT command: 550 nobody");
	mem_free(cert);
	mem_free(key);
	world_end();
}
END_TEST

START_TEST(unreachable_servers_are_told)
{
	struct mail_request m;

	world_begin((struct mail_pool_options){ 0 });
	m = world_mail();
	m.smarthost = (struct host_port){ STR("127.0.0.1"), STR("1") };
	world_send(&m);
	ck_assert_str_eq(sbuf_cstr(&w.error), "establish connection to server: dial tcp 127.0.0.1:1: connect: connection refused");
	m.smarthost.host = STR("nowhere.invalid");
	world_send(&m);
	ck_assert_ptr_nonnull(strstr(sbuf_cstr(&w.error), "establish connection to server: dial tcp: lookup nowhere.invalid: "));
	m.implicit_tls = true;
	world_send(&m);
	ck_assert_str_eq(sbuf_cstr(&w.error), "establish TLS connection to server: dial tcp: lookup nowhere.invalid: no such host");
	m = world_mail();
	m.from = STR("a@x>\r\nRCPT TO:<c@x");
	world_send(&m);
	ck_assert_str_eq(sbuf_cstr(&w.error), "smtp: A line must not contain CR or LF");
	world_end();
}
END_TEST

START_TEST(hanging_sessions_are_cut)
{
	static const struct smtpd_rule silent[] = { { "MAIL", "" }, { 0 } };
	struct mail_request m;
	struct mail_call *call;

	world_begin((struct mail_pool_options){ .workers = 1, .workers_max = 2 });
	w.d.rules = silent;
	m = world_mail();
	world_send_for(&m, 300 * SPAN_MS);
	ck_assert_str_eq(sbuf_cstr(&w.error), "context deadline exceeded");
	ck_assert(w.resp.transport_error);
	/* Canceled while under way, and while it waits. */
	call = mail_pool_start(w.pool, &m, world_in(20 * SPAN_S), world_on_done, NULL);
	while (strstr(sbuf_cstr(&w.d.heard), "MAIL") == NULL || w.d.open == 0)
		event_base_loop(w.base, EVLOOP_ONCE);
	mail_pool_cancel(&call);
	ck_assert_ptr_null(call);
	w.d.rules = NULL;
	world_send(&m);
	ck_assert_int_eq(w.resp.smtp_code, 250);
	world_end();
}
END_TEST

/* The mail is the server's after the final 250, whatever follows. */
START_TEST(what_was_accepted_is_accepted)
{
	static const struct smtpd_rule silent[] = { { "QUIT", "" }, { 0 } };
	struct mail_request m;

	world_begin((struct mail_pool_options){ .workers = 1, .workers_max = 2, .per_server = 1 });
	w.d.rules = silent;
	m = world_mail();
	m.identity = _i == 1 ? STR("me") : STR_NONE;	/* by the other library */
	world_send_for(&m, 20 * SPAN_S);
	ck_assert_int_eq(w.resp.smtp_code, 250);
	ck_assert_int_eq(w.codes[1], 250);
	ck_assert_msg(w.d.open == 1, "reported before the session ended");
	/* The worker is not held for long. */
	world_send_for(&m, 20 * SPAN_S);
	ck_assert_int_eq(w.resp.smtp_code, 250);
	ck_assert_int_eq(w.d.sessions, 1);
	world_end();
}
END_TEST

/* Greetings and passwords are said once; recipients are each message's own. */
START_TEST(one_session_carries_many_mails)
{
	static const struct smtpd_rule some[] = { { "RCPT TO:<c", "550 no such user\r\n" }, { 0 } };
	static struct str other[] = { { "c@x.example", 11 }, { "d@x.example", 11 } }, nobody[] = { { "c1@x", 4 }, { "c2@x", 4 } };
	struct mail_request m;

	world_begin((struct mail_pool_options){ .workers = 1, .keep = 600 * SPAN_S });
	w.d.ehlo = "250-x\r\n250-8BITMIME\r\n250 AUTH PLAIN\r\n";
	w.d.rules = some;
	m = world_mail();
	m.username = STR("user");
	m.password = STR("pass");
	world_send(&m);
	ck_assert_int_eq(w.resp.smtp_code, 250);
	m.to = other;
	world_send(&m);
	ck_assert_int_eq(w.resp.smtp_code, 250);
	ck_assert_int_eq(w.codes[0], 550);
	ck_assert_int_eq(w.codes[1], 250);
	m.to = nobody;
	world_send(&m);
	ck_assert(w.resp.transport_error && !w.resp.unanswered);
	ck_assert_str_eq(sbuf_cstr(&w.error), "send RCPT command: 550 no such user");
	ck_assert_str_eq(sbuf_cstr(&w.d.heard), "EHLO hello.example\nAUTH PLAIN AHVzZXIAcGFzcw==\n"
	    "MAIL FROM:<am@x.example> BODY=8BITMIME\nRCPT TO:<a@x.example>\nRCPT TO:<b@x.example>\nDATA\n"
	    "MAIL FROM:<am@x.example> BODY=8BITMIME\nRCPT TO:<c@x.example>\nRCPT TO:<d@x.example>\nDATA\n"
	    "MAIL FROM:<am@x.example> BODY=8BITMIME\nRCPT TO:<c1@x>\nRCPT TO:<c2@x>\n");
	ck_assert_int_eq(w.d.sessions, 1);
	ck_assert_int_eq(w.d.ended, 2);
	/* Another user has a session of his own. */
	m = world_mail();
	world_send(&m);
	m.username = STR("other");
	m.password = STR("pass");
	world_send(&m);
	ck_assert_int_eq(w.d.sessions, 3);
	ck_assert_int_eq(w.d.ended, 4);
	world_end();
}
END_TEST

/* A server that has enough of a session costs another one, and no mail; what is wrong with a job is told in either. */
START_TEST(a_kept_session_that_is_over_is_followed_by_another)
{
	struct mail_request m;

	world_begin((struct mail_pool_options){ .workers = 1, .keep = 600 * SPAN_S });
	w.d.limit = 2;
	for (int i = 1; i <= 5; i++) {
		m = world_mail();
		world_send(&m);
		ck_assert_msg(w.resp.smtp_code == 250, "%s", sbuf_cstr(&w.error));
		ck_assert_int_eq(w.d.sessions, (i + 1) / 2);
	}
	m.from = STR("a@x>\r\nRCPT TO:<c@x");
	world_send(&m);
	ck_assert_str_eq(sbuf_cstr(&w.error), "smtp: A line must not contain CR or LF");
	ck_assert_int_eq(w.d.ended, 5);
	world_end();
}
END_TEST

/* The last bytes of a message do not wait for the server to acknowledge those before, for 40 ms. One of many is enough. */
START_TEST(the_end_of_a_message_goes_out_at_once)
{
	struct sbuf text = SBUF_INIT(SBUF_UNLIMITED);
	struct mail_request m;
	span least = SPAN_S;

	sbuf_str(&text, world_mail().message);
	while (text.n < 10000)
		sbuf_str(&text, STR("It is more than one segment.\r\n"));
	world_begin((struct mail_pool_options){ .workers = 1 });
	for (int i = 0; i < 100 && least >= 35 * SPAN_MS; i++) {
		struct mono since = world_in(0);
		span took;

		m = world_mail();
		m.message = sbuf_get(&text);
		world_send(&m);
		took = mono_sub(world_in(0), since);
		if (took < least)
			least = took;
	}
	sbuf_fini(&text);
	ck_assert_int_lt(least, 35 * SPAN_MS);
	world_end();
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, the_end_of_a_message_goes_out_at_once);
	tcase_add_test(tc, a_mail_arrives);
	tcase_add_loop_test(tc, refusals_are_told, 0, ARRAY_LEN(refusals));
	tcase_add_loop_test(tc, mechanisms_are_chosen, 0, ARRAY_LEN(auths));
	tcase_add_test(tc, an_identity_is_passed_on);
	tcase_add_test(tc, starttls_protects);
	tcase_add_test(tc, tls_is_not_done_without);
	tcase_add_test(tc, implicit_tls);
	tcase_add_test(tc, unreachable_servers_are_told);
	tcase_add_test(tc, hanging_sessions_are_cut);
	tcase_add_test(tc, one_session_carries_many_mails);
	tcase_add_test(tc, a_kept_session_that_is_over_is_followed_by_another);
	tcase_add_loop_test(tc, what_was_accepted_is_accepted, 0, 2);
}

int
main(int argc, char **argv)
{
	return world_main(argc, argv, "mail", add);
}
