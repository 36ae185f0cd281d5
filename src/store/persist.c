/* SPDX-License-Identifier: Apache-2.0 */
/* Changes on their way into the next batch. */
#include "store_private.h"
#include "wire/records.h"

/* A record that is larger leaves no memory behind. */
#define SCRATCH_MAX ((size_t)64 << 10)

static struct sbuf *
scratch(struct store *s, size_t i)
{
	struct sbuf *b = &s->scratch[i];

	if (b->cap > SCRATCH_MAX)
		sbuf_fini(b);
	b->max = SBUF_UNLIMITED;
	sbuf_reset(b);
	return b;
}

static void
put(struct store *s, enum db_table t, const struct change *c, void (*add_key)(struct sbuf *b, const struct change *c),
    void (*add_body)(struct sbuf *b, const struct change *c))
{
	struct sbuf *key = scratch(s, 0), *body = scratch(s, 1);
	uint64_t hash;

	add_key(key, c);
	add_body(body, c);
	hash = batch_hash(t, sbuf_get(key));
	batch_put(&s->current, t, sbuf_get(key), sbuf_get(body), !disk_keys_has(&s->present, hash));
	disk_keys_add(&s->present, hash);
	store_take(s);
}

/* A record that the disk has never heard of need not be dropped there. */
static void
drop(struct store *s, enum db_table t, const struct change *c, void (*add_key)(struct sbuf *b, const struct change *c))
{
	struct sbuf *b = scratch(s, 0);
	struct str key;
	uint64_t hash;

	add_key(b, c);
	key = sbuf_get(b);
	hash = batch_hash(t, key);
	if (batch_has_fresh(&s->current, t, key))
		batch_forget(&s->current, t, key);
	else if (disk_keys_has(&s->present, hash))
		batch_drop(&s->current, t, key);
	disk_keys_remove(&s->present, hash);
	store_take(s);
}

/* An alert that the disk has as it is, or anything dropped that it never had, is no news. */
static void
news(struct store *s, bool any)
{
	if (any)
		store_take(s);
}

/* All but intents are found by their place. */
static bool
drop_logged(struct store *s, const struct change *c)
{
	return c->kind == CHANGE_INTENT_DROPPED ? row_log_drop_intent(&s->kept, c->intent->id) : row_log_drop(&s->kept, c->place);
}

void
store_persist(struct store *s, const struct change *c)
{
	switch (c->kind) {
#define RECORD(KIND, name, table, number)                                              \
	case CHANGE_##KIND:                                                            \
		put(s, TABLE_##KIND, c, record_key_##name, record_put_##name);         \
		break;                                                                 \
	case CHANGE_##KIND##_DROPPED:                                                  \
		drop(s, TABLE_##KIND, c, record_key_##name);                           \
		break;
#define LOGGED_RECORD(KIND, name, table, number)
#include "core/changes.def"
	case CHANGE_LOG_ENTRY:
		row_log_set_entry(&s->kept, (struct log_entry *)(uintptr_t)c->entry, s->taken + 1, c->place);
		store_take(s);
		break;
	case CHANGE_INTENT:
		row_log_set_intent(&s->kept, c, s->taken + 1);
		store_take(s);
		break;
	case CHANGE_ALERT:
		news(s, row_log_set(&s->kept, (struct alert *)(uintptr_t)c->alert, s->taken + 1, c->place));
		break;
	case CHANGE_GROUP:
		row_log_set_group(&s->kept, c->group, s->taken + 1, c->place);
		store_take(s);
		break;
	case CHANGE_ALERT_DROPPED:
	case CHANGE_GROUP_DROPPED:
	case CHANGE_LOG_ENTRY_DROPPED:
	case CHANGE_INTENT_DROPPED:
		news(s, drop_logged(s, c));
		break;
	case CHANGE_N:
		break;
	}
}
