/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of interned strings, one a thread. Strangers fill it, hence the seeded hash.
 */
#include <assert.h>

#include "base/hash.h"
#include "base/mem.h"
#include "model/labels.h"

static _Thread_local struct {
	struct hmap map;
	size_t bytes;
} table;

static struct istr *
lookup(struct str s, uint64_t hash)
{
	for (struct hmap_node *n = hmap_first(&table.map, hash); n != NULL; n = hmap_next(n)) {
		struct istr *i = CONTAINER_OF(n, struct istr, node);

		if (i->n == s.n && (s.n == 0 || memcmp(i->bytes, s.p, s.n) == 0))
			return i;
	}
	return NULL;
}

struct istr *
istr_get(struct str s)
{
	uint64_t hash = hash_seeded(s.p, s.n);
	struct istr *i = lookup(s, hash);

	if (i != NULL)
		return istr_ref(i);
	assert(s.n < UINT32_MAX);
	i = mem_alloc(sizeof(*i) + s.n + 1);
	i->refs = 1;
	i->n = (uint32_t)s.n;
	if (s.n != 0)
		memcpy(i->bytes, s.p, s.n);
	i->bytes[s.n] = '\0';
	hmap_insert(&table.map, &i->node, hash);
	table.bytes += sizeof(*i) + s.n + 1;
	return i;
}

struct istr *
istr_find(struct str s)
{
	return lookup(s, hash_seeded(s.p, s.n));
}

struct istr *
istr_ref(struct istr *i)
{
	assert(i->refs != 0 && i->refs < UINT32_MAX);
	i->refs++;
	return i;
}

void
istr_unref(struct istr *i)
{
	if (i == NULL)
		return;
	assert(i->refs != 0);
	if (--i->refs != 0)
		return;
	hmap_remove(&table.map, &i->node);
	table.bytes -= sizeof(*i) + i->n + 1;
	mem_free(i);
}

struct istr *
istr_adopt(struct istr *stranger)
{
	struct istr *own;

	if (stranger == NULL)
		return NULL;
	own = istr_get(istr_str(stranger));
	assert(stranger->refs != 0 && own != stranger);
	if (--stranger->refs == 0)
		mem_free(stranger);
	return own;
}

void
istr_leave(void)
{
	hmap_fini(&table.map);
	table.map = (struct hmap){ 0 };
	table.bytes = 0;
}

void
istr_usage(size_t *count_out, size_t *bytes_out)
{
	*count_out = table.map.n;
	*bytes_out = table.bytes;
}

bool
istr_shrink_some(struct work *w)
{
	return hmap_shrink_some(&table.map, w);
}
