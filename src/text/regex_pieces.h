/* SPDX-License-Identifier: Apache-2.0 */
/*
 * regex_pieces.h - what of an anchored expression can be matched by comparing.
 *
 * Each branch of ^(?:…)$ that is finitely many literals, with .* or .+ before or
 * behind, becomes pieces; the other branches are left to the program.
 */
#ifndef TEXT_REGEX_PIECES_H
#define TEXT_REGEX_PIECES_H

#include "base/compiler.h"
#include "regex_marks.h"

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
	bool decided;	/* there is nothing but pieces */
	struct rx_node **rest;	/* branches that are not just literals */
	size_t rests;
	struct str prefix;	/* of all that matches, if anchored */
	struct text_mark *mark;	/* all that matches has one of them; none where nothing is known */
	size_t marks, marks_cap;
};

/* Most literals that one branch is expanded to. */
#define RX_EXPAND_MAX 256
/* Most pieces with gaps: each looks through the subject for itself. */
#define RX_GAPS_MAX 16
/* Most literals altogether, as many as an alternation may write down. */
#define RX_PIECES_MAX 65536

/* Most marks; beyond, only what all have in common is one. */
#define RX_MARKS_MAX 64

/* Everything in the plan lives in a. */
void rx_plan(struct arena *a, const struct rx_node *root, struct rx_plan *out);
static inline bool
rx_piece_is_exact(const struct rx_piece *p)
{
	return p->before == RX_GAP_NONE && p->behind == RX_GAP_NONE;
}
/* One more piece; and the marks of those from `from` on: false when one has none, or there are too many. */
void rx_add_piece(struct arena *a, struct rx_plan *plan, struct rx_piece piece);
bool rx_mark_pieces(struct arena *a, struct rx_plan *plan, size_t from) MUST_CHECK;
/* In time proportional to s. */
bool rx_piece_matches(const struct rx_piece *p, struct str s);

#endif
