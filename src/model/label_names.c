/* SPDX-License-Identifier: Apache-2.0 */
#include "model/label_names.h"

#include <assert.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/same.h"
#include "base/slab.h"

/* The names of few kinds of sets come again and again: those found last, by their number and a few bytes. */
#define RECENT_BITS 6

static _Thread_local struct {
	struct hmap map;
	struct label_names *recent[1 << RECENT_BITS];
} table;

static struct label_names **
recent_place(struct str first, struct str last, size_t n)
{
	uint64_t h = hash_mix(first.n, last.n) ^ n;

	if (first.n > 0)
		h = hash_mix(h, (uint64_t)(unsigned char)first.p[0] << 8 | (unsigned char)first.p[first.n - 1]);
	if (last.n > 0)
		h = hash_mix(h, (uint64_t)(unsigned char)last.p[0] << 8 | (unsigned char)last.p[last.n - 1]);
	return &table.recent[h * UINT64_C(0x9E3779B97F4A7C15) >> (64 - RECENT_BITS)];
}

static struct label_names **
recent_place_of(const struct label_names *names)
{
	if (names->n == 0)
		return recent_place(STR_NONE, STR_NONE, 0);
	return recent_place(istr_str(names->v[0]), istr_str(names->v[names->n - 1]), names->n);
}

static bool
are(const struct label_names *names, const struct label_pair *pairs, size_t n)
{
	if (names->n != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (names->v[i]->n != pairs[i].name.n || !same_bytes(names->v[i]->bytes, pairs[i].name.p, pairs[i].name.n))
			return false;
	return true;
}

static bool
are_these(const struct label_names *names, const struct label *v, size_t n)
{
	if (names->n != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (names->v[i] != v[i].name)
			return false;
	return true;
}

static struct label_names *
find(uint64_t hash, const struct label *v, size_t n)
{
	for (struct hmap_node *node = hmap_first(&table.map, hash); node != NULL; node = hmap_next(node)) {
		struct label_names *names = CONTAINER_OF(node, struct label_names, node);

		if (are_these(names, v, n))
			return names;
	}
	return NULL;
}

static struct label_names *
make(uint64_t hash, const struct label *v, size_t n)
{
	struct label_names *names = slab_alloc(sizeof(*names) + n * sizeof(names->v[0]));

	assert(n < UINT32_MAX);
	names->refs = 1;
	names->n = (uint32_t)n;
	names->bytes = 0;
	names->bits = 0;
	names->job = names->instance = (uint32_t)n;
	names->found = 0;
	for (size_t i = 0; i < n; i++) {
		names->v[i] = v[i].name;
		names->bytes += v[i].name->n;
		names->bits |= label_name_bit(v[i].name);
		if (str_is(istr_str(v[i].name), "job"))
			names->job = (uint32_t)i;
		else if (str_is(istr_str(v[i].name), "instance"))
			names->instance = (uint32_t)i;
	}
	hmap_insert(&table.map, &names->node, hash);
	return names;
}

uint64_t
label_names_hash(const struct label *v, size_t n)
{
	uint64_t hash = n;

	for (size_t i = 0; i < n; i++)
		hash = hash_mix(hash, v[i].name->hash);
	return hash;
}

struct label_names *
label_names_take(const struct label *v, size_t n)
{
	uint64_t hash = label_names_hash(v, n);
	struct label_names *names = find(hash, v, n);

	if (names == NULL) {
		names = make(hash, v, n);
	} else {
		label_names_ref(names);
		for (size_t i = 0; i < n; i++)
			istr_unref(v[i].name);
	}
	*recent_place_of(names) = names;
	return names;
}

struct label_names *
label_names_of(const struct label_pair *pairs, size_t n)
{
	struct label_names *names = *(n > 0 ? recent_place(pairs[0].name, pairs[n - 1].name, n) : recent_place(STR_NONE, STR_NONE, 0));
	struct label few[32] = { 0 }, *v;

	if (names != NULL && are(names, pairs, n))
		return label_names_ref(names);
	v = n <= ARRAY_LEN(few) ? few : mem_calloc(n, sizeof(*v));
	for (size_t i = 0; i < n; i++)
		v[i].name = istr_get(pairs[i].name);
	names = label_names_take(v, n);
	if (v != few)
		mem_free(v);
	return names;
}

struct label_names *
label_names_ref(struct label_names *names)
{
	assert(names->refs != 0 && names->refs < UINT32_MAX);
	names->refs++;
	return names;
}

void
label_names_unref(struct label_names *names)
{
	struct label_names **recent;

	assert(names->refs != 0);
	if (--names->refs != 0)
		return;
	recent = recent_place_of(names);
	if (*recent == names)
		*recent = NULL;
	hmap_remove(&table.map, &names->node);
	for (size_t i = 0; i < names->n; i++)
		istr_unref(names->v[i]);
	slab_free(names);
}

void
label_names_drop_stranger(struct label_names *stranger)
{
	assert(stranger->refs != 0);
	if (--stranger->refs != 0)
		return;
	for (size_t i = 0; i < stranger->n; i++)
		istr_unref(istr_adopt(stranger->v[i]));
	slab_free(stranger);
}

void
label_names_leave(void)
{
	hmap_fini(&table.map);
	table.map = (struct hmap){ 0 };
	memset(table.recent, 0, sizeof(table.recent));
}

bool
label_names_shrink_some(struct work *w)
{
	return hmap_shrink_some(&table.map, w);
}
