/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text/glob.h - shell patterns on file names, as Go's filepath.Match.
 */
#ifndef TEXT_GLOB_H
#define TEXT_GLOB_H

#include <stdbool.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/str.h"

/*
 * Whether pattern matches all of name: * (any but /), ? (one but /), [a-z],
 * [^a-z], \x. False and e (syntax error in pattern) when the pattern is
 * malformed; false is no match as well: look at *matched.
 */
bool glob_match(struct str pattern, struct str name, bool *matched, struct err *e) MUST_CHECK;
/* Whether s has one of * ? [ \ . */
bool glob_has_meta(struct str s);

#endif
