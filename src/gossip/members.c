/* SPDX-License-Identifier: Apache-2.0 */
#include "members.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/mem.h"

static struct str
own(struct str s)
{
	return (struct str){ mem_strndup(s.n > 0 ? s.p : "", s.n), s.n };
}

static void
disown(struct str s)
{
	mem_free((void *)(uintptr_t)s.p);
}

static void
member_free(struct member *one)
{
	disown(one->name);
	disown(one->meta);
	mem_free(one);
}

void
members_fini(struct members *m)
{
	for (size_t i = 0; i < m->n; i++)
		member_free(m->v[i]);
	mem_free(m->v);
	mem_free(m->there);
	*m = (struct members){ 0 };
}

uint64_t
members_hash(struct str name)
{
	return hash_seeded(name.p, name.n);
}

struct member *
members_find(const struct members *m, struct str name)
{
	uint64_t hash = members_hash(name);

	for (size_t i = 0; i < m->n; i++) {
		if (m->v[i]->hash == hash && str_eq(m->v[i]->name, name))
			return m->v[i];
	}
	return NULL;
}

static void
swap(struct members *m, size_t i, size_t j)
{
	struct member *one = m->v[i];

	m->v[i] = m->v[j];
	m->v[j] = one;
}

struct member *
members_add(struct members *m, struct str name, struct rand *r)
{
	struct member *one = NEW(struct member);

	one->name = own(name);
	one->meta = own(STR_NONE);
	one->hash = members_hash(name);
	one->state = NODE_DEAD;
	if (m->n == m->cap) {
		m->cap = m->cap == 0 ? 8 : 2 * m->cap;
		m->v = mem_realloc(m->v, m->cap, sizeof(m->v[0]));
		m->there = mem_realloc(m->there, m->cap, sizeof(m->there[0]));
	}
	m->v[m->n++] = one;
	swap(m, (size_t)rand_below(r, m->n), m->n - 1);
	return one;
}

void
member_set_meta(struct member *one, struct str meta)
{
	struct str before = one->meta;

	one->meta = own(meta);
	disown(before);
}

void
members_set_state(struct members *m, struct member *one, enum node_state state, struct mono now)
{
	one->state = state;
	one->changed = now;
	m->stale = true;
}

bool
member_is_there(const struct member *one)
{
	return one->state == NODE_ALIVE || one->state == NODE_SUSPECT;
}

static int
by_name(const void *a, const void *b)
{
	const struct member *const *x = a, *const *y = b;

	return str_cmp((*x)->name, (*y)->name);
}

struct member *const *
members_there(struct members *m, size_t *n)
{
	if (m->stale) {
		m->there_n = 0;
		for (size_t i = 0; i < m->n; i++) {
			if (member_is_there(m->v[i]))
				m->there[m->there_n++] = m->v[i];
		}
		qsort(m->there, m->there_n, sizeof(m->there[0]), by_name);
		m->stale = false;
	}
	*n = m->there_n;
	return m->there;
}

void
members_renew(struct members *m, const struct member *self, span gone, struct mono now, struct rand *r)
{
	size_t kept = 0;

	for (size_t i = 0; i < m->n; i++) {
		struct member *one = m->v[i];

		if (one != self && !member_is_there(one) && mono_sub(now, one->changed) > gone)
			member_free(one);
		else
			m->v[kept++] = one;
	}
	m->n = kept;
	for (size_t i = m->n; i > 1; i--)
		swap(m, i - 1, (size_t)rand_below(r, i));
}

size_t
members_pick(const struct members *m, size_t k, bool (*wanted)(const struct member *one, const void *arg),
    const void *arg, struct rand *r, struct member **out)
{
	size_t n = 0, seen = 0;

	for (size_t i = 0; i < m->n; i++) {
		size_t at;

		if (!wanted(m->v[i], arg))
			continue;
		seen++;
		at = n < k ? n++ : (size_t)rand_below(r, seen);
		if (at < k)
			out[at] = m->v[i];
	}
	return n;
}
