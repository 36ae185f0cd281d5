/* SPDX-License-Identifier: Apache-2.0 */
#include "base/compiler.h"
#include "base/rand.h"
#include "base/utf8.h"
#include "lib_text.h"
#include "text/gsm7.h"

/* n times s. */
static void
repeat(struct sbuf *b, const char *s, size_t n)
{
	sbuf_reset(b);
	while (n-- > 0)
		sbuf_puts(b, s);
}

START_TEST(measures)
{
	static const struct {
		const char *unit;
		size_t n;
		enum sms_encoding encoding;
		size_t units, segments;
	} cases[] = {
		{ "", 0, SMS_GSM7, 0, 1 },
		{ "a", 160, SMS_GSM7, 160, 1 },
		{ "a", 161, SMS_GSM7, 161, 2 },
		{ "a", 306, SMS_GSM7, 306, 2 },
		{ "a", 307, SMS_GSM7, 307, 3 },
		{ "é", 160, SMS_GSM7, 160, 1 },
		{ "€", 80, SMS_GSM7, 160, 1 },
		{ "€", 81, SMS_GSM7, 162, 2 },
		/* 76 in each: an escape never parts from what it escapes. */
		{ "€", 152, SMS_GSM7, 304, 2 },
		{ "€", 153, SMS_GSM7, 306, 3 },
		{ "ş", 70, SMS_UCS2, 70, 1 },
		{ "ş", 71, SMS_UCS2, 71, 2 },
		{ "ş", 134, SMS_UCS2, 134, 2 },
		{ "ş", 135, SMS_UCS2, 135, 3 },
		{ "😀", 35, SMS_UCS2, 70, 1 },
		{ "😀", 36, SMS_UCS2, 72, 2 },
		{ "😀", 66, SMS_UCS2, 132, 2 },
		{ "😀", 67, SMS_UCS2, 134, 3 },
		{ "`", 1, SMS_UCS2, 1, 1 },
		{ "ç", 1, SMS_UCS2, 1, 1 },
		{ "\t", 1, SMS_UCS2, 1, 1 },
		{ "\xff", 1, SMS_UCS2, 1, 1 },
		{ "…", 1, SMS_UCS2, 1, 1 },
		{ "@\n\r\f^{}\\[~]|_$", 1, SMS_GSM7, 23, 1 },
	};
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		repeat(&b, cases[i].unit, cases[i].n);
		struct sms_size size = sms_measure(sbuf_get(&b));
		ck_assert_msg(size.encoding == cases[i].encoding && size.units == cases[i].units &&
			size.segments == cases[i].segments, "%zu x %s: %d %zu %zu", cases[i].n, cases[i].unit,
		    (int)size.encoding, size.units, size.segments);
	}
	ck_assert_int_eq(sms_measure(BYTES("\0")).encoding, SMS_UCS2);
	sbuf_fini(&b);
}
END_TEST

START_TEST(cuts)
{
	struct sbuf in = SBUF_INIT(SBUF_UNLIMITED), out = SBUF_INIT(SBUF_UNLIMITED), want = SBUF_INIT(SBUF_UNLIMITED);

	repeat(&in, "a", 200);
	struct sms_size size = sms_cut(&out, sbuf_get(&in), 1);
	repeat(&want, "a", 157);
	sbuf_puts(&want, "...");
	ASSERT_BUF(&out, want.p);
	ck_assert(size.segments == 1 && size.units == 160 && size.encoding == SMS_GSM7);
	ck_assert_uint_eq(sms_cut(&out, sbuf_get(&in), 2).segments, 2);
	ASSERT_BUF(&out, in.p);

	/* No half of a character: e and its accent, a family, a flag, a skin tone. */
	static const char *const clusters[] = { "e\u0301", "👨\u200d👩\u200d👧", "🇹🇷", "👍🏽", "❤\ufe0f" };
	for (size_t i = 0; i < ARRAY_LEN(clusters); i++) {
		for (size_t before = 0; before < 12; before++) {
			sbuf_reset(&in);
			for (size_t k = 0; k < before; k++)
				sbuf_putc(&in, 'x');
			for (size_t k = 0; k < 60; k++)
				sbuf_puts(&in, clusters[i]);
			sbuf_puts(&in, "ş end that is cut off because it is too long for this");
			size = sms_cut(&out, sbuf_get(&in), 1);
			ck_assert(size.segments == 1 && size.encoding == SMS_UCS2 && size.units <= 70);
			struct str rest = str_sub(sbuf_get(&out), before, out.n);
			ck_assert(str_ends(rest, STR("…")));
			rest = str_sub(rest, 0, rest.n - 3);
			while (str_starts(rest, str_from(clusters[i])))
				rest = str_sub(rest, strlen(clusters[i]), rest.n);
			ck_assert_msg(rest.n == 0 || str_starts(rest, STR("ş ")), "%s: %.*s", clusters[i], STR_ARG(rest));
			sbuf_reset(&out);
		}
	}

	/* The character outside of the alphabet is cut away: septets do. */
	repeat(&in, "a", 400);
	sbuf_puts(&in, "😀");
	size = sms_cut(&out, sbuf_get(&in), 1);
	ck_assert(size.encoding == SMS_GSM7 && size.units == 160);
	sbuf_fini(&in);
	sbuf_fini(&out);
	sbuf_fini(&want);
}
END_TEST

START_TEST(cuts_whatever_comes)
{
	static const char *const bits[] = { "a", "€", "ş", "😀", "\u0301", "\u200d", "\xff", " ", "🇹", "\r\n", "[" };
	struct sbuf in = SBUF_INIT(SBUF_UNLIMITED), out = SBUF_INIT(SBUF_UNLIMITED);
	struct rand r;

	rand_seed(&r, 3);
	for (int i = 0; i < 3000; i++) {
		size_t max = rand_below(&r, 3) + 1, kinds = rand_below(&r, ARRAY_LEN(bits)) + 1;
		sbuf_reset(&in);
		sbuf_reset(&out);
		for (uint64_t n = rand_below(&r, 500); n > 0; n--)
			sbuf_puts(&in, bits[rand_below(&r, kinds)]);
		struct sms_size all = sms_measure(sbuf_get(&in)), size = sms_cut(&out, sbuf_get(&in), max);
		ck_assert_uint_le(size.segments, max);
		if (all.segments <= max)
			ck_assert(str_eq(sbuf_get(&in), sbuf_get(&out)));
		else
			ck_assert(str_ends(sbuf_get(&out), STR("...")) || str_ends(sbuf_get(&out), STR("…")));
	}
	sbuf_fini(&in);
	sbuf_fini(&out);
}
END_TEST

START_TEST(transliterates)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	ck_assert(sms_transliterate(&b, STR("İstanbul’da “ağ” ışığı — çok… é€ e\u0301\u00a0ΑΣ ½ œ")));
	ASSERT_BUF(&b, "Istanbul'da \"ag\" isigi - cok... é€ e AΣ 1/2 oe");
	ck_assert(sms_transliterate(&b, STR("plain [text] ^ {x}\n")));
	ASSERT_BUF(&b, "plain [text] ^ {x}\n");
	/* Better a text in UCS-2 than one of question marks. */
	ck_assert(!sms_transliterate(&b, STR("디스크 가득 API ığ")));
	ck_assert(!sms_transliterate(&b, STR("disk 😀")));
	ck_assert(!sms_transliterate(&b, STR("bad \xff")));
	ck_assert_uint_eq(b.n, 0);
	/* Septets can carry the result, whatever comes in. */
	for (uint32_t r = 0; r < 0x30000; r++) {
		char rune[4];
		sbuf_reset(&b);
		if (!sms_transliterate(&b, (struct str){ rune, utf8_encode(r, rune) }))
			ck_assert_uint_eq(b.n, 0);
		ck_assert_int_eq(sms_measure(sbuf_get(&b)).encoding, SMS_GSM7);
	}
	sbuf_fini(&b);
}
END_TEST

START_TEST(encodes)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	gsm7_encode(&b, STR("@A£€[\n~Üà"));
	ck_assert_uint_eq(b.n, 12);
	ck_assert_mem_eq(b.p, "\x00" "A\x01\x1b\x65\x1b\x3c\x0a\x1b\x3d\x5e\x7f", 12);
	sbuf_fini(&b);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, measures);
	tcase_add_test(tc, cuts);
	tcase_add_test(tc, cuts_whatever_comes);
	tcase_add_test(tc, transliterates);
	tcase_add_test(tc, encodes);
}

int
main(void)
{
	return run_suite("gsm7", add);
}
