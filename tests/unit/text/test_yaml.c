/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/compiler.h"
#include "lib_text.h"
#include "text/yaml.h"

static struct arena *arena;

static void
setup(void)
{
	arena = arena_new();
}

static void
teardown(void)
{
	arena_free(&arena);
}

static const struct yaml_node *
parse(const char *text)
{
	const struct yaml_node *root = NULL;
	struct err e = { 0 };

	ck_assert_msg(yaml_parse(arena, str_from(text), &root, &e), "%s: %s", text, e.text);
	return root;
}

/* A tree in one line: maps {k:v}, sequences [a], scalars as they are. */
static void
show(struct sbuf *b, const struct yaml_node *n)
{
	switch (n->kind) {
	case YAML_SCALAR:
		sbuf_str(b, n->text);
		break;
	case YAML_SEQ:
		sbuf_putc(b, '[');
		for (size_t i = 0; i < n->n; i++) {
			sbuf_puts(b, i > 0 ? "," : "");
			show(b, n->items[i]);
		}
		sbuf_putc(b, ']');
		break;
	case YAML_MAP:
		sbuf_putc(b, '{');
		for (size_t i = 0; i < n->n; i++) {
			sbuf_puts(b, i > 0 ? "," : "");
			show(b, n->pairs[i].key);
			sbuf_putc(b, n->pairs[i].merged ? '=' : ':');
			show(b, n->pairs[i].value);
		}
		sbuf_putc(b, '}');
		break;
	}
}

START_TEST(builds_trees)
{
	static const char *const cases[][2] = {
		{ "a: 1\nb:\n- x\n- {y: z}\n", "{a:1,b:[x,{y:z}]}" },
		{ "a: 1\na: 2", "{a:1,a:2}" },
		{ "a:\nb: ~", "{a:,b:~}" },
		{ "a: &x [1]\nb: *x", "{a:[1],b:[1]}" },
		{ "a: &x 1\nb: &x 2\nc: *x", "{a:1,b:2,c:2}" },
		{ "a: &x {p: 1, q: 2}\nb: {<<: *x, q: 3}", "{a:{p:1,q:2},b:{p=1,q:3}}" },
		{ "a: &x {p: 1}\nb: {p: 3, <<: *x}", "{a:{p:1},b:{p=1}}" },
		{ "a: &x {p: 1}\nb: &y {p: 2, r: 2}\nc: {<<: [*x, *y]}", "{a:{p:1},b:{p:2,r:2},c:{p=1,r=2}}" },
		{ "a: {<<: {p: 1}, p: 2, p: 3}", "{a:{p:2,p:3}}" },
		{ "a: {'<<': 1}", "{a:{<<:1}}" },
		{ "a: &x {p: 1}\nb: &y {<<: *x, q: 1}\nc: {<<: *y}", "{a:{p:1},b:{p=1,q:1},c:{p=1,q=1}}" },
		{ "--- a\n--- b\n", "a" },
		{ "a: b\n...\n]bad", "{a:b}" },
		{ "? [a, b]\n: c", "{[a,b]:c}" },
		{ "\xEF\xBB\xBF" "a: é", "{a:é}" },
		{ "|\n x\n  y\n", "x\n y\n" },
		{ "%YAML 1.1\n---\na", "a" },
	};
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		show(&b, parse(cases[i][0]));
		ASSERT_BUF(&b, cases[i][1]);
	}
	sbuf_fini(&b);
	ck_assert_ptr_null(parse(""));
	ck_assert_ptr_null(parse("# nothing\n"));
	const struct yaml_node *empty = parse("---\n");
	ck_assert(empty != NULL && empty->kind == YAML_SCALAR && empty->text.n == 0);
}
END_TEST

START_TEST(keeps_places_and_styles)
{
	const struct yaml_node *root = parse("a: x\nbb:\n  - 'q'\n  - \"d\"\n  - |\n    l\n  - >\n    f\n  - !!str 5\n"
					     "  - !mine m\n  - ! 'n'\n  - [ ]\n");
	const struct yaml_node *list = yaml_get(root, "bb");
	static const enum yaml_style styles[] = { YAML_SINGLE_QUOTED, YAML_DOUBLE_QUOTED, YAML_LITERAL,
		YAML_FOLDED, YAML_PLAIN, YAML_PLAIN, YAML_PLAIN };

	ck_assert_int_eq(root->line, 1);
	ck_assert_int_eq(list->line, 3);
	ck_assert_int_eq(list->items[0]->line, 3);
	ck_assert_int_eq(list->items[0]->col, 5);
	for (size_t i = 0; i < ARRAY_LEN(styles); i++)
		ck_assert_int_eq(list->items[i]->style, styles[i]);
	ASSERT_STR(list->items[4]->tag, "!!str");
	ASSERT_STR(list->items[5]->tag, "!mine");
	ASSERT_STR(list->items[6]->tag, "");
	ck_assert(list->items[7]->flow && !list->flow && list->items[7]->n == 0);
	ck_assert_ptr_null(yaml_get(root, "no"));
	ck_assert_ptr_null(yaml_get(list, "a"));
	ck_assert_ptr_null(yaml_get(NULL, "a"));
	ck_assert_str_eq(yaml_short_tag(root), "!!map");
	ck_assert_str_eq(yaml_short_tag(list), "!!seq");
	ck_assert_str_eq(yaml_short_tag(list->items[0]), "!!str");
	ck_assert_str_eq(yaml_short_tag(list->items[5]), "!mine");
}
END_TEST

START_TEST(words_errors_like_yaml_v2)
{
	static const char *const cases[][2] = {
		{ "%YAML 1.2\n---\na: b\n", "yaml: found incompatible YAML document" },
		{ "a: b\n\tc: d\n", "yaml: line 2: found a tab character that violates indentation" },
		{ "a: b\nc: @d\n", "yaml: line 2: found character that cannot start any token" },
		{ "a: b: c", "yaml: mapping values are not allowed in this context" },
		{ "x: y\na: b: c", "yaml: line 2: mapping values are not allowed in this context" },
		{ "a: [b", "yaml: line 1: did not find expected ',' or ']'" },
		{ "a:\n- b\n c: d\n", "yaml: line 3: mapping values are not allowed in this context" },
		{ "a: 'x", "yaml: found unexpected end of stream" },
		{ "a: *x", "yaml: unknown anchor 'x' referenced" },
		{ "a: &x [*x]", "yaml: anchor 'x' value contains itself" },
		{ "a: {<<: 1}", "yaml: map merge requires map or sequence of maps as the value" },
		{ "a: {<<: [1]}", "yaml: map merge requires map or sequence of maps as the value" },
		{ "a: \x01", "yaml: control characters are not allowed" },
		{ "a: \xff", "yaml: invalid leading UTF-8 octet" },
		{ "a: \"\\q\"", "yaml: found unknown escape character" },
		{ "k: v\nk2\nk3: v\n", "yaml: line 3: could not find expected ':'" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct yaml_node *root;
		struct err e = { 0 };
		struct str s = exact_copy(str_from(cases[i][0]));
		ck_assert_msg(!yaml_parse(arena, s, &root, &e), "%s", cases[i][0]);
		ck_assert_str_eq(e.text, cases[i][1]);
		ck_assert_int_gt(e.line, 0);
		free((char *)(uintptr_t)s.p);
	}
}
END_TEST

START_TEST(bounds_depth_and_aliases)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	const struct yaml_node *root;
	struct err e = { 0 };

	for (int i = 0; i < YAML_DEPTH_MAX + 1; i++)
		sbuf_putc(&b, '[');
	ck_assert(!yaml_parse(arena, sbuf_get(&b), &root, &e));
	ck_assert_ptr_nonnull(strstr(e.text, "exceeded max depth"));

	/* A billion laughs. */
	sbuf_reset(&b);
	sbuf_puts(&b, "a0: &a0 [x,x,x,x,x,x,x,x,x]\n");
	for (int i = 1; i < 12; i++) {
		sbuf_printf(&b, "a%d: &a%d [", i, i);
		for (int j = 0; j < 9; j++)
			sbuf_printf(&b, "%s*a%d", j > 0 ? "," : "", i - 1);
		sbuf_puts(&b, "]\n");
	}
	ck_assert(!yaml_parse(arena, sbuf_get(&b), &root, &e));
	ck_assert_str_eq(e.text, "yaml: document contains excessive aliasing");

	/* Merging a large map again and again. */
	sbuf_reset(&b);
	sbuf_puts(&b, "- &m\n");
	for (int i = 0; i < 3000; i++)
		sbuf_printf(&b, "  k%d: v\n", i);
	for (int i = 0; i < 3000; i++)
		sbuf_puts(&b, "- {<<: *m}\n");
	ck_assert(!yaml_parse(arena, sbuf_get(&b), &root, &e));
	ck_assert_str_eq(e.text, "yaml: document contains excessive aliasing");

	/* Few nodes, but a long text at each. */
	sbuf_reset(&b);
	sbuf_puts(&b, "- &t ");
	for (int i = 0; i < 100000; i++)
		sbuf_putc(&b, 'x');
	sbuf_putc(&b, '\n');
	for (int i = 0; i < 600; i++)
		sbuf_puts(&b, "- *t\n");
	ck_assert(yaml_parse(arena, sbuf_get(&b), &root, &e));
	for (int i = 0; i < 100; i++)
		sbuf_puts(&b, "- *t\n");
	ck_assert(!yaml_parse(arena, sbuf_get(&b), &root, &e));
	ck_assert_str_eq(e.text, "yaml: document contains excessive aliasing");
	sbuf_fini(&b);
}
END_TEST

static const struct {
	const char *text;
	enum yaml_type type;
	double value;
} scalars[] = {
	{ "", YAML_T_NULL, 0 }, { "~", YAML_T_NULL, 0 }, { "null", YAML_T_NULL, 0 }, { "NULL", YAML_T_NULL, 0 },
	{ "nULL", YAML_T_STRING, 0 }, { "y", YAML_T_BOOL, 1 }, { "Off", YAML_T_BOOL, 0 }, { "TRUE", YAML_T_BOOL, 1 },
	{ "tRUE", YAML_T_STRING, 0 }, { "no", YAML_T_BOOL, 0 }, { "0x1F", YAML_T_INT, 31 }, { "010", YAML_T_INT, 8 },
	{ "08", YAML_T_FLOAT, 8 }, { "0o17", YAML_T_INT, 15 }, { "0b101", YAML_T_INT, 5 }, { "-0b11", YAML_T_INT, -3 },
	{ "0b+1", YAML_T_INT, 1 }, { "1_000", YAML_T_INT, 1000 }, { "+5", YAML_T_INT, 5 }, { "-5", YAML_T_INT, -5 },
	{ "-0x10", YAML_T_INT, -16 }, { "0", YAML_T_INT, 0 }, { "00", YAML_T_INT, 0 }, { "0x", YAML_T_STRING, 0 },
	{ "9223372036854775807", YAML_T_INT, 9223372036854775807.0 }, { "18446744073709551615", YAML_T_UINT, 0 },
	{ "18446744073709551616", YAML_T_FLOAT, 18446744073709551616.0 },
	{ "-9223372036854775808", YAML_T_INT, -9223372036854775808.0 },
	{ "1e3", YAML_T_FLOAT, 1000 }, { "1.", YAML_T_FLOAT, 1 }, { ".5", YAML_T_FLOAT, .5 }, { "-.5", YAML_T_FLOAT, -.5 },
	{ "1.5.2", YAML_T_STRING, 0 }, { "1e", YAML_T_STRING, 0 }, { "1e400", YAML_T_STRING, 0 },
	{ ".inf", YAML_T_FLOAT, INFINITY }, { "-.INF", YAML_T_FLOAT, -INFINITY }, { "+inf", YAML_T_STRING, 0 },
	{ "inf", YAML_T_STRING, 0 }, { "-", YAML_T_STRING, 0 }, { "+", YAML_T_STRING, 0 }, { ".", YAML_T_STRING, 0 },
	{ "1:30", YAML_T_STRING, 0 }, { "5m", YAML_T_STRING, 0 }, { "a", YAML_T_STRING, 0 }, { "_1", YAML_T_STRING, 0 },
	{ "1__", YAML_T_INT, 1 }, { "<<", YAML_T_STRING, 0 }, { "2001-12-14", YAML_T_TIMESTAMP, 1008288000 },
	{ "2001-1-2", YAML_T_TIMESTAMP, 978393600 }, { "2001-02-30", YAML_T_STRING, 0 },
	{ "2001-12-14T21:59:43Z", YAML_T_TIMESTAMP, 1008367183 },
	{ "2001-12-14t21:59:43.10-05:00", YAML_T_TIMESTAMP, 1008385183 },
	{ "2001-12-14 21:59:43.5", YAML_T_TIMESTAMP, 1008367183 }, { "2001-12-14 21:59:43Z", YAML_T_STRING, 0 },
	{ "2001-12-14T21:59:43", YAML_T_STRING, 0 }, { "2001-12", YAML_T_STRING, 0 },
	{ "2001-12-14T24:00:00Z", YAML_T_STRING, 0 }, { "20011-12-14", YAML_T_STRING, 0 },
};

START_TEST(resolves_plain_scalars)
{
	for (size_t i = 0; i < ARRAY_LEN(scalars); i++) {
		struct str s = exact_copy(str_from(scalars[i].text));
		struct yaml_value v = yaml_resolve_plain(s);
		double got = v.type == YAML_T_BOOL ? v.b : v.type == YAML_T_INT ? (double)v.i :
		    v.type == YAML_T_FLOAT ? v.f : v.type == YAML_T_TIMESTAMP ? (double)v.t.s : 0;
		ck_assert_msg(v.type == scalars[i].type && got == scalars[i].value, "%s: type %d, %g",
		    scalars[i].text, (int)v.type, got);
		ck_assert(str_eq(v.s, s));
		free((char *)(uintptr_t)s.p);
	}
	ck_assert(isnan(yaml_resolve_plain(STR(".NaN")).f));
	ck_assert_uint_eq(yaml_resolve_plain(STR("18446744073709551615")).u, UINT64_MAX);
	ck_assert_int_eq(yaml_resolve_plain(STR("2001-12-14t21:59:43.10-05:00")).t.offset, -18000);
	ck_assert_int_eq(yaml_resolve_plain(STR("2001-12-14t21:59:43.10-05:00")).t.ns, 100000000);
}
END_TEST

START_TEST(resolves_tags_and_quotes)
{
	static const struct {
		const char *text;
		enum yaml_type type;
		const char *error;
	} cases[] = {
		{ "'5'", YAML_T_STRING, NULL },
		{ "\"true\"", YAML_T_STRING, NULL },
		{ "|\n 5", YAML_T_STRING, NULL },
		{ "!!str 5", YAML_T_STRING, NULL },
		{ "!!int '5'", YAML_T_INT, NULL },
		{ "!!float 5", YAML_T_FLOAT, NULL },
		{ "!!int 5.5", YAML_T_NULL, "yaml: cannot decode !!float `5.5` as a !!int" },
		{ "!!bool x", YAML_T_NULL, "yaml: cannot decode !!str `x` as a !!bool" },
		{ "!!int 2001-12-14", YAML_T_NULL, "yaml: cannot decode !!str `2001-12-14` as a !!int" },
		{ "!!timestamp 2001-12-14", YAML_T_TIMESTAMP, NULL },
		{ "!!binary Zm9v", YAML_T_BINARY, NULL },
		{ "!other 5", YAML_T_STRING, NULL },
		{ "!!null ''", YAML_T_NULL, NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct yaml_value v = { 0 };
		struct err e = { 0 };
		bool ok = yaml_resolve(parse(cases[i].text), &v, &e);
		ck_assert_msg(ok == (cases[i].error == NULL), "%s: %s", cases[i].text, e.text);
		if (ok)
			ck_assert_int_eq(v.type, cases[i].type);
		else
			ck_assert_str_eq(e.text, cases[i].error);
	}
	struct yaml_value v;
	ck_assert(yaml_resolve(parse("!!float 5"), &v, NULL) && v.f == 5);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, builds_trees);
	tcase_add_test(tc, keeps_places_and_styles);
	tcase_add_test(tc, words_errors_like_yaml_v2);
	tcase_add_test(tc, bounds_depth_and_aliases);
	tcase_add_test(tc, resolves_plain_scalars);
	tcase_add_test(tc, resolves_tags_and_quotes);
}

int
main(void)
{
	return run_suite("yaml", add);
}
