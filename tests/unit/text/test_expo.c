/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "lib_text.h"
#include "text/expo.h"

static void
write_all(struct sbuf *b, enum expo_format format)
{
	static const double bounds[] = { 0.005, 1, 10 };
	static const uint64_t counts[] = { 1, 0, 2, 3 };
	struct expo x;

	expo_init(&x, b, format);
	expo_family(&x, "alerts_total", "How \"many\"\n\\ there are.", EXPO_COUNTER);
	expo_label(&x, "state", STR("a\"b\\c\nd"));
	expo_label(&x, "v", STR("2"));
	expo_value(&x, 3);
	expo_value(&x, 1e6);
	expo_family(&x, "g", "", EXPO_GAUGE);
	expo_value(&x, -0.5);
	expo_value(&x, INFINITY);
	expo_value(&x, (double)NAN);
	expo_family(&x, "h", "H", EXPO_HISTOGRAM);
	expo_label(&x, "l", STR("v"));
	expo_histogram(&x, bounds, counts, 3, 25.5);
	expo_family(&x, "s", "S", EXPO_SUMMARY);
	expo_summary(&x, 2, 4);
	expo_family(&x, "u", "U", EXPO_UNTYPED);
	expo_value(&x, 0);
	expo_end(&x);
}

/* Some labels stay over several samples; histograms of other bounds in one page. */
START_TEST(labels_are_kept)
{
	static const double bounds[] = { 0.5 }, others[] = { 2 };
	static const uint64_t counts[] = { 1, 1 };
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct expo x;

	expo_init(&x, &b, EXPO_TEXT);
	expo_family(&x, "c", "C", EXPO_COUNTER);
	expo_label(&x, "a", STR("\xFFx\""));
	expo_keep_labels(&x);
	expo_label(&x, "b", STR("1"));
	expo_value(&x, 999999);
	expo_label(&x, "b", STR("2"));
	expo_value(&x, 1000001);
	expo_drop_labels(&x);
	expo_value(&x, -0.0);
	expo_family(&x, "h", "H", EXPO_HISTOGRAM);
	expo_histogram(&x, bounds, counts, 1, 3);
	expo_label(&x, "l", STR("v"));
	expo_histogram(&x, others, counts, 1, 3);
	expo_end(&x);
	ASSERT_BUF(&b, "# HELP c C\n# TYPE c counter\n"
		       "c{a=\"\xEF\xBF\xBDx\\\"\",b=\"1\"} 999999\n"
		       "c{a=\"\xEF\xBF\xBDx\\\"\",b=\"2\"} 1.000001e+06\n"
		       "c -0\n"
		       "# HELP h H\n# TYPE h histogram\n"
		       "h_bucket{le=\"0.5\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_sum 3\nh_count 2\n"
		       "h_bucket{l=\"v\",le=\"2\"} 1\nh_bucket{l=\"v\",le=\"+Inf\"} 2\nh_sum{l=\"v\"} 3\nh_count{l=\"v\"} 2\n");
	sbuf_fini(&b);
}
END_TEST

START_TEST(writes_text)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	write_all(&b, EXPO_TEXT);
	ASSERT_BUF(&b, "# HELP alerts_total How \"many\"\\n\\\\ there are.\n"
		       "# TYPE alerts_total counter\n"
		       "alerts_total{state=\"a\\\"b\\\\c\\nd\",v=\"2\"} 3\n"
		       "alerts_total 1e+06\n"
		       "# HELP g \n# TYPE g gauge\n"
		       "g -0.5\ng +Inf\ng NaN\n"
		       "# HELP h H\n# TYPE h histogram\n"
		       "h_bucket{l=\"v\",le=\"0.005\"} 1\n"
		       "h_bucket{l=\"v\",le=\"1\"} 1\n"
		       "h_bucket{l=\"v\",le=\"10\"} 3\n"
		       "h_bucket{l=\"v\",le=\"+Inf\"} 6\n"
		       "h_sum{l=\"v\"} 25.5\n"
		       "h_count{l=\"v\"} 6\n"
		       "# HELP s S\n# TYPE s summary\n"
		       "s_sum 4\ns_count 2\n"
		       "# HELP u U\n# TYPE u untyped\n"
		       "u 0\n");
	ck_assert_str_eq(expo_content_type(EXPO_TEXT), "text/plain; version=0.0.4; charset=utf-8; escaping=underscores");
	sbuf_fini(&b);
}
END_TEST

START_TEST(writes_openmetrics)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	write_all(&b, EXPO_OPENMETRICS);
	ASSERT_BUF(&b, "# HELP alerts How \\\"many\\\"\\n\\\\ there are.\n"
		       "# TYPE alerts counter\n"
		       "alerts_total{state=\"a\\\"b\\\\c\\nd\",v=\"2\"} 3.0\n"
		       "alerts_total 1e+06\n"
		       "# HELP g \n# TYPE g gauge\n"
		       "g -0.5\ng +Inf\ng NaN\n"
		       "# HELP h H\n# TYPE h histogram\n"
		       "h_bucket{l=\"v\",le=\"0.005\"} 1\n"
		       "h_bucket{l=\"v\",le=\"1.0\"} 1\n"
		       "h_bucket{l=\"v\",le=\"10.0\"} 3\n"
		       "h_bucket{l=\"v\",le=\"+Inf\"} 6\n"
		       "h_sum{l=\"v\"} 25.5\n"
		       "h_count{l=\"v\"} 6\n"
		       "# HELP s S\n# TYPE s summary\n"
		       "s_sum 4.0\ns_count 2\n"
		       "# HELP u U\n# TYPE u unknown\n"
		       "u 0.0\n"
		       "# EOF\n");
	sbuf_fini(&b);
}
END_TEST

START_TEST(repairs_labels)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct expo x;

	expo_init(&x, &b, EXPO_TEXT);
	expo_family(&x, "g", "", EXPO_GAUGE);
	expo_label(&x, "a", STR("\xff\"\xc3\xbc\xc3"));
	expo_value(&x, 1);
	expo_end(&x);
	ASSERT_BUF(&b, "# HELP g \n# TYPE g gauge\ng{a=\"\xEF\xBF\xBD\\\"\xc3\xbc\xEF\xBF\xBD\"} 1\n");
	sbuf_fini(&b);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, writes_text);
	tcase_add_test(tc, labels_are_kept);
	tcase_add_test(tc, writes_openmetrics);
	tcase_add_test(tc, repairs_labels);
}

int
main(void)
{
	return run_suite("expo", add);
}
