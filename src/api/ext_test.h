/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api/ext_test.h (private) - tests of receivers under way, and when the last ones began: they send real messages, so
 * there are bounds on them.
 */
#ifndef API_EXT_TEST_H
#define API_EXT_TEST_H

#include "base/str.h"
#include "base/time.h"

#define TESTS_AT_ONCE 4
#define TESTS_A_MINUTE 60
#define TESTS_A_MINUTE_EACH 10

struct tests {
	uint64_t running[TESTS_AT_ONCE];	/* hashes of receivers' names; 0: none */
	struct test_begun {
		uint64_t receiver;
		struct mono at;
	} begun[TESTS_A_MINUTE];	/* the last ones, a ring */
	size_t begun_n;			/* in all */
};

/* May the receiver be tested now? 0, or in how long it may, and *why not. */
span tests_wait(const struct tests *t, struct str receiver, struct mono now, const char **why);
/* When it may: takes a place; what it returns gives it back. */
uint64_t *tests_begin(struct tests *t, struct str receiver, struct mono now);
void tests_end(uint64_t *place);

#endif
