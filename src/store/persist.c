/* SPDX-License-Identifier: Apache-2.0 */
/* Changes on their way into the next batch. */
#include "store_private.h"
#include "wire/codec.h"
#include "wire/codec_state.h"

static void
put(struct store *s, enum db_table t, struct str key, struct sbuf *body)
{
	uint64_t hash = batch_hash(t, key);
	struct str taken;

	taken.p = sbuf_take(body, &taken.n);
	batch_put_take(&s->current, t, key, taken, !disk_keys_has(&s->present, hash));
	disk_keys_add(&s->present, hash);
	store_take(s);
}

/* What the disk has never heard of need not be dropped there. */
static void
drop(struct store *s, enum db_table t, struct str key)
{
	uint64_t hash = batch_hash(t, key);

	if (batch_has_fresh(&s->current, t, key))
		batch_forget(&s->current, t, key);
	else if (disk_keys_has(&s->present, hash))
		batch_drop(&s->current, t, key);
	disk_keys_remove(&s->present, hash);
	store_take(s);
}

static void
persist_record(struct store *s, const struct change *c, struct sbuf *key, struct sbuf *body)
{
	char number[8];

	switch (c->kind) {
	case CHANGE_SILENCE:
		codec_put_silence(body, c->silence, c->expires);
		put(s, TABLE_SILENCES, str_from(c->silence->id), body);
		break;
	case CHANGE_SILENCE_DROPPED:
		drop(s, TABLE_SILENCES, str_from(c->silence->id));
		break;
	case CHANGE_LOG_ENTRY:
		codec_log_entry_key(key, c->entry);
		codec_put_log_entry(body, c->entry);
		put(s, TABLE_LOG_ENTRIES, sbuf_get(key), body);
		break;
	case CHANGE_LOG_ENTRY_DROPPED:
		codec_log_entry_key(key, c->entry);
		drop(s, TABLE_LOG_ENTRIES, sbuf_get(key));
		break;
	case CHANGE_INTENT:
		codec_number_key(c->notification_id, number);
		codec_put_intent(body, c->notification, c->attempts);
		put(s, TABLE_INTENTS, (struct str){ number, sizeof(number) }, body);
		break;
	case CHANGE_INTENT_DROPPED:
		codec_number_key(c->notification_id, number);
		drop(s, TABLE_INTENTS, (struct str){ number, sizeof(number) });
		break;
	case CHANGE_ALERT:
	case CHANGE_ALERT_DROPPED:
	case CHANGE_GROUP:
	case CHANGE_GROUP_DROPPED:
		break;
	}
}

/* False: it has to be a record of its own. */
static bool
keep(struct store *s, const struct change *c)
{
	bool news = true;

	if (c->kind == CHANGE_ALERT)
		news = row_log_set(&s->kept, (struct alert *)(uintptr_t)c->alert, s->taken + 1, c->place);
	else if (c->kind == CHANGE_GROUP)
		row_log_set_group(&s->kept, c->group, s->taken + 1, c->place);
	else if (c->kind == CHANGE_ALERT_DROPPED || c->kind == CHANGE_GROUP_DROPPED)
		news = row_log_drop(&s->kept, c->place);
	else
		return false;
	if (news)
		store_take(s);
	return true;
}

void
store_persist(struct store *s, const struct change *c)
{
	struct sbuf key = SBUF_INIT(SBUF_UNLIMITED), body = SBUF_INIT(SBUF_UNLIMITED);

	if (keep(s, c))
		return;
	persist_record(s, c, &key, &body);
	sbuf_fini(&key);
	sbuf_fini(&body);
}
