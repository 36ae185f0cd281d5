/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/row_log_private.h - what row_log.c and its parts share.
 */
#ifndef STORE_ROW_LOG_PRIVATE_H
#define STORE_ROW_LOG_PRIVATE_H

#include "base/compiler.h"
#include "core/nflog.h"
#include "row_log.h"

/* NEWS_TIMES: what it is spelled out with is true, but for an alert's times or a group's state. */
enum news { NEWS_NONE, NEWS_TIMES, NEWS_ALL };

/* The part that is the same for all. There is one for each alert, so numbers stand in it without what can be told from elsewhere. */
struct kept_item {
	uint32_t news : 2;		/* enum news */
	uint32_t kind : 2;		/* enum kept_kind */
	uint32_t has_row : 1;		/* one spells it out, on disk or on the way there */
	uint32_t known : 1;		/* a row tells of it, likewise */
	uint32_t known_before : 1;	/* ... without `transaction` */
	uint32_t bytes : 25;		/* in its row; BYTES_MOST: that many, or more */
	uint32_t row;			/* if it has one; see row_of */
	uint32_t transaction;		/* that wrote of it last */
	uint32_t no;			/* the lower half of the number of the first change that is news */
	struct list_node place;		/* in kept.news or kept.records, else in row's items */
};
#define BYTES_MOST ((UINT32_C(1) << 25) - 1)

struct kept_alert {
	struct kept_item item;
	struct alert *alert;		/* the newest; owned reference */
	int64_t disk_ends;		/* what rows say, Unix ns */
};

struct kept_group {
	struct kept_item item;
	struct stored_group g;		/* the newest; owned references, and `alerts` is a heap block unless it is `one` */
	uint64_t one;
};

/* A string of its own. */
struct kept_body {
	uint32_t n;
	char bytes[];
};

struct kept_record {
	struct kept_item item;
	uint64_t number;		/* on the disk; never used again */
	struct log_entry *entry;	/* the newest; owned reference. NULL: an intent, or one that was just read: */
	struct kept_body *body;		/* owned; else NULL */
};

struct kept_intent {
	struct kept_record record;
	struct hmap_node by_id;		/* in kept.intents, unless: */
	uint64_t id;			/* 0: one that was just read */
};

struct kept_row {
	uint64_t key;
	enum db_table table;
	uint32_t number;
	uint32_t bytes;
	enum { ROW_STORED, ROW_WRITING, ROW_DROPPING, ROW_LOST } state;	/* lost: its transaction failed */
	uint32_t items_n;		/* that it spells out */
	struct list items;		/* those, without what is news */
};

static inline struct kept_item *
item_of(struct list_node *n)
{
	return CONTAINER_OF(n, struct kept_item, place);
}

static inline struct kept_alert *
alert_of(struct kept_item *i)
{
	return CONTAINER_OF(i, struct kept_alert, item);
}

static inline struct kept_group *
group_of(struct kept_item *i)
{
	return CONTAINER_OF(i, struct kept_group, item);
}

static inline struct kept_record *
record_of(struct kept_item *i)
{
	return CONTAINER_OF(i, struct kept_record, item);
}

/* The row of that number, wherever it stands. */
struct kept_row *row_log_find_row(const struct row_log *k, uint32_t number);

/* Rows have numbers that ascend, and follow one another unless a transaction failed; NULL: none spells it out. */
static inline struct kept_row *
row_of(const struct row_log *k, const struct kept_item *i)
{
	uint32_t at;

	if (!i->has_row)
		return NULL;
	at = i->row - k->rows.v[0]->number;
	return at < k->rows.n && k->rows.v[at]->number == i->row ? k->rows.v[at] : row_log_find_row(k, i->row);
}

static inline bool
is_record(const struct kept_item *i)
{
	return i->kind == KEPT_LOG_ENTRY || i->kind == KEPT_INTENT;
}

/* Does the disk, or will it when what is under way is there, know of it? A failed transaction does not count. */
static inline bool
is_known(const struct row_log *k, const struct kept_item *i)
{
	uint32_t last_lost = k->writing ? k->transaction - 1 : k->transaction;
	bool lost = k->first_lost != 0 && i->transaction - k->first_lost <= last_lost - k->first_lost;

	return i->known && (!lost || i->known_before);
}

/* Where it stands while it is news. */
static inline struct list *
news_list(struct row_log *k, const struct kept_item *i)
{
	return is_record(i) ? &k->records : &k->news;
}

/* Makes it news (or more of news); `no` counts if it was not. */
void row_log_news(struct row_log *k, struct kept_item *i, enum news news, uint64_t no);
/* The number of what made it news. */
void row_log_set_no(struct row_log *k, struct kept_item *i, uint64_t no);
uint64_t row_log_no(const struct row_log *k, const struct kept_item *i);
/* It is spelled out in no row any more. */
void row_log_leave_row(struct row_log *k, struct kept_item *i);
/* It is spelled out in this one, by so many bytes. */
void row_log_enter_row(struct row_log *k, struct kept_item *i, struct kept_row *row, size_t bytes);
/* A new one behind all others, empty. */
struct kept_row *row_log_add_row(struct row_log *k, enum db_table t, uint64_t key);
void row_log_row_free(struct row_log *k, struct kept_row *row);
/* As row_log_drop, of one without a place. */
bool row_log_forget(struct row_log *k, struct kept_item *i);
/* Takes it out of everything and frees it. */
void row_log_remove(struct row_log *k, struct kept_item *i);
/* Visits all; the visited one may change lists. */
void row_log_each(struct row_log *k, void (*visit)(struct row_log *k, struct kept_item *i, void *arg), void *arg);

/* row_log_records.c: as read from a row; frees what it owns, but not itself; spells it out. */
struct kept_record *row_log_add_record(struct row_log *k, enum kept_kind kind, uint64_t number, struct str body);
void row_log_free_record(struct row_log *k, struct kept_record *r);
void row_log_put_record(struct row_log *k, struct kept_record *r);

struct kept_alert *row_log_add_alert(struct row_log *k, struct alert *a);
/* Takes the state over, but for what never changes. */
void row_log_set_state(struct kept_group *kg, const struct stored_group *g);
/* A copy with references of its own. */
struct kept_group *row_log_add_group(struct row_log *k, const struct stored_group *g);

#endif
