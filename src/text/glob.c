/* SPDX-License-Identifier: Apache-2.0 */
#include "text/glob.h"

#include <stdint.h>

#include "base/ascii.h"
#include "base/utf8.h"

/* A pattern is a row of chunks: stars in front, then characters without a star. */
struct chunk {
	bool star;
	struct str text;
};

static struct chunk
next_chunk(struct str *pattern)
{
	struct chunk c = { 0 };
	bool in_range = false;
	size_t i = 0;

	while (i < pattern->n && pattern->p[i] == '*') {
		c.star = true;
		i++;
	}
	*pattern = str_sub(*pattern, i, pattern->n);
	for (i = 0; i < pattern->n; i++) {
		char ch = pattern->p[i];
		if (ch == '\\') {
			if (i + 1 < pattern->n)
				i++;
		} else if (ch == '[') {
			in_range = true;
		} else if (ch == ']') {
			in_range = false;
		} else if (ch == '*' && !in_range) {
			break;
		}
	}
	c.text = str_sub(*pattern, 0, i);
	*pattern = str_sub(*pattern, i, pattern->n);
	return c;
}

/* One character of a class, escapes undone; false when the pattern is malformed. */
static bool
class_rune(struct str *chunk, uint32_t *rune)
{
	if (chunk->n == 0 || chunk->p[0] == '-' || chunk->p[0] == ']')
		return false;
	if (chunk->p[0] == '\\') {
		*chunk = str_sub(*chunk, 1, chunk->n);
		if (chunk->n == 0)
			return false;
	}
	size_t n = utf8_decode(*chunk, rune);
	if (*rune == RUNE_ERROR && n == 1)
		return false;
	*chunk = str_sub(*chunk, n, chunk->n);
	return chunk->n > 0;
}

/* chunk begins behind '['. */
static bool
match_class(struct str *chunk, uint32_t rune, bool *in)
{
	bool negated = false, match = false;

	if (chunk->n > 0 && chunk->p[0] == '^') {
		negated = true;
		*chunk = str_sub(*chunk, 1, chunk->n);
	}
	for (int ranges = 0;; ranges++) {
		if (chunk->n > 0 && chunk->p[0] == ']' && ranges > 0) {
			*chunk = str_sub(*chunk, 1, chunk->n);
			break;
		}
		uint32_t low, high;
		if (!class_rune(chunk, &low))
			return false;
		high = low;
		if (chunk->p[0] == '-') {
			*chunk = str_sub(*chunk, 1, chunk->n);
			if (!class_rune(chunk, &high))
				return false;
		}
		if (low <= rune && rune <= high)
			match = true;
	}
	*in = match != negated;
	return true;
}

/*
 * Whether chunk matches a beginning of s; *rest is what follows. The pattern is
 * read to its end even after a mismatch, so that mistakes in it are found.
 */
static bool
match_chunk(struct str chunk, struct str s, struct str *rest, bool *matched)
{
	bool failed = false;

	while (chunk.n > 0) {
		failed = failed || s.n == 0;
		char c = chunk.p[0];
		if (c == '[') {
			uint32_t rune = 0;
			bool in;
			size_t n = failed ? 0 : utf8_decode(s, &rune);
			s = str_sub(s, n, s.n);
			chunk = str_sub(chunk, 1, chunk.n);
			if (!match_class(&chunk, rune, &in))
				return false;
			failed = failed || !in;
			continue;
		}
		if (c == '?') {
			uint32_t rune;
			failed = failed || s.p[0] == '/';
			if (!failed)
				s = str_sub(s, utf8_decode(s, &rune), s.n);
			chunk = str_sub(chunk, 1, chunk.n);
			continue;
		}
		if (c == '\\') {
			chunk = str_sub(chunk, 1, chunk.n);
			if (chunk.n == 0)
				return false;
		}
		failed = failed || s.p[0] != chunk.p[0];
		if (!failed)
			s = str_sub(s, 1, s.n);
		chunk = str_sub(chunk, 1, chunk.n);
	}
	*matched = !failed;
	*rest = s;
	return true;
}

/* Tries the chunk behind a star at all places before the next slash. */
static bool
match_after_star(struct str chunk, bool last, struct str name, struct str *rest, bool *matched)
{
	for (size_t i = 0; i < name.n && name.p[i] != '/'; i++) {
		if (!match_chunk(chunk, str_sub(name, i + 1, name.n), rest, matched))
			return false;
		if (*matched && last && rest->n > 0)
			*matched = false;
		else if (*matched)
			return true;
	}
	*matched = false;
	return true;
}

/* Only looks for mistakes in what is left of the pattern. */
static bool
check_rest(struct str pattern)
{
	while (pattern.n > 0) {
		struct chunk c = next_chunk(&pattern);
		struct str rest;
		bool matched;
		if (!match_chunk(c.text, STR_NONE, &rest, &matched))
			return false;
	}
	return true;
}

static bool
match(struct str pattern, struct str name, bool *matched)
{
	*matched = false;
	while (pattern.n > 0) {
		struct chunk c = next_chunk(&pattern);
		struct str rest = STR_NONE;
		bool ok;
		if (c.star && c.text.n == 0) {
			*matched = str_chr(name, '/') == name.n;
			return true;
		}
		if (!match_chunk(c.text, name, &rest, &ok))
			return false;
		if (ok && (rest.n == 0 || pattern.n > 0)) {
			name = rest;
			continue;
		}
		if (c.star) {
			if (!match_after_star(c.text, pattern.n == 0, name, &rest, &ok))
				return false;
			if (ok) {
				name = rest;
				continue;
			}
		}
		return check_rest(pattern);
	}
	*matched = name.n == 0;
	return true;
}

bool
glob_match(struct str pattern, struct str name, bool *matched, struct err *e)
{
	if (!match(pattern, name, matched)) {
		*matched = false;
		return err_set(e, ERR_INVALID, "syntax error in pattern");
	}
	return true;
}

bool
glob_has_meta(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (ascii_in(s.p[i], "*?[\\"))
			return true;
	}
	return false;
}
