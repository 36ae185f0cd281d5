/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Running a machine over a subject, rune by rune: over known states where it
 * can, else with the sets of places themselves.
 */
#include "base/mem.h"
#include "base/utf8.h"
#include "regex_machine.h"

/* The prices in units (base/work.h). */
#define GLIDE_BYTES 8	/* from known state to known state, ASCII */
#define RUNE_UNITS 2	/* any other rune */
#define STATE_UNITS 20	/* a new state, beside what its places cost */
/* The states do not pay when there are fewer runes than so many for each that is made; then they rest a while. */
#define RUNES_PER_STATE 10
#define RUNS_WITHOUT 64

struct scan {
	struct rx_machine *m;
	struct str s;
	size_t at;
	uint32_t state;		/* while it goes by states */
	unsigned before;	/* while it does not: what is before scratch.current */
	struct rx_scratch scratch;
	struct work *w;
};

enum go { GO_ON, GO_WITHOUT, GO_NO, GO_YES };

static void
need_scratch(struct scan *c)
{
	if (c->scratch.prog == NULL) {
		rx_scratch_init(&c->scratch, c->m->prog);
		work_spend(c->w, c->m->prog->n / 4);
	}
}

/* Pays for the places that rx_move looked at. */
static void
pay_places(struct scan *c, uint32_t from)
{
	work_spend(c->w, RUNE_UNITS + (from + (int64_t)c->scratch.next.n) / 2);
}

static void
swap_sets(struct rx_scratch *s)
{
	struct rx_places other = s->current;

	s->current = s->next;
	s->next = other;
}

/* The set in scratch.next as the state to be in; without room it is swapped in for scratch.current. */
static enum go
enter(struct scan *c, unsigned before)
{
	struct rx_dfa *d = c->m->dfa;
	uint32_t state = d != NULL ? rx_dfa_state(d, c->scratch.next, before) : 0;

	if (state == 0 && d != NULL && d->runes - d->forgotten_at >= (size_t)d->states * RUNES_PER_STATE) {
		rx_dfa_forget(d);
		state = rx_dfa_state(d, c->scratch.next, before);
	}
	if (state == 0) {
		c->m->no_dfa = RUNS_WITHOUT;
		c->before = before;
		swap_sets(&c->scratch);
		return GO_WITHOUT;
	}
	c->state = state;
	return GO_ON;
}

/* From the state over a rune for the first time. */
static enum go
new_step(struct scan *c, uint32_t cls, int32_t rune)
{
	struct rx_dfa *d = c->m->dfa;
	uint32_t from = c->state;

	need_scratch(c);
	struct rx_places places = rx_dfa_places(d, from);
	size_t round = d->forgotten_at;
	enum rx_moved moved = rx_move(&c->scratch, places, d->state[from - RX_STATE_FIRST].before, rune);
	pay_places(c, places.n);
	work_spend(c->w, STATE_UNITS);
	if (moved != RX_MOVED) {
		*rx_dfa_entry(d, from, cls) = moved == RX_MATCHED ? RX_GO_MATCHED : RX_GO_DEAD;
		return moved == RX_MATCHED ? GO_YES : GO_NO;
	}
	enum go go = enter(c, rx_before(rune) & c->m->prog->care);
	if (go == GO_ON && d->forgotten_at == round)
		*rx_dfa_entry(d, from, cls) = (uint16_t)c->state;
	rx_machine_grown(c->m);
	return go;
}

/* Over ASCII as long as the way is known, up to `end`. */
static void
glide(struct scan *c, size_t end)
{
	const struct rx_dfa *d = c->m->dfa;
	const unsigned char *p = (const unsigned char *)c->s.p;
	const uint16_t *ascii = c->m->prog->ascii, *next = d->next;
	uint32_t state = c->state - RX_STATE_FIRST;
	unsigned shift = d->shift;
	size_t at = c->at;

	while (at < end && p[at] < 0x80) {
		uint16_t to = next[((size_t)state << shift) + ascii[p[at]]];
		if (to < RX_STATE_FIRST)
			break;
		state = to - (uint32_t)RX_STATE_FIRST;
		at++;
	}
	c->state = state + RX_STATE_FIRST;
	c->at = at;
}

static uint32_t
class_of(const struct rx_prog *p, uint32_t rune)
{
	size_t lo = 0, hi = p->cuts;

	if (rune < 0x80)
		return p->ascii[rune];
	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;
		if (p->cut[mid] <= rune)
			lo = mid;
		else
			hi = mid;
	}
	return p->cut_class[lo];
}

/* One rune or the end, whichever way. */
static enum go
step(struct scan *c)
{
	const struct rx_prog *p = c->m->prog;
	uint32_t rune, cls = p->classes;
	size_t width = 0;

	if (c->at < c->s.n) {
		width = utf8_decode(str_sub(c->s, c->at, c->s.n), &rune);
		cls = class_of(p, rune);
		c->m->dfa->runes++;
	}
	uint16_t known = *rx_dfa_entry(c->m->dfa, c->state, cls);
	work_spend(c->w, RUNE_UNITS);
	c->at += width;
	if (known >= RX_STATE_FIRST) {
		c->state = known;
		return GO_ON;
	}
	if (known == RX_GO_UNKNOWN)
		return new_step(c, cls, width > 0 ? (int32_t)rune : RX_END);
	return known == RX_GO_MATCHED ? GO_YES : GO_NO;
}

static enum go
by_states(struct scan *c)
{
	enum go go = GO_ON;

	/* One step is always made, whatever it cost to come here: otherwise many small slices would lead nowhere. */
	do {
		size_t was = c->at, end = c->s.n;
		int64_t units = c->w->left > 1 ? c->w->left : 1;
		if ((int64_t)(end - was) / GLIDE_BYTES > units)
			end = was + (size_t)units * GLIDE_BYTES;
		glide(c, end);
		c->m->dfa->runes += c->at - was;
		work_spend(c->w, (int64_t)(c->at - was) / GLIDE_BYTES);
		if (c->at < end || end == c->s.n)
			go = step(c);
	} while (go == GO_ON && !work_used_up(c->w));
	return go;
}

static enum go
by_places(struct scan *c)
{
	struct rx_scratch *s = &c->scratch;

	do {
		uint32_t rune = 0;
		size_t width = c->at < c->s.n ? utf8_decode(str_sub(c->s, c->at, c->s.n), &rune) : 0;
		int32_t next = width > 0 ? (int32_t)rune : RX_END;
		enum rx_moved moved = rx_move(s, s->current, c->before, next);
		pay_places(c, s->current.n);
		if (moved != RX_MOVED)
			return moved == RX_MATCHED ? GO_YES : GO_NO;
		swap_sets(s);
		c->before = rx_before(next) & c->m->prog->care;
		c->at += width;
	} while (!work_used_up(c->w));
	return GO_WITHOUT;
}

/* Where the subject begins. */
static enum go
begin(struct scan *c)
{
	struct rx_machine *m = c->m;
	bool states = m->dfa != NULL && m->no_dfa == 0;

	if (states && m->dfa->start != 0) {
		c->state = m->dfa->start;
		return GO_ON;
	}
	need_scratch(c);
	if (rx_begin(&c->scratch) == RX_MATCHED)
		return GO_YES;
	work_spend(c->w, STATE_UNITS + c->scratch.next.n);
	unsigned before = RX_AT_BEGIN & m->prog->care;
	if (states) {
		enum go go = enter(c, before);
		if (go == GO_ON)
			m->dfa->start = c->state;
		rx_machine_grown(m);
		return go;
	}
	if (m->no_dfa > 0)
		m->no_dfa--;
	c->before = before;
	swap_sets(&c->scratch);
	return GO_WITHOUT;
}

/* Where it was left. The states may be others by now. */
static enum go
resume(struct scan *c, struct rx_place *place)
{
	c->at = place->at;
	need_scratch(c);
	memcpy(c->scratch.next.v, place->set.v, place->set.n * sizeof(*place->set.v));
	c->scratch.next.n = place->set.n;
	if (!place->by_nfa && c->m->dfa != NULL)
		return enter(c, place->before);
	c->before = place->before;
	swap_sets(&c->scratch);
	return GO_WITHOUT;
}

static void
leave(const struct scan *c, enum go go, struct rx_place *place)
{
	struct rx_places set = c->scratch.current;

	place->before = c->before;
	if (go == GO_ON) {
		set = rx_dfa_places(c->m->dfa, c->state);
		place->before = c->m->dfa->state[c->state - RX_STATE_FIRST].before;
	}
	place->begun = true;
	place->by_nfa = go == GO_WITHOUT;
	place->at = c->at;
	place->set.v = mem_realloc(place->set.v, set.n + 1, sizeof(*set.v));
	memcpy(place->set.v, set.v, set.n * sizeof(*set.v));
	place->set.n = set.n;
}

enum regex_result
rx_scan(struct rx_machine *m, struct str s, struct rx_place *place, struct work *w)
{
	struct scan c = { .m = m, .s = s, .w = w };
	enum go go = place->begun ? resume(&c, place) : begin(&c);

	m->used = true;
	if (go == GO_ON)
		go = by_states(&c);
	if (go == GO_WITHOUT)
		go = by_places(&c);
	if (go == GO_ON || go == GO_WITHOUT)
		leave(&c, go, place);
	else
		rx_place_fini(place);
	rx_scratch_fini(&c.scratch);
	return go == GO_YES ? REGEX_YES : go == GO_NO ? REGEX_NO : REGEX_LATER;
}

void
rx_place_fini(struct rx_place *p)
{
	mem_free(p->set.v);
	*p = (struct rx_place){ 0 };
}
