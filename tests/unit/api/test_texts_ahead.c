/* SPDX-License-Identifier: Apache-2.0 */
/* The hashes of texts are the same, whether somebody has looked ahead or not. */
#include <string.h>

#include "base/compiler.h"
#include "base/sbuf.h"
#include "suite.h"
#include "texts_ahead.h"

static void
expect_hash(struct texts_ahead *a, enum label_text_kind kind, struct str text)
{
	struct hash128 got = { 0 }, wanted = label_text_hash(kind, text);
	struct str taken = texts_ahead_take(a, kind, text.p, text.p + text.n, &got);

	ck_assert(taken.n == 0 || (taken.p == text.p && taken.n == text.n));
	if (taken.n == 0)
		got = texts_ahead_hash(a, kind, text);
	ck_assert(got.first == wanted.first && got.second == wanted.second);
}

/* Asks for the text behind each `key` of the body, as a reader does that meets them one by one. */
static void
read_all(struct texts_ahead *a, struct str body, const char *key, enum label_text_kind kind)
{
	const char *at = body.p, *end;

	while ((at = strstr(at, key)) != NULL && (at = strchr(at, '{')) != NULL && (end = strchr(at, '}')) != NULL) {
		expect_hash(a, kind, (struct str){ at, (size_t)(end + 1 - at) });
		at = end;
	}
}

static const char *const bodies[] = {
	"[]",
	"[{\"labels\":{\"a\":\"b\"}}]",
	"[{\"labels\":{}},{\"labels\":{},\"annotations\":{}}]",
	"[{\"annotations\":{\"a\":\"b\"},\"labels\":{\"a\":\"b\"}},{\"annotations\":{\"a\":\"b\"},\"labels\":{\"a\":\"b\"}}]",
	"[{\"labels\":{\"a\":\"{\\\"labels\\\":{}\"}},{\"labels\":{\"a\":\"}\"}},{\"labels\":{\"labels\":\"c\"}}]",
	"[{ \"labels\" : { \"a\" : \"b\" } }, {\"labels\":{\"c\":\"d\"}}]",
	"[{\"labels\":{\"a\":\"b\"",
	"\"labels\":{\"a\"}{\"labels\":{{{{\"labels\":{}",
};

START_TEST(nothing_depends_on_the_guess)
{
	struct texts_ahead a;
	struct str body = str_from(bodies[_i]);

	texts_ahead_begin(&a, body);
	read_all(&a, body, "\"labels\"", LABEL_TEXT_LABELS);
	/* From the beginning again, with and without being told. */
	read_all(&a, body, "\"annotations\"", LABEL_TEXT_ANNOTATIONS);
	texts_ahead_begin(&a, body);
	read_all(&a, body, "\"annotations\"", LABEL_TEXT_ANNOTATIONS);
	read_all(&a, body, "\"labels\"", LABEL_TEXT_ANNOTATIONS);
}
END_TEST

START_TEST(a_reader_may_pass_over_some)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct texts_ahead a;
	struct str body;
	const char *at;

	for (int i = 0; i < 40; i++)
		sbuf_printf(&b, "{\"labels\":{\"n\":\"%d\"},\"annotations\":{\"m\":\"%d\"}},", i, i);
	body = sbuf_get(&b);
	texts_ahead_begin(&a, body);
	at = body.p;
	for (int i = 0; i < 40; i++) {
		const char *labels = strstr(at, "{\"n\""), *annotations = strstr(at, "{\"m\"");

		if (i % 3 != 1)
			expect_hash(&a, LABEL_TEXT_LABELS, (struct str){ labels, (size_t)(strchr(labels, '}') + 1 - labels) });
		if (i % 5 != 2)
			expect_hash(&a, LABEL_TEXT_ANNOTATIONS,
			    (struct str){ annotations, (size_t)(strchr(annotations, '}') + 1 - annotations) });
		at = annotations + 1;
	}
	sbuf_fini(&b);
}
END_TEST

/* Texts as they mostly come are known before they are asked for: all but the first, which nobody could look for. */
START_TEST(usual_bodies_are_known)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct texts_ahead a;
	struct hash128 hash;
	const char *at;

	for (int i = 0; i < 40; i++)
		sbuf_printf(&b, "%s{\"labels\":{\"n\":\"%d\"},\"annotations\":{\"n\":\"%d\"},\"startsAt\":\"\"}", i == 0 ? "[" : ",", i, i);
	texts_ahead_begin(&a, sbuf_get(&b));
	at = strstr(sbuf_cstr(&b), "{\"n\"");
	expect_hash(&a, LABEL_TEXT_LABELS, (struct str){ at, (size_t)(strchr(at, '}') + 1 - at) });
	for (int i = 1; i < 80; i++) {
		at = strstr(at + 1, "{\"n\"");
		ck_assert_uint_gt(texts_ahead_take(&a, i % 2 == 0 ? LABEL_TEXT_LABELS : LABEL_TEXT_ANNOTATIONS, at, strchr(at, '}') + 1, &hash).n, 0);
	}
	sbuf_fini(&b);
}
END_TEST

/* A body may be all braces: no more of them are gone through than are near. */
START_TEST(what_is_far_is_left_for_later)
{
	static const char first[] = "{\"a\":\"b\"}", last[] = "{\"c\":\"d\"}";
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct texts_ahead a;
	struct str body;

	sbuf_printf(&b, "[{\"labels\":%s,\"annotations\":{\"m\":\"", first);
	for (int i = 0; i < 1000000; i++)
		sbuf_putc(&b, '{');
	sbuf_printf(&b, "\"}},{\"labels\":%s}]", last);
	body = sbuf_get(&b);
	texts_ahead_begin(&a, body);
	expect_hash(&a, LABEL_TEXT_LABELS, (struct str){ strstr(body.p, first), strlen(first) });
	ck_assert_int_lt(a.at - body.p, 100000);
	expect_hash(&a, LABEL_TEXT_LABELS, (struct str){ strstr(body.p, last), strlen(last) });
	ck_assert_ptr_eq(a.at, body.p + body.n);
	sbuf_fini(&b);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_loop_test(tc, nothing_depends_on_the_guess, 0, (int)ARRAY_LEN(bodies));
	tcase_add_test(tc, a_reader_may_pass_over_some);
	tcase_add_test(tc, usual_bodies_are_known);
	tcase_add_test(tc, what_is_far_is_left_for_later);
}

int
main(void)
{
	return run_suite("texts ahead", add);
}
