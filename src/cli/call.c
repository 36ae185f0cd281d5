/* SPDX-License-Identifier: Apache-2.0 */
/* Requests of commands to the API of a server, one at a time, over one connection. */
#include <assert.h>
#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "setup/files.h"
#include "text/json_small.h"
#include "text/url.h"
#include "tls/files.h"

#define REPLY_MAX ((size_t)1 << 30)
#define SECRET_MAX ((size_t)1 << 20)

#define SET(curl, option, value)                                              \
	do {                                                                  \
		CURLcode code_ = curl_easy_setopt((curl), (option), (value)); \
		assert(code_ == CURLE_OK);                                    \
	} while (0)

/* Where an answer goes. */
struct reply {
	CURL *curl;
	struct sbuf text;
	int fd;		/* … what it has, if it is no refusal; -1: to `text`, too */
	int error;	/* of writing there */
};

static bool
write_whole(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t done = write(fd, p, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		p += done;
		n -= (size_t)done;
	}
	return true;
}

static size_t
take_reply(char *p, size_t size, size_t n, void *arg)
{
	struct reply *r = arg;
	long status = 0;

	if (r->fd >= 0)
		curl_easy_getinfo(r->curl, CURLINFO_RESPONSE_CODE, &status);
	if (status / 100 == 2) {
		if (write_whole(r->fd, p, size * n))
			return size * n;
		r->error = errno;
		return 0;
	}
	sbuf_put(&r->text, p, size * n);
	return r->text.overflow ? 0 : size * n;
}

/* The value written down, or what its file holds; NUL-terminated. */
static bool
secret(struct cli *c, struct str text, struct str file, struct str *out)
{
	if (file.n > 0 && !files_read(arena_str(c->arena, file).p, SECRET_MAX, c->arena, &text, &c->e))
		return false;
	*out = arena_str(c->arena, file.n > 0 ? str_trim(text) : text);
	return true;
}

static void
set_blob(CURL *curl, CURLoption option, struct str pem)
{
	struct curl_blob blob = { .len = pem.n, .flags = CURL_BLOB_COPY };

	/* curl does not write to it. */
	memcpy(&blob.data, &pem.p, sizeof(pem.p));
	if (pem.n > 0)
		SET(curl, option, &blob);
}

static bool
use_tls(struct cli *c, CURL *curl, const struct tls_config *t)
{
	struct str ca, cert, key;

	if (t == NULL)
		return true;
	if (t->server_name.n > 0)
		return err_set(&c->e, ERR_INVALID, "%.*s: tls_config.server_name is not supported here",
		    STR_ARG(c->http_config_file));
	if (!secret(c, t->ca, t->ca_file, &ca) || !secret(c, t->cert, t->cert_file, &cert) ||
	    !secret(c, t->key, t->key_file, &key))
		return false;
	set_blob(curl, CURLOPT_CAINFO_BLOB, ca);
	set_blob(curl, CURLOPT_SSLCERT_BLOB, cert);
	set_blob(curl, CURLOPT_SSLKEY_BLOB, key);
	SET(curl, CURLOPT_SSL_VERIFYPEER, t->insecure_skip_verify ? 0L : 1L);
	SET(curl, CURLOPT_SSL_VERIFYHOST, t->insecure_skip_verify ? 0L : 2L);
	return true;
}

static void
use_proxy(struct cli *c, CURL *curl, const struct proxy_config *p)
{
	const char *none = getenv("no_proxy");

	if (p != NULL && p->proxy_url.n > 0)
		SET(curl, CURLOPT_PROXY, arena_str(c->arena, p->proxy_url).p);
	if (none == NULL)
		none = getenv("NO_PROXY");
	if (p != NULL && p->proxy_url.n > 0)
		none = arena_str(c->arena, p->no_proxy).p;
	/* What runs on this machine is not behind a proxy. */
	SET(curl, CURLOPT_NOPROXY, arena_printf(c->arena, "localhost,127.0.0.1,::1,%s", none != NULL ? none : "").p);
}

/* What --http.config.file says, but for headers. */
static bool
use_http_config(struct cli *c, CURL *curl)
{
	const struct http_config *h = c->http;

	if (h->oauth2.present)
		return err_set(&c->e, ERR_INVALID, "%.*s: oauth2 is not supported here", STR_ARG(c->http_config_file));
	if (h->basic_auth.present) {
		struct str user, password;

		if (!secret(c, h->basic_auth.username, h->basic_auth.username_file, &user) ||
		    !secret(c, h->basic_auth.password, h->basic_auth.password_file, &password))
			return false;
		SET(curl, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
		SET(curl, CURLOPT_USERNAME, user.p);
		SET(curl, CURLOPT_PASSWORD, password.p);
	}
	return use_tls(c, curl, h->tls_config);
}

static bool
load_http_config(struct cli *c)
{
	struct str text;

	if (c->http_config_file.n == 0 || c->http != NULL)
		return true;
	return files_read(c->http_config_file.p, SECRET_MAX, c->arena, &text, &c->e) &&
	    http_config_load(text, c->http_config_file.p, c->arena, &c->http, &c->e) && http_config_check(c->http, &c->e);
}

/* The URL without what is nobody's business. */
static struct str
shown_url(struct cli *c)
{
	struct sbuf b = SBUF_INIT(1 << 16);
	struct str out = c->url;
	struct url u;

	if (url_parse(c->arena, c->url, &u, NULL) && u.has_user) {
		u.has_user = u.has_password = false;
		url_format(&b, &u);
		out = arena_str(c->arena, sbuf_get(&b));
	}
	sbuf_fini(&b);
	return out;
}

/* The address to talk to: with a scheme, without slashes at its end. */
static bool
check_url(struct cli *c)
{
	struct url u;

	if (str_find(c->url, STR("://")) == c->url.n)
		c->url = arena_printf(c->arena, "http://%.*s", STR_ARG(c->url));
	while (c->url.n > 0 && c->url.p[c->url.n - 1] == '/')
		c->url.n--;
	if (!url_parse(c->arena, c->url, &u, &c->e))
		return err_ctx(&c->e, "--alertmanager.url");
	if ((!str_is(u.scheme, "http") && !str_is(u.scheme, "https")) || u.host.n == 0 || u.query.n > 0 ||
	    u.fragment.n > 0)
		return err_set(&c->e, ERR_INVALID, "--alertmanager.url: \"%.*s\" is not of the form http://host:port/prefix",
		    STR_ARG(shown_url(c)));
	if (u.has_user && c->http_config_file.n > 0)
		return err_set(&c->e, ERR_INVALID,
		    "basic authentication and --http.config.file are mutually exclusive");
	return true;
}

bool
cli_dial(struct cli *c)
{
	CURL *curl;

	if (c->curl != NULL)
		return true;
	if (!check_url(c) || !load_http_config(c))
		return false;
	curl = c->curl = curl_easy_init();
	if (curl == NULL)
		return err_set(&c->e, ERR_IO, "cannot start libcurl");
	SET(curl, CURLOPT_NOSIGNAL, 1L);
	SET(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	SET(curl, CURLOPT_MAXREDIRS, 5L);
	SET(curl, CURLOPT_USERAGENT, "tocsin/" TOCSIN_VERSION);
	SET(curl, CURLOPT_WRITEFUNCTION, take_reply);
	use_proxy(c, curl, c->http != NULL ? &c->http->proxy : NULL);
	return c->http == NULL || use_http_config(c, curl);
}

void
cli_hang_up(struct cli *c)
{
	if (c->curl != NULL)
		curl_easy_cleanup(c->curl);
	c->curl = NULL;
}

static bool
add_header(struct cli *c, struct curl_slist **list, struct str name, struct str value)
{
	struct curl_slist *longer = NULL;

	if (str_chr(value, '\n') == value.n && str_chr(value, '\r') == value.n)
		longer = curl_slist_append(*list, arena_printf(c->arena, "%.*s: %.*s", STR_ARG(name), STR_ARG(value)).p);
	if (longer == NULL)
		return err_set(&c->e, ERR_INVALID, "cannot send header %.*s", STR_ARG(name));
	*list = longer;
	return true;
}

static bool
add_headers(struct cli *c, struct curl_slist **list)
{
	const struct http_header_config *h = c->http != NULL ? c->http->http_headers.v : NULL;
	struct str value;

	/* Without "Expect" curl waits for nobody before it sends a body. */
	if (!add_header(c, list, STR("Content-Type"), STR("application/json")) ||
	    !add_header(c, list, STR("Expect"), STR("")))
		return false;
	if (c->http != NULL && c->http->authorization.present) {
		struct authorization *auth = &c->http->authorization;

		if (!secret(c, auth->credentials, auth->credentials_file, &value) ||
		    !add_header(c, list, STR("Authorization"),
			arena_printf(c->arena, "%.*s %.*s", STR_ARG(auth->type.n > 0 ? auth->type : STR("Bearer")),
			    STR_ARG(value))))
			return false;
	}
	for (size_t i = 0; h != NULL && i < c->http->http_headers.n; i++) {
		const struct str_list *plain[] = { &h[i].values, &h[i].secrets, &h[i].files };

		for (size_t k = 0; k < ARRAY_LEN(plain); k++)
			for (size_t j = 0; j < plain[k]->n; j++) {
				struct str v = plain[k]->v[j];

				if (!secret(c, v, k == 2 ? v : STR_NONE, &value) ||
				    !add_header(c, list, h[i].name, value))
					return false;
			}
	}
	return true;
}

/* The server's words: a JSON string, an object with a message, or the text as it is. */
static bool
refused(struct cli *c, const char *method, struct str path, struct str body)
{
	struct str text = str_trim(body);
	struct json_t *j = json_small_parse(text, JSON_DOCUMENT, NULL);

	text = json_small_text(j, json_small_str(j, "message", text));
	err_set(&c->e, c->status == 404 ? ERR_NOT_FOUND : ERR_INVALID, "%s %.*s: the server answered %ld%s%.*s",
	    method, STR_ARG(str_sub(path, 0, str_chr(path, '?'))), c->status, text.n > 0 ? ": " : "", STR_ARG(text));
	json_small_free(&j);
	return false;
}

/* Of a file, which may take as long as it likes as long as something comes. */
static void
be_patient(struct cli *c, bool patient)
{
	long s = (long)((c->timeout + SPAN_S - 1) / SPAN_S), ms = (long)(c->timeout / SPAN_MS);

	SET(c->curl, CURLOPT_TIMEOUT_MS, patient ? 0L : ms > 0 ? ms : 1);
	SET(c->curl, CURLOPT_CONNECTTIMEOUT_MS, patient && ms > 0 ? ms : 0L);
	SET(c->curl, CURLOPT_LOW_SPEED_LIMIT, patient ? 1L : 0L);
	SET(c->curl, CURLOPT_LOW_SPEED_TIME, patient ? s : 0L);
}

static bool
call(struct cli *c, const char *method, struct str path, struct str body, int fd, struct str *out)
{
	struct curl_slist *headers = NULL;
	struct reply reply = { .text.max = REPLY_MAX, .fd = fd };
	char why[CURL_ERROR_SIZE] = "";
	bool ok = false, follow;
	CURLcode code;

	c->status = 0;
	if (!cli_dial(c) || !add_headers(c, &headers))
		goto out;
	reply.curl = c->curl;
	be_patient(c, fd >= 0);
	follow = strcmp(method, "GET") == 0 && (c->http == NULL || c->http->follow_redirects);
	SET(c->curl, CURLOPT_URL, arena_printf(c->arena, "%.*s%.*s", STR_ARG(c->url), STR_ARG(path)).p);
	if (body.p != NULL) {
		SET(c->curl, CURLOPT_POSTFIELDS, body.p);
		SET(c->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.n);
	} else {
		SET(c->curl, CURLOPT_HTTPGET, 1L);
	}
	SET(c->curl, CURLOPT_FOLLOWLOCATION, (long)follow);
	SET(c->curl, CURLOPT_CUSTOMREQUEST, method);
	SET(c->curl, CURLOPT_ERRORBUFFER, why);
	SET(c->curl, CURLOPT_WRITEDATA, &reply);
	SET(c->curl, CURLOPT_HTTPHEADER, headers);
	code = curl_easy_perform(c->curl);
	SET(c->curl, CURLOPT_ERRORBUFFER, NULL);
	SET(c->curl, CURLOPT_HTTPHEADER, NULL);
	if (reply.error != 0) {
		err_set(&c->e, ERR_IO, "write the answer: %s", strerrordesc_np(reply.error));
		goto out;
	}
	if (code != CURLE_OK) {
		err_set(&c->e, ERR_IO, "%s %.*s%.*s: %s", method, STR_ARG(shown_url(c)),
		    STR_ARG(str_sub(path, 0, str_chr(path, '?'))), why[0] != '\0' ? why : curl_easy_strerror(code));
		goto out;
	}
	curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &c->status);
	*out = arena_str(c->arena, sbuf_get(&reply.text));
	ok = c->status / 100 == 2 || refused(c, method, path, *out);
out:
	curl_slist_free_all(headers);
	sbuf_fini(&reply.text);
	return ok;
}

bool
cli_call(struct cli *c, const char *method, struct str path, struct str body, struct str *out)
{
	return call(c, method, path, body, -1, out);
}

bool
cli_download(struct cli *c, const char *method, struct str path, int fd)
{
	struct str refusal;

	return call(c, method, path, STR(""), fd, &refusal);
}

bool
cli_get(struct cli *c, struct str path, enum json_kind kind, const struct json **out)
{
	struct str body;

	if (!cli_call(c, "GET", path, STR_NONE, &body))
		return false;
	if (cli_parse_json(c, body, kind, out))
		return true;
	return err_ctx(&c->e, "the answer of %.*s is not that of an alert router", STR_ARG(shown_url(c)));
}

bool
cli_server_config(struct cli *c, struct str *out)
{
	const struct json *status;

	if (!cli_get(c, STR("/api/v2/status"), JSON_OBJECT, &status))
		return false;
	*out = json_get_str(json_get(status, "config"), "original", STR_NONE);
	return out->n > 0 ? true : err_set(&c->e, ERR_INVALID, "the server does not show its configuration");
}
