/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib_suite.h - the running of tests of what is on the net.
 */
#ifndef LIB_SUITE_H
#define LIB_SUITE_H

#include <check.h>

/* The main function of a program of tests: all that `add` adds, without forks. The exit status. */
int run_suite(const char *name, void (*add)(TCase *tc));

#endif
