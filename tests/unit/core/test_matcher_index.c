/* SPDX-License-Identifier: Apache-2.0 */
#include "base/rand.h"
#include "lib_core.h"
#include "matcher_index.h"
#include "routing.h"

static const char *const texts[] = {
	"a=\"1\"", "a=\"2\"", "a=\"1\",b=\"2\"", "b=~\"2|3\"", "a!=\"1\"", "c=\"\"", "b=~\"2.*\",a=\"1\"", "d=\"\",a=\"1\"",
	"a=~\"1|\"", "b=\"2\"", "a=\"1\"",
};
static const char *const alerts[] = { "X", "X{a=1}", "X{a=2}", "X{a=1,b=2}", "X{b=3,c=9}", "X{a=9,b=2,c=1,d=4}" };

/* The candidates of an index, matched, are those that matching all of them finds, in order. */
static void
compare(const struct matcher_index *x, const struct matchers *ms, const bool *in, uint64_t after)
{
	for (size_t i = 0; i < ARRAY_LEN(alerts); i++) {
		struct labels *l = world_labels(alerts[i]);
		struct matcher_index_iter it;
		const struct matchers *got;
		size_t want = 0;

		matcher_index_begin(&it, x, l, after);
		while ((got = matcher_index_next(&it)) != NULL) {
			size_t at = (size_t)(got - ms);

			if (!matchers_match(got, l))
				continue;
			for (; want < at; want++)
				ck_assert_msg(!in[want] || want + 1 <= after || !matchers_match(&ms[want], l),
				    "%s lacks %s", alerts[i], texts[want]);
			want++;
		}
		for (; want < ARRAY_LEN(texts); want++)
			ck_assert_msg(!in[want] || want + 1 <= after || !matchers_match(&ms[want], l),
			    "%s lacks %s", alerts[i], texts[want]);
		matcher_index_end(&it);
		labels_unref(l);
	}
}

START_TEST(finds_what_matching_all_finds)
{
	struct matchers ms[ARRAY_LEN(texts)];
	bool in[ARRAY_LEN(texts)];
	struct matcher_index x = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		ms[i] = must_matchers(texts[i]);
		matcher_index_add(&x, &ms[i], i + 1, &ms[i]);
		in[i] = true;
	}
	compare(&x, ms, in, 0);
	compare(&x, ms, in, 4);
	for (size_t i = 0; i < ARRAY_LEN(texts); i += 2) {
		matcher_index_remove(&x, &ms[i], i + 1);
		in[i] = false;
		compare(&x, ms, in, 0);
	}
	for (size_t i = 1; i < ARRAY_LEN(texts); i += 2)
		matcher_index_remove(&x, &ms[i], i + 1);
	ck_assert_uint_eq(x.keys.n, 0);
	ck_assert_uint_eq(x.rest.n, 0);
	matcher_index_fini(&x);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		matchers_fini(&ms[i]);
}
END_TEST

/* Only the first of many matchers are looked at, the same ones when it goes: it is found, and leaves nothing. */
START_TEST(many_matchers)
{
	enum { N = 1000 };
	struct sbuf text = SBUF_INIT(SBUF_UNLIMITED);
	struct matcher_index x = { 0 };
	struct matcher_index_iter it;

	for (int i = 0; i < N; i++)
		sbuf_printf(&text, "%sm%d=~\"a|b\"", i > 0 ? "," : "", i);
	/* m0 is crowded, so that it is filed under another of the first. */
	struct matchers ms = must_matchers(sbuf_cstr(&text)), crowd = must_matchers("m0=~\"a|b\"");
	matcher_index_add(&x, &crowd, 1, &crowd);
	matcher_index_add(&x, &ms, 2, &ms);
	struct labels *l = world_labels("X{m0=a,m1=a,m999=a}");
	matcher_index_begin(&it, &x, l, 0);
	ck_assert_ptr_eq(matcher_index_next(&it), &crowd);
	ck_assert_ptr_eq(matcher_index_next(&it), &ms);
	ck_assert_ptr_null(matcher_index_next(&it));
	matcher_index_end(&it);
	labels_unref(l);
	l = world_labels("X{m999=a}");
	matcher_index_begin(&it, &x, l, 0);
	ck_assert_ptr_null(matcher_index_next(&it));
	matcher_index_end(&it);
	labels_unref(l);
	matcher_index_remove(&x, &ms, 2);
	matcher_index_remove(&x, &crowd, 1);
	ck_assert_uint_eq(x.keys.n, 0);
	matcher_index_fini(&x);
	matchers_fini(&ms);
	matchers_fini(&crowd);
	sbuf_fini(&text);
}
END_TEST

START_TEST(many_labels)
{
	struct matchers ms[20];
	struct matcher_index x = { 0 };
	struct matcher_index_iter it;
	struct sbuf b = SBUF_INIT(4096);
	struct labels *l;
	size_t n = 0;

	sbuf_puts(&b, "X{");
	for (int i = 0; i < 20; i++) {
		char text[32];

		snprintf(text, sizeof(text), "l%d=\"v\"", i);
		ms[i] = must_matchers(text);
		matcher_index_add(&x, &ms[i], (uint64_t)i + 1, &ms[i]);
		sbuf_printf(&b, "%sl%d=v", i > 0 ? "," : "", i);
	}
	sbuf_putc(&b, '}');
	l = world_labels(sbuf_cstr(&b));
	matcher_index_begin(&it, &x, l, 0);
	for (struct matchers *got; (got = matcher_index_next(&it)) != NULL; n++)
		ck_assert_ptr_eq(got, &ms[n]);
	matcher_index_end(&it);
	ck_assert_uint_eq(n, 20);
	labels_unref(l);
	sbuf_fini(&b);
	matcher_index_fini(&x);
	for (size_t i = 0; i < 20; i++)
		matchers_fini(&ms[i]);
}
END_TEST

static size_t
match_plainly(const struct route *r, const struct labels *l, const struct route **out, size_t n)
{
	size_t before = n;

	if (!matchers_match(&r->matchers, l))
		return n;
	for (size_t i = 0; i < r->routes_n; i++) {
		size_t had = n;

		n = match_plainly(r->routes[i], l, out, n);
		if (n > had && !r->routes[i]->continue_)
			break;
	}
	if (n == before)
		out[n++] = r;
	return n;
}

/* A random tree against the rule as it is stated. */
START_TEST(routes_as_stated)
{
	struct rand r;

	rand_seed(&r, 11);
	for (int round = 0; round < 100; round++) {
		struct sbuf b = SBUF_INIT(1 << 16);
		struct routing *routing;
		struct config *c;

		sbuf_puts(&b, "receiver r hook\nroute receiver=r\n");
		for (int i = 0, level = 0; i < 30; i++) {
			level = 1 + (int)rand_below(&r, (uint64_t)(level < 5 ? level + 1 : 5));
			sbuf_printf(&b, "%*sroute match=%c%s\"%d\"%s\n", 2 * level, "", (char)('a' + rand_below(&r, 3)),
			    rand_below(&r, 3) > 0 ? "=" : rand_below(&r, 2) > 0 ? "!=" : "=~",
			    (int)rand_below(&r, 3), rand_below(&r, 2) > 0 ? " continue" : "");
		}
		c = must_config(sbuf_cstr(&b));
		routing = routing_new(c);
		for (int i = 0; i < 27; i++) {
			const struct route *want[64];
			const struct route_list *got, *piece;
			struct routing_run run = { 0 };
			struct work w = { 1 };
			char alert[64];
			struct labels *l;
			size_t n;

			snprintf(alert, sizeof(alert), "X{a=%d,b=%d,c=%d}", i % 3, i / 3 % 3, i / 9);
			l = world_labels(alert);
			n = match_plainly(c->route, l, want, 0);
			got = routing_match(routing, l);
			ck_assert_uint_eq(got->n, n);
			ck_assert_mem_eq(got->routes, want, n * sizeof(want[0]));
			ck_assert_ptr_eq(routing_match(routing, l), got);
			while ((piece = routing_match_some(routing, l, &run, &w)) == NULL) {
				ck_assert(work_used_up(&w));
				w.left = 1 + (int64_t)rand_below(&r, 6);
			}
			ck_assert_ptr_eq(piece, got);
			routing_run_fini(&run);
			labels_unref(l);
		}
		routing_free(&routing);
		config_unref(c);
		sbuf_fini(&b);
	}
}
END_TEST

int
main(void)
{
	return RUN("matcher_index", finds_what_matching_all_finds, many_matchers, many_labels, routes_as_stated);
}
