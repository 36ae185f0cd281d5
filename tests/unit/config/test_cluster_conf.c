/* SPDX-License-Identifier: Apache-2.0 */
/* The file of --cluster.tls-config: what it says, and what is wrong with it in Alertmanager's words. */
#include <stdlib.h>

#include "base/compiler.h"
#include "config/cluster_conf.h"
#include "suite.h"

static struct arena *arena;
static struct cluster_tls c;
static struct err e;

static bool
read_conf(const char *text)
{
	e = (struct err){ 0 };
	return cluster_tls_read(str_from(text), "/etc/am/tls.yml", arena, &c, &e);
}

START_TEST(all_of_it)
{
	arena = arena_new();
	ck_assert_msg(read_conf("tls_server_config: {cert_file: am.pem, key_file: /key, client_ca_file: ../ca.pem,\n"
				"  client_auth_type: RequireAndVerifyClientCert}\n"
				"tls_client_config: {ca_file: ca.pem, server_name: members, insecure_skip_verify: true}\n"),
	    "%s", e.text);
	ck_assert(str_is(c.server.cert_file, "/etc/am/am.pem") && str_is(c.server.key_file, "/key"));
	ck_assert(str_is(c.server.client_ca_file, "/etc/ca.pem"));
	ck_assert(c.client != NULL && str_is(c.client->ca_file, "/etc/am/ca.pem") && str_is(c.client->server_name, "members"));
	ck_assert(c.client->insecure_skip_verify);
	arena_free(&arena);
}
END_TEST

START_TEST(without_a_client)
{
	arena = arena_new();
	ck_assert_msg(read_conf("tls_server_config: {cert: a, key: b}"), "%s", e.text);
	ck_assert(c.client == NULL);
	arena_free(&arena);
}
END_TEST

#define BEGIN "yaml: unmarshal errors:\n  "

static const struct {
	const char *text, *error;
} bad[] = {
	{ "", "missing 'tls_server_config' entry in the TLS configuration" },
	{ "tls_client_config: {}", "missing 'tls_server_config' entry in the TLS configuration" },
	{ "tls_server_config: {}", "invalid TLS server config: TLS config is not present" },
	{ "tls_server_config: {key: a}", "invalid TLS server config: missing one of cert or cert_file" },
	{ "tls_server_configs: {}", BEGIN "line 1: field tls_server_configs not found in type cluster.TLSTransportConfig" },
	{ "- 1", BEGIN "line 1: cannot unmarshal !!seq into cluster.TLSTransportConfig" },
};

START_TEST(mistakes_in_their_words)
{
	arena = arena_new();
	ck_assert(!read_conf(bad[_i].text));
	ck_assert_str_eq(e.text, bad[_i].error);
	arena_free(&arena);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, all_of_it);
	tcase_add_test(tc, without_a_client);
	tcase_add_loop_test(tc, mistakes_in_their_words, 0, ARRAY_LEN(bad));
}

int
main(void)
{
	return run_suite("config/cluster_conf", add);
}
