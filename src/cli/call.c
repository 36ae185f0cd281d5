/* SPDX-License-Identifier: Apache-2.0 */
/* Requests of commands to the API of a server, one at a time, over one connection. */
#include <errno.h>
#include <string.h>

#include "cli.h"
#include "fetch/fetch_wait.h"
#include "loop/errno_text.h"
#include "loop/file.h"
#include "text/json_small.h"
#include "text/url.h"
#include "tls/files.h"

#define REPLY_MAX ((size_t)1 << 30)
#define CONFIG_MAX ((size_t)1 << 20)

/* Where a download goes. */
struct file_sink {
	struct fetch_sink sink;
	int fd;
};

static bool
write_piece(struct fetch_sink *sink, struct str piece, struct err *e)
{
	const struct file_sink *s = CONTAINER_OF(sink, struct file_sink, sink);

	return file_write(s->fd, piece) || err_set(e, ERR_IO, "write the answer: %s", errno_text(errno).s);
}

/* --http.config.file; without it, as amtool, what the environment says of proxies. */
static bool
load_http_config(struct cli *c)
{
	struct str text;

	if (c->http_config_file.n == 0) {
		c->http = ARENA_NEW(c->arena, struct http_config);
		c->http->follow_redirects = c->http->enable_http2 = true;
		c->http->proxy.proxy_from_environment = true;
		return true;
	}
	return file_read_input(c->http_config_file.p, CONFIG_MAX, c->arena, &text, &c->e) &&
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
	if (c->waiter != NULL)
		return true;
	if (!check_url(c) || !load_http_config(c))
		return false;
	c->waiter = fetch_waiter_new(&c->e);
	return c->waiter != NULL;
}

void
cli_hang_up(struct cli *c)
{
	fetch_waiter_free(&c->waiter);
}

/* The message of an error of /api/ext/v1, with what is to blame for it in front, unless it is named already. */
static struct str
blame(struct cli *c, struct json_t *error)
{
	struct str message = json_small_str(error, "message", STR("")), field = json_small_str(error, "field", STR(""));
	int64_t index = json_small_int(error, "index", -1);

	if (field.n > 0 && index >= 0)
		return arena_printf(c->arena, "%.*s[%lld]: %.*s", STR_ARG(field), (long long)index, STR_ARG(message));
	if (field.n > 0 && str_find(message, field) == message.n)
		return arena_printf(c->arena, "%.*s: %.*s", STR_ARG(field), STR_ARG(message));
	return message;
}

/* The server's words: a JSON string, an object with a message or an error, or the text as it is. */
static bool
refused(struct cli *c, const char *method, struct str path, struct str body)
{
	struct str text = str_trim(body);
	struct json_t *j = json_small_parse(text, JSON_DOCUMENT, NULL), *error = json_small_get(j, "error");

	if (json_small_is_object(error))
		text = blame(c, error);
	else
		text = json_small_text(j, json_small_str(j, "message", json_small_text(error, text)));
	text = cli_tame(c->arena, text);
	err_set(&c->e, c->status == 404 ? ERR_NOT_FOUND : ERR_INVALID, "%s %.*s: the server answered %ld%s%.*s",
	    method, STR_ARG(str_sub(path, 0, str_chr(path, '?'))), c->status, text.n > 0 ? ": " : "", STR_ARG(text));
	json_small_free(&j);
	return false;
}

/* The request that a method, a path and a body are. A download may take as long as it likes as long as something comes. */
static struct fetch_request
request(struct cli *c, const char *method, struct str path, struct str body, struct fetch_sink *sink)
{
	struct http_header *headers = ARENA_ARRAY(c->arena, 2, struct http_header);

	headers[0] = (struct http_header){ STR("User-Agent"), STR("tocsin/" TOCSIN_VERSION) };
	headers[1] = (struct http_header){ STR("Content-Type"), STR("application/json") };
	return (struct fetch_request){
		.method = str_from(method),
		.url = arena_printf(c->arena, "%.*s%.*s", STR_ARG(c->url), STR_ARG(path)),
		.body = body,
		.headers = headers,
		.headers_n = body.p != NULL ? 2 : 1,
		.http = c->http,
		.timeout = sink == NULL ? c->timeout : 0,
		.idle = sink != NULL ? c->timeout : 0,
		.connect_timeout = c->timeout,
		.body_max = REPLY_MAX,
		.sink = sink,
		/* It would be taken for done. */
		.keep_method = true,
	};
}

static bool
call(struct cli *c, const char *method, struct str path, struct str body, struct fetch_sink *sink, struct str *out)
{
	struct fetch_response answer;
	struct fetch_request r;
	bool ok;

	c->status = 0;
	if (!cli_dial(c))
		return false;
	r = request(c, method, path, body, sink);
	cli_signals_hold();
	ok = fetch_wait(c->waiter, &r, cli_signals_fd(), c->arena, &answer, &c->e);
	cli_signals_let_go();
	if (!ok)
		return false;
	c->status = answer.status;
	*out = answer.body;
	if (answer.cut)
		return err_set(&c->e, ERR_LIMIT, "%s %.*s: the answer is longer than %zu bytes", method,
		    STR_ARG(str_sub(path, 0, str_chr(path, '?'))), REPLY_MAX);
	return c->status / 100 == 2 || refused(c, method, path, *out);
}

bool
cli_call(struct cli *c, const char *method, struct str path, struct str body, struct str *out)
{
	return call(c, method, path, body, NULL, out);
}

bool
cli_download(struct cli *c, const char *method, struct str path, int fd)
{
	struct file_sink sink = { { write_piece }, fd };
	struct str refusal;

	return call(c, method, path, STR(""), &sink.sink, &refusal);
}

static bool
parse_answer(struct cli *c, struct str answer, enum json_kind kind, const struct json **out)
{
	if (cli_parse_json(c, answer, kind, out))
		return true;
	return err_ctx(&c->e, "the answer of %.*s is not that of an alert router", STR_ARG(shown_url(c)));
}

bool
cli_get(struct cli *c, struct str path, enum json_kind kind, const struct json **out)
{
	struct str answer;

	return cli_call(c, "GET", path, STR_NONE, &answer) && parse_answer(c, answer, kind, out);
}

bool
cli_post(struct cli *c, struct str path, struct str json, enum json_kind kind, const struct json **out)
{
	struct str answer;

	return cli_call(c, "POST", path, json, &answer) && parse_answer(c, answer, kind, out);
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
