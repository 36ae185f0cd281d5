/* SPDX-License-Identifier: Apache-2.0 */
/*
 * regex_private.h - what a compiled expression consists of.
 */
#ifndef TEXT_REGEX_PRIVATE_H
#define TEXT_REGEX_PRIVATE_H

#include <stdatomic.h>

#include "regex_machine.h"
#include "regex_pieces.h"
#include "text/regex.h"

struct regex {
	atomic_uint refs;
	enum regex_mode mode;
	struct str pattern;
	bool anchored;		/* has the form ^(?:…)$: the next say what matches */
	struct str *literal;	/* sorted */
	size_t literals;
	struct rx_piece *piece;	/* with gaps */
	size_t pieces;
	bool decided;		/* that is all; otherwise the machine has what else */
	struct text_mark *mark;	/* owned; literals, pieces, the pattern and all texts lie behind, in the same block */
	size_t marks;
	struct str prefix;
	bool matches_empty, stands_alone;
	size_t reading;		/* units that reading the pattern took */
	int captures;
	char **name;		/* of captures, from 0; "" without */
	struct rx_machine *machine;	/* NULL: not made yet, or had to go. Only the owner looks. */
	_Atomic(const void *) owner;	/* the thread that matched first */
};

/*
 * The machine, made if there is none: that of the expression for the thread that matched first by
 * it, until another is made or grows; for others one of their own in *lent (NULL before), to be freed by them.
 */
struct rx_machine *regex_machine(const struct regex *re, struct rx_machine **lent, struct work *w);

#endif
