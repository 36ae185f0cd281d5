/* SPDX-License-Identifier: Apache-2.0 */
/* A file that is nothing but an http_config. */
#include <stdlib.h>

#include "config/http_config.h"
#include "suite.h"

static struct arena *arena;

static struct http_config *
load(const char *text, struct err *e)
{
	struct http_config *h = NULL;

	err_clear(e);
	return http_config_load(str_from(text), "/etc/x/http.yml", arena, &h, e) ? h : NULL;
}

START_TEST(what_it_says)
{
	struct err e;
	struct http_config *h = load("basic_auth: {username: ann, password_file: secret}\n"
				     "tls_config: {ca_file: ca.pem, insecure_skip_verify: true}\n",
	    &e);

	ck_assert_msg(h != NULL, "%s", e.text);
	ck_assert(h->basic_auth.present && str_is(h->basic_auth.username, "ann"));
	ck_assert(str_is(h->basic_auth.password_file, "/etc/x/secret"));
	ck_assert(str_is(h->tls_config->ca_file, "/etc/x/ca.pem") && h->tls_config->insecure_skip_verify);
	ck_assert(h->follow_redirects && h->enable_http2);
	h = load("", &e);
	ck_assert(h != NULL && h->follow_redirects && !h->basic_auth.present);
	ck_assert(load("---\n~\n", &e) != NULL);
}
END_TEST

START_TEST(mistakes)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ "colour: red", "/etc/x/http.yml:1:" },
		{ "[a]", "/etc/x/http.yml:1:1" },
		{ "a: [", "/etc/x/http.yml:" },
		{ "basic_auth: {username: a}\nauthorization: {credentials: b}", "at most one of" },
		{ "basic_auth: {username: a, password: b, password_file: c}", "at most one of" },
		{ "tls_config: {cert_file: a}", "key" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err e;

		ck_assert_msg(load(cases[i].text, &e) == NULL, "%s", cases[i].text);
		ck_assert_msg(strstr(e.text, cases[i].why) != NULL, "no \"%s\" in: %s", cases[i].why, e.text);
	}
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, what_it_says);
	tcase_add_test(tc, mistakes);
}

int
main(void)
{
	int status;

	arena = arena_new();
	status = run_suite("http_load", add);
	arena_free(&arena);
	return status;
}
