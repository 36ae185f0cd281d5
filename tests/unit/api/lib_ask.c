/* SPDX-License-Identifier: Apache-2.0 */
#include "lib_ask.h"

#include <check.h>
#include <string.h>

#include "base/mem.h"
#include "lib_api.h"

struct fake_world world;
struct api *api;
struct arena *arena;
unsigned reloads;
bool sliced;
void (*more_env)(struct api_env *env);
struct principal asker = { .name = { "", 0 }, .scopes = SCOPE_ALL };

static enum http_more
end_of_reload(struct http_stream *s, struct sbuf *out, struct work *w, struct moment now, struct err *e)
{
	(void)s;
	(void)out;
	(void)w;
	(void)now;
	(void)e;
	return HTTP_END;
}

static void
keep_reload(struct http_stream *s)
{
	(void)s;
}

static struct http_stream *
fake_reload(void *arg, struct moment now)
{
	static struct http_stream stream = { .size = HTTP_STREAM_UNKNOWN, .next = end_of_reload, .drop = keep_reload };

	(void)arg;
	(void)now;
	reloads++;
	return &stream;
}

void
start(const char *prefix)
{
	struct api_env env = { .route_prefix = str_from(prefix), .reload = fake_reload,
		.post = { .units = sliced, .kept = sliced ? 200 : 0 } };

	if (more_env != NULL)
		more_env(&env);
	api = api_start(&world, "receiver ops hook\nreceiver page hook\n"
				"route receiver=ops by=[alertname] wait=30s interval=5m repeat=4h\n"
				"  route match=sev=\"page\" receiver=page\n"
				"inhibit source=sev=\"page\" target=sev=\"warn\" equal=[job]\n",
	    env);
	arena = arena_new();
	reloads = 0;
}

void
stop(void)
{
	api_free(&api);
	arena_free(&arena);
	world_fini(&world);
}

/* The rest of it, in slices that are as small as they can be. */
void
read_all(struct http_response *r)
{
	enum http_more more = HTTP_MORE;
	struct err e = { 0 };

	while (r->later != NULL) {
		struct http_later *l = r->later;
		struct work w = { 1 };

		if (l->step(l, r, &w, world.now)) {
			l->drop(l);
			r->later = NULL;
		}
	}
	while (r->stream != NULL && (more == HTTP_MORE || more == HTTP_LATER)) {
		struct work w = { 1 };

		more = r->stream->next(r->stream, &r->body, &w, world.now, &e);
	}
	ck_assert_msg(more != HTTP_FAILED, "%s", e.text);
	if (r->stream != NULL && r->stream->status != 0)
		r->status = r->stream->status;
	if (r->stream != NULL)
		http_stream_free(r->stream);
	r->stream = NULL;
}

static char *
copy(const char *s)
{
	size_t n = strlen(s) + 1;

	return memcpy(mem_alloc(n), s, n);
}

/*
 * One request; headers are "Name: value" lines. For who answers later its strings are not there any more, as when
 * the client has gone.
 */
struct answer
ask(const char *method, const char *target, const char *headers, const char *body)
{
	struct http_header parsed[8];
	struct answer out = { 0 };
	char *borrowed[] = { copy(target), copy(headers) };
	struct str t = str_from(borrowed[0]), h = str_from(borrowed[1]);
	size_t q = str_chr(t, '?');
	struct http_request r = {
		.method = str_from(method),
		.path = str_sub(t, 0, q),
		.query = str_sub(t, q + 1, t.n),
		.headers = parsed,
		.body = str_from(body),
		.arena = arena,
		.principal = asker,
	};

	while (h.n > 0) {
		size_t end = str_chr(h, '\n');
		struct str line = str_sub(h, 0, end);
		size_t colon = str_chr(line, ':');

		parsed[r.headers_n++] =
		    (struct http_header){ str_sub(line, 0, colon), str_trim(str_sub(line, colon + 1, line.n)) };
		h = str_sub(h, end + 1, h.n);
	}
	api_handle(api, &r, world.now, &out.r);
	if (out.r.later == NULL) {
		read_all(&out.r);
		for (size_t i = 0; i < out.r.headers_n; i++)
			out.r.headers[i].value = arena_str(arena, out.r.headers[i].value);
	}
	for (size_t i = 0; i < ARRAY_LEN(borrowed); i++)
		mem_free(borrowed[i]);
	read_all(&out.r);
	return out;
}

struct str
header(const struct answer *a, const char *name)
{
	for (size_t i = 0; i < a->r.headers_n; i++)
		if (str_caseeq(a->r.headers[i].name, str_from(name)))
			return a->r.headers[i].value;
	return STR_NONE;
}

/* Asks, compares the status, and looks for a piece of the body. */
void
expect(const char *method, const char *target, const char *headers, const char *body, int status, const char *piece)
{
	struct answer a = ask(method, target, headers, body);
	const char *got = sbuf_cstr(&a.r.body);

	ck_assert_msg(a.r.status == status, "%s %s: %d %s", method, target, a.r.status, got);
	ck_assert_msg(strstr(got, piece) != NULL, "%s %s: no '%s' in '%s'", method, target, piece, got);
	sbuf_fini(&a.r.body);
}
