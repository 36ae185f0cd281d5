/* SPDX-License-Identifier: Apache-2.0 */
/* The next transaction, or record, is made of all that is new. */
#include "store_private.h"
#include "wire/codec_state.h"

#define ALIVE_EVERY (5 * SPAN_S)

static bool
is_tracked(enum db_table t)
{
	return t != TABLE_ALERTS && t != TABLE_META;
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
gather_all(struct store *s, struct moment now)
{
	batch_forget_table(&s->pending, TABLE_ALERTS);
	batch_keep(&s->current, &s->pending);
	forget_disk(s);
	row_log_forget_disk(&s->kept, s->durable + 1);
	if (s->engine != NULL)
		engine_save_all(s->engine, now);
}

void
store_prepare(struct store *s)
{
	struct moment now = s->o.clock->now(s->o.clock);
	uint64_t left_out;

	put_alive(s, now);
	if (s->want_all)
		gather_all(s, now);
	s->next_all = s->want_all;
	s->want_all = false;
	s->next = s->current;
	s->current = (struct batch){ 0 };
	/* All who asked for a copy before it is made get this one. */
	s->kept.at_once |= s->backup_no != 0;
	s->upto = row_log_prepare(&s->kept, &s->next, &left_out) ? s->taken : left_out - 1;
	s->submitted = now.mono;
}
