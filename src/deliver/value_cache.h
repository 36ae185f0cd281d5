/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deliver/value_cache.h - small values with an end: access tokens of receivers.
 *
 * Copies what it is given; forgotten at exit. Loop thread only.
 */
#ifndef DELIVER_VALUE_CACHE_H
#define DELIVER_VALUE_CACHE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/str.h"
#include "base/time.h"

struct value_cache;

struct value_cache *value_cache_new(void);
void value_cache_free(struct value_cache **c);
/* False when there is none or its time is over; *out lives in the arena. `put` forgets whatever is over. */
bool value_cache_get(struct value_cache *c, struct str key, struct mono now, struct arena *a, struct str *out);
void value_cache_put(struct value_cache *c, struct str key, struct str value, struct mono now, struct mono until);
void value_cache_drop(struct value_cache *c, struct str key);

#endif
