/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/member.h - an alert's places in groups.
 *
 * Nearly every alert is in one group only: that place lies in the alert's entry, so that who goes through a group has the entry at
 * hand, and a million alerts need no objects for their places. Those in further groups are objects of their own.
 */
#ifndef CORE_MEMBER_H
#define CORE_MEMBER_H

#include <stdint.h>

struct alert_entry;
struct group;

/* The verdict of the last flush on an alert. */
enum mark { MARK_UNPROCESSED, MARK_ACTIVE, MARK_SUPPRESSED };

/* Is it among what is told again after a restart? While that is made ready: resume.c. */
enum told_before { TOLD_NOT, TOLD_FIRING, TOLD_RESOLVED };

/* Notes on a place; zeroed at first. */
struct member_notes {
	uint8_t mark : 2;	/* enum mark */
	uint8_t told : 2;	/* enum told_before */
};

/* An entry's place in a group. */
struct member {
	struct group *group;	/* NULL: none, in the place that lies in the entry */
	struct alert_entry *entry;
	struct member *next;	/* of the same entry */
};

/* A place of an entry that has one already. */
struct further_member {
	struct member member;	/* first */
	struct member_notes notes;
};

#endif
