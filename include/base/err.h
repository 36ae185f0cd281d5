/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/err.h - why something could not be done.
 *
 * Functions that can fail return bool and fill the caller's struct err. The
 * first cause is set with err_set; callers put context in front with err_ctx.
 * `e` may be NULL everywhere: then the text is dropped. A text that is too
 * long is cut on a rune's edge and ends in an ellipsis.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"

enum err_kind {
	ERR_NONE,
	ERR_INVALID,	/* the input is wrong: the sender's fault */
	ERR_NOT_FOUND,
	ERR_LIMIT,	/* a bound would be passed */
	ERR_IO,		/* the world outside failed */
	ERR_TIMEOUT,
	ERR_CANCELED,
	ERR_AUTH,
	ERR_CONFLICT,	/* somebody else has what is asked for */
};

struct err {
	enum err_kind kind;
	int line, col;		/* 1-based; 0: no place in a text */
	char text[2000];
};

/* Always returns false, so that one can `return err_set(…)`. */
bool err_set(struct err *e, enum err_kind kind, const char *fmt, ...) PRINTF(3, 4);
/* As err_set, with a place. */
bool err_at(struct err *e, int line, int col, const char *fmt, ...) PRINTF(4, 5);
/* Puts "CONTEXT: " in front of the text. Returns false. */
bool err_ctx(struct err *e, const char *fmt, ...) PRINTF(2, 3);
/* Where a call may fail but hardly ever does, this costs less than two thousand zeros. */
static inline void
err_clear(struct err *e)
{
	if (e == NULL)
		return;
	e->kind = ERR_NONE;
	e->line = e->col = 0;
	e->text[0] = '\0';
}

#endif
