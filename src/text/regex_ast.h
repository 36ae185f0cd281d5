/* SPDX-License-Identifier: Apache-2.0 */
/*
 * regex_ast.h - an RE2 expression as a tree, between the parser and the program.
 *
 * Everything lives in the arena given to rx_parse; text may be slices of the
 * pattern.
 */
#ifndef TEXT_REGEX_AST_H
#define TEXT_REGEX_AST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/err.h"
#include "base/sbuf.h"
#include "base/str.h"
#include "base/vec.h"

#define RX_RUNE_MAX UINT32_C(0x10FFFF)
#define RX_HEIGHT_MAX 1000
#define RX_REPEAT_MAX 1000
/*
 * Bounds; a pattern that is more is "too large": bytes; things that are not letters, and words; ranges of sets and
 * their other cases under (?i), each where it is written down. All of it together is read, and made into a program, in
 * some milliseconds.
 */
#define RX_PATTERN_MAX ((size_t)256 << 10)
#define RX_NODES_MAX ((size_t)10000)
#define RX_RANGES_MAX ((size_t)1 << 14)
#define RX_FOLDED_MAX ((size_t)1 << 16)

enum rx_op {
	RX_EMPTY,
	RX_LITERAL,
	RX_CLASS,
	RX_ANY,
	RX_ANY_NOT_NL,
	RX_BEGIN_TEXT,
	RX_END_TEXT,
	RX_BEGIN_LINE,
	RX_END_LINE,
	RX_WORD,
	RX_NOT_WORD,
	RX_CAPTURE,
	RX_REPEAT,
	RX_CONCAT,
	RX_ALT,
	/* Only on the parser's stack. */
	RX_PAREN,
	RX_BAR,
};

struct rx_range {
	uint32_t lo, hi;
};

/* Once it is in the tree: sorted, without overlaps, all cases in it that (?i) asks for. */
struct rx_class {
	struct rx_range *range;
	size_t n, cap;
	bool in_order;	/* known to be so */
};

/* A set \p{…} that was met before. */
struct rx_named {
	struct str name;
	bool negative, fold;
	struct rx_class cls;
};

struct rx_node {
	enum rx_op op;
	bool fold;		/* LITERAL: any case */
	bool lazy;		/* REPEAT */
	int min, max;		/* REPEAT; max -1: no end */
	int height;
	struct str text;	/* LITERAL: UTF-8 */
	size_t runes;		/* LITERAL */
	struct rx_class *cls;
	int capture;		/* CAPTURE, PAREN: number from 1; 0: just grouping */
	struct str name;	/* CAPTURE, PAREN */
	unsigned flags;		/* PAREN: flags outside of it */
	struct rx_node **sub;
	size_t n;
};

enum rx_flag {
	RX_FOLD = 1,	/* i */
	RX_LINES = 2,	/* m */
	RX_DOT_NL = 4,	/* s */
	RX_LAZY = 8,	/* U */
};

struct rx_parser {
	struct arena *arena;
	struct str whole;
	struct str rest;	/* not yet read */
	unsigned flags;
	int captures;
	size_t open;		/* groups that are */
	size_t first_group_left;	/* bytes from the end of the first group that is in no other; 0: none ended yet */
	VEC(struct rx_node *) stack;
	VEC(struct rx_named) named;
	struct rx_node *bar;	/* all bars are the same */
	size_t nodes, folded;	/* so many things, and so many other cases looked for */
	size_t ranges;		/* in all sets; beyond RX_RANGES_MAX none is added */
	struct err *e;
};

struct rx_tree {
	struct rx_node *root;
	int captures;
	size_t nodes, ranges, folded;	/* so many on the way */
	size_t first_group_left;	/* as in the parser */
};

/* Errors have the words of Go's regexp/syntax. */
bool rx_parse(struct arena *a, struct str pattern, struct rx_tree *out, struct err *e) MUST_CHECK;

/* For the parser's parts. */
bool rx_fail(struct rx_parser *p, const char *what, struct str where);
/* Takes one rune off *s; fails on malformed UTF-8. */
bool rx_next_rune(struct rx_parser *p, struct str *s, uint32_t *rune) MUST_CHECK;
/* The text between `from` and `to`, two tails of the same text. */
struct str rx_between(struct str from, struct str to);
struct rx_node *rx_node(struct rx_parser *p, enum rx_op op);
void rx_push(struct rx_parser *p, struct rx_node *n);
/* Does it begin with a backslash and what is no letter or digit, which stands for itself? */
bool rx_is_escaped(struct str s);
/* Does a byte mean itself wherever it stands, but in a set? (A byte of a longer letter is looked at with the others.) */
extern const bool rx_has_meaning[256];
static inline bool
rx_means_itself(char c)
{
	return !rx_has_meaning[(unsigned char)c];
}
/* All the letters at the front of p->rest as one node, but the last where an operator behind would repeat it. */
bool rx_push_letters(struct rx_parser *p) MUST_CHECK;
bool rx_push_literal(struct rx_parser *p, uint32_t rune) MUST_CHECK;
/* Puts the class in order. */
bool rx_push_class(struct rx_parser *p, struct rx_class *cls) MUST_CHECK;
/* The escape at the front of p->rest, which is one of \d \s \w \p…: *found says whether it was. */
bool rx_class_escape(struct rx_parser *p, struct str *s, struct rx_class *cls, bool *found) MUST_CHECK;
/* Any other escape. */
bool rx_escape(struct rx_parser *p, struct str *s, uint32_t *rune) MUST_CHECK;
/* A [class] at the front of p->rest. */
bool rx_parse_class(struct rx_parser *p) MUST_CHECK;
void rx_class_add(struct rx_parser *p, struct rx_class *cls, uint32_t lo, uint32_t hi);

#endif
