/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/wal_bit.h (private) - which bit of a frame is wrong.
 *
 * The sum of a frame tells that for the low bits of a word. It keeps little of the high ones: that
 * the highest bit of a word is wrong it says in one of three ways, so there are hundreds of places.
 * Among those the pages choose: the sums of their rows (page_rows.h), and what the same page held
 * before and holds later, as little of it changes at a time.
 */
#ifndef STORE_WAL_BIT_H
#define STORE_WAL_BIT_H

#include <stdbool.h>
#include <stddef.h>

#include "wal_frames.h"

enum wal_sum_state { SUM_RIGHT, SUM_WRONG, SUM_UNKNOWN };

/*
 * Sets the bit right in frame i, whose sum is `is` and should be another. SUM_UNKNOWN: a bit of that other
 * may be what is wrong; then true can also mean that it is, and nothing else. False: it is more than a bit,
 * or which one cannot be told, and nothing was touched.
 */
bool wal_bit_mend(const struct wal *w, size_t i, struct wal_sum is, enum wal_sum_state state);

#endif
