/* SPDX-License-Identifier: Apache-2.0 */
/* The part of a silence that only we know (model/silence.h). */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "model/schedule.h"
#include "model/silence.h"

struct silence_extra *
silence_extra_new(void)
{
	struct silence_extra *x = NEW(struct silence_extra);

	x->refs = 1;
	return x;
}

struct silence_extra *
silence_extra_ref(struct silence_extra *x)
{
	assert(x->refs != 0 && x->refs < UINT32_MAX);
	x->refs++;
	return x;
}

void
silence_extra_unref(struct silence_extra *x)
{
	if (x == NULL)
		return;
	assert(x->refs != 0);
	if (--x->refs != 0)
		return;
	mem_free(x->fingerprints);
	mem_free(x->schedule);
	mem_free(x);
}

struct silence_extra *
silence_extra_copy(const struct silence_extra *x)
{
	struct silence_extra *copy = silence_extra_new();

	if (x == NULL)
		return copy;
	*copy = *x;
	copy->refs = 1;
	copy->fingerprints = NULL;
	silence_extra_set_fingerprints(copy, x->fingerprints, x->fingerprints_n);
	if (x->schedule != NULL) {
		copy->schedule = NEW(struct schedule);
		*copy->schedule = *x->schedule;
	}
	return copy;
}

static int
compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

void
silence_extra_set_fingerprints(struct silence_extra *x, const uint64_t *v, size_t n)
{
	uint64_t *own = NULL;
	size_t kept = 0;

	if (n > 0) {
		own = mem_calloc(n, sizeof(own[0]));
		memcpy(own, v, n * sizeof(own[0]));
		qsort(own, n, sizeof(own[0]), compare);
	}
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || own[kept - 1] != own[i])
			own[kept++] = own[i];
	mem_free(x->fingerprints);
	x->fingerprints = own;
	x->fingerprints_n = kept;
}

bool
silence_names(const struct silence *s, uint64_t fingerprint)
{
	const struct silence_extra *x = s->extra;

	return x == NULL || x->fingerprints_n == 0 ||
	    bsearch(&fingerprint, x->fingerprints, x->fingerprints_n, sizeof(fingerprint), compare) != NULL;
}
