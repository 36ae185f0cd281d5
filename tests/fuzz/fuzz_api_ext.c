/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests to /api/ext/v1: the first byte chooses the route, the second how many units a slice has; then come query and,
 * behind a zero, the body. Questions about the past come to a history that only looks at them. Every request is answered by a
 * page, or an error that has a code.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "core/past.h"
#include "lib_api.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define EXT "/api/ext/v1/"

static const struct {
	const char *method, *path;
} targets[] = {
	{ "GET", EXT "history" },
	{ "GET", EXT "stats" },
	{ "GET", EXT "alerts" },
	{ "GET", EXT "groups" },
	{ "GET", EXT "silences" },
	{ "GET", EXT "labels" },
	{ "GET", EXT "labels/a/values" },
	{ "GET", EXT "receivers" },
	{ "GET", EXT "routes" },
	{ "GET", EXT "changes" },
	{ "POST", EXT "silences" },
	{ "POST", EXT "silences/preview" },
	{ "POST", EXT "silences/bulk" },
	{ "POST", EXT "ack" },
	{ "POST", EXT "explain" },
	{ "POST", EXT "templates/preview" },
	{ "POST", EXT "receivers/a/test" },
};

static size_t
touch(struct str s)
{
	size_t sum = 0;

	for (size_t i = 0; i < s.n; i++)
		sum += (unsigned char)s.p[i];
	return sum;
}

/* Reads all that the question points to, and has no answer. */
static struct http_stream *
past(void *arg, struct past_query *q, struct moment now, struct err *e)
{
	volatile size_t sum = touch(q->receiver) + touch(q->integration) + touch(q->actor) + touch(q->cursor);

	(void)arg;
	(void)now;
	for (size_t i = 0; i < q->kinds_n; i++)
		sum += touch(q->kinds[i]);
	for (size_t i = 0; i < q->outcomes_n; i++)
		sum += touch(q->outcomes[i]);
	for (size_t i = 0; i < q->matchers_n; i++)
		sum += touch(q->matchers[i]);
	for (size_t i = 0; i < q->groups_n; i++)
		sum += q->groups[i];
	for (size_t i = 0; i < q->fingerprints_n; i++)
		sum += q->fingerprints[i];
	q->bad = "cursor";
	err_set(e, sum % 2 == 0 ? ERR_INVALID : ERR_LIMIT, "no");
	return NULL;
}

static void
ask(struct api *api, struct arena *a, size_t target, struct str query, struct str body, int64_t units, struct moment now)
{
	static const struct http_header json = { { "Content-Type", 12 }, { "application/json", 16 } };
	struct http_request r = {
		.method = str_from(targets[target].method),
		.path = str_from(targets[target].path),
		.query = query,
		.headers = &json,
		.headers_n = 1,
		.body = body,
		.arena = a,
		.principal = { .scopes = SCOPE_ALL },
	};
	struct http_response out = { 0 };

	api_handle(api, &r, now, &out);
	read_all(&out, units, units, now);
	assert(out.status >= 200 && out.status < 600);
	assert(out.status < 400 || strstr(sbuf_cstr(&out.body), "\"code\":\"") != NULL);
	sbuf_fini(&out.body);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct build_info build = { "v", "r", "b", "u", "d", "C11", "0.1.0" };
	static const struct integration_kind *const kinds[] = { NULL };
	static const char alert[] = "[{\"labels\":{\"a\":\"1\"}},{\"labels\":{\"a\":\"2\",\"b\":\"x\"}}]";
	static struct config *config;
	struct engine_options options = {
		.retention = SPAN_HOUR, .alert_gc_interval = SPAN_HOUR, .maintenance_interval = SPAN_HOUR
	};
	struct moment now = { .wall = { .s = 1795000000 } };
	struct port port = { 0 };
	struct arena *a = arena_new();
	struct engine *engine = engine_new(&options, &port, now);
	struct api_env env = { .engine = engine, .build = &build, .route_prefix = STR("/"), .kinds = kinds, .past = past };
	struct api *api = api_new(&env);
	struct str in = { (const char *)data, size }, query;
	size_t chosen = size > 0 ? data[0] % ARRAY_LEN(targets) : 0;
	int64_t units = size > 1 && data[1] % 4 == 0 ? 1 : 1000;
	struct http_request post = { .method = STR("POST"), .path = STR("/api/v2/alerts"), .body = str_from(alert), .arena = a,
		.principal = { .scopes = SCOPE_ALL }, .headers = &(struct http_header){ { "Content-Type", 12 }, { "application/json", 16 } },
		.headers_n = 1 };
	struct http_response taken = { 0 };

	if (config == NULL)
		config = load();
	engine_apply(engine, config, now);
	api_handle(api, &post, now, &taken);
	read_all(&taken, 1000, 1000, now);
	sbuf_fini(&taken.body);
	in = str_sub(in, 2, in.n);
	query = str_sub(in, 0, str_chr(in, '\0'));
	ask(api, a, chosen, query, str_sub(in, query.n + 1, in.n), units, now);
	/* All that was made can be shown. */
	ask(api, a, 4, STR("sort=alerts&state=active&state=pending&state=expired"), STR(""), units, now);
	api_free(&api);
	engine_free(&engine);
	arena_free(&a);
	return 0;
}
