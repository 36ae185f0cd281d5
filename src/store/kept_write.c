/* SPDX-License-Identifier: Apache-2.0 */
/* Rows on their way to the disk. */
#include <assert.h>

#include "base/mem.h"
#include "kept_private.h"

/* A transaction is bounded, so that neither the loop nor the disk is held for long. */
#define ALERTS_PER_TRANSACTION 8192
#define ROW_BYTES ((size_t)256 << 10)
#define ROWS_PER_FOLD 64
#define FOLD_MIN_BYTES ((uint64_t)4 << 20)

static struct str
row_key(uint64_t number, char out[8])
{
	for (int i = 0; i < 8; i++)
		out[i] = (char)(number >> (56 - 8 * i));
	return (struct str){ out, 8 };
}

/*
 * While more than half of the log is out of date its oldest rows go, and what
 * is true of them is written again. Not when there is much to write already:
 * all that a folded row holds has to be in the same transaction.
 */
static void
fold(struct kept *k, struct batch *b)
{
	uint64_t going = 0;
	char key[8];

	for (size_t i = 0; i < k->rows.n && i < ROWS_PER_FOLD; i++) {
		struct kept_row *row = k->rows.v[i];

		if (k->bytes - going < 2 * k->live_bytes + FOLD_MIN_BYTES || k->news_n > ALERTS_PER_TRANSACTION)
			return;
		assert(row->state == ROW_STORED);
		while (row->alerts.first != NULL)
			kept_news(k, row->alerts.first, NEWS_ALL, 0);
		row->state = ROW_DROPPING;
		going += row->bytes;
		k->folded++;
		batch_drop(b, TABLE_ALERTS, row_key(row->key, key));
	}
}

/* Hands the row under construction, which `row` stands for, to the batch. */
static void
finish_row(struct kept *k, struct kept_row *row, struct batch *b)
{
	char key[8];
	struct str body;

	row->bytes = (uint32_t)k->row.b.n;
	k->bytes += row->bytes;
	body = (struct str){ mem_strndup(k->row.b.p, k->row.b.n), k->row.b.n };
	batch_put_take(b, TABLE_ALERTS, row_key(row->key, key), body);
}

static struct kept_row *
begin_row(struct kept *k)
{
	struct kept_row *row = NEW(struct kept_row);

	row->key = ++k->last_row;
	row->state = ROW_WRITING;
	VEC_PUSH(&k->rows, row);
	alert_row_begin(&k->row);
	return row;
}

static void
write_alert(struct kept *k, struct kept_alert *ka, struct kept_row *row)
{
	size_t before = k->row.b.n;
	/* What a row says that goes has to be said again. */
	bool all = ka->news == NEWS_ALL || ka->row == NULL || ka->row->state == ROW_DROPPING;

	kept_unlink(&k->news, ka);
	k->news_n--;
	if (all) {
		kept_leave_row(k, ka);
		alert_row_put(&k->row, ka->alert);
		ka->row = row;
		ka->bytes = (uint32_t)(k->row.b.n - before);
		k->live_bytes += ka->bytes;
	} else {
		alert_row_put_times(&k->row, ka->alert);
	}
	ka->news = NEWS_NONE;
	kept_link(&ka->row->alerts, ka);
	ka->disk_ends = wall_to_ns(ka->alert->ends);
	ka->transaction_before = ka->transaction;
	ka->transaction = k->transaction;
}

static void
write_drops(struct kept *k)
{
	for (size_t i = 0; i < k->drops.n; i++) {
		alert_row_put_drop(&k->row, k->drops.v[i]);
		VEC_PUSH(&k->writing_drops, k->drops.v[i]);
	}
	k->drops.n = 0;
}

bool
kept_prepare(struct kept *k, struct batch *b, uint64_t *first_left_out)
{
	struct kept_row *row;
	size_t budget = ALERTS_PER_TRANSACTION;

	assert(k->writing_drops.n == 0);
	if (k->news_n == 0 && k->drops.n == 0)
		return true;
	k->writing = true;
	if (++k->transaction == 0)
		k->transaction = 1;
	fold(k, b);
	if (k->rows.n > 0 && k->rows.v[0]->state == ROW_DROPPING)
		budget = k->news_n;
	row = begin_row(k);
	write_drops(k);
	while (k->news.first != NULL && budget-- > 0) {
		if (k->row.b.n >= ROW_BYTES) {
			finish_row(k, row, b);
			row = begin_row(k);
		}
		write_alert(k, k->news.first, row);
	}
	finish_row(k, row, b);
	if (k->news.first != NULL)
		*first_left_out = k->news.first->no;
	return k->news.first == NULL;
}

/* Takes rows of this state out and frees them; those of `other` are stored. */
static void
settle_rows(struct kept *k, int gone, int other)
{
	size_t n = 0;

	for (size_t i = 0; i < k->rows.n; i++) {
		struct kept_row *row = k->rows.v[i];

		if ((int)row->state == gone) {
			assert(row->alerts.first == NULL);
			kept_row_free(k, row);
			continue;
		}
		if ((int)row->state == other)
			row->state = ROW_STORED;
		k->rows.v[n++] = row;
	}
	k->rows.n = n;
}

void
kept_written(struct kept *k)
{
	k->writing = false;
	k->writing_drops.n = 0;
	settle_rows(k, ROW_DROPPING, ROW_WRITING);
}

void
kept_lost(struct kept *k, struct batch *b, uint64_t no)
{
	char key[8];

	if (!k->writing)
		return;
	k->writing = false;
	for (size_t i = 0; i < k->rows.n; i++)
		if (k->rows.v[i]->state != ROW_STORED)
			batch_forget(b, TABLE_ALERTS, row_key(k->rows.v[i]->key, key));
	HMAP_EACH(&k->alerts, node) {
		struct kept_alert *ka = CONTAINER_OF(node, struct kept_alert, node);

		if (ka->transaction != k->transaction)
			continue;
		ka->transaction = ka->transaction_before;
		if (ka->news != NEWS_NONE) {
			kept_unlink(&k->news, ka);
			k->news_n--;
		}
		kept_leave_row(k, ka);
		ka->news = NEWS_ALL;
		ka->no = no;
		kept_link_first(&k->news, ka);
		k->news_n++;
	}
	for (size_t i = 0; i < k->writing_drops.n; i++)
		VEC_PUSH(&k->drops, k->writing_drops.v[i]);
	k->writing_drops.n = 0;
	settle_rows(k, ROW_WRITING, ROW_DROPPING);
}

void
kept_forget_disk(struct kept *k, uint64_t no)
{
	HMAP_EACH(&k->alerts, node) {
		struct kept_alert *ka = CONTAINER_OF(node, struct kept_alert, node);

		kept_news(k, ka, NEWS_ALL, no);
		kept_leave_row(k, ka);
		ka->transaction = ka->transaction_before = 0;
	}
	k->drops.n = 0;
	for (size_t i = 0; i < k->rows.n; i++)
		kept_row_free(k, k->rows.v[i]);
	k->rows.n = 0;
}
