/* SPDX-License-Identifier: Apache-2.0 */
/*
 * core/silence_edit.h - what an edit makes of what only we know of a silence.
 */
#ifndef CORE_SILENCE_EDIT_H
#define CORE_SILENCE_EDIT_H

#include <stdbool.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/time.h"
#include "model/silence.h"

/* Do they cover the same alerts? */
bool silence_same_cover(const struct silence *a, const struct silence *b);
/*
 * s, a draft, is an edit of prev (NULL: it is new): what it is beside what Alertmanager knows the draft says, else prev; a
 * schedule says when it is. ERR_INVALID: the schedule has no window any more.
 */
bool silence_settle_extra(struct silence *s, const struct silence *prev, struct wall now, struct err *e) MUST_CHECK;
/* Unshared s does not come again. */
void silence_end_schedule(struct silence *s, struct wall now);

#endif
