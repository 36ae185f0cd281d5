/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text/regex.h - regular expressions: RE2's language, run by PCRE2's JIT.
 *
 * The syntax is that of Go's regexp package (RE2). What Go refuses is refused
 * with Go's words: error parsing regexp: missing closing ]: `[)$`. Patterns that
 * are a literal, an alternation of literals or a literal and .* or .+ are
 * matched without PCRE2, and can be enumerated, so that callers may index by
 * them. Matching takes a bounded number of steps whatever the pattern: where
 * the bound is hit the answer is REGEX_LIMIT, which counts as no match.
 * Subjects may hold any bytes; malformed UTF-8 is seen as U+FFFD, one for each
 * byte, as in Go.
 *
 * Immutable once compiled, but matching uses scratch memory in struct regex: one
 * thread at a time for each.
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

struct regex;

enum regex_mode {
	REGEX_ANCHORED,	/* ^(?:PATTERN)$: the whole subject, as matchers do */
	REGEX_SEARCH,	/* anywhere, as regexp.MatchString */
};

enum regex_result {
	REGEX_NO,
	REGEX_YES,
	REGEX_LIMIT,	/* gave up: too much work */
};

/* NULL and e when the pattern is wrong or too large. Copies the pattern. */
struct regex *regex_compile(struct str pattern, enum regex_mode mode, struct err *e) MUST_CHECK;
void regex_free(struct regex **re);
/* As given to regex_compile; borrowed from re. */
struct str regex_pattern(const struct regex *re);

/*
 * From now on each search is paid for: `spend` is asked before, again and for more when
 * it turns out to take long, and the search gives up (REGEX_LIMIT) when it says no. A
 * unit is some 30 ns.
 */
void regex_set_meter(struct regex *re, bool (*spend)(void *arg, size_t units), void *arg);

enum regex_result regex_match(const struct regex *re, struct str subject);

/*
 * Appends src with each match replaced, as Regexp.ReplaceAllString: $1, ${1},
 * $name, ${name} and $$ in repl. Where the limit was hit, the rest of src is
 * appended as it is and REGEX_LIMIT returned; else whether anything matched.
 */
enum regex_result regex_replace_all(const struct regex *re, struct str repl, struct str src, struct sbuf *out);

/*
 * The strings that an anchored pattern matches, when they are finitely many
 * (at most REGEX_LITERALS_MAX), without duplicates: *v is borrowed from re, the
 * number is returned. 0 when there is no such set (or the mode is SEARCH).
 */
#define REGEX_LITERALS_MAX 256
size_t regex_literals(const struct regex *re, const struct str **v);
/* What every subject that an anchored pattern matches begins with; may be empty. Borrowed from re. */
struct str regex_prefix(const struct regex *re);
/* Whether the empty string matches; known since compilation. */
bool regex_matches_empty(const struct regex *re);

#endif
