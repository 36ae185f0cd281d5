/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LIB_CORE_H
#define LIB_CORE_H

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "fake_config.h"
#include "fake_world.h"

/* A configuration that must be right. */
struct config *must_config(const char *text);
/* An alert over one hour from t. */
struct alert *must_alert(const char *alert, struct wall t);
struct matchers must_matchers(const char *text);
int run_tests(const char *name, const TTest *const *tests, size_t n);
#define RUN(name, ...) \
	run_tests(name, (const TTest *const[]){ __VA_ARGS__ }, \
	    sizeof((const TTest *const[]){ __VA_ARGS__ }) / sizeof(const TTest *))

#endif
