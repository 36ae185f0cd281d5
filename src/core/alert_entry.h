/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/alert_entry.h - all that is known of one label set.
 *
 * An entry lives while the alert is stored or some group or flight holds it. Beside the
 * alert as last seen it remembers what was found out about its labels and
 * stays true until the configuration or the silences change: routes, the
 * inhibition rules it takes part in, the silences that match. So an alert
 * posted again costs one look-up.
 */
#ifndef CORE_ALERT_ENTRY_H
#define CORE_ALERT_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "member.h"
#include "model/alert.h"

struct inhibit_hits;
struct route_list;
struct silence_entry;

/* How far the inhibition rules of one configuration were looked at for an entry; see inhibit.h. */
struct inhibit_looked {
	uint32_t upto : 30;		/* which side of which rule */
	uint32_t observed : 1;		/* all rules were looked at */
	uint32_t like_source : 1;	/* it matches the source side of one, stored or not */
};

/* Two lines of the cache. It has a number (base/numbered.h). */
struct alert_entry {
	struct alert *alert;			/* owned reference */
	struct member own;			/* the first of its places in groups, and in `next` all others; theirs */
	struct alert_entry *older, *newer;		/* struct alerts */
	/* By slot: of the configuration in force, and of the next or last one. */
	const struct route_list *routes[2];	/* NULL: not matched yet; the routing's */
	struct inhibit_hits *hits[2];		/* inhibition rules that it takes part in; owned; NULL: none that were looked at */
	struct silence_entry **silences;	/* owned array of references: silences that match, not expired ones */
	void *stored_as;			/* the store's own: see struct change */
	uint64_t silences_seen;			/* version of the silences that `silences` is true for */
	struct inhibit_looked inhibit[2];
	uint32_t silences_n;
	uint32_t members_n;
	uint32_t holds : 24;			/* of flights */
	struct member_notes own_notes;
	uint16_t silences_steps;		/* the lower half of how often the clock was set back, as it knows of */
	uint8_t told;				/* conditions that listeners were told of: told.h */
	bool stored : 1;			/* else only groups hold it */
	bool dropped : 1;			/* the store was told so; until it is stored again */
	bool waits : 1;				/* to be looked at: struct posted */
	bool outdated : 1;			/* another member has told that it ended, since it was posted last: outdated.c */
	bool awaited : 1;			/* while a configuration comes into force: a group held it before */
	bool is_witness : 1;			/* of silences: struct silences.witnesses */
};

/* Its places in groups; NULL: it is in none. */
static inline struct member *
entry_members(const struct alert_entry *r)
{
	return r->own.group != NULL ? (struct member *)(uintptr_t)&r->own : r->own.next;
}

static inline struct member_notes *
member_notes(const struct member *m)
{
	return m == &m->entry->own ? &m->entry->own_notes : &((struct further_member *)(uintptr_t)m)->notes;
}

/* r is of no use any more but to flights that hold it. */
static inline bool
entry_is_over(const struct alert_entry *r)
{
	return !r->stored && r->members_n == 0 && !r->awaited && !r->waits;
}

/*
 * The one door by which those who only ask, and see an entry as const, let it remember
 * what they found: its silences and its part in inhibition. That is memory of
 * what looking again would find, so nobody sees a difference but in time.
 * For silences.c and inhibit.c only.
 */
static inline struct alert_entry *
entry_memory(const struct alert_entry *r)
{
	return (struct alert_entry *)(uintptr_t)r;
}

/* r stays until entry_let_go (engine_state.h), whoever else lets go of it. Returns r. */
static inline struct alert_entry *
entry_hold(struct alert_entry *r)
{
	r->holds++;
	return r;
}

#endif
