/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records that this member writes: results of claims, what was told without one, silences. One for each key, the newest. If
 * somebody was faster, what is there is merged, and written over only by what is newer.
 */
#include "model/silence.h"
#include "state.h"

/* A record that is put into a request. */
#define WRITE_UNITS 1000

static struct write *
find(const struct ledger *l, struct str key)
{
	for (struct hmap_node *n = hmap_first(&l->by_key, hash_seeded(key.p, key.n)); n != NULL; n = hmap_next(n)) {
		struct write *w = CONTAINER_OF(n, struct write, node);

		if (str_eq(w->key, key))
			return w;
	}
	return NULL;
}

void
write_free(struct ledger *l, struct write *w)
{
	struct arena *arena = w->arena;

	list_remove(w->pending.op == 0 ? &l->writes : &l->sent, &w->place);
	forget(l, &w->pending);
	claims_go_on(l, w->key, true);
	hmap_remove(&l->by_key, &w->node);
	l->writes_n--;
	silence_unref((struct silence *)(uintptr_t)w->silence);
	arena_free(&arena);	/* it is in it */
}

void
writes_free_all(struct ledger *l)
{
	HMAP_EACH(&l->by_key, node)
		write_free(l, CONTAINER_OF(node, struct write, node));
	hmap_fini(&l->by_key);
}

bool
write_waits(const struct ledger *l, struct str key)
{
	return find(l, key) != NULL;
}

/* NULL: too many wait. */
static struct write *
begin(struct ledger *l, struct str key)
{
	struct arena *arena;
	struct write *w;

	w = find(l, key);
	if (w != NULL)
		write_free(l, w);
	if (l->writes_n >= WRITES_MAX) {
		l->missed = true;
		return NULL;
	}
	arena = arena_new();
	w = ARENA_NEW(arena, struct write);
	w->arena = arena;
	w->number = ++l->last_write;
	w->key = arena_str(arena, key);
	w->pending.is_write = true;
	list_append(&l->writes, &w->place);
	hmap_insert(&l->by_key, &w->node, hash_seeded(key.p, key.n));
	l->writes_n++;
	make_ready(l);
	return w;
}

/* The revision that a record of ours may take the place of without looking. */
static uint64_t
known_revision(const struct ledger *l, struct str key)
{
	const struct known *k = known_find(l, key);

	if (k == NULL || k->gone)
		return 0;
	return k->open ? (uint64_t)READ_FIRST : k->revision;
}

void
write_log(struct ledger *l, const struct log_record *r, uint64_t revision)
{
	struct sbuf key = SBUF_INIT(SBUF_UNLIMITED);
	struct write *w;

	record_log_key(&key, &r->told.key);
	w = begin(l, sbuf_get(&key));
	sbuf_fini(&key);
	if (w == NULL)
		return;
	if (!copy_log_record(w->arena, r, &w->record)) {
		LOG(&l->log, LOG_WARN, "A log entry is too large for etcd", F_STR("group", r->told.key.group_key));
		write_free(l, w);
		return;
	}
	w->updated = r->told.timestamp;
	w->expires = r->told.expires;
	w->lease = r->lease;
	w->revision = r->lease != 0 ? revision : known_revision(l, w->key);
}

void
write_a_silence(struct ledger *l, const struct change *c)
{
	struct sbuf key = SBUF_INIT(SBUF_UNLIMITED);
	struct write *w;

	record_silence_key(&key, c->silence->id);
	w = begin(l, sbuf_get(&key));
	sbuf_fini(&key);
	if (w == NULL)
		return;
	w->silence = silence_ref((struct silence *)(uintptr_t)c->silence);
	w->updated = c->silence->updated;
	w->expires = c->expires;
	w->revision = known_revision(l, w->key);
}

static void
put_value(const struct write *w, struct sbuf *b)
{
	if (w->silence != NULL)
		record_put_mesh_silence(b, w->silence, w->expires);
	else
		record_put_log(b, &w->record);
}

/* False: there is no session; it waits for the next one. */
static bool
go(struct ledger *l, struct write *w, struct moment now)
{
	struct sbuf value = SBUF_INIT(RECORD_MAX);
	struct etcd_op op = { .key = w->key, .revision = (int64_t)w->revision, .until = mono_add(now.mono, WRITE_PATIENCE) };
	bool ok = true;

	put_value(w, &value);
	op.value = sbuf_get(&value);
	if (known_is_newer(l, w->key)) {
		write_free(l, w);
	} else if (value.overflow) {
		LOG(&l->log, LOG_WARN, "A record is too large for etcd", F_STR("key", w->key));
		write_free(l, w);
	} else {
		ok = submit(l, &w->pending, &op, now);
		if (ok) {
			list_remove(&l->writes, &w->place);
			list_append(&l->sent, &w->place);
		}
	}
	sbuf_fini(&value);
	return ok;
}

bool
writes_go(struct ledger *l, struct work *w, struct moment now)
{
	if (!is_up(l, now))
		return true;
	while (l->writes.first != NULL) {
		if (work_used_up(w))
			return false;
		work_spend(w, WRITE_UNITS);
		if (!go(l, CONTAINER_OF(l->writes.first, struct write, place), now))
			return true;
	}
	return true;
}

/* It is as if the watch had brought it. */
static void
written(struct ledger *l, struct write *w, uint64_t revision, struct moment now)
{
	struct sbuf key = SBUF_INIT(SBUF_UNLIMITED), value = SBUF_INIT(RECORD_MAX);
	struct etcd_kv kv = { .revision = (int64_t)revision };

	sbuf_str(&key, w->key);
	put_value(w, &value);
	kv.key = sbuf_get(&key);
	kv.value = sbuf_get(&value);
	l->figures.written++;
	write_free(l, w);
	take_record(l, &kv, NULL, now);
	sbuf_fini(&key);
	sbuf_fini(&value);
}

/* The record says that something older was told than we did; its claim is not ours. */
static bool
combine(struct ledger *l, struct write *w, const struct log_record *theirs)
{
	struct log_record next = *theirs;
	struct log_entry doubts = { .firing = theirs->told.doubtful, .firing_n = theirs->told.doubtful_n,
		.resolved = theirs->told.doubtful_ends, .resolved_n = theirs->told.doubtful_ends_n,
		.timestamp = theirs->told.doubted, .expires = theirs->told.expires };

	next.told = w->record.told;
	next.telling = (struct log_entry){ 0 };
	next.state = CLAIM_SENT;
	/* They may not have been known here when that was told. */
	doubts_when_abandoned(w->arena, &next.told, &doubts);
	if (theirs->state == CLAIM_OPEN && is_alive(l, theirs)) {
		next.telling = theirs->telling;
		next.state = CLAIM_OPEN;
	} else if (theirs->state == CLAIM_OPEN || theirs->state == CLAIM_UNKNOWN) {
		doubts_when_abandoned(w->arena, &next.told, &theirs->telling);
	}
	w->lease = 0;
	return copy_log_record(w->arena, &next, &w->record);
}

/* False: there is nothing more to be written. */
static bool
log_entry_moved(struct ledger *l, struct write *w, const struct etcd_kv *kv)
{
	struct log_record r;

	if (!read_log_record(l, kv, &r, NULL))
		return true;
	if (w->lease != 0 && r.state == CLAIM_OPEN && r.lease == w->lease && r.claim == w->record.claim && str_eq(r.owner, l->o.member))
		return true;
	if ((w->record.state != CLAIM_SENT && w->record.state != CLAIM_OPEN) || !wall_before(r.told.timestamp, w->record.told.timestamp))
		return false;
	return combine(l, w, &r);
}

static bool
silence_moved(const struct ledger *l, const struct write *w)
{
	const struct known *k = known_find(l, w->key);

	return k == NULL || wall_before(k->updated, w->updated);
}

/* Merges what is there. False: the write went with it, as the engine had something newer. */
static bool
take_theirs(struct ledger *l, const struct write *w, const struct etcd_kv *kv, struct moment now)
{
	uint64_t number = w->number;
	const struct write *after;

	take_record(l, kv, NULL, now);
	after = find(l, kv->key);
	return after != NULL && after->number == number;
}

void
write_done(struct ledger *l, struct write *w, const struct etcd_outcome *o, struct moment now)
{
	bool again = true;

	/* Nobody is asked for it now: ledger_done has looked it up. */
	list_remove(&l->sent, &w->place);
	list_append(&l->writes, &w->place);
	if (o->fate == ETCD_DONE) {
		written(l, w, (uint64_t)o->revision, now);
		return;
	}
	if (o->fate == ETCD_MOVED) {
		l->figures.lost++;
		w->revision = o->now != NULL ? (uint64_t)o->now->revision : 0;
		if (o->now != NULL && !take_theirs(l, w, o->now, now))
			return;
		if (o->now != NULL && is_newer(o->now))
			again = false;
		else if (o->now != NULL)
			again = w->silence != NULL ? silence_moved(l, w) : log_entry_moved(l, w, o->now);
	} else if (o->fate == ETCD_REFUSED) {
		/* For want of space, or of permission: what is missing is found by the next comparison. */
		l->missed = true;
		l->compare_at = mono_add(now.mono, REFUSED_PAUSE);
		again = false;
	} else {
		l->figures.unheard++;
		claims_go_on(l, w->key, false);
	}
	if (!again)
		write_free(l, w);
	else
		make_ready(l);
}
