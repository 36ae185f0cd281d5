/* SPDX-License-Identifier: Apache-2.0 */
/* Lists that are written piece by piece while what they show changes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/view.h"
#include "handlers.h"
#include "lib_api.h"
#include "packed.h"
#include "suite.h"
#include "text/json_tree.h"

static struct fake_world world;
static struct api *api;
static struct arena *arena;

static void
start(void)
{
	api = api_start(&world, "receiver ops hook\nreceiver page hook\n"
				"route receiver=ops by=[alertname] wait=10s interval=1m repeat=4h\n"
				"  route match=sev=\"page\" receiver=page\n",
	    (struct api_env){ .route_prefix = STR("/") });
	arena = arena_new();
}

static void
stop(void)
{
	api_free(&api);
	arena_free(&arena);
	world_fini(&world);
}

static void
ask(const char *path, const char *query, struct http_response *out)
{
	struct http_request r = {
		.method = STR("GET"), .path = str_from(path), .query = str_from(query), .arena = arena, .principal = { .scopes = SCOPE_ALL } };

	*out = (struct http_response){ 0 };
	api_handle(api, &r, world.now, out);
	ck_assert_int_eq(out->status, 200);
	ck_assert_ptr_nonnull(out->stream);
}

/* One more piece, as small as it can be. False: that was the last. */
static bool
piece(struct http_response *r)
{
	struct work w = { 1 };
	struct err e = { 0 };
	enum http_more more = r->stream->next(r->stream, &r->body, &w, world.now, &e);

	ck_assert_msg(more != HTTP_FAILED, "%s", e.text);
	return more != HTTP_END;
}

static void
hang_up(struct http_response *r)
{
	http_stream_free(r->stream);
	sbuf_fini(&r->body);
}

static struct json *
parse(const struct http_response *r)
{
	struct err e = { 0 };
	struct json *v = json_parse(arena, sbuf_get(&r->body), JSON_DOCUMENT, &e);

	ck_assert_msg(v != NULL && v->kind == JSON_ARRAY, "%s in %s", e.text, sbuf_cstr(&r->body));
	return v;
}

static struct str
text_of(const struct json *o, const char *key)
{
	const struct json *v = json_get_fold(o, key);

	ck_assert(v != NULL && v->kind == JSON_STRING);
	return v->s;
}

static void
post(const char *name, int n, span from_now)
{
	char alert[64];

	snprintf(alert, sizeof(alert), "%s{n=%d}", name, n);
	world_post(&world, alert, wall_add(world.now.wall, -SPAN_MIN), wall_add(world.now.wall, from_now));
}

/* New ones come before and behind the place of the list, others end: what stays is listed once, in order. */
START_TEST(alerts_that_come_and_go)
{
	struct http_response r;
	struct str last = STR("");
	struct json *list;
	size_t stayed = 0;
	int at = 0;

	start();
	for (int i = 0; i < 50; i++) {
		post("Stays", i, SPAN_HOUR);
		post("Goes", i, SPAN_HOUR);
	}
	ask("/api/v2/alerts", "", &r);
	for (; piece(&r); at++) {
		if (at < 50)
			post("Goes", at, -SPAN_S);
		if (at < 200)
			post("Comes", at, SPAN_HOUR);
		if (at % 20 == 0)
			world_settle(&world);
	}
	list = parse(&r);
	for (size_t i = 0; i < list->n; i++) {
		struct str fingerprint = text_of(&list->v[i], "fingerprint");

		ck_assert_int_lt(str_cmp(last, fingerprint), 0);
		last = fingerprint;
		stayed += str_is(text_of(json_get_fold(&list->v[i], "labels"), "alertname"), "Stays");
	}
	ck_assert_uint_eq(stayed, 50);
	hang_up(&r);
	stop();
}
END_TEST

/* Groups end while the list is within them, and others begin. */
START_TEST(groups_that_come_and_go)
{
	struct http_response r;
	struct json *list;
	size_t stayed = 0;
	struct str last = STR("");
	char name[32];

	start();
	for (int i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "Stays%02d", i);
		for (int k = 0; k < 5; k++)
			post(name, k, SPAN_HOUR);
		snprintf(name, sizeof(name), "Stays%02dGoes", i);
		for (int k = 0; k < 5; k++)
			post(name, k, 20 * SPAN_S);
	}
	world_run(&world, 10 * SPAN_S);
	ask("/api/v2/alerts/groups", "filter=n!%3D4", &r);
	for (int at = 0; piece(&r); at++) {
		snprintf(name, sizeof(name), "Stays%02dComes", at % 20);
		if (at < 200)
			post(name, at, SPAN_HOUR);
		/* Told of their end, they leave, and their groups with them. */
		if (at == 70)
			world_run(&world, 2 * SPAN_MIN);
	}
	list = parse(&r);
	for (size_t i = 0; i < list->n; i++) {
		const struct json *group = &list->v[i], *alerts = json_get_fold(group, "alerts");
		struct str alertname = text_of(json_get_fold(group, "labels"), "alertname");

		ck_assert_int_lt(str_cmp(last, alertname), 0);
		last = alertname;
		ck_assert(str_is(text_of(json_get_fold(group, "receiver"), "name"), "ops"));
		ck_assert_int_eq(json_get_fold(group, "routeLabels")->kind, JSON_OBJECT);
		ck_assert_uint_gt(alerts->n, 0);
		if (alertname.n == 7) {
			ck_assert_uint_eq(alerts->n, 4);
			stayed++;
		}
	}
	ck_assert_uint_eq(stayed, 20);
	hang_up(&r);
	stop();
}
END_TEST

static void
silence(char id[SILENCE_ID_MAX], span from, span to)
{
	struct err e = { 0 };
	char old[SILENCE_ID_MAX];

	memcpy(old, id, sizeof(old));
	ck_assert_msg(world_silence(&world, old, "a=\"1\"", wall_add(world.now.wall, from),
	    wall_add(world.now.wall, to), id, &e), "%s", e.text);
}

/* All are edited while they are listed: the list shows what there was when it began. */
START_TEST(silences_that_are_edited)
{
	static char ids[30][SILENCE_ID_MAX];
	struct http_response r;
	struct silence **all;
	struct json *list;
	struct err e = { 0 };
	size_t n;

	start();
	memset(ids, 0, sizeof(ids));
	for (int i = 0; i < 30; i++)
		silence(ids[i], i < 20 ? 0 : SPAN_HOUR * i, 100 * SPAN_HOUR + SPAN_HOUR * i);
	for (int i = 15; i < 20; i++)
		ck_assert(engine_silence_expire(world.engine, str_from(ids[i]), world.now, &e));
	world.now.wall = wall_add(world.now.wall, SPAN_MS);
	ask("/api/v2/silences", "", &r);
	for (int at = 0; piece(&r); at++) {
		char fresh[SILENCE_ID_MAX] = "";

		world.now.wall = wall_add(world.now.wall, SPAN_MS);
		if (at < 100)
			silence(fresh, 0, SPAN_HOUR * (at + 1));
		if (at < 15 && at % 2 == 0)
			ck_assert(engine_silence_expire(world.engine, str_from(ids[at]), world.now, &e));
		else if (at < 15)
			silence(memcpy(fresh, ids[at], sizeof(fresh)), 0, SPAN_HOUR * (200 - at));
		else if (at >= 20 && at < 30)
			ck_assert(engine_silence_expire(world.engine, str_from(ids[at]), world.now, &e));
	}
	list = parse(&r);
	ck_assert_uint_eq(list->n, 30);
	for (int i = 0; i < 30; i++) {
		/* Active ones by their end, pending ones by their start; the expired ones ended together. */
		int want = i < 15 ? i : i + 5;
		struct str state = text_of(json_get_fold(&list->v[i], "status"), "state");

		ck_assert_msg(i >= 25 || str_is(text_of(&list->v[i], "id"), ids[want]), "%d: %.*s, should be %s", i, STR_ARG(text_of(&list->v[i], "id")), ids[want]);
		ck_assert(str_is(state, i < 15 ? "active" : i < 25 ? "pending" : "expired"));
	}
	hang_up(&r);
	/* Things kept for the list go with it. */
	view_silences(world.engine, arena, &all, &n);
	ask("/api/v2/silences", "", &r);
	while (piece(&r))
		;
	ck_assert_uint_eq(parse(&r)->n, n);
	hang_up(&r);
	stop();
}
END_TEST

/* A client that hangs up leaves nothing behind, wherever the list is. */
START_TEST(clients_hang_up)
{
	static const char *const paths[] = {
		"/api/v2/alerts", "/api/v2/alerts/groups", "/api/v2/silences", "/api/v2/receivers", "/metrics" };
	char id[SILENCE_ID_MAX] = "";

	start();
	for (int i = 0; i < 10; i++)
		post("A", i, SPAN_HOUR);
	silence(id, 0, SPAN_HOUR);
	for (size_t p = 0; p < ARRAY_LEN(paths); p++)
		for (int after = 0; after < 40; after++) {
			struct http_response r;
			int i = 0;

			ask(paths[p], p < 2 ? "filter=n%3D~%22.%2B%22&receiver=o.*" : "", &r);
			while (i++ < after && piece(&r))
				;
			hang_up(&r);
		}
	stop();
}
END_TEST

/* A slice is no longer than it may be, and takes up little memory, however much there is to show. */
START_TEST(slices_are_small)
{
	struct http_response r;
	size_t slices = 0, total = 0;
	bool more = true;

	start();
	for (int i = 0; i < 2000; i++)
		post("A", i, SPAN_HOUR);
	world_settle(&world);
	ask("/api/v2/alerts/groups", "", &r);
	while (more) {
		struct work w = { WORK_TURN };
		struct err e = { 0 };
		enum http_more got = r.stream->next(r.stream, &r.body, &w, world.now, &e);

		ck_assert_uint_le(r.body.n, HTTP_PIECE + 4096);
		ck_assert_int_gt(w.left, -10000);
		total += r.body.n;
		sbuf_reset(&r.body);
		slices++;
		more = got != HTTP_END;
		ck_assert(got != HTTP_FAILED);
	}
	ck_assert_uint_ge(slices, total / (HTTP_PIECE + 4096));
	ck_assert_uint_ge(slices, 5);
	hang_up(&r);
	stop();
}
END_TEST

/* A body of many pieces, none as large as those that are sent. */
struct numbers {
	struct packed body;
	size_t made, most;
};

#define NUMBERS 300
#define NUMBER_BYTES 40000

static enum http_more
make_number(struct packed *p, struct work *w, struct moment now, struct err *e)
{
	struct numbers *n = CONTAINER_OF(p, struct numbers, body);

	(void)w;
	(void)now;
	(void)e;
	for (size_t i = 0; i < NUMBER_BYTES; i++)
		sbuf_putc(&p->plain, (char)('a' + (n->made + i) % 26));
	if (p->plain.n > n->most)
		n->most = p->plain.n;
	return ++n->made < NUMBERS ? HTTP_MORE : HTTP_END;
}

/* A long answer does not keep what was sent until its end: a file may be larger than memory. */
START_TEST(what_was_sent_is_forgotten)
{
	struct numbers *n = NEW(struct numbers);
	struct http_request req = { .arena = arena_new() };
	struct http_response r = { .body = SBUF_INIT(SBUF_UNLIMITED) };
	struct call c = { .req = &req, .resp = &r, .arena = req.arena };
	enum http_more more = HTTP_MORE;
	size_t total = 0;

	n->body.make = make_number;
	packed_reply(&c, &n->body);
	while (more != HTTP_END) {
		struct work w = { WORK_TURN };
		struct err e = { 0 };

		more = r.stream->next(r.stream, &r.body, &w, (struct moment){ 0 }, &e);
		for (size_t i = 0; i < r.body.n; i++, total++)
			ck_assert_int_eq(r.body.p[i], (char)('a' + (total / NUMBER_BYTES + total % NUMBER_BYTES) % 26));
		sbuf_reset(&r.body);
	}
	ck_assert_uint_eq(total, (size_t)NUMBERS * NUMBER_BYTES);
	ck_assert_uint_lt(n->most, 4 * HTTP_PIECE);
	hang_up(&r);
	arena_free(&req.arena);
}
END_TEST

/* Alerts with a value of so much that differ at its end. */
#define LONG_VALUE ((size_t)32 << 10)

static void
post_long(int n)
{
	char *alert = mem_alloc(LONG_VALUE + 64), *at = alert + sprintf(alert, "Long{v=");

	memset(at, 'v', LONG_VALUE);
	sprintf(at + LONG_VALUE, "%d}", n);
	world_post(&world, alert, world.now.wall, wall_add(world.now.wall, SPAN_HOUR));
	mem_free(alert);
}

/* Values have no bound but an alert's: an answer that lists many of them is not made at once. */
START_TEST(long_values_come_one_by_one)
{
	struct http_response r;
	size_t total = 0;
	bool more = true;

	start();
	for (int i = 0; i < 40; i++)
		post_long(i);
	for (int all = 0; all < 2; all++) {
		ask(all ? "/api/ext/v1/labels" : "/api/ext/v1/labels/v/values", all ? "" : "limit=1000", &r);
		for (more = true; more; total += r.body.n, sbuf_reset(&r.body)) {
			more = piece(&r);
			ck_assert_uint_lt(CONTAINER_OF(r.stream, struct packed, stream)->plain.n + r.body.n, 6 * LONG_VALUE);
		}
		hang_up(&r);
	}
	ck_assert_uint_gt(total, (40 + 10) * LONG_VALUE);
	stop();
}
END_TEST

/* Groups whose names are long cost more to find and to tell apart: some work is done in as many turns as that takes. */
START_TEST(groups_of_long_names_take_turns)
{
	struct http_response r;
	size_t turns = 0;
	bool more = true;

	api = api_start(&world, "receiver ops hook\nroute receiver=ops by=[...] wait=10s interval=1m repeat=4h\n",
	    (struct api_env){ .route_prefix = STR("/") });
	arena = arena_new();
	for (int i = 0; i < 40; i++)
		post_long(i);
	ask("/api/ext/v1/groups", "limit=1", &r);
	for (; more; turns++) {
		struct work w = { (int64_t)LONG_VALUE / 10 };
		struct err e = { 0 };

		more = r.stream->next(r.stream, &r.body, &w, world.now, &e) != HTTP_END;
	}
	ck_assert_uint_gt(turns, 40);
	hang_up(&r);
	stop();
}
END_TEST

/* Names that were written before, others, and such as are escaped or too long to be kept. */
START_TEST(receivers_are_written)
{
	char longest[301], wanted[400];
	const struct { struct str names[2]; size_t n; const char *text; } rows[] = {
		{ { STR("a"), STR("b") }, 2, "[{\"name\":\"a\"},{\"name\":\"b\"}]" },
		{ { STR("b"), STR("b") }, 2, "[{\"name\":\"b\"},{\"name\":\"b\"}]" },
		{ { STR("c") }, 1, "[{\"name\":\"c\"}]" },
		{ { STR("q\"<") }, 1, "[{\"name\":\"q\\\"\\u003c\"}]" },
		{ { { longest, 300 }, STR("c") }, 2, wanted },
		{ { STR_NONE }, 0, "[]" },
	};
	struct label_pair pair = { STR("a"), STR("1") };
	struct alert_draft d = { .labels = &pair, .labels_n = 1, .starts = WALL_ZERO, .ends = WALL_ZERO };
	struct alert_texts texts = { 0 };
	struct alert_status status = { 0 };
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct json_writer w;
	struct err e = { 0 };
	bool firing;
	struct alert *made = alert_make(&d, SPAN_MIN, NAMING_UTF8, (struct wall){ 0 }, &firing, &e);

	ck_assert_ptr_nonnull(made);
	memset(longest, 'x', 300);
	longest[300] = '\0';
	snprintf(wanted, sizeof(wanted), "[{\"name\":\"%s\"},{\"name\":\"c\"}]", longest);
	json_writer_init(&w, &b, JSON_HTML_ESCAPED);
	json_array_begin(&w);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t from = b.n;
		char receivers[500];

		write_alert(&w, &texts, made, &status, rows[i].names, rows[i].n, NULL, 0);
		snprintf(receivers, sizeof(receivers), ",\"receivers\":%s,\"startsAt\":", rows[i].text);
		ck_assert_msg(strstr(b.p + from, receivers) != NULL, "%s", b.p + from);
	}
	json_array_end(&w);
	ck_assert(json_valid(sbuf_get(&b)));
	sbuf_fini(&b);
	alert_unref(made);
}
END_TEST

static void
add(TCase *tc)
{
	const TTest *const tests[] = {
		alerts_that_come_and_go,
		groups_that_come_and_go,
		silences_that_are_edited,
		clients_hang_up,
		slices_are_small,
		what_was_sent_is_forgotten,
		long_values_come_one_by_one,
		groups_of_long_names_take_turns,
		receivers_are_written,
	};

	for (size_t i = 0; i < ARRAY_LEN(tests); i++)
		tcase_add_test(tc, tests[i]);
}

int
main(void)
{
	return run_suite("lists", add);
}
