/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All records below the prefix: read page by page at one revision, and watched from the next one on.
 *
 * All that is heard waits until somebody has time to read it. Only then it counts: a watch that breaks goes on behind it.
 */
#include "state.h"

/* A record that is read, and each byte of it. */
#define RECORD_UNITS 500
#define BYTE_UNITS 3
#define STUCK_LEAST (5 * SPAN_S)
/* Nothing came for so long: a change of our own is made, which has to. */
#define SILENCE_MOST (30 * SPAN_S)
/* A watch that ends earlier has failed. */
#define WATCH_LEAST (10 * SPAN_S)
/* A piece that is unread counts for at least as much: many small ones take long to be forgotten, too. */
#define UNREAD_LEAST ((size_t)256)

static size_t
cost_of(const struct unread *u)
{
	return sizeof(*u) + u->n > UNREAD_LEAST ? sizeof(*u) + u->n : UNREAD_LEAST;
}

static void
put_unread(struct etcd *e, enum etcd_call kind, int what, struct str json, bool cut)
{
	struct unread *u = mem_alloc(sizeof(*u) + json.n);

	*u = (struct unread){ .what = what, .kind = kind, .cut = cut, .n = json.n };
	if (json.n > 0)
		memcpy(u->json, json.p, json.n);
	list_append(&e->unread, &u->place);
	e->unread_bytes += cost_of(u);
}

void
watch_piece(struct call *c, enum cutter_piece what, struct str json, bool cut)
{
	put_unread(c->e, c->kind, what == CUTTER_OBJECT ? UNREAD_OBJECT : UNREAD_ELEMENT, json, cut);
}

void
watch_ended(struct call *c)
{
	put_unread(c->e, c->kind, UNREAD_END, STR_NONE, !cutter_is_between(&c->cutter));
	call_free(c);
}

static void
drop(struct etcd *e, struct unread *u)
{
	list_remove(&e->unread, &u->place);
	e->unread_bytes -= cost_of(u);
	mem_free(u);
}

void
watch_forget_unread(struct etcd *e)
{
	LIST_EACH(&e->unread, node)
		drop(e, CONTAINER_OF(node, struct unread, place));
	e->heard_revision = e->revision;
}

static void
range(struct etcd *e, struct mono now)
{
	struct call *c = call_begin(e, ETCD_CALL_RANGE, "/v3/kv/range", now);

	if (e->sync == SYNC_NONE) {
		members_forget(e, true);
		sbuf_reset(&e->page_from);
		sbuf_str(&e->page_from, e->from);
		e->range_revision = 0;
		e->sync = SYNC_RANGING;
		e->readings++;
	}
	e->page_got = 0;
	say_range(&c->body, sbuf_get(&e->page_from), e->end, e->range_revision, e->page);
	/* A page takes as long as it takes to read it. */
	call_ask(c, 10 * patience(e), now);
}

static void
watch(struct etcd *e, struct mono now)
{
	struct call *c = call_begin(e, ETCD_CALL_WATCH, "/v3/watch", now);

	e->figures.watches_begun++;
	e->watch_began = e->watch_moved = now;
	say_watch(&c->body, e->from, e->end, e->revision + 1);
	call_ask(c, 0, now);
}

void
watch_expects(struct etcd *e, int64_t revision, struct mono now)
{
	if (e->own_revision != 0 || revision <= e->revision)
		return;
	e->own_revision = revision;
	e->own_since = now;
}

void
history_lost(struct etcd *e, int64_t revision, struct err *why)
{
	LOG(e->o.log, LOG_ERROR, "etcd has lost what it had said: all is read anew", F_INT("known_revision", e->revision),
	    F_INT("revision", revision));
	e->histories++;
	e->sync = SYNC_NONE;
	e->revision = e->heard_revision = e->own_revision = 0;
	err_set(why, ERR_CONFLICT, "etcd has lost its data");
}

/* Changes of our own do not come back, and nothing else comes: the stream hangs somewhere. */
struct mono
watch_stuck_at(const struct etcd *e)
{
	span wait = 2 * patience(e) > STUCK_LEAST ? 2 * patience(e) : STUCK_LEAST;
	struct mono from = e->watch_moved.ns > e->own_since.ns ? e->watch_moved : e->own_since;

	if (e->own_revision == 0 || e->unread.first != NULL || call_of_kind(e, ETCD_CALL_WATCH) == NULL)
		return NEVER;
	return mono_add(from, wait);
}

struct mono
watch_doubtful_at(const struct etcd *e)
{
	bool watches = e->sync == SYNC_DONE && e->joined && !e->leaving && call_of_kind(e, ETCD_CALL_WATCH) != NULL;

	if (!watches || e->own_revision != 0 || e->unread.first != NULL || call_of_kind(e, ETCD_CALL_JOIN) != NULL)
		return NEVER;
	return mono_add(e->watch_moved, SILENCE_MOST);
}

bool
watch_may_end(const struct etcd *e, struct mono now)
{
	return mono_sub(now, e->watch_began) >= WATCH_LEAST;
}

void
watch_step(struct etcd *e, struct mono now)
{
	struct call *c = call_of_kind(e, ETCD_CALL_WATCH);
	struct err why = { 0 };

	if (now.ns < e->retry_at.ns || e->leaving || lacks_token(e))
		return;
	if (now.ns >= watch_stuck_at(e).ns) {
		e->figures.failures[ETCD_CALL_WATCH]++;
		e->own_since = now;
		err_set(&why, ERR_TIMEOUT, "watch: our own changes do not come");
		endpoint_failed(e, ETCD_CALL_WATCH, &why, now);
		return;
	}
	if (c != NULL || e->unread.first != NULL || call_of_kind(e, ETCD_CALL_RANGE) != NULL)
		return;
	if (e->sync == SYNC_DONE)
		watch(e, now);
	else
		range(e, now);
}

static void
record(struct etcd *e, struct etcd_kv *kv, struct work *w, struct mono now)
{
	if (kv->revision > e->heard_revision)
		e->heard_revision = kv->revision;
	if (!str_starts(kv->key, e->from) || kv->key.n > e->from.n + ETCD_KEY_MAX)
		return;
	if (member_is_key(e, kv->key)) {
		member_record(e, kv);
		return;
	}
	e->figures.events++;
	kv->key = str_sub(kv->key, e->from.n, kv->key.n);
	e->port->record(e->port->arg, kv, w, now);
}

static bool
read_element(struct etcd *e, const struct unread *u, struct work *w, struct mono now, struct err *why)
{
	struct etcd_kv kv;
	bool there;

	if (!hear_element(u->kind == ETCD_CALL_RANGE ? HEARD_KV : HEARD_EVENT, (struct str){ u->json, u->n }, u->cut, &e->buffer, &kv,
		&there, why))
		return false;
	if (!there)
		return true;
	if (u->kind == ETCD_CALL_RANGE) {
		/* The next page begins behind it. */
		if (str_cmp(kv.key, sbuf_get(&e->page_from)) < 0)
			return err_set(why, ERR_INVALID, "range: keys are not in their order");
		sbuf_reset(&e->page_from);
		sbuf_str(&e->page_from, kv.key);
		sbuf_putc(&e->page_from, '\0');
		e->page_got++;
	}
	record(e, &kv, w, now);
	return true;
}

static bool
page_is_over(struct etcd *e, const struct heard *h, struct mono now, struct err *why)
{
	if (h->revision <= 0 || (h->more && e->page_got == 0))
		return err_set(why, ERR_INVALID, "range: an answer without %s", h->revision <= 0 ? "a revision" : "keys, and more to come");
	if (e->range_revision == 0 && h->revision < e->revision) {
		history_lost(e, h->revision, why);
		return false;
	}
	if (e->range_revision == 0)
		e->range_revision = h->revision;
	endpoint_answered(e, ETCD_CALL_RANGE, now);
	if (h->more)
		return true;
	e->sync = SYNC_DONE;
	e->synced_once = true;
	e->figures.syncs++;
	e->revision = e->heard_revision = e->range_revision;
	members_found(e);
	e->port->synced(e->port->arg, now);
	return true;
}

static void
end_watch(struct etcd *e)
{
	struct call *c = call_of_kind(e, ETCD_CALL_WATCH);

	if (c != NULL)
		call_give_up(c);
}

static bool
events_are_over(struct etcd *e, const struct heard *h, struct err *why)
{
	if (h->canceled) {
		end_watch(e);
		if (h->compacted == 0) {
			*why = h->error;
			return false;
		}
		LOG(e->o.log, LOG_INFO, "etcd has forgotten changes since: all is read anew", F_INT("revision", e->revision));
		e->sync = SYNC_NONE;
		return true;
	}
	if (e->heard_revision > e->revision)
		e->revision = e->heard_revision;
	if (e->own_revision != 0 && e->own_revision <= e->revision)
		e->own_revision = 0;
	return true;
}

static bool
read_object(struct etcd *e, const struct unread *u, struct mono now, struct err *why)
{
	struct heard h;

	if (!hear_object((struct str){ u->json, u->n }, &h, why))
		return false;
	if (h.code != 0) {
		*why = h.error;
		return false;
	}
	if (u->kind == ETCD_CALL_WATCH)
		return events_are_over(e, &h, why);
	return page_is_over(e, &h, now, why);
}

static bool
read_end(const struct etcd *e, const struct unread *u, struct mono now, struct err *why)
{
	if (u->kind == ETCD_CALL_WATCH)
		return e->sync != SYNC_DONE || watch_may_end(e, now) || err_set(why, ERR_IO, "watch: it ended");
	return !u->cut || err_set(why, ERR_INVALID, "range: the answer is not complete");
}

bool
etcd_unread(const struct etcd *e)
{
	return e->unread.first != NULL;
}

static bool
read_one(struct etcd *e, const struct unread *u, struct work *w, struct mono now, struct err *why)
{
	if (u->what == UNREAD_ELEMENT)
		return read_element(e, u, w, now, why);
	if (u->what == UNREAD_OBJECT)
		return read_object(e, u, now, why);
	return read_end(e, u, now, why);
}

void
etcd_read_some(struct etcd *e, struct work *w, struct mono now)
{
	struct err why = { 0 };

	while (e->unread.first != NULL && !work_used_up(w)) {
		struct unread *u = CONTAINER_OF(e->unread.first, struct unread, place);
		enum etcd_call kind = u->kind;
		bool ok;

		work_spend(w, RECORD_UNITS + BYTE_UNITS * (int64_t)u->n);
		ok = read_one(e, u, w, now, &why);
		drop(e, u);
		/* Nothing that was heard behind the end of a watch is of use. */
		if (ok && kind == ETCD_CALL_WATCH && e->sync == SYNC_NONE)
			watch_forget_unread(e);
		if (!ok) {
			e->figures.failures[kind]++;
			endpoint_failed(e, kind, &why, now);
			break;
		}
	}
	step(e, now);
}

span
etcd_watch_lag(const struct etcd *e, struct mono now)
{
	return e->own_revision == 0 ? 0 : mono_sub(now, e->own_since);
}
