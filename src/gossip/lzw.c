/* SPDX-License-Identifier: Apache-2.0 */
/* Source: the variant is described at pkg.go.dev/compress/lzw and in the GIF89a specification, appendix F. */
#include "lzw.h"

#include <stdint.h>
#include <string.h>

#include "base/mem.h"

enum {
	CLEAR = 256,
	END = 257,
	WIDTH_MIN = 9,
	WIDTH_MAX = 12,
	CODES = 1 << WIDTH_MAX,
	NONE = 0xffff,
	SLOTS = 1 << 14, /* of the table of strings: four for each code */
};

struct packer {
	struct sbuf *out;
	uint32_t bits;
	unsigned bits_n, width, high;
	uint32_t slots[SLOTS]; /* (string before, byte) << 12 | code, or 0: no code is 0 */
};

static void
put_code(struct packer *p, unsigned code)
{
	p->bits |= (uint32_t)code << p->bits_n;
	p->bits_n += p->width;
	while (p->bits_n >= 8) {
		sbuf_putc(p->out, (char)(p->bits & 0xff));
		p->bits >>= 8;
		p->bits_n -= 8;
	}
}

static void
forget_strings(struct packer *p)
{
	p->width = WIDTH_MIN;
	p->high = END;
	memset(p->slots, 0, sizeof(p->slots));
}

/* Counts one code; false: they had been used up, and all strings are forgotten. */
static bool
next_code(struct packer *p)
{
	p->high++;
	if (p->high == 1u << p->width)
		p->width++;
	if (p->high < CODES - 1)
		return true;
	put_code(p, CLEAR);
	forget_strings(p);
	return false;
}

/* The slot of `string` followed by `byte`, or the empty one where it belongs. */
static uint32_t *
find_slot(struct packer *p, uint32_t string)
{
	uint32_t at = string * UINT32_C(2654435761) >> 18;

	while (p->slots[at] != 0 && p->slots[at] >> WIDTH_MAX != string)
		at = (at + 1) % SLOTS;
	return &p->slots[at];
}

void
lzw_pack(struct sbuf *out, struct str in)
{
	struct packer *p = NEW(struct packer);
	unsigned code;

	p->out = out;
	forget_strings(p);
	put_code(p, CLEAR);
	if (in.n > 0) {
		code = (unsigned char)in.p[0];
		for (size_t i = 1; i < in.n; i++) {
			unsigned char byte = (unsigned char)in.p[i];
			uint32_t string = (uint32_t)code << 8 | byte, *slot = find_slot(p, string);

			if (*slot != 0) {
				code = *slot & (CODES - 1);
				continue;
			}
			put_code(p, code);
			code = byte;
			if (next_code(p))
				*slot = string << WIDTH_MAX | p->high;
		}
		put_code(p, code);
		(void)next_code(p);
	}
	put_code(p, END);
	if (p->bits_n > 0)
		sbuf_putc(out, (char)(p->bits & 0xff));
	mem_free(p);
}

struct unpacker {
	struct str in;
	size_t at;
	uint32_t bits;
	unsigned bits_n, width, high, last;
	uint16_t before[CODES];
	uint8_t byte[CODES];
	char string[CODES];
};

/* False: the input is at its end. */
static bool
get_code(struct unpacker *u, unsigned *code)
{
	while (u->bits_n < u->width) {
		if (u->at == u->in.n)
			return false;
		u->bits |= (uint32_t)(unsigned char)u->in.p[u->at++] << u->bits_n;
		u->bits_n += 8;
	}
	*code = u->bits & ((1u << u->width) - 1);
	u->bits >>= u->width;
	u->bits_n -= u->width;
	return true;
}

static void
restart(struct unpacker *u)
{
	u->width = WIDTH_MIN;
	u->high = END;
	u->last = NONE;
}

/*
 * The string of a code, at the end of u->string from *at on. A code that is just being made is the last one and its
 * first byte.
 */
static unsigned
spell(struct unpacker *u, unsigned code, size_t *at)
{
	unsigned c = code;
	size_t i = CODES;

	if (code == u->high && u->last != NONE && code > END) {
		for (c = u->last; c >= CLEAR;)
			c = u->before[c];
		u->string[--i] = (char)c;
		c = u->last;
	}
	for (; c >= CLEAR; c = u->before[c])
		u->string[--i] = (char)u->byte[c];
	u->string[--i] = (char)c;
	*at = i;
	return c;
}

static void
learn(struct unpacker *u, unsigned code, unsigned first)
{
	if (u->last != NONE) {
		u->byte[u->high] = (uint8_t)first;
		u->before[u->high] = (uint16_t)u->last;
	}
	u->last = code;
	u->high++;
	if (u->high < 1u << u->width)
		return;
	if (u->width < WIDTH_MAX) {
		u->width++;
		return;
	}
	/* All codes are used: nothing is learnt until the sender clears them. */
	u->last = NONE;
	u->high--;
}

static bool
unpack(struct unpacker *u, struct sbuf *out, struct err *e)
{
	unsigned code, first;
	size_t at;

	for (;;) {
		if (!get_code(u, &code))
			return err_set(e, ERR_INVALID, "compressed data ends early");
		if (code == END)
			return true;
		if (code == CLEAR) {
			restart(u);
			continue;
		}
		if (code > u->high)
			return err_set(e, ERR_INVALID, "compressed data has a code that means nothing");
		first = spell(u, code, &at);
		sbuf_put(out, u->string + at, CODES - at);
		if (out->overflow)
			return err_set(e, ERR_LIMIT, "decompressed message is larger than %zu bytes", out->max);
		learn(u, code, first);
	}
}

bool
lzw_unpack(struct sbuf *out, struct str in, struct err *e)
{
	struct unpacker *u = NEW(struct unpacker);
	bool ok;

	u->in = in;
	restart(u);
	ok = unpack(u, out, e);
	mem_free(u);
	return ok;
}
