/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Servers that do not behave, each with both libraries: a mail is delivered when the server said so after all of it, whatever
 * else it did, and in no other case; what went wrong is told, and soon.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/mem.h"
#include "lib_world.h"
#include "mail/mail.h"

#define DELIVERED NULL
#define LINES_10 "250-a b c\r\n250-a\r\n250-\r\n250-X-EXT 1\r\n250-a\r\n250-a\r\n250-a\r\n250-a\r\n250-a\r\n250-a\r\n"
#define BYTES_100 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define BYTES_2000 BYTES_100 BYTES_100 BYTES_100 BYTES_100 BYTES_100 BYTES_100 BYTES_100 BYTES_100 BYTES_100 BYTES_100 \
	BYTES_100 BYTES_100 BYTES_100 BYTES_100 BYTES_100 BYTES_100 BYTES_100 BYTES_100 BYTES_100 BYTES_100

static const struct row {
	struct smtpd_rule rules[3];
	const char *error;	/* how it begins; DELIVERED: there is none */
	const char *ehlo;
	bool unanswered;	/* the server has all of the mail, and did not say what it makes of it */
	bool user;		/* with a username and a password */
	bool drips;		/* answers come byte by byte */
} rows[] = {
	/* The greeting. */
	{ .rules = { { "", "421 busy\r\n" } }, .error = "create SMTP client: 421 busy" },
	{ .rules = { { "", "554-no\r\n554 mail here\r\n" } }, .error = "create SMTP client: 554 no\nmail here" },
	{ .rules = { { "", NULL } }, .error = "create SMTP client: " },
	{ .rules = { { "", "hello\r\n" } }, .error = "create SMTP client: invalid response code: \"hello\"" },
	{ .rules = { { "", "999 what\r\n" } }, .error = "create SMTP client: " },
	{ .rules = { { "", "HTTP/1.1 400 Bad Request\r\n\r\n" } }, .error = "create SMTP client: " },
	{ .rules = { { "", "220-a\r\n220-b\r\n220 c\r\n" } }, .error = DELIVERED },
	{ .rules = { { "", "220 " BYTES_100 "\r\n" } }, .error = DELIVERED },
	/* EHLO. */
	{ .rules = { { "EHLO", "421 busy\r\n" }, { "HELO", "421 busy\r\n" } }, .error = "send EHLO command: 421 busy" },
	{ .rules = { { "EHLO", NULL } }, .error = "send EHLO command: " },
	{ .rules = { { "EHLO", "500 what\r\n" } }, .error = DELIVERED },
	{ .rules = { { "EHLO", "451 later\r\n" } }, .error = DELIVERED },
	{ .rules = { { "EHLO", "554 no\r\n" } }, .error = DELIVERED },
	{ .rules = { { "EHLO", "554 no\r\n" }, { "HELO", "421 bye\r\n" } }, .error = "send EHLO command: 421 bye" },
	{ .rules = { { "EHLO", LINES_10 LINES_10 LINES_10 LINES_10 LINES_10 "250 end\r\n" } }, .error = DELIVERED },
	{ .rules = { { 0 } }, .error = DELIVERED, .ehlo = "250-x\r\n250-PIPELINING\r\n250-CHUNKING\r\n250-BINARYMIME\r\n250-SIZE 1\r\n250-DSN\r\n"
		"250-ENHANCEDSTATUSCODES\r\n250-XUSR\r\n250-DELIVERBY 1\r\n250-AUTH=LOGIN\r\n250-STARTTLS\r\n250 SMTPUTF8\r\n" },
	{ .rules = { { 0 } }, .error = DELIVERED, .ehlo = "250-\r\n250-\t \r\n250-auth\r\n250 8bitmime\r\n" },
	{ .rules = { { 0 } }, .error = DELIVERED, .ehlo = "250-x\r\n250-AUTH PLAIN\r\n250 8BITMIME\r\n", .drips = true },
	/* AUTH. */
	{ .rules = { { 0 } }, .error = "a username is set but \"localhost:", .user = true },
	{ .rules = { { "EHLO", "500 what\r\n" } }, .error = "a username is set but \"localhost:", .user = true },
	{ .rules = { { 0 } }, .error = "find auth mechanism: unknown auth mechanism: X", .ehlo = "250-x\r\n250 AUTH X\r\n", .user = true },
	{ .rules = { { "AUTH", "535 5.7.8 wrong\r\n" } }, .error = "*smtp.plainAuth auth: 535 5.7.8 wrong", .ehlo = "250-x\r\n250 AUTH PLAIN\r\n", .user = true },
	{ .rules = { { "AUTH", "454 4.7.0 later\r\n" } }, .error = "*smtp.plainAuth auth: 454 4.7.0 later", .ehlo = "250-x\r\n250 AUTH PLAIN\r\n", .user = true },
	{ .rules = { { "AUTH", NULL } }, .error = "*smtp.plainAuth auth: ", .ehlo = "250-x\r\n250 AUTH PLAIN\r\n", .user = true },
	{ .rules = { { "AUTH", "235-2.7.0\r\n235 welcome\r\n" } }, .error = DELIVERED, .ehlo = "250-x\r\n250 AUTH PLAIN\r\n", .user = true },
	{ .rules = { { "MAIL", "530 5.7.0 who are you\r\n" } }, .error = "send MAIL command: 530 5.7.0 who are you" },
	/* The envelope. */
	{ .rules = { { "MAIL", "451 4.7.1 greylisted\r\n" } }, .error = "send MAIL command: 451 4.7.1 greylisted" },
	{ .rules = { { "MAIL", "552 5.3.4 too large\r\n" } }, .error = "send MAIL command: 552 5.3.4 too large" },
	{ .rules = { { "MAIL", NULL } }, .error = "send MAIL command: " },
	{ .rules = { { "MAIL", "250-a\r\n250 b\r\n" } }, .error = DELIVERED },
	{ .rules = { { "RCPT", "251 elsewhere\r\n" } }, .error = DELIVERED },
	{ .rules = { { "RCPT", "252 perhaps\r\n" } }, .error = DELIVERED },
	{ .rules = { { "RCPT TO:<a", "450 later\r\n" } }, .error = DELIVERED },
	{ .rules = { { "RCPT TO:<a", "550 5.1.1 unknown\r\n" }, { "RCPT TO:<b", "450 later\r\n" } }, .error = "send RCPT command: 550 5.1.1 unknown" },
	{ .rules = { { "RCPT TO:<b", NULL } }, .error = "send RCPT command: " },
	{ .rules = { { "DATA", "554 no\r\n" } }, .error = "send DATA command: 554 no" },
	{ .rules = { { "DATA", "250 ok\r\n" } }, .error = "send DATA command: 250 ok" },
	{ .rules = { { "DATA", "421 bye\r\n" } }, .error = "send DATA command: 421 bye" },
	{ .rules = { { "DATA", NULL } }, .error = "send DATA command: " },
	{ .rules = { { "DATA", "354-go\r\n354 on\r\n" } }, .error = DELIVERED },
	/* The end. */
	{ .rules = { { ".", "451 later\r\n" } }, .error = "delivery failure: 451 later" },
	{ .rules = { { ".", "552-too\r\n552 big\r\n" } }, .error = "delivery failure: 552 too\nbig" },
	{ .rules = { { ".", "554 spam\r\n" } }, .error = "delivery failure: 554 spam" },
	{ .rules = { { ".", NULL } }, .error = "delivery failure: ", .unanswered = true },
	{ .rules = { { ".", "what\r\n" } }, .error = "delivery failure: ", .unanswered = true },
	{ .rules = { { ".", "250-2.0.0\r\n250 " BYTES_100 "\r\n" } }, .error = DELIVERED },
	{ .rules = { { "QUIT", NULL } }, .error = DELIVERED },
	{ .rules = { { "QUIT", "500 stay\r\n" } }, .error = DELIVERED },
	{ .rules = { { "QUIT", "221 " BYTES_2000 "\r\n" } }, .error = DELIVERED },
};

/* One that says nothing at a step is cut, and it is known whether it may have the mail. */
static const char *const silences[] = { "", "EHLO", "MAIL", "RCPT", "DATA", "." };

static void
as(struct mail_request *m, bool curl, bool user)
{
	*m = world_mail();
	if (curl)
		m->identity = STR("me");
	if (user) {
		m->username = STR("user");
		m->password = STR("pass");
	}
}

START_TEST(servers_that_do_not_behave)
{
	world_begin((struct mail_pool_options){ .workers = 1, .keep = SPAN_MS });
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct row *row = &rows[i];
		struct mail_request m;

		w.d.rules = row->rules;
		w.d.ehlo = row->ehlo;
		w.d.drips = row->drips;
		w.d.ended = 0;
		sbuf_reset(&w.d.heard);
		as(&m, _i == 1, row->user);
		world_send_for(&m, 60 * SPAN_S);
		/* The next one is not to find a session that stands. */
		while (w.d.open > 0)
			event_base_loop(w.base, EVLOOP_ONCE);
		if (row->error == DELIVERED) {
			ck_assert_msg(w.resp.smtp_code == 250, "%zu: %s", i, sbuf_cstr(&w.error));
			ck_assert_msg(w.d.ended == 1, "%zu", i);
			continue;
		}
		ck_assert_msg(w.resp.smtp_code / 100 != 2, "%zu: delivered", i);
		ck_assert_msg(str_starts(sbuf_get(&w.error), str_from(row->error)), "%zu: %s", i, sbuf_cstr(&w.error));
		ck_assert_msg(w.resp.unanswered == row->unanswered, "%zu: %s", i, sbuf_cstr(&w.error));
		ck_assert_msg(w.resp.smtp_auth_refused == (strstr(row->error, " 535 ") != NULL), "%zu", i);
	}
	world_end();
}
END_TEST

START_TEST(servers_that_fall_silent)
{
	world_begin((struct mail_pool_options){ .workers = 8, .keep = SPAN_MS });
	for (size_t i = 0; i < ARRAY_LEN(silences); i++) {
		const struct smtpd_rule rules[] = { { silences[i], "" }, { 0 } };
		struct mail_request m;
		struct mail_call *call;
		int sessions = w.d.sessions;
		bool end = strcmp(silences[i], ".") == 0;

		w.d.rules = rules;
		w.d.ended = 0;
		sbuf_reset(&w.d.heard);
		as(&m, _i == 1, false);
		call = mail_pool_start(w.pool, &m, world_in(600 * SPAN_S), world_on_done, NULL);
		while (end ? w.d.ended == 0 : silences[i][0] == '\0' ? w.d.sessions == sessions :
		    strstr(sbuf_cstr(&w.d.heard), silences[i]) == NULL)
			event_base_loop(w.base, EVLOOP_ONCE);
		/* Nothing comes of it until somebody has had enough. */
		ck_assert_int_eq(w.answers, 0);
		mail_pool_cancel(&call);
		while (w.d.open > 0)
			event_base_loop(w.base, EVLOOP_ONCE);
	}
	world_end();
}
END_TEST

/* Names that are not ASCII: domains for everybody, what is before the @ where the server knows of it. */
START_TEST(addresses_of_all_scripts)
{
	static struct str to[] = { { "a@m\xc3\xbcnchen.example", 18 }, { "b@x.example", 11 } };
	static struct str utf8[] = { { "j\xc3\xb6rg@x.example", 15 }, { "b@x.example", 11 } };
	struct mail_request m;

	world_begin((struct mail_pool_options){ .workers = 1, .keep = 600 * SPAN_S });
	m = world_mail();
	m.to = to;
	world_send(&m);
	ck_assert_msg(w.resp.smtp_code == 250, "%s", sbuf_cstr(&w.error));
	ck_assert_ptr_nonnull(strstr(sbuf_cstr(&w.d.heard), "RCPT TO:<a@xn--mnchen-3ya.example>\n"));
	m.to = utf8;
	world_send(&m);
	ck_assert_str_eq(sbuf_cstr(&w.error), "send MAIL command: an address is not ASCII, and the server does not offer the SMTPUTF8 extension");
	ck_assert_int_eq(w.d.ended, 1);
	w.d.ehlo = "250-x\r\n250-SMTPUTF8\r\n250 8BITMIME\r\n";
	world_send(&m);
	ck_assert_msg(w.resp.smtp_code == 250, "%s", sbuf_cstr(&w.error));
	ck_assert_ptr_nonnull(strstr(sbuf_cstr(&w.d.heard), "MAIL FROM:<am@x.example> SMTPUTF8\nRCPT TO:<j\xc3\xb6rg@x.example>\n"));
	to[0] = (struct str){ "a@-\xff.example", 12 };
	m.to = to;
	world_send(&m);
	ck_assert_ptr_nonnull(strstr(sbuf_cstr(&w.error), "is not an internationalized domain name"));
	world_end();
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_loop_test(tc, servers_that_do_not_behave, 0, 2);
	tcase_add_loop_test(tc, servers_that_fall_silent, 0, 2);
	tcase_add_test(tc, addresses_of_all_scripts);
}

int
main(int argc, char **argv)
{
	return world_main(argc, argv, "mail_matrix", add);
}
