/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Title case: the first cased letter of each word in title case, the rest of
 * the word in lower case. Words end where Unicode Annex 29 ends them, as far
 * as golang.org/x/text/cases follows it.
 */
#include "base/utf8.h"
#include "funcs.h"

struct range {
	uint32_t first, last;
};

/* Case pairs and ligatures whose title case is not their upper case. */
static const struct {
	uint32_t rune;
	const char *title;
} titles[] = {
	{ 0xDF, "Ss" }, { 0x149, "\xCA\xBCN" }, { 0x1C4, "\xC7\x85" }, { 0x1C6, "\xC7\x85" },
	{ 0x1C7, "\xC7\x88" }, { 0x1C9, "\xC7\x88" }, { 0x1CA, "\xC7\x8B" }, { 0x1CC, "\xC7\x8B" },
	{ 0x1F0, "J\xCC\x8C" }, { 0x1F1, "\xC7\xB2" }, { 0x1F3, "\xC7\xB2" },
	{ 0x587, "\xD4\xB5\xD6\x82" }, { 0xFB00, "Ff" }, { 0xFB01, "Fi" }, { 0xFB02, "Fl" },
	{ 0xFB03, "Ffi" }, { 0xFB04, "Ffl" }, { 0xFB05, "St" }, { 0xFB06, "St" },
};

/* Letters with a case but without a counterpart. */
static const struct range caseless_pairs[] = {
	{ 0xAA, 0xAA }, { 0xBA, 0xBA }, { 0xDF, 0xDF }, { 0x138, 0x138 }, { 0x149, 0x149 }, { 0x18D, 0x18D },
	{ 0x19B, 0x19B }, { 0x1AA, 0x1AB }, { 0x1BA, 0x1BA }, { 0x1C5, 0x1C5 }, { 0x1C8, 0x1C8 },
	{ 0x1CB, 0x1CB }, { 0x1F0, 0x1F0 }, { 0x1F2, 0x1F2 }, { 0x221, 0x221 }, { 0x234, 0x239 },
	{ 0x250, 0x2AF }, { 0x2B0, 0x2B8 }, { 0x2C0, 0x2C1 }, { 0x2E0, 0x2E4 }, { 0x390, 0x390 },
	{ 0x3B0, 0x3B0 }, { 0x587, 0x587 }, { 0x1D00, 0x1DBF }, { 0x2071, 0x2071 }, { 0x207F, 0x207F },
	{ 0x2090, 0x209C }, { 0xFB00, 0xFB06 }, { 0xFB13, 0xFB17 },
};

/* Between letters these do not end a word; two of them in a row do. */
static const struct range mids[] = {
	{ '\'', '\'' }, { '.', '.' }, { ':', ':' }, { 0xB7, 0xB7 }, { 0x387, 0x387 }, { 0x55F, 0x55F },
	{ 0x5F4, 0x5F4 }, { 0x2018, 0x2019 }, { 0x2024, 0x2024 }, { 0x2027, 0x2027 }, { 0xFE13, 0xFE13 },
	{ 0xFE52, 0xFE52 }, { 0xFE55, 0xFE55 }, { 0xFF07, 0xFF07 }, { 0xFF0E, 0xFF0E }, { 0xFF1A, 0xFF1A },
};

/* Connectors, combining marks and invisible characters that belong to the word. */
static const struct range joiners[] = {
	{ '_', '_' }, { 0xAD, 0xAD }, { 0x2B0, 0x36F }, { 0x483, 0x489 }, { 0x591, 0x5BD }, { 0x5BF, 0x5BF },
	{ 0x5C1, 0x5C2 }, { 0x5C4, 0x5C5 }, { 0x5C7, 0x5C7 }, { 0x600, 0x605 }, { 0x610, 0x61A },
	{ 0x64B, 0x65F }, { 0x670, 0x670 }, { 0x6D6, 0x6DD }, { 0x6DF, 0x6E8 }, { 0x6EA, 0x6ED },
	{ 0x900, 0x903 }, { 0x93A, 0x94F }, { 0x962, 0x963 }, { 0x1AB0, 0x1AFF }, { 0x1DC0, 0x1DFF },
	{ 0x200C, 0x200F }, { 0x202A, 0x202E }, { 0x203F, 0x2040 }, { 0x2054, 0x2054 }, { 0x2060, 0x206F },
	{ 0x20D0, 0x20F0 }, { 0xFE00, 0xFE0F }, { 0xFE20, 0xFE2F }, { 0xFE33, 0xFE34 }, { 0xFE4D, 0xFE4F },
	{ 0xFEFF, 0xFEFF }, { 0xFF3F, 0xFF3F },
};

/* Letters of scripts without spaces: each is a word of its own. */
static const struct range loners[] = {
	{ 0xE00, 0xEFF }, { 0x1000, 0x109F }, { 0x1780, 0x17FF }, { 0x2E80, 0x3004 }, { 0x3006, 0x3030 },
	{ 0x3036, 0x31FF }, { 0x3400, 0x9FFF }, { 0xF900, 0xFAFF }, { 0x20000, 0x3FFFF },
};

static bool
in(uint32_t r, const struct range *ranges, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (r >= ranges[i].first && r <= ranges[i].last)
			return true;
	return false;
}

static bool
is_cased(uint32_t r)
{
	return rune_upper(r) != r || rune_lower(r) != r || rune_is_upper(r) ||
	    in(r, caseless_pairs, ARRAY_LEN(caseless_pairs));
}

static bool
is_mid(uint32_t r)
{
	return in(r, mids, ARRAY_LEN(mids));
}

static bool
ends_word(uint32_t r)
{
	if (is_mid(r) || in(r, joiners, ARRAY_LEN(joiners)))
		return false;
	if (in(r, loners, ARRAY_LEN(loners)))
		return true;
	return !rune_is_letter(r) && !rune_is_digit(r);
}

static void
put_rune(struct sbuf *b, uint32_t r)
{
	char bytes[4];

	sbuf_put(b, bytes, utf8_encode(r, bytes));
}

static void
put_title(struct sbuf *b, uint32_t r)
{
	for (size_t i = 0; i < ARRAY_LEN(titles); i++)
		if (titles[i].rune == r) {
			sbuf_puts(b, titles[i].title);
			return;
		}
	/* Georgian has capitals, but no title case. */
	put_rune(b, r >= 0x10D0 && r <= 0x10FF ? r : rune_upper(r));
}

/* Is a sigma in front of s the last letter of its word? */
static bool
is_final(struct str s)
{
	while (s.n > 0) {
		uint32_t r;
		size_t n = utf8_decode(s, &r);
		bool ignorable = is_mid(r) || (r != '_' && in(r, joiners, ARRAY_LEN(joiners)));
		if (!ignorable)
			return !is_cased(r);
		s = str_sub(s, n, s.n);
	}
	return true;
}

static void
put_lower(struct sbuf *b, uint32_t r, struct str after)
{
	if (r == 0x3A3)
		put_rune(b, is_final(after) ? 0x3C2 : 0x3C3);
	else if (r == 0x130)
		sbuf_puts(b, "i\xCC\x87");
	else
		put_rune(b, rune_lower(r));
}

void
title_case(struct sbuf *b, struct str s)
{
	bool in_word = false, was_mid = false;

	for (size_t i = 0; i < s.n;) {
		uint32_t r;
		size_t n = utf8_decode(str_sub(s, i, s.n), &r);
		bool mid = is_mid(r);
		if (mid && was_mid)
			in_word = false;
		if (!is_cased(r)) {
			sbuf_put(b, s.p + i, n);
			in_word = in_word && !ends_word(r);
		} else if (!in_word) {
			put_title(b, r);
			in_word = true;
		} else {
			put_lower(b, r, str_sub(s, i + n, s.n));
		}
		was_mid = mid;
		i += n;
	}
}
