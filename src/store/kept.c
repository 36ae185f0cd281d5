/* SPDX-License-Identifier: Apache-2.0 */
#include "kept.h"

#include <assert.h>

#include "base/hash.h"
#include "base/mem.h"
#include "codec_state.h"
#include "kept_private.h"

void
kept_link(struct kept_list *l, struct kept_alert *ka)
{
	ka->prev = l->last;
	ka->next = NULL;
	*(l->last != NULL ? &l->last->next : &l->first) = ka;
	l->last = ka;
}

void
kept_link_first(struct kept_list *l, struct kept_alert *ka)
{
	ka->prev = NULL;
	ka->next = l->first;
	*(l->first != NULL ? &l->first->prev : &l->last) = ka;
	l->first = ka;
}

void
kept_unlink(struct kept_list *l, struct kept_alert *ka)
{
	*(ka->prev != NULL ? &ka->prev->next : &l->first) = ka->next;
	*(ka->next != NULL ? &ka->next->prev : &l->last) = ka->prev;
	ka->prev = ka->next = NULL;
}

void
kept_init(struct kept *k)
{
	*k = (struct kept){ 0 };
	alert_row_init(&k->row);
}

static uint64_t
hash_id(struct alert_id id)
{
	return hash_seeded(&id, sizeof(id));
}

static struct kept_alert *
find(const struct kept *k, const struct labels *l, uint64_t hash)
{
	for (struct hmap_node *n = hmap_first(&k->alerts, hash); n != NULL; n = hmap_next(n)) {
		struct kept_alert *ka = CONTAINER_OF(n, struct kept_alert, node);

		if (labels_eq(ka->alert->labels, l))
			return ka;
	}
	return NULL;
}

static struct kept_alert *
find_id(const struct kept *k, struct alert_id id)
{
	for (struct hmap_node *n = hmap_first(&k->alerts, hash_id(id)); n != NULL; n = hmap_next(n)) {
		struct kept_alert *ka = CONTAINER_OF(n, struct kept_alert, node);
		struct alert_id its = alert_id_of(ka->alert->labels);

		if (its.fingerprint == id.fingerprint && its.hash == id.hash)
			return ka;
	}
	return NULL;
}

void
kept_leave_row(struct kept *k, struct kept_alert *ka)
{
	if (ka->row == NULL)
		return;
	if (ka->news == NEWS_NONE)
		kept_unlink(&ka->row->alerts, ka);
	k->live_bytes -= ka->bytes;
	ka->row = NULL;
	ka->bytes = 0;
}

static void
remove_alert(struct kept *k, struct kept_alert *ka)
{
	if (ka->news != NEWS_NONE) {
		kept_unlink(&k->news, ka);
		k->news_n--;
	}
	kept_leave_row(k, ka);
	hmap_remove(&k->alerts, &ka->node);
	alert_unref(ka->alert);
	mem_free(ka);
}

void
kept_row_free(struct kept *k, struct kept_row *row)
{
	k->bytes -= row->bytes;
	mem_free(row);
}

void
kept_fini(struct kept *k)
{
	HMAP_EACH(&k->alerts, node)
		remove_alert(k, CONTAINER_OF(node, struct kept_alert, node));
	hmap_fini(&k->alerts);
	for (size_t i = 0; i < k->rows.n; i++)
		kept_row_free(k, k->rows.v[i]);
	VEC_FINI(&k->rows);
	VEC_FINI(&k->drops);
	VEC_FINI(&k->writing_drops);
	alert_row_fini(&k->row);
}

void
kept_news(struct kept *k, struct kept_alert *ka, enum news news, uint64_t no)
{
	if (ka->news == NEWS_NONE) {
		if (ka->row != NULL)
			kept_unlink(&ka->row->alerts, ka);
		kept_link(&k->news, ka);
		k->news_n++;
		ka->no = no;
	}
	if (ka->news < news)
		ka->news = (uint8_t)news;
}

static struct kept_alert *
add(struct kept *k, struct alert *a, uint64_t hash)
{
	struct kept_alert *ka = NEW(struct kept_alert);

	ka->alert = alert_ref(a);
	hmap_insert(&k->alerts, &ka->node, hash);
	return ka;
}

/* Does the disk have to know of these times at once? `ends` is what it knows. */
static bool
times_matter(const struct alert *old, const struct alert *fresh, int64_t ends)
{
	int64_t now = wall_to_ns(fresh->updated), given = wall_to_ns(fresh->ends);

	if (wall_cmp(old->starts, fresh->starts) != 0 || old->timeout != fresh->timeout)
		return true;
	if (given <= now || given < ends)
		return given != ends;
	return ends <= now || ends - now < (given - now) / 2;
}

static enum news
news_of(const struct kept_alert *ka, const struct alert *a)
{
	const struct alert *old = ka->alert;

	if (old->annotations != a->annotations || old->generator_url != a->generator_url)
		return NEWS_ALL;
	return times_matter(old, a, ka->disk_ends) ? NEWS_TIMES : NEWS_NONE;
}

/* The one with these labels; NULL: it was made now, and is news. */
static struct kept_alert *
find_or_add(struct kept *k, struct alert *a, uint64_t no, void **place)
{
	uint64_t hash = hash_id(alert_id_of(a->labels));
	struct kept_alert *found = find(k, a->labels, hash), *ka = found != NULL ? found : add(k, a, hash);

	if (found == NULL)
		kept_news(k, ka, NEWS_ALL, no);
	if (place != NULL)
		*place = ka;
	return found;
}

bool
kept_set(struct kept *k, struct alert *a, uint64_t no, void **place)
{
	struct kept_alert *ka = place != NULL && *place != NULL ? *place : find_or_add(k, a, no, place);
	enum news news;

	if (ka == NULL)
		return true;
	assert(labels_eq(ka->alert->labels, a->labels));
	news = news_of(ka, a);
	alert_ref(a);
	alert_unref(ka->alert);
	ka->alert = a;
	if (news == NEWS_NONE)
		return false;
	kept_news(k, ka, news, no);
	return true;
}

bool
kept_drop(struct kept *k, const struct labels *l)
{
	struct alert_id id = alert_id_of(l);
	struct kept_alert *ka = find(k, l, hash_id(id));
	bool known;

	if (ka == NULL)
		return false;
	known = ka->transaction != 0;
	remove_alert(k, ka);
	if (known)
		VEC_PUSH(&k->drops, id);
	return known;
}

void
kept_settle(struct kept *k, uint64_t no)
{
	HMAP_EACH(&k->alerts, node) {
		struct kept_alert *ka = CONTAINER_OF(node, struct kept_alert, node);

		if (ka->news == NEWS_NONE && ka->disk_ends != wall_to_ns(ka->alert->ends))
			kept_news(k, ka, NEWS_TIMES, no);
	}
}

struct alert *
kept_alert(const struct kept_alert *ka)
{
	return ka->alert;
}

void
kept_each(struct kept *k, void (*visit)(void *arg, struct kept *k, struct kept_alert *ka), void *arg)
{
	HMAP_EACH(&k->alerts, node)
		visit(arg, k, CONTAINER_OF(node, struct kept_alert, node));
}

void
kept_restored_end(struct kept *k, struct kept_alert *ka, struct wall ends, uint64_t no)
{
	assert(ka->alert->refs == 1);
	ka->alert->ends = ends;
	kept_news(k, ka, NEWS_TIMES, no);
}

struct loading {
	struct kept *k;
	struct kept_row *row;
};

static void
load_alert(void *arg, struct alert *take)
{
	struct loading *in = arg;
	struct kept *k = in->k;
	uint64_t hash = hash_id(alert_id_of(take->labels));
	struct kept_alert *ka = find(k, take->labels, hash);

	if (ka != NULL)
		remove_alert(k, ka);
	ka = add(k, take, hash);
	alert_unref(take);
	ka->row = in->row;
	ka->disk_ends = wall_to_ns(ka->alert->ends);
	ka->transaction = k->transaction;
	kept_link(&in->row->alerts, ka);
}

static void
load_times(void *arg, struct alert_id id, const struct alert_times *t)
{
	struct loading *in = arg;
	struct kept_alert *ka = find_id(in->k, id);

	if (ka == NULL)
		return;
	ka->alert->starts = t->starts;
	ka->alert->ends = t->ends;
	ka->alert->updated = t->updated;
	ka->alert->timeout = t->timeout;
	ka->disk_ends = wall_to_ns(t->ends);
}

static void
load_drop(void *arg, struct alert_id id)
{
	struct loading *in = arg;
	struct kept_alert *ka = find_id(in->k, id);

	if (ka != NULL)
		remove_alert(in->k, ka);
}

bool
kept_load_row(struct kept *k, struct str key, struct str body, struct err *e)
{
	struct loading in = { .k = k };
	struct alert_row_reader reader = { load_alert, load_times, load_drop, &in };
	uint64_t number = codec_get_number_key(key);
	size_t n = 0;
	bool ok;

	if (number == 0)
		return err_set(e, ERR_INVALID, "malformed key of a row of alerts");
	k->transaction = 1;
	in.row = NEW(struct kept_row);
	in.row->key = number;
	in.row->bytes = (uint32_t)body.n;
	k->bytes += body.n;
	VEC_PUSH(&k->rows, in.row);
	if (number > k->last_row)
		k->last_row = number;
	ok = alert_row_read(body, &reader, e);
	for (struct kept_alert *ka = in.row->alerts.first; ka != NULL; ka = ka->next)
		n++;
	/* How much each takes is only known on average. */
	for (struct kept_alert *ka = in.row->alerts.first; ka != NULL; ka = ka->next) {
		ka->bytes = (uint32_t)(body.n / n);
		k->live_bytes += ka->bytes;
	}
	return ok;
}
