/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/reply_marks.h - the marks of replies, as the engine holds them.
 */
#ifndef CORE_REPLY_MARKS_H
#define CORE_REPLY_MARKS_H

#include "base/hmap.h"
#include "base/list.h"

struct engine;

/* Zeroed: there are none. */
struct reply_marks {
	struct hmap by_id;
	struct list all;	/* by number */
	uint64_t last;		/* number given */
};

/* Tells the store of the one whose node of by_id that is. */
void reply_mark_save(struct engine *e, struct hmap_node *node);
void reply_marks_fini(struct engine *e);

#endif
