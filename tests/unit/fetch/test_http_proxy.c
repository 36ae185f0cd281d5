/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "http_proxy.h"
#include "suite.h"

static const struct {
	const char *proxy, *no_proxy, *url, *want;
} cases[] = {
	{ "", "", "http://x/", "" },
	{ "http://p:1", "", "http://x/", "http://p:1" },
	{ "http://p:1", "", "http://127.0.0.1/", "http://p:1" },
	{ "http://p:1", "other", "http://127.0.0.1/", "" },
	{ "http://p:1", "other", "https://LOCALHOST:9/", "" },
	{ "http://p:1", "other", "http://[::1]/", "" },
	{ "http://p:1", "*", "http://x/", "" },
	{ "http://p:1", "x.example", "http://x.example/", "" },
	{ "http://p:1", "x.example", "http://X.Example:8080/", "" },
	{ "http://p:1", "x.example", "http://a.x.example/", "" },
	{ "http://p:1", "x.example", "http://ax.example/", "http://p:1" },
	{ "http://p:1", ".x.example", "http://x.example/", "http://p:1" },
	{ "http://p:1", ".x.example", "http://a.x.example/", "" },
	{ "http://p:1", "*.x.example", "http://a.x.example/", "" },
	{ "http://p:1", "a, x.example:81 ,b", "http://x.example:81/", "" },
	{ "http://p:1", "x.example:81", "http://x.example/", "http://p:1" },
	{ "http://p:1", "x.example:443", "https://x.example/", "" },
	{ "http://p:1", "10.0.0.0/8", "http://10.1.2.3/", "" },
	{ "http://p:1", "10.0.0.0/8", "http://11.1.2.3/", "http://p:1" },
	{ "http://p:1", "10.0.0.0/33", "http://10.1.2.3/", "http://p:1" },
	{ "http://p:1", "fd00::/8", "http://[fd12::1]/", "" },
	{ "http://p:1", "fd00::/8", "http://10.0.0.1/", "http://p:1" },
	{ "http://p:1", "10.1.2.3", "http://10.1.2.3:80/", "" },
	{ "http://p:1", "[fd12::1]", "http://[fd12::1]/", "" },
	{ "http://p:1", "[fd12::1]:80", "http://[fd12::1]/", "" },
	{ "http://p:1", "[fd12::1]:80", "http://[fd12::1]:81/", "http://p:1" },
	{ "http://p:1", "10.1.2.3:80", "http://10.1.2.3/", "" },
	{ "http://p:1", "10.0.0.0/", "http://11.1.2.3/", "http://p:1" },
	{ "http://p:1", "[", "http://11.1.2.3/", "http://p:1" },
	{ "http://p:1", ",,", "http://x/", "http://p:1" },
};

START_TEST(exceptions_go_direct)
{
	struct arena *a = arena_new();
	struct proxy_config p = { .proxy_url = str_from(cases[_i].proxy), .no_proxy = str_from(cases[_i].no_proxy) };
	struct err e = { 0 };
	struct url u;

	ck_assert_msg(url_parse(a, str_from(cases[_i].url), &u, &e), "%s", e.text);
	ck_assert(str_is(http_proxy_for(&p, &u, a), cases[_i].want));
	arena_free(&a);
}
END_TEST

START_TEST(the_environment_is_asked_when_told_so)
{
	struct arena *a = arena_new();
	struct proxy_config p = { .proxy_from_environment = true }, no = { 0 };
	struct err e = { 0 };
	struct url plain, tls, other;

	setenv("HTTP_PROXY", "http://plain:1", 1);
	setenv("https_proxy", "http://tls:1", 1);
	setenv("NO_PROXY", "other", 1);
	ck_assert(url_parse(a, STR("http://x/"), &plain, &e) && url_parse(a, STR("https://x/"), &tls, &e) &&
	    url_parse(a, STR("https://other/"), &other, &e));
	ck_assert(str_is(http_proxy_for(&p, &plain, a), "http://plain:1"));
	ck_assert(str_is(http_proxy_for(&p, &tls, a), "http://tls:1"));
	ck_assert(str_is(http_proxy_for(&p, &other, a), ""));
	ck_assert(str_is(http_proxy_for(&no, &plain, a), ""));
	arena_free(&a);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_loop_test(tc, exceptions_go_direct, 0, ARRAY_LEN(cases));
	tcase_add_test(tc, the_environment_is_asked_when_told_so);
}

int
main(void)
{
	return run_suite("http_proxy", add);
}
