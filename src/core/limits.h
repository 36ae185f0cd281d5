/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/limits.h - how many alerts of one name may be live at a time.
 *
 * At most `max` alerts per value of `alertname` (Alertmanager limit/bucket.go):
 * when the name is full, a new alert takes the place of the one that ends
 * first if that has ended, else it is refused. Losing the place does not take
 * the other alert out of the store.
 */
#ifndef CORE_LIMITS_H
#define CORE_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hmap.h"
#include "base/time.h"
#include "model/alert.h"

/* Zeroed memory with `max` set is empty. max <= 0: no limit, and nothing is kept. */
struct limits {
	int64_t max;
	struct hmap names;	/* of struct limited_name */
	struct hmap places;	/* of struct limited_place, by fingerprint */
};

void limits_fini(struct limits *l);
/* Does a get or keep a place? Its end is noted. */
bool limits_admit(struct limits *l, const struct alert *a, struct wall now);
/* Would it, now? Nothing is noted. */
bool limits_would_admit(const struct limits *l, const struct labels *labels, struct wall now);
/* a left the store. */
void limits_release(struct limits *l, const struct alert *a);

#endif
