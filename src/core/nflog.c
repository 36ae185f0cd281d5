/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nflog.h"

#include <assert.h>
#include <stdalign.h>
#include <string.h>

#include "base/compiler.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/slab.h"
#include "hashes.h"

struct nflog {
	struct hmap entries;	/* by hash of the whole key */
	size_t bytes;		/* entry_bytes of all */
};

bool
log_entry_leaves_doubt(const struct log_entry *entry, uint64_t hash, struct wall doubted)
{
	return wall_after(doubted, entry->timestamp) ||
	    (!hashes_have(entry->firing, entry->firing_n, hash) && !hashes_have(entry->resolved, entry->resolved_n, hash));
}

void
log_entry_doubted(struct log_entry *entry, struct wall at)
{
	if (wall_after(at, entry->doubted))
		entry->doubted = wall_utc(at);
}

struct log_entry *
log_entry_ref(struct log_entry *entry)
{
	entry->refs++;
	return entry;
}

void
log_entry_unref(struct log_entry *entry)
{
	if (--entry->refs > 0)
		return;
	istr_unref(entry->group_key);
	slab_free(entry);
}

struct nflog *
nflog_new(void)
{
	return NEW(struct nflog);
}

void
nflog_free(struct nflog **l)
{
	if (*l == NULL)
		return;
	HMAP_EACH(&(*l)->entries, node)
		log_entry_unref(CONTAINER_OF(node, struct log_entry, node));
	hmap_fini(&(*l)->entries);
	mem_free(*l);
	*l = NULL;
}

static uint64_t
key_hash(const struct log_key *k)
{
	uint64_t group = hash_seeded(k->group_key.p, k->group_key.n), receiver = hash_seeded(k->receiver.p, k->receiver.n);

	/* A receiver has few integrations, and most of them differ in these. */
	return hash_mix(hash_mix(group, receiver), (uint64_t)k->index << 32 | k->integration.n);
}

static bool
key_eq(const struct log_key *a, const struct log_key *b)
{
	return a->index == b->index && str_eq(a->group_key, b->group_key) && str_eq(a->receiver, b->receiver) &&
	    str_eq(a->integration, b->integration);
}

static struct log_entry *
find(const struct nflog *l, uint64_t hash, const struct log_key *key)
{
	for (struct hmap_node *n = hmap_first(&l->entries, hash); n != NULL; n = hmap_next(n)) {
		struct log_entry *e = CONTAINER_OF(n, struct log_entry, node);

		if (key_eq(&e->key, key))
			return e;
	}
	return NULL;
}

const struct log_entry *
nflog_find(const struct nflog *l, const struct log_key *key)
{
	return find(l, key_hash(key), key);
}

/* Strings and hashes once (the receiver's name is in the key too), and some 40 bytes of times and tags. */
static size_t
entry_bytes(const struct log_entry *e)
{
	size_t n = 40 + e->key.group_key.n + 2 * (e->key.receiver.n + e->key.integration.n) + 8 * (e->firing_n + e->resolved_n);

	for (size_t i = 0; i < e->data.n; i++)
		n += 8 + e->data.v[i].key.n + e->data.v[i].s.n;
	n += 8 * (e->doubtful_n + e->doubtful_ends_n + e->claimed_n);
	for (size_t i = 0; i < e->partly.n; i++)
		n += 8 + e->partly.to[i].n;
	if (e->unknown != NULL)
		n += e->unknown->entry.n + e->unknown->around.n;
	return n;
}

static size_t
aligned(size_t n)
{
	return (n + alignof(uint64_t) - 1) & ~(alignof(uint64_t) - 1);
}

/* Hands out the parts of the one heap block that a held entry is. */
struct cursor {
	char *p;
};

static void *
put_bytes(struct cursor *c, const void *from, size_t n)
{
	void *at = c->p;

	if (n > 0)
		memcpy(at, from, n);
	c->p += aligned(n);
	return at;
}

static struct str
put_str(struct cursor *c, struct str s)
{
	return (struct str){ put_bytes(c, s.p, s.n), s.n };
}

static size_t
entry_size(const struct log_entry *e)
{
	size_t size = aligned(sizeof(*e)) + aligned(e->key.receiver.n) +
	    aligned(e->key.integration.n) + aligned(e->firing_n * sizeof(uint64_t)) +
	    aligned(e->resolved_n * sizeof(uint64_t)) + aligned(e->doubtful_n * sizeof(uint64_t)) +
	    aligned(e->doubtful_ends_n * sizeof(uint64_t)) + aligned(e->claimed_n * sizeof(uint64_t)) +
	    aligned(e->data.n * sizeof(struct receiver_value)) + aligned(e->partly.n * sizeof(struct str));

	for (size_t i = 0; i < e->data.n; i++)
		size += aligned(e->data.v[i].key.n) + aligned(e->data.v[i].s.n);
	for (size_t i = 0; i < e->partly.n; i++)
		size += aligned(e->partly.to[i].n);
	if (e->unknown != NULL)
		size += aligned(sizeof(*e->unknown)) + aligned(e->unknown->entry.n) + aligned(e->unknown->around.n);
	return size;
}

static const struct str *
put_strs(struct cursor *c, const struct str *v, size_t n)
{
	struct str *copy = put_bytes(c, v, n * sizeof(*v));

	for (size_t i = 0; i < n; i++)
		copy[i] = put_str(c, copy[i]);
	return copy;
}

static const struct unknown_fields *
put_unknown(struct cursor *c, const struct unknown_fields *from)
{
	struct unknown_fields *u;

	if (from == NULL)
		return NULL;
	u = put_bytes(c, from, sizeof(*from));
	u->entry = put_str(c, from->entry);
	u->around = put_str(c, from->around);
	return u;
}

static struct log_entry *
entry_copy(const struct log_entry *from)
{
	struct cursor c = { slab_zeroed(entry_size(from)) };
	struct log_entry *e = put_bytes(&c, from, sizeof(*from));

	e->refs = 1;
	e->stored_as = NULL;
	e->group_key = istr_get(from->key.group_key);
	e->key.group_key = istr_str(e->group_key);
	e->key.receiver = put_str(&c, from->key.receiver);
	e->key.integration = put_str(&c, from->key.integration);
	e->firing = put_bytes(&c, from->firing, from->firing_n * sizeof(uint64_t));
	e->resolved = put_bytes(&c, from->resolved, from->resolved_n * sizeof(uint64_t));
	e->doubtful = put_bytes(&c, from->doubtful, from->doubtful_n * sizeof(uint64_t));
	e->doubtful_ends = put_bytes(&c, from->doubtful_ends, from->doubtful_ends_n * sizeof(uint64_t));
	e->claimed = put_bytes(&c, from->claimed, from->claimed_n * sizeof(uint64_t));
	e->data.v = put_bytes(&c, from->data.v, from->data.n * sizeof(struct receiver_value));
	for (size_t i = 0; i < from->data.n; i++) {
		e->data.v[i].key = put_str(&c, from->data.v[i].key);
		e->data.v[i].s = put_str(&c, from->data.v[i].s);
	}
	e->partly.to = put_strs(&c, from->partly.to, from->partly.n);
	e->unknown = put_unknown(&c, from->unknown);
	return e;
}

const struct log_entry *
nflog_set(struct nflog *l, const struct log_entry *entry)
{
	uint64_t hash = key_hash(&entry->key);
	struct log_entry *old = find(l, hash, &entry->key);
	struct log_entry *e;

	if (old != NULL && wall_after(old->timestamp, entry->timestamp))
		return NULL;
	e = entry_copy(entry);
	/* Doubts that are over date nothing: the clock may be set back to when they arose. */
	if (e->doubtful_n + e->doubtful_ends_n + e->claimed_n == 0)
		e->doubted = WALL_ZERO;
	if (old != NULL) {
		e->stored_as = old->stored_as;
		l->bytes -= entry_bytes(old);
		hmap_remove(&l->entries, &old->node);
		log_entry_unref(old);
	}
	l->bytes += entry_bytes(e);
	hmap_insert(&l->entries, &e->node, hash);
	return e;
}

void
nflog_retime(struct nflog *l, const struct log_entry *entry, struct wall tick)
{
	struct log_entry *e = find(l, entry->node.hash, &entry->key);

	assert(e == entry);
	e->expires = wall_add(e->expires, wall_sub(tick, e->timestamp));
	if (wall_after(e->doubted, tick))
		e->doubted = tick;
	e->timestamp = tick;
}

/* Looking at an entry; taking it out. */
#define SWEEP_UNITS 5
#define DROP_UNITS 50

bool
nflog_gc_some(struct nflog *l, struct wall now, struct hmap_cursor *at, struct work *w,
    void (*dropped)(void *arg, const struct log_entry *e), void *arg)
{
	struct hmap_node *node, *next;

	while (!work_used_up(w)) {
		work_spend(w, 1);
		if (!hmap_next_bucket(&l->entries, at, &node))
			return true;
		for (; node != NULL; node = next) {
			struct log_entry *e = CONTAINER_OF(node, struct log_entry, node);

			next = node->next;
			work_spend(w, SWEEP_UNITS);
			if (wall_after(e->expires, now))
				continue;
			work_spend(w, DROP_UNITS);
			if (dropped != NULL)
				dropped(arg, e);
			l->bytes -= entry_bytes(e);
			hmap_remove(&l->entries, &e->node);
			log_entry_unref(e);
		}
	}
	return false;
}

bool
nflog_next_bucket(const struct nflog *l, struct hmap_cursor *at, struct hmap_node **node)
{
	return hmap_next_bucket(&l->entries, at, node);
}

size_t
nflog_count(const struct nflog *l)
{
	return l->entries.n;
}

size_t
nflog_bytes(const struct nflog *l)
{
	return l->bytes;
}
