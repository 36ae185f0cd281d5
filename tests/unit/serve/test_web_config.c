/* SPDX-License-Identifier: Apache-2.0 */
/* The web configuration file as our own client meets it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/mem.h"
#include "fetch/http_client.h"
#include "lib_peer.h"
#include "lib_tls.h"
#include "loop/clock_real.h"
#include "serve/http_server.h"
#include "suite.h"

static struct {
	struct event_base *base;
	struct http_server *server;
	struct http_client *client;
	char *path;
	unsigned port;
	int answers, handled, status;
	struct sbuf body, error;
	char asker[64];		/* whom the handler saw */
} w;

static void
handle(void *arg, const struct http_request *r, struct moment now, struct http_response *out)
{
	(void)arg;
	(void)now;
	w.handled++;
	ck_assert_uint_eq(r->principal.scopes, SCOPE_ALL);
	snprintf(w.asker, sizeof(w.asker), "%.*s", STR_ARG(r->principal.name));
	out->status = 200;
	sbuf_printf(&out->body, "%zu", r->body.n);
}

static void
begin(const char *text)
{
	struct http_server_options so = { .clock = clock_real(), .handle = handle };
	struct http_client_options co = { .clock = clock_real() };
	struct err e = { 0 };

	memset(&w, 0, sizeof(w));
	w.body.max = w.error.max = SBUF_UNLIMITED;
	w.base = so.base = co.base = event_base_new();
	w.path = test_file(text);
	so.web_config = str_from(w.path);
	w.server = http_server_new(&so, &e);
	ck_assert_msg(w.server != NULL, "%s", e.text);
	ck_assert(http_server_listen(w.server, STR("127.0.0.1:0"), &e));
	w.port = http_server_port(w.server, 0);
	http_server_serve(w.server);
	w.client = http_client_new(&co, &e);
}

static void
end(void)
{
	http_client_free(&w.client);
	http_server_free(&w.server);
	event_base_free(w.base);
	unlink(w.path);
	mem_free(w.path);
	sbuf_fini(&w.body);
	sbuf_fini(&w.error);
}

static void
on_done(void *arg, const struct fetch_response *r)
{
	(void)arg;
	w.answers++;
	w.status = r->status;
	sbuf_reset(&w.body);
	sbuf_reset(&w.error);
	sbuf_str(&w.body, r->body);
	sbuf_str(&w.error, r->error);
}

static void
get(const char *scheme, const struct http_config *h)
{
	struct fetch_request r = { .method = STR("POST"), .body = STR("12345"), .http = h };
	char url[100];
	int before = w.answers;

	snprintf(url, sizeof(url), "%s://127.0.0.1:%u/x", scheme, w.port);
	r.url = str_from(url);
	ck_assert_ptr_nonnull(http_client_start(w.client, &r, mono_add(clock_real()->now(clock_real()).mono, 20 * SPAN_S),
	    on_done, NULL));
	while (w.answers == before)
		event_base_loop(w.base, EVLOOP_ONCE);
}

static const struct {
	const char *text, *error;
} bad[] = {
	{ "foo: bar", "yaml: unmarshal errors:\n  line 1: field foo not found in type web.Config" },
	{ "tls_server_config: {foo: bar}", "yaml: unmarshal errors:\n  line 1: field foo not found in type web.TLSConfig" },
	{ "tls_server_config: {cert_file: /nope, key_file: /nope}", "failed to read cert_file (/nope): open /nope: no such file or directory" },
	{ "tls_server_config: {cert_file: a}", "missing one of key or key_file" },
	{ "tls_server_config: {key_file: a}", "missing one of cert or cert_file" },
	{ "tls_server_config: {cert: a, key: b}", "failed to load X509KeyPair: tls: failed to find any PEM data in certificate input" },
	{ "tls_server_config: {cert: a, key: b, min_version: TLS99}", "unknown TLS version: TLS99" },
	{ "basic_auth_users: {a: $2y$32$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW}", "crypto/bcrypt: cost 32 is outside allowed inclusive range 4..31" },
	{ "basic_auth_users: {a: b}", "crypto/bcrypt: hashedSecret too short to be a bcrypted password" },
	{ "http_server_config: {headers: {X-Foo: a}}", "HTTP header \"X-Foo\" can not be configured" },
	{ "http_server_config: {headers: {X-Frame-Options: foo}}", "invalid value for X-Frame-Options. Expected one of: [\"deny\" \"sameorigin\"], but got: \"foo\"" },
	{ "rate_limit: {interval: x}", "yaml: unmarshal errors:\n  line 1: cannot unmarshal !!str `x` into time.Duration" },
	{ "rate_limit: {burst: x}", "yaml: unmarshal errors:\n  line 1: cannot unmarshal !!str `x` into int" },
	{ "[1]", "yaml: unmarshal errors:\n  line 1: cannot unmarshal !!seq into web.Config" },
};

START_TEST(mistakes_are_told)
{
	struct event_base *base = event_base_new();
	char *path = test_file(bad[_i].text);
	struct http_server_options o = { .base = base, .clock = clock_real(), .handle = handle, .web_config = str_from(path) };
	struct err e = { 0 };

	ck_assert_ptr_null(http_server_new(&o, &e));
	ck_assert_str_eq(e.text, bad[_i].error);
	unlink(path);
	mem_free(path);
	event_base_free(base);
}
END_TEST

/* bcrypt of "secret" */
#define USERS "basic_auth_users:\n  ann: $2y$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW\n"

START_TEST(users_are_checked)
{
	struct http_config h = { .follow_redirects = true };
	struct peer *p;
	size_t at;

	begin(USERS);
	get("http", &h);
	ck_assert_int_eq(w.status, 401);
	ck_assert_str_eq(w.body.p, "Unauthorized\n");
	h.basic_auth.present = true;
	h.basic_auth.username = STR("ann");
	h.basic_auth.password = STR("wrong");
	get("http", &h);
	ck_assert_int_eq(w.status, 401);
	h.basic_auth.username = STR("bob");
	h.basic_auth.password = STR("secret");
	get("http", &h);
	ck_assert_int_eq(w.status, 401);
	ck_assert_int_eq(w.handled, 0);
	h.basic_auth.username = STR("ann");
	for (int i = 0; i < 3; i++) {
		get("http", &h);
		ck_assert_int_eq(w.status, 200);
		ck_assert_str_eq(w.body.p, "5");
		ck_assert_str_eq(w.asker, "ann");
	}
	p = peer_new(w.base, w.port);
	peer_send(p, "GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\nAuthorization: Basic YW5uOnNlY3JldA==\r\n\r\n");
	at = peer_expect(p, 0, "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\n");
	peer_expect(p, at, "HTTP/1.1 200 OK\r\n");
	/* One that leaves while its password is looked at. */
	peer_send(p, "GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Basic YW5uOm90aGVy\r\n\r\n");
	while (event_base_loop(w.base, EVLOOP_NONBLOCK) == 0 && p->got.n < 10000 && !p->eof) {
		if (http_server_connections(w.server) > 0)
			break;
	}
	peer_free(p);
	end();
}
END_TEST

#define ANN "Authorization: Basic YW5uOnNlY3JldA==\r\n"
#define NOT_ANN "Authorization: Basic YW5uOm90aGVy\r\n"

/* A client that may not ask is told so when the head is there, and nothing is taken in that follows. */
static const struct {
	const char *head, *more;
} strangers[] = {
	{ "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 50000000\r\n\r\n", "" },
	{ "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 50000000\r\n\r\n", "some of it" },
	{ "POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", "5\r\nhello\r\n" },
	{ "POST /x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 50000000\r\n\r\n", "" },
	/* These need a look at the password. */
	{ "POST /x HTTP/1.1\r\nHost: x\r\n" NOT_ANN "Content-Length: 50000000\r\n\r\n", "some of it" },
	{ "POST /x HTTP/1.1\r\nHost: x\r\n" NOT_ANN "Transfer-Encoding: chunked\r\n\r\n", "5\r\nhello\r\n" },
	/* Heads that one parser might overlook. */
	{ "POST /x HTTP/1.1\r\nHost: x\r\nX: y\r\n Authorization: Basic YW5uOnNlY3JldA==\r\nContent-Length: 9\r\n\r\n", "" },
	{ "POST /x HTTP/1.1\nHost: x\ncontent-length:\t50000000\n\n", "some of it" },
};

START_TEST(strangers_send_no_bodies)
{
	struct peer *p;
	size_t at;

	begin(USERS);
	p = peer_new(w.base, w.port);
	peer_send(p, strangers[_i].head);
	peer_send(p, strangers[_i].more);
	at = peer_expect(p, 0, "HTTP/1.1 4");
	ck_assert_uint_eq(at, 10);
	peer_expect(p, at, "Connection: close\r\n");
	peer_expect_eof(p);
	ck_assert_int_eq(w.handled, 0);
	peer_free(p);
	/* Behind a request, and in pieces. */
	p = peer_new(w.base, w.port);
	peer_send(p, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
	peer_send_n(p, strangers[_i].head, 20);
	at = peer_expect(p, 0, "Unauthorized\n");
	peer_send(p, strangers[_i].head + 20);
	peer_send(p, strangers[_i].more);
	at = peer_expect(p, at, "HTTP/1.1 4");
	peer_expect_eof(p);
	ck_assert_ptr_null(strstr(p->got.p, "100 Continue"));
	ck_assert_int_eq(w.handled, 0);
	peer_free(p);
	end();
}
END_TEST

START_TEST(users_send_bodies)
{
	struct peer *p;
	size_t at;

	begin(USERS);
	p = peer_new(w.base, w.port);
	/* The first waits for the password's verdict with its body behind it, the second does not. */
	for (int i = 0; i < 2; i++) {
		peer_send(p, "POST /x HTTP/1.1\r\nHost: x\r\n" ANN "Content-Length: 10\r\n\r\nhello");
		peer_send(p, "world");
		at = peer_expect(p, p->got.n, "\r\n\r\n10");
	}
	peer_free(p);
	end();
	begin(USERS);
	p = peer_new(w.base, w.port);
	peer_send(p, "POST /x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n" ANN "Content-Length: 5\r\n\r\n");
	at = peer_expect(p, 0, "HTTP/1.1 100 Continue\r\n\r\n");
	peer_send(p, "helloPOST /x HTTP/1.1\r\nHost: x\r\n" ANN "Transfer-Enc");
	at = peer_expect(p, at, "\r\n\r\n5");
	peer_send(p, "oding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
	peer_expect(p, at, "\r\n\r\n3");
	ck_assert_int_eq(w.handled, 2);
	peer_free(p);
	end();
}
END_TEST

START_TEST(headers_are_added)
{
	struct peer *p;

	begin("http_server_config:\n  http2: true\n  headers:\n    X-Frame-Options: deny\n    Strict-Transport-Security: max-age=1\n    X-XSS-Protection: ''\n");
	p = peer_new(w.base, w.port);
	peer_send(p, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
	peer_expect(p, 0, "Strict-Transport-Security: max-age=1\r\nX-Frame-Options: deny\r\nDate:");
	peer_free(p);
	end();
}
END_TEST

START_TEST(the_rate_is_limited)
{
	struct http_config h = { 0 };

	begin("rate_limit: {interval: 1h, burst: 2}\n");
	get("http", &h);
	get("http", &h);
	ck_assert_int_eq(w.status, 200);
	get("http", &h);
	ck_assert_int_eq(w.status, 429);
	ck_assert_str_eq(w.body.p, "Too Many Requests\n");
	end();
}
END_TEST

static char *
tls_text(const char *cert_path, const char *key_path, const char *more)
{
	static char text[1000];

	snprintf(text, sizeof(text), "tls_server_config:\n  cert_file: %s\n  key_file: %s\n%s", cert_path, key_path, more);
	return text;
}

static void
overwrite(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(text, 1, strlen(text), f), strlen(text));
	fclose(f);
}

START_TEST(tls_with_names_and_changes)
{
	struct http_config h = { .enable_http2 = true };
	struct tls_config t = { 0 };
	char *cert, *key, *cert2, *key2, *cert_path, *key_path;
	struct peer *p;

	test_certificate("am.example", true, &cert, &key);
	test_certificate("other.example", false, &cert2, &key2);
	cert_path = test_file(cert);
	key_path = test_file(key);
	begin(tls_text(cert_path, key_path, ""));
	h.tls_config = &t;
	get("https", &h);
	ck_assert_ptr_nonnull(strstr(w.error.p, ": tls: failed to verify certificate: x509: certificate signed by unknown authority"));
	t.ca = str_from(cert);
	get("https", &h);
	ck_assert_msg(w.status == 200, "%s", sbuf_cstr(&w.error));
	t.server_name = STR("am.example");
	get("https", &h);
	ck_assert_msg(w.status == 200, "%s", sbuf_cstr(&w.error));
	t.server_name = STR("wrong.example");
	get("https", &h);
	ck_assert_ptr_nonnull(strstr(w.error.p, "x509: certificate is not valid for "));
	t.insecure_skip_verify = true;
	get("https", &h);
	ck_assert_int_eq(w.status, 200);
	t.insecure_skip_verify = false;
	t.server_name = STR_NONE;
	t.min_version = t.max_version = STR("TLS12");
	get("https", &h);
	ck_assert_int_eq(w.status, 200);
	t.min_version = STR("TLS10");
	t.max_version = STR("TLS11");
	get("https", &h);
	ck_assert_int_eq(w.status, 0);
	ck_assert_ptr_nonnull(strstr(w.error.p, "tls: "));
	t.min_version = t.max_version = STR_NONE;
	p = peer_new(w.base, w.port);
	peer_send(p, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
	peer_expect(p, 0, "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n");
	peer_expect_eof(p);
	peer_free(p);
	/* Another certificate under the same server. */
	overwrite(cert_path, cert2);
	overwrite(key_path, key2);
	http_server_refresh(w.server);
	http_client_free(&w.client);
	w.client = http_client_new(&(struct http_client_options){ .base = w.base, .clock = clock_real() }, NULL);
	t.ca = str_from(cert2);
	t.server_name = STR("other.example");
	get("https", &h);
	ck_assert_msg(w.status == 200, "%s", sbuf_cstr(&w.error));
	/* A wrong one is not taken. */
	overwrite(cert_path, "nonsense");
	http_server_refresh(w.server);
	http_client_free(&w.client);
	w.client = http_client_new(&(struct http_client_options){ .base = w.base, .clock = clock_real() }, NULL);
	get("https", &h);
	ck_assert_int_eq(w.status, 200);
	end();
	unlink(cert_path);
	unlink(key_path);
	mem_free(cert_path);
	mem_free(key_path);
	mem_free(cert);
	mem_free(key);
	mem_free(cert2);
	mem_free(key2);
}
END_TEST

START_TEST(users_over_tls)
{
	struct http_config h = { .basic_auth = { .present = true, .username = STR("ann"), .password = STR("secret") } };
	char *cert, *key, *cert_path, *key_path;
	struct tls_config t = { 0 };

	test_certificate("am.example", true, &cert, &key);
	cert_path = test_file(cert);
	key_path = test_file(key);
	begin(tls_text(cert_path, key_path, USERS));
	t.ca = str_from(cert);
	h.tls_config = &t;
	for (int i = 0; i < 2; i++) {
		get("https", &h);
		ck_assert_int_eq(w.status, 200);
		ck_assert_str_eq(w.body.p, "5");
		ck_assert_str_eq(w.asker, "ann");
	}
	h.basic_auth.password = STR("wrong");
	for (int i = 0; i < 2; i++) {
		get("https", &h);
		ck_assert_int_eq(w.status, 401);
	}
	h.basic_auth.present = false;
	get("https", &h);
	ck_assert_int_eq(w.status, 401);
	ck_assert_int_eq(w.handled, 2);
	end();
	unlink(cert_path);
	unlink(key_path);
	mem_free(cert_path);
	mem_free(key_path);
	mem_free(cert);
	mem_free(key);
}
END_TEST

static const struct {
	const char *more;
	bool none, unknown, known;	/* accepted: without certificate, with that of a stranger, with the right one */
	const char *name;	/* of the last, to handlers; NULL: none, as nobody looked at the certificate */
} clients[] = {
	{ "", true, true, true, NULL },
	{ "  client_auth_type: RequestClientCert\n", true, true, true, NULL },
	{ "  client_auth_type: RequireAnyClientCert\n", false, true, true, NULL },
	{ "  client_auth_type: VerifyClientCertIfGiven\n  client_ca_file: CA\n", true, false, true, "client.example" },
	{ "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: CA\n", false, false, true, "client.example" },
	{ "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: CA\n  client_allowed_sans: [x, client.example]\n", false, false, true, "client.example" },
	{ "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: CA\n  client_allowed_sans: [127.0.0.1]\n", false, false, true, "client.example" },
	{ "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: CA\n  client_allowed_sans: [x]\n", false, false, false, NULL },
	{ "  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256]\n  curve_preferences: [X25519, CurveP256]\n  min_version: TLS13\n", true, true, true, NULL },
};

START_TEST(clients_show_certificates)
{
	struct http_config h = { 0 };
	struct tls_config t = { 0 };
	char *cert, *key, *known_cert, *known_key, *unknown_cert, *unknown_key, *cert_path, *key_path, *ca_path, more[300];
	const char *ca;

	test_certificate("am.example", true, &cert, &key);
	test_certificate("client.example", true, &known_cert, &known_key);
	test_certificate("stranger.example", false, &unknown_cert, &unknown_key);
	cert_path = test_file(cert);
	key_path = test_file(key);
	ca_path = test_file(known_cert);
	snprintf(more, sizeof(more), "%s", clients[_i].more);
	ca = strstr(more, "CA");
	if (ca != NULL)
		snprintf(more, sizeof(more), "%.*s%s%s", (int)(strstr(clients[_i].more, "CA\n") - clients[_i].more),
		    clients[_i].more, ca_path, strstr(clients[_i].more, "CA\n") + 2);
	begin(tls_text(cert_path, key_path, more));
	h.tls_config = &t;
	t.ca = str_from(cert);
	get("https", &h);
	ck_assert_msg((w.status == 200) == clients[_i].none, "none: %s", sbuf_cstr(&w.error));
	t.cert = str_from(unknown_cert);
	t.key = str_from(unknown_key);
	get("https", &h);
	ck_assert_msg((w.status == 200) == clients[_i].unknown, "unknown: %s", sbuf_cstr(&w.error));
	ck_assert_str_eq(w.asker, "");
	t.cert = str_from(known_cert);
	t.key = str_from(known_key);
	get("https", &h);
	ck_assert_msg((w.status == 200) == clients[_i].known, "known: %s", sbuf_cstr(&w.error));
	ck_assert_str_eq(w.asker, clients[_i].name != NULL ? clients[_i].name : "");
	end();
	unlink(cert_path);
	unlink(key_path);
	unlink(ca_path);
	mem_free(cert_path);
	mem_free(key_path);
	mem_free(ca_path);
	mem_free(cert);
	mem_free(key);
	mem_free(known_cert);
	mem_free(known_key);
	mem_free(unknown_cert);
	mem_free(unknown_key);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_loop_test(tc, mistakes_are_told, 0, ARRAY_LEN(bad));
	tcase_add_test(tc, users_are_checked);
	tcase_add_loop_test(tc, strangers_send_no_bodies, 0, ARRAY_LEN(strangers));
	tcase_add_test(tc, users_send_bodies);
	tcase_add_test(tc, headers_are_added);
	tcase_add_test(tc, the_rate_is_limited);
	tcase_add_test(tc, tls_with_names_and_changes);
	tcase_add_test(tc, users_over_tls);
	tcase_add_loop_test(tc, clients_show_certificates, 0, ARRAY_LEN(clients));
}

int
main(void)
{
	return run_suite("web_config", add);
}
