/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gammu.c - the spool of Gammu's SMSD (service = files): a file in `outbox`, whose name says to whom, and which it moves to
 * `sent` or `error`. Source: Gammu manual, SMSD files backend. Texts are UTF-16, as the daemon's locale is not ours to know.
 */
#include "base/utf8.h"
#include "gateway.h"

#define NUMBER_MAX 40

static void
put_unit(struct sbuf *b, uint32_t unit)
{
	sbuf_putc(b, (char)(unit >> 8));
	sbuf_putc(b, (char)(unit & 0xFF));
}

static void
put_utf16(struct sbuf *b, struct str text)
{
	uint32_t rune;

	put_unit(b, 0xFEFF);
	while (text.n > 0) {
		size_t n = utf8_decode(text, &rune);

		if (rune > 0xFFFF) {
			put_unit(b, 0xD800 + ((rune - 0x10000) >> 10));
			put_unit(b, 0xDC00 + ((rune - 0x10000) & 0x3FF));
		} else {
			put_unit(b, rune);
		}
		text = str_sub(text, n, text.n);
	}
}

/* The number in a file's name: nothing that would be a part of the path, or of the name's own parts. */
static struct str
in_a_name(struct arena *a, struct str to)
{
	struct str usual = STR("+0123456789*#");
	char *p = arena_alloc(a, to.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < to.n && n < NUMBER_MAX; i++)
		if (str_chr(usual, to.p[i]) < usual.n)
			p[n++] = to.p[i];
	return (struct str){ p, n };
}

static bool
gammu_request(struct attempt *a, const struct gateway_message *m, struct request *out, struct err *e)
{
	struct civil c = wall_civil(wall_utc(a->n->flushed));
	struct sbuf b = SBUF_INIT(1 << 16);

	*out = (struct request){ .kind = REQUEST_SPOOL };
	put_utf16(&b, m->text);
	out->spool = (struct spool_request){
		.root = m->gateway->spool,
		.in = STR("outbox"),
		.sent = STR("sent"),
		.failed = STR("error"),
		.name = arena_printf(a->arena, "OUTC%04d%02d%02d_%02d%02d%02d_00_%.*s_tocsin%.*s.txt", (int)c.year, c.month, c.day,
		    c.hour, c.minute, c.second, STR_ARG(in_a_name(a->arena, m->to)), STR_ARG(m->reference)),
	};
	return render_take(a, &b, &out->spool.content, e);
}

const struct gateway_preset gateway_gammu = {
	.name = "gammu",
	.wants = G_SPOOL,
	.failed = "error",
	.numbers = NUMBER_PLUS,
	.request = gammu_request,
	.judge = gateway_spooled,
};
