/* SPDX-License-Identifier: Apache-2.0 */
#include "lib_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "loop/clock_real.h"
#include "mail/mail.h"
#include "suite.h"

struct world w;

void
world_begin(struct mail_pool_options o)
{
	memset(&w, 0, sizeof(w));
	w.base = o.base = event_base_new();
	o.clock = clock_real();
	/* So that sessions end soon, for those who wait for it. */
	if (o.keep == 0)
		o.keep = 20 * SPAN_MS;
	w.error.max = SBUF_UNLIMITED;
	w.pool = mail_pool_new(&o);
	smtpd_begin(&w.d, w.base);
	snprintf(w.port, sizeof(w.port), "%u", w.d.port);
}

void
world_end(void)
{
	mail_pool_free(&w.pool);
	smtpd_end(&w.d);
	sbuf_fini(&w.error);
	event_base_free(w.base);
}

void
world_on_done(void *arg, const struct response *r)
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

struct mail_request
world_mail(void)
{
	return (struct mail_request){ .smarthost = { STR("localhost"), str_from(w.port) }, .hello = STR("hello.example"),
		.from = STR("am@x.example"), .to = two, .to_n = 2,
		.message = STR("Subject: hi\r\nTo: a, b\r\nFrom: am@x.example\r\nDate: Mon, 02 Jan 2006 15:04:05 -0700\r\n"
			       "Message-Id: <1@x>\r\n\r\nline\r\n.dot\r\n") };
}

struct mono
world_in(span d)
{
	return mono_add(clock_real()->now(clock_real()).mono, d);
}

void
world_send_for(const struct mail_request *m, span d)
{
	int before = w.answers;

	ck_assert_ptr_nonnull(mail_pool_start(w.pool, m, world_in(d), world_on_done, NULL));
	while (w.answers == before)
		event_base_loop(w.base, EVLOOP_ONCE);
}

void
world_send(const struct mail_request *m)
{
	world_send_for(m, 20 * SPAN_S);
}

int
world_main(int argc, char **argv, const char *name, void (*add)(TCase *tc))
{
	if (argc == 2 && strcmp(argv[1], MAIL_HELPER_FLAG) == 0)
		return mail_helper_main(MAIL_HELPER_FD);
	return run_suite(name, add);
}
