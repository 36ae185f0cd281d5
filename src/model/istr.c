/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of interned strings, one a thread. Strangers fill it, hence the seeded hash.
 *
 * Names, and values such as a cluster's, come again with each alert of a post. Those that were
 * found last stand in a small table beside it, by a few of their bytes: there the keyed hash, which
 * takes longer than all the rest, is not needed. One string to a place: whoever chooses strings that
 * push each other out gains nothing but the keyed hash. A string that nobody had yet does not enter.
 */
#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "base/compiler.h"
#include "base/hash.h"
#include "base/nmap.h"
#include "base/numbered.h"
#include "base/same.h"
#include "model/istr.h"

#define RECENT_BITS 9

static _Thread_local struct {
	struct nmap map;
	size_t bytes;
	struct istr *recent[1 << RECENT_BITS];
} table;

static size_t
size_of(size_t n)
{
	return offsetof(struct istr, bytes) + n + 1;
}

/* Where s stands among the recent ones: by its length, its first and its last bytes. */
static struct istr **
recent_place(struct str s)
{
	uint64_t first = 0, last = 0;

	if (s.n >= sizeof(first)) {
		memcpy(&first, s.p, sizeof(first));
		memcpy(&last, s.p + s.n - sizeof(last), sizeof(last));
	} else if (s.n > 0) {
		first = (uint64_t)(unsigned char)s.p[0] << 16 | (uint64_t)(unsigned char)s.p[s.n / 2] << 8 |
		    (unsigned char)s.p[s.n - 1];
	}
	return &table.recent[hash_mix(hash_mix(s.n, first), last) * UINT64_C(0x9E3779B97F4A7C15) >> (64 - RECENT_BITS)];
}

static inline uint32_t
hash_of(struct str s)
{
	return (uint32_t)hash_seeded(s.p, s.n);
}

static bool
is(const struct istr *i, struct str s)
{
	return i->n == s.n && same_bytes(i->bytes, s.p, s.n);
}

static struct istr *
lookup(struct str s, uint32_t hash)
{
	for (struct istr *i = nmap_first(&table.map, hash); i != NULL; i = nmap_next(&table.map, i, hash))
		if (is(i, s))
			return i;
	return NULL;
}

static struct istr *
make(struct str s, uint32_t hash)
{
	struct istr *i = numbered_alloc(size_of(s.n));

	assert(s.n < UINT32_MAX);
	i->hash = hash;
	i->refs = 1;
	i->n = (uint32_t)s.n;
	i->found = 0;
	if (s.n != 0)
		memcpy(i->bytes, s.p, s.n);
	i->bytes[s.n] = '\0';
	nmap_insert(&table.map, i, hash);
	table.bytes += size_of(s.n);
	return i;
}

/* A new reference to s if it is among the recent ones; else NULL. */
static inline struct istr *
get_recent(struct str s)
{
	struct istr *i = *recent_place(s);

	return i != NULL && is(i, s) ? istr_ref(i) : NULL;
}

/* The same for one that is not recent. */
static struct istr *
get_hashed(struct str s, uint32_t hash)
{
	struct istr *i = lookup(s, hash);

	if (i == NULL)
		return make(s, hash);
	*recent_place(s) = i;
	return istr_ref(i);
}

uint32_t
istr_ahead(struct str s)
{
	uint32_t hash = hash_of(s);

	nmap_fetch(&table.map, hash);
	return hash;
}

struct istr *
istr_get_ahead(struct str s, uint32_t ahead)
{
	return get_hashed(s, ahead);
}

void
istr_expect(size_t times)
{
	nmap_reserve(&table.map, times * table.map.n);
}

struct istr *
istr_get(struct str s)
{
	struct istr *i = get_recent(s);

	return i != NULL ? i : get_hashed(s, hash_of(s));
}

/* So many at a time are asked for before the first is waited for. */
#define TOGETHER 16

struct asked {
	struct str s;
	uint32_t hash;
	struct istr **to;
};

/* True: it has to be got later. */
static inline bool
ask(struct asked *a, struct str s, struct istr **to)
{
	*to = get_recent(s);
	if (*to != NULL)
		return false;
	*a = (struct asked){ s, hash_of(s), to };
	nmap_fetch(&table.map, a->hash);
	return true;
}

/* wanted: bits. */
static void
get_some(const struct label_pair *pairs, uint32_t wanted, struct istr **out)
{
	struct asked asked[TOGETHER] UNSET;
	size_t k = 0;

	for (; wanted != 0; wanted &= wanted - 1) {
		unsigned i = (unsigned)__builtin_ctz(wanted);

		k += ask(&asked[k], pairs[i].value, &out[i]);
	}
	for (size_t i = 0; i < k; i++)
		*asked[i].to = get_hashed(asked[i].s, asked[i].hash);
}

void
istr_get_values(const struct label_pair *pairs, size_t n, uint32_t have, struct istr **out)
{
	for (size_t i = 0; i < n; i += TOGETHER, have >>= TOGETHER)
		get_some(pairs + i, (n - i < TOGETHER ? (1u << (n - i)) - 1 : (1u << TOGETHER) - 1) & ~have, out + i);
}

struct istr *
istr_find(struct str s)
{
	struct istr **recent = recent_place(s), *i = *recent;

	if (i != NULL && is(i, s))
		return i;
	i = lookup(s, hash_of(s));
	if (i != NULL)
		*recent = i;
	return i;
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
	struct istr **recent;

	if (i == NULL)
		return;
	assert(i->refs != 0);
	if (--i->refs != 0)
		return;
	recent = recent_place(istr_str(i));
	if (*recent == i)
		*recent = NULL;
	nmap_remove(&table.map, i, i->hash);
	table.bytes -= size_of(i->n);
	numbered_free(i);
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
		numbered_free(stranger);
	return own;
}

void
istr_leave(void)
{
	nmap_fini(&table.map);
	table.bytes = 0;
	memset(table.recent, 0, sizeof(table.recent));
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
	return nmap_shrink_some(&table.map, w);
}
