/* SPDX-License-Identifier: Apache-2.0 */
/*
 * suite.h - how the tests of a file are run (unit/suite.c).
 */
#ifndef SUITE_H
#define SUITE_H

#include <stddef.h>

#include <check.h>

/* For the main function of a test: runs all that `add` adds, in this process. The exit status. */
int run_suite(const char *name, void (*add)(TCase *tc));
/* The same for plain tests: RUN("name", test, …) */
int run_tests(const char *name, const TTest *const *tests, size_t n);
#define RUN(name, ...)                                          \
	run_tests(name, (const TTest *const[]){ __VA_ARGS__ }, \
	    sizeof((const TTest *const[]){ __VA_ARGS__ }) / sizeof(const TTest *))

#endif
