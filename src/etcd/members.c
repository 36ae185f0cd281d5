/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Members are the keys below PREFIX/members/, each under the lease of its member.
 */
#include "state.h"
#include "text/json_small.h"

bool
member_is_key(const struct etcd *e, struct str key)
{
	return str_starts(key, e->members_prefix);
}

static bool
is_id(struct str id)
{
	for (size_t i = 0; i < id.n; i++)
		if (id.p[i] <= ' ' || id.p[i] > '~' || id.p[i] == '/')
			return false;
	return id.n > 0 && id.n <= ETCD_MEMBER_ID_MAX;
}

/* Where it is or belongs. */
static size_t
place_of(struct member *const *all, size_t n, struct str id, bool *there)
{
	size_t low = 0, high = n;

	while (low < high) {
		size_t at = low + (high - low) / 2;

		if (str_cmp(all[at]->m.id, id) < 0)
			low = at + 1;
		else
			high = at;
	}
	*there = low < n && str_eq(all[low]->m.id, id);
	return low;
}

/* Its name; its id when there is none that can be shown. */
static struct str
name_of(struct json_t *doc, struct str id)
{
	struct str name = json_small_str(doc, "name", id);

	return name.n > 0 && name.n <= 256 ? name : id;
}

static struct member *
member_new(struct str id, const struct etcd_kv *kv)
{
	struct json_t *doc = kv->cut ? NULL : json_small_parse(kv->value, JSON_DOCUMENT, NULL);
	struct str name = name_of(doc, id);
	struct member *m = mem_alloc(sizeof(*m) + id.n + name.n);

	memcpy(m->bytes, id.p, id.n);
	memcpy(m->bytes + id.n, name.p, name.n);
	m->m = (struct etcd_member){ { m->bytes, id.n }, { m->bytes + id.n, name.n }, kv->lease };
	json_small_free(&doc);
	return m;
}

void
member_record(struct etcd *e, const struct etcd_kv *kv)
{
	struct str id = str_sub(kv->key, e->members_prefix.n, kv->key.n);
	bool ranging = e->sync == SYNC_RANGING, there, alive = !kv->gone && kv->lease != 0;
	size_t n = ranging ? e->found.n : e->members.n, at;
	struct member **all = ranging ? e->found.v : e->members.v;

	if (!is_id(id))
		return;
	if (!ranging && str_eq(id, e->o.member) && kv->lease != e->lease)
		member_lost(e, kv->revision);
	at = place_of(all, n, id, &there);
	if (there) {
		mem_free(all[at]);
		if (alive) {
			all[at] = member_new(id, kv);
		} else {
			memmove(all + at, all + at + 1, (n - at - 1) * sizeof(all[0]));
			ranging ? e->found.n-- : e->members.n--;
		}
	} else if (alive && n < ETCD_MEMBERS_MAX) {
		if (ranging)
			VEC_PUSH(&e->found, NULL);
		else
			VEC_PUSH(&e->members, NULL);
		all = ranging ? e->found.v : e->members.v;
		memmove(all + at + 1, all + at, (n - at) * sizeof(all[0]));
		all[at] = member_new(id, kv);
	}
	if (!ranging)
		e->port->changed(e->port->arg);
}

void
members_forget(struct etcd *e, bool found_only)
{
	for (size_t i = 0; i < e->found.n; i++)
		mem_free(e->found.v[i]);
	e->found.n = 0;
	for (size_t i = 0; !found_only && i < e->members.n; i++)
		mem_free(e->members.v[i]);
	if (!found_only)
		e->members.n = 0;
}

void
members_found(struct etcd *e)
{
	for (size_t i = 0; i < e->members.n; i++)
		mem_free(e->members.v[i]);
	e->members.n = 0;
	for (size_t i = 0; i < e->found.n; i++)
		VEC_PUSH(&e->members, e->found.v[i]);
	e->found.n = 0;
	if (!etcd_is_alive(e, e->o.member, e->lease))
		member_lost(e, e->range_revision);
	e->port->changed(e->port->arg);
}

size_t
etcd_members(const struct etcd *e)
{
	return e->members.n;
}

struct etcd_member
etcd_member_at(const struct etcd *e, size_t i)
{
	return e->members.v[i]->m;
}

bool
etcd_is_alive(const struct etcd *e, struct str id, int64_t lease)
{
	bool there;
	size_t at = place_of(e->members.v, e->members.n, id, &there);

	return there && e->members.v[at]->m.lease == lease;
}
