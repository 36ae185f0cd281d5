/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/kept_private.h - what kept.c and kept_write.c share.
 */
#ifndef STORE_KEPT_PRIVATE_H
#define STORE_KEPT_PRIVATE_H

#include "kept.h"

enum news { NEWS_NONE, NEWS_TIMES, NEWS_ALL };

/* What is looked at for an alert that is posted again stands in front. */
struct kept_alert {
	struct hmap_node node;		/* kept.alerts, by alert_id */
	struct alert *alert;		/* the newest; owned reference */
	int64_t disk_ends;		/* what rows say, Unix ns */
	uint8_t news;			/* enum news */
	uint32_t bytes;			/* in its row */
	struct kept_row *row;		/* spells it out, on disk or on the way there; NULL: none */
	struct kept_alert *prev, *next;	/* in kept.news, else in row->alerts */
	uint64_t no;			/* of the first change that is news */
	uint32_t transaction;		/* that wrote of it last; 0: none has */
	uint32_t transaction_before;	/* the one before that */
};

struct kept_row {
	uint64_t key;
	uint32_t bytes;
	enum { ROW_STORED, ROW_WRITING, ROW_DROPPING } state;
	struct kept_list alerts;	/* without those in kept.news */
};

void kept_link(struct kept_list *l, struct kept_alert *ka);
void kept_link_first(struct kept_list *l, struct kept_alert *ka);
void kept_unlink(struct kept_list *l, struct kept_alert *ka);
/* Makes it news (or more of news); `no` counts if it was not. */
void kept_news(struct kept *k, struct kept_alert *ka, enum news news, uint64_t no);
/* It is spelled out in no row any more. */
void kept_leave_row(struct kept *k, struct kept_alert *ka);
void kept_row_free(struct kept *k, struct kept_row *row);

#endif
