/* SPDX-License-Identifier: Apache-2.0 */
/* How rows name groups. */
#include <string.h>

#include "model/group_name.h"
#include "row.h"
#include "suite.h"

START_TEST(a_group_has_its_key_and_its_id)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct str key = STR_NONE;
	uint64_t id = 0;

	row_put_group(&b, STR("ops"), STR("{}:{alertname=\"A\"}"));
	ck_assert(row_group(sbuf_get(&b), &id, &key));
	ck_assert(str_is(key, "{}:{alertname=\"A\"}"));
	ck_assert_uint_eq(id, group_name(STR("ops"), key));
	ck_assert(row_group(sbuf_get(&b), NULL, NULL));
	sbuf_fini(&b);
}
END_TEST

/* Rows of older versions have the id, and no receiver. */
START_TEST(an_older_row_has_the_id_itself)
{
	struct str key = STR_NONE, row = { "\0\0\0\0\0\0\1\2{}", 10 };
	uint64_t id = 0;

	ck_assert(row_group(row, &id, &key));
	ck_assert_uint_eq(id, 0x102);
	ck_assert(str_is(key, "{}"));
}
END_TEST

START_TEST(what_is_no_group_is_none)
{
	uint64_t id = 7;

	ck_assert(!row_group(STR(""), &id, NULL));
	ck_assert(!row_group(STR("seven77"), &id, NULL));
	/* Without an end of the receiver. */
	ck_assert(!row_group((struct str){ "\0\0\0\0\0\0\0\0ops", 11 }, &id, NULL));
	ck_assert_uint_eq(id, 7);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, a_group_has_its_key_and_its_id);
	tcase_add_test(tc, an_older_row_has_the_id_itself);
	tcase_add_test(tc, what_is_no_group_is_none);
}

int
main(void)
{
	return run_suite("row", add);
}
