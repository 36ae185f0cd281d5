/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/row_log_private.h - what row_log.c and its parts share.
 */
#ifndef STORE_ROW_LOG_PRIVATE_H
#define STORE_ROW_LOG_PRIVATE_H

#include "base/compiler.h"
#include "row_log.h"

enum news { NEWS_NONE, NEWS_TIMES, NEWS_ALL };

/* The part that is the same for alerts and groups. */
struct kept_item {
	uint8_t news;			/* enum news */
	bool is_group;
	uint32_t bytes;			/* in its row */
	struct kept_row *row;		/* spells it out, on disk or on the way there; NULL: none */
	struct list_node place;		/* in kept.news, else in row->items */
	uint64_t no;			/* of the first change that is news */
	uint32_t transaction;		/* that wrote of it last; 0: none has */
	uint32_t transaction_before;	/* the one before that */
};

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

struct kept_row {
	uint64_t key;
	uint32_t bytes;
	enum { ROW_STORED, ROW_WRITING, ROW_DROPPING } state;
	struct list items;		/* without those in kept.news */
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

/* Makes it news (or more of news); `no` counts if it was not. */
void row_log_news(struct row_log *k, struct kept_item *i, enum news news, uint64_t no);
/* It is spelled out in no row any more. */
void row_log_leave_row(struct row_log *k, struct kept_item *i);
void row_log_row_free(struct row_log *k, struct kept_row *row);
/* Takes it out of everything and frees it. */
void row_log_remove(struct row_log *k, struct kept_item *i);
/* Visits all; the visited one may change lists. */
void row_log_each(struct row_log *k, void (*visit)(struct row_log *k, struct kept_item *i, void *arg), void *arg);

struct kept_alert *row_log_add_alert(struct row_log *k, struct alert *a);
/* A copy with references of its own. */
struct kept_group *row_log_add_group(struct row_log *k, const struct stored_group *g);

#endif
