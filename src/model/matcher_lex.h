/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens of the UTF-8 grammar of matchers (Alertmanager matcher/parse).
 *
 * Columns count runes from 0; a column range ends before its end. The input is
 * borrowed. After the first mistake the lexer gives nothing but that mistake.
 */
#ifndef MODEL_MATCHER_LEX_H
#define MODEL_MATCHER_LEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

enum token_kind {
	TOKEN_END,
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_COMMA,
	TOKEN_EQ,
	TOKEN_NE,
	TOKEN_RE,
	TOKEN_NRE,
	TOKEN_QUOTED,	/* with its quotes */
	TOKEN_UNQUOTED,
};

struct token {
	enum token_kind kind;
	struct str text;
	size_t col, col_end;
};

struct matcher_lexer {
	struct str in;
	size_t start, pos;	/* of the token in the making, in bytes */
	size_t col, cols;	/* the same in runes */
	bool failed;
	struct err err;
};

void matcher_lexer_init(struct matcher_lexer *l, struct str in);
/* False: l->err. */
bool matcher_lexer_next(struct matcher_lexer *l, struct token *out);
/* As next, without consuming the token. */
bool matcher_lexer_peek(struct matcher_lexer *l, struct token *out);

/* White space and what the grammar uses: cannot be part of an unquoted word. */
bool rune_is_reserved(uint32_t r);

#endif
