/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tmpl/lex.h - template source into tokens.
 *
 * Tokens borrow the source. After an error token only end-of-file tokens come.
 * Source: Go text/template/parse lex.go.
 */
#ifndef TMPL_LEX_H
#define TMPL_LEX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/str.h"

enum token_type {
	TOK_ERROR,	/* text is the message */
	TOK_BOOL,
	TOK_CHAR,	/* one printable character with no other meaning */
	TOK_CHAR_CONSTANT,
	TOK_COMPLEX,
	TOK_ASSIGN,
	TOK_DECLARE,
	TOK_EOF,
	TOK_FIELD,	/* .name */
	TOK_IDENTIFIER,
	TOK_LEFT_DELIM,
	TOK_LEFT_PAREN,
	TOK_NUMBER,
	TOK_PIPE,
	TOK_RAW_STRING,
	TOK_RIGHT_DELIM,
	TOK_RIGHT_PAREN,
	TOK_SPACE,
	TOK_STRING,
	TOK_TEXT,
	TOK_VARIABLE,
	TOK_KEYWORD,	/* only keywords after this */
	TOK_BLOCK,
	TOK_BREAK,
	TOK_CONTINUE,
	TOK_DOT,
	TOK_DEFINE,
	TOK_ELSE,
	TOK_END,
	TOK_IF,
	TOK_NIL,
	TOK_RANGE,
	TOK_TEMPLATE,
	TOK_WITH,
};

struct token {
	enum token_type type;
	size_t pos;
	struct str text;
	int line;
};

struct lexer {
	struct arena *arena;	/* of error messages */
	struct str input;
	size_t pos, start;
	int line, start_line;
	bool at_eof;
	bool inside_action;
	int paren_depth;
	struct token token;
};

void lexer_init(struct lexer *l, struct str input, struct arena *a);
struct token lexer_next(struct lexer *l);
/* How an error message names a token. */
struct str token_print(struct token t, struct arena *a);

#endif
