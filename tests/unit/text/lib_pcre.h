/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib_pcre.h - PCRE2 as another opinion on RE2's expressions.
 *
 * The tree is written in PCRE2's syntax; nothing is left to its defaults: what
 * could mean something else there is spelled out.
 */
#ifndef LIB_PCRE_H
#define LIB_PCRE_H

#include "base/str.h"

struct pcre;

enum pcre_answer { PCRE_NO, PCRE_YES, PCRE_GAVE_UP };

/* NULL: the pattern is wrong, or too large for PCRE2. */
struct pcre *pcre_new(struct str pattern);
void pcre_free(struct pcre **p);
/*
 * Looks for the leftmost match in valid UTF-8. On PCRE_YES *offsets are those of all groups, borrowed; NULL where
 * PCRE2 and RE2 differ about groups: in loops around what may be empty.
 */
enum pcre_answer pcre_match(struct pcre *p, struct str subject, const size_t **offsets);

#endif
