/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests: the first byte chooses method and path (or the input brings a path of
 * its own), and whether alerts are taken in small slices; then come query and,
 * behind a zero, the body. Every request gets an answer with a status.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include "api/api.h"
#include "base/embedded.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct {
	const char *method, *path;
} targets[] = {
	{ "POST", "/api/ext/v1/webhook" },
	{ "POST", "/api/v2/alerts" },
	{ "POST", "/api/v2/silences" },
	{ "GET", "/api/v2/alerts" },
	{ "GET", "/api/v2/alerts/groups" },
	{ "GET", "/api/v2/silences" },
	{ "GET", NULL },
	{ "DELETE", NULL },
};

static bool
no_file(void *arg, const char *path, size_t max, struct arena *a, struct str *out, struct err *e)
{
	(void)arg;
	(void)path;
	(void)max;
	(void)a;
	(void)out;
	return err_set(e, ERR_NOT_FOUND, "there are no files here");
}

static bool
no_glob(void *arg, const char *pattern, struct path_bounds *left, struct arena *a, struct str_list *out, struct err *e)
{
	(void)arg;
	(void)pattern;
	(void)left;
	(void)a;
	(void)e;
	*out = (struct str_list){ 0 };
	return true;
}

static struct config *
load(void)
{
	static const struct integration_kind *const kinds[] = { NULL };
	static const struct embedded none[] = { { 0 } };
	struct config_env env = { .kinds = kinds, .read_file = no_file, .glob = no_glob, .builtin_templates = none };
	struct config *c = NULL;
	struct err e = { 0 };

	if (!config_load(STR("route: {receiver: a, group_by: [a]}\nreceivers: [{name: a}]\n"), "f.yml", &env, &c, &e))
		abort();
	return c;
}

static void
read_all(struct http_response *r, struct moment now)
{
	enum http_more more = HTTP_MORE;
	struct err e = { 0 };

	while (r->later != NULL) {
		struct http_later *l = r->later;
		struct work w = { 1 };

		if (!l->step(l, r, &w, now))
			continue;
		l->drop(l);
		r->later = NULL;
	}
	while (r->stream != NULL && (more == HTTP_MORE || more == HTTP_LATER)) {
		struct work w = { 1000 };

		more = r->stream->next(r->stream, &r->body, &w, now, &e);
	}
	if (r->stream != NULL)
		r->stream->drop(r->stream);
}

static void
ask(struct api *api, struct arena *a, const char *method, struct str path, struct str query, struct str body,
    struct moment now)
{
	static const struct http_header json = { { "Content-Type", 12 }, { "application/json", 16 } };
	struct http_request r = {
		.method = str_from(method),
		.path = path,
		.query = query,
		.headers = &json,
		.headers_n = 1,
		.body = body,
		.arena = a,
		.principal = { .scopes = SCOPE_ALL },
	};
	struct http_response out = { 0 };

	api_handle(api, &r, now, &out);
	read_all(&out, now);
	assert(out.status >= 200 && out.status < 600);
	sbuf_fini(&out.body);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct build_info build = { "v", "r", "b", "u", "d", "C11", "0.1.0" };
	static const struct integration_kind *const kinds[] = { NULL };
	static struct config *config;
	struct engine_options options = {
		.retention = SPAN_HOUR, .alert_gc_interval = SPAN_HOUR, .maintenance_interval = SPAN_HOUR
	};
	struct moment now = { .wall = { .s = 1795000000 } };
	struct port port = { 0 };
	struct arena *a = arena_new();
	struct engine *engine = engine_new(&options, &port, now);
	struct api_env env = { .engine = engine, .build = &build, .route_prefix = STR("/"), .kinds = kinds };
	struct api *api = api_new(&env);
	struct str in = { (const char *)data, size }, path = STR("/"), query, body;
	size_t chosen = size > 0 ? data[0] % ARRAY_LEN(targets) : 0;

	if (size > 0 && (data[0] & 0x80) != 0) {
		api_free(&api);
		env.post.units = 1;
		env.post.kept = 200;
		api = api_new(&env);
	}
	if (config == NULL)
		config = load();
	engine_apply(engine, config, now);
	in = str_sub(in, 1, in.n);
	query = str_sub(in, 0, str_chr(in, '\0'));
	body = str_sub(in, query.n + 1, in.n);
	if (targets[chosen].path != NULL)
		path = str_from(targets[chosen].path);
	else if (query.n > 0 && query.p[0] == '/')
		path = query;
	ask(api, a, targets[chosen].method, path, query, body, now);
	/* Everything taken can be shown. */
	ask(api, a, "GET", STR("/api/v2/alerts"), STR(""), STR(""), now);
	ask(api, a, "GET", STR("/metrics"), STR(""), STR(""), now);
	api_free(&api);
	engine_free(&engine);
	arena_free(&a);
	return 0;
}
