/* SPDX-License-Identifier: Apache-2.0 */
/* The next transaction, or record, is made of all that is new. */
#include <assert.h>

#include "store_private.h"
#include "wire/codec_state.h"

#define ALIVE_EVERY (5 * SPAN_S)

static bool
is_tracked(enum db_table t)
{
	return t != TABLE_ALERTS && t != TABLE_LOG_ROWS && t != TABLE_META;
}

/* Other rows say when they were written, too: see find_alive. */
static void
put_alive(struct store *s, struct moment now)
{
	struct sbuf body = SBUF_INIT(SBUF_UNLIMITED);

	if (s->ok && !s->want_all && s->work != NULL && mono_sub(now.mono, s->alive) < ALIVE_EVERY)
		return;
	s->alive = now.mono;
	codec_put_time(&body, now.wall);
	batch_put(&s->current, TABLE_META, STR("alive"), sbuf_get(&body), false);
	sbuf_fini(&body);
}

/* The database will be emptied: of what is tracked it has what the batch brings. */
static void
forget_disk(struct store *s)
{
	disk_keys_fini(&s->present);
	HMAP_EACH(&s->current.ops, node) {
		struct op *op = CONTAINER_OF(node, struct op, node);

		if (!is_tracked(op->table) || op->drop)
			continue;
		op->fresh = true;
		disk_keys_add(&s->present, node->hash);
	}
}

/* Everything becomes news; what the engine cannot tell again stays as it is in the batch. */
static void
begin_anew(struct store *s)
{
	batch_forget_table(&s->pending, TABLE_ALERTS);
	batch_forget_table(&s->pending, TABLE_LOG_ROWS);
	batch_keep(&s->current, &s->pending);
	forget_disk(s);
	row_log_forget_disk(&s->kept);
	s->saving = (struct engine_saving){ 0 };
	s->preparing = PREPARE_KEPT;
}

static void
begin_preparing(struct store *s, struct moment now)
{
	put_alive(s, now);
	s->next_all = s->want_all;
	s->want_all = false;
	/* All who asked for a copy before it is made get this one. */
	s->kept.at_once |= s->backup_no != 0;
	s->preparing = PREPARE_ROWS;
	if (s->next_all)
		begin_anew(s);
}

/* Bytes that the batch has more than before are made out of what is known: nobody has to wait for them. */
static void
note_retold(struct store *s, size_t before)
{
	s->retold += s->current.bytes > before ? s->current.bytes - before : 0;
}

/* At the end nobody drives the engine any more: what it has in hand is brought to its end. */
static bool
save_some(struct store *s, struct work *w, struct moment now)
{
	size_t before = s->current.bytes;
	bool all = true;

	if (s->engine == NULL)
		return true;
	if (s->work != NULL)
		all = engine_save_some(s->engine, &s->saving, w, now);
	else
		engine_save_all(s->engine, now);
	note_retold(s, before);
	return all;
}

/* Rows that are large are handed over before all of them are there. */
static bool
put_rows(struct store *s, struct work *w, uint64_t *left_out)
{
	size_t before = s->current.bytes;
	bool all = row_log_prepare_some(&s->kept, &s->current, w, left_out);

	note_retold(s, before);
	return all;
}

bool
store_prepare_some(struct store *s, struct work *w)
{
	struct moment now = s->o.clock->now(s->o.clock);
	uint64_t left_out;

	if (s->preparing == PREPARE_NOTHING)
		begin_preparing(s, now);
	if (s->preparing == PREPARE_KEPT) {
		if (!row_log_forget_some(&s->kept, s->durable + 1, w))
			return false;
		s->preparing = PREPARE_STATE;
	}
	if (s->preparing == PREPARE_STATE) {
		if (!save_some(s, w, now))
			return false;
		s->preparing = PREPARE_ROWS;
	}
	if (!put_rows(s, w, &left_out))
		return false;
	s->preparing = PREPARE_NOTHING;
	s->retold = 0;
	s->next = s->current;
	s->current = (struct batch){ 0 };
	s->upto = left_out == 0 ? s->taken : left_out - 1;
	s->submitted = now.mono;
	return true;
}

void
store_prepare(struct store *s)
{
	struct work all = { INT64_MAX };
	bool done = store_prepare_some(s, &all);

	assert(done);
	(void)done;
}
