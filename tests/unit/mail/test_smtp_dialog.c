/* SPDX-License-Identifier: Apache-2.0 */
/* The reader of SMTP sessions, whatever the pieces that they come in. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "smtp_dialog.h"
#include "suite.h"

static int stops;

static void
on_stop(struct smtp_dialog *d)
{
	ck_assert_int_ne(d->err.kind, ERR_NONE);
	stops++;
}

static struct str to[] = { { "a@x", 3 }, { "b@x", 3 } };

static const struct mail_request usual = { .smarthost = { { "localhost", 9 }, { "25", 2 } }, .to = to, .to_n = 2,
	.username = { "u", 1 }, .password = { "p", 1 } };

struct session {
	struct arena *arena;
	struct mail_request r;
	struct smtp_dialog d;
	size_t step;		/* bytes that come at a time */
	struct sbuf seen;	/* what came, after the rewriting */
};

static struct session *
begin(const struct mail_request *r, size_t step)
{
	struct session *s = NEW(struct session);

	stops = 0;
	s->arena = arena_new();
	s->r = *r;
	s->step = step;
	s->seen.max = SBUF_UNLIMITED;
	s->d.r = &s->r;
	s->d.arena = s->arena;
	s->d.rewrite = true;
	s->d.stop = on_stop;
	s->d.connected = true;
	smtp_dialog_begin(&s->d);
	return s;
}

static void
end(struct session *s)
{
	smtp_dialog_end(&s->d);
	sbuf_fini(&s->seen);
	arena_free(&s->arena);
	mem_free(s);
}

static void
server(struct session *s, const char *text)
{
	char *copy = mem_strdup(text);
	size_t n = strlen(text);

	for (size_t i = 0; i < n; i += s->step)
		smtp_dialog_got(&s->d, copy + i, n - i < s->step ? n - i : s->step);
	sbuf_puts(&s->seen, copy);
	mem_free(copy);
}

static void
client(struct session *s, const char *text)
{
	smtp_dialog_sent(&s->d, text, strlen(text));
}

START_TEST(what_is_not_wanted_is_hidden)
{
	struct session *s = begin(&usual, _i == 0 ? 1000 : (size_t)_i);

	server(s, "220-a\r\n220 b\r\n");
	client(s, "EHLO x\r\n");
	server(s, "250-x PIPELINING\r\n250-PIPELINING\r\n250-SIZE 5\r\n250-AUTH NTLM CRAM-MD5 PLAIN LOGIN\r\n250-8BITMIME\r\n250 CHUNKING\r\n");
	ck_assert_int_eq(s->d.mechanism, MECH_PLAIN);
	ck_assert(s->d.offers_auth && s->d.offers_8bitmime && !s->d.offers_starttls);
	ck_assert_int_eq(stops, 0);
	if (_i == 0)
		ck_assert_str_eq(s->seen.p, "220-a\r\n220 b\r\n250-x PIPELINING\r\n250-XXXXXXXXXX\r\n250-XXXX 5\r\n"
		    "250-AUTH XXXX XXXXXXXX PLAIN XXXXX\r\n250-8BITMIME\r\n250 XXXXXXXX\r\n");
	client(s, "AUTH PLAIN AAA=\r\n");
	server(s, "235 fine\r\n");
	ck_assert(s->d.authenticated);
	client(s, "MAIL FROM:<x@y> BODY=8BITMIME\r\n");
	server(s, "250 ok\r\n");
	client(s, "RCPT TO:<a@x>\r\nRCPT TO:<b@x>\r\nDATA\r\n");
	server(s, "250 ok\r\n550-no\r\n550 such user\r\n354 go\r\n");
	ck_assert_int_eq(smtp_dialog_waiting(&s->d), SMTP_END);
	server(s, "250 queued\r\n");
	ck_assert_int_eq(s->d.final_code, 250);
	ck_assert_int_eq(s->d.rcpt_codes[0], 250);
	ck_assert_int_eq(s->d.rcpt_codes[1], 550);
	ck_assert_str_eq(s->d.err.text, "send RCPT command: 550 no\nsuch user");
	ck_assert_int_eq(stops, 0);
	end(s);
}
END_TEST

START_TEST(nothing_goes_out_unauthenticated_or_in_clear)
{
	struct mail_request r = usual;
	struct session *s = begin(&r, 1000);

	server(s, "220 a\r\n");
	client(s, "EHLO x\r\n");
	server(s, "250-x\r\n250 AUTH PLAIN\r\n");
	client(s, "MAIL FROM:<x@y>\r\n");
	ck_assert_int_eq(stops, 1);
	ck_assert_str_eq(s->d.err.text, "*smtp.plainAuth auth: not authenticated");
	end(s);
	r.require_tls = true;
	s = begin(&r, 1000);
	server(s, "220 a\r\n");
	client(s, "EHLO x\r\n");
	server(s, "250-x\r\n250 STARTTLS\r\n");
	client(s, "MAIL FROM:<x@y>\r\n");
	ck_assert_int_ge(stops, 1);
	end(s);
	s = begin(&r, 1000);
	server(s, "220 a\r\n");
	client(s, "EHLO x\r\n");
	server(s, "250-x\r\n250 STARTTLS\r\n");
	client(s, "STARTTLS\r\n");
	server(s, "220 go\r\n250 and on\r\n");
	ck_assert_int_eq(stops, 1);
	ck_assert_str_eq(s->d.err.text, "send STARTTLS command: the server sent data in clear text behind its answer");
	end(s);
}
END_TEST

START_TEST(no_recipient_no_data)
{
	struct mail_request r = usual;
	struct session *s;

	r.username = STR_NONE;
	s = begin(&r, 3);
	server(s, "220 a\r\n");
	client(s, "EHLO x\r\n");
	server(s, "250 x\r\n");
	client(s, "MAIL FROM:<x@y>\r\n");
	server(s, "250 ok\r\n");
	client(s, "RCPT TO:<a@x>\r\n");
	server(s, "450 later\r\n");
	client(s, "RCPT TO:<b@x>\r\n");
	server(s, "550 never\r\n");
	client(s, "DATA\r\n");
	ck_assert_int_eq(stops, 1);
	ck_assert_str_eq(s->d.err.text, "send RCPT command: 450 later");
	end(s);
}
END_TEST

START_TEST(base64_is_no_command)
{
	struct session *s = begin(&usual, 1000);

	server(s, "220 a\r\n");
	client(s, "EHLO x\r\n");
	server(s, "250-x\r\n250 AUTH LOGIN\r\n");
	client(s, "AUTH LOGIN\r\n");
	server(s, "334 VXNlcm5hbWU6\r\n");
	client(s, "DATA\r\n");
	server(s, "334 UGFzc3dvcmQ6\r\n");
	client(s, "MAIL\r\n");
	server(s, "235 ok\r\n");
	ck_assert(s->d.authenticated);
	ck_assert_int_eq(stops, 0);
	end(s);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_loop_test(tc, what_is_not_wanted_is_hidden, 0, 9);
	tcase_add_test(tc, nothing_goes_out_unauthenticated_or_in_clear);
	tcase_add_test(tc, no_recipient_no_data);
	tcase_add_test(tc, base64_is_no_command);
}

int
main(void)
{
	return run_suite("smtp_dialog", add);
}
