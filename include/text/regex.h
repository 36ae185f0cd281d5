/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text/regex.h - regular expressions: RE2's language, in time linear in the subject.
 *
 * The syntax is that of Go's regexp package (RE2). Patterns that Go refuses are
 * refused with Go's words: error parsing regexp: missing closing ]: `[)$`. Patterns
 * that are a literal, an alternation of literals or a literal and .* or .+ are
 * matched by comparing, and can be enumerated, so that callers may index by them;
 * the others by an automaton that is made when it is first needed and kept within
 * bounds (text/regex_machine.h in the room). The answer is always the true one; who
 * cannot wait for it takes it in parts, regex_match_some. Subjects may hold any
 * bytes; malformed UTF-8 is seen as U+FFFD, one for each byte, as in Go.
 *
 * Compiling and freeing in any thread. Matching by the same expression in one
 * thread at a time; the first that does is served best.
 */
#ifndef TEXT_REGEX_H
#define TEXT_REGEX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/err.h"
#include "base/sbuf.h"
#include "base/str.h"
#include "base/text_mark.h"
#include "base/work.h"

struct regex;

enum regex_mode {
	REGEX_ANCHORED,	/* ^(?:PATTERN)$: the whole subject, as matchers do */
	REGEX_SEARCH,	/* anywhere, as regexp.MatchString */
};

enum regex_result {
	REGEX_NO,
	REGEX_YES,
	REGEX_LATER,	/* not known yet */
};

/* A match that is under way. */
struct regex_run;

/* NULL and e when the pattern is wrong or too large. Copies the pattern. */
struct regex *regex_compile(struct str pattern, enum regex_mode mode, struct err *e) MUST_CHECK;
/* One more reference to the same expression. */
struct regex *regex_ref(struct regex *re) MUST_CHECK;
/* Gives a reference up; the last frees. Sets *re to NULL, which it may be already. */
void regex_free(struct regex **re);
/* As given to regex_compile; borrowed from re. */
struct str regex_pattern(const struct regex *re);
/* The work that reading the pattern took, in units of base/work.h: for bounds on many expressions together. */
size_t regex_reading(const struct regex *re);

/* Asks for the memory that matching begins with. */
void regex_fetch(const struct regex *re);
bool regex_match(const struct regex *re, struct str subject);
/*
 * The same within what w has left, if only a little each time: REGEX_LATER leaves the place in
 * *run (NULL before the first call), and the next call with the same expression and subject goes
 * on. Otherwise *run is NULL afterwards.
 */
enum regex_result regex_match_some(const struct regex *re, struct str subject, struct regex_run **run, struct work *w);
/* The answer is not wanted any more. Sets *run to NULL, which it may be already. */
void regex_run_free(struct regex_run **run);

/*
 * Appends src with each match replaced, as Regexp.ReplaceAllString: $1, ${1},
 * $name, ${name} and $$ in repl. False when w (NULL: no bound) was used up: then
 * some of it was appended. For REGEX_SEARCH.
 */
bool regex_replace_all(const struct regex *re, struct str repl, struct str src, struct sbuf *out, struct work *w)
    MUST_CHECK;

/*
 * The strings that an anchored pattern matches, when they are finitely many
 * (at most REGEX_LITERALS_MAX), without duplicates: *v is borrowed from re, the
 * number is returned. 0 when there is no such set (or the mode is SEARCH).
 */
#define REGEX_LITERALS_MAX 256
size_t regex_literals(const struct regex *re, const struct str **v);
/* The prefix of every subject that an anchored pattern matches; may be empty. Borrowed from re. */
struct str regex_prefix(const struct regex *re);
/*
 * All subjects that an anchored pattern matches have something in common, as far as it is known: each fits at least one of these marks, none of which
 * is empty. *v is borrowed from re, the number is returned; 0: nothing is known.
 */
size_t regex_marks(const struct regex *re, const struct text_mark **v);
/* Whether the empty string matches; known since compilation. */
bool regex_matches_empty(const struct regex *re);
/* Whether the pattern is one by itself too, not only between ^(?: and )$ as a)(b is; known since compilation. */
bool regex_stands_alone(const struct regex *re);

#endif
