/* SPDX-License-Identifier: Apache-2.0 */
/* The web page: its document, the files that it is made of, and paths that stand for one of its views. */
#include "base/mem.h"
#include "ext_overview.h"
#include "negotiate.h"
#include "packed.h"
#include "ui/ui.h"
#include "ui_json.h"
#include "watch.h"

/*
 * Headers of the page and its files alone, as nothing else is a document of ours. An administrator's own values
 * replace these (serve/web_config.c).
 */
static const struct {
	const char *name, *value;
} protections[] = {
	{ "Content-Security-Policy",
	    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; manifest-src 'self'; "
	    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'; require-trusted-types-for 'script'; trusted-types "
	    "'none'" },
	{ "X-Content-Type-Options", "nosniff" },
	{ "Referrer-Policy", "same-origin" },
	{ "Cross-Origin-Resource-Policy", "same-origin" },
	{ "Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=()" },
};

static void
put_type(struct call *c, const char *type)
{
	c->resp->status = 200;
	http_response_header(c->resp, "Content-Type", str_from(type));
	for (size_t i = 0; i < ARRAY_LEN(protections); i++)
		http_response_header(c->resp, protections[i].name, str_from(protections[i].value));
}

static void
forbid_keeping(struct call *c)
{
	http_response_header(c->resp, "Cache-Control", STR("no-cache, no-store, must-revalidate"));
	http_response_header(c->resp, "Pragma", STR("no-cache"));
	http_response_header(c->resp, "Expires", STR("0"));
}

/* The document, with the data that the page begins with. */
struct index_reply {
	struct packed body;
	const struct api *api;
	struct principal principal;	/* in the arena of the request */
};

static void
write_principal(const struct principal *p, struct json_writer *w)
{
	static const struct {
		const char *what;
		enum scope scope;
	} deeds[] = {
		{ "silence", SCOPE_WRITE },
		{ "ack", SCOPE_WRITE },
		{ "test", SCOPE_WRITE },
		{ "reload", SCOPE_ADMIN },
	};

	json_key(w, STR("me"));
	json_object_begin(w);
	if (p->name.n > 0)
		json_put_str(w, "name", p->name);
	else
		json_put_null(w, "name");
	if (p->source != NULL)
		json_put_str(w, "source", str_from(p->source));
	else
		json_put_null(w, "source");
	json_key(w, STR("can"));
	json_array_begin(w);
	for (size_t i = 0; i < ARRAY_LEN(deeds); i++)
		if (principal_may(p, deeds[i].scope))
			json_str(w, str_from(deeds[i].what));
	json_array_end(w);
	json_object_end(w);
}

static void
write_boot(const struct index_reply *r, struct sbuf *out, struct moment now)
{
	const struct api_env *env = &r->api->env;
	struct sbuf prefix = SBUF_INIT(SBUF_UNLIMITED);
	struct json_writer w;

	sbuf_str(&prefix, env->route_prefix);
	if (prefix.n > 1)
		sbuf_putc(&prefix, '/');
	json_writer_init(&w, out, JSON_HTML_ESCAPED);
	json_object_begin(&w);
	json_put_str(&w, "prefix", sbuf_get(&prefix));
	json_put_str(&w, "external_url", env->external_url);
	json_put_str(&w, "version", str_from(env->build->own_version));
	json_put_str(&w, "instance", instance_name());
	json_put_str(&w, "assets", ui_hash());
	write_principal(&r->principal, &w);
	write_ui(&w, view_config(env->engine));
	json_key(&w, STR("overview"));
	overview_write(r->api, &w, now);
	json_object_end(&w);
	sbuf_fini(&prefix);
}

static enum http_more
make_index(struct packed *body, struct work *w, struct moment now, struct err *e)
{
	struct index_reply *r = CONTAINER_OF(body, struct index_reply, body);
	struct sbuf boot = SBUF_INIT(SBUF_UNLIMITED);

	(void)e;
	if (!watch_update(r->api->watch, w, now))
		return HTTP_LATER;
	write_boot(r, &boot, now);
	ui_index(&body->plain, sbuf_get(&boot));
	sbuf_fini(&boot);
	return HTTP_END;
}

void
api_ui_index(struct call *c)
{
	struct index_reply *r = NEW(struct index_reply);

	r->body.make = make_index;
	r->api = c->api;
	r->principal = c->req->principal;
	put_type(c, "text/html; charset=utf-8");
	forbid_keeping(c);
	packed_reply(c, &r->body);
}

static void
reply_file(struct call *c, const struct ui_file *f)
{
	bool packed = takes_gzip(c) && f->packed.n < f->plain.n;

	put_type(c, f->type);
	http_response_header(c->resp, "Vary", STR("Accept-Encoding"));
	if (packed)
		http_response_header(c->resp, "Content-Encoding", STR("gzip"));
	sbuf_str(&c->resp->body, packed ? f->packed : f->plain);
}

void
api_ui_favicon(struct call *c)
{
	struct ui_file f;

	if (!ui_file(STR("favicon.ico"), &f)) {
		reply_text(c, 404, "404 page not found");
		return;
	}
	reply_file(c, &f);
	forbid_keeping(c);
}

void
api_ui_asset(struct call *c)
{
	struct str tag = arena_printf(c->arena, "\"%.*s\"", STR_ARG(ui_hash()));
	struct ui_file f;

	/* Another hash is another version of the program: its page must not be mixed with ours. */
	if (!str_eq(c->params[0], ui_hash()) || !ui_file(c->params[1], &f)) {
		reply_text(c, 404, "404 page not found");
		return;
	}
	http_response_header(c->resp, "Cache-Control", STR("public, max-age=31536000, immutable"));
	http_response_header(c->resp, "ETag", tag);
	if (has_entity(c, tag)) {
		http_response_header(c->resp, "Vary", STR("Accept-Encoding"));
		reply_empty(c, 304);
		return;
	}
	reply_file(c, &f);
}

/* So many segments has no view of ours. */
#define VIEW_SEGMENTS_MAX 8

/* /silences and /ui/silences/ID become the fragment #/silences… of the document, which lies some levels up. */
void
api_ui_view(struct call *c)
{
	struct str view = str_sub(c->path, 1, c->path.n), rest = view;
	struct sbuf to = SBUF_INIT(SBUF_UNLIMITED);
	size_t levels = 0;

	for (; str_chr(rest, '/') < rest.n; levels++)
		rest = str_sub(rest, str_chr(rest, '/') + 1, rest.n);
	if (levels > VIEW_SEGMENTS_MAX) {
		reply_text(c, 404, "404 page not found");
		return;
	}
	if (str_is(view, "ui") || str_starts(view, STR("ui/")))
		view = str_sub(view, 3, view.n);
	sbuf_puts(&to, levels == 0 ? "./" : "");
	for (size_t i = 0; i < levels; i++)
		sbuf_puts(&to, "../");
	sbuf_puts(&to, "#/");
	sbuf_str(&to, view.n > 0 ? view : STR("alerts"));
	reply_redirect(c, 302, arena_str(c->arena, sbuf_get(&to)));
	sbuf_fini(&to);
}
