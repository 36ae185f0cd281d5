/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/resume.h - notifications that were under way when the process ended.
 *
 * There may be as many as groups, each of all alerts of its group: all that is done for them goes in slices, while the first
 * configuration settles. The alerts join their groups; each notification is looked at, whether it goes on or is given up; the
 * alerts that those which go on are about are noted in their groups, and flights are made of them.
 */
#ifndef CORE_RESUME_H
#define CORE_RESUME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hmap.h"
#include "core/ports.h"
#include "order.h"

struct engine;
struct group;
struct member;

struct restored_intent {
	struct intent_state state;	/* in engine.restored_arena; the labels are an owned reference */
	struct hmap_node node;		/* resuming.by_id */
	struct restored_intent *next;	/* as they were restored */
	struct restored_intent *same;	/* the next one of its flight; the last one's is the first */
	size_t recipients_cap;		/* room for those that deliveries name; 0: there is none but for those of state */
	struct group *group;		/* that it is about, while it is looked at; NULL: there is none any more */
	uint64_t *hashes;		/* of the labels of those of its alerts that there still are: firing ones, then resolved ones */
	size_t firing_n, resolved_n;	/* how many */
	bool fits;			/* it may go on */
	bool resumed;
};

enum resume_phase {
	RESUME_JUDGES,		/* each, by its alerts */
	RESUME_NOTES,		/* alerts of those that go on */
	RESUME_BEGINS,		/* flights of what is noted */
};

struct resuming {
	struct restored_intent *first, *last;
	struct hmap by_id;
	enum resume_phase phase;
	struct restored_intent *at;	/* the walk through all has come to this one, */
	size_t alert;			/* and to this of its alerts */
	struct member *member;		/* and to this one of its group; NULL: through */
	struct order_cursor member_at;
};

/* The one of that number; NULL: there was none. For as long as deliveries are looked at (delivery_resume.c). */
struct restored_intent *resume_find(const struct engine *e, uint64_t id);
void resume_fini(struct engine *e);

/* From the first one on. */
void resume_begin(struct engine *e);
/* A slice of: what was being told is in its groups. To be done before alerts are dispatched. True: it is over. */
bool resume_join_some(struct engine *e);
/* A slice of: they are taken up, or given up. */
bool resume_some(struct engine *e, struct moment now);

#endif
