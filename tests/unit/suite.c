/* SPDX-License-Identifier: Apache-2.0 */
#include "suite.h"

#include <signal.h>
#include <stdlib.h>

static int
run(Suite *s)
{
	SRunner *sr = srunner_create(s);
	int failed;

	/* Writing to a connection that has gone is an error, as in the program. */
	sigaction(SIGPIPE, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL);
	srunner_set_fork_status(sr, CK_NOFORK);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int
run_suite(const char *name, void (*add)(TCase *tc))
{
	Suite *s = suite_create(name);
	TCase *tc = tcase_create(name);

	add(tc);
	suite_add_tcase(s, tc);
	return run(s);
}

int
run_tests(const char *name, const TTest *const *tests, size_t n)
{
	Suite *s = suite_create(name);
	TCase *tc = tcase_create(name);

	for (size_t i = 0; i < n; i++)
		tcase_add_test(tc, tests[i]);
	suite_add_tcase(s, tc);
	return run(s);
}
