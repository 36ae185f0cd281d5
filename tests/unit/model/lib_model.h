/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Helpers that the tests of the model room share.
 */
#ifndef LIB_MODEL_H
#define LIB_MODEL_H

#include <check.h>

#include "base/time.h"
#include "model/alert.h"
#include "model/labels.h"

/* A set from "name=value name=value"; no blanks inside. */
struct labels *lib_labels(const char *text);
/* Fails the test unless l is written as `text`. */
void lib_expect_labels(const struct labels *l, const char *text);
/* s seconds after an arbitrary moment in 2023. */
struct wall lib_at(int64_t s);
/* Runs one test case in this process; the exit code for main. Checks that nothing stays interned. */
int lib_run(const char *name, TCase *tc);

#endif
