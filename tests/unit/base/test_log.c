/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "base/compiler.h"
#include "base/log.h"
#include "base/sbuf.h"

static struct moment
fixed(struct clock *self)
{
	(void)self;
	/* 2026-11-22T09:30:51.320824453+01:00 */
	return (struct moment){ { 0 }, { INT64_C(1795336251), 320824453, 3600 } };
}

static struct clock test_clock = { fixed };

static void
collect(void *arg, const char *line, size_t n)
{
	sbuf_put(arg, line, n);
}

static struct log
logger(struct sbuf *b, enum log_format format)
{
	return (struct log){ .level = LOG_INFO, .format = format, .clock = &test_clock,
		.write = collect, .arg = b };
}

#define TIME "time=2026-11-22T09:30:51.320+01:00 "
#define TIME_JSON "{\"time\":\"2026-11-22T09:30:51.320824453+01:00\","

START_TEST(logfmt_line)
{
	struct sbuf b = SBUF_INIT(100000);
	struct log l = logger(&b, LOG_LOGFMT);

	log_write(&l, LOG_INFO, "/src/net/main.c", 197, "Starting Alertmanager",
	    (struct log_field[]){ F_CSTR("version", "(version=0.33.1)"), F_INT("n", -3),
		F_UINT("big", UINT64_MAX), F_BOOL("on", true), F_BOOL("off", false),
		F_SPAN("took", 1500 * SPAN_MS), F_WALL("at", ((struct wall){ 0, 1, 0 })) }, 7);
	ck_assert_str_eq(sbuf_cstr(&b), TIME
	    "level=INFO source=main.c:197 msg=\"Starting Alertmanager\" version=\"(version=0.33.1)\" "
	    "n=-3 big=18446744073709551615 on=true off=false took=1.5s "
	    "at=1970-01-01T00:00:00.000Z\n");
	sbuf_fini(&b);
}
END_TEST

START_TEST(json_line)
{
	struct sbuf b = SBUF_INIT(100000);
	struct log l = logger(&b, LOG_JSON);

	log_write(&l, LOG_ERROR, "main.c", 7, "a \"quoted\" \xE2\x80\xA8 word",
	    (struct log_field[]){ F_CSTR("err", "tab\there\r\nnul\x01\xFF<&>\\"), F_INT("n", -3),
		F_BOOL("on", true), F_SPAN("took", 245 * SPAN_S), F_DOUBLE("x", 0.5),
		F_WALL("at", ((struct wall){ 0, 120000000, 0 })), F_DOUBLE("nan", (double)NAN) }, 7);
	ck_assert_str_eq(sbuf_cstr(&b), TIME_JSON
	    "\"level\":\"ERROR\",\"source\":\"main.c:7\",\"msg\":\"a \\\"quoted\\\" \\u2028 word\","
	    "\"err\":\"tab\\there\\r\\nnul\\u0001\\ufffd<&>\\\\\",\"n\":-3,\"on\":true,"
	    "\"took\":\"4m5s\",\"x\":0.5,\"at\":\"1970-01-01T00:00:00.12Z\",\"nan\":\"NaN\"}\n");
	sbuf_fini(&b);
}
END_TEST

START_TEST(values_are_quoted_when_needed)
{
	static const struct { struct str value; const char *want; } rows[] = {
		{ { "plain", 5 }, "plain" },
		{ { NULL, 0 }, "\"\"" },
		{ { "a b", 3 }, "\"a b\"" },
		{ { "a=b", 3 }, "\"a=b\"" },
		{ { "a\"b", 3 }, "\"a\\\"b\"" },
		{ { "a\nb", 3 }, "\"a\\nb\"" },
		{ { "a\0b", 3 }, "\"a\\x00b\"" },
		{ { "c:\\dir", 6 }, "c:\\dir" },
		{ { "{}/{a}:{b}", 10 }, "{}/{a}:{b}" },
		{ { "\xC3\xA4", 2 }, "\xC3\xA4" },
		{ { "\xC2\xA0", 2 }, "\"\\u00a0\"" },
		{ { "\xFF", 1 }, "\"\\xff\"" },
		{ { "\xE2\x80\x8B", 3 }, "\"\\u200b\"" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct sbuf b = SBUF_INIT(100000), want = SBUF_INIT(1000);
		struct log l = logger(&b, LOG_LOGFMT);

		sbuf_printf(&want, TIME "level=WARN source=f.c:1 msg=m v=%s\n", rows[i].want);
		log_write(&l, LOG_WARN, "f.c", 1, "m",
		    (struct log_field[]){ F_STR("v", rows[i].value) }, 1);
		ck_assert_str_eq(sbuf_cstr(&b), sbuf_cstr(&want));
		sbuf_fini(&b);
		sbuf_fini(&want);
	}
}
END_TEST

/* Eight bytes are looked at together: each one is found wherever it stands. */
START_TEST(one_byte_is_enough_for_quotes)
{
	for (unsigned c = 0; c < 0x80; c++)
		for (size_t at = 0; at < 19; at++) {
			char value[] = "abcdefghijklmnopqrs";
			struct sbuf b = SBUF_INIT(1000);
			struct log l = logger(&b, LOG_LOGFMT);
			bool quoted = c <= ' ' || c == '=' || c == '"';

			value[at] = (char)c;
			log_write(&l, LOG_WARN, "f.c", 1, "m",
			    (struct log_field[]){ F_STR("v", ((struct str){ value, sizeof(value) - 1 })) }, 1);
			ck_assert_msg((strstr(sbuf_cstr(&b), " v=\"") != NULL) == quoted, "byte %u at %zu: %s", c, at, sbuf_cstr(&b));
			sbuf_fini(&b);
		}
}
END_TEST

START_TEST(doubles)
{
	static const struct { double d; const char *want; } rows[] = {
		{ 0, "0" }, { 1, "1" }, { -2.5, "-2.5" }, { 0.1, "0.1" }, { 100000, "100000" }, { 1e6, "1e+06" },
		{ 1234567, "1.234567e+06" }, { 1e21, "1e+21" }, { 0.0001, "0.0001" },
		{ 0.00001, "1e-05" }, { 1.0 / 3, "0.3333333333333333" },
		{ 12345678901234567.0, "1.2345678901234568e+16" }, { -0.0, "-0" }, { 5e-324, "5e-324" },
		{ 120.5, "120.5" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct sbuf b = SBUF_INIT(100000), want = SBUF_INIT(1000);
		struct log l = logger(&b, LOG_LOGFMT);

		sbuf_printf(&want, TIME "level=WARN source=f.c:1 msg=m v=%s\n", rows[i].want);
		log_write(&l, LOG_WARN, "f.c", 1, "m",
		    (struct log_field[]){ F_DOUBLE("v", rows[i].d) }, 1);
		ck_assert_str_eq(sbuf_cstr(&b), sbuf_cstr(&want));
		sbuf_fini(&b);
		sbuf_fini(&want);
	}
}
END_TEST

START_TEST(json_doubles)
{
	static const struct { double d; const char *want; } rows[] = {
		{ 0, "0" }, { 1e6, "1000000" }, { 1e20, "100000000000000000000" }, { 1e21, "1e+21" },
		{ 0.000001, "0.000001" }, { 0.00000012, "1.2e-7" }, { 1e-10, "1e-10" }, { -2.5, "-2.5" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct sbuf b = SBUF_INIT(100000), want = SBUF_INIT(1000);
		struct log l = logger(&b, LOG_JSON);

		sbuf_printf(&want, ",\"v\":%s}\n", rows[i].want);
		log_write(&l, LOG_WARN, "f.c", 1, "m",
		    (struct log_field[]){ F_DOUBLE("v", rows[i].d) }, 1);
		ck_assert_msg(str_ends(sbuf_get(&b), sbuf_get(&want)), "%s", sbuf_cstr(&b));
		sbuf_fini(&b);
		sbuf_fini(&want);
	}
}
END_TEST

START_TEST(levels_and_inheritance)
{
	struct sbuf b = SBUF_INIT(100000);
	struct log l = logger(&b, LOG_LOGFMT), child, none;
	const struct log *null = NULL;
	struct err e = { 0 };

	err_set(&e, ERR_IO, "it broke");
	child = log_with(&l, F_CSTR("component", "dispatcher"));
	child = log_with(&child, F_CSTR("receiver", "team a"));
	LOG(&child, LOG_DEBUG, "not shown", F_INT("n", 1));
	ck_assert_uint_eq(b.n, 0);
	LOG(&child, LOG_WARN, "shown", F_ERR(&e));
	ck_assert(str_starts(sbuf_get(&b), STR(TIME "level=WARN source=test_log.c:")));
	ck_assert(str_ends(sbuf_get(&b),
	    STR(" msg=shown component=dispatcher receiver=\"team a\" err=\"it broke\"\n")));
	sbuf_reset(&b);
	l.level = LOG_DEBUG;
	LOG(&l, LOG_DEBUG, "all", F_INT("n", 1));
	ck_assert(str_starts(sbuf_get(&b), STR(TIME "level=DEBUG source=test_log.c:")));
	l.level = LOG_INFO;
	sbuf_reset(&b);
	LOG(&l, LOG_INFO, "bare");
	ck_assert(str_ends(sbuf_get(&b), STR(" msg=bare\n")));
	ck_assert(!log_enabled(&l, LOG_DEBUG));
	ck_assert(log_enabled(&l, LOG_INFO));
	LOG(null, LOG_ERROR, "nowhere");
	none = log_with(NULL, F_INT("n", 1));
	LOG(&none, LOG_ERROR, "nowhere");
	sbuf_fini(&b);
}
END_TEST

START_TEST(names)
{
	enum log_level level;
	enum log_format format;

	ck_assert(log_level_parse(STR("debug"), &level) && level == LOG_DEBUG);
	ck_assert(log_level_parse(STR("Info"), &level) && level == LOG_INFO);
	ck_assert(log_level_parse(STR("WARN"), &level) && level == LOG_WARN);
	ck_assert(log_level_parse(STR("error"), &level) && level == LOG_ERROR);
	ck_assert(!log_level_parse(STR("warning"), &level));
	ck_assert(!log_level_parse(STR_NONE, &level));
	ck_assert(log_format_parse(STR("logfmt"), &format) && format == LOG_LOGFMT);
	ck_assert(log_format_parse(STR("json"), &format) && format == LOG_JSON);
	ck_assert(!log_format_parse(STR("JSON"), &format));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("log");
	TCase *t = tcase_create("log");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_test(t, logfmt_line);
	tcase_add_test(t, json_line);
	tcase_add_test(t, values_are_quoted_when_needed);
	tcase_add_test(t, one_byte_is_enough_for_quotes);
	tcase_add_test(t, doubles);
	tcase_add_test(t, json_doubles);
	tcase_add_test(t, levels_and_inheritance);
	tcase_add_test(t, names);
	suite_add_tcase(s, t);
	srunner_set_fork_status(sr, CK_NOFORK);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed != 0;
}
