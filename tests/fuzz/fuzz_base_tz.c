/* SPDX-License-Identifier: Apache-2.0 */
/* No zone file, and no rule, leads out of bounds or to an impossible offset. */
#include <assert.h>
#include <stdint.h>

#include "tzif.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
look(const struct tz_table *t)
{
	static const int64_t at[] = { INT64_MIN, -62135596800, -1, 0, 1795336251, 16725225600,
		INT64_MAX };

	for (size_t i = 0; i < ARRAY_LEN(at); i++) {
		struct tz_period p = tz_lookup(t, at[i]);

		assert(p.kind->offset >= -26 * 3600 && p.kind->offset <= 26 * 3600);
		assert(p.start <= at[i]);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str s = { (const char *)data, size };
	struct arena *a = arena_new();
	struct tz_kind kind = { 0 };
	struct tz_table t, ruled = { .kinds = &kind, .kinds_n = 1, .has_rule = true };

	if (tzif_parse(a, s, &t))
		look(&t);
	if (tz_rule_parse(a, s, &ruled.rule))
		look(&ruled);
	arena_free(&a);
	return 0;
}
