/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/matcher.h - conditions on label sets, and their two grammars.
 */
#ifndef MODEL_MATCHER_H
#define MODEL_MATCHER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/sbuf.h"
#include "base/str.h"
#include "base/text_mark.h"
#include "model/labels.h"

struct regex;
struct regex_run;
struct work;

/* In the order in which lists are sorted. */
enum matcher_op { MATCH_EQ, MATCH_NE, MATCH_RE, MATCH_NRE };

struct matcher {
	enum matcher_op op;
	struct istr *name, *value;	/* owned references */
	struct regex *re;		/* a reference, shared by copies; NULL for EQ and NE */
};

/* All of them have to match; an empty list matches everything. */
struct matchers {
	struct matcher *m;	/* owned */
	size_t n;
};

/* Which grammar: UTF-8 with the classic one as fall-back (default), or only one of them. */
enum matcher_mode { MATCHER_FALLBACK, MATCHER_CLASSIC, MATCHER_UTF8 };

/* Called when fall-back mode sees the two grammars differ; all texts borrowed for the call. */
struct matcher_warning {
	void (*warn)(void *arg, const char *message, struct str input, const char *origin,
	    const char *parse_error, struct str suggestion);
	void *arg;
	const char *origin;	/* "config", "api", … */
};

/* Fills *out; a bad regular expression is the only failure (error text of Go's regexp). */
bool matcher_init(struct matcher *out, enum matcher_op op, struct str name, struct str value, struct err *e) MUST_CHECK;
void matcher_fini(struct matcher *m);
void matchers_fini(struct matchers *ms);
/* Regular expressions are shared, not compiled again. */
void matchers_copy(struct matchers *out, const struct matchers *from);
void matchers_append(struct matchers *ms, struct matcher *take);
/* By name, value, then operator. */
void matchers_sort(struct matchers *ms);

/* In one list: each may be a regular expression, which takes its time to compile. */
#define MATCHERS_MAX 1000
/*
 * COMPAT: Alertmanager has no bound. The work that reading the regular expressions of one list may take together, in
 * units of base/work.h, where clients send it: any one that is allowed (text/regex.h) passes, and ordinary ones by the
 * hundred.
 */
#define MATCHERS_READING_MAX 1000000
/*
 * matchers_append for lists of clients: false, with *take freed, when the expressions take too much together. *reading is
 * what those of the list take so far, 0 at first; it is above MATCHERS_READING_MAX from then on.
 */
bool matchers_append_bounded(struct matchers *ms, struct matcher *take, size_t *reading, struct err *e) MUST_CHECK;

/*
 * A list as configuration and amtool write it: {a="b",c=~"d"} or a=b.
 * Appends to out, up to MATCHERS_MAX in all. `w` may be NULL.
 */
bool matchers_parse(struct str input, enum matcher_mode mode, const struct matcher_warning *w, struct matchers *out,
    struct err *e) MUST_CHECK;
/* Exactly one matcher, as an API filter (Alertmanager matcher/compat Matcher). */
bool matcher_parse(struct str input, enum matcher_mode mode, const struct matcher_warning *w, struct matcher *out,
    struct err *e) MUST_CHECK;

/* Does the value of m's label satisfy it? Absent labels have the empty value. */
bool matcher_matches_value(const struct matcher *m, struct str value);
bool matcher_matches(const struct matcher *m, const struct labels *l);
bool matchers_match(const struct matchers *ms, const struct labels *l);

/* The answer of a match that may be put off. */
enum match { MATCH_NO, MATCH_YES, MATCH_LATER };

/* The place of a match that is under way; zeroed: none is. Owns what it needs. */
struct match_run {
	size_t at;		/* of the matcher that is next */
	struct regex_run *re;	/* within its expression; NULL: at its beginning */
};

/*
 * Asks for the memory that matching will need, of a few matchers: it lies one behind the other, so this is done in so many steps, each
 * when what the one before asked for has come.
 */
#define MATCHERS_FETCH_STEPS 3
void matchers_fetch(const struct matchers *ms, int step);
/*
 * matchers_match within what w has left. MATCH_LATER: w is used up and *run keeps the
 * place; the next call with the same ms, l and run goes on there, and both must stay as
 * they are until then. After MATCH_NO and MATCH_YES *run is zeroed again.
 */
enum match matchers_match_some(const struct matchers *ms, const struct labels *l, struct match_run *run, struct work *w);
/* The answer is not wanted any more, or ms is about to go. */
void match_run_reset(struct match_run *run);
/*
 * The values that m accepts, when they can be counted: the one of EQ, or those of a RE that is
 * an alternation of literals. Their number is returned, 0 when there is no such list; *v is `one`
 * or borrowed from m. For indexes.
 */
size_t matcher_values(const struct matcher *m, struct str *one, const struct str **v);
/* The marks of the values that a RE accepts: each fits one of them. 0: they may have any; *v is borrowed from m. */
size_t matcher_marks(const struct matcher *m, const struct text_mark **v);
/* Does m refuse the label's absence (which is the empty value)? Known without matching. */
bool matcher_wants_label(const struct matcher *m);
bool matcher_eq(const struct matcher *a, const struct matcher *b);
/* Same matchers in the same order. */
bool matchers_eq(const struct matchers *a, const struct matchers *b);

/* a="b", or "a b"="c" when the name needs quotes. */
void matcher_format(const struct matcher *m, struct sbuf *out);
/* {m1,m2} */
void matchers_format(const struct matchers *ms, struct sbuf *out);
const char *matcher_op_text(enum matcher_op op);

#endif
