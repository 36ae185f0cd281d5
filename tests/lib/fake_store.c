/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_store.h"

#include <assert.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "core/delivery.h"
#include "core/nflog.h"
#include "core/replies.h"

struct row {
	struct hmap_node node;
	struct str key;		/* in the arena */
	struct arena *arena;	/* of all but references */
	struct silence *silence;
	struct wall expires;
	struct alert *alert;
	struct log_entry entry;
	struct group_state group;
	struct intent_state intent;
	struct delivery delivery;
	struct reply_mark reply;
};

static struct row *
find(struct hmap *m, struct str key)
{
	for (struct hmap_node *n = hmap_first(m, hash_seeded(key.p, key.n)); n != NULL; n = hmap_next(n)) {
		struct row *r = CONTAINER_OF(n, struct row, node);

		if (str_eq(r->key, key))
			return r;
	}
	return NULL;
}

static void
drop(struct hmap *m, struct row *r)
{
	hmap_remove(m, &r->node);
	silence_unref(r->silence);
	alert_unref(r->alert);
	labels_unref((struct labels *)(uintptr_t)r->group.labels);
	labels_unref((struct labels *)(uintptr_t)r->intent.labels);
	labels_unref(r->delivery.labels);
	arena_free(&r->arena);
	mem_free(r);
}

static struct row *
fresh(struct hmap *m, struct str key)
{
	struct row *r = find(m, key);

	if (r != NULL)
		drop(m, r);
	r = NEW(struct row);
	r->arena = arena_new();
	r->key = arena_str(r->arena, key);
	hmap_insert(m, &r->node, hash_seeded(key.p, key.n));
	return r;
}

static void *
copy(struct arena *a, const void *p, size_t n, size_t size)
{
	void *to = arena_array(a, n, size);

	if (n > 0)
		memcpy(to, p, n * size);
	return to;
}

static void
keep_entry(struct row *r, const struct log_entry *e)
{
	struct arena *a = r->arena;
	struct str *to = copy(a, e->partly.to, e->partly.n, sizeof(struct str));

	r->entry = *e;
	r->entry.key.group_key = arena_str(a, e->key.group_key);
	r->entry.key.receiver = arena_str(a, e->key.receiver);
	r->entry.key.integration = arena_str(a, e->key.integration);
	r->entry.firing = copy(a, e->firing, e->firing_n, sizeof(uint64_t));
	r->entry.resolved = copy(a, e->resolved, e->resolved_n, sizeof(uint64_t));
	r->entry.doubtful = copy(a, e->doubtful, e->doubtful_n, sizeof(uint64_t));
	r->entry.doubtful_ends = copy(a, e->doubtful_ends, e->doubtful_ends_n, sizeof(uint64_t));
	r->entry.claimed = NULL;
	r->entry.claimed_n = 0;
	r->entry.revision = 0;
	r->entry.partly.to = to;
	for (size_t i = 0; i < e->partly.n; i++)
		to[i] = arena_str(a, e->partly.to[i]);
	r->entry.data.v = copy(a, e->data.v, e->data.n, sizeof(struct receiver_value));
	for (size_t i = 0; i < e->data.n; i++) {
		r->entry.data.v[i].key = arena_str(a, e->data.v[i].key);
		r->entry.data.v[i].s = arena_str(a, e->data.v[i].s);
	}
}

static void
keep_group(struct row *r, const struct group_state *g)
{
	r->group = *g;
	r->group.route_id = arena_str(r->arena, g->route_id);
	r->group.receiver = arena_str(r->arena, g->receiver);
	r->group.labels = labels_ref((struct labels *)(uintptr_t)g->labels);
	r->group.alerts = copy(r->arena, g->alerts, g->alerts_n, sizeof(uint64_t));
}

static void
keep_intent(struct row *r, const struct intent_state *n)
{
	struct intent_state *i = &r->intent;

	*i = *n;
	i->route_id = arena_str(r->arena, n->route_id);
	i->receiver = arena_str(r->arena, n->receiver);
	i->integration = arena_str(r->arena, n->integration);
	i->labels = labels_ref((struct labels *)(uintptr_t)n->labels);
	i->firing = copy(r->arena, n->firing, n->firing_n, sizeof(uint64_t));
	i->resolved = copy(r->arena, n->resolved, n->resolved_n, sizeof(uint64_t));
	i->data.v = copy(r->arena, n->data.v, n->data.n, sizeof(struct receiver_value));
	for (size_t k = 0; k < n->data.n; k++) {
		i->data.v[k].key = arena_str(r->arena, n->data.v[k].key);
		i->data.v[k].s = arena_str(r->arena, n->data.v[k].s);
	}
	i->recipients.v = copy(r->arena, n->recipients.v, n->recipients.n, sizeof(struct recipient));
	for (size_t k = 0; k < n->recipients.n; k++) {
		i->recipients.v[k].to = arena_str(r->arena, n->recipients.v[k].to);
		i->recipients.v[k].provider_id = arena_str(r->arena, n->recipients.v[k].provider_id);
		i->recipients.v[k].gateway = arena_str(r->arena, n->recipients.v[k].gateway);
		i->recipients.v[k].error = arena_str(r->arena, n->recipients.v[k].error);
		/* Nobody waits for an answer after a restart. */
		i->recipients.v[k].doubt |= n->recipients.v[k].asked;
		i->recipients.v[k].asked = false;
	}
}

static void
keep_delivery(struct row *r, const struct delivery *of)
{
	struct delivery *d = &r->delivery;

	*d = *of;
	labels_ref(d->labels);
	d->group_key = arena_str(r->arena, of->group_key);
	d->receiver = arena_str(r->arena, of->receiver);
	d->integration = arena_str(r->arena, of->integration);
	d->recipient = arena_str(r->arena, of->recipient);
	d->gateway = arena_str(r->arena, of->gateway);
	d->provider_id = arena_str(r->arena, of->provider_id);
	d->error = arena_str(r->arena, of->error);
	d->severity = arena_str(r->arena, of->severity);
	d->worst = arena_str(r->arena, of->worst);
	d->covers = arena_str(r->arena, of->covers);
}

static struct str
entry_key(struct arena *a, const struct log_entry *e)
{
	return arena_printf(a, "%.*s:%.*s/%.*s/%u", STR_ARG(e->key.group_key), STR_ARG(e->key.receiver),
	    STR_ARG(e->key.integration), e->key.index);
}

static struct str
group_key(struct arena *a, const struct group_state *g)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct str key;

	labels_format(g->labels, &b);
	key = arena_printf(a, "%.*s %.*s %s", STR_ARG(g->route_id), STR_ARG(g->receiver), sbuf_cstr(&b));
	sbuf_fini(&b);
	return key;
}

static void
forget(struct hmap *m, struct str key)
{
	struct row *r = find(m, key);

	if (r != NULL)
		drop(m, r);
}

void
fake_store_change(struct fake_world *w, const struct change *c)
{
	struct arena *a = arena_new();
	struct row *r;

	switch (c->kind) {
	case CHANGE_SILENCE:
		r = fresh(&w->stored_silences, str_from(c->silence->id));
		r->silence = silence_copy(c->silence);
		r->expires = c->expires;
		break;
	case CHANGE_SILENCE_DROPPED:
		forget(&w->stored_silences, str_from(c->silence->id));
		break;
	case CHANGE_LOG_ENTRY:
		keep_entry(fresh(&w->stored_entries, entry_key(a, c->entry)), c->entry);
		break;
	case CHANGE_LOG_ENTRY_DROPPED:
		forget(&w->stored_entries, entry_key(a, c->entry));
		break;
	case CHANGE_ALERT:
		r = fresh(&w->stored_alerts, arena_printf(a, "%016llx",
		    (unsigned long long)labels_fingerprint(c->alert->labels)));
		r->alert = alert_ref((struct alert *)(uintptr_t)c->alert);
		break;
	case CHANGE_ALERT_DROPPED:
		forget(&w->stored_alerts, arena_printf(a, "%016llx",
		    (unsigned long long)labels_fingerprint(c->alert->labels)));
		break;
	case CHANGE_GROUP:
		keep_group(fresh(&w->stored_groups, group_key(a, c->group)), c->group);
		break;
	case CHANGE_GROUP_DROPPED:
		forget(&w->stored_groups, group_key(a, c->group));
		break;
	case CHANGE_INTENT:
		keep_intent(fresh(&w->stored_intents, arena_printf(a, "%llu", (unsigned long long)c->intent->id)), c->intent);
		break;
	case CHANGE_INTENT_DROPPED:
		forget(&w->stored_intents, arena_printf(a, "%llu", (unsigned long long)c->intent->id));
		break;
	case CHANGE_DELIVERY:
		keep_delivery(fresh(&w->stored_deliveries, arena_printf(a, "%llu", (unsigned long long)c->delivery->id)), c->delivery);
		break;
	case CHANGE_DELIVERY_DROPPED:
		forget(&w->stored_deliveries, arena_printf(a, "%llu", (unsigned long long)c->delivery->id));
		break;
	case CHANGE_REPLY:
		r = fresh(&w->stored_replies, arena_printf(a, "%llu", (unsigned long long)c->reply->number));
		r->reply = (struct reply_mark){ c->reply->number, arena_str(r->arena, c->reply->gateway), arena_str(r->arena, c->reply->id) };
		break;
	case CHANGE_REPLY_DROPPED:
		forget(&w->stored_replies, arena_printf(a, "%llu", (unsigned long long)c->reply->number));
		break;
	case CHANGE_N:
		break;
	}
	arena_free(&a);
}

static void
restore_replies(struct fake_world *w)
{
	HMAP_EACH(&w->stored_replies, node)
		engine_restore_reply(w->engine, &(struct change){ .reply = &CONTAINER_OF(node, struct row, node)->reply }, w->now);
}

void
fake_store_restore(struct fake_world *w)
{
	restore_replies(w);
	HMAP_EACH(&w->stored_silences, node) {
		struct row *r = CONTAINER_OF(node, struct row, node);

		engine_restore_silence(w->engine, &(struct change){ .silence = r->silence, .expires = r->expires }, w->now);
	}
	HMAP_EACH(&w->stored_entries, node) {
		struct row *r = CONTAINER_OF(node, struct row, node);

		engine_restore_log_entry(w->engine, &(struct change){ .entry = &r->entry }, w->now);
	}
	HMAP_EACH(&w->stored_alerts, node)
		engine_restore_alert(w->engine, CONTAINER_OF(node, struct row, node)->alert, NULL, w->now);
	HMAP_EACH(&w->stored_groups, node)
		engine_restore_group(w->engine, &CONTAINER_OF(node, struct row, node)->group, NULL, w->now);
	HMAP_EACH(&w->stored_intents, node) {
		struct row *r = CONTAINER_OF(node, struct row, node);

		engine_restore_intent(w->engine, &(struct change){ .intent = &r->intent }, w->now);
	}
	HMAP_EACH(&w->stored_deliveries, node) {
		struct row *r = CONTAINER_OF(node, struct row, node);

		if (engine_restore_delivery(w->engine, &(struct change){ .delivery = &r->delivery }, w->now) == RESTORED_EXPIRED)
			drop(&w->stored_deliveries, r);
	}
}

void
fake_store_fini(struct fake_world *w)
{
	struct hmap *maps[] = { &w->stored_silences, &w->stored_entries, &w->stored_alerts, &w->stored_groups,
		&w->stored_intents, &w->stored_deliveries, &w->stored_replies };

	for (size_t i = 0; i < ARRAY_LEN(maps); i++) {
		HMAP_EACH(maps[i], node)
			drop(maps[i], CONTAINER_OF(node, struct row, node));
		hmap_fini(maps[i]);
	}
}
