/* SPDX-License-Identifier: Apache-2.0 */
/* Requests as they are written, and answers as etcd 3.4.23 gave them, split anywhere. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cutter.h"
#include "hear.h"
#include "say.h"
#include "suite.h"

#define HEADER "\"header\":{\"cluster_id\":\"13455796455940752355\",\"member_id\":\"443629905751424238\",\"revision\":\"3\",\"raft_term\":\"2\"}"

static struct sbuf pieces = SBUF_INIT(SBUF_UNLIMITED);

static void
note(void *arg, enum cutter_piece what, struct str json, bool cut)
{
	(void)arg;
	sbuf_printf(&pieces, "%s%s %.*s\n", what == CUTTER_OBJECT ? "object" : "element", cut ? " cut" : "", STR_ARG(json));
}

/* In pieces of n bytes. */
static bool
cut_up(struct str text, size_t n, struct err *e)
{
	struct cutter c = { .piece = note };
	bool ok = true;

	sbuf_reset(&pieces);
	for (size_t i = 0; ok && i < text.n; i += n)
		ok = cutter_put(&c, str_sub(text, i, i + n), e);
	ok = ok && (cutter_is_between(&c) || err_set(e, ERR_INVALID, "not complete"));
	cutter_fini(&c);
	return ok;
}

START_TEST(streams_are_cut_wherever_they_are_split)
{
	static const char text[] =
	    "{\"result\":{" HEADER ",\"created\":true}}\n"
	    "{\"result\":{" HEADER ",\"events\":[{\"kv\":{\"key\":\"L3Q=\",\"mod_revision\":\"2\",\"value\":\"e1tdfQ==\"}},\n"
	    " {\"type\":\"DELETE\",\"kv\":{\"key\":\"a\\\\\\\"]}\",\"mod_revision\":\"3\"}}]}}\n";
	static const char wanted[] =
	    "object {\"result\":{" HEADER ",\"created\":true}}\n"
	    "element {\"kv\":{\"key\":\"L3Q=\",\"mod_revision\":\"2\",\"value\":\"e1tdfQ==\"}}\n"
	    "element {\"type\":\"DELETE\",\"kv\":{\"key\":\"a\\\\\\\"]}\",\"mod_revision\":\"3\"}}\n"
	    "object {\"result\":{" HEADER ",\"events\":[]}}\n";
	struct err e = { 0 };

	for (size_t n = 1; n < sizeof(text); n += n < 40 ? 1 : 37) {
		ck_assert_msg(cut_up(str_from(text), n, &e), "%s", e.text);
		ck_assert_str_eq(sbuf_cstr(&pieces), wanted);
	}
}
END_TEST

START_TEST(what_is_no_stream_is_refused)
{
	static const char *const bad[] = { "garbage", "[1]", "{}}", "{\"a\":[[1]]}", "{\"a\":[1]}", "\"text\"", "{\"a\":1", "1",
		"<html>", "{{{{{{{{{{{{{{{{{{{{{{", "\xff" };
	struct err e = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		ck_assert_msg(!cut_up(str_from(bad[i]), 3, &e), "%s", bad[i]);
		ck_assert_uint_gt(strlen(e.text), 0);
	}
}
END_TEST

/* Ten megabytes where 700 KB are allowed. */
START_TEST(long_strings_lose_their_end)
{
	struct sbuf text = SBUF_INIT(SBUF_UNLIMITED);
	struct err e = { 0 };
	char *much = mem_alloc(10 << 20);

	memset(much, 'A', 10 << 20);
	sbuf_puts(&text, "{\"kvs\":[{\"key\":\"L3Q=\",\"mod_revision\":\"9\",\"value\":\"");
	sbuf_put(&text, much, 10 << 20);
	sbuf_puts(&text, "\"},{\"key\":\"L3U=\",\"mod_revision\":\"8\"}]}");
	ck_assert_msg(cut_up(sbuf_get(&text), 16384, &e), "%s", e.text);
	ck_assert_uint_lt(pieces.n, CUTTER_STRING_MAX + 500);
	ck_assert(str_starts(sbuf_get(&pieces), STR("element cut {\"key\":\"L3Q=\"")));
	ck_assert(str_find(sbuf_get(&pieces), STR("\nelement {\"key\":\"L3U=\"")) < pieces.n);

	sbuf_reset(&text);
	memset(much, ' ', CUTTER_OBJECT_MAX + 1);
	sbuf_put(&text, much, CUTTER_OBJECT_MAX + 1);
	ck_assert(!cut_up(sbuf_get(&text), 16384, &e));

	/* Where no string ends it, it is too much. */
	sbuf_reset(&text);
	sbuf_puts(&text, "{\"a\":");
	memset(much, '1', CUTTER_OBJECT_MAX + 1);
	sbuf_put(&text, much, CUTTER_OBJECT_MAX + 1);
	ck_assert(!cut_up(sbuf_get(&text), 16384, &e));
	ck_assert_int_eq(e.kind, ERR_LIMIT);
	mem_free(much);
	sbuf_fini(&text);
}
END_TEST

START_TEST(answers)
{
	struct heard h;
	struct err e = { 0 };

	ck_assert(hear_object(STR("{" HEADER ",\"ID\":\"4390624973283091206\",\"TTL\":\"10\"}"), &h, &e));
	ck_assert_int_eq(h.lease, INT64_C(4390624973283091206));
	ck_assert_int_eq(h.ttl, 10);
	ck_assert_int_eq(h.revision, 3);
	ck_assert_int_eq(h.code, 0);
	ck_assert(hear_object(STR("{\"result\":{" HEADER ",\"ID\":\"123\"}}"), &h, &e));
	ck_assert_int_eq(h.ttl, 0);
	ck_assert(hear_object(STR("{" HEADER ",\"succeeded\":true,\"responses\":[]}"), &h, &e));
	ck_assert(h.succeeded);
	ck_assert(hear_object(STR("{\"result\":{" HEADER ",\"canceled\":true,\"compact_revision\":\"3\"}}"), &h, &e));
	ck_assert(h.canceled);
	ck_assert_int_eq(h.compacted, 3);
	ck_assert(hear_object(STR("{" HEADER ",\"token\":\"abc.9\"}"), &h, &e));
	ck_assert_str_eq(h.token, "abc.9");
	/* A stream's refusal. */
	ck_assert(hear_object(
	    STR("{\"error\":{\"grpc_code\":14,\"http_code\":503,\"message\":\"etcdserver: no leader\",\"http_status\":\"Service Unavailable\"}}"),
	    &h, &e));
	ck_assert_int_eq(h.code, GRPC_UNAVAILABLE);
	ck_assert_str_eq(h.error.text, "etcdserver: no leader");
	/* A plain one. */
	hear_refusal(
	    STR("{\"error\":\"etcdserver: requested lease not found\",\"message\":\"etcdserver: requested lease not found\",\"code\":5}Grpc-Trailer-Content-Type: application/grpc\r\n"),
	    404, &h);
	ck_assert_int_eq(h.code, GRPC_NOT_FOUND);
	ck_assert_str_eq(h.error.text, "etcdserver: requested lease not found");
	hear_refusal(STR("<html>Bad Gateway</html>"), 502, &h);
	ck_assert_int_eq(h.code, GRPC_UNAVAILABLE);
	ck_assert_str_eq(h.error.text, "unexpected status code 502");

	ck_assert(!hear_object(STR("{\"ID\":\"12345678901234567890\"}"), &h, &e));
	ck_assert_str_eq(e.text, "an answer: ID is not a number of 64 bits");
	ck_assert(!hear_object(STR("{\"ID\":"), &h, &e));
}
END_TEST

START_TEST(records)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct etcd_kv kv;
	struct err e = { 0 };
	bool there;

	ck_assert(hear_element(HEARD_KV,
	    STR("{\"key\":\"L3RvY3Npbi9h\",\"create_revision\":\"2\",\"mod_revision\":\"3\",\"version\":\"1\",\"value\":\"AAAA\",\"lease\":\"7\"}"),
	    false, &b, &kv, &there, &e));
	ck_assert(there && str_is(kv.key, "/tocsin/a") && kv.value.n == 3 && kv.value.p[0] == '\0' && kv.lease == 7 && kv.revision == 3);
	ck_assert(hear_element(HEARD_EVENT, STR("{\"type\":\"DELETE\",\"kv\":{\"key\":\"L3RvY3Npbi9h\",\"mod_revision\":\"5\"}}"), false, &b,
	    &kv, &there, &e));
	ck_assert(there && kv.gone && kv.value.n == 0 && kv.revision == 5);
	ck_assert(hear_element(HEARD_RESPONSE,
	    STR("{\"response_range\":{\"header\":{\"revision\":\"2\"},\"kvs\":[{\"key\":\"L3RvY3Npbi9h\",\"mod_revision\":\"2\",\"value\":\"AAA=\"}],\"count\":\"1\"}}"),
	    false, &b, &kv, &there, &e));
	ck_assert(there && kv.value.n == 2);
	ck_assert(hear_element(HEARD_RESPONSE, STR("{\"response_range\":{\"header\":{\"revision\":\"2\"}}}"), false, &b, &kv, &there, &e));
	ck_assert(!there);
	/* Its end was lost. */
	ck_assert(hear_element(HEARD_KV, STR("{\"key\":\"L3RvY3Npbi9h\",\"mod_revision\":\"2\",\"value\":\"AAAAA\"}"), true, &b, &kv, &there, &e));
	ck_assert(kv.cut && kv.value.n == 3);

	ck_assert(!hear_element(HEARD_KV, STR("{\"key\":\"!\",\"mod_revision\":\"2\"}"), false, &b, &kv, &there, &e));
	ck_assert_str_eq(e.text, "a record: key is not base64");
	ck_assert(!hear_element(HEARD_KV, STR("{\"key\":\"L3Q=\",\"mod_revision\":\"-2\"}"), false, &b, &kv, &there, &e));
	ck_assert(!hear_element(HEARD_KV, STR("{\"mod_revision\":\"2\"}"), false, &b, &kv, &there, &e));
	ck_assert(!hear_element(HEARD_KV, STR("{\"key\":\"L3Q=\""), false, &b, &kv, &there, &e));
	sbuf_fini(&b);
}
END_TEST

START_TEST(requests)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct say_fence fence = { STR("/m"), 5 }, none = { STR_NONE, 0 };

	say_put(&b, STR("/k"), STR("v"), 7, &fence);
	ck_assert_str_eq(sbuf_cstr(&b),
	    "{\"compare\":[{\"target\":\"MOD\",\"result\":\"EQUAL\",\"key\":\"L2s=\",\"mod_revision\":\"7\"},"
	    "{\"target\":\"LEASE\",\"result\":\"EQUAL\",\"key\":\"L20=\",\"lease\":\"5\"}],"
	    "\"success\":[{\"request_put\":{\"key\":\"L2s=\",\"value\":\"dg==\"}}],"
	    "\"failure\":[{\"request_range\":{\"key\":\"L2s=\"}}]}");
	sbuf_reset(&b);
	say_drop(&b, STR("/k"), 0, &none);
	ck_assert_str_eq(sbuf_cstr(&b), "{\"compare\":[{\"target\":\"MOD\",\"result\":\"EQUAL\",\"key\":\"L2s=\",\"mod_revision\":\"0\"}],"
	    "\"success\":[{\"request_delete_range\":{\"key\":\"L2s=\"}}],\"failure\":[{\"request_range\":{\"key\":\"L2s=\"}}]}");
	sbuf_reset(&b);
	say_watch(&b, STR("/t/"), STR("/t0"), 12);
	ck_assert_str_eq(sbuf_cstr(&b), "{\"create_request\":{\"key\":\"L3Qv\",\"range_end\":\"L3Qw\",\"start_revision\":\"12\"}}");
	sbuf_reset(&b);
	say_range(&b, STR("/t/"), STR("/t0"), 0, 100);
	ck_assert_str_eq(sbuf_cstr(&b), "{\"key\":\"L3Qv\",\"range_end\":\"L3Qw\",\"limit\":\"100\"}");
	sbuf_reset(&b);
	say_grant(&b, 10 * SPAN_S);
	say_lease(&b, 3);
	say_join(&b, STR("/m"), STR("x"), 3);
	say_authenticate(&b, STR("root"), STR("a\"b"));
	ck_assert_str_eq(sbuf_cstr(&b), "{\"TTL\":\"10\"}{\"ID\":\"3\"}{\"key\":\"L20=\",\"value\":\"eA==\",\"lease\":\"3\"}{\"name\":\"root\",\"password\":\"a\\\"b\"}");
	sbuf_fini(&b);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, streams_are_cut_wherever_they_are_split);
	tcase_add_test(tc, what_is_no_stream_is_refused);
	tcase_add_test(tc, long_strings_lose_their_end);
	tcase_add_test(tc, answers);
	tcase_add_test(tc, records);
	tcase_add_test(tc, requests);
}

int
main(void)
{
	int status;

	status = run_suite("wire", add);
	sbuf_fini(&pieces);
	return status;
}
