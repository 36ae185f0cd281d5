/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The disk: changes are numbered, become durable in batches and in order, and
 * those that are not are lost in a crash.
 */
#include <inttypes.h>
#include <string.h>

#include "model/schedule.h"
#include "sim.h"

int64_t
data_value(const struct receiver_data *data)
{
	return data->n == 1 && data->v[0].type == RECEIVER_INT ? data->v[0].i : 0;
}

int
recipients_value(const struct recipients *r)
{
	int done = 0;

	if (!r->known)
		return -1;
	for (size_t i = 0; i < r->n; i++)
		if (r->v[i].state == RECIPIENT_DONE)
			done |= 1 << i;
	return done;
}

int
served_value(const struct str *served, size_t n)
{
	int bits = 0;

	for (size_t i = 0; i < n; i++)
		bits |= 1 << (str_is(served[i], "a") ? 0 : 1);
	return bits;
}

alerts_mask
noted_mask(struct day *d, const struct noted_alert *v, size_t n, bool resolved)
{
	alerts_mask out = 0;

	for (size_t i = 0; i < n; i++) {
		int a = alert_of_labels(d, v[i].alert->labels);

		if (a < 0)
			sim_fail(d, "6 groups", "an alert that nobody posted");
		else if (v[i].resolved == resolved)
			out |= bit(a);
	}
	return out;
}

static alerts_mask
fingerprints_mask(struct day *d, const uint64_t *v, size_t n)
{
	alerts_mask out = 0;

	for (size_t i = 0; i < n; i++) {
		int a = alert_of_fingerprint(d, v[i]);

		if (a >= 0)
			out |= bit(a);
		else
			sim_fail(d, "5 durable", "a fingerprint of no alert is saved");
	}
	return out;
}

static alerts_mask
hashes_mask(struct day *d, const uint64_t *v, size_t n)
{
	alerts_mask out = 0;

	for (size_t i = 0; i < n; i++) {
		int a = alert_of_hash(d, v[i]);

		if (a >= 0)
			out |= bit(a);
		else
			sim_fail(d, "5 durable", "a hash of no alert is logged");
	}
	return out;
}

static const char *
labels_text(struct day *d, const struct labels *l)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	const char *text;

	labels_format(l, &b);
	text = intern(d, b.p, b.n);
	sbuf_fini(&b);
	return text;
}

static struct labels *
hold_labels(struct day *d, const struct labels *l)
{
	for (size_t i = 0; i < d->held_labels.n; i++)
		if (d->held_labels.v[i] == l)
			return d->held_labels.v[i];
	VEC_PUSH(&d->held_labels, labels_ref((struct labels *)(uintptr_t)l));
	return d->held_labels.v[d->held_labels.n - 1];
}

static int
owner_of(const struct istr *name)
{
	return str_is(istr_str(name), "jo") ? 0 : str_is(istr_str(name), "max") ? 1 : -1;
}

static void
take_silence(struct day *d, const struct change *c, struct written *w)
{
	struct silence *s = (struct silence *)(uintptr_t)c->silence;
	struct quiet *q = &w->u.quiet;

	*q = (struct quiet){ .starts = wall_to_ns(s->starts), .ends = wall_to_ns(s->ends) };
	memcpy(q->id, s->id, sizeof(q->id));
	q->expires = wall_to_ns(c->expires);
	if (c->kind == CHANGE_SILENCE_DROPPED)
		return;
	/* The matchers in the model's terms: of the draft, or known from when it was made. */
	q->sieve = d->draft;
	q->alerts = d->draft_alerts;
	q->x = d->draft_x;
	for (size_t k = 0; k < d->quiets.n; k++)
		if (strcmp(d->quiets.v[k].id, q->id) == 0) {
			q->sieve = d->quiets.v[k].sieve;
			q->alerts = d->quiets.v[k].alerts;
			q->x = d->quiets.v[k].x;
			d->quiets.v[k].covered |= s->covered && d->quiets.v[k].may_cover != 0;
		}
	q->covered = s->covered;
	q->x.owner = owner_of(s->created_by);
	/* An edit after the last window makes an ordinary silence of it. */
	q->x.recurs = silence_schedule(s) != NULL;
	if (q->x.recurs)
		q->x.until = wall_is_zero(s->extra->schedule->until) ? INT64_MAX : wall_to_ns(s->extra->schedule->until);
	/* Some end or come again by themselves: what was foreseen may be otherwise. */
	d->upset++;
	q->silence = silence_ref(s);
	VEC_PUSH(&d->held_silences, q->silence);
}

static void
take_entry(struct day *d, const struct log_entry *e, struct written *w)
{
	const struct entry *m;

	w->u.entry = (struct entry){
		.key = intern(d, e->key.group_key.p, e->key.group_key.n),
		.receiver = receiver_of(e->key.receiver),
		.kind = kind_of(intern(d, e->key.integration.p, e->key.integration.n)),
		.index = (int)e->key.index,
		.timestamp = wall_to_ns(e->timestamp),
		.age = e->age,
		.expires = wall_to_ns(e->expires),
		.firing = hashes_mask(d, e->firing, e->firing_n),
		.resolved = hashes_mask(d, e->resolved, e->resolved_n),
		.data = data_value(&e->data),
		.doubtful = hashes_mask(d, e->doubtful, e->doubtful_n),
		.doubted = wall_cmp(e->doubted, WALL_ZERO) != 0 ? wall_to_ns(e->doubted) : 0,
		.served = served_value(e->partly.to, e->partly.n),
		.served_at = e->partly.n > 0 ? wall_to_ns(e->partly.at) : 0,
		.content = e->partly.content,
	};
	sim_say(d, "log %s firing %s resolved %s doubtful %s served %d, for %.0f s", w->u.entry.key,
	    mask_text(d, w->u.entry.firing), mask_text(d, w->u.entry.resolved), mask_text(d, w->u.entry.doubtful),
	    w->u.entry.served, (double)(w->u.entry.expires - wall_now(d)) / 1e9);
	m = entry_find(d, w->u.entry.key, w->u.entry.receiver, w->u.entry.kind, w->u.entry.index);
	if (m == NULL)
		return;
	/* The part that the core keeps as a hash, in the model's terms. */
	w->u.entry.served_firing = m->served_firing;
	w->u.entry.served_resolved = m->served_resolved;
}

static void
take_group(struct day *d, const struct group_state *g, struct written *w)
{
	w->u.row = (struct row){
		.route_id = intern(d, g->route_id.p, g->route_id.n),
		.receiver = receiver_of(g->receiver),
		.labels = hold_labels(d, g->labels),
		.labels_text = labels_text(d, g->labels),
		.next_flush = wall_to_ns(g->next_flush),
		.flushed = g->flushed,
		.wait = g->group_wait,
		.interval = g->group_interval,
		.alerts = fingerprints_mask(d, g->alerts, g->alerts_n),
	};
}

static void
take_intent(struct day *d, const struct change *c, struct written *w)
{
	const struct intent_state *in = c->intent;

	w->u.intent = (struct intent){ .id = in->id };
	if (c->kind == CHANGE_INTENT_DROPPED)
		return;
	w->u.intent = (struct intent){
		.id = in->id,
		.route_id = intern(d, in->route_id.p, in->route_id.n),
		.receiver = receiver_of(in->receiver),
		.kind = kind_of(intern(d, in->integration.p, in->integration.n)),
		.index = (int)in->index,
		.labels = hold_labels(d, in->labels),
		.labels_text = labels_text(d, in->labels),
		.reason = in->reason,
		.flushed = wall_to_ns(in->flushed),
		.attempts = in->attempts,
		.firing = fingerprints_mask(d, in->firing, in->firing_n),
		.resolved = fingerprints_mask(d, in->resolved, in->resolved_n),
		.data = data_value(&in->data),
		.done = recipients_value(&in->recipients),
	};
}

/* Replaces what is equal by `same`, adds or removes. */
#define PUT(list, item, same, drop)                                \
	do {                                                       \
		size_t at_ = 0;                                    \
		for (; at_ < (list)->n; at_++) {                   \
			__typeof__((list)->v) x = &(list)->v[at_]; \
			if (same)                                  \
				break;                             \
		}                                                  \
		if (drop) {                                        \
			if (at_ < (list)->n)                       \
				(list)->v[at_] = (list)->v[--(list)->n]; \
		} else if (at_ < (list)->n) {                      \
			(list)->v[at_] = (item);                   \
		} else {                                           \
			VEC_PUSH((list), (item));                  \
		}                                                  \
	} while (0)

static void
put(struct image *im, const struct written *w)
{
	const struct entry *e = &w->u.entry;
	const struct row *r = &w->u.row;

	switch (w->kind) {
	case CHANGE_SILENCE:
	case CHANGE_SILENCE_DROPPED:
		PUT(&im->quiets, w->u.quiet, strcmp(x->id, w->u.quiet.id) == 0, w->kind == CHANGE_SILENCE_DROPPED);
		break;
	case CHANGE_LOG_ENTRY:
	case CHANGE_LOG_ENTRY_DROPPED:
		PUT(&im->entries, *e, x->key == e->key && x->receiver == e->receiver && x->kind == e->kind &&
		    x->index == e->index, w->kind == CHANGE_LOG_ENTRY_DROPPED);
		break;
	case CHANGE_ALERT:
		im->alerts[w->alert] = w->u.a;
		break;
	case CHANGE_ALERT_DROPPED:
		im->alerts[w->alert] = NULL;
		break;
	case CHANGE_GROUP:
	case CHANGE_GROUP_DROPPED:
		PUT(&im->rows, *r, x->labels == r->labels && x->route_id == r->route_id && x->receiver == r->receiver,
		    w->kind == CHANGE_GROUP_DROPPED);
		break;
	case CHANGE_INTENT:
	case CHANGE_INTENT_DROPPED:
		PUT(&im->intents, w->u.intent, x->id == w->u.intent.id, w->kind == CHANGE_INTENT_DROPPED);
		break;
	/* Days of their own are about these: tests/sim/messages. */
	case CHANGE_DELIVERY:
	case CHANGE_DELIVERY_DROPPED:
	case CHANGE_REPLY:
	case CHANGE_REPLY_DROPPED:
		break;
	case CHANGE_N:
		break;
	}
}

/* The engine may have had to choose when a group is due: now it says so. */
static void
learn_due(struct day *d, const struct row *r)
{
	int64_t left = r->next_flush - wall_now(d);

	for (size_t i = 0; i < d->groups.n; i++) {
		struct m_group *g = d->groups.v[i];
		const struct plan_route *route = &d->plan->routes[g->route];
		size_t n = strlen(g->key), m = strlen(r->labels_text);

		if (strcmp(route->id, r->route_id) != 0 || n < m || strcmp(g->key + n - m, r->labels_text) != 0)
			continue;
		if (g->flying && !g->flight.resumed)
			return;
		/* Saved while the flush is being filtered: it counts as not begun. */
		if (model_busy(d) && ((g->flushed && mono_now(d) + left == g->flight.wanted) ||
		    (g->due <= mono_now(d) && mono_now(d) + left == model_next_tick(d, g))))
			return;
		if (mono_now(d) + left == g->due_or)
			g->due = g->due_or;
		g->due_or = g->due;
		if (mono_now(d) + left != g->due)
			sim_fail(d, "5 durable", "%s is saved as due in %.3f s, is in %.3f s", g->key, (double)left / 1e9,
			    (double)(g->due - mono_now(d)) / 1e9);
		return;
	}
}

void
disk_persist(struct day *d, const struct change *c)
{
	struct written w = { .number = ++d->number, .call = d->call, .kind = c->kind, .alert = -1 };

	switch (c->kind) {
	case CHANGE_SILENCE:
	case CHANGE_SILENCE_DROPPED:
		take_silence(d, c, &w);
		break;
	case CHANGE_LOG_ENTRY:
	case CHANGE_LOG_ENTRY_DROPPED:
		take_entry(d, c->entry, &w);
		break;
	case CHANGE_ALERT:
	case CHANGE_ALERT_DROPPED:
		w.alert = alert_of_labels(d, c->alert->labels);
		w.u.a = alert_ref((struct alert *)(uintptr_t)c->alert);
		VEC_PUSH(&d->held_alerts, w.u.a);
		break;
	case CHANGE_GROUP:
	case CHANGE_GROUP_DROPPED:
		take_group(d, c->group, &w);
		if (c->kind == CHANGE_GROUP)
			learn_due(d, &w.u.row);
		break;
	case CHANGE_INTENT:
	case CHANGE_INTENT_DROPPED:
		take_intent(d, c, &w);
		break;
	case CHANGE_DELIVERY:
	case CHANGE_DELIVERY_DROPPED:
	case CHANGE_REPLY:
	case CHANGE_REPLY_DROPPED:
		return;
	case CHANGE_N:
		break;
	}
	put(&d->in_memory, &w);
	VEC_PUSH(&d->queue, w);
}

const struct intent *
image_intent(const struct image *im, uint64_t id)
{
	for (size_t i = 0; i < im->intents.n; i++)
		if (im->intents.v[i].id == id)
			return &im->intents.v[i];
	return NULL;
}

static void
commit(struct day *d, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		put(&d->on_disk, &d->queue.v[i]);
		d->durable = d->queue.v[i].number;
	}
	d->queue.n -= n;
	if (d->queue.n > 0)
		memmove(d->queue.v, d->queue.v + n, d->queue.n * sizeof(d->queue.v[0]));
}

void
disk_commit(struct day *d)
{
	commit(d, d->queue.n);
}

static void
image_copy(struct image *to, const struct image *from)
{
	memcpy(to->alerts, from->alerts, sizeof(to->alerts));
	to->quiets.n = to->entries.n = to->rows.n = to->intents.n = 0;
	for (size_t i = 0; i < from->quiets.n; i++)
		VEC_PUSH(&to->quiets, from->quiets.v[i]);
	for (size_t i = 0; i < from->entries.n; i++)
		VEC_PUSH(&to->entries, from->entries.v[i]);
	for (size_t i = 0; i < from->rows.n; i++)
		VEC_PUSH(&to->rows, from->rows.v[i]);
	for (size_t i = 0; i < from->intents.n; i++)
		VEC_PUSH(&to->intents, from->intents.v[i]);
}

/* Some of what was under way got there, in order; the rest is gone. */
void
disk_crash(struct day *d)
{
	size_t n = rand_below(&d->r, d->queue.n + 1);

	while (n > 0 && n < d->queue.n && d->queue.v[n].call == d->queue.v[n - 1].call)
		n++;
	commit(d, n);
	d->queue.n = 0;
	image_copy(&d->in_memory, &d->on_disk);
}

static void
sort_hashes(uint64_t *v, size_t n)
{
	for (size_t i = 1; i < n; i++)
		for (size_t j = i; j > 0 && v[j - 1] > v[j]; j--) {
			uint64_t swap = v[j];

			v[j] = v[j - 1];
			v[j - 1] = swap;
		}
}

static struct log_entry
entry_out(struct day *d, const struct entry *e, struct arena *a)
{
	static const char *const kinds[] = { "chat", "hook", "mail" };
	static const char *const names[] = { "r0", "r1", "r2" };
	struct log_entry out = {
		.key.group_key = str_from(e->key),
		.key.receiver = str_from(names[e->receiver]),
		.key.integration = str_from(kinds[e->kind]),
		.key.index = (uint32_t)e->index,
		.timestamp = wall_from_ns(e->timestamp),
		.age = e->age,
		.expires = wall_from_ns(e->expires),
		.doubted = e->doubted != 0 ? wall_from_ns(e->doubted) : WALL_ZERO,
	};
	uint64_t *firing = ARENA_ARRAY(a, MAX_ALERTS, uint64_t), *resolved = ARENA_ARRAY(a, MAX_ALERTS, uint64_t);
	uint64_t *doubtful = ARENA_ARRAY(a, MAX_ALERTS, uint64_t);
	struct str *to = ARENA_ARRAY(a, 2, struct str);

	for (int i = 0; i < d->alerts_n; i++) {
		if ((e->firing & bit(i)) != 0)
			firing[out.firing_n++] = labels_hash(d->alerts[i].labels);
		if ((e->resolved & bit(i)) != 0)
			resolved[out.resolved_n++] = labels_hash(d->alerts[i].labels);
		if ((e->doubtful & bit(i)) != 0)
			doubtful[out.doubtful_n++] = labels_hash(d->alerts[i].labels);
	}
	/* As an honest store gives them back. */
	sort_hashes(firing, out.firing_n);
	sort_hashes(resolved, out.resolved_n);
	sort_hashes(doubtful, out.doubtful_n);
	out.doubtful = doubtful;
	out.partly = (struct partly_told){ .content = e->content, .at = wall_from_ns(e->served_at), .to = to };
	for (int i = 0; i < 2; i++)
		if ((e->served >> i & 1) != 0)
			to[out.partly.n++] = i == 0 ? STR("a") : STR("b");
	out.firing = firing;
	out.resolved = resolved;
	if (e->data != 0) {
		out.data.v = ARENA_NEW(a, struct receiver_value);
		out.data.v[0] = (struct receiver_value){ .key = STR("t"), .type = RECEIVER_INT, .i = e->data };
		out.data.n = 1;
	}
	return out;
}

static const uint64_t *
fingerprints(const struct day *d, alerts_mask m, struct arena *a, size_t *n)
{
	uint64_t *v = ARENA_ARRAY(a, MAX_ALERTS, uint64_t);

	*n = 0;
	for (int i = 0; i < d->alerts_n; i++)
		if ((m & bit(i)) != 0)
			v[(*n)++] = labels_fingerprint(d->alerts[i].labels);
	return v;
}

static void
restore_row(struct day *d, const struct row *r, struct arena *a)
{
	static const char *const names[] = { "r0", "r1", "r2" };
	struct group_state g = {
		.route_id = str_from(r->route_id),
		.receiver = str_from(names[r->receiver]),
		.labels = r->labels,
		.next_flush = wall_from_ns(r->next_flush),
		.flushed = r->flushed,
		.group_wait = r->wait,
		.group_interval = r->interval,
	};

	g.alerts = fingerprints(d, r->alerts, a, &g.alerts_n);
	engine_restore_group(d->engine, &g, NULL, d->now);
}

static void
restore_intent(struct day *d, const struct intent *in, struct arena *a)
{
	static const char *const kinds[] = { "chat", "hook", "mail" };
	static const char *const names[] = { "r0", "r1", "r2" };
	struct intent_state s = {
		.id = in->id,
		.route_id = str_from(in->route_id),
		.receiver = str_from(names[in->receiver]),
		.integration = str_from(kinds[in->kind]),
		.index = (uint32_t)in->index,
		.labels = in->labels,
		.reason = in->reason,
		.flushed = wall_from_ns(in->flushed),
		.attempts = in->attempts,
	};
	struct receiver_value v = { .key = STR("t"), .type = RECEIVER_INT, .i = in->data };
	struct recipient to[2] = { { .to = STR("a") }, { .to = STR("b") } };

	s.firing = fingerprints(d, in->firing, a, &s.firing_n);
	s.resolved = fingerprints(d, in->resolved, a, &s.resolved_n);
	if (in->data != 0)
		s.data = (struct receiver_data){ &v, 1 };
	if (in->done >= 0)
		s.recipients = (struct recipients){ .v = to, .n = ARRAY_LEN(to), .known = true };
	for (size_t i = 0; i < ARRAY_LEN(to); i++)
		if (in->done >= 0 && (in->done >> i & 1) != 0)
			to[i].state = RECIPIENT_DONE;
	engine_restore_intent(d->engine, &(struct change){ .intent = &s }, d->now);
}

/* Records that expired while nobody looked go as they are found. */
static void
drop_expired(struct image *im, int64_t now)
{
	int64_t starts, ends;
	size_t kept = 0;

	for (size_t i = 0; i < im->quiets.n; i++)
		if (im->quiets.v[i].expires > now || quiet_window(&im->quiets.v[i], now, &starts, &ends))
			im->quiets.v[kept++] = im->quiets.v[i];
	im->quiets.n = kept;
	kept = 0;
	for (size_t i = 0; i < im->entries.n; i++)
		if (im->entries.v[i].expires > now)
			im->entries.v[kept++] = im->entries.v[i];
	im->entries.n = kept;
}

void
disk_restore(struct day *d)
{
	struct arena *a = arena_new();

	drop_expired(&d->on_disk, wall_now(d));
	drop_expired(&d->in_memory, wall_now(d));
	for (size_t i = 0; i < d->on_disk.quiets.n; i++) {
		const struct quiet *q = &d->on_disk.quiets.v[i];
		struct change c = { .silence = q->silence, .expires = wall_from_ns(q->expires) };

		engine_restore_silence(d->engine, &c, d->now);
	}
	for (size_t i = 0; i < d->on_disk.entries.n; i++) {
		struct log_entry e = entry_out(d, &d->on_disk.entries.v[i], a);

		engine_restore_log_entry(d->engine, &(struct change){ .entry = &e }, d->now);
	}
	for (int i = 0; i < d->alerts_n; i++)
		if (d->on_disk.alerts[i] != NULL)
			engine_restore_alert(d->engine, d->on_disk.alerts[i], NULL, d->now);
	for (size_t i = 0; i < d->on_disk.rows.n; i++)
		restore_row(d, &d->on_disk.rows.v[i], a);
	for (size_t i = 0; i < d->on_disk.intents.n; i++)
		restore_intent(d, &d->on_disk.intents.v[i], a);
	arena_free(&a);
}

static void
image_fini(struct image *im)
{
	VEC_FINI(&im->quiets);
	VEC_FINI(&im->entries);
	VEC_FINI(&im->rows);
	VEC_FINI(&im->intents);
}

void
disk_fini(struct day *d)
{
	image_fini(&d->on_disk);
	image_fini(&d->in_memory);
	VEC_FINI(&d->queue);
	for (size_t i = 0; i < d->held_alerts.n; i++)
		alert_unref(d->held_alerts.v[i]);
	for (size_t i = 0; i < d->held_silences.n; i++)
		silence_unref(d->held_silences.v[i]);
	for (size_t i = 0; i < d->held_labels.n; i++)
		labels_unref(d->held_labels.v[i]);
	VEC_FINI(&d->held_alerts);
	VEC_FINI(&d->held_silences);
	VEC_FINI(&d->held_labels);
}
