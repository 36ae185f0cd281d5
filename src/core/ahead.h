/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/ahead.h - memory that a walk will soon need.
 *
 * A walk through all alerts waits for memory most of the time: each has its entry, itself and its labels elsewhere.
 */
#ifndef CORE_AHEAD_H
#define CORE_AHEAD_H

#include <stddef.h>

#include "model/labels.h"

/* So many alerts ahead a group's member is asked for, then its entry, then the alert, then its labels, then their texts. */
#define MEMBER_AHEAD 32
#define ENTRY_AHEAD 24
#define ALERT_AHEAD 16
#define LABELS_AHEAD 8
#define TEXTS_AHEAD 4
#define CACHE_LINE 64

static inline void
fetch_lines(const void *p, size_t lines)
{
	for (size_t i = 0; i < lines; i++)
		__builtin_prefetch((const char *)p + i * CACHE_LINE);
}

/* A set of up to eight labels, with its hashes. */
static inline void
fetch_labels(const struct labels *l)
{
	fetch_lines((const struct labels_hashes *)l - 1, 3);
}

/* In slabs, what is as long as some lines begins with one (base/slab.h). */
#define fetch_object(p) fetch_lines((p), sizeof(*(p)) / CACHE_LINE + (sizeof(*(p)) % CACHE_LINE != 0))

#endif
