/* SPDX-License-Identifier: Apache-2.0 */
#include "config/names.h"

#include "base/hash.h"

struct name {
	struct hmap_node node;
	struct str text;
	size_t index;
};

static const struct name *
lookup(const struct names *names, struct str text, uint64_t hash)
{
	for (struct hmap_node *n = hmap_first(&names->map, hash); n != NULL; n = hmap_next(n)) {
		const struct name *name = CONTAINER_OF(n, struct name, node);

		if (str_eq(name->text, text))
			return name;
	}
	return NULL;
}

bool
names_add(struct names *names, struct arena *a, struct str text, size_t index)
{
	uint64_t hash = hash_seeded(text.p, text.n);
	struct name *name;

	if (lookup(names, text, hash) != NULL)
		return false;
	name = ARENA_NEW(a, struct name);
	name->text = text;
	name->index = index;
	hmap_insert(&names->map, &name->node, hash);
	return true;
}

bool
names_find(const struct names *names, struct str text, size_t *index)
{
	const struct name *name = lookup(names, text, hash_seeded(text.p, text.n));

	if (name != NULL && index != NULL)
		*index = name->index;
	return name != NULL;
}

void
names_fini(struct names *names)
{
	hmap_fini(&names->map);
}
