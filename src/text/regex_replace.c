/* SPDX-License-Identifier: Apache-2.0 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <assert.h>

#include "base/utf8.h"
#include "regex_private.h"

/*
 * The subject as PCRE2 gets it, and where each of its bytes comes from. Text
 * outside of matches is copied from the source, malformed bytes included.
 */
struct source {
	struct str src;		/* as given */
	struct str text;	/* valid UTF-8 */
	struct sbuf clean;
	size_t *origin;		/* NULL: text is src */
};

static void
source_init(struct source *s, struct str src)
{
	*s = (struct source){ .src = src, .text = src, .clean = SBUF_INIT(SBUF_UNLIMITED) };
	if (utf8_valid(src))
		return;
	regex_clean(&s->clean, src);
	s->text = sbuf_get(&s->clean);
	s->origin = mem_calloc(s->text.n + 1, sizeof(*s->origin));
	size_t to = 0;
	for (size_t from = 0; from < src.n;) {
		uint32_t rune;
		size_t n = utf8_decode(str_sub(src, from, src.n), &rune);
		size_t len = rune == RUNE_ERROR ? 3 : n;
		for (size_t i = 0; i < len; i++)
			s->origin[to++] = from;
		from += n;
	}
	s->origin[to] = src.n;
}

static void
source_fini(struct source *s)
{
	sbuf_fini(&s->clean);
	mem_free(s->origin);
}

/* The part of the source that [from, to) of the text stands for. */
static struct str
source_part(const struct source *s, size_t from, size_t to)
{
	if (s->origin == NULL)
		return str_sub(s->src, from, to);
	return str_sub(s->src, s->origin[from], s->origin[to]);
}

/*
 * The name or number behind a $: name, or {name}. False when there is none; *t
 * then stays. *number is -1 when the name is none.
 */
static bool
take_reference(struct str *t, struct str *name, int *number)
{
	bool brace = t->n > 0 && t->p[0] == '{';
	struct str s = str_sub(*t, brace ? 1 : 0, t->n);
	size_t n = 0;

	while (n < s.n) {
		uint32_t rune;
		size_t len = utf8_decode(str_sub(s, n, s.n), &rune);
		if (rune != '_' && !rune_is_letter(rune) && !rune_is_digit(rune))
			break;
		n += len;
	}
	if (n == 0 || (brace && (n >= s.n || s.p[n] != '}')))
		return false;
	*name = str_sub(s, 0, n);
	*number = 0;
	for (size_t i = 0; i < n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9' || *number >= 100000000) {
			*number = -1;
			break;
		}
		*number = *number * 10 + (s.p[i] - '0');
	}
	if (n > 1 && s.p[0] == '0')
		*number = -1;
	*t = str_sub(s, brace ? n + 1 : n, s.n);
	return true;
}

static void
put_group(const struct regex *re, const struct source *s, int group, struct sbuf *out)
{
	const size_t *offsets = pcre2_get_ovector_pointer(re->data);

	if (offsets[2 * group] != PCRE2_UNSET)
		sbuf_str(out, source_part(s, offsets[2 * group], offsets[2 * group + 1]));
}

/* Go Regexp.Expand. */
static void
expand(const struct regex *re, const struct source *s, struct str repl, struct sbuf *out)
{
	const size_t *offsets = pcre2_get_ovector_pointer(re->data);

	for (;;) {
		size_t dollar = str_chr(repl, '$');
		struct str name;
		int number;
		sbuf_str(out, str_sub(repl, 0, dollar));
		if (dollar == repl.n)
			return;
		repl = str_sub(repl, dollar + 1, repl.n);
		if (repl.n > 0 && repl.p[0] == '$') {
			sbuf_putc(out, '$');
			repl = str_sub(repl, 1, repl.n);
		} else if (!take_reference(&repl, &name, &number)) {
			sbuf_putc(out, '$');
		} else if (number >= 0) {
			if (number <= re->captures)
				put_group(re, s, number, out);
		} else {
			for (int i = 1; i <= re->captures; i++) {
				if (str_is(name, re->name[i]) && offsets[2 * i] != PCRE2_UNSET) {
					put_group(re, s, i, out);
					break;
				}
			}
		}
	}
}

enum regex_result
regex_replace_all(const struct regex *cre, struct str repl, struct str src, struct sbuf *out)
{
	struct regex *re = (struct regex *)(uintptr_t)cre;
	enum regex_result result = REGEX_NO, one = REGEX_NO;
	size_t copied = 0, at = 0;
	struct source s;

	assert(re->mode == REGEX_SEARCH);
	source_init(&s, src);
	while (at <= s.text.n && (one = regex_run(re, 0, s.text, at)) == REGEX_YES) {
		const size_t *offsets = pcre2_get_ovector_pointer(re->data);
		size_t from = offsets[0], to = offsets[1];
		uint32_t rune;
		result = REGEX_YES;
		sbuf_str(out, source_part(&s, copied, from));
		/* No empty match directly behind another match. */
		if (to > copied || from == 0)
			expand(re, &s, repl, out);
		copied = to;
		size_t width = utf8_decode(str_sub(s.text, at, s.text.n), &rune);
		if (at + width > to)
			at += width;
		else if (at + 1 > to)
			at++;
		else
			at = to;
	}
	sbuf_str(out, source_part(&s, copied, s.text.n));
	source_fini(&s);
	return one == REGEX_LIMIT ? REGEX_LIMIT : result;
}
