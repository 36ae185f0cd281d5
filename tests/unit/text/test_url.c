/* SPDX-License-Identifier: Apache-2.0 */
#include "base/compiler.h"
#include "lib_text.h"
#include "text/url.h"

START_TEST(parses_and_formats)
{
	static const struct {
		const char *in, *scheme, *host, *path, *query, *fragment;
		const char *out; /* NULL: as in */
	} cases[] = {
		{ "http://h:9093/a/b?x=1#f", "http", "h:9093", "/a/b", "x=1", "f", NULL },
		{ "HTTPS://Host", "https", "Host", "", "", "", "https://Host" },
		{ "http://[::1]:80/", "http", "[::1]:80", "/", "", "", NULL },
		{ "http://[fe80::1%25en0]:8080/", "http", "[fe80::1%en0]:8080", "/", "", "", NULL },
		{ "http://h/a%20b", "http", "h", "/a b", "", "", NULL },
		{ "http://h/a b", "http", "h", "/a b", "", "", "http://h/a%20b" },
		{ "http://h/a%2Fb", "http", "h", "/a/b", "", "", NULL },
		{ "http://h/?", "http", "h", "/", "", "", NULL },
		{ "http://h/??", "http", "h", "/", "?", "", NULL },
		{ "/path?q", "", "", "/path", "q", "", NULL },
		{ "//h/p", "", "h", "/p", "", "", NULL },
		{ "file:///etc", "file", "", "/etc", "", "", NULL },
		{ "s:/p", "s", "", "/p", "", "", NULL },
		{ "a/b", "", "", "a/b", "", "", NULL },
		{ "", "", "", "", "", "", NULL },
		{ "*", "", "", "*", "", "", NULL },
		{ "http://h#", "http", "h", "", "", "", "http://h" },
		{ "http://h#a%20\"", "http", "h", "", "", "a \"", "http://h#a%20%22" },
		{ "http://h:/", "http", "h:", "/", "", "", NULL },
		{ "///a", "", "", "///a", "", "", NULL },
	};
	struct arena *a = arena_new();
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct url u;
		struct err e = { 0 };
		ck_assert_msg(url_parse(a, str_from(cases[i].in), &u, &e), "%s: %s", cases[i].in, e.text);
		ASSERT_STR(u.scheme, cases[i].scheme);
		ASSERT_STR(u.host, cases[i].host);
		ASSERT_STR(u.path, cases[i].path);
		ASSERT_STR(u.query, cases[i].query);
		ASSERT_STR(u.fragment, cases[i].fragment);
		url_format(&b, &u);
		ASSERT_BUF(&b, cases[i].out != NULL ? cases[i].out : cases[i].in);
	}
	sbuf_fini(&b);
	arena_free(&a);
}
END_TEST

START_TEST(userinfo_opaque_port)
{
	struct arena *a = arena_new();
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct url u;

	ck_assert(url_parse(a, STR("amqp://us%40er:p%3aw@[::1]:5/x"), &u, NULL));
	ck_assert(u.has_user && u.has_password);
	ASSERT_STR(u.user, "us@er");
	ASSERT_STR(u.password, "p:w");
	ASSERT_STR(url_hostname(&u), "::1");
	ASSERT_STR(url_port(&u), "5");
	url_format(&b, &u);
	ASSERT_BUF(&b, "amqp://us%40er:p%3Aw@[::1]:5/x");
	ck_assert(url_parse(a, STR("mailto:a@b?x=y"), &u, NULL));
	ASSERT_STR(u.opaque, "a@b");
	ASSERT_STR(u.query, "x=y");
	url_format(&b, &u);
	ASSERT_BUF(&b, "mailto:a@b?x=y");
	ck_assert(url_parse(a, STR("http://h"), &u, NULL));
	ASSERT_STR(url_port(&u), "");
	ASSERT_STR(url_hostname(&u), "h");
	sbuf_fini(&b);
	arena_free(&a);
}
END_TEST

START_TEST(errors_have_go_texts)
{
	static const struct {
		const char *in, *want;
		bool request;
	} cases[] = {
		{ ":foo", "parse \":foo\": missing protocol scheme", false },
		{ "a:b:c/d", NULL, false },
		{ "1a:b", "parse \"1a:b\": first path segment in URL cannot contain colon", false },
		{ "http://[::1", "parse \"http://[::1\": missing ']' in host", false },
		{ "http://h:x/", "parse \"http://h:x/\": invalid port \":x\" after host", false },
		{ "http://[::1]x", "parse \"http://[::1]x\": invalid port \"x\" after host", false },
		{ "http://[x]/", "parse \"http://[x]/\": invalid host: ParseAddr(\"x\"): unable to parse IP", false },
		{ "http://[127.0.0.1]/", "parse \"http://[127.0.0.1]/\": invalid IP-literal", false },
		{ "http://a[b]/", "parse \"http://a[b]/\": invalid IP-literal", false },
		{ "http://a b/", "parse \"http://a b/\": invalid character \" \" in host name", false },
		{ "http://h/%zz", "parse \"http://h/%zz\": invalid URL escape \"%zz\"", false },
		{ "http://h/%a", "parse \"http://h/%a\": invalid URL escape \"%a\"", false },
		{ "http://h%41/", "parse \"http://h%41/\": invalid URL escape \"%41\"", false },
		{ "http://h#%q0", "parse \"http://h#%q0\": invalid URL escape \"%q0\"", false },
		{ "http://u<@h/", "parse \"http://u<@h/\": net/url: invalid userinfo", false },
		{ "http://h/\n", "parse \"http://h/\\n\": net/url: invalid control character in URL", false },
		{ "x", "parse \"x\": invalid URI for request", true },
		{ "", "parse \"\": empty url", true },
		{ "/x", NULL, true },
		{ "http://h/x", NULL, true },
	};
	struct arena *a = arena_new();

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct url u;
		struct err e = { 0 };
		bool ok = (cases[i].request ? url_parse_request : url_parse)(a, str_from(cases[i].in), &u, &e);
		ck_assert_msg(ok == (cases[i].want == NULL), "%s", cases[i].in);
		if (!ok)
			ck_assert_str_eq(e.text, cases[i].want);
	}
	arena_free(&a);
}
END_TEST

START_TEST(joins)
{
	static const struct {
		const char *base, *elem, *want;
	} cases[] = {
		{ "http://h/a/", "../b//c", "http://h/b/c" },
		{ "http://h", "x", "http://h/x" },
		{ "http://h/am/", "/api/v2/alerts/", "http://h/am/api/v2/alerts/" },
		{ "http://h/a", "../../..", "http://h/" },
		{ "http://h/a?q=1", "b", "http://h/a/b?q=1" },
	};
	struct arena *a = arena_new();
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct url u;
		ck_assert(url_parse(a, str_from(cases[i].base), &u, NULL));
		u = url_join(a, &u, str_from(cases[i].elem));
		url_format(&b, &u);
		ASSERT_BUF(&b, cases[i].want);
	}
	sbuf_fini(&b);
	arena_free(&a);
}
END_TEST

START_TEST(escapes)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct err e = { 0 };

	url_query_escape(&b, STR("a b&c=d/é~*"));
	ASSERT_BUF(&b, "a+b%26c%3Dd%2F%C3%A9~%2A");
	url_path_escape(&b, STR("a b/c;d,e:f@g+"));
	ASSERT_BUF(&b, "a%20b%2Fc%3Bd%2Ce:f@g+");
	ck_assert(url_query_unescape(&b, STR("a+b%26%c3%A9"), NULL));
	ASSERT_BUF(&b, "a b&é");
	ck_assert(url_path_unescape(&b, STR("a+b%2f"), NULL));
	ASSERT_BUF(&b, "a+b/");
	ck_assert(!url_query_unescape(&b, STR("x%"), &e));
	ck_assert_str_eq(e.text, "invalid URL escape \"%\"");
	ck_assert(!url_query_unescape(&b, STR("%4x"), &e));
	ck_assert_str_eq(e.text, "invalid URL escape \"%4x\"");
	sbuf_fini(&b);
}
END_TEST

START_TEST(queries)
{
	struct arena *a = arena_new();
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct url_query q;
	struct err e = { 0 };
	size_t pos = 0;
	bool first = true;

	ck_assert(url_query_parse(a, STR("filter=a%3Db&x=1&&filter=c+d&y&=z&x=2=3"), &q, &e));
	ck_assert_uint_eq(q.n, 6);
	ASSERT_STR(*url_query_each(&q, "filter", &pos), "a=b");
	ASSERT_STR(*url_query_each(&q, "filter", &pos), "c d");
	ck_assert_ptr_null(url_query_each(&q, "filter", &pos));
	ASSERT_STR(*url_query_get(&q, "x"), "1");
	ASSERT_STR(*url_query_last(&q, "x"), "2=3");
	ASSERT_STR(*url_query_get(&q, "y"), "");
	ASSERT_STR(*url_query_get(&q, ""), "z");
	ck_assert_ptr_null(url_query_get(&q, "no"));
	ck_assert_ptr_null(url_query_last(&q, "no"));

	ck_assert(!url_query_parse(a, STR("a=1&b=%zz&c;d=1&e=2"), &q, &e));
	ck_assert_str_eq(e.text, "invalid URL escape \"%zz\"");
	ck_assert_uint_eq(q.n, 2);
	ASSERT_STR(*url_query_get(&q, "e"), "2");
	ck_assert(!url_query_parse(a, STR("c;d"), &q, &e));
	ck_assert_str_eq(e.text, "invalid semicolon separator in query");
	ck_assert(url_query_parse(a, STR_NONE, &q, &e));
	ck_assert_uint_eq(q.n, 0);

	url_query_add(&b, &first, STR("a"), STR("1 2"));
	url_query_add(&b, &first, STR("b&"), STR(""));
	ASSERT_BUF(&b, "a=1+2&b%26=");
	sbuf_fini(&b);
	arena_free(&a);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, parses_and_formats);
	tcase_add_test(tc, userinfo_opaque_port);
	tcase_add_test(tc, errors_have_go_texts);
	tcase_add_test(tc, joins);
	tcase_add_test(tc, escapes);
	tcase_add_test(tc, queries);
}

int
main(void)
{
	return run_suite("url", add);
}
