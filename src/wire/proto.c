/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/proto.h"

#include <endian.h>
#include <string.h>

#include "base/copy.h"

#define VARINT_MAX 10

/* The bytes it takes, VARINT_MAX at most. */
static size_t
write_varint(char *out, uint64_t v)
{
	size_t n = 0;

	for (; v >= 0x80; v >>= 7)
		out[n++] = (char)(v | 0x80);
	out[n++] = (char)v;
	return n;
}

/* A field of whole numbers: what it is, and the number. */
static size_t
write_pair(char *out, uint64_t tag, uint64_t v)
{
	size_t n = write_varint(out, tag);

	return n + write_varint(out + n, v);
}

void
proto_varint(struct sbuf *b, uint64_t v)
{
	char bytes[VARINT_MAX];

	sbuf_put(b, bytes, write_varint(bytes, v));
}

void
proto_uint(struct sbuf *b, unsigned field, uint64_t v)
{
	char bytes[2 * VARINT_MAX];

	sbuf_put(b, bytes, write_pair(bytes, (uint64_t)field << 3, v));
}

void
proto_double(struct sbuf *b, unsigned field, double v)
{
	uint64_t bits;
	char bytes[8];

	memcpy(&bits, &v, sizeof(bits));
	for (int i = 0; i < 8; i++)
		bytes[i] = (char)(bits >> (8 * i));
	proto_varint(b, (uint64_t)field << 3 | 1);
	sbuf_put(b, bytes, sizeof(bytes));
}

void
proto_begin(struct sbuf *b, unsigned field, size_t n)
{
	char bytes[2 * VARINT_MAX];

	sbuf_put(b, bytes, write_pair(bytes, (uint64_t)field << 3 | 2, n));
}

/* Most names and values: head and length have one byte each. */
static inline void
put_short(struct sbuf *b, unsigned field, struct str v)
{
	char *p;

	if (!sbuf_reserve(b, 2 + v.n))
		return;
	p = b->p + b->n;
	p[0] = (char)(field << 3 | 2);
	p[1] = (char)v.n;
	p = copy_short(p + 2, v.n > 0 ? v.p : "", v.n);
	*p = '\0';
	b->n += 2 + v.n;
}

void
proto_bytes(struct sbuf *b, unsigned field, struct str v)
{
	char head[2 * VARINT_MAX];
	size_t n;

	/* In one go: a record is a hundred of these. */
	if (field < 16 && v.n < 0x80) {
		put_short(b, field, v);
		return;
	}
	n = write_pair(head, (uint64_t)field << 3 | 2, v.n);
	if (!sbuf_reserve(b, n + v.n))
		return;
	memcpy(b->p + b->n, head, n);
	memcpy(b->p + b->n + n, v.n > 0 ? v.p : "", v.n);
	b->n += n + v.n;
	b->p[b->n] = '\0';
}

static size_t
varint_size(uint64_t v)
{
	size_t n = 1;

	for (; v >= 0x80; v >>= 7)
		n++;
	return n;
}

size_t
proto_bytes_size(unsigned field, size_t n)
{
	return varint_size((uint64_t)field << 3) + varint_size(n) + n;
}

/* Room for the length of most that is nested. */
#define LENGTH_ROOM 2

size_t
proto_open(struct sbuf *b, unsigned field)
{
	char room[VARINT_MAX + LENGTH_ROOM] = { 0 };
	size_t n = write_varint(room, (uint64_t)field << 3 | 2);

	sbuf_put(b, room, n + LENGTH_ROOM);
	return b->n;
}

void
proto_close(struct sbuf *b, size_t opened)
{
	size_t n = b->n - opened, size = varint_size(n);

	if (b->overflow || (size > LENGTH_ROOM && !sbuf_reserve(b, size - LENGTH_ROOM)))
		return;
	if (size != LENGTH_ROOM)
		memmove(b->p + opened - LENGTH_ROOM + size, b->p + opened, n);
	write_varint(b->p + opened - LENGTH_ROOM, n);
	b->n = opened - LENGTH_ROOM + size + n;
	b->p[b->n] = '\0';
}

void
proto_time(struct sbuf *b, unsigned field, struct wall t)
{
	char inner[4 * VARINT_MAX];
	size_t n = 0;

	if (t.s != 0)
		n += write_pair(inner, UINT64_C(1) << 3, (uint64_t)t.s);
	if (t.ns != 0)
		n += write_pair(inner + n, UINT64_C(2) << 3, (uint64_t)t.ns);
	proto_bytes(b, field, (struct str){ inner, n });
}

/* Takes n bytes off the front, which are there. */
static inline void
pass(struct proto_reader *r, size_t n)
{
	r->rest.p += n;
	r->rest.n -= n;
}

static bool
read_long_varint(struct proto_reader *r, uint64_t *out)
{
	const unsigned char *p = (const unsigned char *)r->rest.p;
	size_t most = r->rest.n < VARINT_MAX ? r->rest.n : VARINT_MAX;
	uint64_t v = 0;

	for (size_t i = 0; i < most; i++) {
		unsigned char c = p[i];

		v |= (uint64_t)(c & 0x7f) << (7 * i);
		if (c < 0x80) {
			pass(r, i + 1);
			*out = v;
			return true;
		}
	}
	r->bad = true;
	return false;
}

/* Most take one byte. */
static inline bool
read_varint(struct proto_reader *r, uint64_t *out)
{
	if (r->rest.n == 0 || (unsigned char)r->rest.p[0] >= 0x80)
		return read_long_varint(r, out);
	*out = (unsigned char)r->rest.p[0];
	pass(r, 1);
	return true;
}

bool
proto_read_varint(struct proto_reader *r, uint64_t *out)
{
	return read_varint(r, out);
}

static inline bool
read_record(struct proto_reader *r, struct str *out)
{
	uint64_t n;

	if (r->rest.n == 0 || !read_varint(r, &n))
		return false;
	if (n > r->rest.n) {
		r->bad = true;
		return false;
	}
	*out = (struct str){ r->rest.p, (size_t)n };
	pass(r, (size_t)n);
	return true;
}

bool
proto_read_record(struct proto_reader *r, struct str *out)
{
	return read_record(r, out);
}

static bool
read_fixed(struct proto_reader *r, size_t n, uint64_t *out)
{
	*out = 0;
	if (r->rest.n < n) {
		r->bad = true;
		return false;
	}
	for (size_t i = 0; i < n; i++)
		*out |= (uint64_t)(unsigned char)r->rest.p[i] << (8 * i);
	pass(r, n);
	return true;
}

static inline bool
read_field(struct proto_reader *r, struct proto_field *f)
{
	uint64_t tag;

	if (r->bad || r->rest.n == 0 || !read_varint(r, &tag))
		return false;
	f->number = (unsigned)(tag >> 3);
	f->type = tag & 7;
	switch (f->type) {
	case 0:
		return read_varint(r, &f->u);
	case 1:
		return read_fixed(r, 8, &f->u);
	case 2:
		if (r->rest.n > 0 && read_record(r, &f->bytes))
			return true;
		break;
	case 5:
		return read_fixed(r, 4, &f->u);
	default:
		break;
	}
	r->bad = true;
	return false;
}

/* A field of bytes whose head and length have one byte each, as most; false: it is another one, and not taken. */
static inline bool
read_short(struct proto_reader *r, struct proto_field *f)
{
	const unsigned char *p = (const unsigned char *)r->rest.p;
	size_t n = r->rest.n;

	if (n < 2 || (p[0] & 0x87) != 2 || p[1] >= 0x80 || p[1] > n - 2 || r->bad)
		return false;
	n = p[1];
	*f = (struct proto_field){ .number = p[0] >> 3, .type = 2, .bytes = { r->rest.p + 2, n }, .raw = { r->rest.p, n + 2 } };
	pass(r, n + 2);
	return true;
}

static NOINLINE bool
read_any(struct proto_reader *r, struct proto_field *f)
{
	struct str before = r->rest;

	*f = (struct proto_field){ 0 };
	if (!read_field(r, f))
		return false;
	f->raw = (struct str){ before.p, before.n - r->rest.n };
	return true;
}

bool
proto_next(struct proto_reader *r, struct proto_field *f)
{
	return read_short(r, f) || (r->rest.n > 0 && read_any(r, f));
}

#define LAST_BITS UINT64_C(0x8080808080)	/* of five bytes */

/* A varint of n bytes, five at most, which are the lowest of v; false: it is another one. */
static inline bool
short_varint(uint64_t v, unsigned n, uint64_t *out)
{
	if ((v & LAST_BITS) != (LAST_BITS & ((UINT64_C(1) << (8 * n - 8)) - 1)))
		return false;
	*out = (v & 0x7f) | (v >> 1 & 0x3f80) | (v >> 2 & 0x1fc000) | (v >> 3 & 0xfe00000) | (v >> 4 & UINT64_C(0x7f0000000));
	return true;
}

#define SECONDS_FROM 1
#define SECONDS_BYTES 5
#define NS_FROM 7

/* Most times, seconds of these centuries and the nanoseconds: two heads of a byte each, five bytes, and five at most. */
static inline bool
read_usual_time(struct str bytes, struct wall *out)
{
	uint64_t front, back, s, ns;
	unsigned n = (unsigned)bytes.n - NS_FROM;

	if (bytes.n <= NS_FROM || bytes.n > NS_FROM + 5 || bytes.p[0] != 1 << 3 || bytes.p[NS_FROM - 1] != 2 << 3)
		return false;
	memcpy(&front, bytes.p, sizeof(front));
	memcpy(&back, bytes.p + bytes.n - sizeof(back), sizeof(back));
	front = le64toh(front) >> 8 * SECONDS_FROM & UINT64_C(0xffffffffff);
	back = le64toh(back) >> (64 - 8 * n);
	if (!short_varint(front, SECONDS_BYTES, &s) || !short_varint(back, n, &ns) || ns > 999999999)
		return false;
	*out = (struct wall){ .s = (int64_t)s, .ns = (int32_t)ns };
	return true;
}

bool
proto_read_time(struct str bytes, struct wall *out)
{
	struct proto_reader r = { .rest = bytes };
	struct proto_field f;
	struct wall t = { 0 };

	if (read_usual_time(bytes, out))
		return true;

	while (r.rest.n > 0 && !r.bad) {
		char tag = r.rest.p[0];

		/* Mostly there is nothing else: a head of one byte, and the number. */
		if (tag == 1 << 3 || tag == 2 << 3) {
			pass(&r, 1);
			f = (struct proto_field){ .number = (unsigned)tag >> 3 };
			if (!read_varint(&r, &f.u))
				break;
		} else if (!proto_next(&r, &f)) {
			break;
		}
		if (f.type == 0 && f.number == 1)
			t.s = (int64_t)f.u;
		else if (f.type == 0 && f.number == 2)
			t.ns = (int32_t)f.u;
	}
	if (r.bad || t.ns < 0 || t.ns > 999999999)
		return false;
	*out = t;
	return true;
}

double
proto_as_double(uint64_t bits)
{
	double v;

	memcpy(&v, &bits, sizeof(v));
	return v;
}
