/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/backoff.h - how long to wait before something that failed is tried again.
 *
 * Pure: whoever wants jitter brings the chance. Any thread.
 */
#ifndef BASE_BACKOFF_H
#define BASE_BACKOFF_H

#include "base/rand.h"
#include "base/time.h"

/* The pause after failure `n`, from 0: `first`, twice that, four times that, never more than `most`. */
span backoff_doubled(span first, unsigned n, span most);
/*
 * Alertmanager's: from half of *pause to one and a half of it; then *pause
 * grows by half, up to `most`, for the next one.
 */
span backoff_jittered(span *pause, span most, struct rand *r);

#endif
