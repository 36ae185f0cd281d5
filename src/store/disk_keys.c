/* SPDX-License-Identifier: Apache-2.0 */
#include "disk_keys.h"

#include "base/slab.h"

/* The part of the table that a removal may give back: more than an insertion takes, so that it becomes small again. */
#define SHRINK_UNITS 8

void
disk_keys_add(struct disk_keys *p, uint64_t hash)
{
	if (!disk_keys_has(p, hash))
		hmap_insert(&p->map, SLAB_NEW(struct hmap_node), hash);
}

void
disk_keys_fetch(const struct disk_keys *p, uint64_t hash)
{
	hmap_fetch(&p->map, hash);
}

bool
disk_keys_has(const struct disk_keys *p, uint64_t hash)
{
	return hmap_first(&p->map, hash) != NULL;
}

void
disk_keys_remove(struct disk_keys *p, uint64_t hash)
{
	struct hmap_node *node = hmap_first(&p->map, hash);
	struct work w = { SHRINK_UNITS };

	if (node == NULL)
		return;
	hmap_remove(&p->map, node);
	slab_free(node);
	(void)hmap_shrink_some(&p->map, &w);
}

void
disk_keys_fini(struct disk_keys *p)
{
	HMAP_EACH(&p->map, node)
		slab_free(node);
	hmap_fini(&p->map);
}
