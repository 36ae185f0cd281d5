/* SPDX-License-Identifier: Apache-2.0 */
/*
 * regex_dfa.h - the sets of places that were met, and what each class of runes makes of them.
 *
 * Made as they are met, within RX_DFA_MAX bytes; then all are forgotten and it
 * begins anew.
 */
#ifndef TEXT_REGEX_DFA_H
#define TEXT_REGEX_DFA_H

#include "regex_nfa.h"

#define RX_DFA_MAX ((size_t)128 << 10)

/* Entries of next[] beside the numbers of states. */
enum {
	RX_GO_UNKNOWN,
	RX_GO_DEAD,
	RX_GO_MATCHED,
	RX_STATE_FIRST,
};

struct rx_state {
	uint32_t from, n;	/* in places; sorted */
	uint32_t hash;
	unsigned before;
};

struct rx_dfa {
	unsigned shift;		/* a state has 1 << shift entries in next: one for each class, and the end */
	uint16_t *next;
	struct rx_state *state;	/* states from RX_STATE_FIRST on */
	uint32_t states, states_cap;
	uint32_t *places;
	uint32_t places_n, places_cap;
	uint16_t *table;	/* hash table of states, 0 where free */
	uint32_t table_n;	/* a power of two */
	uint32_t start;		/* the state at the beginning; 0: not made */
	size_t runes, forgotten_at;	/* seen so far, and when it was begun anew */
};

/* NULL when the program has too many classes. */
struct rx_dfa *rx_dfa_new(const struct rx_prog *p);
void rx_dfa_free(struct rx_dfa **d);
size_t rx_dfa_bytes(const struct rx_dfa *d);
void rx_dfa_forget(struct rx_dfa *d);
/* The state of that set, made when it is new; 0 when there is no room. Sorts the places. */
uint32_t rx_dfa_state(struct rx_dfa *d, struct rx_places set, unsigned before);

static inline uint16_t *
rx_dfa_entry(const struct rx_dfa *d, uint32_t state, uint32_t cls)
{
	return &d->next[((size_t)(state - RX_STATE_FIRST) << d->shift) + cls];
}

static inline struct rx_places
rx_dfa_places(const struct rx_dfa *d, uint32_t state)
{
	const struct rx_state *s = &d->state[state - RX_STATE_FIRST];

	return (struct rx_places){ d->places + s->from, s->n };
}

#endif
