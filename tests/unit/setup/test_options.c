/* SPDX-License-Identifier: Apache-2.0 */
/* The command line as kingpin reads it, and what is made of URLs. */
#include <stdlib.h>

#include "base/vec.h"
#include "setup/external_url.h"
#include "setup/options.h"
#include "suite.h"

static struct arena *arena;
static struct options o;
static struct err e;

static bool
parse(const char *line)
{
	VEC(char *) argv = { 0 };
	struct str rest = str_from(line);
	bool ok;

	VEC_PUSH(&argv, arena_strdup(arena, "tocsin"));
	while (rest.n > 0) {
		size_t end = str_chr(rest, ' ');
		struct str word = str_sub(rest, 0, end);

		VEC_PUSH(&argv, arena_strdup(arena, arena_str(arena, word).p));
		rest = str_sub(rest, end + 1, rest.n);
	}
	err_clear(&e);
	ok = options_parse((int)argv.n, argv.v, arena, &o, &e) && options_features(&o, &e) && options_check(&o, &e);
	VEC_FINI(&argv);
	return ok;
}

START_TEST(defaults)
{
	ck_assert(parse(""));
	ck_assert(str_is(o.config_file, "alertmanager.yml"));
	ck_assert(str_is(o.storage_path, "data/"));
	ck_assert_int_eq(o.data_retention, 120 * SPAN_HOUR);
	ck_assert_uint_eq(o.web_listen_addresses.n, 1);
	ck_assert(str_is(o.web_listen_addresses.v[0], ":9093"));
	ck_assert(str_is(o.cluster_listen_address, "0.0.0.0:9094"));
	ck_assert_int_eq(o.log_level, LOG_INFO);
}
END_TEST

START_TEST(forms)
{
	ck_assert(parse("--config.file a.yml --storage.path=b --log.silences --web.listen-address=:1 "
			"--web.listen-address :2 --data.retention=1.5d --cluster.listen-address= --log.level debug "
			"--log.format=json --alerts.per-alertname-limit=7 --no-web.systemd-socket"));
	ck_assert(str_is(o.config_file, "a.yml") && str_is(o.storage_path, "b"));
	ck_assert(o.log_silences && !o.web_systemd_socket);
	ck_assert_uint_eq(o.web_listen_addresses.n, 2);
	ck_assert(str_is(o.web_listen_addresses.v[1], ":2"));
	ck_assert_int_eq(o.data_retention, 36 * SPAN_HOUR);
	ck_assert_uint_eq(o.cluster_listen_address.n, 0);
	ck_assert_int_eq(o.log_level, LOG_DEBUG);
	ck_assert_int_eq(o.log_format, LOG_JSON);
	ck_assert_int_eq(o.alerts_per_name, 7);
}
END_TEST

/* Flags that the Prometheus operator passes, and Alertmanager does not take. */
START_TEST(flags_of_the_operator)
{
	ck_assert(parse("--web.timeout=30 --silences.max-per-silence-bytes=4096"));
	ck_assert_int_eq(o.web_timeout, 30 * SPAN_S);
	ck_assert_int_eq(o.silences_max_bytes, 4096);
	ck_assert(parse("--web.timeout=1m30s --silences.max-silence-size-bytes=4097"));
	ck_assert_int_eq(o.web_timeout, 90 * SPAN_S);
	ck_assert_int_eq(o.silences_max_bytes, 4097);
	ck_assert(parse("--web.timeout=0") && o.web_timeout == 0);
}
END_TEST

START_TEST(mistakes)
{
	static const struct {
		const char *line, *error;
	} table[] = {
		{ "--nope", "unknown long flag '--nope'" },
		{ "--conf a", "unknown long flag '--conf'" },
		{ "extra", "unexpected extra" },
		{ "-- extra", "unexpected extra" },
		{ "--web.get-concurrency x", "strconv.ParseFloat: parsing \"x\": invalid syntax" },
		{ "--config.file", "expected argument for flag '--config.file'" },
		{ "--config.file a --config.file b", "flag 'config.file' cannot be repeated" },
		{ "--log.silences=true", "unexpected true" },
		{ "--log.level foo", "unrecognized log level foo" },
		{ "--log.format x", "unrecognized log format x" },
		{ "--data.retention 5", "time: missing unit in duration \"5\"" },
		{ "--data.retention 1y", "time: unknown unit \"y\" in duration \"1y\"" },
		{ "--dispatch.start-delay 5", "time: missing unit in duration \"5\"" },
		{ "--web.timeout=-5", "time: missing unit in duration \"-5\"" },
		{ "--web.timeout -5", "expected argument for flag '--web.timeout'" },
		{ "--cluster.listen-address --config.file=a", "expected argument for flag '--cluster.listen-address'" },
		{ "--web.timeout 3.5", "time: missing unit in duration \"3.5\"" },
		{ "--web.timeout 5x", "time: unknown unit \"x\" in duration \"5x\"" },
		{ "--web.timeout 99999999999999999999", "time: invalid duration \"99999999999999999999s\"" },
		{ "--web.timeout 9999999999999999999999999999999", "time: invalid duration "
								   "\"9999999999999999999999999999999\"" },
		{ "--silences.max-per-silence-bytes=1 --silences.max-silence-size-bytes=2",
		    "flag 'silences.max-silence-size-bytes' cannot be repeated" },
		{ "--data.retention 0", "--data.retention must be positive" },
		{ "--cluster.probe-interval 0", "--cluster.probe-interval must be positive when clustering is enabled" },
		{ "--enable-feature=foo", "unknown option 'foo' for --enable-feature" },
		{ "--enable-feature=classic-mode,utf8-strict-mode", "cannot have both classic and UTF-8 modes enabled" },
	};

	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		ck_assert_msg(!parse(table[i].line), "%s", table[i].line);
		ck_assert_str_eq(e.text, table[i].error);
	}
	ck_assert(parse("--cluster.probe-interval 0 --cluster.listen-address="));
	ck_assert(parse("--") && !o.help && !o.version);
	ck_assert(parse("-h") && o.help);
	ck_assert(parse("--help-long") && o.help);
	ck_assert(parse("--version") && o.version);
	ck_assert(parse("--web.get-concurrency 1e1") && o.web_get_concurrency == 10);
}
END_TEST

START_TEST(features)
{
	ck_assert(parse("--enable-feature=classic-mode,event-recorder"));
	ck_assert_int_eq(o.matcher_mode, MATCHER_CLASSIC);
	ck_assert_int_eq(o.naming, NAMING_CLASSIC);
	ck_assert(o.feature_event_recorder);
	ck_assert(parse("--enable-feature=utf8-strict-mode"));
	ck_assert_int_eq(o.matcher_mode, MATCHER_UTF8);
}
END_TEST

START_TEST(urls)
{
	static const struct {
		const char *configured, *url, *prefix;	/* url NULL: refused */
	} table[] = {
		{ "", "http://box:9093", "/" },
		{ "http://am.example/", "http://am.example", "/" },
		{ "https://am.example/x/y//", "https://am.example/x/y", "/x/y" },
		{ "ftp://am.example", NULL, NULL },
		{ "am.example", NULL, NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct str url;
		bool ok = external_url(str_from(table[i].configured), STR("box"), 9093, arena, &url, &e);

		ck_assert_int_eq(ok, table[i].url != NULL);
		if (!ok)
			continue;
		ck_assert_msg(str_is(url, table[i].url), "%.*s", STR_ARG(url));
		ck_assert(str_is(route_prefix(STR(""), url, arena), table[i].prefix));
	}
	ck_assert(str_is(route_prefix(STR("//foo/"), STR("http://x/y"), arena), "/foo"));
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, defaults);
	tcase_add_test(tc, forms);
	tcase_add_test(tc, flags_of_the_operator);
	tcase_add_test(tc, mistakes);
	tcase_add_test(tc, features);
	tcase_add_test(tc, urls);
}

int
main(void)
{
	int status;

	arena = arena_new();
	status = run_suite("options", add);
	arena_free(&arena);
	return status;
}
