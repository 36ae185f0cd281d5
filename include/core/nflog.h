/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/nflog.h - the notification log: what was told to whom.
 *
 * One entry per group and integration (key GROUPKEY:RECEIVER/INTEGRATION/IDX).
 */
#ifndef CORE_NFLOG_H
#define CORE_NFLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hmap.h"
#include "base/str.h"
#include "base/time.h"
#include "base/work.h"
#include "core/notification.h"

/*
 * The trace of a notification that was given up after some of its recipients
 * were served: they need not be told the same again.
 */
struct partly_told {
	uint64_t content;	/* which alerts it told of: see content_of in core/log_debts.c */
	struct wall at;		/* when it was given up first */
	const struct str *to;	/* who was served */
	size_t n;		/* 0: nobody is remembered, and the rest means nothing */
};

/* Fields of Alertmanager's messages that we do not know, as they stand there. */
struct unknown_fields {
	struct str entry, around;
};

/* The key of an entry: one integration of one group's receiver. */
struct log_key {
	struct str group_key, receiver;
	struct str integration;	/* its kind's name */
	uint32_t index;		/* among those of the receiver */
};

/* All parts owned by the entry (one block, and a string that the group may hold too) when it is in a log; else borrowed. */
struct log_entry {
	struct hmap_node node;
	void *stored_as;	/* of one in a log: where the store keeps what it likes (struct change) */
	uint32_t refs;		/* of one in a log */
	struct istr *group_key;	/* of one in a log: what the key borrows from */
	struct log_key key;
	struct wall timestamp;	/* of the tick whose flush told it; in a cluster: when it was told */
	span age;		/* in a cluster: of what was told, at `timestamp`: alerts may have changed since; 0: not known */
	struct wall expires;
	const uint64_t *firing, *resolved;	/* labels hashes (struct labels.hash), sorted */
	size_t firing_n, resolved_n;
	struct receiver_data data;
	/* From here on it is nobody else's business but this member's, except `unknown`. Hashes, sorted, of alerts that it may have been told to fire after `timestamp`: no answer came. */
	const uint64_t *doubtful;
	size_t doubtful_n;
	/* Where there are claims, likewise: of alerts that it may have been told to have ended. All are told anew with what is told next. */
	const uint64_t *doubtful_ends;
	size_t doubtful_ends_n;
	struct wall doubted;	/* in a cluster: when the newest of these doubts and of `claimed` arose, if that is after `timestamp`; else any time before; WALL_ZERO in what is held without any */
	struct partly_told partly;
	const struct unknown_fields *unknown;	/* NULL: none */
	bool by_peer;		/* another one of the cluster told it, or this one before it forgot, and timestamp is by that clock */
	struct wall heard;	/* with by_peer and merge > 0: when this member came to know of it */
	uint64_t merge;		/* with by_peer: number of the merge that it came with, in this process; 0: it was restored */
	/*
	 * Where there are claims (core/claim.h): the mod_revision of the last record with the result sent or failed that this entry
	 * has taken in; 0: none. And hashes, sorted, of alerts that an open or unknown claim of another member may tell to fire.
	 */
	uint64_t revision;
	const uint64_t *claimed;
	size_t claimed_n;
};

/* Is that alert, whose state was in doubt then, still so for whoever was told what entry says? Not if it was told of it later. */
bool log_entry_leaves_doubt(const struct log_entry *entry, uint64_t hash, struct wall doubted);
/* Doubts, or claims, of that time are in entry. */
void log_entry_doubted(struct log_entry *entry, struct wall at);

/* Older than that is as good as not told. */
#define LOG_AGE_MAX (24 * SPAN_HOUR)

/* An entry that was in a log stays, as long as there are references, when another has taken its place. */
struct log_entry *log_entry_ref(struct log_entry *entry);
void log_entry_unref(struct log_entry *entry);

struct nflog;

struct nflog *nflog_new(void);
void nflog_free(struct nflog **l);
/* NULL when there is none. Borrowed until the next change. */
const struct log_entry *nflog_find(const struct nflog *l, const struct log_key *key);
/* Copies `entry` in unless the one held is newer; returns what is now held (NULL: the held one was newer). */
const struct log_entry *nflog_set(struct nflog *l, const struct log_entry *entry);
/*
 * The wall clock was set back behind the entry (one that is held): it counts as
 * told at `tick`, so that nobody waits for the old time to come round again.
 */
void nflog_retime(struct nflog *l, const struct log_entry *entry, struct wall tick);
/*
 * Drops entries that expired; calls `dropped` (may be NULL) with each before it goes. False: w is
 * used up, and the next call with the same cursor, zeroed at first, goes on.
 */
bool nflog_gc_some(struct nflog *l, struct wall now, struct hmap_cursor *at, struct work *w,
    void (*dropped)(void *arg, const struct log_entry *e), void *arg);
size_t nflog_count(const struct nflog *l);
/* About what its entries take when encoded. */
size_t nflog_bytes(const struct nflog *l);
/* hmap_next_bucket of its entries, by their node. */
bool nflog_next_bucket(const struct nflog *l, struct hmap_cursor *at, struct hmap_node **node);

#endif
