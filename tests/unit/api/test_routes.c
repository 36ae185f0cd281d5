/* SPDX-License-Identifier: Apache-2.0 */
/* The table of routes: what each row asks for, and what it takes. */
#include <stdlib.h>

#include "lib_ask.h"
#include "route.h"
#include "suite.h"

static const struct {
	enum route_surface surface;
	const char *method, *path;
	enum scope scope;
} rows[] = {
#define ROUTE(surface, method, path, handle, scope, limit) { ROUTE_##surface, #method, path, SCOPE_##scope },
#include "routes.def"
#undef ROUTE
};

/* The path of a row with something for each parameter. */
#define ANY "11111111-2222-3333-4444-555555555555"

static size_t
params_of(const char *path)
{
	size_t n = 0;

	for (; *path != '\0'; path++)
		n += strchr("{:*", *path) != NULL;
	return n;
}

static struct str
example(const char *path)
{
	struct str out = STR("");

	while (*path != '\0') {
		size_t n = strcspn(path, "{:*");

		out = arena_printf(arena, "%.*s%.*s%s", STR_ARG(out), (int)n, path, path[n] != '\0' ? ANY : "");
		path += n + strcspn(path + n, "/");
	}
	return out;
}

START_TEST(every_row_is_found)
{
	start("/");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct route_match m = route_find(rows[i].surface, str_from(rows[i].method), example(rows[i].path));
		enum route_surface other = rows[i].surface == ROUTE_V2 ? ROUTE_PLAIN : ROUTE_V2;

		ck_assert_msg(m.entry != NULL && strcmp(m.entry->path, rows[i].path) == 0, "%s %s", rows[i].method,
		    rows[i].path);
		ck_assert_uint_eq(m.params_n, params_of(m.entry->path));
		m = route_find(rows[i].surface, STR("BREW"), example(rows[i].path));
		ck_assert(m.entry == NULL && m.any != NULL);
		ck_assert(route_find(other, str_from(rows[i].method), example(rows[i].path)).any == NULL);
	}
	stop();
}
END_TEST

START_TEST(parameters_take_one_segment)
{
	struct route_match m = route_find(ROUTE_V2, STR("GET"), STR("/api/v2/silence/a%2Fb"));

	ck_assert(m.entry != NULL);
	ck_assert_str_eq(m.params[0].name, "silenceID");
	ck_assert(str_is(m.params[0].value, "a%2Fb"));
	ck_assert_str_eq(route_param_type("silenceID")->name, "uuid");
	ck_assert_ptr_null(route_param_type("sid"));
	ck_assert(route_find(ROUTE_V2, STR("GET"), STR("/api/v2/silence/")).any == NULL);
	ck_assert(route_find(ROUTE_V2, STR("GET"), STR("/api/v2/silence/a/b")).any == NULL);
	ck_assert(route_find(ROUTE_V2, STR("GET"), STR("/api/v2/alert")).any == NULL);
	ck_assert(route_find(ROUTE_V2, STR("GET"), STR("/api/v2/alerts2")).any == NULL);
	ck_assert(route_find(ROUTE_PLAIN, STR("GET"), STR("")).any == NULL);
	ck_assert(route_find(ROUTE_PLAIN, STR("GET"), STR("/assets/abc/x/y")).any == NULL);
	ck_assert_uint_eq(route_find(ROUTE_PLAIN, STR("GET"), STR("/ui/")).params[0].value.n, 0);
	ck_assert(str_is(route_find(ROUTE_PLAIN, STR("GET"), STR("/ui/a/b")).params[0].value, "a/b"));
}
END_TEST

/* A principal that lacks a scope is refused by the routes that need it, and by no others. */
START_TEST(scopes)
{
	static const enum scope lacked[] = { SCOPE_READ, SCOPE_WRITE, SCOPE_ADMIN };

	start("/");
	for (size_t k = 0; k < ARRAY_LEN(lacked); k++) {
		for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
			struct answer a;

			/* Only a server has these. */
			if (strstr(rows[i].path, "backup") != NULL && rows[i].scope != lacked[k])
				continue;
			asker = (struct principal){ .name = STR("ann"), .scopes = SCOPE_ALL & ~(unsigned)lacked[k] };
			a = ask(rows[i].method, example(rows[i].path).p, JSON_TYPE, "");
			ck_assert_msg((a.r.status == 403) == (rows[i].scope == lacked[k]), "%s %s: %d", rows[i].method,
			    rows[i].path, a.r.status);
			sbuf_fini(&a.r.body);
		}
	}
	asker = (struct principal){ .name = STR("ann"), .scopes = SCOPE_READ };
	expect("POST", "/api/v2/silences", JSON_TYPE, "{}", 403,
	    "{\"code\":403,\"message\":\"\\\"ann\\\" lacks the scope \\\"write\\\"\"}");
	expect("POST", "/-/reload", "", "", 403, "\"ann\" lacks the scope \"admin\"\n");
	ck_assert_uint_eq(reloads, 2);	/* of those who lacked others */
	asker = (struct principal){ .name = STR(""), .scopes = SCOPE_ALL };
	stop();
}
END_TEST

static enum http_places
place(const char *method, const char *path)
{
	struct http_request r = { .method = str_from(method), .path = str_from(path) };

	return api_place(api, &r);
}

/* A monitor of the router is answered, however many others ask for lists. */
START_TEST(places_of_gets)
{
	start("/");
	ck_assert_int_eq(place("GET", "/metrics"), HTTP_NO_PLACE);
	ck_assert_int_eq(place("GET", "/-/healthy"), HTTP_NO_PLACE);
	ck_assert_int_eq(place("GET", "/-/ready"), HTTP_NO_PLACE);
	ck_assert_int_eq(place("GET", "/"), HTTP_NO_PLACE);
	ck_assert_int_eq(place("GET", "/api/v2/alerts"), HTTP_PLACE);
	ck_assert_int_eq(place("GET", "/metrics/"), HTTP_PLACE);
	ck_assert_int_eq(place("GET", "/nothing"), HTTP_PLACE);
	ck_assert_int_eq(place("GET", "/api/ext/v1/backup"), HTTP_PLACE);
	ck_assert_int_eq(place("GET", "/api/ext/v1/groups"), HTTP_PAGE_PLACE);
	ck_assert_int_eq(place("GET", "/api/ext/v1/overview"), HTTP_PAGE_PLACE);
	ck_assert_int_eq(place("GET", "/api/ext/v1/changes"), HTTP_NO_PLACE);
	stop();
	start("/am");
	ck_assert_int_eq(place("GET", "/am/metrics"), HTTP_NO_PLACE);
	ck_assert_int_eq(place("GET", "/amx/metrics"), HTTP_PLACE);
	stop();
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, every_row_is_found);
	tcase_add_test(tc, parameters_take_one_segment);
	tcase_add_test(tc, scopes);
	tcase_add_test(tc, places_of_gets);
}

int
main(void)
{
	return run_suite("api/routes", add);
}
