/* SPDX-License-Identifier: Apache-2.0 */
#include "disk_keys.h"

#include "base/mem.h"

/* 0 marks a free place. */
static uint64_t
fix(uint64_t hash)
{
	return hash == 0 ? 1 : hash;
}

/* Where it is, or where it would go. */
static size_t
place_of(const struct disk_keys *p, uint64_t hash)
{
	size_t i = hash & p->mask;

	while (p->v[i] != 0 && p->v[i] != hash)
		i = (i + 1) & p->mask;
	return i;
}

static void
grow(struct disk_keys *p)
{
	struct disk_keys bigger = { .mask = p->v == NULL ? 63 : 2 * p->mask + 1 };

	bigger.v = mem_calloc(bigger.mask + 1, sizeof(bigger.v[0]));
	bigger.n = p->n;
	for (size_t i = 0; p->v != NULL && i <= p->mask; i++)
		if (p->v[i] != 0)
			bigger.v[place_of(&bigger, p->v[i])] = p->v[i];
	mem_free(p->v);
	*p = bigger;
}

void
disk_keys_add(struct disk_keys *p, uint64_t hash)
{
	size_t i;

	hash = fix(hash);
	if (p->v == NULL || 2 * (p->n + 1) > p->mask + 1)
		grow(p);
	i = place_of(p, hash);
	p->n += p->v[i] == 0;
	p->v[i] = hash;
}

bool
disk_keys_has(const struct disk_keys *p, uint64_t hash)
{
	return p->v != NULL && p->v[place_of(p, fix(hash))] != 0;
}

/* Closes the gap, so that no search ends early. */
void
disk_keys_remove(struct disk_keys *p, uint64_t hash)
{
	size_t gap, i;

	if (!disk_keys_has(p, hash))
		return;
	gap = place_of(p, fix(hash));
	p->v[gap] = 0;
	p->n--;
	for (i = (gap + 1) & p->mask; p->v[i] != 0; i = (i + 1) & p->mask) {
		size_t home = p->v[i] & p->mask;

		if (((i - home) & p->mask) >= ((i - gap) & p->mask)) {
			p->v[gap] = p->v[i];
			p->v[i] = 0;
			gap = i;
		}
	}
}

void
disk_keys_fini(struct disk_keys *p)
{
	mem_free(p->v);
	*p = (struct disk_keys){ 0 };
}
