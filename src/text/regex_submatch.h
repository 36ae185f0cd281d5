/* SPDX-License-Identifier: Apache-2.0 */
/*
 * regex_submatch.h - where a match and its groups begin and end.
 */
#ifndef TEXT_REGEX_SUBMATCH_H
#define TEXT_REGEX_SUBMATCH_H

#include "base/work.h"
#include "regex_prog.h"

/* A group that took no part. */
#define RX_UNSET SIZE_MAX

struct rx_submatch;

/* Finds the bounds of groups 0 up to `slots / 2 - 1`; prog is borrowed. */
struct rx_submatch *rx_submatch_new(const struct rx_prog *prog, int slots) MUST_CHECK;
void rx_submatch_free(struct rx_submatch **m);
/*
 * The leftmost match at or behind `from`, as Go prefers among those: slot[0..slots). The
 * result is false when there is none, or when w was used up (then work_used_up says so).
 */
bool rx_submatch_find(struct rx_submatch *m, struct str s, size_t from, size_t *slot, struct work *w);

#endif
