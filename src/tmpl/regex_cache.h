/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tmpl/regex_cache.h - the patterns of one execution, compiled once.
 */
#ifndef TMPL_REGEX_CACHE_H
#define TMPL_REGEX_CACHE_H

#include "base/err.h"
#include "base/str.h"
#include "text/regex.h"

struct value_call;

/* Borrowed till the next call. NULL: e is filled, or the execution failed over its budget. */
struct regex *regex_cache_get(struct value_call *c, struct str pattern, struct err *e);
/* The work that matching may cost, and afterwards the payment for the part that is gone; false: too many steps. */
struct work regex_cache_work(const struct value_call *c);
bool regex_cache_pay(struct value_call *c, struct work w);
void regex_cache_fini(struct value_call *c);

#endif
