/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/mem.h"
#include "fetch/http_client.h"
#include "lib_got.h"
#include "lib_peer.h"
#include "loop/clock_real.h"
#include "serve/http_server.h"
#include "suite.h"
#include "text/yaml.h"

#define STR_LITERAL(s) { "" s, sizeof(s) - 1 }

/* A client and, on the same loop, a server that plays the receiver. */
static struct {
	struct event_base *base;
	struct http_server *server;
	struct http_client *client;
	struct sbuf seen;	/* METHOD path?query|body|Header: value|… in lines */
	char url[64];
	int tokens;		/* handed out */
	bool token_in_body;	/* refuse credentials in the header */
	const char *grant;	/* what /grant answers */
	struct got got;
} w;

static void
note(const struct http_request *r)
{
	static const char *const shown[] = { "Authorization", "Content-Type", "X-One", "X-Two", "Referer", "Accept",
		"User-Agent", "Expect", "Accept-Encoding", "Content-Length" };

	sbuf_printf(&w.seen, "%.*s %.*s?%.*s|%.*s", STR_ARG(r->method), STR_ARG(r->path), STR_ARG(r->query),
	    r->body.n > 200 ? 0 : (int)r->body.n, r->body.n > 0 ? r->body.p : "");
	for (size_t i = 0; i < ARRAY_LEN(shown); i++)
		for (size_t k = 0; k < r->headers_n; k++)
			if (str_caseeq(r->headers[k].name, str_from(shown[i])))
				sbuf_printf(&w.seen, "|%.*s: %.*s", STR_ARG(r->headers[k].name), STR_ARG(r->headers[k].value));
	sbuf_putc(&w.seen, '\n');
}

static struct str
header(const struct http_request *r, const char *name)
{
	for (size_t i = 0; i < r->headers_n; i++)
		if (str_caseeq(r->headers[i].name, str_from(name)))
			return r->headers[i].value;
	return STR_NONE;
}

static void
answer_header(struct http_response *out, struct str name, struct str value)
{
	out->headers[out->headers_n++] = (struct http_header){ name, value };
}

/* /r/307/x redirects with 307 to /x; /to?URL redirects to another place. */
static void
receiver(void *arg, const struct http_request *r, struct moment now, struct http_response *out)
{
	(void)arg;
	(void)now;
	note(r);
	out->status = 200;
	if (str_starts(r->path, STR("/r/"))) {
		out->status = (int)strtol(r->path.p + 3, NULL, 10);
		answer_header(out, STR("Location"), str_sub(r->path, 6, r->path.n));
	} else if (str_is(r->path, "/to")) {
		out->status = 302;
		answer_header(out, STR("Location"), r->query);
	} else if (str_is(r->path, "/loop")) {
		out->status = 302;
		answer_header(out, STR("Location"), STR("/loop"));
	} else if (str_is(r->path, "/busy")) {
		out->status = 429;
		answer_header(out, STR("Retry-After"), STR("7"));
		answer_header(out, STR("Content-Type"), STR("application/json"));
		sbuf_puts(&out->body, "{\"slow\":true}");
	} else if (str_is(r->path, "/hang")) {
		out->wait_durable = true;
	} else if (str_is(r->path, "/large")) {
		for (int i = 0; i < 300000; i++)
			sbuf_puts(&out->body, "0123456789");
	} else if (str_is(r->path, "/grant")) {
		out->status = str_is(r->query, "400") ? 400 : 200;
		answer_header(out, STR("Content-Type"), STR("application/json"));
		sbuf_puts(&out->body, w.grant);
	} else if (str_is(r->path, "/token")) {
		if (w.token_in_body && header(r, "Authorization").n > 0) {
			out->status = 401;
			sbuf_puts(&out->body, "{\"error\":\"invalid_client\",\"error_description\":\"not here\"}");
			return;
		}
		answer_header(out, STR("Content-Type"), STR("application/json"));
		sbuf_printf(&out->body, "{\"access_token\":\"tok%d\",\"token_type\":\"bearer\",\"expires_in\":%d}", ++w.tokens,
		    str_is(r->query, "short") ? 5 : 3600);
	} else {
		sbuf_puts(&out->body, "ok");
	}
}

static uint64_t
ticket(void *arg)
{
	(void)arg;
	return 1;
}

static void
begin(struct http_client_options o)
{
	struct http_server_options so = { .clock = clock_real(), .handle = receiver, .ticket = ticket,
		.get_concurrency = 1000 };
	struct err e = { 0 };

	memset(&w, 0, sizeof(w));
	w.base = so.base = o.base = event_base_new();
	w.seen.max = SBUF_UNLIMITED;
	got_init(&w.got);
	o.clock = clock_real();
	w.server = http_server_new(&so, &e);
	ck_assert_msg(http_server_listen(w.server, STR("127.0.0.1:0"), &e), "%s", e.text);
	http_server_serve(w.server);
	snprintf(w.url, sizeof(w.url), "http://127.0.0.1:%u", http_server_port(w.server, 0));
	w.client = http_client_new(&o, &e);
	ck_assert_ptr_nonnull(w.client);
}

static void
end(void)
{
	http_client_free(&w.client);
	http_server_free(&w.server);
	sbuf_fini(&w.seen);
	got_fini(&w.got);
	event_base_free(w.base);
}

static struct mono
in(span d)
{
	struct clock *c = clock_real();

	return mono_add(c->now(c).mono, d);
}

static void
await(int answers)
{
	while (w.got.answers < answers)
		event_base_loop(w.base, EVLOOP_ONCE);
}

static const struct http_config plain = { .follow_redirects = true, .enable_http2 = true };
static char url_buf[200];

static struct fetch_request
post(const char *path, const struct http_config *h)
{
	static struct http_header lines[2];

	lines[0] = (struct http_header){ STR("Content-Type"), STR("application/json") };
	lines[1] = (struct http_header){ STR("User-Agent"), STR("Alertmanager/1") };
	snprintf(url_buf, sizeof(url_buf), "%s%s", w.url, path);
	return (struct fetch_request){ .method = STR("POST"), .url = str_from(url_buf), .body = STR("{}\n"),
		.headers = lines, .headers_n = 2, .http = h };
}

static void
run(const struct fetch_request *r)
{
	int before = w.got.answers;
	struct http_call *call = http_client_start(w.client, r, in(10 * SPAN_S), got_answer, &w.got);

	ck_assert_ptr_nonnull(call);
	ck_assert_int_eq(w.got.answers, before);
	await(before + 1);
}

START_TEST(a_post_is_what_it_should_be)
{
	struct fetch_request r;

	begin((struct http_client_options){ 0 });
	r = post("/a%20b?c=d", &plain);
	run(&r);
	ck_assert_str_eq(w.seen.p, "POST /a%20b?c=d|{}\n|Content-Type: application/json|User-Agent: Alertmanager/1|Content-Length: 3\n");
	ck_assert(!w.got.resp.transport_error);
	ck_assert_int_eq(w.got.resp.status, 200);
	ck_assert_str_eq(w.got.body.p, "ok");
	r = post("/busy", &plain);
	run(&r);
	ck_assert_int_eq(w.got.resp.status, 429);
	ck_assert_int_eq(w.got.resp.retry_after, 7 * SPAN_S);
	ck_assert_str_eq(w.got.body.p, "{\"slow\":true}");
	sbuf_reset(&w.seen);
	r = (struct fetch_request){ .method = STR("GET"), .url = r.url, .http = &plain };
	run(&r);
	ck_assert_str_eq(w.seen.p, "GET /busy?|\n");
	sbuf_reset(&w.seen);
	r = post("/a?text=disk of db1  is full&x=+%20", &plain);
	run(&r);
	ck_assert_msg(!w.got.resp.transport_error, "%s", w.got.error.p);
	ck_assert(str_starts(sbuf_get(&w.seen), STR("POST /a?text=disk%20of%20db1%20%20is%20full&x=+%20|{}\n|")));
	end();
}
END_TEST

START_TEST(long_answers_are_cut)
{
	struct fetch_request r;

	begin((struct http_client_options){ 0 });
	r = post("/large", &plain);
	run(&r);
	ck_assert_int_eq(w.got.resp.status, 200);
	ck_assert_uint_eq(w.got.body.n, 1 << 20);
	end();
}
END_TEST

static const struct {
	const char *path;
	bool follow;
	int status;
	const char *last;	/* request seen */
} redirects[] = {
	{ "/r/301/x", true, 200, "GET /x?||Referer: http://" },
	{ "/r/302/x", true, 200, "GET /x?||" },
	{ "/r/303/x", true, 200, "GET /x?||" },
	{ "/r/307/x", true, 200, "POST /x?|{}\n|Content-Type: application/json|" },
	{ "/r/308/x", true, 200, "POST /x?|{}\n|Content-Type: application/json|" },
	{ "/r/307/r/307/x", true, 200, "POST /x?|{}\n" },
	{ "/r/302/x", false, 302, "POST /r/302/x?|{}\n" },
	{ "/r/304/x", true, 304, "POST /r/304/x?|{}\n" },
	{ "/r/307", true, 307, "POST /r/307?|{}\n" },
};

START_TEST(redirects_are_followed_as_go_does)
{
	struct http_config h = plain;
	struct fetch_request r;

	begin((struct http_client_options){ 0 });
	h.follow_redirects = redirects[_i].follow;
	r = post(redirects[_i].path, &h);
	run(&r);
	ck_assert_msg(!w.got.resp.transport_error, "%s", w.got.error.p);
	ck_assert_int_eq(w.got.resp.status, redirects[_i].status);
	ck_assert_msg(strstr(w.seen.p, redirects[_i].last) != NULL, "%s", w.seen.p);
	end();
}
END_TEST

START_TEST(redirect_loops_end)
{
	struct fetch_request r;
	char want[400];

	begin((struct http_client_options){ 0 });
	r = post("/loop", &plain);
	run(&r);
	ck_assert(w.got.resp.transport_error && !w.got.resp.timed_out);
	snprintf(want, sizeof(want), "Post \"%s/loop\": stopped after 10 redirects", w.url);
	ck_assert_str_eq(w.got.error.p, want);
	end();
}
END_TEST

START_TEST(credentials_stay_with_their_host)
{
	struct http_config h = plain;
	struct str one[] = { STR("1") }, two[] = { STR("2") };
	struct http_header_config headers[] = { { .name = STR("x-one"), .values = { one, 1, true } },
		{ .name = STR("X-Two"), .secrets = { two, 1, true } } };
	struct fetch_request r;
	char path[200];

	begin((struct http_client_options){ 0 });
	h.basic_auth.present = true;
	h.basic_auth.username = STR("u:\xc3\xa9");
	h.basic_auth.password = STR("p");
	h.http_headers = (struct struct_list){ headers, 2 };
	r = post("/r/307/x", &h);
	run(&r);
	ck_assert_ptr_nonnull(strstr(w.seen.p, "POST /x?|{}\n|Authorization: Basic dTrDqTpw|Content-Type: application/json|X-One: 1|X-Two: 2|Referer: http://127"));
	sbuf_reset(&w.seen);
	snprintf(path, sizeof(path), "/to?http://localhost:%u/y", http_server_port(w.server, 0));
	r = post(path, &h);
	run(&r);
	ck_assert_msg(strstr(w.seen.p, "GET /y?||X-One: 1|Referer: ") != NULL, "%s", w.seen.p);
	end();
}
END_TEST

START_TEST(authorization_and_files)
{
	struct http_config h = plain;
	struct str files[1];
	struct http_header_config headers[] = { { .name = STR("X-One"), .files = { files, 1, true } } };
	char path[] = "/tmp/tocsin-test-XXXXXX";
	struct fetch_request r;
	int fd;

	begin((struct http_client_options){ 0 });
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, "  from file\n", 12), 12);
	close(fd);
	files[0] = str_from(path);
	h.http_headers = (struct struct_list){ headers, 1 };
	h.authorization.present = true;
	h.authorization.type = STR("Custom");
	h.authorization.credentials_file = str_from(path);
	r = post("/f", &h);
	run(&r);
	ck_assert_ptr_nonnull(strstr(w.seen.p, "|Authorization: Custom from file|Content-Type: application/json|X-One: from file|"));
	unlink(path);
	run(&r);
	ck_assert(w.got.resp.transport_error);
	ck_assert_ptr_nonnull(strstr(w.got.error.p, "unable to read headers file /tmp/tocsin-test-"));
	h.http_headers.n = 0;
	run(&r);
	ck_assert_ptr_nonnull(strstr(w.got.error.p, "unable to read authorization credentials: unable to read file /tmp/tocsin-test-"));
	ck_assert_ptr_nonnull(strstr(w.got.error.p, ": no such file or directory"));
	end();
}
END_TEST

START_TEST(errors_have_gos_words)
{
	struct fetch_request r;
	char want[400];

	begin((struct http_client_options){ 0 });
	r = post("/x", &plain);
	http_server_stop(w.server, 0, NULL, NULL);
	run(&r);
	ck_assert(w.got.resp.transport_error && !w.got.resp.timed_out);
	snprintf(want, sizeof(want), "Post \"%s/x\": dial tcp %s: connect: connection refused", w.url, w.url + 7);
	ck_assert_str_eq(w.got.error.p, want);
	r.secret_url = true;
	run(&r);
	snprintf(want, sizeof(want), "Post \"<redacted>\": dial tcp %s: connect: connection refused", w.url + 7);
	ck_assert_str_eq(w.got.error.p, want);
	r.url = STR("ftp://x/");
	r.secret_url = false;
	run(&r);
	ck_assert_str_eq(w.got.error.p, "Post \"ftp://x/\": unsupported protocol scheme \"ftp\"");
	r.url = STR("http://nowhere.invalid/");
	run(&r);
	ck_assert_str_eq(w.got.error.p, "Post \"http://nowhere.invalid/\": dial tcp: lookup nowhere.invalid: no such host");
	r.url = STR("http://u:secret@127.0.0.1:1/");
	run(&r);
	ck_assert_str_eq(w.got.error.p, "Post \"http://u:xxxxx@127.0.0.1:1/\": dial tcp 127.0.0.1:1: connect: connection refused");
	end();
}
END_TEST

START_TEST(time_limits_hold)
{
	struct fetch_request r;
	struct http_call *call;
	char want[400];

	begin((struct http_client_options){ 0 });
	r = post("/hang", &plain);
	call = http_client_start(w.client, &r, in(40 * SPAN_MS), got_answer, &w.got);
	ck_assert_ptr_nonnull(call);
	await(1);
	snprintf(want, sizeof(want), "Post \"%s/hang\": context deadline exceeded", w.url);
	ck_assert_str_eq(w.got.error.p, want);
	ck_assert(!w.got.resp.timed_out);
	r.timeout = 50 * SPAN_MS;
	r.timeout_name = "webhook";
	run(&r);
	snprintf(want, sizeof(want), "Post \"%s/hang\": context deadline exceeded: configured webhook timeout reached (50ms)", w.url);
	ck_assert_str_eq(w.got.error.p, want);
	ck_assert(w.got.resp.timed_out);
	end();
}
END_TEST

START_TEST(a_hanging_host_delays_nobody_else)
{
	struct fetch_request hang, quick;
	struct http_call *calls[8];
	char hang_url[100];

	begin((struct http_client_options){ .per_host = 3, .in_all = 6 });
	hang = post("/hang", &plain);
	snprintf(hang_url, sizeof(hang_url), "http://localhost:%u/hang", http_server_port(w.server, 0));
	hang.url = str_from(hang_url);
	for (int i = 0; i < 8; i++)
		calls[i] = http_client_start(w.client, &hang, in(10 * SPAN_S), got_answer, &w.got);
	quick = post("/quick", &plain);
	for (int i = 0; i < 20; i++)
		run(&quick);
	ck_assert_int_eq(w.got.answers, 20);
	/* Room is given on. */
	for (int i = 0; i < 8; i++) {
		if (i % 2)
			http_client_cancel(&calls[i]);
	}
	while (w.got.answers < 24) {
		http_server_release(w.server, 1);
		event_base_loop(w.base, EVLOOP_ONCE);
	}
	ck_assert_int_eq(w.got.answers, 24);
	end();
}
END_TEST

START_TEST(tokens_are_fetched_once)
{
	struct http_config h = plain;
	struct fetch_request r;
	struct str scopes[] = { STR("a"), STR("b") };
	struct str_pair params[] = { { STR("aud"), STR("x y") } };
	char token_url[200];

	begin((struct http_client_options){ 0 });
	snprintf(token_url, sizeof(token_url), "%s/token", w.url);
	h.oauth2 = (struct oauth2){ .present = true, .client_id = STR("id"), .client_secret = STR("s&"),
		.token_url = str_from(token_url), .scopes = { scopes, 2, true }, .endpoint_params = { params, 1 } };
	r = post("/x", &h);
	for (int i = 0; i < 3; i++)
		ck_assert_ptr_nonnull(http_client_start(w.client, &r, in(10 * SPAN_S), got_answer, &w.got));
	await(3);
	run(&r);
	ck_assert_int_eq(w.tokens, 1);
	ck_assert_ptr_nonnull(strstr(w.seen.p, "POST /token?|aud=x+y&grant_type=client_credentials&scope=a+b|Authorization: Basic aWQ6cyUyNg==|Content-Type: application/x-www-form-urlencoded|User-Agent: Alertmanager/1|"));
	ck_assert_ptr_nonnull(strstr(w.seen.p, "POST /x?|{}\n|Authorization: Bearer tok1|"));
	/* Another secret is another token; one that expires soon is used once. */
	w.token_in_body = true;
	h.oauth2.client_secret = STR("t");
	snprintf(token_url, sizeof(token_url), "%s/token?short", w.url);
	h.oauth2.token_url = str_from(token_url);
	sbuf_reset(&w.seen);
	run(&r);
	ck_assert_ptr_nonnull(strstr(w.seen.p, "client_id=id&client_secret=t&"));
	ck_assert_ptr_nonnull(strstr(w.seen.p, "Bearer tok2|"));
	run(&r);
	ck_assert_ptr_nonnull(strstr(w.seen.p, "Bearer tok3|"));
	end();
}
END_TEST

/* Claims of another configuration, which may stand where those of the first one stood, are another token. */
START_TEST(tokens_are_told_by_what_they_were_asked_for)
{
	static struct http_header lines[] = { { STR_LITERAL("User-Agent"), STR_LITERAL("one") },
		{ STR_LITERAL("User-Agent"), STR_LITERAL("two") } };
	struct yaml_node claims = { .kind = YAML_SCALAR };
	struct http_config h = plain;
	struct fetch_request r;
	char token_url[200];

	begin((struct http_client_options){ 0 });
	snprintf(token_url, sizeof(token_url), "%s/token", w.url);
	h.oauth2 = (struct oauth2){ .present = true, .client_id = STR("id"), .token_url = str_from(token_url),
		.claims = &claims };
	r = post("/x", &h);
	/* Twice the same header must not be more than there is room for. */
	r.headers = lines;
	r.headers_n = 2;
	claims.text = STR("a");
	run(&r);
	run(&r);
	ck_assert_int_eq(w.tokens, 1);
	ck_assert_ptr_nonnull(strstr(w.seen.p, "|Authorization: Basic aWQ6|"));
	claims.text = STR("b");
	run(&r);
	ck_assert_int_eq(w.tokens, 2);
	end();
}
END_TEST

START_TEST(nothing_slips_into_headers_or_errors)
{
	static const struct {
		struct str name, value;
		const char *error;
	} table[] = {
		{ STR_LITERAL("X\r\nY"), STR_LITERAL("1"), "invalid header field name \"X\\r\\nY\"" },
		{ STR_LITERAL("X: a"), STR_LITERAL("1"), "invalid header field name \"X: a\"" },
		{ STR_LITERAL(""), STR_LITERAL("1"), "invalid header field name \"\"" },
		{ STR_LITERAL("X"), STR_LITERAL("a\r\nY: b"), "invalid header field value for \"X\"" },
		{ STR_LITERAL("X"), STR_LITERAL("a\0b"), "invalid header field value for \"X\"" },
		{ STR_LITERAL("X"), STR_LITERAL("a\177"), "invalid header field value for \"X\"" },
	};
	struct http_config h = plain;
	struct http_header line;
	struct fetch_request r;

	begin((struct http_client_options){ 0 });
	r = post("/x", &plain);
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		line = (struct http_header){ table[i].name, table[i].value };
		r.headers = &line;
		r.headers_n = 1;
		run(&r);
		ck_assert(w.got.resp.transport_error);
		ck_assert_msg(strstr(w.got.error.p, table[i].error) != NULL, "%s", w.got.error.p);
	}
	ck_assert_uint_eq(w.seen.n, 0);
	r = post("/x", &plain);
	r.url = STR("http://u:hush@127.0.0.1:port/");
	run(&r);
	ck_assert_str_eq(w.got.error.p, "Post \"<redacted>\": parse \"<redacted>\": not a URL");
	r.url = STR("http://[hush/");
	r.secret_url = true;
	run(&r);
	ck_assert_str_eq(w.got.error.p, "Post \"<redacted>\": parse \"<redacted>\": not a URL");
	r = post("/x", &h);
	h.proxy.proxy_url = STR("gopher://u:hush@127.0.0.1/");
	run(&r);
	ck_assert(w.got.resp.transport_error);
	ck_assert_msg(strstr(w.got.error.p, "proxy's URL is not supported") != NULL, "%s", w.got.error.p);
	end();
}
END_TEST

/* A name for TLS is none of plain HTTP's business. */
START_TEST(server_name_is_for_tls)
{
	struct tls_config tls = { .server_name = STR("elsewhere.invalid") };
	struct http_config h = plain;
	struct fetch_request r;

	begin((struct http_client_options){ 0 });
	h.tls_config = &tls;
	r = post("/x", &h);
	run(&r);
	ck_assert_msg(!w.got.resp.transport_error, "%s", w.got.error.p);
	r.url = STR("http://127.0.0.1/");	/* port 80, where nobody is */
	run(&r);
	ck_assert_msg(strstr(w.got.error.p, "dial tcp 127.0.0.1:80: ") != NULL, "%s", w.got.error.p);
	end();
}
END_TEST

START_TEST(refused_tokens_fail_the_call)
{
	struct http_config h = plain;
	struct fetch_request r;
	char token_url[200];

	begin((struct http_client_options){ 0 });
	snprintf(token_url, sizeof(token_url), "%s/busy", w.url);
	h.oauth2 = (struct oauth2){ .present = true, .client_id = STR("id"), .token_url = str_from(token_url) };
	r = post("/x", &h);
	run(&r);
	ck_assert(w.got.resp.transport_error);
	ck_assert_ptr_nonnull(strstr(w.got.error.p, "/x\": oauth2: cannot fetch token: 429\nResponse: {\"slow\":true}"));
	h.oauth2.client_secret_file = STR("/nonexistent");
	run(&r);
	ck_assert_ptr_nonnull(strstr(w.got.error.p, "unable to read oauth2 client secret: unable to read file /nonexistent: open /nonexistent: no such file or directory"));
	end();
}
END_TEST

static int
count(const char *in, const char *what)
{
	int n = 0;

	for (const char *p = in; (p = strstr(p, what)) != NULL; p++)
		n++;
	return n;
}

START_TEST(odd_tokens_are_read_as_go_does)
{
	static const struct {
		const char *answer;
		int asked;		/* for a token, by two requests: 1 when it is kept */
		const char *token, *error;
	} table[] = {
		{ "{\"access_token\":\"a1\",\"expires_in\":3600,\"x\":\"\xff\\ud83d\"}", 1, "Bearer a1|", NULL },
		{ "{\"access_token\":\"\",\"access_token\":\"a2\",\"expires_in\":\"3600\"}", 1, "Bearer a2|", NULL },
		{ "{\"access_token\":\"a3\",\"expires_in\":\"5\"}", 2, "Bearer a3|", NULL },
		{ "{\"access_token\":\"a4\",\"expires_in\":5,\"id\":1e999}", 2, "Bearer a4|", NULL },
		{ "{\"access_token\":\"a5\",\"expires_in\":99999999999999999999}", 1, "Bearer a5|", NULL },
		{ "{\"access_token\":\"a6\",\"expires_in\":5.0,\"token_type\":\"BASIC\"}", 1, "Basic a6|", NULL },
		{ "{\"access_token\":7}", 2, NULL, "oauth2: server response missing access_token" },
		{ "{\"access_token\":\"a\"", 2, NULL, "oauth2: cannot parse json: unexpected end of JSON input" },
		{ "<html>", 2, NULL, "oauth2: cannot parse json: invalid character '<' looking for beginning of value" },
	};
	struct http_config h = plain;
	struct fetch_request r;
	char token_url[200];

	begin((struct http_client_options){ 0 });
	h.oauth2 = (struct oauth2){ .present = true, .client_id = STR("id") };
	r = post("/x", &h);
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		sbuf_reset(&w.seen);
		w.grant = table[i].answer;
		snprintf(token_url, sizeof(token_url), "%s/grant?%zu", w.url, i);
		h.oauth2.token_url = str_from(token_url);
		run(&r);
		run(&r);
		ck_assert_msg(count(w.seen.p, "POST /grant") == table[i].asked, "%s: %s", w.grant, w.seen.p);
		if (table[i].token != NULL)
			ck_assert_msg(strstr(w.seen.p, table[i].token) != NULL, "%s: %s", w.grant, w.seen.p);
		else
			ck_assert_msg(strstr(w.got.error.p, table[i].error) != NULL, "%s: %s", w.grant, w.got.error.p);
	}
	w.grant = "{\"error\":\"e\",\"error\":\"no\xff\",\"error_description\":\"d\",\"n\":1e999}";
	snprintf(token_url, sizeof(token_url), "%s/grant?400", w.url);
	h.oauth2.token_url = str_from(token_url);
	run(&r);
	ck_assert_msg(strstr(w.got.error.p, "oauth2: \"no\uFFFD\" \"d\"") != NULL, "%s", w.got.error.p);
	end();
}
END_TEST

START_TEST(cancel_at_any_moment)
{
	struct http_config h = plain;
	struct fetch_request r;
	struct http_call *call;
	char token_url[200];

	begin((struct http_client_options){ .per_host = 1 });
	snprintf(token_url, sizeof(token_url), "%s/hang", w.url);
	h.oauth2 = (struct oauth2){ .present = true, .client_id = STR("id"), .token_url = str_from(token_url) };
	r = post("/x", &h);
	call = http_client_start(w.client, &r, in(10 * SPAN_S), got_answer, &w.got);
	while (w.seen.n == 0)
		event_base_loop(w.base, EVLOOP_ONCE);
	http_client_cancel(&call);
	ck_assert_ptr_null(call);
	http_client_cancel(&call);
	r.http = &plain;
	r.url = STR("http://nowhere.invalid/");
	call = http_client_start(w.client, &r, in(10 * SPAN_S), got_answer, &w.got);
	event_base_loop(w.base, EVLOOP_NONBLOCK);
	if (w.got.answers == 0)	/* the name may be refused already */
		http_client_cancel(&call);
	r.url = STR("::");
	call = http_client_start(w.client, &r, in(10 * SPAN_S), got_answer, &w.got);
	http_client_cancel(&call);
	ck_assert_int_le(w.got.answers, 1);
	end();
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, a_post_is_what_it_should_be);
	tcase_add_test(tc, long_answers_are_cut);
	tcase_add_loop_test(tc, redirects_are_followed_as_go_does, 0, ARRAY_LEN(redirects));
	tcase_add_test(tc, redirect_loops_end);
	tcase_add_test(tc, credentials_stay_with_their_host);
	tcase_add_test(tc, authorization_and_files);
	tcase_add_test(tc, errors_have_gos_words);
	tcase_add_test(tc, time_limits_hold);
	tcase_add_test(tc, a_hanging_host_delays_nobody_else);
	tcase_add_test(tc, tokens_are_fetched_once);
	tcase_add_test(tc, tokens_are_told_by_what_they_were_asked_for);
	tcase_add_test(tc, nothing_slips_into_headers_or_errors);
	tcase_add_test(tc, server_name_is_for_tls);
	tcase_add_test(tc, refused_tokens_fail_the_call);
	tcase_add_test(tc, odd_tokens_are_read_as_go_does);
	tcase_add_test(tc, cancel_at_any_moment);
}

int
main(void)
{
	return run_suite("http_client", add);
}
