/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which runes a program cannot tell from each other: the axis of runes is cut
 * wherever a step's set begins or ends, then the pieces are parted set by set.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "regex_prog.h"

/* More work than this for one program is not worth a table. */
#define PARTING_MAX 300000

struct axis {
	uint32_t *cut;		/* sorted; the first is 0 */
	uint32_t *of;		/* class of each piece */
	size_t n;
	uint32_t *size;		/* pieces in each class */
	uint32_t *inside, *fresh;	/* scratch, by class; inside is zero between sets */
	uint32_t classes;
	size_t work;
};

static int
by_value(const void *pa, const void *pb)
{
	uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;

	return a < b ? -1 : a > b;
}

static size_t
piece_of(const uint32_t *cut, size_t n, uint32_t rune)
{
	size_t lo = 0, hi = n;

	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;
		if (cut[mid] <= rune)
			lo = mid;
		else
			hi = mid;
	}
	return lo;
}

/* Parts each class into what is in the set and what is not. */
static void
part(struct axis *x, const struct rx_range *r, size_t n)
{
	for (size_t i = 0; i < n && x->work < PARTING_MAX; i++) {
		size_t k = piece_of(x->cut, x->n, r[i].lo);
		for (; k < x->n && x->cut[k] <= r[i].hi; k++, x->work++)
			x->inside[x->of[k]]++;
		x->work += 10;
	}
	if (x->work >= PARTING_MAX)
		return;
	for (size_t i = 0; i < n; i++) {
		for (size_t k = piece_of(x->cut, x->n, r[i].lo); k < x->n && x->cut[k] <= r[i].hi; k++) {
			uint32_t c = x->of[k];
			if (x->inside[c] == 0)
				continue;
			if (x->inside[c] == x->size[c]) {
				/* All of it: stays one. Done with. */
				x->inside[c] = 0;
				continue;
			}
			if (x->fresh[c] == 0) {
				x->fresh[c] = x->classes++;
				x->size[x->fresh[c]] = x->inside[c];
			}
			x->of[k] = x->fresh[c];
			if (--x->inside[c] == 0) {
				x->size[c] -= x->size[x->fresh[c]];
				x->fresh[c] = 0;
			}
		}
	}
}

static const struct rx_range words[] = { { '0', '9' }, { 'A', 'Z' }, { '_', '_' }, { 'a', 'z' } };
static const struct rx_range newline[] = { { '\n', '\n' } };

/* All the sets of a program, one after the other. */
static void
each_set(const struct rx_prog *p, const uint32_t *runes, size_t n, void *arg,
    void (*see)(void *arg, const struct rx_range *r, size_t n))
{
	for (size_t i = 0; i < n; i++) {
		struct rx_range one = { runes[i], runes[i] };
		see(arg, &one, 1);
	}
	for (size_t i = 0; i < p->sets; i++)
		see(arg, p->range + p->set[i].from, p->set[i].n);
	if (p->asserts) {
		see(arg, words, ARRAY_LEN(words));
		see(arg, newline, ARRAY_LEN(newline));
	}
}

static void
see_cuts(void *arg, const struct rx_range *r, size_t n)
{
	struct axis *x = arg;

	for (size_t i = 0; i < n; i++) {
		x->cut[x->n++] = r[i].lo;
		x->cut[x->n++] = r[i].hi + 1;
	}
}

static void
see_part(void *arg, const struct rx_range *r, size_t n)
{
	struct axis *x = arg;

	if (x->work < PARTING_MAX)
		part(x, r, n);
}

static size_t
unique(uint32_t *v, size_t n)
{
	size_t out = 0;

	if (n > 1)
		qsort(v, n, sizeof(*v), by_value);
	for (size_t i = 0; i < n; i++)
		if (out == 0 || v[out - 1] != v[i])
			v[out++] = v[i];
	return out;
}

/* The runes of RX_STEP_RUNE, each once. */
static uint32_t *
single_runes(const struct rx_prog *p, struct arena *a, size_t *n)
{
	bool ascii[128] = { false };
	uint32_t *v = ARENA_ARRAY(a, (size_t)p->n + 128, uint32_t);

	*n = 0;
	for (uint32_t i = 0; i < p->n; i++) {
		if (p->step[i].op != RX_STEP_RUNE)
			continue;
		if (p->step[i].arg >= 128)
			v[(*n)++] = p->step[i].arg;
		else
			ascii[p->step[i].arg] = true;
	}
	for (uint32_t c = 0; c < 128; c++)
		if (ascii[c])
			v[(*n)++] = c;
	*n = unique(v, *n);
	return v;
}

static void
keep(struct rx_prog *p, const struct axis *x)
{
	size_t first = piece_of(x->cut, x->n, 0x80);

	p->classes = x->classes;
	p->example = mem_calloc(x->classes, sizeof(*p->example));
	for (size_t i = x->n; i > 0; i--)
		p->example[x->of[i - 1]] = x->cut[i - 1];
	for (uint32_t c = 0; c < 128; c++)
		p->ascii[c] = (uint16_t)x->of[piece_of(x->cut, x->n, c)];
	p->cuts = x->n - first;
	p->cut = mem_calloc(p->cuts, sizeof(*p->cut));
	p->cut_class = mem_calloc(p->cuts, sizeof(*p->cut_class));
	for (size_t i = 0; i < p->cuts; i++) {
		p->cut[i] = x->cut[first + i];
		p->cut_class[i] = (uint16_t)x->of[first + i];
	}
}

void
rx_prog_classify(struct rx_prog *p, struct arena *a)
{
	size_t n;
	uint32_t *runes = single_runes(p, a, &n);
	struct axis x = { .classes = 1 };

	x.cut = ARENA_ARRAY(a, 2 * (n + p->ranges + 8), uint32_t);
	x.cut[x.n++] = 0;
	each_set(p, runes, n, &x, see_cuts);
	x.n = unique(x.cut, x.n);
	if (x.cut[x.n - 1] > RX_RUNE_MAX)
		x.n--;
	x.of = ARENA_ARRAY(a, x.n, uint32_t);
	x.size = ARENA_ARRAY(a, x.n + 1, uint32_t);
	x.inside = ARENA_ARRAY(a, x.n + 1, uint32_t);
	x.fresh = ARENA_ARRAY(a, x.n + 1, uint32_t);
	x.size[0] = (uint32_t)x.n;
	each_set(p, runes, n, &x, see_part);
	if (x.work < PARTING_MAX && x.classes <= RX_CLASSES_MAX)
		keep(p, &x);
	p->effort += x.work + 4 * x.n;
}
