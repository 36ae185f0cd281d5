/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pike's machine: threads in the order of preference, each with the places that
 * it noted. One step of the subject costs at most the length of the program.
 */
#include "regex_submatch.h"

#include "base/mem.h"
#include "base/utf8.h"

/* Slots of all threads together; beyond that the work counts as used up. */
#define SLOTS_MAX ((size_t)1 << 20)

struct threads {
	uint32_t *step;
	size_t *slot;	/* of thread i from i * slots */
	size_t n, cap;
};

/* A thing that is left to do: go on at a step, or (slot >= 0) put a slot back. */
struct todo {
	uint32_t step;
	int slot;
	size_t value;
};

struct rx_submatch {
	const struct rx_prog *prog;
	size_t slots;
	uint32_t *mark, now;
	struct threads now_at, next_at;
	struct todo *stack;
	size_t *noted;	/* by the thread that is being followed */
};

struct rx_submatch *
rx_submatch_new(const struct rx_prog *prog, int slots)
{
	struct rx_submatch *m = NEW(struct rx_submatch);

	m->prog = prog;
	m->slots = (size_t)slots;
	m->mark = mem_calloc(prog->n, sizeof(*m->mark));
	/* Each step is followed once, and leaves two entries at most. */
	m->stack = mem_calloc(2 * (size_t)prog->n + 2, sizeof(*m->stack));
	m->noted = mem_calloc(m->slots, sizeof(*m->noted));
	return m;
}

void
rx_submatch_free(struct rx_submatch **m)
{
	if (*m == NULL)
		return;
	mem_free((*m)->mark);
	mem_free((*m)->stack);
	mem_free((*m)->noted);
	mem_free((*m)->now_at.step);
	mem_free((*m)->now_at.slot);
	mem_free((*m)->next_at.step);
	mem_free((*m)->next_at.slot);
	mem_free(*m);
	*m = NULL;
}

static void
add_thread(struct rx_submatch *m, struct threads *to, uint32_t step, struct work *w)
{
	if (to->n == to->cap) {
		to->cap = to->cap == 0 ? 8 : to->cap * 2;
		to->step = mem_realloc(to->step, to->cap, sizeof(*to->step));
		to->slot = mem_realloc(to->slot, to->cap * m->slots, sizeof(*to->slot));
	}
	to->step[to->n] = step;
	memcpy(to->slot + to->n * m->slots, m->noted, m->slots * sizeof(*m->noted));
	to->n++;
	work_spend(w, 1 + (int64_t)m->slots / 8);
	if (to->n * m->slots > SLOTS_MAX && w->left > 0)
		w->left = 0;
}

/* Between two runes of the subject. */
struct spot {
	size_t at;
	unsigned before;
	int32_t behind;
};

/* Follows what costs nothing from a step on, m->noted in hand. */
static void
follow(struct rx_submatch *m, struct threads *to, uint32_t from, struct spot spot, struct work *w)
{
	const struct rx_step *steps = m->prog->step;
	size_t depth = 0;

	m->stack[depth++] = (struct todo){ .step = from, .slot = -1 };
	while (depth > 0 && !work_used_up(w)) {
		struct todo t = m->stack[--depth];
		if (t.slot >= 0) {
			m->noted[t.slot] = t.value;
			continue;
		}
		uint32_t at = t.step;
		if (m->mark[at] == m->now)
			continue;
		m->mark[at] = m->now;
		work_spend(w, 1);
		switch ((enum rx_step_op)steps[at].op) {
		case RX_STEP_SPLIT:
			m->stack[depth++] = (struct todo){ .step = steps[at].arg, .slot = -1 };
			m->stack[depth++] = (struct todo){ .step = steps[at].out, .slot = -1 };
			break;
		case RX_STEP_SAVE:
			if (steps[at].arg < m->slots) {
				m->stack[depth++] = (struct todo){ 0, (int)steps[at].arg, m->noted[steps[at].arg] };
				m->noted[steps[at].arg] = spot.at;
			}
			m->stack[depth++] = (struct todo){ .step = steps[at].out, .slot = -1 };
			break;
		case RX_STEP_ASSERT:
			if (rx_holds(steps[at].arg, spot.before, spot.behind))
				m->stack[depth++] = (struct todo){ .step = steps[at].out, .slot = -1 };
			break;
		case RX_STEP_RUNE:
		case RX_STEP_SET:
		case RX_STEP_MATCH:
			add_thread(m, to, at, w);
			break;
		}
	}
}

/* The rune at an offset and its width, RX_END and 0 at the end. */
static int32_t
rune_at(struct str s, size_t at, size_t *width)
{
	uint32_t rune;

	*width = at < s.n ? utf8_decode(str_sub(s, at, s.n), &rune) : 0;
	return *width > 0 ? (int32_t)rune : RX_END;
}

/* Moves every thread over the rune at `here`; true when one had matched, which ends those it is preferred to. */
static bool
move_all(struct rx_submatch *m, struct spot here, struct spot there, size_t *slot, struct work *w)
{
	m->now++;
	m->next_at.n = 0;
	for (size_t i = 0; i < m->now_at.n; i++) {
		const struct rx_step *step = &m->prog->step[m->now_at.step[i]];
		const size_t *noted = m->now_at.slot + i * m->slots;
		work_spend(w, 1);
		if (step->op == RX_STEP_MATCH) {
			memcpy(slot, noted, m->slots * sizeof(*slot));
			slot[1] = here.at;
			return true;
		}
		if (here.behind != RX_END && rx_takes(m->prog, step, (uint32_t)here.behind)) {
			memcpy(m->noted, noted, m->slots * sizeof(*noted));
			follow(m, &m->next_at, step->out, there, w);
		}
	}
	return false;
}

bool
rx_submatch_find(struct rx_submatch *m, struct str s, size_t from, size_t *slot, struct work *w)
{
	struct spot here = { .at = from, .before = from == 0 ? RX_AT_BEGIN : rx_before((unsigned char)s.p[from - 1]) };
	size_t width;
	bool matched = false;

	here.behind = rune_at(s, here.at, &width);
	m->now++;
	m->now_at.n = 0;
	while (!work_used_up(w)) {
		if (!matched && (!m->prog->from_begin || here.at == 0)) {
			for (size_t i = 0; i < m->slots; i++)
				m->noted[i] = RX_UNSET;
			m->noted[0] = here.at;
			follow(m, &m->now_at, m->prog->start, here, w);
		}
		if (m->now_at.n == 0 && (matched || m->prog->from_begin))
			break;
		struct spot there = { .at = here.at + width, .before = rx_before(here.behind) };
		there.behind = rune_at(s, there.at, &width);
		matched = move_all(m, here, there, slot, w) || matched;
		work_spend(w, 2);
		if (here.behind == RX_END)
			break;
		struct threads other = m->now_at;
		m->now_at = m->next_at;
		m->next_at = other;
		here = there;
	}
	return matched && !work_used_up(w);
}
