/* SPDX-License-Identifier: Apache-2.0 */
/*
 * regex_prog.h - an expression as a program for a machine that is in several places at once.
 *
 * A program is a graph of steps: some take a rune, the others cost nothing. It
 * belongs to nobody but its owner and does not change once it is made.
 */
#ifndef TEXT_REGEX_PROG_H
#define TEXT_REGEX_PROG_H

#include "regex_ast.h"

enum rx_step_op {
	RX_STEP_RUNE,	/* takes the rune arg */
	RX_STEP_SET,	/* takes one of set[arg] */
	RX_STEP_SPLIT,	/* goes to out and, less preferred, to arg */
	RX_STEP_ASSERT,	/* goes on where the condition arg (an rx_op) holds */
	RX_STEP_SAVE,	/* notes where it is in slot arg */
	RX_STEP_MATCH,
};

struct rx_step {
	uint32_t op : 4, out : 28;
	uint32_t arg;
};

struct rx_set {
	uint32_t from, n;	/* ranges: sorted, apart from each other */
};

/* The surroundings before a place, as far as conditions ask for them. */
enum rx_before {
	RX_AT_BEGIN = 1,
	RX_AFTER_NEWLINE = 2,
	RX_AFTER_WORD = 4,
};

/* No rune: the end of the subject. */
#define RX_END (-1)
/* More classes of runes than this make no table. */
#define RX_CLASSES_MAX 1024

struct rx_prog {
	struct rx_step *step;
	uint32_t n, start;
	struct rx_set *set;
	size_t sets;
	struct rx_range *range;
	size_t ranges;
	bool from_begin;	/* a match can only begin where the subject does */
	bool to_end;		/* and ends where the subject does */
	unsigned care;		/* which bits of rx_before conditions ask for; 0 without conditions on them */
	bool asserts;
	int slots;		/* of RX_STEP_SAVE */
	size_t effort;		/* of making it, beside its steps: ranges looked at, pieces of the axis sorted and parted */
	/* Runes that no step tells apart are of one class; 0 classes: too many. */
	uint32_t classes;
	uint16_t ascii[128];
	uint32_t *cut;		/* from U+0080 on: cut[i] up to cut[i+1] is of class cut_class[i] */
	uint16_t *cut_class;
	size_t cuts;
	uint32_t *example;	/* a rune of each class */
};

/* May n match the empty text? `alone`: as the whole subject, where no word begins or ends. */
bool rx_may_be_empty(const struct rx_node *n, bool alone);
/* How many steps the expression becomes, saturated. */
size_t rx_prog_size(const struct rx_node *n, bool captures);
/*
 * The alternation of n branches, each of them the whole subject; or one expression that is
 * looked for anywhere, with `captures` or without. The arena holds what is temporary.
 */
struct rx_prog *rx_prog_whole(struct arena *a, struct rx_node *const *branch, size_t n) MUST_CHECK;
struct rx_prog *rx_prog_search(struct arena *a, const struct rx_node *root, int captures) MUST_CHECK;
void rx_prog_free(struct rx_prog **p);
size_t rx_prog_bytes(const struct rx_prog *p);
/* regex_runes.c: fills in the classes. */
void rx_prog_classify(struct rx_prog *p, struct arena *a);

static inline bool
rx_is_word(int32_t rune)
{
	return (rune >= '0' && rune <= '9') || (rune >= 'A' && rune <= 'Z') || rune == '_' || (rune >= 'a' && rune <= 'z');
}

static inline unsigned
rx_before(int32_t rune)
{
	return (rune == '\n' ? RX_AFTER_NEWLINE : 0u) | (rx_is_word(rune) ? RX_AFTER_WORD : 0u);
}

/* Does the condition hold between what stands before and the rune (or RX_END) behind? */
static inline bool
rx_holds(uint32_t condition, unsigned before, int32_t behind)
{
	bool word = ((before & RX_AFTER_WORD) != 0) != rx_is_word(behind);

	if (condition == RX_BEGIN_TEXT)
		return (before & RX_AT_BEGIN) != 0;
	if (condition == RX_END_TEXT)
		return behind == RX_END;
	if (condition == RX_BEGIN_LINE)
		return (before & (RX_AT_BEGIN | RX_AFTER_NEWLINE)) != 0;
	if (condition == RX_END_LINE)
		return behind == RX_END || behind == '\n';
	return condition == RX_WORD ? word : !word;
}

static inline bool
rx_set_has(const struct rx_prog *p, uint32_t set, uint32_t rune)
{
	const struct rx_range *r = p->range + p->set[set].from;
	size_t lo = 0, hi = p->set[set].n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (rune < r[mid].lo)
			hi = mid;
		else if (rune > r[mid].hi)
			lo = mid + 1;
		else
			return true;
	}
	return false;
}

/* Does the step take the rune? */
static inline bool
rx_takes(const struct rx_prog *p, const struct rx_step *s, uint32_t rune)
{
	return s->op == RX_STEP_RUNE ? s->arg == rune : s->op == RX_STEP_SET && rx_set_has(p, s->arg, rune);
}

#endif
