/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two grammars of matchers. Each appends to `out` on success only; `e` is
 * not NULL.
 */
#ifndef MODEL_MATCHER_GRAMMAR_H
#define MODEL_MATCHER_GRAMMAR_H

#include "base/compiler.h"
#include "model/matcher.h"

/* Alertmanager matcher/parse. */
bool matchers_parse_utf8(struct str in, struct matchers *out, struct err *e) MUST_CHECK;
/* Alertmanager pkg/labels, a list and a single one. */
bool matchers_parse_classic(struct str in, struct matchers *out, struct err *e) MUST_CHECK;
bool matcher_parse_classic(struct str in, struct matcher *out, struct err *e) MUST_CHECK;

/* Moves all of `take` behind out's. */
void matchers_move(struct matchers *out, struct matchers *take);

#endif
