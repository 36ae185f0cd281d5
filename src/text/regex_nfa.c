/* SPDX-License-Identifier: Apache-2.0 */
#include "regex_nfa.h"

#include "base/mem.h"

void
rx_scratch_init(struct rx_scratch *s, const struct rx_prog *p)
{
	/* One block: marks, stack and three sets, each as long as the program. */
	uint32_t *v = mem_calloc((size_t)p->n * 5, sizeof(*v));

	*s = (struct rx_scratch){ .prog = p, .mark = v, .stack = v + p->n };
	s->middle.v = v + 2 * (size_t)p->n;
	s->next.v = v + 3 * (size_t)p->n;
	s->current.v = v + 4 * (size_t)p->n;
}

void
rx_scratch_fini(struct rx_scratch *s)
{
	mem_free(s->mark);
	*s = (struct rx_scratch){ 0 };
}

static inline void
visit(struct rx_scratch *s, uint32_t step, uint32_t *depth)
{
	if (s->mark[step] != s->now) {
		s->mark[step] = s->now;
		s->stack[(*depth)++] = step;
	}
}

/*
 * Adds to `to` what can be reached from a step without taking a rune. Conditions are decided when `decide`,
 * else kept.
 */
static void
add(struct rx_scratch *s, uint32_t step, struct rx_places *to, bool decide, unsigned before, int32_t behind)
{
	const struct rx_step *steps = s->prog->step;
	uint32_t depth = 0;

	visit(s, step, &depth);
	while (depth > 0) {
		uint32_t at = s->stack[--depth];
		switch ((enum rx_step_op)steps[at].op) {
		case RX_STEP_SPLIT:
			visit(s, steps[at].arg, &depth);
			visit(s, steps[at].out, &depth);
			break;
		case RX_STEP_SAVE:
			visit(s, steps[at].out, &depth);
			break;
		case RX_STEP_ASSERT:
			if (!decide)
				to->v[to->n++] = at;
			else if (rx_holds(steps[at].arg, before, behind))
				visit(s, steps[at].out, &depth);
			break;
		case RX_STEP_RUNE:
		case RX_STEP_SET:
		case RX_STEP_MATCH:
			to->v[to->n++] = at;
			break;
		}
	}
}

/* RX_STEP_MATCH is the first step of every program. */
static inline bool
has_match(const struct rx_scratch *s)
{
	return s->mark[0] == s->now;
}

enum rx_moved
rx_begin(struct rx_scratch *s)
{
	s->now++;
	s->next.n = 0;
	add(s, s->prog->start, &s->next, false, 0, 0);
	return has_match(s) && !s->prog->to_end ? RX_MATCHED : RX_MOVED;
}

/* Decides the conditions in `from`; true when that leads to a match. */
static bool
decide(struct rx_scratch *s, struct rx_places from, unsigned before, int32_t rune)
{
	s->now++;
	s->middle.n = 0;
	for (uint32_t i = 0; i < from.n; i++)
		add(s, from.v[i], &s->middle, true, before, rune);
	return has_match(s);
}

enum rx_moved
rx_move(struct rx_scratch *s, struct rx_places from, unsigned before, int32_t rune)
{
	const struct rx_prog *p = s->prog;

	if (p->asserts || rune == RX_END) {
		bool match = decide(s, from, before, rune);
		if (rune == RX_END)
			return match ? RX_MATCHED : RX_DEAD;
		if (match && !p->to_end)
			return RX_MATCHED;
		from = s->middle;
	}
	s->now++;
	s->next.n = 0;
	for (uint32_t i = 0; i < from.n; i++) {
		const struct rx_step *step = &p->step[from.v[i]];
		if (rx_takes(p, step, (uint32_t)rune))
			add(s, step->out, &s->next, false, 0, 0);
	}
	if (!p->from_begin)
		add(s, p->start, &s->next, false, 0, 0);
	if (has_match(s) && !p->to_end)
		return RX_MATCHED;
	return s->next.n > 0 ? RX_MOVED : RX_DEAD;
}
