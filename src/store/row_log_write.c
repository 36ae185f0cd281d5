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
/* The database reads what it drops. */
#define BYTES_PER_FOLD ((uint64_t)8 << 20)
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

/* It is written before all that is news already. */
static void
write_first_of_all(struct row_log *k, struct kept_item *i)
{
	row_log_news(k, i, NEWS_ALL, 0);
	list_remove(news_list(k, i), &i->place);
	list_prepend(news_list(k, i), &i->place);
	k->folding += !is_record(i);
}

/* The same of those that were news already, from `n` on, and are spelled out in a row that goes. There are not many. */
static void
fold_news(struct row_log *k, struct list_node *n)
{
	for (struct list_node *next; n != NULL; n = next) {
		struct kept_item *i = item_of(n);
		const struct kept_row *in = row_of(k, i);

		next = n->next;
		if (in != NULL && in->state == ROW_DROPPING)
			write_first_of_all(k, i);
	}
}

/*
 * While more than half of the log is out of date its oldest rows go, and what
 * is true of them is written again. Not when there is much to write already:
 * all that a folded row holds has to be in the same transaction.
 */
static void
fold(struct row_log *k, struct batch *b)
{
	struct list_node *first = k->news.first;
	uint64_t going = 0, live = 0;
	char key[8];
	size_t i = 0;

	k->folding = 0;
	/* All of them go. */
	if (k->rows.n > 0 && k->rows.v[0]->state == ROW_DROPPING)
		return;
	for (; i < k->rows.n && i < ROWS_PER_FOLD && k->rows.v[i]->state == ROW_STORED; i++) {
		struct kept_row *row = k->rows.v[i];

		if (k->bytes - going < 2 * k->live_bytes + FOLD_MIN_BYTES || k->news_n > ITEMS_PER_TRANSACTION ||
		    live > BYTES_PER_TRANSACTION || going > BYTES_PER_FOLD)
			break;
		for (struct list_node *n = row->items.first; n != NULL; n = row->items.first) {
			live += item_of(n)->bytes;
			write_first_of_all(k, item_of(n));
		}
		row->state = ROW_DROPPING;
		going += row->bytes;
		k->folded++;
		batch_drop(b, row->table, row_key(row->key, key));
	}
	if (i > 0)
		fold_news(k, first);
}

static void
finish_row(struct row_log *k, struct kept_row *row)
{
	row->bytes = (uint32_t)(k->row.b.n - k->row.start);
	k->bytes += row->bytes;
}

/* A buffer of more is the batch's: the next one is new rather than a larger one, and the writer frees it without holding the loop. */
#define LENT_BYTES ((size_t)4 << 20)

/* The rows stand one behind the other in a buffer that stays as it is until they are written. */
static void
hand_over(struct row_log *k, struct batch *b)
{
	size_t at = k->row.b.n;
	char key[8];

	for (size_t i = k->rows.n; at > 0; i--) {
		const struct kept_row *row = k->rows.v[i - 1];

		assert(row->state == ROW_WRITING && row->bytes <= at);
		at -= row->bytes;
		batch_put_borrowed(b, row->table, row_key(row->key, key), (struct str){ k->row.b.p + at, row->bytes });
	}
	if (k->row.b.n > LENT_BYTES)
		batch_lend(b, sbuf_take(&k->row.b, NULL));
}

static struct kept_row *
begin_row(struct row_log *k)
{
	struct kept_row *row = row_log_add_row(k, TABLE_LOG_ROWS, ++k->last_row);

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
	bool whole = i->news == NEWS_ALL || in == NULL || in->state == ROW_DROPPING || in->state == ROW_LOST;

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
	/* It may be the second time in one. */
	if (!i->known || i->transaction != k->transaction)
		i->known_before = is_known(k, i);
	i->known = true;
	i->transaction = k->transaction;
	k->written_n++;
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

/* Spelling one out, and what is long in it into memory that is new. */
#define ITEM_UNITS 60
#define RECORD_UNITS 100
#define BYTES_PER_UNIT 16

/* Writes the first one of the list, in a new row if this one is full. Returns the row. */
static struct kept_row *
write_first(struct row_log *k, const struct list *l, struct kept_row *row, struct work *w, int64_t units)
{
	size_t before;

	if (k->row.b.n - k->row.start >= ROW_BYTES) {
		finish_row(k, row);
		row = begin_row(k);
	}
	before = k->row.b.n;
	write_item(k, item_of(l->first), row);
	work_spend(w, units + (int64_t)((k->row.b.n - before) / BYTES_PER_UNIT));
	return row;
}

static void
begin_preparing(struct row_log *k, struct batch *b)
{
	assert(k->writing_drops.n == 0);
	k->writing = k->preparing = true;
	k->written_n = 0;
	if (++k->transaction == 0)
		k->transaction = 1;
	fold(k, b);
	k->budget = ITEMS_PER_TRANSACTION;
	k->most = BYTES_PER_TRANSACTION;
	if (k->at_once) {
		k->budget = k->news_n;
		k->most = SIZE_MAX;
	}
	sbuf_reset(&k->row.b);
}

/* As far as the work goes; true: that was all. *row is the last one. */
static bool
write_news(struct row_log *k, struct work *w, struct kept_row **row)
{
	/* All of them, with all drops: what one call of the engine changed of them stays together. */
	for (; k->records.first != NULL; *row = write_first(k, &k->records, *row, w, RECORD_UNITS))
		if (work_used_up(w))
			return false;
	while (k->news.first != NULL && (k->folding > 0 || (k->budget > 0 && k->row.b.n < k->most))) {
		if (work_used_up(w))
			return false;
		*row = write_first(k, &k->news, *row, w, ITEM_UNITS);
		k->folding -= k->folding > 0;
		k->budget -= k->budget > 0;
	}
	return true;
}

/*
 * Each slice has rows of its own: one knows by their addresses the strings that it has, and they may be freed before the next
 * slice. Things that were dropped may come again by then, so drops go before what this one spells out.
 */
static bool
write_some(struct row_log *k, struct work *w)
{
	struct kept_row *row = begin_row(k);
	bool all;

	write_drops(k);
	all = write_news(k, w, &row);
	finish_row(k, row);
	return all;
}

/* An item that becomes news, of which nothing is in the cache; a row that is looked at. */
#define FORGET_UNITS 25
#define LOOK_UNITS 2

/* Things that the failed transaction wrote of are as before, and have to be written whole. */
static void
unwrite(struct row_log *k, struct kept_item *i)
{
	i->known = i->known_before;
	row_log_news(k, i, NEWS_ALL, k->lost_no);
	list_remove(news_list(k, i), &i->place);
	list_prepend(news_list(k, i), &i->place);
	row_log_leave_row(k, i);
}

static bool
is_lost(const struct row_log *k, const struct kept_item *i)
{
	return i->known && i->transaction == k->transaction;
}

/*
 * Frees rows that are of no use: `dropped`: those that were to go. Where the disk is to be emptied and was not, they go all the same when
 * nothing is in them, as they are not asked for before it is. Those of a failed transaction go when all that they spelled out is in others.
 */
static void
free_rows(struct row_log *k, bool dropped)
{
	size_t i = 0, n = 0;

	/* Rows that go stand in front of all others. */
	for (; i < k->rows.n && (k->lost_rows > 0 || k->rows.v[i]->state == ROW_DROPPING); i++) {
		struct kept_row *row = k->rows.v[i];
		bool lost = row->state == ROW_LOST, goes = row->state == ROW_DROPPING && (dropped || k->anew);

		assert(!dropped || !(lost || goes) || row->items_n == 0);
		if (!(lost || goes) || row->items_n > 0) {
			k->rows.v[n++] = row;
			continue;
		}
		k->lost_rows -= lost;
		row_log_row_free(k, row);
	}
	if (n == i)
		return;
	memmove(k->rows.v + n, k->rows.v + i, (k->rows.n - i) * sizeof(k->rows.v[0]));
	k->rows.n -= i - n;
}

/* Rows end with those that were written last, so not all that is kept need be looked at. True: all that was lost is news. */
static bool
unwrite_some(struct row_log *k, struct work *w)
{
	for (; k->unwriting && k->unwritten < k->rows.n; k->unwritten++) {
		const struct list *items = &k->rows.v[k->unwritten]->items;

		work_spend(w, LOOK_UNITS);
		for (; items->last != NULL && is_lost(k, item_of(items->last)); unwrite(k, item_of(items->last))) {
			if (work_used_up(w))
				return false;
			work_spend(w, FORGET_UNITS);
		}
	}
	if (k->unwriting)
		free_rows(k, false);
	k->unwriting = false;
	k->lost_n = 0;
	return true;
}

bool
row_log_prepare_some(struct row_log *k, struct batch *b, struct work *w, uint64_t *first_left_out)
{
	*first_left_out = 0;
	if (!unwrite_some(k, w))
		return false;
	if (!k->preparing && k->news_n == 0 && k->drops.n == 0)
		return true;
	if (!k->preparing)
		begin_preparing(k, b);
	if (!write_some(k, w)) {
		if (k->row.b.n > LENT_BYTES)
			hand_over(k, b);
		return false;
	}
	k->preparing = false;
	k->budget = 0;
	hand_over(k, b);
	if (k->news.first != NULL)
		*first_left_out = row_log_no(k, item_of(k->news.first));
	return true;
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
	k->writing = k->at_once = k->anew = false;
	k->first_lost = 0;
	k->writing_drops.n = 0;
	free_rows(k, true);
	for (size_t i = k->rows.n; i > 0 && k->rows.v[i - 1]->state == ROW_WRITING; i--)
		k->rows.v[i - 1]->state = ROW_STORED;
	/* While changes come all the time, the next one is as large. */
	if (k->news_n == 0 && k->drops.n == 0)
		give_back(k);
}

void
row_log_lost(struct row_log *k, struct batch *b, uint64_t no)
{
	char key[8];

	if (!k->writing)
		return;
	k->writing = k->preparing = false;
	k->budget = 0;
	free_rows(k, false);
	for (size_t i = 0; i < k->rows.n && k->rows.v[i]->state == ROW_DROPPING; i++) {
		batch_forget(b, k->rows.v[i]->table, row_key(k->rows.v[i]->key, key));
		k->rows.v[i]->state = ROW_STORED;
	}
	for (size_t i = k->rows.n; i > 0 && k->rows.v[i - 1]->state == ROW_WRITING; i--) {
		k->rows.v[i - 1]->state = ROW_LOST;
		k->lost_rows++;
		batch_drop(b, k->rows.v[i - 1]->table, row_key(k->rows.v[i - 1]->key, key));
	}
	/* A commit that failed may be on the disk all the same; its rows go when all that was in them is written anew. */
	k->at_once = true;
	if (k->first_lost == 0)
		k->first_lost = k->transaction;
	k->unwriting = true;
	k->unwritten = 0;
	k->lost_no = no;
	k->lost_n += k->written_n;
	for (size_t i = 0; i < k->writing_drops.n; i++)
		VEC_PUSH(&k->drops, k->writing_drops.v[i]);
	k->writing_drops.n = 0;
}

void
row_log_forget_disk(struct row_log *k)
{
	k->forgotten = k->budget = 0;
	k->at_once = k->anew = true;
	k->unwriting = false;
	k->lost_n = k->lost_rows = 0;
	/* All that they spelled out is spelled out anew: then they are freed. */
	for (size_t i = 0; i < k->rows.n; i++)
		k->rows.v[i]->state = ROW_DROPPING;
}

bool
row_log_forget_some(struct row_log *k, uint64_t no, struct work *w)
{
	for (; k->forgotten < k->rows.n; k->forgotten++) {
		struct list *items = &k->rows.v[k->forgotten]->items;

		for (; items->first != NULL; row_log_news(k, item_of(items->first), NEWS_ALL, no)) {
			if (work_used_up(w))
				return false;
			work_spend(w, FORGET_UNITS);
			k->budget++;
		}
	}
	k->drops.n = 0;
	return true;
}
