/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A claim without a result: what it was to tell may have been told, that alerts fire and that they ended. Hashes are sorted.
 */
#include "state.h"

static const uint64_t *
both(struct arena *a, const uint64_t *v, size_t v_n, const uint64_t *w, size_t w_n, size_t *n_out)
{
	uint64_t *all = ARENA_ARRAY(a, v_n + w_n, uint64_t);
	size_t n = 0, i = 0, k = 0;

	while (i < v_n || k < w_n) {
		uint64_t next = k == w_n || (i < v_n && v[i] <= w[k]) ? v[i++] : w[k++];

		if (n == 0 || all[n - 1] != next)
			all[n++] = next;
	}
	*n_out = n;
	return all;
}

/* Those of v that are not in w either. */
static const uint64_t *
without(struct arena *a, const uint64_t *v, size_t v_n, const uint64_t *w, size_t w_n, size_t *n_out)
{
	uint64_t *kept = ARENA_ARRAY(a, v_n, uint64_t);
	size_t n = 0, k = 0;

	for (size_t i = 0; i < v_n; i++) {
		while (k < w_n && w[k] < v[i])
			k++;
		if (k == w_n || w[k] != v[i])
			kept[n++] = v[i];
	}
	*n_out = n;
	return kept;
}

void
doubts_while_open(struct arena *a, struct log_entry *entry, const struct log_entry *telling)
{
	entry->claimed = telling->firing;
	entry->claimed_n = telling->firing_n;
	entry->doubtful_ends = both(a, entry->doubtful_ends, entry->doubtful_ends_n, telling->resolved, telling->resolved_n,
	    &entry->doubtful_ends_n);
}

void
doubts_when_abandoned(struct arena *a, struct log_entry *told, const struct log_entry *telling)
{
	size_t n;
	const uint64_t *known = both(a, told->firing, told->firing_n, told->resolved, told->resolved_n, &n);

	told->doubtful = both(a, told->doubtful, told->doubtful_n, telling->firing, telling->firing_n, &told->doubtful_n);
	told->doubtful = without(a, told->doubtful, told->doubtful_n, known, n, &told->doubtful_n);
	told->doubtful_ends = both(a, told->doubtful_ends, told->doubtful_ends_n, telling->resolved, telling->resolved_n,
	    &told->doubtful_ends_n);
	told->doubtful_ends = without(a, told->doubtful_ends, told->doubtful_ends_n, known, n, &told->doubtful_ends_n);
}
