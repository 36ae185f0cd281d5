/* SPDX-License-Identifier: Apache-2.0 */
/*
 * regex_private.h - what a compiled expression consists of.
 */
#ifndef TEXT_REGEX_PRIVATE_H
#define TEXT_REGEX_PRIVATE_H

#include <pcre2.h>

#include "regex_pieces.h"
#include "text/regex.h"

struct regex {
	enum regex_mode mode;
	struct str pattern;
	bool anchored;		/* the next five say what matches, and the programs what else */
	struct str *literal;	/* sorted */
	size_t literals;
	struct rx_piece *piece;
	size_t pieces;
	char *text;		/* of literals, pieces and prefix */
	struct str prefix;
	bool matches_empty;
	pcre2_code **program;	/* several only if anchored */
	size_t programs;
	int captures;
	char **name;		/* of captures, from 0; "" without */
	pcre2_match_data *data;		/* scratch */
	pcre2_match_context *context;	/* limits */
	bool (*spend)(void *arg, size_t units);	/* NULL: a search costs nothing */
	void *spend_arg;
};

/* Runs one program on valid UTF-8 from an offset; on REGEX_YES re->data has the offsets. */
enum regex_result regex_run(struct regex *re, size_t program, struct str subject, size_t from);
/* Appends s with malformed bytes as U+FFFD. */
void regex_clean(struct sbuf *out, struct str s);

#endif
