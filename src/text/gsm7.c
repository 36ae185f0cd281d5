/* SPDX-License-Identifier: Apache-2.0 */
#include "text/gsm7.h"

#include <assert.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/utf8.h"

/* 3GPP TS 23.038 6.2.1: the rune of each septet; 0x1B leads to the extension table. */
static const uint16_t alphabet[128] = {
	'@', 0xA3, '$', 0xA5, 0xE8, 0xE9, 0xF9, 0xEC, 0xF2, 0xC7, '\n', 0xD8, 0xF8, '\r', 0xC5, 0xE5,
	0x394, '_', 0x3A6, 0x393, 0x39B, 0x3A9, 0x3A0, 0x3A8, 0x3A3, 0x398, 0x39E, 0xFFFF, 0xC6, 0xE6, 0xDF, 0xC9,
	' ', '!', '"', '#', 0xA4, '%', '&', '\'', '(', ')', '*', '+', ',', '-', '.', '/',
	'0', '1', '2', '3', '4', '5', '6', '7', '8', '9', ':', ';', '<', '=', '>', '?',
	0xA1, 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O',
	'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', 0xC4, 0xD6, 0xD1, 0xDC, 0xA7,
	0xBF, 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o',
	'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z', 0xE4, 0xF6, 0xF1, 0xFC, 0xE0,
};

/* 6.2.1.1 */
static const struct {
	uint16_t rune;
	unsigned char septet;
} extension[] = {
	{ '\f', 0x0A }, { '^', 0x14 }, { '{', 0x28 }, { '}', 0x29 }, { '\\', 0x2F },
	{ '[', 0x3C }, { '~', 0x3D }, { ']', 0x3E }, { '|', 0x40 }, { 0x20AC, 0x65 },
};

/* Look-alikes of what monitoring texts hold; the rest of Latin is done by stripping accents below. */
static const struct {
	uint16_t from;
	const char *to;
} look_alikes[] = {
	{ '\t', " " }, { '`', "'" }, { 0xA0, " " }, { 0xA9, "(c)" }, { 0xAB, "\"" }, { 0xAE, "(r)" }, { 0xB0, "o" },
	{ 0xB1, "+-" }, { 0xB2, "2" }, { 0xB3, "3" }, { 0xB5, "u" }, { 0xB7, "." }, { 0xBB, "\"" }, { 0xD7, "x" },
	{ 0x2010, "-" }, { 0x2011, "-" }, { 0x2012, "-" }, { 0x2013, "-" }, { 0x2014, "-" }, { 0x2015, "-" },
	{ 0x2018, "'" }, { 0x2019, "'" }, { 0x201A, "'" }, { 0x201C, "\"" }, { 0x201D, "\"" }, { 0x201E, "\"" },
	{ 0x2022, "*" }, { 0x2026, "..." }, { 0x202F, " " }, { 0x2032, "'" }, { 0x2033, "\"" }, { 0x2039, "<" },
	{ 0x203A, ">" }, { 0x2122, "(tm)" }, { 0x2190, "<-" }, { 0x2192, "->" }, { 0x21D2, "=>" }, { 0x2212, "-" },
	{ 0x2248, "~" }, { 0x2260, "!=" }, { 0x2264, "<=" }, { 0x2265, ">=" }, { 0x03BC, "u" },
};

/* Bases of the letters U+00C0 to U+017F, '?' where there is none. */
static const char latin_bases[] =
    "AAAAAAACEEEEIIIIDNOOOOO?OUUUUYTsaaaaaaaceeeeiiiidnooooo?ouuuuyty"
    "AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIiIiJjKkkLlLlLlLl"
    "LlNnNnNnnNnOoOoOoOoRrRrRrSsSsSsSsTtTtTtUuUuUuUuUuUuWwYyYZzZzZzs";

/* The septets of a rune, two for an extension character; 0 when it has none. */
static size_t
septets_of(uint32_t rune, unsigned char out[2])
{
	if (rune == 0xFFFF)
		return 0;
	/* Most of ASCII stands where it does in ASCII. */
	if (rune < 128 && alphabet[rune] == rune) {
		out[0] = (unsigned char)rune;
		return 1;
	}
	for (size_t i = 0; i < ARRAY_LEN(alphabet); i++)
		if (alphabet[i] == rune) {
			out[0] = (unsigned char)i;
			return 1;
		}
	for (size_t i = 0; i < ARRAY_LEN(extension); i++)
		if (extension[i].rune == rune) {
			out[0] = 0x1B;
			out[1] = extension[i].septet;
			return 2;
		}
	return 0;
}

static size_t
units_of(uint32_t rune, enum sms_encoding encoding)
{
	unsigned char septets[2];

	if (encoding == SMS_GSM7)
		return septets_of(rune, septets);
	return rune > 0xFFFF ? 2 : 1;
}

static enum sms_encoding
encoding_of(struct str s)
{
	unsigned char septets[2];
	uint32_t rune;

	while (s.n > 0) {
		s = str_sub(s, utf8_decode(s, &rune), s.n);
		if (septets_of(rune, septets) == 0)
			return SMS_UCS2;
	}
	return SMS_GSM7;
}

static size_t
segment_size(enum sms_encoding encoding, bool alone)
{
	if (encoding == SMS_GSM7)
		return alone ? 160 : 153;
	return alone ? 70 : 67;
}

/* Fills segments one after the other; a character of two units moves on whole. */
struct filling {
	enum sms_encoding encoding;
	size_t units, segments, room;	/* room: left in the last of several segments */
};

static void
fill(struct filling *f, uint32_t rune)
{
	size_t n = units_of(rune, f->encoding);

	f->units += n;
	if (f->room < n) {
		f->segments++;
		f->room = segment_size(f->encoding, false);
	}
	f->room -= n;
}

static struct sms_size
size_of(const struct filling *f)
{
	bool alone = f->units <= segment_size(f->encoding, true);

	return (struct sms_size){ f->encoding, f->units, alone ? 1 : f->segments };
}

static struct filling
fill_all(struct filling f, struct str s)
{
	uint32_t rune;

	while (s.n > 0) {
		s = str_sub(s, utf8_decode(s, &rune), s.n);
		fill(&f, rune);
	}
	return f;
}

struct sms_size
sms_measure(struct str s)
{
	struct filling f = fill_all((struct filling){ .encoding = encoding_of(s) }, s);

	return size_of(&f);
}

/* Belongs to the character in front of it: marks, selectors, skin tones, joiners. */
static bool
is_extending(uint32_t r)
{
	return (r >= 0x300 && r <= 0x36F) || (r >= 0x483 && r <= 0x489) || (r >= 0x591 && r <= 0x5BD) ||
	    (r >= 0x610 && r <= 0x61A) || (r >= 0x64B && r <= 0x65F) || (r >= 0x900 && r <= 0x903) ||
	    (r >= 0x93A && r <= 0x94F && r != 0x93D) || (r >= 0xE31 && r <= 0xE3A && r != 0xE32 && r != 0xE33) ||
	    (r >= 0xE47 && r <= 0xE4E) || (r >= 0x1AB0 && r <= 0x1AFF) || (r >= 0x1DC0 && r <= 0x1DFF) ||
	    r == 0x200D || (r >= 0x20D0 && r <= 0x20FF) || (r >= 0x302A && r <= 0x302F) || r == 0x3099 || r == 0x309A ||
	    (r >= 0xFE00 && r <= 0xFE0F) || (r >= 0xFE20 && r <= 0xFE2F) || (r >= 0x1F3FB && r <= 0x1F3FF) ||
	    (r >= 0xE0020 && r <= 0xE007F) || (r >= 0xE0100 && r <= 0xE01EF) ||
	    (r >= 0x1160 && r <= 0x11FF);	/* medial and final Hangul jamo */
}

static bool
is_regional(uint32_t r)
{
	return r >= 0x1F1E6 && r <= 0x1F1FF;
}

/*
 * Bytes of the first user-perceived character of s: a rune, what extends it,
 * what a joiner joins to it, and both halves of a flag.
 */
static size_t
character(struct str s)
{
	uint32_t first, previous, rune;
	size_t n = utf8_decode(s, &first);

	previous = first;
	while (n < s.n) {
		size_t more = utf8_decode(str_sub(s, n, s.n), &rune);
		bool flag = previous == first && is_regional(first) && is_regional(rune) && n == 4;

		if (!is_extending(rune) && previous != 0x200D && !flag)
			break;
		/* An endless pile of marks is not one character to anybody. */
		if (n > 256)
			break;
		n += more;
		previous = rune;
	}
	return n;
}

static bool
fits(const struct filling *f, size_t max_segments)
{
	return size_of(f).segments <= max_segments;
}

struct sms_size
sms_cut(struct sbuf *b, struct str s, size_t max_segments)
{
	enum sms_encoding encoding = encoding_of(s);
	struct str dots = encoding == SMS_GSM7 ? STR("...") : STR("\xE2\x80\xA6");
	struct filling f = fill_all((struct filling){ .encoding = encoding }, s);
	size_t keep = 0;

	assert(max_segments > 0);
	if (fits(&f, max_segments)) {
		sbuf_str(b, s);
		return size_of(&f);
	}
	f = (struct filling){ .encoding = encoding };
	while (keep < s.n) {
		size_t n = character(str_sub(s, keep, s.n));
		struct filling longer = fill_all(f, str_sub(s, keep, keep + n));
		struct filling with_dots = fill_all(longer, dots);

		if (!fits(&with_dots, max_segments))
			break;
		f = longer;
		keep += n;
	}
	f = fill_all(f, dots);
	sbuf_str(b, str_sub(s, 0, keep));
	sbuf_str(b, dots);
	return size_of(&f);
}

static const char *
look_alike(uint32_t rune)
{
	for (size_t i = 0; i < ARRAY_LEN(look_alikes); i++)
		if (look_alikes[i].from == rune)
			return look_alikes[i].to;
	return NULL;
}

void
sms_transliterate(struct sbuf *b, struct str s)
{
	unsigned char septets[2];
	uint32_t rune;

	while (s.n > 0) {
		size_t n = utf8_decode(s, &rune);
		const char *alike;

		if (septets_of(rune, septets) > 0)
			sbuf_put(b, s.p, n);
		else if ((alike = look_alike(rune)) != NULL)
			sbuf_puts(b, alike);
		else if (rune >= 0xC0 && rune - 0xC0 < sizeof(latin_bases) - 1)
			sbuf_putc(b, latin_bases[rune - 0xC0]);
		else if (!is_extending(rune))
			sbuf_putc(b, '?');
		s = str_sub(s, n, s.n);
	}
}

void
gsm7_encode(struct sbuf *b, struct str s)
{
	unsigned char septets[2];
	uint32_t rune;

	while (s.n > 0) {
		s = str_sub(s, utf8_decode(s, &rune), s.n);
		sbuf_put(b, septets, septets_of(rune, septets));
	}
}
