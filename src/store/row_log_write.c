/* SPDX-License-Identifier: Apache-2.0 */
/* Rows on their way to the disk. */
#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "row_log_private.h"
#include "wire/codec_state.h"

/* A transaction is bounded, so that neither the loop nor the disk is held for long. */
#define ITEMS_PER_TRANSACTION 2048
#define BYTES_PER_TRANSACTION ((size_t)2 << 20)
#define ROW_BYTES ((size_t)256 << 10)
#define ROWS_PER_FOLD 64
#define FOLD_MIN_BYTES ((uint64_t)4 << 20)
/* So much room for the next transaction is kept when there is nothing to write. */
#define SCRATCH_MAX ((size_t)128 << 10)
#define DROPS_MAX 1024

static struct str
row_key(uint64_t number, char out[8])
{
	codec_number_key(number, out);
	return (struct str){ out, 8 };
}

/*
 * While more than half of the log is out of date its oldest rows go, and what
 * is true of them is written again. Not when there is much to write already:
 * all that a folded row holds has to be in the same transaction.
 */
static void
fold(struct row_log *k, struct batch *b)
{
	uint64_t going = 0;
	char key[8];

	for (size_t i = 0; i < k->rows.n && i < ROWS_PER_FOLD; i++) {
		struct kept_row *row = k->rows.v[i];

		if (k->bytes - going < 2 * k->live_bytes + FOLD_MIN_BYTES || k->news_n > ITEMS_PER_TRANSACTION)
			return;
		assert(row->state == ROW_STORED);
		while (row->items.first != NULL)
			row_log_news(k, item_of(row->items.first), NEWS_ALL, 0);
		row->state = ROW_DROPPING;
		going += row->bytes;
		k->folded++;
		batch_drop(b, TABLE_ALERTS, row_key(row->key, key));
	}
}

static void
finish_row(struct row_log *k, struct kept_row *row)
{
	row->bytes = (uint32_t)(k->row.b.n - k->row.start);
	k->bytes += row->bytes;
}

/* The rows stand one behind the other in a buffer that stays as it is until they are written. */
static void
hand_over(struct row_log *k, struct batch *b)
{
	size_t at = k->row.b.n;
	char key[8];

	for (size_t i = k->rows.n; i > 0 && k->rows.v[i - 1]->state == ROW_WRITING; i--) {
		const struct kept_row *row = k->rows.v[i - 1];

		at -= row->bytes;
		batch_put_borrowed(b, TABLE_ALERTS, row_key(row->key, key), (struct str){ k->row.b.p + at, row->bytes });
	}
}

static struct kept_row *
begin_row(struct row_log *k)
{
	struct kept_row *row = row_log_add_row(k, ++k->last_row);

	row->state = ROW_WRITING;
	alert_row_begin(&k->row);
	return row;
}

/* Spells it out in this row. */
static void
write_whole(struct row_log *k, struct kept_item *i, struct kept_row *row)
{
	size_t before = k->row.b.n;

	row_log_leave_row(k, i);
	if (is_record(i))
		row_log_put_record(k, record_of(i));
	else if (i->kind == KEPT_GROUP)
		alert_row_put_group(&k->row, &group_of(i)->g);
	else
		alert_row_put(&k->row, alert_of(i)->alert);
	row_log_enter_row(k, i, row, k->row.b.n - before);
}

static void
write_item(struct row_log *k, struct kept_item *i, struct kept_row *row)
{
	struct kept_row *in = row_of(k, i);
	/* Things that a row spells out are written again before it goes. */
	bool whole = i->news == NEWS_ALL || in == NULL || in->state == ROW_DROPPING;

	list_remove(news_list(k, i), &i->place);
	k->news_n--;
	if (whole)
		write_whole(k, i, row);
	else if (i->kind == KEPT_GROUP)
		alert_row_put_group_state(&k->row, &group_of(i)->g);
	else
		alert_row_put_times(&k->row, alert_of(i)->alert);
	i->news = NEWS_NONE;
	list_append(whole ? &row->items : &in->items, &i->place);
	if (i->kind == KEPT_ALERT)
		alert_of(i)->disk_ends = wall_to_ns(alert_ends(alert_of(i)->alert));
	i->known_before = i->known;
	i->known = true;
	i->transaction = k->transaction;
}

static void
write_drops(struct row_log *k)
{
	for (size_t i = 0; i < k->drops.n; i++) {
		const struct kept_drop *d = &k->drops.v[i];

		if (d->kind == KEPT_ALERT)
			alert_row_put_drop(&k->row, d->id);
		else if (d->kind == KEPT_GROUP)
			alert_row_put_group_drop(&k->row, d->number);
		else
			alert_row_put_record_drop(&k->row, d->number);
		VEC_PUSH(&k->writing_drops, *d);
	}
	k->drops.n = 0;
}

/* Writes the first one of the list, in a new row if this one is full. Returns the row. */
static struct kept_row *
write_first(struct row_log *k, const struct list *l, struct kept_row *row)
{
	if (k->row.b.n - k->row.start >= ROW_BYTES) {
		finish_row(k, row);
		row = begin_row(k);
	}
	write_item(k, item_of(l->first), row);
	return row;
}

bool
row_log_prepare(struct row_log *k, struct batch *b, uint64_t *first_left_out)
{
	struct kept_row *row;
	size_t budget = ITEMS_PER_TRANSACTION, most = BYTES_PER_TRANSACTION;

	assert(k->writing_drops.n == 0);
	if (k->news_n == 0 && k->drops.n == 0)
		return true;
	k->writing = true;
	if (++k->transaction == 0)
		k->transaction = 1;
	fold(k, b);
	if (k->at_once || (k->rows.n > 0 && k->rows.v[0]->state == ROW_DROPPING))
		budget = most = SIZE_MAX;
	sbuf_reset(&k->row.b);
	row = begin_row(k);
	write_drops(k);
	/* All of them, with all drops: what one call of the engine changed of them stays together. */
	while (k->records.first != NULL)
		row = write_first(k, &k->records, row);
	while (k->news.first != NULL && budget-- > 0 && k->row.b.n < most)
		row = write_first(k, &k->news, row);
	finish_row(k, row);
	hand_over(k, b);
	if (k->news.first != NULL)
		*first_left_out = row_log_no(k, item_of(k->news.first));
	return k->news.first == NULL;
}

/* Rows that go stand in front of all others, new ones behind them: only those need be looked at. */
static void
end_dropping(struct row_log *k, bool dropped)
{
	size_t n = 0;

	for (; n < k->rows.n && k->rows.v[n]->state == ROW_DROPPING; n++) {
		if (!dropped) {
			k->rows.v[n]->state = ROW_STORED;
			continue;
		}
		assert(k->rows.v[n]->items.first == NULL);
		row_log_row_free(k, k->rows.v[n]);
	}
	if (!dropped || n == 0)
		return;
	k->rows.n -= n;
	memmove(k->rows.v, k->rows.v + n, k->rows.n * sizeof(k->rows.v[0]));
}

static void
end_writing(struct row_log *k, bool written)
{
	size_t n = k->rows.n;

	for (; n > 0 && k->rows.v[n - 1]->state == ROW_WRITING; n--) {
		if (written) {
			k->rows.v[n - 1]->state = ROW_STORED;
			continue;
		}
		assert(k->rows.v[n - 1]->items.first == NULL);
		row_log_row_free(k, k->rows.v[n - 1]);
	}
	if (!written)
		k->rows.n = n;
}

/* A large transaction was put together there: the next small one needs little of it. */
static void
give_back(struct row_log *k)
{
	if (k->row.b.cap > SCRATCH_MAX)
		sbuf_fini(&k->row.b);
	if (k->drops.cap > DROPS_MAX)
		VEC_FINI(&k->drops);
	if (k->writing_drops.cap > DROPS_MAX)
		VEC_FINI(&k->writing_drops);
}

void
row_log_written(struct row_log *k)
{
	k->writing = k->at_once = false;
	k->writing_drops.n = 0;
	end_dropping(k, true);
	end_writing(k, true);
	/* While changes come all the time, the next one is as large. */
	if (k->news_n == 0 && k->drops.n == 0)
		give_back(k);
}

/* Things that the failed transaction wrote of are as before, and have to be written whole. */
static void
unwrite(struct row_log *k, struct kept_item *i, uint64_t no)
{
	i->known = i->known_before;
	if (i->news != NEWS_NONE) {
		list_remove(news_list(k, i), &i->place);
		k->news_n--;
	}
	row_log_leave_row(k, i);
	i->news = NEWS_ALL;
	row_log_set_no(k, i, no);
	list_prepend(news_list(k, i), &i->place);
	k->news_n++;
}

struct lost {
	VEC(struct kept_item *) items;
};

static void
visit_lost(struct row_log *k, struct kept_item *i, void *arg)
{
	struct lost *lost = arg;

	if (i->known && i->transaction == k->transaction)
		VEC_PUSH(&lost->items, i);
}

void
row_log_lost(struct row_log *k, struct batch *b, uint64_t no)
{
	struct lost lost = { 0 };
	char key[8];

	if (!k->writing)
		return;
	k->writing = false;
	for (size_t i = 0; i < k->rows.n && k->rows.v[i]->state == ROW_DROPPING; i++)
		batch_forget(b, TABLE_ALERTS, row_key(k->rows.v[i]->key, key));
	for (size_t i = k->rows.n; i > 0 && k->rows.v[i - 1]->state == ROW_WRITING; i--)
		batch_drop(b, TABLE_ALERTS, row_key(k->rows.v[i - 1]->key, key));
	/* A commit that failed may be on the disk all the same; its rows go when all that was in them is written anew. */
	k->at_once = true;
	row_log_each(k, visit_lost, &lost);
	for (size_t i = 0; i < lost.items.n; i++)
		unwrite(k, lost.items.v[i], no);
	VEC_FINI(&lost.items);
	for (size_t i = 0; i < k->writing_drops.n; i++)
		VEC_PUSH(&k->drops, k->writing_drops.v[i]);
	k->writing_drops.n = 0;
	end_dropping(k, false);
	end_writing(k, false);
}

static void
visit_forget(struct row_log *k, struct kept_item *i, void *arg)
{
	const uint64_t *no = arg;

	row_log_news(k, i, NEWS_ALL, *no);
	row_log_leave_row(k, i);
	i->known = i->known_before = false;
}

void
row_log_forget_disk(struct row_log *k, uint64_t no)
{
	row_log_each(k, visit_forget, &no);
	k->drops.n = 0;
	k->at_once = true;
	for (size_t i = 0; i < k->rows.n; i++)
		row_log_row_free(k, k->rows.v[i]);
	k->rows.n = 0;
}
