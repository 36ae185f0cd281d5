/* SPDX-License-Identifier: Apache-2.0 */
#include "http_hop.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/quote.h"
#include "config/http_config.h"
#include "http/header.h"
#include "http_proxy.h"
#include "loop/file.h"
#include "text/base64.h"
#include "tls/curl.h"

#define CONNECT_TIMEOUT_MS 10000
#define KEEP_IDLE_S 300
#define HEADER_MAX (2 * FILE_SMALL_MAX)

/* An option that libcurl refuses is a mistake of ours: all are known to 7.88. */
#define SET(easy, option, value)                                             \
	do {                                                                 \
		CURLcode code_ = curl_easy_setopt((easy), (option), (value)); \
		assert(code_ == CURLE_OK);                                   \
	} while (0)

static bool
is_for_sink(const struct http_hop *hop)
{
	long status = 0;

	return hop->r->sink != NULL && curl_easy_getinfo(hop->easy, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK &&
	    status / 100 == 2;
}

static size_t
on_body(char *p, size_t size, size_t n, void *arg)
{
	struct http_hop *hop = arg;
	size_t room = hop->body.max - hop->body.n;

	n *= size;
	if (is_for_sink(hop)) {
		hop->has_error = !hop->r->sink->put(hop->r->sink, (struct str){ p, n }, hop->error);
		return hop->has_error ? 0 : n;
	}
	sbuf_put(&hop->body, p, n < room ? n : room);
	if (n <= room)
		return n;
	/* A server that sends more than anyone asked for is not waited for. */
	hop->cut = true;
	return 0;
}

void
http_hop_forget_answer(struct http_hop *hop)
{
	hop->content_type = hop->location = hop->retry_after = STR_NONE;
	hop->framed = hop->cut = false;
	hop->status = 0;
	sbuf_reset(&hop->body);
}

void
http_hop_take_header(struct http_hop *hop, struct str name, struct str value)
{
	if (str_caseeq(name, STR("Content-Type")))
		hop->content_type = arena_str(hop->arena, value);
	else if (str_caseeq(name, STR("Location")) && hop->location.n == 0)
		hop->location = arena_str(hop->arena, value);
	else if (str_caseeq(name, STR("Retry-After")))
		hop->retry_after = arena_str(hop->arena, value);
	else if (str_caseeq(name, STR("Content-Length")) || str_caseeq(name, STR("Transfer-Encoding")))
		hop->framed = true;
}

static size_t
on_header(char *p, size_t size, size_t n, void *arg)
{
	struct http_hop *hop = arg;
	struct str line = { p, n * size };
	struct http_header h;

	if (str_starts(line, STR("HTTP/"))) {
		/* Headers of a 100 Continue do not count. */
		http_hop_forget_answer(hop);
	} else if (str_is(line, "\r\n") || str_is(line, "\n")) {
		long status = 0;

		if (curl_easy_getinfo(hop->easy, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK && status >= 200)
			hop->status = (int)status;
	} else if (http_header_next(&line, &h)) {
		http_hop_take_header(hop, h.name, h.value);
	}
	return n * size;
}

/* It may have waited for a place, a name or a connection for so long that it is not to leave any more. */
static int
on_connected(void *arg, char *ip, char *own_ip, int port, int own_port)
{
	struct http_hop *hop = arg;

	(void)ip;
	(void)own_ip;
	(void)port;
	(void)own_port;
	hop->has_error = !hop->r->gate->open(hop->r->gate, hop->error);
	return hop->has_error ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

/* The list is in the arena, where libcurl only reads it; the line is borrowed. */
static void
add_line(struct curl_slist **list, struct arena *a, const char *line)
{
	struct curl_slist *more = ARENA_NEW(a, struct curl_slist);

	memcpy(&more->data, &line, sizeof(line));
	while (*list != NULL)
		list = &(*list)->next;
	*list = more;
}

static bool
add_header(struct curl_slist **list, struct arena *a, struct str name, struct str value, struct err *e)
{
	char *line;

	value = str_trim(value);
	if (!http_is_token(name)) {
		struct sbuf quoted = SBUF_INIT(1000);

		quote_go(&quoted, name);
		err_set(e, ERR_INVALID, "net/http: invalid header field name %s", sbuf_cstr(&quoted));
		sbuf_fini(&quoted);
		return false;
	}
	if (!http_is_header_value(value))
		return err_set(e, ERR_INVALID, "net/http: invalid header field value for \"%.*s\"", STR_ARG(name));
	if (name.n + value.n + 2 > HEADER_MAX)
		return err_set(e, ERR_LIMIT, "header \"%.*s\" is longer than %zu bytes", STR_ARG(name), HEADER_MAX);
	name = http_canonical_name(a, name);
	line = arena_alloc(a, name.n + value.n + 3);
	memcpy(line, name.p, name.n);
	/* libcurl's way of saying that the value is empty. */
	memcpy(line + name.n, value.n > 0 ? ": " : ";", 2);
	if (value.n > 0)
		memcpy(line + name.n + 2, value.p, value.n);
	add_line(list, a, line);
	return true;
}

bool
http_secret(struct str text, struct str file, struct arena *a, struct str *out, struct err *e)
{
	if (text.n > 0 || file.n == 0) {
		*out = text;
		return true;
	}
	if (!file_read_small(file, a, out, e))
		return err_ctx(e, "unable to read file %.*s", STR_ARG(file));
	*out = str_trim(*out);
	return true;
}

bool
http_authorization(const struct http_config *h, struct arena *a, struct str *out, struct err *e)
{
	*out = STR_NONE;
	if (h->basic_auth.present) {
		struct str user, password;
		struct sbuf plain = SBUF_INIT(SBUF_UNLIMITED), coded = SBUF_INIT(SBUF_UNLIMITED);

		if (!http_secret(h->basic_auth.username, h->basic_auth.username_file, a, &user, e))
			return err_ctx(e, "unable to read basic auth username");
		if (!http_secret(h->basic_auth.password, h->basic_auth.password_file, a, &password, e))
			return err_ctx(e, "unable to read basic auth password");
		sbuf_str(&plain, user);
		sbuf_putc(&plain, ':');
		sbuf_str(&plain, password);
		base64_encode(&coded, sbuf_get(&plain), BASE64_STD);
		*out = arena_printf(a, "Basic %.*s", STR_ARG(sbuf_get(&coded)));
		sbuf_fini(&plain);
		sbuf_fini(&coded);
	} else if (h->authorization.present) {
		struct str credentials, type = h->authorization.type;

		if (!http_secret(h->authorization.credentials, h->authorization.credentials_file, a, &credentials, e))
			return err_ctx(e, "unable to read authorization credentials");
		*out = arena_printf(a, "%.*s %.*s", STR_ARG(type.n > 0 ? type : STR("Bearer")), STR_ARG(credentials));
	}
	return true;
}

/* http_headers of the configuration. */
static bool
add_configured(struct http_hop *hop, struct err *e)
{
	const struct http_header_config *h = hop->r->http->http_headers.v;

	for (size_t i = 0; i < hop->r->http->http_headers.n; i++) {
		for (size_t k = 0; k < h[i].values.n; k++)
			if (!add_header(&hop->headers, hop->arena, h[i].name, h[i].values.v[k], e))
				return false;
		if (hop->strange_host)
			continue;
		for (size_t k = 0; k < h[i].secrets.n; k++)
			if (!add_header(&hop->headers, hop->arena, h[i].name, h[i].secrets.v[k], e))
				return false;
		for (size_t k = 0; k < h[i].files.n; k++) {
			struct str value;

			if (!file_read_small(h[i].files.v[k], hop->arena, &value, e))
				return err_ctx(e, "unable to read headers file %.*s", STR_ARG(h[i].files.v[k]));
			if (!add_header(&hop->headers, hop->arena, h[i].name, str_trim(value), e))
				return false;
		}
	}
	return true;
}

static bool
is_one_of(struct str name, const char *const *names)
{
	for (; *names != NULL; names++)
		if (str_caseeq(name, str_from(*names)))
			return true;
	return false;
}

static bool
add_headers(struct http_hop *hop, struct err *e)
{
	static const char *const private[] = { "Authorization", "Cookie", "Cookie2", "Proxy-Authorization",
		"Www-Authenticate", NULL };
	static const char *const of_body[] = { "Content-Type", "Content-Encoding", "Content-Language",
		"Content-Location", NULL };
	/* Headers that libcurl adds unasked and Go does not; a name and nothing else takes it away. */
	static const char *const unwanted[] = { "Accept:", "Expect:", "User-Agent:", "Content-Type:", NULL };
	const struct fetch_request *r = hop->r;
	struct str authorization = hop->authorization;
	bool has_authorization = false, ok = true;

	for (size_t i = 0; i < r->headers_n && ok; i++) {
		if ((hop->strange_host && is_one_of(r->headers[i].name, private)) ||
		    (hop->no_body && is_one_of(r->headers[i].name, of_body)))
			continue;
		has_authorization = has_authorization || str_caseeq(r->headers[i].name, STR("Authorization"));
		ok = add_header(&hop->headers, hop->arena, r->headers[i].name, r->headers[i].value, e);
	}
	if (ok && r->traceparent.n > 0)
		ok = add_header(&hop->headers, hop->arena, STR("traceparent"), r->traceparent, e);
	ok = ok && add_configured(hop, e);
	if (ok && !has_authorization && !hop->strange_host) {
		if (authorization.n == 0)
			ok = http_authorization(r->http, hop->arena, &authorization, e);
		if (ok && authorization.n > 0)
			ok = add_header(&hop->headers, hop->arena, STR("Authorization"), authorization, e);
	}
	if (ok && hop->referer.n > 0)
		ok = add_header(&hop->headers, hop->arena, STR("Referer"), hop->referer, e);
	for (size_t i = 0; unwanted[i] != NULL && ok; i++) {
		size_t n = strlen(unwanted[i]) - 1;
		const struct curl_slist *l = hop->headers;

		while (l != NULL && !(strncasecmp(l->data, unwanted[i], n) == 0 && (l->data[n] == ':' || l->data[n] == ';')))
			l = l->next;
		if (l == NULL)
			add_line(&hop->headers, hop->arena, unwanted[i]);
	}
	return ok;
}

/*
 * SNI and the name to verify follow the host of the URL in libcurl. With a
 * server_name of its own, that name takes the host's place there, and the real
 * host stays where the connection goes and what the Host header says.
 */
static bool
set_server_name(struct http_hop *hop, struct url *u, struct str name, struct err *e)
{
	struct str host = url_hostname(u), port = url_port(u);
	struct str real = u->host;
	bool v6 = str_chr(name, ':') < name.n;

	if (port.n == 0)
		port = STR("443");
	add_line(&hop->connect_to, hop->arena, arena_printf(hop->arena, v6 ? "[%.*s]:%.*s:%s%.*s%s:%.*s" :
	    "%.*s:%.*s:%s%.*s%s:%.*s", STR_ARG(name), STR_ARG(port), str_chr(host, ':') < host.n ? "[" : "",
	    STR_ARG(host), str_chr(host, ':') < host.n ? "]" : "", STR_ARG(port)).p);
	SET(hop->easy, CURLOPT_CONNECT_TO, hop->connect_to);
	u->host = arena_printf(hop->arena, v6 ? "[%.*s]:%.*s" : "%.*s:%.*s", STR_ARG(name), STR_ARG(port));
	return add_header(&hop->headers, hop->arena, STR("Host"), real, e);
}

static bool
set_tls(struct http_hop *hop, struct url *u, struct err *e)
{
	const struct tls_config *t = hop->r->http->tls_config;

	if (!tls_curl_set(hop->easy, t, hop->arena, &hop->authorities, e))
		return false;
	if (t == NULL || t->server_name.n == 0 || !str_is(u->scheme, "https"))
		return true;
	return set_server_name(hop, u, t->server_name, e);
}

static bool
set_proxy(struct http_hop *hop, struct err *e)
{
	const struct proxy_config *p = &hop->r->http->proxy;
	const struct http_header_config *h = p->proxy_connect_header.v;
	struct str proxy = http_proxy_for(p, &hop->url, hop->arena);

	/* The empty name keeps libcurl from looking into the environment by itself. */
	SET(hop->easy, CURLOPT_PROXY, proxy.n > 0 ? proxy.p : "");
	SET(hop->easy, CURLOPT_NOPROXY, "");
	hop->direct = proxy.n == 0;
	if (proxy.n == 0)
		return true;
	SET(hop->easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	SET(hop->easy, CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE);
	for (size_t i = 0; i < p->proxy_connect_header.n; i++) {
		const struct str_list *const lists[] = { &h[i].values, &h[i].secrets };

		for (size_t k = 0; k < ARRAY_LEN(lists); k++)
			for (size_t m = 0; m < lists[k]->n; m++)
				if (!add_header(&hop->proxy_headers, hop->arena, h[i].name, lists[k]->v[m], e))
					return false;
	}
	if (hop->proxy_headers != NULL)
		SET(hop->easy, CURLOPT_PROXYHEADER, hop->proxy_headers);
	return true;
}

static void
set_method(struct http_hop *hop)
{
	struct str body = hop->no_body ? STR_NONE : hop->r->body;
	CURL *easy = hop->easy;

	if (str_is(hop->method, "HEAD")) {
		SET(easy, CURLOPT_NOBODY, 1L);
		return;
	}
	if (str_is(hop->method, "GET") && body.n == 0) {
		SET(easy, CURLOPT_HTTPGET, 1L);
		return;
	}
	if (body.n > 0 || str_is(hop->method, "POST") || str_is(hop->method, "PUT") || str_is(hop->method, "PATCH")) {
		SET(easy, CURLOPT_POST, 1L);
		SET(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.n);
		SET(easy, CURLOPT_POSTFIELDS, body.n > 0 ? body.p : "");
	}
	SET(easy, CURLOPT_CUSTOMREQUEST, arena_str(hop->arena, hop->method).p);
}

static long
connect_timeout_ms(const struct fetch_request *r)
{
	return r->connect_timeout <= 0 ? CONNECT_TIMEOUT_MS : (long)((r->connect_timeout + SPAN_MS - 1) / SPAN_MS);
}

bool
http_hop_prepare(struct http_hop *hop, struct err *e)
{
	hop->body = (struct sbuf)SBUF_INIT(hop->r->body_max > 0 ? hop->r->body_max : HTTP_BODY_MAX);
	hop->headers = hop->known_headers;
	return hop->headers != NULL || add_headers(hop, e);
}

/*
 * COMPAT: a template may have put blanks into the query. Alertmanager's requests have them in their first line, which
 * servers refuse.
 */
static struct str
query_written(struct arena *a, struct str query)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct str out;

	if (str_chr(query, ' ') == query.n)
		return query;
	for (size_t i = 0; i < query.n; i++) {
		if (query.p[i] == ' ')
			sbuf_puts(&b, "%20");
		else
			sbuf_putc(&b, query.p[i]);
	}
	out = arena_str(a, sbuf_get(&b));
	sbuf_fini(&b);
	return out;
}

bool
http_hop_begin(struct http_hop *hop, struct err *e)
{
	struct url u = hop->url;
	struct sbuf text = SBUF_INIT(SBUF_UNLIMITED);
	CURL *easy = curl_easy_init();

	assert(easy != NULL);
	hop->easy = easy;
	SET(easy, CURLOPT_ERRORBUFFER, hop->curl_error);
	SET(easy, CURLOPT_NOSIGNAL, 1L);
	SET(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	SET(easy, CURLOPT_PATH_AS_IS, 1L);
	SET(easy, CURLOPT_CONNECTTIMEOUT_MS, connect_timeout_ms(hop->r));
	SET(easy, CURLOPT_MAXAGE_CONN, (long)KEEP_IDLE_S);
	SET(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	SET(easy, CURLOPT_TCP_KEEPIDLE, (long)HTTP_ALIVE_S);
	SET(easy, CURLOPT_TCP_KEEPINTVL, (long)HTTP_ALIVE_S);
	/* Without it, giving up while a name is being resolved waits for the resolver. */
	SET(easy, CURLOPT_QUICK_EXIT, 1L);
	SET(easy, CURLOPT_HTTP_VERSION, hop->r->http->enable_http2 ? (long)CURL_HTTP_VERSION_2TLS :
	    (long)CURL_HTTP_VERSION_1_1);
	SET(easy, CURLOPT_WRITEFUNCTION, on_body);
	SET(easy, CURLOPT_WRITEDATA, hop);
	SET(easy, CURLOPT_HEADERFUNCTION, on_header);
	SET(easy, CURLOPT_HEADERDATA, hop);
	if (hop->r->once) {
		SET(easy, CURLOPT_FRESH_CONNECT, 1L);
		SET(easy, CURLOPT_FORBID_REUSE, 1L);
	}
	if (hop->r->gate != NULL) {
		SET(easy, CURLOPT_PREREQFUNCTION, on_connected);
		SET(easy, CURLOPT_PREREQDATA, hop);
	}
	set_method(hop);
	if (!set_tls(hop, &u, e) || !set_proxy(hop, e))
		return false;
	SET(easy, CURLOPT_HTTPHEADER, hop->headers);
	u.fragment = u.raw_fragment = STR_NONE;
	u.query = query_written(hop->arena, u.query);
	url_format(&text, &u);
	SET(easy, CURLOPT_URL, sbuf_cstr(&text));
	sbuf_fini(&text);
	return true;
}

void
http_hop_end(struct http_hop *hop)
{
	if (hop->easy != NULL)
		curl_easy_cleanup(hop->easy);
	hop->easy = NULL;
	X509_STORE_free(hop->authorities);
	hop->authorities = NULL;
	hop->headers = hop->proxy_headers = hop->connect_to = hop->known_headers = NULL;
	hop->form = NULL;
	sbuf_fini(&hop->body);
	hop->content_type = hop->location = hop->retry_after = STR_NONE;
	hop->cut = hop->has_error = hop->left = hop->framed = false;
	hop->status = 0;
	hop->curl_error[0] = '\0';
}

bool
http_hop_gone_out(const struct http_hop *hop)
{
	long bytes = 0;

	return hop->left || (hop->easy != NULL && curl_easy_getinfo(hop->easy, CURLINFO_REQUEST_SIZE, &bytes) == CURLE_OK && bytes > 0);
}

curl_off_t
http_hop_retry_after(const struct http_hop *hop, struct clock *clock)
{
	struct str text = hop->retry_after;
	time_t date;

	if (text.n == 0)
		return 0;
	if (text.p[0] >= '0' && text.p[0] <= '9' && str_chr(text, ' ') == text.n)
		return strtoll(text.p, NULL, 10);
	date = curl_getdate(text.p, NULL);
	return date < 0 ? 0 : date - clock->now(clock).wall.s;
}
