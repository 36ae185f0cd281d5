/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/text_mark.h - what a text has to look like, as far as comparing can tell.
 */
#ifndef BASE_TEXT_MARK_H
#define BASE_TEXT_MARK_H

#include <stdbool.h>

#include "base/str.h"

/* It begins with `start`, ends with `end`, and holds `within`. Each may be empty. */
struct text_mark {
	struct str start, end, within;
};

/* In time proportional to s. */
static inline bool
text_mark_fits(const struct text_mark *m, struct str s)
{
	return str_starts(s, m->start) && str_ends(s, m->end) && (m->within.n == 0 || str_find(s, m->within) < s.n);
}

#endif
