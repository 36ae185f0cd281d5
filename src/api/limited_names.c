/* SPDX-License-Identifier: Apache-2.0 */
/* Alerts refused by the limit per alertname, by that name (feature alert-names-in-metrics). */
#include "base/hash.h"
#include "base/hmap.h"
#include "base/mem.h"
#include "handlers.h"
#include "text/expo.h"

/* Names come from clients: more than these are counted under "". */
#define NAMES_MAX 10000

struct limited {
	struct hmap_node node;
	uint64_t n;
	size_t name_n;
	char name[];
};

struct limited_names {
	struct hmap map;
};

struct limited_names *
limited_names_new(void)
{
	return NEW(struct limited_names);
}

void
limited_names_free(struct limited_names *l)
{
	HMAP_EACH(&l->map, node)
		mem_free(CONTAINER_OF(node, struct limited, node));
	hmap_fini(&l->map);
	mem_free(l);
}

void
limited_names_count(struct limited_names *l, struct str name)
{
	uint64_t hash = hash_seeded(name.p, name.n);
	struct limited *one;

	for (struct hmap_node *n = hmap_first(&l->map, hash); n != NULL; n = hmap_next(n)) {
		one = CONTAINER_OF(n, struct limited, node);
		if (str_eq(name, (struct str){ one->name, one->name_n })) {
			one->n++;
			return;
		}
	}
	if (l->map.n >= NAMES_MAX && name.n > 0) {
		limited_names_count(l, STR(""));
		return;
	}
	one = mem_calloc(1, sizeof(*one) + name.n + 1);
	one->n = 1;
	one->name_n = name.n;
	if (name.n > 0)
		memcpy(one->name, name.p, name.n);
	hmap_insert(&l->map, &one->node, hash);
}

void
limited_names_expose(const struct limited_names *l, struct expo *x)
{
	HMAP_EACH(&l->map, node) {
		const struct limited *one = CONTAINER_OF(node, struct limited, node);

		expo_label(x, "alertname", (struct str){ one->name, one->name_n });
		expo_value(x, (double)one->n);
	}
}
