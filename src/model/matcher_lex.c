/* SPDX-License-Identifier: Apache-2.0 */
#include "matcher_lex.h"

#include "base/utf8.h"

bool
rune_is_reserved(uint32_t r)
{
	return rune_is_space(r) || (r != 0 && r < 0x80 && strchr("{}!=~,\\\"'`", (int)r) != NULL);
}

void
matcher_lexer_init(struct matcher_lexer *l, struct str in)
{
	*l = (struct matcher_lexer){ .in = in };
}

/* The rune at the cursor; 0 bytes at the end of input. */
static size_t
look(const struct matcher_lexer *l, uint32_t *rune)
{
	return utf8_decode(str_sub(l->in, l->pos, l->in.n), rune);
}

/* Moves over one rune of n bytes. */
static void
step(struct matcher_lexer *l, size_t n)
{
	l->pos += n;
	l->cols++;
}

static bool
accept(struct matcher_lexer *l, char c)
{
	if (l->pos >= l->in.n || l->in.p[l->pos] != c)
		return false;
	step(l, 1);
	return true;
}

static bool
emit(struct matcher_lexer *l, enum token_kind kind, struct token *out)
{
	*out = (struct token){ kind, str_sub(l->in, l->start, l->pos), l->col, l->cols };
	l->start = l->pos;
	l->col = l->cols;
	return true;
}

static bool
fail(struct matcher_lexer *l, const char *why)
{
	struct str text = str_sub(l->in, l->start, l->pos);

	l->failed = true;
	return err_set(&l->err, ERR_INVALID, "%zu:%zu: %.*s: %s", l->col, l->cols, STR_ARG(text), why);
}

/* Behind a '!'. */
static bool
lex_negation(struct matcher_lexer *l, struct token *out)
{
	if (accept(l, '='))
		return emit(l, TOKEN_NE, out);
	if (accept(l, '~'))
		return emit(l, TOKEN_NRE, out);
	if (l->pos < l->in.n)
		return fail(l, "expected one of '=~'");
	l->failed = true;
	return err_set(&l->err, ERR_INVALID, "%zu:%zu: unexpected end of input, expected one of '=~'", l->col,
	    l->cols);
}

/* Behind the opening quote. */
static bool
lex_quoted(struct matcher_lexer *l, struct token *out)
{
	bool escaped = false;
	uint32_t r;
	size_t n;

	while ((n = look(l, &r)) != 0) {
		step(l, n);
		if (escaped)
			escaped = false;
		else if (r == '\\')
			escaped = true;
		else if (r == '"')
			return emit(l, TOKEN_QUOTED, out);
	}
	return fail(l, "missing end \"");
}

static bool
lex_unquoted(struct matcher_lexer *l, struct token *out)
{
	uint32_t r;
	size_t n;

	while ((n = look(l, &r)) != 0 && !rune_is_reserved(r))
		step(l, n);
	return emit(l, TOKEN_UNQUOTED, out);
}

bool
matcher_lexer_next(struct matcher_lexer *l, struct token *out)
{
	uint32_t r;
	size_t n;

	if (l->failed)
		return false;
	while ((n = look(l, &r)) != 0 && rune_is_space(r))
		step(l, n);
	l->start = l->pos;
	l->col = l->cols;
	if (n == 0) {
		*out = (struct token){ .kind = TOKEN_END };
		return true;
	}
	if (!rune_is_reserved(r))
		return lex_unquoted(l, out);
	step(l, n);
	switch (r) {
	case '{':
		return emit(l, TOKEN_OPEN, out);
	case '}':
		return emit(l, TOKEN_CLOSE, out);
	case ',':
		return emit(l, TOKEN_COMMA, out);
	case '=':
		return emit(l, accept(l, '~') ? TOKEN_RE : TOKEN_EQ, out);
	case '!':
		return lex_negation(l, out);
	case '"':
		return lex_quoted(l, out);
	default:
		return fail(l, "invalid input");
	}
}

bool
matcher_lexer_peek(struct matcher_lexer *l, struct token *out)
{
	size_t start = l->start, pos = l->pos, col = l->col, cols = l->cols;
	bool ok = matcher_lexer_next(l, out);

	l->start = start;
	l->pos = pos;
	l->col = col;
	l->cols = cols;
	return ok;
}
