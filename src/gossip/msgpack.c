/* SPDX-License-Identifier: Apache-2.0 */
#include "msgpack.h"

/* Values within one that is passed over. */
#define SKIPPED_MAX 1024

static void
put_number(struct sbuf *b, unsigned char head, uint64_t v, unsigned bytes)
{
	sbuf_putc(b, (char)head);
	while (bytes-- > 0)
		sbuf_putc(b, (char)(v >> (8 * bytes) & 0xff));
}

void
msgpack_put_map(struct sbuf *b, unsigned n)
{
	sbuf_putc(b, (char)(0x80 | (n & 15)));
}

void
msgpack_put_uint(struct sbuf *b, uint64_t v)
{
	if (v < 0x80)
		sbuf_putc(b, (char)v);
	else if (v <= UINT8_MAX)
		put_number(b, 0xcc, v, 1);
	else if (v <= UINT16_MAX)
		put_number(b, 0xcd, v, 2);
	else if (v <= UINT32_MAX)
		put_number(b, 0xce, v, 4);
	else
		put_number(b, 0xcf, v, 8);
}

void
msgpack_put_bool(struct sbuf *b, bool v)
{
	sbuf_putc(b, (char)(v ? 0xc3 : 0xc2));
}

void
msgpack_put_bytes(struct sbuf *b, struct str v)
{
	if (v.n < 32)
		sbuf_putc(b, (char)(0xa0 | v.n));
	else if (v.n <= UINT16_MAX)
		put_number(b, 0xda, v.n, 2);
	else
		put_number(b, 0xdb, v.n, 4);
	sbuf_str(b, v);
}

static bool
fail(struct msgpack *m, bool shorter)
{
	if (shorter && !m->bad)
		m->shorter = true;
	else
		m->bad = true;
	return false;
}

/* A number of that many bytes, most significant first. */
static bool
take(struct msgpack *m, unsigned bytes, uint64_t *v)
{
	if (m->bad || m->shorter)
		return false;
	if (m->in.n - m->at < bytes)
		return fail(m, true);
	*v = 0;
	while (bytes-- > 0)
		*v = *v << 8 | (unsigned char)m->in.p[m->at++];
	return true;
}

static bool
slice(struct msgpack *m, uint64_t n, struct str *out)
{
	if (m->in.n - m->at < n)
		return fail(m, true);
	*out = (struct str){ m->in.p + m->at, (size_t)n };
	m->at += (size_t)n;
	return true;
}

bool
msgpack_map(struct msgpack *m, size_t *n)
{
	uint64_t head, v;

	if (!take(m, 1, &head))
		return false;
	if (head >> 4 == 8)
		v = head & 15;
	else if (head != 0xde && head != 0xdf)
		return fail(m, false);
	else if (!take(m, head == 0xde ? 2 : 4, &v))
		return false;
	*n = (size_t)v;
	return true;
}

bool
msgpack_uint(struct msgpack *m, uint64_t *v)
{
	uint64_t head;
	unsigned bytes;

	if (!take(m, 1, &head))
		return false;
	if (head < 0x80) {
		*v = head;
		return true;
	}
	/* uint 8 to 64, int 8 to 64 */
	if (head < 0xcc || head > 0xd3)
		return fail(m, false);
	bytes = 1u << (head & 3);
	if (!take(m, bytes, v))
		return false;
	if (head >= 0xd0 && *v >> (8 * bytes - 1) != 0)
		return fail(m, false);
	return true;
}

bool
msgpack_bool(struct msgpack *m, bool *v)
{
	uint64_t head;

	if (!take(m, 1, &head))
		return false;
	if (head != 0xc2 && head != 0xc3)
		return fail(m, false);
	*v = head == 0xc3;
	return true;
}

/* How many bytes the length behind such a head has; -1: it is not text or bytes. */
static int
length_bytes(uint64_t head)
{
	switch (head) {
	case 0xc4:
	case 0xd9:
		return 1;
	case 0xc5:
	case 0xda:
		return 2;
	case 0xc6:
	case 0xdb:
		return 4;
	default:
		return -1;
	}
}

bool
msgpack_bytes(struct msgpack *m, struct str *v)
{
	uint64_t head, n;

	if (!take(m, 1, &head))
		return false;
	if (head == 0xc0) {
		*v = STR_NONE;
		return true;
	}
	if (head >> 5 == 5)
		return slice(m, head & 31, v);
	if (length_bytes(head) < 0)
		return fail(m, false);
	return take(m, (unsigned)length_bytes(head), &n) && slice(m, n, v);
}

/* How many values are within the one with this head, which has been read; its own bytes are passed over. */
static bool
skip_one(struct msgpack *m, uint64_t head, uint64_t *within)
{
	static const unsigned char fixed[] = { 4, 8, 1, 2, 4, 8, 1, 2, 4, 8, 2, 3, 5, 9, 17 }; /* 0xca to 0xd8 */
	uint64_t n;
	struct str s;

	*within = 0;
	if (head < 0x80 || head >= 0xe0 || head == 0xc0 || head == 0xc2 || head == 0xc3)
		return true;
	if (head >> 4 == 8 || head >> 4 == 9) {
		*within = (head & 15) << (head >> 4 == 8);
		return true;
	}
	if (head >> 5 == 5)
		return slice(m, head & 31, &s);
	if (length_bytes(head) > 0)
		return take(m, (unsigned)length_bytes(head), &n) && slice(m, n, &s);
	if (head >= 0xc7 && head <= 0xc9)
		return take(m, 1u << (head - 0xc7), &n) && slice(m, n + 1, &s);
	if (head >= 0xca && head <= 0xd8)
		return slice(m, fixed[head - 0xca], &s);
	if (head < 0xdc)
		return fail(m, false);
	if (!take(m, head & 1 ? 4 : 2, &n))
		return false;
	*within = n << (head >= 0xde);
	return true;
}

bool
msgpack_skip(struct msgpack *m)
{
	uint64_t head, within, left = 1;

	for (unsigned i = 0; i < SKIPPED_MAX && left > 0; i++) {
		if (!take(m, 1, &head) || !skip_one(m, head, &within))
			return false;
		left += within - 1;
	}
	return left == 0 || fail(m, false);
}
