/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/group_ids.h (private) - numbers for groups, the keys of their rows.
 *
 * Groups come by the thousand; with numbers for keys new ones are next to each
 * other on disk. Loop thread only (interned labels).
 */
#ifndef STORE_GROUP_IDS_H
#define STORE_GROUP_IDS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hmap.h"
#include "core/ports.h"

struct group_ids {
	struct hmap map;
	uint64_t last;
};

/* The number of this group; a new one when it has none. */
uint64_t group_ids_get(struct group_ids *ids, const struct group_state *g);
/* It has this number on disk. */
void group_ids_set(struct group_ids *ids, const struct group_state *g, uint64_t id);
/* Forgets and returns it; 0: it has none. */
uint64_t group_ids_drop(struct group_ids *ids, const struct group_state *g);
void group_ids_fini(struct group_ids *ids);

#endif
