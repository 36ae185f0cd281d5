/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdio.h>

#include "base/mem.h"
#include "lib_model.h"
#include "model/silence.h"

#define ID "0e7e2d0c-6b8e-4b0b-9b0f-0d9a3c8e7f10"

/* Sets are split at ';'. */
static struct silence *
make(const char *sets)
{
	struct silence *s = silence_new();
	struct str rest = str_from(sets);

	s->starts = lib_at(0);
	s->ends = lib_at(3600);
	while (rest.n != 0) {
		size_t n = str_chr(rest, ';');
		struct matchers ms = { 0 };
		struct err e = { 0 };
		bool ok = matchers_parse(str_sub(rest, 0, n), MATCHER_CLASSIC, NULL, &ms, &e);

		ck_assert_msg(ok, "%s", e.text);
		*silence_add_set(s) = ms;
		rest = str_sub(rest, n + 1, rest.n);
	}
	return s;
}

static void
set_text(struct istr **at, const char *text)
{
	istr_unref(*at);
	*at = istr_get(str_from(text));
}

static const struct {
	const char *sets;
	int64_t starts, ends;
	const char *error;	/* NULL: valid */
} validity[] = {
	{ "a=b", 0, 60, NULL },
	{ "a=b", 0, 0, NULL },
	{ "a=~\"b|c\"", 0, 60, NULL },
	{ "a!=b", 0, 60, NULL },
	{ "a!~b", 0, 60, NULL },
	{ "a!=", 0, 60, NULL },
	{ "a=,b=c", 0, 60, NULL },
	{ "a=b;c=d", 0, 60, NULL },
	{ "", 0, 60, "at least one matcher set required" },
	{ "a=b;{}", 0, 60, "matcher set 1 is empty" },
	{ "a=", 0, 60, "matcher set 0: at least one matcher must not match the empty string" },
	{ "a=~\".*\",b=", 0, 60, "matcher set 0: at least one matcher must not match the empty string" },
	{ "a=b;c=~\"x|\"", 0, 60, "matcher set 1: at least one matcher must not match the empty string" },
	{ "a=b", 60, 0, "end time must not be before start time" },
};

START_TEST(validate)
{
	struct silence *s = make(validity[_i].sets);
	struct err e = { 0 };
	bool ok;

	s->starts = lib_at(validity[_i].starts);
	s->ends = lib_at(validity[_i].ends);
	ok = silence_validate(s, NAMING_UTF8, &e);
	ck_assert_msg(ok == (validity[_i].error == NULL), "%s: %s", validity[_i].sets, e.text);
	if (!ok)
		ck_assert_str_eq(e.text, validity[_i].error);
	silence_unref(s);
}
END_TEST

START_TEST(zero_times)
{
	struct silence *s = make("a=b");
	struct err e = { 0 };

	s->starts = WALL_ZERO;
	ck_assert(!silence_validate(s, NAMING_UTF8, &e));
	ck_assert_str_eq(e.text, "invalid zero start timestamp");
	s->starts = lib_at(0);
	s->ends = WALL_ZERO;
	ck_assert(!silence_validate(s, NAMING_UTF8, &e));
	ck_assert_str_eq(e.text, "invalid zero end timestamp");
	silence_unref(s);
}
END_TEST

START_TEST(names_and_values)
{
	struct silence *s = make("a=b;x=y,c:d=e");
	struct err e = { 0 };

	ck_assert(silence_validate(s, NAMING_UTF8, &e));
	ck_assert(!silence_validate(s, NAMING_CLASSIC, &e));
	ck_assert_str_eq(e.text, "invalid label matcher 1 in set 1: invalid label name \"c:d\"");
	silence_unref(s);
}
END_TEST

START_TEST(one_matcher)
{
	static const struct {
		enum matcher_op op;
		const char *name, *value, *error;
	} table[] = {
		{ MATCH_EQ, "", "x", "invalid label name \"\"" },
		{ MATCH_RE, "", "[", "invalid label name \"\"" },
		{ MATCH_NE, "a", "\xff", "invalid label value \"\\xff\"" },
		{ MATCH_NRE, "a", "b.*", NULL },
		{ MATCH_RE, "a", "(b)(c)", NULL },
		{ MATCH_RE, "a", "[", "invalid regular expression \"[\": error parsing regexp: missing closing ]: `[`" },
		{ MATCH_RE, "a", "a)(b", "invalid regular expression \"a)(b\": error parsing regexp: unexpected ): `a)(b`" },
		/* Only what is around it makes this one wrong. */
		{ MATCH_RE, "a", "\\Qb", "error parsing regexp: missing closing ): `^(?:\\Qb)$`" },
	};

	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct err e = { 0 };
		struct matcher m;
		bool ok = silence_matcher_init(&m, table[i].op, str_from(table[i].name), str_from(table[i].value), NAMING_UTF8,
		    &e);

		ck_assert_msg(ok == (table[i].error == NULL), "%zu: %s", i, e.text);
		if (ok)
			matcher_fini(&m);
		else
			ck_assert_str_eq(e.text, table[i].error);
	}
}
END_TEST

/* To compile takes the longer the larger it is: what a client sends is compiled once. */
START_TEST(checked_without_compiling)
{
	struct silence *s = make("a=~\"b.*\"");
	struct err e = { 0 };

	/* Nobody could compile this one. */
	istr_unref(s->sets[0].m[0].value);
	s->sets[0].m[0].value = istr_get(STR("["));
	ck_assert_msg(silence_validate(s, NAMING_UTF8, &e), "%s", e.text);
	silence_unref(s);
	s = make("a=~\"b)(c\"");
	ck_assert(!silence_validate(s, NAMING_UTF8, &e));
	ck_assert_str_eq(e.text, "invalid label matcher 0 in set 0: invalid regular expression \"b)(c\": error parsing regexp: "
	    "unexpected ): `b)(c`");
	silence_unref(s);
}
END_TEST

START_TEST(state_follows_time)
{
	struct silence *s = make("a=b");

	ck_assert_int_eq(silence_state_at(s, lib_at(-1)), SILENCE_PENDING);
	ck_assert_int_eq(silence_state_at(s, lib_at(0)), SILENCE_ACTIVE);
	ck_assert_int_eq(silence_state_at(s, lib_at(3600)), SILENCE_ACTIVE);
	ck_assert_int_eq(silence_state_at(s, wall_add(lib_at(3600), 1)), SILENCE_EXPIRED);
	ck_assert_str_eq(silence_state_text(SILENCE_PENDING), "pending");
	ck_assert_str_eq(silence_state_text(SILENCE_ACTIVE), "active");
	ck_assert_str_eq(silence_state_text(SILENCE_EXPIRED), "expired");
	silence_unref(s);
}
END_TEST

START_TEST(one_set_has_to_match)
{
	struct silence *s = make("a=b,c=d;e=f"), *none = make("");
	struct labels *both = lib_labels("a=b c=d"), *half = lib_labels("a=b"), *other = lib_labels("e=f");

	ck_assert(silence_matches(s, both));
	ck_assert(!silence_matches(s, half));
	ck_assert(silence_matches(s, other));
	ck_assert(!silence_matches(none, both));
	labels_unref(both);
	labels_unref(half);
	labels_unref(other);
	silence_unref(s);
	silence_unref(none);
}
END_TEST

START_TEST(copy_is_deep)
{
	struct silence *s = make("a=~\"b.\""), *copy;
	struct labels *l = lib_labels("a=bc");

	snprintf(s->id, sizeof(s->id), ID);
	set_text(&s->comment, "why");
	s->source = istr_get(STR("rules.yml"));
	copy = silence_copy(silence_ref(s));
	silence_unref(s);
	silence_unref(s);
	silence_unref(NULL);
	ck_assert_uint_eq(copy->refs, 1);
	ck_assert_str_eq(copy->id, ID);
	ck_assert_str_eq(copy->comment->bytes, "why");
	ck_assert_str_eq(copy->source->bytes, "rules.yml");
	ck_assert_uint_eq(copy->created_by->n, 0);
	ck_assert(silence_matches(copy, l));
	labels_unref(l);
	silence_unref(copy);
}
END_TEST

/* As protoc counts these messages. */
START_TEST(wire_size)
{
	struct silence *s = silence_new();
	struct label_pair annotations[] = { { STR("k"), STR("v") }, { STR("e"), STR("") } };
	struct wall day = { 1893456000, 0, 0 }, next = { 1893542400, 0, 0 };
	struct err e = { 0 };
	struct matchers ms = { 0 };

	snprintf(s->id, sizeof(s->id), ID);
	s->starts = day;
	s->ends = next;
	s->updated = (struct wall){ 1795336634, 296000000, 0 };
	set_text(&s->created_by, "me");
	set_text(&s->comment, "c");
	ck_assert(matchers_parse(STR("a=x"), MATCHER_CLASSIC, NULL, &ms, &e));
	*silence_add_set(s) = ms;
	ck_assert_uint_eq(silence_wire_size(s, wall_add(next, 120 * SPAN_HOUR)), 95);
	ck_assert(matchers_parse(STR("bb!~yyyy"), MATCHER_CLASSIC, NULL, &s->sets[0], &e));
	labels_unref(s->annotations);
	s->annotations = labels_new(annotations, 2);
	ck_assert_uint_eq(silence_wire_size(s, wall_add(next, 120 * SPAN_HOUR)), 124);
	silence_unref(s);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("silence");

	tcase_add_loop_test(tc, validate, 0, ARRAY_LEN(validity));
	tcase_add_test(tc, zero_times);
	tcase_add_test(tc, names_and_values);
	tcase_add_test(tc, one_matcher);
	tcase_add_test(tc, checked_without_compiling);
	tcase_add_test(tc, state_follows_time);
	tcase_add_test(tc, one_set_has_to_match);
	tcase_add_test(tc, copy_is_deep);
	tcase_add_test(tc, wire_size);
	return lib_run("silence", tc);
}
