/* SPDX-License-Identifier: Apache-2.0 */
#include "regex_dfa.h"

#include <stdlib.h>

#include "base/mem.h"

/* Most expressions have few states. */
#define STATES_AT_FIRST 4
#define TABLE_AT_FIRST 8

struct rx_dfa *
rx_dfa_new(const struct rx_prog *p)
{
	if (p->classes == 0)
		return NULL;
	struct rx_dfa *d = NEW(struct rx_dfa);
	while ((UINT32_C(1) << d->shift) < p->classes + 1)
		d->shift++;
	return d;
}

void
rx_dfa_free(struct rx_dfa **d)
{
	if (*d == NULL)
		return;
	mem_free((*d)->next);
	mem_free((*d)->state);
	mem_free((*d)->places);
	mem_free((*d)->table);
	mem_free(*d);
	*d = NULL;
}

static size_t
bytes_with(const struct rx_dfa *d, size_t states, size_t places, size_t table)
{
	return sizeof(*d) + states * (sizeof(*d->state) + (sizeof(*d->next) << d->shift)) +
	    places * sizeof(*d->places) + table * sizeof(*d->table);
}

size_t
rx_dfa_bytes(const struct rx_dfa *d)
{
	return bytes_with(d, d->states_cap, d->places_cap, d->table_n);
}

void
rx_dfa_forget(struct rx_dfa *d)
{
	d->states = d->places_n = d->start = 0;
	if (d->table_n > 0)
		memset(d->table, 0, d->table_n * sizeof(*d->table));
	d->forgotten_at = d->runes;
}

static int
by_value(const void *pa, const void *pb)
{
	uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;

	return a < b ? -1 : a > b;
}

static void
sort(struct rx_places set)
{
	for (uint32_t i = 1; i < set.n; i++) {
		if (set.v[i - 1] > set.v[i]) {
			qsort(set.v, set.n, sizeof(*set.v), by_value);
			return;
		}
	}
}

static uint32_t
hash(struct rx_places set, unsigned before)
{
	uint64_t h = before + UINT64_C(0x9E3779B97F4A7C15) * (set.n + 1u);

	for (uint32_t i = 0; i < set.n; i++)
		h = (h ^ set.v[i]) * UINT64_C(0x9E3779B97F4A7C15);
	return (uint32_t)(h >> 32);
}

/* Where the state stands in the table or would have to. */
static uint16_t *
find(const struct rx_dfa *d, struct rx_places set, unsigned before, uint32_t h)
{
	uint32_t i = h;

	for (;; i++) {
		uint16_t *at = &d->table[i & (d->table_n - 1)];
		if (*at == 0)
			return at;
		const struct rx_state *s = &d->state[*at - RX_STATE_FIRST];
		if (s->hash == h && s->n == set.n && s->before == before &&
		    (set.n == 0 || memcmp(d->places + s->from, set.v, set.n * sizeof(*set.v)) == 0))
			return at;
	}
}

static void
grow_table(struct rx_dfa *d, uint32_t n)
{
	d->table = mem_realloc(d->table, n, sizeof(*d->table));
	memset(d->table, 0, n * sizeof(*d->table));
	d->table_n = n;
	for (uint32_t k = 0; k < d->states; k++) {
		uint32_t i = d->state[k].hash;
		while (d->table[i & (n - 1)] != 0)
			i++;
		d->table[i & (n - 1)] = (uint16_t)(k + RX_STATE_FIRST);
	}
}

/* Room for one more state with so many places; false when that would be too much. */
static bool
reserve(struct rx_dfa *d, uint32_t places)
{
	uint32_t states = d->states_cap, cap = d->places_cap, table = d->table_n;

	if (d->states == states)
		states = states == 0 ? STATES_AT_FIRST : states * 2;
	if (cap - d->places_n < places)
		cap = cap * 2 > d->places_n + places ? cap * 2 : d->places_n + places;
	if (2 * (d->states + 1) > table)
		table = table == 0 ? TABLE_AT_FIRST : table * 2;
	if (bytes_with(d, states, cap, table) > RX_DFA_MAX || states > UINT16_MAX - RX_STATE_FIRST)
		return false;
	if (states != d->states_cap) {
		d->state = mem_realloc(d->state, states, sizeof(*d->state));
		d->next = mem_realloc(d->next, (size_t)states << d->shift, sizeof(*d->next));
		d->states_cap = states;
	}
	if (cap != d->places_cap) {
		d->places = mem_realloc(d->places, cap, sizeof(*d->places));
		d->places_cap = cap;
	}
	if (table != d->table_n)
		grow_table(d, table);
	return true;
}

uint32_t
rx_dfa_state(struct rx_dfa *d, struct rx_places set, unsigned before)
{
	sort(set);
	uint32_t h = hash(set, before);

	if (d->table_n > 0) {
		uint16_t known = *find(d, set, before, h);
		if (known != 0)
			return known;
	}
	if (!reserve(d, set.n))
		return 0;
	uint32_t number = d->states++ + RX_STATE_FIRST;
	struct rx_state *s = &d->state[number - RX_STATE_FIRST];
	*s = (struct rx_state){ d->places_n, set.n, h, before };
	for (uint32_t i = 0; i < set.n; i++)
		d->places[d->places_n++] = set.v[i];
	memset(rx_dfa_entry(d, number, 0), 0, sizeof(*d->next) << d->shift);
	*find(d, set, before, h) = (uint16_t)number;
	return number;
}
