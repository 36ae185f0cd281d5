/* SPDX-License-Identifier: Apache-2.0 */
/*
 * regex_plain.h - patterns that are pieces as they stand, read without a tree.
 *
 * Most that people write are letters with .* or .+ before or behind, or some of these between bars; thousands of them are
 * read at a start. A plan is made at sight, the same that the parser's tree would give.
 */
#ifndef TEXT_REGEX_PLAIN_H
#define TEXT_REGEX_PLAIN_H

#include "base/compiler.h"
#include "regex_pieces.h"

/* The plan of ^(?:PATTERN)$, in a. False: it is not of that kind, or wrong; *plan is of no use then. */
bool rx_plan_plain(struct arena *a, struct str pattern, struct rx_plan *plan) MUST_CHECK;

#endif
