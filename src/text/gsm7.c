/* SPDX-License-Identifier: Apache-2.0 */
#include "text/gsm7.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/compiler.h"
#include "base/utf8.h"
#include "gsm7_tables.h"

#define ESCAPE 0x1B

/* A rune's septet: 0 to 127, ESCAPE << 8 | septet, or -1. */
static int
septet_of(uint32_t rune)
{
	/* Most of ASCII stands where it does in ASCII. */
	if (rune < 128 && rune > 0 && gsm_alphabet[rune] == rune)
		return (int)rune;
	for (size_t i = 0; i < ARRAY_LEN(gsm_extension); i++) {
		if (gsm_extension[i].rune == rune)
			return ESCAPE << 8 | gsm_extension[i].septet;
	}
	for (size_t i = 0; rune != 0 && i < ARRAY_LEN(gsm_alphabet); i++) {
		if (gsm_alphabet[i] == rune)
			return (int)i;
	}
	return -1;
}

/* The units, of 7 or 16 bits, that a rune takes; 0 when the encoding has none for it. */
static size_t
units_of(uint32_t rune, enum sms_encoding encoding)
{
	if (encoding == SMS_UCS2)
		return rune > 0xFFFF ? 2 : 1;
	int septet = septet_of(rune);
	return septet < 0 ? 0 : septet > 127 ? 2 : 1;
}

/* Fills segments with characters, none of which is split. */
struct packer {
	enum sms_encoding encoding;
	size_t units;
	size_t segments;	/* if there are several: those begun */
	size_t used;		/* of the last one */
};

static void
pack(struct packer *p, size_t units)
{
	size_t size = p->encoding == SMS_GSM7 ? 153 : 67;

	p->units += units;
	if (p->segments == 0 || p->used + units > size) {
		p->segments++;
		p->used = 0;
	}
	p->used += units;
}

static size_t
packed_segments(const struct packer *p)
{
	return p->units <= (p->encoding == SMS_GSM7 ? 160u : 70u) ? 1 : p->segments;
}

static struct sms_size
packed_size(const struct packer *p)
{
	return (struct sms_size){ p->encoding, p->units, packed_segments(p) };
}

struct sms_size
sms_measure(struct str s)
{
	struct packer gsm = { .encoding = SMS_GSM7 }, ucs = { .encoding = SMS_UCS2 };
	bool fits = true;

	while (s.n > 0) {
		uint32_t rune;
		size_t n = utf8_decode(s, &rune), units = units_of(rune, SMS_GSM7);
		fits = fits && units > 0;
		pack(&gsm, units);
		pack(&ucs, units_of(rune, SMS_UCS2));
		s = str_sub(s, n, s.n);
	}
	return packed_size(fits ? &gsm : &ucs);
}

static int
compare_extending(const void *key, const void *item)
{
	uint32_t rune = *(const uint32_t *)key;
	const struct gsm_extending *range = item;

	return rune < range->lo ? -1 : rune > range->hi;
}

static bool
extends(uint32_t rune)
{
	return rune >= 0x300 && bsearch(&rune, gsm_extending, ARRAY_LEN(gsm_extending), sizeof(gsm_extending[0]),
	    compare_extending) != NULL;
}

static bool
is_flag_letter(uint32_t rune)
{
	return rune >= 0x1F1E6 && rune <= 0x1F1FF;
}

/* Bytes of the first character as users see it: with its marks, joined emoji, pairs of flag letters. */
static size_t
cluster(struct str s)
{
	uint32_t rune, next;
	size_t n = utf8_decode(s, &rune);
	bool flag = is_flag_letter(rune), joined = false;

	if (rune == '\r' && s.n > 1 && s.p[1] == '\n')
		return 2;
	while (n < s.n) {
		size_t len = utf8_decode(str_sub(s, n, s.n), &next);
		bool second = flag && is_flag_letter(next);
		if (!extends(next) && !joined && !second)
			break;
		flag = flag && !second;
		joined = next == 0x200D;
		n += len;
	}
	return n;
}

/* Packs all runes of s; false when one has no code. */
static bool
pack_text(struct packer *p, struct str s)
{
	while (s.n > 0) {
		uint32_t rune;
		size_t n = utf8_decode(s, &rune), units = units_of(rune, p->encoding);
		if (units == 0)
			return false;
		pack(p, units);
		s = str_sub(s, n, s.n);
	}
	return true;
}

/* Bytes of the longest beginning of s that fits with the ellipsis behind it. */
static size_t
longest_beginning(struct str s, enum sms_encoding encoding, struct str ellipsis, size_t max_segments)
{
	struct packer p = { .encoding = encoding };
	size_t best = 0;

	for (size_t i = 0; i < s.n;) {
		size_t n = cluster(str_sub(s, i, s.n));
		if (!pack_text(&p, str_sub(s, i, i + n)))
			break;
		struct packer with = p;
		bool fits = pack_text(&with, ellipsis) && packed_segments(&with) <= max_segments;
		i += n;
		if (fits)
			best = i;
		else if (packed_segments(&p) > max_segments)
			break;
	}
	return best;
}

struct sms_size
sms_cut(struct sbuf *b, struct str s, size_t max_segments)
{
	const struct str dots = STR("..."), ellipsis = STR("…");
	struct sms_size size = sms_measure(s);

	assert(max_segments > 0);
	if (size.segments <= max_segments) {
		sbuf_str(b, s);
		return size;
	}
	/* The rest may all be in the GSM alphabet, even if the whole is not. */
	size_t gsm = longest_beginning(s, SMS_GSM7, dots, max_segments);
	size_t ucs = longest_beginning(s, SMS_UCS2, ellipsis, max_segments);
	struct sbuf out = SBUF_INIT(SBUF_UNLIMITED);
	sbuf_str(&out, str_sub(s, 0, gsm >= ucs ? gsm : ucs));
	sbuf_str(&out, gsm >= ucs ? dots : ellipsis);
	size = sms_measure(sbuf_get(&out));
	sbuf_str(b, sbuf_get(&out));
	sbuf_fini(&out);
	return size;
}

static int
compare_like(const void *key, const void *item)
{
	uint32_t rune = *(const uint32_t *)key;
	const struct gsm_like *like = item;

	return rune < like->rune ? -1 : rune > like->rune;
}

bool
sms_transliterate(struct sbuf *b, struct str s)
{
	struct sbuf out = SBUF_INIT(SBUF_UNLIMITED);
	bool all = true;

	while (s.n > 0 && all) {
		uint32_t rune;
		size_t n = utf8_decode(s, &rune);
		const struct gsm_like *like;

		if (septet_of(rune) >= 0)
			sbuf_str(&out, str_sub(s, 0, n));
		else if ((like = bsearch(&rune, gsm_likes, ARRAY_LEN(gsm_likes), sizeof(gsm_likes[0]), compare_like)) != NULL)
			sbuf_puts(&out, like->text);
		else
			all = extends(rune);	/* marks of their own go without a trace */
		s = str_sub(s, n, s.n);
	}
	if (all)
		sbuf_str(b, sbuf_get(&out));
	sbuf_fini(&out);
	return all;
}

void
gsm7_encode(struct sbuf *b, struct str s)
{
	while (s.n > 0) {
		uint32_t rune;
		size_t n = utf8_decode(s, &rune);
		int septet = septet_of(rune);
		assert(septet >= 0);
		if (septet > 127)
			sbuf_putc(b, ESCAPE);
		sbuf_putc(b, (char)(septet & 127));
		s = str_sub(s, n, s.n);
	}
}
