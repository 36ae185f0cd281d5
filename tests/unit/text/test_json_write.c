/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "lib_text.h"
#include "text/json_write.h"

START_TEST(escapes_like_go)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	json_quote(&b, STR("a<b>&\"\\/'"), JSON_HTML_ESCAPED);
	ASSERT_BUF(&b, "\"a\\u003cb\\u003e\\u0026\\\"\\\\/'\"");
	json_quote(&b, STR("a<b>&"), JSON_HTML_PLAIN);
	ASSERT_BUF(&b, "\"a<b>&\"");
	json_quote(&b, BYTES("\n\r\t\b\f\v\0\x1f\x7f"), JSON_HTML_ESCAPED);
	ASSERT_BUF(&b, "\"\\n\\r\\t\\b\\f\\u000b\\u0000\\u001f\x7f\"");
	json_quote(&b, STR("\u2028\u2029é漢😀"), JSON_HTML_PLAIN);
	ASSERT_BUF(&b, "\"\\u2028\\u2029é漢😀\"");
	json_quote(&b, BYTES("a\xff\xc3(\xed\xa0\x80z\xe2\x80"), JSON_HTML_ESCAPED);
	ASSERT_BUF(&b, "\"a\\ufffd\\ufffd(\\ufffd\\ufffd\\ufffdz\\ufffd\\ufffd\"");
	json_quote(&b, STR_NONE, JSON_HTML_ESCAPED);
	ASSERT_BUF(&b, "\"\"");
	json_quote(&b, STR("\uFFFD"), JSON_HTML_ESCAPED);
	ASSERT_BUF(&b, "\"\uFFFD\"");
	sbuf_fini(&b);
}
END_TEST

START_TEST(escapes_at_every_offset)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED), want = SBUF_INIT(SBUF_UNLIMITED);
	char text[70];

	for (size_t at = 0; at < sizeof(text); at++) {
		memset(text, 'x', sizeof(text));
		text[at] = '"';
		struct str s = exact_copy((struct str){ text, sizeof(text) });
		json_quote(&b, s, JSON_HTML_PLAIN);
		sbuf_putc(&want, '"');
		sbuf_put(&want, text, at);
		sbuf_putc(&want, '\\');
		sbuf_put(&want, text + at, sizeof(text) - at);
		sbuf_putc(&want, '"');
		ck_assert(str_eq(sbuf_get(&b), sbuf_get(&want)));
		sbuf_reset(&b);
		sbuf_reset(&want);
		free((char *)(uintptr_t)s.p);
	}
	sbuf_fini(&b);
	sbuf_fini(&want);
}
END_TEST

START_TEST(sets_commas)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct json_writer w;

	json_writer_init(&w, &b, JSON_HTML_ESCAPED);
	json_object_begin(&w);
	json_put_str(&w, "s", STR("x"));
	json_put_int(&w, "i", INT64_MIN);
	json_put_uint(&w, "u", UINT64_MAX);
	json_key(&w, STR("d"));
	json_double(&w, 1e21);
	json_key(&w, STR("nan"));
	json_double(&w, (double)NAN);
	json_put_bool(&w, "t", true);
	json_put_null(&w, "n");
	json_put_raw(&w, "r", STR("[1,2]"));
	json_put_wall(&w, "w", (struct wall){ 0, 5000000, 3600 });
	json_key(&w, STR("a"));
	json_array_begin(&w);
	json_array_begin(&w);
	json_array_end(&w);
	json_object_begin(&w);
	json_object_end(&w);
	json_bool(&w, false);
	json_array_end(&w);
	json_key(&w, STR("e"));
	json_object_begin(&w);
	json_object_end(&w);
	json_object_end(&w);
	ASSERT_BUF(&b, "{\"s\":\"x\",\"i\":-9223372036854775808,\"u\":18446744073709551615,\"d\":1e+21,\"nan\":null,"
		       "\"t\":true,\"n\":null,\"r\":[1,2],\"w\":\"1970-01-01T01:00:00.005+01:00\","
		       "\"a\":[[],{},false],\"e\":{}}");
	sbuf_fini(&b);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, escapes_like_go);
	tcase_add_test(tc, escapes_at_every_offset);
	tcase_add_test(tc, sets_commas);
}

int
main(void)
{
	return run_suite("json_write", add);
}
