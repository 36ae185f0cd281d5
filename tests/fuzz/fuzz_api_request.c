/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests: the first byte chooses method and path (or the input brings a path of
 * its own), and whether alerts are taken in small slices; then come query and,
 * behind a zero, the body. Every request gets an answer with a status.
 */
#include <assert.h>
#include <stdint.h>

#include "lib_api.h"

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
	read_all(&out, 1, 1000, now);
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
