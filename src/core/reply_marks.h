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

void reply_marks_save_all(struct engine *e);
void reply_marks_fini(struct engine *e);

#endif
