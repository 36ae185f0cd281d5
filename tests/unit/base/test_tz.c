/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/compiler.h"
#include "base/mem.h"
#include "base/rfc3339.h"
#include "base/sbuf.h"
#include "base/tz.h"
#include "suite.h"
#include "tzif.h"

static int64_t
utc(const char *text)
{
	struct wall w = { 0, 0, 0 };

	ck_assert_msg(rfc3339_parse(str_from(text), &w, NULL), "%s", text);
	return w.s;
}

START_TEST(offsets)
{
	static const struct { const char *zone, *at, *shown, *abbreviation; } rows[] = {
		{ "UTC", "2026-07-01T12:00:00Z", "2026-07-01T12:00:00Z", "UTC" },
		{ "", "2026-07-01T12:00:00Z", "2026-07-01T12:00:00Z", "UTC" },
		{ "Europe/Berlin", "2026-07-01T12:00:00Z", "2026-07-01T14:00:00+02:00", "CEST" },
		{ "Europe/Berlin", "2026-01-01T12:00:00Z", "2026-01-01T13:00:00+01:00", "CET" },
		{ "Europe/Berlin", "2026-03-29T00:59:59Z", "2026-03-29T01:59:59+01:00", "CET" },
		{ "Europe/Berlin", "2026-03-29T01:00:00Z", "2026-03-29T03:00:00+02:00", "CEST" },
		{ "Europe/Berlin", "2026-10-25T00:59:59Z", "2026-10-25T02:59:59+02:00", "CEST" },
		{ "Europe/Berlin", "2026-10-25T01:00:00Z", "2026-10-25T02:00:00+01:00", "CET" },
		/* Behind the table: the footer's rule. */
		{ "Europe/Berlin", "2500-07-01T12:00:00Z", "2500-07-01T14:00:00+02:00", "CEST" },
		{ "Europe/Berlin", "2500-03-28T00:59:59Z", "2500-03-28T01:59:59+01:00", "CET" },
		{ "Europe/Berlin", "2500-03-28T01:00:00Z", "2500-03-28T03:00:00+02:00", "CEST" },
		{ "America/New_York", "2300-01-01T12:00:00Z", "2300-01-01T07:00:00-05:00", "EST" },
		{ "Australia/Sydney", "2400-01-01T00:00:00Z", "2400-01-01T11:00:00+11:00", "AEDT" },
		{ "Australia/Sydney", "2400-07-01T00:00:00Z", "2400-07-01T10:00:00+10:00", "AEST" },
		{ "Europe/Istanbul", "2400-07-01T00:00:00Z", "2400-07-01T03:00:00+03:00", "+03" },
		{ "Asia/Kolkata", "2026-07-01T12:00:00Z", "2026-07-01T17:30:00+05:30", "IST" },
		{ "Asia/Kathmandu", "2026-07-01T12:00:00Z", "2026-07-01T17:45:00+05:45", "+0545" },
		/* Before the table. */
		{ "America/New_York", "1800-01-01T12:00:00Z", "1800-01-01T07:03:58-04:56", "LMT" },
		{ "Etc/GMT+5", "2026-07-01T12:00:00Z", "2026-07-01T07:00:00-05:00", "-05" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct zone *z = zone_find(str_from(rows[i].zone));
		struct wall w = { utc(rows[i].at), 5, 0 }, shown;
		char text[RFC3339_MAX];
		struct str abbreviation;

		ck_assert_msg(z != NULL, "%s", rows[i].zone);
		shown = zone_apply(z, w, &abbreviation);
		ck_assert_int_eq(shown.s, w.s);
		ck_assert_int_eq(shown.ns, 5);
		shown.ns = 0;
		rfc3339_format(shown, text);
		ck_assert_str_eq(text, rows[i].shown);
		ck_assert_msg(str_is(abbreviation, rows[i].abbreviation), "%s: %.*s", rows[i].zone,
		    STR_ARG(abbreviation));
	}
	tz_fini();
}
END_TEST

/* In gaps and overlaps: what Go's time.Date answers. */
START_TEST(dates)
{
	static const struct { const char *zone; int y, mo, d, h, mi; const char *want; } rows[] = {
		{ "UTC", 2026, 3, 29, 2, 30, "2026-03-29T02:30:00Z" },
		{ "Europe/Berlin", 2026, 7, 1, 12, 0, "2026-07-01T10:00:00Z" },
		{ "Europe/Berlin", 2026, 3, 29, 1, 59, "2026-03-29T00:59:00Z" },
		{ "Europe/Berlin", 2026, 3, 29, 2, 30, "2026-03-29T01:30:00Z" },
		{ "Europe/Berlin", 2026, 3, 29, 3, 0, "2026-03-29T01:00:00Z" },
		{ "Europe/Berlin", 2026, 10, 25, 1, 59, "2026-10-24T23:59:00Z" },
		{ "Europe/Berlin", 2026, 10, 25, 2, 30, "2026-10-25T01:30:00Z" },
		{ "Europe/Berlin", 2026, 10, 25, 3, 0, "2026-10-25T02:00:00Z" },
		{ "America/New_York", 2026, 3, 8, 1, 59, "2026-03-08T06:59:00Z" },
		{ "America/New_York", 2026, 3, 8, 2, 30, "2026-03-08T06:30:00Z" },
		{ "America/New_York", 2026, 3, 8, 3, 0, "2026-03-08T07:00:00Z" },
		{ "America/New_York", 2026, 11, 1, 1, 30, "2026-11-01T05:30:00Z" },
		{ "America/New_York", 2026, 11, 1, 2, 0, "2026-11-01T07:00:00Z" },
		{ "America/New_York", 2500, 3, 14, 2, 30, "2500-03-14T06:30:00Z" },
		{ "America/New_York", 2500, 11, 7, 1, 30, "2500-11-07T05:30:00Z" },
		{ "Australia/Lord_Howe", 2026, 10, 4, 2, 15, "2026-10-03T15:45:00Z" },
		{ "Europe/Berlin", 2026, 14, 32, 25, 61, "2027-03-05T01:01:00Z" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct zone *z = zone_find(str_from(rows[i].zone));
		struct wall w = zone_date(z, rows[i].y, rows[i].mo, rows[i].d, rows[i].h,
		    rows[i].mi, 0, 0);
		char text[RFC3339_MAX];

		rfc3339_format(wall_utc(w), text);
		ck_assert_msg(strcmp(text, rows[i].want) == 0, "row %zu %s: %s not %s", i,
		    rows[i].zone, text, rows[i].want);
		ck_assert_int_eq(w.offset, zone_apply(z, w, NULL).offset);
	}
	tz_fini();
}
END_TEST

START_TEST(date_carries_and_saturates)
{
	struct wall w = zone_date(zone_utc(), 1970, 1, 1, 0, 0, 0, -1);

	ck_assert_int_eq(w.s, -1);
	ck_assert_int_eq(w.ns, 999999999);
	w = zone_date(zone_find(STR("Asia/Tokyo")), INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX,
	    INT64_MAX, INT64_MAX, INT64_MAX);
	ck_assert_int_gt(w.s, utc("9999-12-31T23:59:59Z"));
	w = zone_date(zone_find(STR("Asia/Tokyo")), INT64_MIN, INT64_MIN, INT64_MIN, INT64_MIN,
	    INT64_MIN, INT64_MIN, INT64_MIN);
	ck_assert_int_lt(w.s, utc("0000-01-01T00:00:00Z"));
	zone_apply(zone_find(STR("Europe/Berlin")), (struct wall){ INT64_MAX, 0, 0 }, NULL);
	zone_apply(zone_find(STR("Europe/Berlin")), (struct wall){ INT64_MIN, 0, 0 }, NULL);
	tz_fini();
}
END_TEST

START_TEST(names)
{
	static const char *const unknown[] = {
		"Nowhere/Atlantis", "../etc/passwd", "Europe/../UTC", "/etc/localtime", "\\x",
		"Europe", "tzdata.zi", "utc ", "europe/berlin",
	};
	const struct zone *z = zone_find(STR("Europe/Berlin"));
	char long_name[5000];

	ck_assert_ptr_nonnull(z);
	ck_assert_ptr_eq(zone_find(STR("Europe/Berlin")), z);
	ck_assert(str_is(zone_name(z), "Europe/Berlin"));
	ck_assert_ptr_null(zone_find(STR("Europe//Berlin")));
	ck_assert_ptr_null(zone_find(STR("./Europe/Berlin")));
	ck_assert_ptr_eq(zone_find(STR("UTC")), zone_utc());
	ck_assert_ptr_eq(zone_find(STR_NONE), zone_utc());
	ck_assert(str_is(zone_name(zone_utc()), "UTC"));
	for (size_t i = 0; i < ARRAY_LEN(unknown); i++)
		ck_assert_msg(zone_find(str_from(unknown[i])) == NULL, "%s", unknown[i]);
	ck_assert_ptr_null(zone_find((struct str){ "UTC\0x", 5 }));
	memset(long_name, 'a', sizeof(long_name));
	ck_assert_ptr_null(zone_find((struct str){ long_name, sizeof(long_name) }));
	tz_fini();
}
END_TEST

START_TEST(local_zone)
{
	static const struct { const char *tz, *name; int32_t offset; } rows[] = {
		{ "Asia/Tokyo", "Local", 32400 },
		{ ":Asia/Tokyo", "Local", 32400 },
		{ "/usr/share/zoneinfo/Asia/Kolkata", "Local", 19800 },
		{ "", "UTC", 0 },
		{ "UTC", "UTC", 0 },
		{ "Nowhere/Atlantis", "UTC", 0 },
		{ "../UTC", "UTC", 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		ck_assert_int_eq(setenv("TZ", rows[i].tz, 1), 0);
		tz_fini();
		ck_assert_ptr_eq(zone_find(STR("Local")), zone_local());
		ck_assert_msg(str_is(zone_name(zone_local()), rows[i].name), "%s", rows[i].tz);
		ck_assert_int_eq(zone_apply(zone_local(), (struct wall){ 0, 0, 0 }, NULL).offset,
		    rows[i].offset);
	}
	ck_assert_int_eq(unsetenv("TZ"), 0);
	tz_fini();
	ck_assert_ptr_nonnull(zone_local());
	tz_fini();
}
END_TEST

START_TEST(rules)
{
	static const struct { const char *rule, *at; int32_t offset; } rows[] = {
		{ "EST5", "2026-07-01T00:00:00Z", -18000 },
		{ "<-03>3", "2026-07-01T00:00:00Z", -10800 },
		{ "<+0545>-5:45", "2026-07-01T00:00:00Z", 20700 },
		{ "EST5EDT", "2026-07-01T00:00:00Z", -14400 },
		{ "EST5EDT", "2026-01-01T00:00:00Z", -18000 },
		{ "CET-1CEST,M3.5.0,M10.5.0/3", "2100-06-01T00:00:00Z", 7200 },
		{ "CET-1CEST,M3.5.0,M10.5.0/3", "2100-12-01T00:00:00Z", 3600 },
		{ "<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2026-03-29T00:59:59Z", -7200 },
		{ "<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2026-03-29T01:00:00Z", -3600 },
		{ "IST-1GMT0,M10.5.0,M3.5.0/1", "2026-07-01T00:00:00Z", 3600 },
		{ "IST-1GMT0,M10.5.0,M3.5.0/1", "2026-12-01T00:00:00Z", 0 },
		/* The 60th day is 1 March in every year with J, 29 February in some without. */
		{ "AAA0BBB,J60/0,J300", "2024-02-29T23:59:59Z", 0 },
		{ "AAA0BBB,J60/0,J300", "2024-03-01T00:00:00Z", 3600 },
		{ "AAA0BBB,59/0,300", "2024-02-28T23:59:59Z", 0 },
		{ "AAA0BBB,59/0,300", "2024-02-29T00:00:00Z", 3600 },
		{ "AAA0BBB,59/0,300", "2023-03-01T00:00:00Z", 3600 },
		{ "XXX3YYY2,0/0,J365/25", "2026-06-01T00:00:00Z", -7200 },
	};
	static const char *const bad[] = {
		"", "E", "EST", "5", "EST5EDT,", "EST5EDT,M3.2.0", "EST5EDT,M13.2.0,M11.1.0",
		"EST5EDT,M3.6.0,M11.1.0", "EST5EDT,M3.2.7,M11.1.0", "EST5EDT,J0,J365", "EST5EDT,366,1",
		"EST5EDT,M3.2.0/168,M11.1.0", "EST25", "EST5:60", "<EST5", "<E>5", "EST5 ", "EST5EDTx,",
		"EST99999999999999999999",
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct arena *a = arena_new();
		struct tz_kind kind = { 0 };
		struct tz_table t = { .kinds = &kind, .kinds_n = 1, .has_rule = true };

		ck_assert_msg(tz_rule_parse(a, str_from(rows[i].rule), &t.rule), "%s", rows[i].rule);
		ck_assert_msg(tz_lookup(&t, utc(rows[i].at)).kind->offset == rows[i].offset,
		    "row %zu: %d", i, tz_lookup(&t, utc(rows[i].at)).kind->offset);
		arena_free(&a);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct arena *a = arena_new();
		struct tz_rule rule;

		ck_assert_msg(!tz_rule_parse(a, str_from(bad[i]), &rule), "%s", bad[i]);
		arena_free(&a);
	}
}
END_TEST

static void
put32(struct sbuf *b, uint32_t v)
{
	sbuf_put(b, (unsigned char[]){ (unsigned char)(v >> 24), (unsigned char)(v >> 16),
	    (unsigned char)(v >> 8), (unsigned char)v }, 4);
}

/* A version 1 file: one change, from AAA (0) to BBB (3600), at `when`. */
static void
small_file(struct sbuf *b, uint32_t when)
{
	static const uint32_t counts[] = { 0, 0, 0, 1, 2, 8 };

	sbuf_put(b, "TZif\0", 5);
	for (int i = 0; i < 15; i++)
		sbuf_putc(b, '\0');
	for (size_t i = 0; i < ARRAY_LEN(counts); i++)
		put32(b, counts[i]);
	put32(b, when);
	sbuf_putc(b, 1);
	put32(b, 0);
	sbuf_put(b, "\0\0", 2);
	put32(b, 3600);
	sbuf_put(b, "\1\4", 2);
	sbuf_put(b, "AAA\0BBB\0", 8);
}

START_TEST(version_1_files)
{
	struct sbuf b = SBUF_INIT(1000);
	struct arena *a = arena_new();
	struct tz_table t;

	small_file(&b, (uint32_t)-5);
	ck_assert(tzif_parse(a, sbuf_get(&b), &t));
	ck_assert_int_eq(tz_lookup(&t, -6).kind->offset, 0);
	ck_assert_int_eq(tz_lookup(&t, -5).kind->offset, 3600);
	ck_assert(str_is(tz_lookup(&t, INT64_MAX).kind->abbreviation, "BBB"));
	arena_free(&a);
	sbuf_fini(&b);
}
END_TEST

START_TEST(damaged_files_are_refused)
{
	struct sbuf b = SBUF_INIT(1000);
	struct arena *a = arena_new();
	struct tz_table t;

	small_file(&b, 5);
	for (size_t n = 0; n < b.n; n++) {
		/* A copy of this length, so that a read beyond it is seen. */
		char *cut = mem_strndup(b.p, n);

		ck_assert_msg(!tzif_parse(a, (struct str){ cut, n }, &t), "%zu bytes", n);
		mem_free(cut);
	}
	for (size_t i = 0; i < b.n; i++)
		for (int v = 0; v < 256; v += 5) {
			char *copy = mem_strndup(b.p, b.n);

			copy[i] = (char)v;
			if (tzif_parse(a, (struct str){ copy, b.n }, &t))
				tz_lookup(&t, 0);
			mem_free(copy);
			arena_reset(a);
		}
	arena_free(&a);
	sbuf_fini(&b);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, offsets);
	tcase_add_test(tc, dates);
	tcase_add_test(tc, date_carries_and_saturates);
	tcase_add_test(tc, names);
	tcase_add_test(tc, local_zone);
	tcase_add_test(tc, rules);
	tcase_add_test(tc, version_1_files);
	tcase_add_test(tc, damaged_files_are_refused);
}

int
main(void)
{
	return run_suite("tz", add);
}
