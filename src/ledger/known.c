/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records as the etcd has them: by revision, so that nothing is merged twice and nothing old after something new.
 */
#include "model/silence.h"
#include "state.h"

#define SWEEP_UNITS 20
/* A value that is decoded, and each byte of it. */
#define VALUE_UNITS 300
#define VALUE_BYTE_UNITS 2
#define SWEEP_EVERY SPAN_HOUR
#define TOLD_A_MINUTE 10
/* Members whose clocks go wrong do not drop what others still need. */
#define KEEP_LONGER SPAN_HOUR
#define DROPS_MAX 32	/* in one slice */

struct known *
known_find(const struct ledger *l, struct str key)
{
	for (struct hmap_node *n = hmap_first(&l->known, hash_seeded(key.p, key.n)); n != NULL; n = hmap_next(n)) {
		struct known *k = CONTAINER_OF(n, struct known, node);

		if (str_eq(k->key, key))
			return k;
	}
	return NULL;
}

struct known *
known_get(struct ledger *l, struct str key)
{
	struct known *k = known_find(l, key);

	if (k != NULL || l->known.n >= KNOWN_MAX)
		return k;
	k = mem_alloc(sizeof(*k) + key.n);
	*k = (struct known){ .updated = WALL_ZERO, .expires = WALL_ZERO, .reading = etcd_reading(l->o.etcd) };
	memcpy(k->bytes, key.p, key.n);
	k->key = (struct str){ k->bytes, key.n };
	hmap_insert(&l->known, &k->node, hash_seeded(key.p, key.n));
	return k;
}

void
known_free_all(struct ledger *l)
{
	HMAP_EACH(&l->known, node)
		mem_free(CONTAINER_OF(node, struct known, node));
	hmap_fini(&l->known);
	l->figures.newer = 0;
}

/* False: it is only counted. */
static bool
is_told(struct seldom *s, struct moment now)
{
	if (s->told == 0 || mono_sub(now.mono, s->since) >= SPAN_MIN) {
		s->since = now.mono;
		s->told = 0;
	}
	if (s->told == TOLD_A_MINUTE) {
		s->others++;
		return false;
	}
	s->told++;
	return true;
}

static void
refuse(struct ledger *l, const struct etcd_kv *kv, const struct err *why, struct moment now)
{
	l->figures.refused++;
	if (!is_told(&l->refusals, now))
		return;
	LOG(&l->log, LOG_WARN, "A record in etcd is not taken", F_STR("key", kv->key), F_INT("revision", kv->revision), F_ERR(why),
	    F_UINT("others_since_last_line", l->refusals.others));
	l->refusals.others = 0;
}

bool
is_newer(const struct etcd_kv *kv)
{
	return !kv->gone && record_is_newer(kv->value);
}

bool
known_is_newer(const struct ledger *l, struct str key)
{
	const struct known *k = known_find(l, key);

	return k != NULL && k->newer;
}

static void
set_newer(struct ledger *l, struct known *k, bool newer)
{
	l->figures.newer += newer;
	l->figures.newer -= k->newer;
	k->newer = newer;
}

static void
leave_alone(struct ledger *l, struct known *k, struct moment now)
{
	k->expires = WALL_ZERO;
	if (!is_told(&l->newer, now))
		return;
	LOG(&l->log, LOG_WARN, "A record in etcd is of a newer version of tocsin, and left alone", F_STR("key", k->key),
	    F_UINT("revision", k->revision), F_UINT("others_since_last_line", l->newer.others));
	l->newer.others = 0;
}

bool
read_log_record(struct ledger *l, const struct etcd_kv *kv, struct log_record *out, struct err *why)
{
	struct sbuf key = SBUF_INIT(SBUF_UNLIMITED);
	bool ok;

	arena_reset(l->arena);
	ok = kv->cut ? err_set(why, ERR_LIMIT, "it has more than %zu bytes", ETCD_VALUE_MAX) : record_get_log(kv->value, l->arena, out, why);
	if (ok) {
		record_log_key(&key, &out->told.key);
		ok = str_eq(sbuf_get(&key), kv->key) || err_set(why, ERR_INVALID, "it is of another key");
		sbuf_fini(&key);
	}
	return ok;
}

bool
is_ours(const struct ledger *l, const struct log_record *r)
{
	return r->state == CLAIM_OPEN && str_eq(r->owner, l->o.member) && r->lease == etcd_lease(l->o.etcd);
}

static bool
merge_log_record(struct ledger *l, const struct log_record *r, uint64_t revision, struct work *w, struct moment now, struct err *why)
{
	struct log_entry entry = r->told;
	struct change c = { .kind = CHANGE_LOG_ENTRY, .entry = &entry };

	if (r->state == CLAIM_SENT || r->state == CLAIM_FAILED)
		entry.revision = revision;
	else
		doubts_while_open(l->arena, &entry, &r->telling);
	return engine_merge_log_entry(l->o.engine, &c, w, now, why) != MERGED_REFUSED;
}

static void
take_log_record(struct ledger *l, struct known *k, const struct etcd_kv *kv, struct work *w, struct moment now)
{
	struct log_record r;
	struct err why = { 0 };

	if (!read_log_record(l, kv, &r, &why)) {
		refuse(l, kv, &why, now);
		return;
	}
	k->open = r.state == CLAIM_OPEN || r.state == CLAIM_UNKNOWN;
	k->updated = r.told.timestamp;
	k->expires = wall_after(r.telling.expires, r.told.expires) && r.telling.key.group_key.n > 0 ? r.telling.expires : r.told.expires;
	if (!is_ours(l, &r) && !merge_log_record(l, &r, k->revision, w, now, &why))
		refuse(l, kv, &why, now);
}

static void
take_silence(struct ledger *l, struct known *k, const struct etcd_kv *kv, struct work *w, struct moment now)
{
	struct err why = { 0 };
	struct change c = { .kind = CHANGE_SILENCE };
	struct sbuf key = SBUF_INIT(SBUF_UNLIMITED);
	bool ok;

	ok = kv->cut ? err_set(&why, ERR_LIMIT, "it has more than %zu bytes", ETCD_VALUE_MAX) : record_get_mesh_silence(kv->value, &c, &why);
	if (ok) {
		record_silence_key(&key, c.silence->id);
		ok = str_eq(sbuf_get(&key), kv->key) || err_set(&why, ERR_INVALID, "it is of another key");
		sbuf_fini(&key);
	}
	if (ok) {
		k->updated = c.silence->updated;
		k->expires = c.expires;
		ok = engine_merge_silence(l->o.engine, &c, w, now, &why) != MERGED_REFUSED;
	}
	if (!ok)
		refuse(l, kv, &why, now);
	silence_unref((struct silence *)(uintptr_t)c.silence);
}

void
take_record(struct ledger *l, const struct etcd_kv *kv, struct work *w, struct moment now)
{
	struct work single = { INT64_MAX };
	struct known *k;

	if (!str_starts(kv->key, STR("log/")) && !str_starts(kv->key, STR("silences/")))
		return;
	k = known_get(l, kv->key);
	if (k == NULL)
		return;
	k->reading = etcd_reading(l->o.etcd);
	if (k->revision >= (uint64_t)kv->revision)
		return;
	k->revision = (uint64_t)kv->revision;
	k->gone = kv->gone;
	k->open = false;
	k->updated = WALL_ZERO;
	set_newer(l, k, is_newer(kv));
	if (k->newer)
		leave_alone(l, k, now);
	if (kv->gone || k->newer)
		return;
	w = w != NULL ? w : &single;
	work_spend(w, VALUE_UNITS + VALUE_BYTE_UNITS * (int64_t)kv->value.n);
	if (kv->key.p[0] == 'l')
		take_log_record(l, k, kv, w, now);
	else
		take_silence(l, k, kv, w, now);
}

/* The one that drops what nobody needs any more. */
static bool
is_first(const struct ledger *l)
{
	return etcd_members(l->o.etcd) > 0 && str_eq(etcd_member_at(l->o.etcd, 0).id, l->o.member);
}

static void
drop_old(struct ledger *l, const struct known *k, struct moment now)
{
	struct etcd_op op = { .id = ++l->last_op, .key = k->key, .drop = true, .revision = (int64_t)k->revision,
		.until = mono_add(now.mono, WRITE_PATIENCE) };

	/* Its end comes by the watch; if it does not, there is another sweep. */
	if (!etcd_submit(l->o.etcd, &op, now.mono))
		return;
}

bool
known_sweep(struct ledger *l, struct work *w, struct moment now)
{
	bool first = is_first(l), over = l->reading == etcd_reading(l->o.etcd);
	uint64_t revision = (uint64_t)etcd_figures(l->o.etcd).revision;
	unsigned drops = 0;
	struct hmap_node *node;

	while (hmap_next_bucket(&l->known, &l->swept, &node)) {
		while (node != NULL) {
			struct known *k = CONTAINER_OF(node, struct known, node);
			bool dead = k->gone || (over && k->reading != l->reading && k->revision <= revision);

			node = node->next;
			work_spend(w, SWEEP_UNITS);
			if (dead) {
				set_newer(l, k, false);
				hmap_remove(&l->known, &k->node);
				mem_free(k);
			} else if (first && !wall_is_zero(k->expires) && wall_before(wall_add(k->expires, KEEP_LONGER), now.wall)) {
				drop_old(l, k, now);
				drops++;
			}
		}
		if (work_used_up(w) || drops >= DROPS_MAX)
			return false;
	}
	l->sweeping = false;
	l->swept = (struct hmap_cursor){ 0 };
	l->sweep_at = mono_add(now.mono, SWEEP_EVERY);
	return true;
}
