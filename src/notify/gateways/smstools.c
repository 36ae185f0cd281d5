/* SPDX-License-Identifier: Apache-2.0 */
/*
 * smstools.c - the spool of smstools3: a file in `outgoing`, which its daemon moves to `checked`, sends by a modem and moves
 * to `sent` or `failed`. Source: smstools3 3.1.21, doc/fileformat.html. The daemon picks the alphabet that the text
 * needs, and splits long ones.
 */
#include "base/ascii.h"
#include "gateway.h"

/* So short a number is a service's, which is marked; in front of others the daemon puts a +. */
#define SERVICE_DIGITS 5

static struct str
recipient(struct arena *a, struct str to)
{
	bool digits = to.n <= SERVICE_DIGITS;

	for (size_t i = 0; i < to.n; i++)
		digits = digits && ascii_digit(to.p[i]);
	return digits ? arena_printf(a, "s%.*s", STR_ARG(to)) : to;
}

/* One line: what stands behind it would be a header of the file. */
static struct str
one_line(struct str s)
{
	size_t n = 0;

	while (n < s.n && (unsigned char)s.p[n] >= ' ')
		n++;
	return str_sub(s, 0, n);
}

static bool
smstools_request(struct attempt *a, const struct gateway_message *m, struct request *out, struct err *e)
{
	int64_t minutes = gateway_validity(m->gateway, SPAN_MIN, 1, 10080);
	struct sbuf b = SBUF_INIT(1 << 16);

	*out = (struct request){ .kind = REQUEST_SPOOL };
	sbuf_printf(&b, "To: %.*s\nAlphabet: UTF-8\n", STR_ARG(recipient(a->arena, one_line(m->to))));
	if (m->from.n > 0)
		sbuf_printf(&b, "From: %.*s\n", STR_ARG(one_line(m->from)));
	if (minutes > 0)
		sbuf_printf(&b, "Validity: %lld min\n", (long long)minutes);
	sbuf_printf(&b, "X-Tocsin-Id: %.*s\n\n%.*s", STR_ARG(m->reference), STR_ARG(m->text));
	out->spool = (struct spool_request){
		.root = m->gateway->spool,
		.in = STR("outgoing"),
		.sent = STR("sent"),
		.failed = STR("failed"),
		.taken = STR("checked"),
		.name = arena_printf(a->arena, "tocsin-%.*s", STR_ARG(m->reference)),
	};
	return render_take(a, &b, &out->spool.content, e);
}

const struct gateway_preset gateway_smstools = {
	.name = "smstools",
	.wants = G_SPOOL,
	.takes = G_FROM | G_VALIDITY,
	.failed = "failed",
	.numbers = NUMBER_PLAIN,
	.request = smstools_request,
	.judge = gateway_spooled,
};
