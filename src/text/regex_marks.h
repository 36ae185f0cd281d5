/* SPDX-License-Identifier: Apache-2.0 */
/*
 * regex_marks.h - the texts that everything begins with, ends with or holds that an expression matches.
 *
 * Most of what an expression does not match lacks one of them: comparing tells so without a program, and who has
 * many expressions finds by them the few that may match (core/matcher_index.h). They are necessary, never enough.
 */
#ifndef TEXT_REGEX_MARKS_H
#define TEXT_REGEX_MARKS_H

#include "base/text_mark.h"
#include "regex_ast.h"

enum rx_edge { RX_EDGE_START, RX_EDGE_END };

/* Is a text compared byte by byte, whatever surrounds it? Not where cases do not count, nor U+FFFD, which malformed bytes are too. */
bool rx_is_plain(const struct rx_node *literal);
/* The text that everything that n matches begins (ends) with; may be empty. Lives in a. */
struct str rx_edge(struct arena *a, const struct rx_node *n, enum rx_edge edge);
/* The mark of what n, which begins with `start` (rx_edge), matches as a whole subject; empty texts where nothing is known. They live in a. */
struct text_mark rx_mark(struct arena *a, const struct rx_node *n, struct str start);

static inline bool
rx_mark_is_empty(const struct text_mark *m)
{
	return m->start.n == 0 && m->end.n == 0 && m->within.n == 0;
}

#endif
