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

void
doubts_while_open(struct arena *a, struct log_entry *entry, const struct log_entry *telling)
{
	entry->claimed = telling->firing;
	entry->claimed_n = telling->firing_n;
	entry->doubtful_ends = both(a, entry->doubtful_ends, entry->doubtful_ends_n, telling->resolved, telling->resolved_n,
	    &entry->doubtful_ends_n);
	log_entry_doubted(entry, telling->timestamp);
}

/* Doubts of that time, as far as entry leaves them. */
static const uint64_t *
left(struct arena *a, const struct log_entry *entry, struct wall doubted, const uint64_t *v, size_t v_n, size_t *n_out)
{
	uint64_t *kept = ARENA_ARRAY(a, v_n, uint64_t);
	size_t n = 0;

	for (size_t i = 0; i < v_n; i++)
		if (log_entry_leaves_doubt(entry, v[i], doubted))
			kept[n++] = v[i];
	*n_out = n;
	return kept;
}

static void
add(struct arena *a, const struct log_entry *entry, const uint64_t **v, size_t *v_n, const uint64_t *more, size_t more_n, struct wall at)
{
	more = left(a, entry, at, more, more_n, &more_n);
	*v = left(a, entry, entry->doubted, *v, *v_n, v_n);
	*v = both(a, *v, *v_n, more, more_n, v_n);
}

void
doubts_when_abandoned(struct arena *a, struct log_entry *told, const struct log_entry *telling)
{
	add(a, told, &told->doubtful, &told->doubtful_n, telling->firing, telling->firing_n, telling->timestamp);
	add(a, told, &told->doubtful_ends, &told->doubtful_ends_n, telling->resolved, telling->resolved_n, telling->timestamp);
	if (told->doubtful_n + told->doubtful_ends_n == 0)
		return;
	log_entry_doubted(told, telling->timestamp);
	/* A word that is nearly forgotten keeps them as long as they would have been kept without it. */
	if (wall_after(telling->expires, told->expires))
		told->expires = telling->expires;
}
