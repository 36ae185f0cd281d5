/* SPDX-License-Identifier: Apache-2.0 */
#include "lex.h"

#include "base/compiler.h"
#include "base/quote.h"
#include "base/sbuf.h"
#include "base/utf8.h"

#define RUNE_EOF UINT32_MAX

/* The outcome of a state: it emits a token itself, or says which state goes on. */
enum lex_state { LEX_DONE, LEX_TEXT, LEX_LEFT_DELIM, LEX_COMMENT, LEX_RIGHT_DELIM, LEX_INSIDE };

static const struct {
	const char *word;
	enum token_type type;
} keywords[] = {
	{ "block", TOK_BLOCK }, { "break", TOK_BREAK }, { "continue", TOK_CONTINUE },
	{ "define", TOK_DEFINE }, { "else", TOK_ELSE }, { "end", TOK_END }, { "if", TOK_IF },
	{ "range", TOK_RANGE }, { "nil", TOK_NIL }, { "template", TOK_TEMPLATE },
	{ "with", TOK_WITH }, { "true", TOK_BOOL }, { "false", TOK_BOOL },
};

static bool
is_space(uint32_t r)
{
	return r == ' ' || r == '\t' || r == '\r' || r == '\n';
}

static bool
is_alphanumeric(uint32_t r)
{
	return r == '_' || (r != RUNE_EOF && (rune_is_letter(r) || rune_is_digit(r)));
}

static struct str
rest(const struct lexer *l)
{
	return str_sub(l->input, l->pos, l->input.n);
}

static int
count_lines(struct str s)
{
	int n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += s.p[i] == '\n';
	return n;
}

static uint32_t
next(struct lexer *l)
{
	uint32_t r;

	if (l->pos >= l->input.n) {
		l->at_eof = true;
		return RUNE_EOF;
	}
	l->pos += utf8_decode(rest(l), &r);
	if (r == '\n')
		l->line++;
	return r;
}

static uint32_t
peek(const struct lexer *l)
{
	uint32_t r;

	if (l->pos >= l->input.n)
		return RUNE_EOF;
	utf8_decode(rest(l), &r);
	return r;
}

/* Undoes the last next(). */
static void
backup(struct lexer *l)
{
	uint32_t r;

	if (l->at_eof || l->pos == 0)
		return;
	size_t at = l->pos - 1;
	while (at > 0 && l->pos - at < 4 && ((unsigned char)l->input.p[at] & 0xC0) == 0x80)
		at--;
	if (utf8_decode(str_sub(l->input, at, l->pos), &r) != l->pos - at)
		at = l->pos - 1;
	l->pos = at;
	if (l->input.p[at] == '\n')
		l->line--;
}

static struct token
this_token(struct lexer *l, enum token_type type)
{
	struct token t = { type, l->start, str_sub(l->input, l->start, l->pos), l->start_line };

	l->start = l->pos;
	l->start_line = l->line;
	return t;
}

static enum lex_state
emit(struct lexer *l, enum token_type type)
{
	l->token = this_token(l, type);
	return LEX_DONE;
}

static void
ignore(struct lexer *l)
{
	l->line += count_lines(str_sub(l->input, l->start, l->pos));
	l->start = l->pos;
	l->start_line = l->line;
}

static enum lex_state
fail(struct lexer *l, struct str message)
{
	l->token = (struct token){ TOK_ERROR, l->start, message, l->start_line };
	l->start = l->pos = 0;
	l->input.n = 0;
	return LEX_DONE;
}

/* "U+0023 '#'", as Go's %#U. */
static struct str
rune_name(struct lexer *l, uint32_t r)
{
	char bytes[4];

	if (r == RUNE_EOF)
		return STR("U+FFFFFFFFFFFFFFFF");
	if (!rune_is_print(r))
		return arena_printf(l->arena, "U+%04X", (unsigned)r);
	size_t n = utf8_encode(r, bytes);
	return arena_printf(l->arena, "U+%04X '%.*s'", (unsigned)r, (int)n, bytes);
}

static enum lex_state
fail_rune(struct lexer *l, const char *what, uint32_t r)
{
	struct str name = rune_name(l, r);

	return fail(l, arena_printf(l->arena, "%s%.*s", what, STR_ARG(name)));
}

static bool
left_trim_marker(struct str s)
{
	return s.n >= 2 && s.p[0] == '-' && is_space((unsigned char)s.p[1]);
}

static bool
right_trim_marker(struct str s)
{
	return s.n >= 2 && is_space((unsigned char)s.p[0]) && s.p[1] == '-';
}

static void
skip_space(struct lexer *l)
{
	while (l->pos < l->input.n && is_space((unsigned char)l->input.p[l->pos]))
		l->pos++;
}

/* At a closing delimiter, with or without its trim marker? */
static bool
at_right_delim(const struct lexer *l, bool *trim)
{
	struct str s = rest(l);

	*trim = right_trim_marker(s) && str_starts(str_sub(s, 2, s.n), STR("}}"));
	return *trim || str_starts(s, STR("}}"));
}

static enum lex_state
lex_text(struct lexer *l)
{
	size_t x = str_find(rest(l), STR("{{"));

	if (l->pos + x >= l->input.n) {
		l->pos = l->input.n;
		if (l->pos == l->start)
			return emit(l, TOK_EOF);
		l->line += count_lines(str_sub(l->input, l->start, l->pos));
		return emit(l, TOK_TEXT);
	}
	if (x == 0)
		return LEX_LEFT_DELIM;
	l->pos += x;
	size_t end = l->pos;
	if (left_trim_marker(str_sub(l->input, l->pos + 2, l->input.n)))
		while (end > l->start && is_space((unsigned char)l->input.p[end - 1]))
			end--;
	size_t delim = l->pos;
	l->pos = end;
	l->line += count_lines(str_sub(l->input, l->start, l->pos));
	struct token t = this_token(l, TOK_TEXT);
	l->pos = delim;
	ignore(l);
	if (t.text.n == 0)
		return LEX_LEFT_DELIM;
	l->token = t;
	return LEX_DONE;
}

static enum lex_state
lex_left_delim(struct lexer *l)
{
	l->pos += 2;
	size_t marker = left_trim_marker(rest(l)) ? 2 : 0;
	if (str_starts(str_sub(l->input, l->pos + marker, l->input.n), STR("/*"))) {
		l->pos += marker;
		ignore(l);
		return LEX_COMMENT;
	}
	struct token t = this_token(l, TOK_LEFT_DELIM);
	l->inside_action = true;
	l->pos += marker;
	ignore(l);
	l->paren_depth = 0;
	l->token = t;
	return LEX_DONE;
}

static enum lex_state
lex_comment(struct lexer *l)
{
	bool trim;

	l->pos += 2;
	size_t x = str_find(rest(l), STR("*/"));
	if (l->pos + x >= l->input.n)
		return fail(l, STR("unclosed comment"));
	l->pos += x + 2;
	if (!at_right_delim(l, &trim))
		return fail(l, STR("comment ends before closing delimiter"));
	l->pos += trim ? 4 : 2;
	if (trim)
		skip_space(l);
	ignore(l);
	return LEX_TEXT;
}

static enum lex_state
lex_right_delim(struct lexer *l)
{
	bool trim;

	at_right_delim(l, &trim);
	if (trim) {
		l->pos += 2;
		ignore(l);
	}
	l->pos += 2;
	struct token t = this_token(l, TOK_RIGHT_DELIM);
	if (trim) {
		skip_space(l);
		ignore(l);
	}
	l->inside_action = false;
	l->token = t;
	return LEX_DONE;
}

static enum lex_state
lex_space(struct lexer *l)
{
	int n = 0;

	while (is_space(peek(l))) {
		next(l);
		n++;
	}
	/* The last blank may belong to " -}}". */
	struct str tail = str_sub(l->input, l->pos - 1, l->input.n);
	if (right_trim_marker(tail) && str_starts(str_sub(tail, 2, tail.n), STR("}}"))) {
		backup(l);
		if (n == 1)
			return LEX_RIGHT_DELIM;
	}
	return emit(l, TOK_SPACE);
}

/* Is what follows allowed right behind a word? */
static bool
at_terminator(const struct lexer *l)
{
	uint32_t r = peek(l);

	if (is_space(r) || r == RUNE_EOF || (r < 0x80 && strchr(".,|:)(", (int)r) != NULL && r != 0))
		return true;
	return str_starts(rest(l), STR("}}"));
}

static enum lex_state
lex_identifier(struct lexer *l)
{
	uint32_t r;

	while (is_alphanumeric(r = next(l)))
		;
	backup(l);
	if (!at_terminator(l))
		return fail_rune(l, "bad character ", r);
	struct str word = str_sub(l->input, l->start, l->pos);
	for (size_t i = 0; i < ARRAY_LEN(keywords); i++)
		if (str_is(word, keywords[i].word))
			return emit(l, keywords[i].type);
	return emit(l, TOK_IDENTIFIER);
}

static enum lex_state
lex_field(struct lexer *l, enum token_type type)
{
	uint32_t r;

	if (at_terminator(l))
		return emit(l, type == TOK_VARIABLE ? TOK_VARIABLE : TOK_DOT);
	while (is_alphanumeric(r = next(l)))
		;
	backup(l);
	if (!at_terminator(l))
		return fail_rune(l, "bad character ", r);
	return emit(l, type);
}

/* A literal in quotes with backslash escapes, on one line. */
static enum lex_state
lex_quoted(struct lexer *l, uint32_t quote, enum token_type type, struct str unterminated)
{
	for (;;) {
		uint32_t r = next(l);
		if (r == quote)
			return emit(l, type);
		if (r == '\\')
			r = next(l);
		if (r == RUNE_EOF || r == '\n')
			return fail(l, unterminated);
	}
}

static enum lex_state
lex_raw(struct lexer *l)
{
	for (;;) {
		uint32_t r = next(l);
		if (r == RUNE_EOF)
			return fail(l, STR("unterminated raw quoted string"));
		if (r == '`')
			return emit(l, TOK_RAW_STRING);
	}
}

static bool
accept(struct lexer *l, const char *set)
{
	uint32_t r = peek(l);

	if (r == 0 || r >= 0x80 || strchr(set, (int)r) == NULL)
		return false;
	next(l);
	return true;
}

static bool
scan_number(struct lexer *l)
{
	static const char decimal[] = "0123456789_", hex[] = "0123456789abcdefABCDEF_";
	const char *digits = decimal;

	accept(l, "+-");
	if (accept(l, "0")) {
		if (accept(l, "xX"))
			digits = hex;
		else if (accept(l, "oO"))
			digits = "01234567_";
		else if (accept(l, "bB"))
			digits = "01_";
	}
	while (accept(l, digits))
		;
	if (accept(l, "."))
		while (accept(l, digits))
			;
	if ((digits == decimal && accept(l, "eE")) || (digits == hex && accept(l, "pP"))) {
		accept(l, "+-");
		while (accept(l, decimal))
			;
	}
	accept(l, "i");
	if (is_alphanumeric(peek(l))) {
		next(l);
		return false;
	}
	return true;
}

static enum lex_state
lex_number(struct lexer *l)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	bool ok = scan_number(l);
	enum token_type type = TOK_NUMBER;

	if (ok && (peek(l) == '+' || peek(l) == '-')) {
		type = TOK_COMPLEX;
		ok = scan_number(l) && l->input.p[l->pos - 1] == 'i';
	}
	if (ok)
		return emit(l, type);
	sbuf_puts(&b, "bad number syntax: ");
	quote_go(&b, str_sub(l->input, l->start, l->pos));
	struct str message = arena_str(l->arena, sbuf_get(&b));
	sbuf_fini(&b);
	return fail(l, message);
}

static enum lex_state
lex_punctuation(struct lexer *l, uint32_t r)
{
	switch (r) {
	case '=':
		return emit(l, TOK_ASSIGN);
	case ':':
		if (next(l) != '=')
			return fail(l, STR("expected :="));
		return emit(l, TOK_DECLARE);
	case '|':
		return emit(l, TOK_PIPE);
	case '"':
		return lex_quoted(l, '"', TOK_STRING, STR("unterminated quoted string"));
	case '\'':
		return lex_quoted(l, '\'', TOK_CHAR_CONSTANT, STR("unterminated character constant"));
	case '`':
		return lex_raw(l);
	case '$':
		return lex_field(l, TOK_VARIABLE);
	case '(':
		l->paren_depth++;
		return emit(l, TOK_LEFT_PAREN);
	case ')':
		if (--l->paren_depth < 0)
			return fail(l, STR("unexpected right paren"));
		return emit(l, TOK_RIGHT_PAREN);
	default:
		if (r >= ' ' && r < 0x7F)
			return emit(l, TOK_CHAR);
		return fail_rune(l, "unrecognized character in action: ", r);
	}
}

static enum lex_state
lex_inside(struct lexer *l)
{
	bool trim;

	if (at_right_delim(l, &trim)) {
		if (l->paren_depth == 0)
			return LEX_RIGHT_DELIM;
		return fail(l, STR("unclosed left paren"));
	}
	uint32_t r = next(l);
	if (r == RUNE_EOF)
		return fail(l, STR("unclosed action"));
	if (is_space(r)) {
		backup(l);
		return lex_space(l);
	}
	if (r == '.') {
		uint32_t after = peek(l);
		if (after != RUNE_EOF && (after < '0' || after > '9'))
			return lex_field(l, TOK_FIELD);
	}
	if (r == '.' || r == '+' || r == '-' || (r >= '0' && r <= '9')) {
		backup(l);
		return lex_number(l);
	}
	if (is_alphanumeric(r)) {
		backup(l);
		return lex_identifier(l);
	}
	return lex_punctuation(l, r);
}

void
lexer_init(struct lexer *l, struct str input, struct arena *a)
{
	*l = (struct lexer){ .arena = a, .input = input, .line = 1, .start_line = 1 };
}

struct token
lexer_next(struct lexer *l)
{
	enum lex_state state = l->inside_action ? LEX_INSIDE : LEX_TEXT;

	l->token = (struct token){ TOK_EOF, l->pos, STR("EOF"), l->start_line };
	for (;;) {
		switch (state) {
		case LEX_DONE:
			return l->token;
		case LEX_TEXT:
			state = lex_text(l);
			break;
		case LEX_LEFT_DELIM:
			state = lex_left_delim(l);
			break;
		case LEX_COMMENT:
			state = lex_comment(l);
			break;
		case LEX_RIGHT_DELIM:
			state = lex_right_delim(l);
			break;
		case LEX_INSIDE:
			state = lex_inside(l);
			break;
		}
	}
}

struct str
token_print(struct token t, struct arena *a)
{
	if (t.type == TOK_EOF)
		return STR("EOF");
	if (t.type == TOK_ERROR)
		return t.text;
	if (t.type > TOK_KEYWORD)
		return arena_printf(a, "<%.*s>", STR_ARG(t.text));
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	bool cut = t.text.n > 10;
	quote_go(&b, cut ? str_sub(t.text, 0, utf8_prefix(t.text, 10)) : t.text);
	if (cut)
		sbuf_puts(&b, "...");
	struct str s = arena_str(a, sbuf_get(&b));
	sbuf_fini(&b);
	return s;
}
