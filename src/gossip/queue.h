/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queue.h (private) - messages that are told to random members, each a limited number of times.
 *
 * Those told least often go first, of these the newest.
 */
#ifndef QUEUE_H
#define QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/str.h"

struct queue {
	struct list *tiers; /* by how often they were told */
	size_t tiers_n;
	struct list taken; /* since queue_put_back */
	size_t n, bytes; /* those taken counted */
};

void queue_fini(struct queue *q);
/* A copy of head and body. `about`: takes the place of what is in the queue about the same; 0: of nothing. */
void queue_put(struct queue *q, uint64_t about, struct str head, struct str body);
bool queue_has(const struct queue *q, uint64_t about);
/*
 * Messages of which each takes `each` bytes more, up to *room, which becomes less, and up to `max`; how many. They
 * are valid until queue_put_back, which has to follow.
 */
size_t queue_take(struct queue *q, size_t *room, size_t each, struct str *out, size_t max);
/* Counts those taken as told; those that have been told `limit` times are done. */
void queue_put_back(struct queue *q, size_t limit);
/* Drops those told most often, of these the oldest, until there are no more than that; how many. */
size_t queue_prune(struct queue *q, size_t n, size_t bytes);

/* How often one is told in a cluster of n, as memberlist counts. */
size_t queue_limit(size_t mult, size_t n);

#endif
