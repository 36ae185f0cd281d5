/* SPDX-License-Identifier: Apache-2.0 */
#include "datagram.h"

#include <zlib.h>

#include "lzw.h"
#include "message.h"

size_t
datagram_room(struct str label)
{
	return DATAGRAM_SIZE - DATAGRAM_HEAD - (label.n > 0 ? 2 + label.n : 0);
}

void
label_put(struct sbuf *b, struct str label)
{
	if (label.n == 0)
		return;
	sbuf_putc(b, (char)MESSAGE_LABEL);
	sbuf_putc(b, (char)label.n);
	sbuf_str(b, label);
}

bool
label_take(struct str *in, struct str label, struct err *e)
{
	struct str has = STR_NONE;

	if (in->n > 0 && (unsigned char)in->p[0] == MESSAGE_LABEL) {
		size_t n = in->n > 1 ? (unsigned char)in->p[1] : 0;

		if (n == 0 || in->n < 2 + n)
			return err_set(e, ERR_INVALID, "a malformed label");
		has = str_sub(*in, 2, 2 + n);
		*in = str_sub(*in, 2 + n, in->n);
	}
	if (!str_eq(has, label))
		return err_set(e, ERR_INVALID, "another cluster's label: \"%.*s\"", STR_ARG(has));
	return true;
}

void
compressed_put(struct sbuf *out, struct str plain)
{
	struct message m = { .type = MESSAGE_COMPRESS };
	struct sbuf packed = SBUF_INIT(SBUF_UNLIMITED);

	lzw_pack(&packed, plain);
	m.buffer = sbuf_get(&packed);
	message_put(out, &m);
	sbuf_fini(&packed);
}

bool
compressed_get(struct sbuf *out, struct str fields, struct err *e)
{
	struct message m;
	size_t used;

	if (!message_get(fields, MESSAGE_COMPRESS, &m, &used, e))
		return false;
	if (m.algorithm != 0)
		return err_set(e, ERR_INVALID, "an unknown compression: %u", (unsigned)m.algorithm);
	return lzw_unpack(out, m.buffer, e);
}

static void
put_number(struct sbuf *b, uint32_t v, unsigned bytes)
{
	while (bytes-- > 0)
		sbuf_putc(b, (char)(v >> (8 * bytes) & 0xff));
}

static uint32_t
checksum(struct str s)
{
	return (uint32_t)crc32_z(crc32_z(0, NULL, 0), (const unsigned char *)s.p, s.n);
}

static void
put_compound(struct sbuf *b, const struct str *messages, size_t n)
{
	sbuf_putc(b, MESSAGE_COMPOUND);
	sbuf_putc(b, (char)n);
	for (size_t i = 0; i < n; i++)
		put_number(b, (uint32_t)messages[i].n, 2);
	for (size_t i = 0; i < n; i++)
		sbuf_str(b, messages[i]);
}

void
datagram_put(struct sbuf *b, struct str label, bool crc, const struct str *messages, size_t n)
{
	struct sbuf plain = SBUF_INIT(SBUF_UNLIMITED), packed = SBUF_INIT(SBUF_UNLIMITED);
	struct str body;

	if (n == 1)
		sbuf_str(&plain, messages[0]);
	else
		put_compound(&plain, messages, n);
	body = sbuf_get(&plain);
	compressed_put(&packed, body);
	if (packed.n < body.n)
		body = sbuf_get(&packed);
	label_put(b, label);
	if (crc) {
		sbuf_putc(b, MESSAGE_CRC);
		put_number(b, checksum(body), 4);
	}
	sbuf_str(b, body);
	sbuf_fini(&plain);
	sbuf_fini(&packed);
}

static unsigned
byte_at(struct str s, size_t i)
{
	return (unsigned char)s.p[i];
}

static bool
take_checksum(struct str *in, struct err *e)
{
	uint32_t sum;

	if (in->n == 0 || byte_at(*in, 0) != MESSAGE_CRC)
		return true;
	if (in->n < 5)
		return err_set(e, ERR_INVALID, "a checksum that ends early");
	sum = (uint32_t)byte_at(*in, 1) << 24 | byte_at(*in, 2) << 16 | byte_at(*in, 3) << 8 | byte_at(*in, 4);
	*in = str_sub(*in, 5, in->n);
	if (checksum(*in) != sum)
		return err_set(e, ERR_INVALID, "a wrong checksum");
	return true;
}

static bool
split(struct str in, struct datagram *out, struct err *e)
{
	size_t n, at;

	if (in.n < 2 || in.n < 2 + 2 * (size_t)byte_at(in, 1))
		return err_set(e, ERR_INVALID, "a list of messages that ends early");
	n = byte_at(in, 1);
	at = 2 + 2 * n;
	for (size_t i = 0; i < n; i++) {
		size_t length = byte_at(in, 2 + 2 * i) << 8 | byte_at(in, 3 + 2 * i);

		if (in.n - at < length)
			return err_set(e, ERR_INVALID, "a list of messages that ends early");
		if (length > 0)
			out->messages[out->n++] = str_sub(in, at, at + length);
		at += length;
	}
	return true;
}

bool
datagram_get(struct str in, struct str label, struct datagram *out, struct err *e)
{
	out->n = 0;
	out->unfolded = (struct sbuf)SBUF_INIT(DATAGRAM_UNFOLDED_MAX);
	if (!label_take(&in, label, e) || !take_checksum(&in, e))
		return false;
	if (in.n > 0 && byte_at(in, 0) == MESSAGE_COMPRESS) {
		if (!compressed_get(&out->unfolded, str_sub(in, 1, in.n), e))
			return false;
		in = sbuf_get(&out->unfolded);
	}
	if (in.n == 0)
		return err_set(e, ERR_INVALID, "an empty datagram");
	if (byte_at(in, 0) == MESSAGE_COMPOUND)
		return split(in, out, e);
	out->messages[out->n++] = in;
	return true;
}

void
datagram_fini(struct datagram *d)
{
	sbuf_fini(&d->unfolded);
}
