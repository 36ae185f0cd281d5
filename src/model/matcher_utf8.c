/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The UTF-8 grammar:
 *
 *	input   = [ "{" ] [ matcher { "," matcher } [ "," ] ] [ "}" ]
 *	matcher = word ( "=" | "!=" | "=~" | "!~" ) word
 *	word    = quoted | unquoted
 *
 * Braces have to balance.
 */
#include <assert.h>

#include "base/quote.h"
#include "base/utf8.h"
#include "matcher_grammar.h"
#include "matcher_lex.h"

#define END_OF_INPUT "end of input"

static bool
is_word(enum token_kind k)
{
	return k == TOKEN_QUOTED || k == TOKEN_UNQUOTED;
}

static bool
is_operator(enum token_kind k)
{
	return k == TOKEN_EQ || k == TOKEN_NE || k == TOKEN_RE || k == TOKEN_NRE;
}

static bool
is_after_matcher(enum token_kind k)
{
	return k == TOKEN_COMMA || k == TOKEN_CLOSE;
}

static bool
is_after_comma(enum token_kind k)
{
	return k == TOKEN_CLOSE || is_word(k);
}

/* Looks at the next token, which has to be one of `wanted`, or else `expected` tells what was. */
static bool
peek(struct matcher_lexer *l, bool (*wanted)(enum token_kind), const char *expected, struct token *t, struct err *e)
{
	if (!matcher_lexer_peek(l, t))
		return err_set(e, ERR_INVALID, "%s: %s", l->err.text, expected);
	if (t->kind == TOKEN_END)
		return err_set(e, ERR_INVALID, END_OF_INPUT ": %s", expected);
	if (!wanted(t->kind))
		return err_set(e, ERR_INVALID, "%zu:%zu: unexpected %.*s: %s", t->col, t->col_end, STR_ARG(t->text),
		    expected);
	return true;
}

static void
skip(struct matcher_lexer *l)
{
	struct token t;
	bool ok = matcher_lexer_next(l, &t);

	assert(ok);
	(void)ok;
}

static bool
take(struct matcher_lexer *l, bool (*wanted)(enum token_kind), const char *expected, struct token *t, struct err *e)
{
	if (!peek(l, wanted, expected, t, e))
		return false;
	skip(l);
	return true;
}

/* The text that a word stands for; *value borrows from it or from b. */
static bool
word_value(const struct token *t, struct sbuf *b, struct str *value, struct err *e)
{
	*value = t->text;
	if (t->kind == TOKEN_UNQUOTED)
		return true;
	if (!unquote_go(b, t->text) || !utf8_valid(sbuf_get(b)))
		return err_set(e, ERR_INVALID, "%zu:%zu: %.*s: invalid input", t->col, t->col_end, STR_ARG(t->text));
	*value = sbuf_get(b);
	return true;
}

static enum matcher_op
op_of(enum token_kind k)
{
	return k == TOKEN_EQ ? MATCH_EQ : k == TOKEN_NE ? MATCH_NE : k == TOKEN_RE ? MATCH_RE : MATCH_NRE;
}

static bool
parse_matcher(struct matcher_lexer *l, struct matchers *out, struct err *e)
{
	struct sbuf name_buf = SBUF_INIT(SBUF_UNLIMITED), value_buf = SBUF_INIT(SBUF_UNLIMITED);
	struct token t, op;
	struct str name, value;
	struct matcher m;
	bool ok = false;

	if (!take(l, is_word, "expected label name", &t, e) || !word_value(&t, &name_buf, &name, e))
		goto out;
	if (!take(l, is_operator, "expected an operator such as '=', '!=', '=~' or '!~'", &op, e))
		goto out;
	if (!take(l, is_word, "expected label value", &t, e) || !word_value(&t, &value_buf, &value, e))
		goto out;
	if (out->n >= MATCHERS_MAX) {
		err_set(e, ERR_LIMIT, "more than %d matchers", MATCHERS_MAX);
		goto out;
	}
	if (!matcher_init(&m, op_of(op.kind), name, value, e)) {
		err_ctx(e, "failed to create matcher");
		goto out;
	}
	matchers_append(out, &m);
	ok = true;
out:
	sbuf_fini(&name_buf);
	sbuf_fini(&value_buf);
	return ok;
}

static bool
at_end(struct matcher_lexer *l)
{
	struct token t;

	return matcher_lexer_peek(l, &t) && t.kind == TOKEN_END;
}

/* Up to a closing brace or the end of input. */
static bool
parse_list(struct matcher_lexer *l, struct matchers *out, struct err *e)
{
	struct token t;

	for (;;) {
		if (!parse_matcher(l, out, e))
			return false;
		if (at_end(l))
			return true;
		if (!peek(l, is_after_matcher, "expected a comma or close brace", &t, e))
			return false;
		if (t.kind == TOKEN_CLOSE)
			return true;
		skip(l);
		if (at_end(l))
			return true;
		if (!peek(l, is_after_comma, "expected a matcher or close brace after comma", &t, e))
			return false;
		if (t.kind == TOKEN_CLOSE)
			return true;
	}
}

/* At a closing brace or the end of input. */
static bool
parse_close(struct matcher_lexer *l, bool opened, struct err *e)
{
	struct token t;

	if (at_end(l)) {
		if (opened)
			return err_set(e, ERR_INVALID, "0:%zu: " END_OF_INPUT ": expected close brace", l->cols);
		return true;
	}
	skip(l);
	if (!opened)
		return err_set(e, ERR_INVALID, "0:%zu: }: expected opening brace", l->cols);
	if (!matcher_lexer_next(l, &t))
		return err_set(e, ERR_INVALID, "%s: expected end of input", l->err.text);
	if (t.kind != TOKEN_END)
		return err_set(e, ERR_INVALID, "%zu:%zu: %.*s: expected end of input", t.col, t.col_end,
		    STR_ARG(t.text));
	return true;
}

static bool
parse(struct matcher_lexer *l, struct matchers *out, struct err *e)
{
	struct token t;
	bool opened;

	if (!matcher_lexer_peek(l, &t))
		goto bad;
	if (t.kind == TOKEN_END)
		return true;
	opened = t.kind == TOKEN_OPEN;
	if (opened) {
		skip(l);
		if (!matcher_lexer_peek(l, &t))
			goto bad;
	}
	if (t.kind != TOKEN_END && t.kind != TOKEN_CLOSE && !parse_list(l, out, e))
		return false;
	return parse_close(l, opened, e);
bad:
	return err_set(e, ERR_INVALID, "%s", l->err.text);
}

bool
matchers_parse_utf8(struct str in, struct matchers *out, struct err *e)
{
	struct matchers found = { 0 };
	struct matcher_lexer l;
	bool ok;

	matcher_lexer_init(&l, in);
	ok = parse(&l, &found, e);
	if (ok)
		matchers_move(out, &found);
	matchers_fini(&found);
	return ok;
}
