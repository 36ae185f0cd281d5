/* SPDX-License-Identifier: Apache-2.0 */
/* The file of --web.config.file: what it says, and what is wrong with it in exporter-toolkit's words. */
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "config/web_conf.h"
#include "suite.h"

#define HASH "$2y$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW"

static struct arena *arena;
static struct web_conf c;
static struct err e;

static bool
read_conf(const char *text)
{
	e = (struct err){ 0 };
	return web_conf_read(str_from(text), "/etc/am/web.yml", arena, &c, &e);
}

START_TEST(all_of_it)
{
	arena = arena_new();
	ck_assert_msg(read_conf(
	    "tls_server_config:\n  cert_file: ../am.pem\n  key_file: /key\n  client_ca: x\n  client_auth_type: NoClientCert\n"
	    "  min_version: TLS13\n  cipher_suites: [a, b]\n  client_allowed_sans: [s]\n"
	    "http_server_config: {http2: false, headers: {X-Frame-Options: deny, X-XSS-Protection: '', Content-Security-Policy: x}}\n"
	    "basic_auth_users: {zoe: '" HASH "', ann: '" HASH "'}\n"
	    "rate_limit: {interval: 90s, burst: 7}\n"), "%s", e.text);
	ck_assert(c.uses_tls);
	ck_assert(str_is(c.tls.cert_file, "/etc/am.pem") && str_is(c.tls.key_file, "/key"));
	ck_assert(c.tls.prefer_server_cipher_suites);
	ck_assert_uint_eq(c.tls.cipher_suites.n, 2);
	ck_assert_uint_eq(c.http.headers.n, 2);
	ck_assert(str_is(c.http.headers.v[0].key, "Content-Security-Policy"));
	ck_assert_uint_eq(c.users_n, 2);
	ck_assert(str_is(c.users[0].name, "ann") && strlen(c.users[1].hash.p) == 60);
	ck_assert_int_eq(c.rate.interval, 90 * SPAN_S);
	ck_assert_int_eq(c.rate.burst, 7);
	arena_free(&arena);
}
END_TEST

START_TEST(nothing_at_all)
{
	static const char *const texts[] = { "", "{}", "~", "tls_server_config:\nhttp_server_config: {headers: }\n" };

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		arena = arena_new();
		ck_assert_msg(read_conf(texts[i]), "%s", e.text);
		ck_assert(!c.uses_tls && c.users_n == 0 && c.http.headers.n == 0 && c.rate.interval == 0);
		arena_free(&arena);
	}
}
END_TEST

#define BEGIN "yaml: unmarshal errors:\n  "

static const struct {
	const char *text, *error;
} bad[] = {
	{ "foo: bar", BEGIN "line 1: field foo not found in type web.Config" },
	{ "tls_server_config: {cert_fil: a}", BEGIN "line 1: field cert_fil not found in type web.TLSConfig" },
	{ "http_server_config:\n  http3: true\n", BEGIN "line 2: field http3 not found in type web.HTTPConfig" },
	{ "rate_limit: {}\nrate_limit: {}", BEGIN "line 2: field rate_limit already set in type web.Config" },
	{ "rate_limit: {interval: x, burst: z}",
	    BEGIN "line 1: cannot unmarshal !!str `x` into time.Duration\n  line 1: cannot unmarshal !!str `z` into int" },
	{ "http_server_config: {http2: a-very-long-word}", BEGIN "line 1: cannot unmarshal !!str `a-very-...` into bool" },
	{ "tls_server_config: {cipher_suites: x}", BEGIN "line 1: cannot unmarshal !!str `x` into []string" },
	{ "http_server_config: {headers: [a]}", BEGIN "line 1: cannot unmarshal !!seq into map[string]string" },
	{ "basic_auth_users: [a]", BEGIN "line 1: cannot unmarshal !!seq into map[string]config_util.Secret" },
	{ "basic_auth_users: {a: b}", "crypto/bcrypt: hashedSecret too short to be a bcrypted password" },
	{ "- 1", BEGIN "line 1: cannot unmarshal !!seq into web.Config" },
	{ "tls_server_config: {key: a}", "missing one of cert or cert_file" },
	{ "tls_server_config: {max_version: TLS14}", "unknown TLS version: TLS14" },
	{ "http_server_config: {headers: {X-Content-Type-Options: x}}",
	    "invalid value for X-Content-Type-Options. Expected one of: [\"nosniff\"], but got: \"x\"" },
	{ "http_server_config: {headers: {Server: x}}", "HTTP header \"Server\" can not be configured" },
};

START_TEST(mistakes_in_their_words)
{
	arena = arena_new();
	c = (struct web_conf){ .users_n = 5 };
	ck_assert(!read_conf(bad[_i].text));
	ck_assert_str_eq(e.text, bad[_i].error);
	ck_assert_uint_eq(c.users_n, 5);
	arena_free(&arena);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, all_of_it);
	tcase_add_test(tc, nothing_at_all);
	tcase_add_loop_test(tc, mistakes_in_their_words, 0, ARRAY_LEN(bad));
}

int
main(void)
{
	return run_suite("config/web_conf", add);
}
