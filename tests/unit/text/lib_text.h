/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib_text.h - what the tests of text/ share.
 */
#ifndef LIB_TEXT_H
#define LIB_TEXT_H

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/sbuf.h"
#include "base/str.h"

/* Fails unless s has exactly these bytes. */
#define ASSERT_STR(s, want)                                                              \
	do {                                                                             \
		struct str got_ = (s), want_ = str_from(want);                           \
		ck_assert_msg(str_eq(got_, want_), "got \"%.*s\", want \"%s\" (line %d)", \
		    STR_ARG(got_), (want), __LINE__);                                    \
	} while (0)

/* The same for a buffer, which is emptied. */
#define ASSERT_BUF(b, want)                     \
	do {                                    \
		ASSERT_STR(sbuf_get(b), want);  \
		sbuf_reset(b);                  \
	} while (0)

/* A literal that may hold NULs. */
#define BYTES(literal) ((struct str){ "" literal, sizeof(literal) - 1 })

/*
 * A heap copy without anything behind it, so that the sanitizer sees reads past
 * the end; free the pointer.
 */
static inline struct str
exact_copy(struct str s)
{
	char *p = malloc(s.n > 0 ? s.n : 1);
	ck_assert_ptr_nonnull(p);
	if (s.n > 0)
		memcpy(p, s.p, s.n);
	return (struct str){ p, s.n };
}

static inline int
run_suite(const char *name, void (*add)(TCase *tc))
{
	Suite *s = suite_create(name);
	TCase *tc = tcase_create(name);

	tcase_set_timeout(tc, 60);
	add(tc);
	suite_add_tcase(s, tc);
	SRunner *sr = srunner_create(s);
	srunner_set_fork_status(sr, CK_NOFORK);
	srunner_run_all(sr, CK_NORMAL);
	int failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
