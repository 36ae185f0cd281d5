/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "base/rand.h"
#include "lib_core.h"
#include "matcher_index.h"
#include "routing.h"

static const char *const texts[] = {
	"a=\"1\"", "a=\"2\"", "a=\"1\",b=\"2\"", "b=~\"2|3\"", "a!=\"1\"", "c=\"\"", "b=~\"2.*\",a=\"1\"", "d=\"\",a=\"1\"",
	"a=~\"1|\"", "b=\"2\"", "a=\"1\"",
};
static const char *const alerts[] = { "X", "X{a=1}", "X{a=2}", "X{a=1,b=2}", "X{b=3,c=9}", "X{a=9,b=2,c=1,d=4}" };

static struct work all = { INT64_MAX };

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
		matcher_index_end(&it, &all);
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
	struct matchers ms = must_matchers(sbuf_cstr(&text)), crowd = must_matchers("m0=~\"a|b\""), other = must_matchers("o=\"1\"");
	matcher_index_add(&x, &crowd, 1, &crowd);
	matcher_index_add(&x, &ms, 2, &ms);
	for (uint64_t i = 0; i < MATCHER_INDEX_NEWEST; i++)
		matcher_index_add(&x, &other, 3 + i, &other);
	struct labels *l = world_labels("X{m0=a,m1=a,m999=a}");
	matcher_index_begin(&it, &x, l, 0);
	ck_assert_ptr_eq(matcher_index_next(&it), &crowd);
	ck_assert_ptr_eq(matcher_index_next(&it), &ms);
	ck_assert_ptr_null(matcher_index_next(&it));
	matcher_index_end(&it, &all);
	labels_unref(l);
	l = world_labels("X{m999=a}");
	matcher_index_begin(&it, &x, l, 0);
	ck_assert_ptr_null(matcher_index_next(&it));
	matcher_index_end(&it, &all);
	labels_unref(l);
	matcher_index_remove(&x, &ms, 2);
	matcher_index_remove(&x, &crowd, 1);
	for (uint64_t i = 0; i < MATCHER_INDEX_NEWEST; i++)
		matcher_index_remove(&x, &other, 3 + i);
	ck_assert_uint_eq(x.keys.n, 0);
	ck_assert_uint_eq(x.names.n, 0);
	matcher_index_fini(&x);
	matchers_fini(&ms);
	matchers_fini(&crowd);
	matchers_fini(&other);
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
	matcher_index_end(&it, &all);
	ck_assert_uint_eq(n, 20);
	labels_unref(l);
	sbuf_fini(&b);
	matcher_index_fini(&x);
	for (size_t i = 0; i < 20; i++)
		matchers_fini(&ms[i]);
}
END_TEST

#define ONE_OF(r, ...) one_of(r, (const char *const[]){ __VA_ARGS__ }, ARRAY_LEN(((const char *const[]){ __VA_ARGS__ })))

static const char *
one_of(struct rand *r, const char *const *v, size_t n)
{
	return v[rand_below(r, n)];
}

/* A few letters, so that texts are found in each other. */
static void
put_text(struct sbuf *b, struct rand *r, uint64_t most)
{
	for (uint64_t n = rand_below(r, most + 1); n > 0; n--)
		sbuf_puts(b, ONE_OF(r, "x", "y", "z", "xy", "1", "-", "\xc3\xa9", "\xc3\xa8", "."));
}

static void
put_matchers(struct sbuf *b, struct rand *r)
{
	for (uint64_t i = 0, n = 1 + rand_below(r, 3); i < n; i++) {
		sbuf_printf(b, "%s%s%s\"", i > 0 ? "," : "", ONE_OF(r, "a", "b", "c"), ONE_OF(r, "=", "!=", "=~", "=~", "=~", "=~", "!~"));
		for (uint64_t k = 0, parts = rand_below(r, 4); k < parts; k++) {
			put_text(b, r, 9);
			sbuf_puts(b, ONE_OF(r, ".*", ".+", "|", "", "[xz]", "x*", "(?i:XY)", "(?i)z", "(?i:1-)", "^", "$", "\\\\.", "{2}x", "(xy)+", "(x|xyz)",
			    "(\xc3\xa9|\xc3\xa8)", "(?:y(?:1x){2,3})", "(|x)", "()", "[^x]", "\xc3\xa9?", "(?s:.)", "\\\\b", "(?:xy.*1|xz1)", "(?:-z)+?"));
		}
		put_text(b, r, 2);
		sbuf_putc(b, '"');
	}
}

/* Sets that come, one by one or many at once, and go, against matching all of them, from any place on. */
START_TEST(random_matchers)
{
	enum { N = 60 };
	struct rand r;

	rand_seed(&r, 7);
	for (int round = 0; round < 200; round++) {
		struct matcher_index x = { 0 };
		struct matchers ms[N];
		bool in[N] = { false };
		struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
		/* None, the first ones, or all. */
		size_t many = (size_t)round % 3 * N / 2;

		if (many > 0)
			matcher_index_begin_many(&x);
		for (size_t i = 0; i < N; i++) {
			if (i == many && many > 0)
				matcher_index_end_many(&x);
			struct err e = { 0 };
			ms[i] = (struct matchers){ 0 };
			/* Some are no expressions. */
			do {
				sbuf_reset(&b);
				put_matchers(&b, &r);
			} while (!matchers_parse(sbuf_get(&b), MATCHER_UTF8, NULL, &ms[i], &e));
			matcher_index_add(&x, &ms[i], i + 1, &ms[i]);
			in[i] = true;
			if (rand_below(&r, round % 2 == 0 ? 3 : 60) > 0)
				continue;
			size_t gone = (size_t)rand_below(&r, i + 1);
			if (in[gone])
				matcher_index_remove(&x, &ms[gone], gone + 1);
			in[gone] = false;
		}
		if (many == N)
			matcher_index_end_many(&x);
		for (int look = 0; look < 50; look++) {
			uint64_t after = rand_below(&r, 3) > 0 ? 0 : rand_below(&r, N + 1);
			struct matcher_index_iter it;
			struct matchers *got;
			size_t next = (size_t)after;

			sbuf_reset(&b);
			sbuf_puts(&b, "X{a=");
			put_text(&b, &r, 12);
			/* Some are too long to go through. */
			for (int i = look % 10 == 0 ? 300 : 0; i > 0; i--)
				sbuf_puts(&b, "z");
			put_text(&b, &r, 2);
			sbuf_puts(&b, "q,b=q");
			put_text(&b, &r, 12);
			sbuf_puts(&b, look % 2 == 0 ? ",c=x}" : "}");
			struct labels *l = world_labels(sbuf_cstr(&b));
			matcher_index_begin(&it, &x, l, after);
			do {
				size_t to = (got = matcher_index_next(&it)) != NULL ? (size_t)(got - ms) : N;

				ck_assert(to >= next && (to == N || in[to]));
				for (; next < to; next++)
					ck_assert_msg(!in[next] || !matchers_match(&ms[next], l), "%s, after %d: set %zu is missing",
					    sbuf_cstr(&b), (int)after, next);
				next++;
			} while (got != NULL);
			matcher_index_end(&it, &all);
			labels_unref(l);
		}
		for (size_t i = 0; i < N; i++) {
			if (in[i])
				matcher_index_remove(&x, &ms[i], i + 1);
			matchers_fini(&ms[i]);
		}
		ck_assert_uint_eq(x.keys.n + x.names.n + x.rest.n, 0);
		matcher_index_fini(&x);
		sbuf_fini(&b);
	}
}
END_TEST

/* Thousands of whatever shape have few candidates among them. */
START_TEST(few_candidates)
{
	static const char *const shapes[] = {
		"i=\"web-#\"", "i=~\"web-#.*\",j=\"node\"", "i=~\".*-#:9100\"", "i=~\".*eb-#:9.*\"", "j=\"node\",i=~\"web-#(:[0-9]+)?\"",
		"i=~\"[a-z]+-#:[0-9]+\"", "i=~\"(w|x)eb-#.*|(y|z)eb-#\"", "i!~\"x.*\",i=~\"w.*#:.*0\"",
	};
	enum { N = 8000 };
	struct matchers *ms = mem_calloc(N, sizeof(*ms));
	struct matcher_index x = { 0 };
	struct matcher_index_iter it;
	struct labels *l = world_labels("X{i=web-4711:9100,j=node}");
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	size_t n = 0, matched = 0;

	matcher_index_begin_many(&x);
	for (int i = 0; i < N; i++) {
		if (i == N / 2)
			matcher_index_end_many(&x);
		sbuf_reset(&b);
		for (const char *c = shapes[i % 8]; *c != '\0'; c++)
			*c == '#' ? sbuf_printf(&b, "%d", i) : sbuf_putc(&b, *c);
		ms[i] = must_matchers(sbuf_cstr(&b));
		matcher_index_add(&x, &ms[i], (uint64_t)i + 1, &ms[i]);
	}
	matcher_index_begin(&it, &x, l, 0);
	for (const struct matchers *got; (got = matcher_index_next(&it)) != NULL; n++)
		matched += matchers_match(got, l);
	matcher_index_end(&it, &all);
	for (int i = 0; i < N; i++)
		matched -= matchers_match(&ms[i], l);
	ck_assert_uint_eq(matched, 0);
	ck_assert_uint_lt(n, 40);
	ck_assert_uint_lt(it.looked, 100);
	matcher_index_fini(&x);
	for (int i = 0; i < N; i++)
		matchers_fini(&ms[i]);
	mem_free(ms);
	sbuf_fini(&b);
	labels_unref(l);
}
END_TEST

static size_t
candidates(const struct matcher_index *x, const char *alert)
{
	struct labels *l = world_labels(alert);
	struct matcher_index_iter it;
	size_t n = 0;

	matcher_index_begin(&it, x, l, 0);
	while (matcher_index_next(&it) != NULL)
		n++;
	matcher_index_end(&it, &all);
	labels_unref(l);
	return n;
}

/* One key for all, of which the bytes beside it tell most apart; and where they do not, whoever looks can stop. */
START_TEST(bytes_beside_the_key)
{
	static const char *const values[] = { "X{i=aabcdx}", "X{i=babcdx}", "X{i=abcd}", "X{i=abcdx}", "X{i=aabcdyabcdx}" };
	static const size_t wanted[] = { 2, 1, 0, 1, 1 };
	struct matchers two[] = { must_matchers("i=~\".*aabcd.*\""), must_matchers("i=~\".*abcdx.*\"") };
	struct matchers ends[] = { must_matchers("i=~\".*abcd.*z\""), must_matchers("i=~\"y.*abcd.*\"") };
	enum { N = 1000 };
	struct matchers *ms = mem_calloc(N, sizeof(*ms));
	struct matcher_index x = { 0 };

	for (size_t i = 0; i < 2; i++)
		matcher_index_add(&x, &two[i], i + 1, &two[i]);
	for (size_t i = 0; i < ARRAY_LEN(values); i++)
		ck_assert_uint_ge(candidates(&x, values[i]), wanted[i]);
	ck_assert_uint_eq(candidates(&x, "X{i=zabcdz}"), 0);
	matcher_index_fini(&x);
	/* Its first and its last byte as well. */
	for (size_t i = 0; i < 2; i++)
		matcher_index_add(&x, &ends[i], i + 1, &ends[i]);
	ck_assert_uint_eq(candidates(&x, "X{i=abcdq}"), 0);
	ck_assert_uint_eq(candidates(&x, "X{i=abcdz}"), 1);
	ck_assert_uint_eq(candidates(&x, "X{i=yabcd}"), 1);
	ck_assert_uint_eq(candidates(&x, "X{i=yabcdz}"), 2);
	matcher_index_fini(&x);
	/* All of one text, so that they have one key. */
	for (size_t i = 0; i < N; i++) {
		ms[i] = must_matchers("i=~\".*abcde.*\"");
		matcher_index_add(&x, &ms[i], i + 1, &ms[i]);
	}
	ck_assert_uint_eq(candidates(&x, "X{i=abcde}"), N);
	ck_assert_uint_ge(candidates(&x, "X{i=abcdf}") + candidates(&x, "X{i=fbcde}"), N / 500);
	ck_assert_uint_le(candidates(&x, "X{i=abcdf}") + candidates(&x, "X{i=fbcde}"), N / 200);
	matcher_index_fini(&x);
	for (size_t i = 0; i < N; i++)
		matchers_fini(&ms[i]);
	mem_free(ms);
	for (size_t i = 0; i < 2; i++) {
		matchers_fini(&two[i]);
		matchers_fini(&ends[i]);
	}
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
			sbuf_printf(&b, "%*sroute match=", 2 * level, "");
			for (int more = rand_below(&r, 2) > 0; more >= 0; more--)
				sbuf_printf(&b, "%c%s\"%d\"%s", (char)('a' + rand_below(&r, 3)),
				    rand_below(&r, 3) > 0 ? "=" : rand_below(&r, 2) > 0 ? "!=" : "=~", (int)rand_below(&r, 3), more > 0 ? "," : "");
			sbuf_puts(&b, rand_below(&r, 2) > 0 ? " continue\n" : "\n");
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
				w.left = 1 + (int64_t)rand_below(&r, 60);
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
	return RUN("matcher_index", finds_what_matching_all_finds, many_matchers, many_labels, random_matchers, few_candidates, bytes_beside_the_key,
	    routes_as_stated);
}
