/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/compiler.h"
#include "base/rand.h"
#include "lib_text.h"
#include "text/yaml.h"
#include "text/yaml_write.h"

/* As a map {v: s}. */
static void
write_string(struct sbuf *b, struct str s)
{
	struct yaml_writer w;

	yaml_writer_init(&w, b);
	yaml_map_begin(&w);
	yaml_put_str(&w, "v", s);
	yaml_map_end(&w);
}

START_TEST(chooses_styles_like_yaml_v2)
{
	static const char *const cases[][2] = {
		{ "hi", "v: hi\n" },
		{ "true", "v: \"true\"\n" },
		{ "10", "v: \"10\"\n" },
		{ "", "v: \"\"\n" },
		{ "~", "v: \"~\"\n" },
		{ "1:1", "v: \"1:1\"\n" },
		{ "1:61", "v: 1:61\n" },
		{ "-", "v: '-'\n" },
		{ "b: c", "v: 'b: c'\n" },
		{ "Hello #comment", "v: 'Hello #comment'\n" },
		{ "<foo>", "v: <foo>\n" },
		{ "<secret>", "v: <secret>\n" },
		{ "你好", "v: 你好\n" },
		{ "it's", "v: it's\n" },
		{ "'it's", "v: '''it''s'\n" },
		{ "{{ .A }}", "v: '{{ .A }}'\n" },
		{ "a\tb", "v: \"a\\tb\"\n" },
		{ "B\nC", "v: |-\n  B\n  C\n" },
		{ "B\nC\n", "v: |\n  B\n  C\n" },
		{ "B\n\n", "v: |+\n  B\n\n" },
		{ " B\nC", "v: |2-\n   B\n  C\n" },
		{ "B \nC", "v: \"B \\nC\"\n" },
		{ " x", "v: ' x'\n" },
		{ "x ", "v: 'x '\n" },
		{ "2015-02-24T18:19:39Z", "v: \"2015-02-24T18:19:39Z\"\n" },
		{ "\x80\x81\x82", "v: !!binary gIGC\n" },
		{ "a😀", "v: \"a\\U0001F600\"\n" },
		{ "<<", "v: \"<<\"\n" },
		{ "5m", "v: 5m\n" },
		{ "abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ 1234567890 abcdefghijklmnopqrstuvwxyz "
		  "ABCDEFGHIJKLMNOPQRSTUVWXYZ 1234567890 ",
		    "v: 'abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ 1234567890 abcdefghijklmnopqrstuvwxyz\n"
		    "  ABCDEFGHIJKLMNOPQRSTUVWXYZ 1234567890 '\n" },
	};
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		write_string(&b, str_from(cases[i][0]));
		ASSERT_BUF(&b, cases[i][1]);
	}
	write_string(&b, BYTES("\0"));
	ASSERT_BUF(&b, "v: \"\\0\"\n");
	sbuf_fini(&b);
}
END_TEST

START_TEST(nests)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct yaml_writer w;

	yaml_writer_init(&w, &b);
	yaml_map_begin(&w);
	yaml_key(&w, STR("a"));
	yaml_seq_begin(&w);
	yaml_str(&w, STR("x"));
	yaml_map_begin(&w);
	yaml_key(&w, STR("i"));
	yaml_int(&w, -5);
	yaml_put_bool(&w, "b", true);
	yaml_key(&w, STR("n"));
	yaml_null(&w);
	yaml_key(&w, STR("s"));
	yaml_seq_begin(&w);
	yaml_int(&w, 1);
	yaml_seq_end(&w);
	yaml_map_end(&w);
	yaml_seq_begin(&w);
	yaml_bool(&w, false);
	yaml_null(&w);
	yaml_seq_end(&w);
	yaml_seq_end(&w);
	yaml_key(&w, STR("e"));
	yaml_seq_begin(&w);
	yaml_seq_end(&w);
	yaml_key(&w, STR("m"));
	yaml_map_begin(&w);
	yaml_map_end(&w);
	yaml_key(&w, STR("d"));
	yaml_double(&w, 1e21);
	yaml_key(&w, STR("inf"));
	yaml_double(&w, -INFINITY);
	yaml_key(&w, STR("yes"));
	yaml_raw(&w, STR("2015-02-24T18:19:39Z"));
	yaml_map_end(&w);
	ASSERT_BUF(&b, "a:\n- x\n- i: -5\n  b: true\n  \"n\": null\n  s:\n  - 1\n- - false\n  - null\ne: []\nm: {}\n"
		       "d: 1e+21\ninf: -.inf\n\"yes\": 2015-02-24T18:19:39Z\n");
	/* A scalar alone is a document, too. */
	yaml_str(&w, STR("x"));
	ASSERT_BUF(&b, "x\n");
	sbuf_fini(&b);
}
END_TEST

START_TEST(survives_a_full_buffer)
{
	struct sbuf b = SBUF_INIT(10);

	write_string(&b, STR("much more than ten bytes"));
	ck_assert(b.overflow);
	sbuf_fini(&b);
}
END_TEST

START_TEST(reads_back)
{
	static const char *const bits[] = { "a", "'", "\"", " ", "\n", "#", ":", ": ", "- ", "é", "\t", "{", "\\", "0",
		"😀", "|", "\r", "\u2028", "%", "@", "x y", ",", "\xff", "&", "*", "!", "?", "---", "..." };
	struct sbuf text = SBUF_INIT(SBUF_UNLIMITED), b = SBUF_INIT(SBUF_UNLIMITED);
	struct rand r;

	rand_seed(&r, 7);
	for (int i = 0; i < 20000; i++) {
		struct arena *a = arena_new();
		const struct yaml_node *root = NULL;
		struct err e = { 0 };
		for (uint64_t n = rand_below(&r, 30); n > 0; n--)
			sbuf_puts(&text, bits[rand_below(&r, ARRAY_LEN(bits))]);
		write_string(&b, sbuf_get(&text));
		ck_assert_msg(yaml_parse(a, sbuf_get(&b), &root, &e), "%s\n%s", e.text, b.p);
		const struct yaml_node *v = yaml_get(root, "v");
		struct yaml_value value;
		ck_assert(v != NULL && yaml_resolve(v, &value, NULL));
		ck_assert(value.type == YAML_T_STRING || value.type == YAML_T_BINARY);
		if (value.type == YAML_T_STRING)
			ck_assert_msg(str_eq(v->text, sbuf_get(&text)), "%s", b.p);
		sbuf_reset(&text);
		sbuf_reset(&b);
		arena_free(&a);
	}
	sbuf_fini(&text);
	sbuf_fini(&b);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, chooses_styles_like_yaml_v2);
	tcase_add_test(tc, nests);
	tcase_add_test(tc, survives_a_full_buffer);
	tcase_add_test(tc, reads_back);
}

int
main(void)
{
	return run_suite("yaml_write", add);
}
