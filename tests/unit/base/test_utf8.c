/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/compiler.h"
#include "base/quote.h"
#include "base/utf8.h"
#include "suite.h"

static const char *const malformed[] = {
	"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2\x41", "\xE0\x80\x80", "\xE0\x9F\xBF",
	"\xE2\x82", "\xED\xA0\x80", "\xED\xBF\xBF", "\xF0\x80\x80\x80", "\xF0\x8F\xBF\xBF",
	"\xF0\x9F\x94", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xE2\x28\xA1",
};

START_TEST(decodes_what_it_encodes)
{
	for (uint32_t r = 0; r <= 0x10FFFF; r++) {
		char bytes[4];
		uint32_t back;
		size_t n = utf8_encode(r, bytes);
		struct str s = { bytes, n };

		/* A million assertions are slow even when they hold. */
		if (utf8_decode(s, &back) != n ||
		    back != (r >= 0xD800 && r <= 0xDFFF ? RUNE_ERROR : r) || !utf8_valid(s) ||
		    (n > 1 && utf8_valid(str_sub(s, 0, n - 1))))
			ck_abort_msg("U+%04X", r);
	}
}
END_TEST

START_TEST(refuses_malformed_bytes)
{
	char long_text[64];
	uint32_t r;
	char out[4];

	for (size_t i = 0; i < ARRAY_LEN(malformed); i++) {
		struct str s = str_from(malformed[i]);

		ck_assert_msg(!utf8_valid(s), "row %zu", i);
		ck_assert_uint_eq(utf8_decode(s, &r), 1);
		ck_assert_uint_eq(r, RUNE_ERROR);
		/* Anywhere in a longer text as well. */
		for (size_t at = 0; at + s.n <= sizeof(long_text); at++) {
			memset(long_text, 'x', sizeof(long_text));
			ck_assert(utf8_valid((struct str){ long_text, sizeof(long_text) }));
			memcpy(long_text + at, s.p, s.n);
			ck_assert(!utf8_valid((struct str){ long_text, sizeof(long_text) }));
		}
	}
	ck_assert_uint_eq(utf8_decode(STR_NONE, &r), 0);
	ck_assert_uint_eq(r, RUNE_ERROR);
	ck_assert(utf8_valid(STR_NONE));
	ck_assert_uint_eq(utf8_encode(0x110000, out), 3);
	ck_assert_mem_eq(out, "\xEF\xBF\xBD", 3);
}
END_TEST

START_TEST(counts_and_cuts)
{
	struct str s = STR("a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x94\x94\xFFz");

	ck_assert_uint_eq(utf8_count(s), 6);
	ck_assert_uint_eq(utf8_prefix(s, 0), 0);
	ck_assert_uint_eq(utf8_prefix(s, 2), 3);
	ck_assert_uint_eq(utf8_prefix(s, 4), 10);
	ck_assert_uint_eq(utf8_prefix(s, 5), 11);
	for (size_t most = 0; most <= s.n + 1; most++) {
		size_t n = utf8_fit(s, most);

		ck_assert(n <= most && n == utf8_prefix(s, utf8_count(str_sub(s, 0, n))));
		ck_assert(n == s.n || utf8_prefix(s, utf8_count(str_sub(s, 0, n)) + 1) > most);
	}
	ck_assert_uint_eq(utf8_prefix(s, 100), s.n);
	ck_assert_uint_eq(utf8_count(STR_NONE), 0);
}
END_TEST

START_TEST(classes)
{
	static const struct {
		uint32_t r;
		const char *in;	/* s space, l letter, d digit, u upper, p print */
	} rows[] = {
		{ ' ', "sp" }, { '\n', "s" }, { 0x85, "s" }, { 0xA0, "s" }, { 0x2003, "s" },
		{ 0x3000, "s" }, { 0x200B, "" }, { 0xFEFF, "" }, { 'a', "lp" }, { 'Z', "lup" },
		{ '_', "p" }, { '7', "dp" }, { 0x7F, "" }, { 0, "" }, { 0xE4, "lp" }, { 0xC4, "lup" },
		{ 0xAA, "lp" }, { 0xAD, "" }, { 0xD7, "p" }, { 0x661, "dp" }, { 0x2160, "p" },
		{ 0x24B6, "p" }, { 0x4E2D, "lp" }, { 0x9FFF, "lp" }, { 0xAC00, "lp" },
		{ 0xD7A3, "lp" }, { 0xD800, "" }, { 0xE000, "" }, { 0xFFFD, "p" }, { 0xFFFF, "" },
		{ 0x1F514, "p" }, { 0x10400, "lup" }, { 0x10428, "lp" }, { 0x1D7CE, "dp" },
		{ 0x301, "p" }, { 0xB2, "p" }, { 0x10FFFF, "" }, { 0x110000, "" },
		{ 0x378, "" }, { 0x1C5, "lp" }, { 0x130, "lup" }, { 0x2028, "s" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		uint32_t r = rows[i].r;
		const char *in = rows[i].in;

		ck_assert_msg(rune_is_space(r) == (strchr(in, 's') != NULL), "space %x", r);
		ck_assert_msg(rune_is_letter(r) == (strchr(in, 'l') != NULL), "letter %x", r);
		ck_assert_msg(rune_is_digit(r) == (strchr(in, 'd') != NULL), "digit %x", r);
		ck_assert_msg(rune_is_upper(r) == (strchr(in, 'u') != NULL), "upper %x", r);
		ck_assert_msg(rune_is_print(r) == (strchr(in, 'p') != NULL), "print %x", r);
	}
}
END_TEST

START_TEST(cases)
{
	static const struct { uint32_t lower, upper; } rows[] = {
		{ 'a', 'A' }, { 'z', 'Z' }, { 0xE4, 0xC4 }, { 0xFF, 0x178 }, { 0x3B1, 0x391 },
		{ 0x44F, 0x42F }, { 0x10D, 0x10C }, { 0x10428, 0x10400 }, { 0x1E01, 0x1E00 },
		{ 0x2D00, 0x10A0 }, { 0x1D79, 0xA77D }, { 0xAB70, 0x13A0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		ck_assert_uint_eq(rune_upper(rows[i].lower), rows[i].upper);
		ck_assert_uint_eq(rune_upper(rows[i].upper), rows[i].upper);
		ck_assert_uint_eq(rune_lower(rows[i].upper), rows[i].lower);
		ck_assert_uint_eq(rune_lower(rows[i].lower), rows[i].lower);
	}
	ck_assert_uint_eq(rune_upper(0x131), 'I');
	ck_assert_uint_eq(rune_lower(0x130), 'i');
	ck_assert_uint_eq(rune_upper(0xB5), 0x39C);
	ck_assert_uint_eq(rune_lower(0x212A), 'k');
	ck_assert_uint_eq(rune_upper(0x1C5), 0x1C4);
	ck_assert_uint_eq(rune_lower(0x1C5), 0x1C6);
	ck_assert_uint_eq(rune_upper(0xDF), 0xDF);
	ck_assert_uint_eq(rune_upper('_'), '_');
	ck_assert_uint_eq(rune_lower(0x4E2D), 0x4E2D);
	ck_assert_uint_eq(rune_upper(0x110000), 0x110000);
}
END_TEST

START_TEST(quotes)
{
	static const struct { struct str plain, quoted; } rows[] = {
		{ { NULL, 0 }, { "\"\"", 2 } },
		{ { "plain text", 10 }, { "\"plain text\"", 12 } },
		{ { "a\"b\\c", 5 }, { "\"a\\\"b\\\\c\"", 9 } },
		{ { "\a\b\f\n\r\t\v", 7 }, { "\"\\a\\b\\f\\n\\r\\t\\v\"", 16 } },
		{ { "\0\x1f\x7f", 3 }, { "\"\\x00\\x1f\\x7f\"", 14 } },
		{ { "'`", 2 }, { "\"'`\"", 4 } },
		{ { "\xC3\xA4\xF0\x9F\x94\x94", 6 }, { "\"\xC3\xA4\xF0\x9F\x94\x94\"", 8 } },
		{ { "\xFFx\xE2\x82", 4 }, { "\"\\xffx\\xe2\\x82\"", 15 } },
		{ { "\xC2\xA0\xC2\xAD", 4 }, { "\"\\u00a0\\u00ad\"", 14 } },
		{ { "\xEF\xBF\xBD", 3 }, { "\"\xEF\xBF\xBD\"", 5 } },
		{ { "\xF4\x8F\xBF\xBF", 4 }, { "\"\\U0010ffff\"", 12 } },
		{ { "\xEE\x80\x80", 3 }, { "\"\\ue000\"", 8 } },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct sbuf b = SBUF_INIT(1000);

		quote_go(&b, rows[i].plain);
		ck_assert_msg(str_eq(sbuf_get(&b), rows[i].quoted), "row %zu: %s", i, sbuf_cstr(&b));
		sbuf_reset(&b);
		ck_assert(unquote_go(&b, rows[i].quoted));
		ck_assert_msg(str_eq(sbuf_get(&b), rows[i].plain), "row %zu", i);
		sbuf_fini(&b);
	}
}
END_TEST

/* Byte by byte, for texts of which others are not written otherwise. */
static void
quote_slowly(struct sbuf *b, struct str s)
{
	sbuf_putc(b, '"');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\n')
			sbuf_puts(b, "\\n");
		else if (s.p[i] == '"' || s.p[i] == '\\')
			sbuf_printf(b, "\\%c", s.p[i]);
		else
			sbuf_putc(b, s.p[i]);
	}
	sbuf_putc(b, '"');
}

static void
check_quoted(struct str s)
{
	struct sbuf wanted = SBUF_INIT(SBUF_UNLIMITED), b;

	quote_slowly(&wanted, s);
	/* Just enough room, much, and too little. */
	for (size_t room = wanted.n + 2; room-- > wanted.n - 1;) {
		b = (struct sbuf)SBUF_INIT(room > wanted.n ? SBUF_UNLIMITED : room);
		quote_go(&b, s);
		ck_assert_int_eq(b.overflow, room < wanted.n);
		ck_assert(b.overflow || str_eq(sbuf_get(&b), sbuf_get(&wanted)));
		sbuf_fini(&b);
	}
	sbuf_fini(&wanted);
}

/* Eight bytes are looked at at once: each kind of byte at each place of texts of many lengths. */
START_TEST(quotes_of_all_lengths)
{
	static const char kinds[] = "\"\\\nx";
	char text[10000];

	for (size_t n = 0; n < 40; n++)
		for (size_t at = 0; at < n; at++)
			for (size_t second = at; second < n; second += 3)
				for (size_t k = 0; k < sizeof(kinds) - 1; k++) {
					memset(text, 'y', n);
					text[at] = kinds[k];
					text[second] = kinds[(k + second) % 4];
					check_quoted((struct str){ text, n });
				}
	for (size_t n = 4090; n < sizeof(text); n += 977) {
		memset(text, '"', n / 2);
		memset(text + n / 2, 'z', n - n / 2);
		check_quoted((struct str){ text, n });
	}
}
END_TEST

START_TEST(unquotes)
{
	static const struct { const char *literal; struct str want; } rows[] = {
		{ "\"\\x41\\101\\u00e4\\U0001F514\"", { "AA\xC3\xA4\xF0\x9F\x94\x94", 8 } },
		{ "\"\\xff\\377\"", { "\xFF\xFF", 2 } },
		{ "\"\\000\"", { "\0", 1 } },
		{ "\"'\"", { "'", 1 } },
		{ "\"\xFF\"", { "\xEF\xBF\xBD", 3 } },
		{ "\"\t\"", { "\t", 1 } },
		{ "\"\r\"", { "\r", 1 } },
		{ "``", { "", 0 } },
		{ "`a\\n\"b\nc\r\n`", { "a\\n\"b\nc\n", 8 } },
		{ "`\xFF`", { "\xFF", 1 } },
	};
	static const char *const bad[] = {
		"", "\"", "`", "a", "''", "'a'", "\"a", "a\"", "\"a\"b\"", "\"\n\"", "\"\\\"", "\"\\'\"",
		"\"\\q\"", "\"\\x4\"", "\"\\xgg\"", "\"\\08\"", "\"\\400\"", "\"\\u12\"", "\"\\ud800\"",
		"\"\\U00110000\"", "\"\\U0000d800\"", "`a`b`", "\"`", "`\"", "\"\\",
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct sbuf b = SBUF_INIT(1000);

		ck_assert_msg(unquote_go(&b, str_from(rows[i].literal)), "row %zu", i);
		ck_assert_msg(str_eq(sbuf_get(&b), rows[i].want), "row %zu", i);
		sbuf_fini(&b);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct sbuf b = SBUF_INIT(1000);

		ck_assert_msg(!unquote_go(&b, str_from(bad[i])), "%s", bad[i]);
		sbuf_fini(&b);
	}
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, decodes_what_it_encodes);
	tcase_add_test(tc, refuses_malformed_bytes);
	tcase_add_test(tc, counts_and_cuts);
	tcase_add_test(tc, classes);
	tcase_add_test(tc, cases);
	tcase_add_test(tc, quotes);
	tcase_add_test(tc, quotes_of_all_lengths);
	tcase_add_test(tc, unquotes);
}

int
main(void)
{
	return run_suite("utf8", add);
}
