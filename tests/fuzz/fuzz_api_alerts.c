/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Alerts that are posted again: labels and annotations that are known by their text have to be what
 * reading the text again would find. The first byte chooses whether the bodies are taken in small slices; then come
 * bodies, a zero between them. Each is posted twice, in one world as it is, in another with blanks behind braces, each
 * time more, so that no text comes again. Both worlds give the same answers and hold the same alerts.
 */
#include <assert.h>
#include <stdint.h>

#include "lib_api.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BODIES 4
#define BRACES 200	/* each has one blank more than the one before */

/* The answer's status and body, to `out`. */
static void
ask(struct api *api, const char *method, struct str body, struct moment now, struct sbuf *out)
{
	static const struct http_header json = { { "Content-Type", 12 }, { "application/json", 16 } };
	struct arena *a = arena_new();
	struct http_request r = {
		.method = str_from(method),
		.path = STR("/api/v2/alerts"),
		.headers = &json,
		.headers_n = 1,
		.body = body,
		.arena = a,
		.principal = { .scopes = SCOPE_ALL },
	};
	struct http_response answer = { 0 };

	api_handle(api, &r, now, &answer);
	read_all(&answer, 1, 1000, now);
	sbuf_printf(out, "%d ", answer.status);
	sbuf_str(out, sbuf_get(&answer.body));
	sbuf_fini(&answer.body);
	arena_free(&a);
}

static void
spaced(struct str body, unsigned *blanks, struct sbuf *out)
{
	bool inside = false;

	for (size_t i = 0; i < body.n; i++) {
		char c = body.p[i];

		sbuf_putc(out, c);
		if (inside && c == '\\' && i + 1 < body.n)
			sbuf_putc(out, body.p[++i]);
		else if (c == '"')
			inside = !inside;
		else if (c == '{' && !inside)
			for (unsigned n = ++*blanks; n > 0; n--)
				sbuf_putc(out, ' ');
	}
}

static void
live(struct str bodies, bool sliced, bool anew, struct sbuf *out)
{
	static const struct build_info build = { "v", "r", "b", "u", "d", "C11", "0.1.0" };
	static const struct integration_kind *const kinds[] = { NULL };
	static struct config *config;
	struct engine_options options = {
		.retention = SPAN_HOUR, .alert_gc_interval = SPAN_HOUR, .maintenance_interval = SPAN_HOUR
	};
	struct moment now = { .wall = { .s = 1795000000 } };
	struct port port = { 0 };
	struct engine *engine = engine_new(&options, &port, now);
	struct api_env env = { .engine = engine, .build = &build, .route_prefix = STR("/"), .kinds = kinds };
	struct api *api;
	unsigned blanks = 0;

	if (config == NULL)
		config = load();
	if (sliced) {
		env.post.units = 1;
		env.post.kept = 200;
	}
	api = api_new(&env);
	engine_apply(engine, config, now);
	for (int i = 0; i < BODIES && bodies.n > 0; i++) {
		struct str body = str_split(&bodies, '\0');

		for (int again = 0; again < 2; again++) {
			struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

			if (anew)
				spaced(body, &blanks, &b);
			now.wall.s++;
			now.mono.ns += SPAN_S;
			ask(api, "POST", anew ? sbuf_get(&b) : body, now, out);
			ask(api, "GET", STR(""), now, out);
			sbuf_fini(&b);
		}
	}
	api_free(&api);
	engine_free(&engine);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sbuf known = SBUF_INIT(SBUF_UNLIMITED), anew = SBUF_INIT(SBUF_UNLIMITED);
	struct str in = { (const char *)data, size }, bodies = str_sub(in, 1, in.n);
	bool sliced = size > 0 && (data[0] & 1) != 0;
	size_t braces = 0;

	for (size_t i = 0; i < bodies.n; i++)
		braces += bodies.p[i] == '{';
	if (braces > BRACES)
		return 0;
	live(bodies, sliced, false, &known);
	live(bodies, sliced, true, &anew);
	assert(str_eq(sbuf_get(&known), sbuf_get(&anew)));
	sbuf_fini(&known);
	sbuf_fini(&anew);
	return 0;
}
