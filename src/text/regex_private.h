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

/* With all that belongs to it in one block, what comparing needs at the beginning: where there are many expressions, each line of memory is waited for. */
struct regex {
	atomic_uint refs;
	bool anchored;		/* has the form ^(?:…)$: the next say what matches */
	bool decided;		/* that is all; otherwise the machine has what else */
	bool matches_empty, stands_alone;
	uint32_t literals, pieces, marks;
	enum regex_mode mode;
	struct str *literal;	/* sorted */
	struct rx_piece *piece;	/* with gaps */
	struct text_mark *mark;
	_Atomic(const void *) owner;	/* the thread that matched first */
	struct rx_machine *machine;	/* NULL: not made yet, or had to go. Only the owner looks. */
	struct str prefix;
	struct str pattern;
	size_t reading;		/* units that reading the pattern took */
	char **name;		/* of captures, from 0; "" without. NULL: for none is asked */
	int captures;
};

/*
 * The machine, made if there is none: that of the expression for the thread that matched first by
 * it, until another is made or grows; for others one of their own in *lent (NULL before), to be freed by them.
 */
struct rx_machine *regex_machine(const struct regex *re, struct rx_machine **lent, struct work *w);

#endif
