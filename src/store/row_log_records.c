/* SPDX-License-Identifier: Apache-2.0 */
/* Log entries and intents in the log of rows. */
#include <assert.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/slab.h"
#include "row_log_private.h"
#include "wire/records.h"

/* A body that is larger is not copied out of the buffer where it was made, but takes it along. */
#define COPIED_MAX ((size_t)64 << 10)

static struct kept_intent *
intent_of(struct kept_record *r)
{
	return CONTAINER_OF(r, struct kept_intent, record);
}

static uint64_t
id_hash(uint64_t id)
{
	return hash_mix(0, id);
}

static struct kept_intent *
find_intent(const struct row_log *k, uint64_t id)
{
	for (struct hmap_node *n = hmap_first(&k->intents, id_hash(id)); n != NULL; n = hmap_next(n)) {
		struct kept_intent *i = CONTAINER_OF(n, struct kept_intent, by_id);

		if (i->id == id)
			return i;
	}
	return NULL;
}

static void
set_body(struct kept_record *r, struct str bytes)
{
	if (r->body == NULL || r->body->n < bytes.n) {
		mem_free(r->body);
		r->body = mem_alloc(sizeof(*r->body) + bytes.n);
	}
	r->body->n = (uint32_t)bytes.n;
	memcpy(r->body->bytes, bytes.p, bytes.n);
}

static struct kept_record *
new_record(struct row_log *k, enum kept_kind kind, uint64_t number)
{
	struct kept_record *r = kind == KEPT_INTENT ? &SLAB_NEW(struct kept_intent)->record : SLAB_NEW(struct kept_record);

	r->item.kind = (uint8_t)kind;
	r->number = number;
	if (number > k->last_record)
		k->last_record = number;
	k->records_n++;
	return r;
}

struct kept_record *
row_log_add_record(struct row_log *k, enum kept_kind kind, uint64_t number, struct str body)
{
	struct kept_record *r = new_record(k, kind, number);

	set_body(r, body);
	return r;
}

void
row_log_free_record(struct row_log *k, struct kept_record *r)
{
	k->records_n--;
	if (r->entry != NULL)
		log_entry_unref(r->entry);
	mem_free(r->body);
	if (r->item.kind != KEPT_INTENT) {
		slab_free(r);
		return;
	}
	if (intent_of(r)->id != 0)
		hmap_remove(&k->intents, &intent_of(r)->by_id);
	slab_free(intent_of(r));
}

/* Rows with long ones get so much room at once: a buffer that grows is copied. */
#define LONG_ROOM ((size_t)8 << 20)

void
row_log_put_record(struct row_log *k, struct kept_record *r)
{
	enum db_table t = r->item.kind == KEPT_INTENT ? TABLE_INTENT : TABLE_LOG_ENTRY;
	size_t begun;

	if (r->entry == NULL && r->body->n > COPIED_MAX && k->row.b.cap < LONG_ROOM)
		sbuf_reserve(&k->row.b, LONG_ROOM - k->row.b.n);
	begun = alert_row_begin_record(&k->row, t, r->number);
	if (r->entry != NULL)
		record_put_log_entry(&k->row.b, &(struct change){ .entry = r->entry });
	else
		sbuf_str(&k->row.b, (struct str){ r->body->bytes, r->body->n });
	alert_row_end_record(&k->row, begun);
}

static void
hold_entry(struct kept_record *r, struct log_entry *entry)
{
	log_entry_ref(entry);
	if (r->entry != NULL)
		log_entry_unref(r->entry);
	r->entry = entry;
	mem_free(r->body);
	r->body = NULL;
}

void
row_log_set_entry(struct row_log *k, struct log_entry *entry, uint64_t no, void **place)
{
	struct kept_item *i = *place;

	if (i == NULL)
		*place = i = &new_record(k, KEPT_LOG_ENTRY, k->last_record + 1)->item;
	assert(i->kind == KEPT_LOG_ENTRY);
	hold_entry(record_of(i), entry);
	row_log_news(k, i, NEWS_ALL, no);
}

static void
list_intent(struct row_log *k, struct kept_record *r, uint64_t id)
{
	intent_of(r)->id = id;
	hmap_insert(&k->intents, &intent_of(r)->by_id, id_hash(id));
}

/* Both begin with the length, as a body does. */
static void
take_body(struct kept_record *r, struct sbuf *b)
{
	struct kept_body *made = (struct kept_body *)(void *)b->p;

	made->n = (uint32_t)(b->n - sizeof(*made));
	if (b->n <= COPIED_MAX) {
		set_body(r, (struct str){ made->bytes, made->n });
		return;
	}
	mem_free(r->body);
	r->body = mem_realloc(made, b->n, 1);
	*b = (struct sbuf)SBUF_INIT(SBUF_UNLIMITED);
}

void
row_log_set_intent(struct row_log *k, const struct change *c, uint64_t no)
{
	uint64_t id = c->intent->id;
	struct kept_intent *i = find_intent(k, id);
	struct kept_record *r = i != NULL ? &i->record : new_record(k, KEPT_INTENT, k->last_record + 1);

	if (i == NULL)
		list_intent(k, r, id);
	sbuf_reset(&k->body);
	sbuf_put(&k->body, &(struct kept_body){ 0 }, sizeof(struct kept_body));
	record_put_intent(&k->body, c);
	take_body(r, &k->body);
	row_log_news(k, &r->item, NEWS_ALL, no);
}

bool
row_log_drop_intent(struct row_log *k, uint64_t id)
{
	struct kept_intent *i = find_intent(k, id);

	return i != NULL && row_log_forget(k, &i->record.item);
}

/* Nothing has become of it since it was read. */
static bool
was_just_read(struct kept_record *r)
{
	return r->item.kind == KEPT_INTENT ? intent_of(r)->id == 0 : r->entry == NULL;
}

struct record_visit {
	enum kept_kind kind;
	void (*visit)(void *arg, struct row_log *k, struct kept_record *r, struct str body);
	void *arg;
};

static void
visit_record(struct row_log *k, struct kept_item *i, void *arg)
{
	const struct record_visit *v = arg;
	struct kept_record *r = record_of(i);

	if (i->kind == v->kind && was_just_read(r))
		v->visit(v->arg, k, r, (struct str){ r->body->bytes, r->body->n });
}

void
row_log_each_record(struct row_log *k, enum db_table t,
    void (*visit)(void *arg, struct row_log *k, struct kept_record *r, struct str body), void *arg)
{
	enum kept_kind kind = t == TABLE_INTENT ? KEPT_INTENT : KEPT_LOG_ENTRY;

	row_log_each(k, visit_record, &(struct record_visit){ kind, visit, arg });
}

void
row_log_restored(struct row_log *k, struct kept_record *r, const struct change *c, uint64_t no)
{
	struct log_entry *entry = (struct log_entry *)(uintptr_t)c->entry;

	if (r->item.kind == KEPT_INTENT) {
		list_intent(k, r, c->intent->id);
		return;
	}
	entry->stored_as = &r->item;
	hold_entry(r, entry);
	if (no > 0)
		row_log_news(k, &r->item, NEWS_ALL, no);
}

void
row_log_restored_not(struct row_log *k, struct kept_record *r)
{
	row_log_forget(k, &r->item);
}
