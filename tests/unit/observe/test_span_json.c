/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "observe/span_json.h"
#include "suite.h"

START_TEST(traceparents)
{
	static const struct {
		const char *text;
		bool ok, sampled;
	} cases[] = {
		{ "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", true, true },
		{ "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00", true, false },
		{ "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03", true, true },
		{ "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more", true, true },
		{ "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more", false, false },
		{ "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false, false },
		{ "00-00000000000000000000000000000000-b7ad6b7169203331-01", false, false },
		{ "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", false, false },
		{ "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01", false, false },
		{ "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0g", false, false },
		{ "00-0af7651916cd43dd8448eb211c80319c", false, false },
		{ "", false, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct trace_place p;
		bool ok = traceparent_parse(str_from(cases[i].text), &p);

		ck_assert_msg(ok == cases[i].ok, "%s", cases[i].text);
		ck_assert_msg(!ok || p.sampled == cases[i].sampled, "%s", cases[i].text);
	}
}
END_TEST

START_TEST(there_and_back)
{
	static const char text[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
	char out[TRACEPARENT_MAX];
	struct trace_place p;

	ck_assert(traceparent_parse(str_from(text), &p));
	traceparent_format(&p, out);
	ck_assert_str_eq(out, text);
}
END_TEST

START_TEST(one_span)
{
	static const unsigned char parent[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	struct span_record s = {
		.place = { .trace = { 0xab }, .span = { 0xcd }, .sampled = true },
		.parent = parent,
		.kind = SPAN_CLIENT,
		.name = STR("a \"b\""),
		.began = { .s = 1, .ns = 5 },
		.took = 7,
		.attributes = { { "k", STR("v"), 0 }, { "n", STR_NONE, -3 } },
		.attributes_n = 2,
		.failed = true,
		.error = STR("bad"),
	};
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	span_json(&b, &s);
	ck_assert_str_eq(sbuf_cstr(&b),
	    "{\"traceId\":\"ab000000000000000000000000000000\",\"spanId\":\"cd00000000000000\","
	    "\"parentSpanId\":\"0102030405060708\",\"name\":\"a \\\"b\\\"\",\"kind\":3,"
	    "\"startTimeUnixNano\":\"1000000005\",\"endTimeUnixNano\":\"1000000012\",\"attributes\":["
	    "{\"key\":\"k\",\"value\":{\"stringValue\":\"v\"}},{\"key\":\"n\",\"value\":{\"intValue\":\"-3\"}}],"
	    "\"status\":{\"code\":2,\"message\":\"bad\"}}");
	sbuf_fini(&b);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, traceparents);
	tcase_add_test(tc, there_and_back);
	tcase_add_test(tc, one_span);
}

int
main(void)
{
	return run_suite("span_json", add);
}
