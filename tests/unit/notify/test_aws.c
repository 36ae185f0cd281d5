/* SPDX-License-Identifier: Apache-2.0 */

#include "aws.h"
#include "lib_notify.h"
#include "suite.h"

static struct bench *
make(const char *more)
{
	struct arena *a = arena_new();
	struct bench *b = bench_new(arena_printf(a, "config: |\n  route: {receiver: r}\n  receivers: [{name: r, "
	    "webhook_configs: [{url: 'http://x/'}]}]\nnow: '2015-08-30T12:36:00Z'\nalerts:\n"
	    "  - {labels: {alertname: A}, starts: '2015-08-30T12:00:00Z'}\n%s", more), NULL);
	struct request req;

	arena_free(&a);
	ck_assert_int_eq(bench_start(b, &req, NULL), STEP_SEND);
	return b;
}

static struct str
header(const struct request *req, const char *name)
{
	for (size_t i = 0; i < req->http.headers_n; i++)
		if (str_is(req->http.headers[i].name, name))
			return req->http.headers[i].value;
	return STR_NONE;
}

/* The case post-x-www-form-urlencoded of AWS's test suite for Signature Version 4. */
START_TEST(signatures_are_those_of_the_suite)
{
	struct bench *b = make("");
	struct aws_credentials who = { .access_key = STR("AKIDEXAMPLE"),
		.secret_key = STR("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY") };
	struct request req = { 0 };

	ck_assert(aws_post_form(&b->attempt, &req, STR("https://example.amazonaws.com:443/"), STR("Param1=value1"), &who,
	    STR("us-east-1"), "service", NULL));
	ck_assert(str_is(header(&req, "Authorization"), "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/"
	    "service/aws4_request, SignedHeaders=content-type;host;x-amz-date, "
	    "Signature=ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"));
	ck_assert(str_is(header(&req, "X-Amz-Date"), "20150830T123600Z"));
	bench_free(b);
}
END_TEST

START_TEST(credentials_come_from_many_places)
{
	struct bench *b = make("variables: {HOME: /h, AWS_PROFILE: p}\nfiles:\n"
	    "  /h/.aws/credentials: \"# x\\n[default]\\naws_access_key_id = D\\naws_secret_access_key=DS\\n"
	    "[p]\\n aws_access_key_id=P\\n aws_secret_access_key = P=S\\n aws_session_token=T\\n\"\n"
	    "  /h/.aws/config: \"[default]\\nregion = r1\\n[profile p]\\nregion=r2\\n[profile q]\\n"
	    "aws_access_key_id=Q\\naws_secret_access_key=QS\\n\"\n");
	struct sigv4_settings s = { 0 };
	struct aws_credentials who;
	struct err e = { 0 };

	ck_assert(aws_find_credentials(&b->attempt, &s, &who, &e));
	ck_assert(str_is(who.access_key, "P") && str_is(who.secret_key, "P=S") && str_is(who.session_token, "T"));
	ck_assert(str_is(aws_find_region(&b->attempt, &s), "r2"));
	s.profile = STR("default");
	ck_assert(aws_find_credentials(&b->attempt, &s, &who, &e));
	ck_assert(str_is(who.access_key, "D") && who.session_token.n == 0);
	ck_assert(str_is(aws_find_region(&b->attempt, &s), "r1"));
	s.profile = STR("q");
	ck_assert(aws_find_credentials(&b->attempt, &s, &who, &e));
	ck_assert(str_is(who.access_key, "Q"));
	s.profile = STR("none");
	ck_assert(!aws_find_credentials(&b->attempt, &s, &who, &e));
	s.access_key = STR("own");
	s.region = STR("cn-north-1");
	ck_assert(aws_find_credentials(&b->attempt, &s, &who, &e) && str_is(who.access_key, "own"));
	ck_assert(str_is(aws_find_region(&b->attempt, &s), "cn-north-1"));
	ck_assert_str_eq(aws_domain(s.region), "amazonaws.com.cn");
	bench_free(b);
}
END_TEST

START_TEST(replies_are_read)
{
	struct arena *a = arena_new();

	ck_assert(str_is(aws_xml_text(a, STR("<a><b> x &amp; y </b></a>"), "b"), "x & y"));
	ck_assert(aws_xml_text(a, STR("<a><b>x"), "b").n == 0);
	ck_assert(aws_xml_text(a, STR("<a></a>"), "b").n == 0);
	ck_assert(aws_xml_text(a, STR_NONE, "b").n == 0);
	arena_free(&a);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, signatures_are_those_of_the_suite);
	tcase_add_test(tc, credentials_come_from_many_places);
	tcase_add_test(tc, replies_are_read);
}

int
main(void)
{
	return run_suite("notify aws", add);
}
