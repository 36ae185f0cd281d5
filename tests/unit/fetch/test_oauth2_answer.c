/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of token servers: test_http_client.c has what becomes of it. */
#include <stdlib.h>
#include <string.h>

#include "oauth2_answer.h"
#include "suite.h"

static const struct {
	const char *type, *body;
	const char *authorization, *error;	/* one of them */
	span lasts;
} answers[] = {
	{ "application/json", "{\"access_token\":\"a\",\"token_type\":\"mac\",\"expires_in\":7}", "MAC a", NULL, 7 * SPAN_S },
	{ "application/json", "{\"access_token\":\"a\",\"expires_in\":-1}", "Bearer a", NULL, 0 },
	{ "application/x-www-form-urlencoded", "access_token=a%20b&expires_in=5", "Bearer a b", NULL, 5 * SPAN_S },
	{ "text/plain; charset=utf-8", "access_token=a", "Bearer a", NULL, 0 },
	{ "text/plain", "", NULL, "missing access_token", 0 },
	/* Nobody adds headers to our requests. */
	{ "application/json", "{\"access_token\":\"a\\r\\nX-Y: z\"}", NULL, "has control characters", 0 },
	{ "application/json", "{\"access_token\":\"a\",\"token_type\":\"b\\nX-Y: z\"}", NULL, "has control characters", 0 },
	{ "application/x-www-form-urlencoded", "access_token=a%0d%0aX-Y:%20z", NULL, "has control characters", 0 },
};

START_TEST(answers_are_read)
{
	struct fetch_response r = { .status = 200, .content_type = str_from(answers[_i].type), .body = str_from(answers[_i].body) };
	struct arena *a = arena_new();
	struct oauth2_grant g;
	struct err e = { 0 };
	bool ok = oauth2_answer_read(&r, a, &g, &e);

	ck_assert_int_eq(ok, answers[_i].authorization != NULL);
	if (ok) {
		ck_assert(str_is(g.authorization, answers[_i].authorization));
		ck_assert_int_eq(g.lasts, answers[_i].lasts);
	} else {
		ck_assert_ptr_nonnull(strstr(e.text, answers[_i].error));
	}
	arena_free(&a);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_loop_test(tc, answers_are_read, 0, sizeof(answers) / sizeof(answers[0]));
}

int
main(void)
{
	return run_suite("oauth2_answer", add);
}
