/* SPDX-License-Identifier: Apache-2.0 */
#include "disk_keys.h"

#include "base/mem.h"
#include "batch.h"
#include "lib_store.h"

#define MANY 200000

/* Not in order, and all different. */
static uint64_t
hash_of(uint64_t i)
{
	return (i + 1) * UINT64_C(0x9E3779B97F4A7C15);
}

/* The table changes its size step by step: no call moves more than a few keys, however many there are. */
START_TEST(grows_and_shrinks_by_steps)
{
	struct disk_keys p = { 0 };
	size_t used = 8;

	for (uint64_t i = 0; i < MANY; i++) {
		disk_keys_add(&p, hash_of(i));
		ck_assert_uint_le(p.map.used, used + 2);
		used = p.map.used;
	}
	ck_assert_uint_eq(p.map.n, MANY);
	for (uint64_t i = 0; i < MANY; i++) {
		ck_assert(disk_keys_has(&p, hash_of(i)));
		disk_keys_remove(&p, hash_of(i));
		ck_assert(!disk_keys_has(&p, hash_of(i)));
		ck_assert_uint_ge(p.map.used + 8, used);
		used = p.map.used;
	}
	ck_assert_uint_eq(p.map.n, 0);
	ck_assert_uint_le(p.map.used, 16);
	disk_keys_fini(&p);
}
END_TEST

START_TEST(twice_is_once)
{
	struct disk_keys p = { 0 };

	disk_keys_remove(&p, 0);
	disk_keys_add(&p, 0);
	disk_keys_add(&p, 0);
	ck_assert(disk_keys_has(&p, 0));
	disk_keys_remove(&p, 0);
	ck_assert(!disk_keys_has(&p, 0));
	disk_keys_fini(&p);
}
END_TEST

int
main(void)
{
	return RUN("disk_keys", grows_and_shrinks_by_steps, twice_is_once);
}
