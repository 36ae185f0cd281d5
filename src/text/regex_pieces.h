/* SPDX-License-Identifier: Apache-2.0 */
/*
 * regex_pieces.h - what of an anchored expression can be matched by comparing.
 *
 * Each branch of ^(?:…)$ that is finitely many literals, with .* or .+ before or
 * behind, becomes pieces; the other branches are left to PCRE2.
 */
#ifndef TEXT_REGEX_PIECES_H
#define TEXT_REGEX_PIECES_H

#include "regex_ast.h"

enum rx_gap {
	RX_GAP_NONE,
	RX_GAP_ANY,	/* .* */
	RX_GAP_SOME,	/* .+ */
};

struct rx_piece {
	struct str text;
	enum rx_gap before, behind;
	bool newlines;	/* the gaps may hold newlines */
};

struct rx_plan {
	bool anchored;	/* the expression has the form ^(?:…)$ */
	struct rx_piece *piece;
	size_t n, cap;
	struct rx_node **other;	/* branches that are no pieces */
	size_t others;
	struct str prefix;	/* of all that matches, if anchored */
};

/* Most literals that one branch is expanded to. */
#define RX_EXPAND_MAX 256
/* Most literals altogether, as many as an alternation may write down. */
#define RX_PIECES_MAX 65536

/* Everything in the plan lives in a. */
void rx_plan(struct arena *a, const struct rx_node *root, struct rx_plan *out);
bool rx_piece_matches(const struct rx_piece *p, struct str s);

#endif
