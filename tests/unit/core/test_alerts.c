/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "alerts.h"
#include "lib_core.h"

static void
add_many(struct alerts *as, int from, int n)
{
	for (int i = from; i < from + n; i++) {
		char text[64];
		struct alert *a;

		snprintf(text, sizeof(text), "A{instance=host-%d}", i);
		a = must_alert(text, (struct wall){ 1000, 0, 0 });
		alerts_add(as, a);
		alert_unref(a);
	}
}

/* All in order, and each found. */
static void
check_order(const struct alerts *as, size_t n)
{
	struct order_cursor c;
	uint64_t last = 0;
	size_t count = 0;

	for (const struct alert_entry *r = alerts_after_at(as, NULL, &c); r != NULL; r = order_next(&as->order, &c)) {
		uint64_t f = labels_fingerprint(r->alert->labels);

		ck_assert_uint_ge(f, last);
		ck_assert_ptr_eq(alerts_find_fingerprint(as, f), r);
		ck_assert_ptr_eq(alerts_find(as, r->alert->labels), r);
		last = f;
		count++;
	}
	ck_assert_uint_eq(count, n);
}

/* However many they are, and whatever is there already. */
START_TEST(many_at_once_stand_in_order)
{
	static const int sizes[] = { 1, 2, 17, 200, 5000 };
	struct alerts as = { 0 };
	int all = 0;

	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		alerts_begin_many(&as, (size_t)sizes[i]);
		add_many(&as, all, sizes[i]);
		alerts_end_many(&as);
		all += sizes[i];
		check_order(&as, (size_t)all);
	}
	while (as.oldest != NULL)
		alerts_remove(&as, as.oldest);
	alerts_fini(&as);
}
END_TEST

int
main(void)
{
	return RUN("alerts", many_at_once_stand_in_order);
}
