/* SPDX-License-Identifier: Apache-2.0 */
#include "base/compiler.h"
#include "base/hash.h"
#include "ext_test.h"

/* Until when a client is asked to wait for one that is under way. */
#define SOON (2 * SPAN_S)

static uint64_t
hash_of(struct str receiver)
{
	return fnv64(FNV64_INIT, receiver.p, receiver.n) | 1;
}

/* Until fewer than `most` of the last minute are left; receiver NULL: of any. */
static span
until_fewer(const struct tests *t, const uint64_t *receiver, size_t most, struct mono now)
{
	size_t kept = t->begun_n < TESTS_A_MINUTE ? t->begun_n : TESTS_A_MINUTE, found = 0;

	/* From the last one back. */
	for (size_t i = 0; i < kept; i++) {
		const struct test_begun *b = &t->begun[(t->begun_n - 1 - i) % TESTS_A_MINUTE];
		span left = SPAN_MIN - mono_sub(now, b->at);

		if (left <= 0)
			return 0;
		if ((receiver == NULL || b->receiver == *receiver) && ++found == most)
			return left;
	}
	return 0;
}

span
tests_wait(const struct tests *t, struct str receiver, struct mono now, const char **why)
{
	uint64_t hash = hash_of(receiver);
	size_t busy = 0;
	span wait;

	for (size_t i = 0; i < TESTS_AT_ONCE; i++) {
		busy += t->running[i] != 0;
		if (t->running[i] == hash) {
			*why = "a test of this receiver is under way";
			return SOON;
		}
	}
	if (busy == TESTS_AT_ONCE) {
		*why = "four tests are under way";
		return SOON;
	}
	*why = "a receiver may be tested ten times a minute";
	wait = until_fewer(t, &hash, TESTS_A_MINUTE_EACH, now);
	if (wait > 0)
		return wait;
	*why = "there may be sixty tests a minute";
	return until_fewer(t, NULL, TESTS_A_MINUTE, now);
}

uint64_t *
tests_begin(struct tests *t, struct str receiver, struct mono now)
{
	uint64_t hash = hash_of(receiver);
	size_t i = 0;

	while (t->running[i] != 0)
		i++;
	t->running[i] = hash;
	t->begun[t->begun_n++ % TESTS_A_MINUTE] = (struct test_begun){ hash, now };
	return &t->running[i];
}

void
tests_end(uint64_t *place)
{
	*place = 0;
}
