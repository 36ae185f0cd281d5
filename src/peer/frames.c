/* SPDX-License-Identifier: Apache-2.0 */
#include "frames.h"

#include "wire/proto.h"

#define VERSION "v0.1.0"

enum { FIELD_VERSION = 1, FIELD_KIND, FIELD_FROM, FIELD_MESSAGE };

void
frame_put(struct sbuf *out, const struct frame *f)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	proto_bytes(&b, FIELD_VERSION, STR(VERSION));
	if (f->kind == FRAME_PACKET) {
		proto_uint(&b, FIELD_KIND, FRAME_PACKET);
		proto_bytes(&b, FIELD_FROM, f->from);
		proto_bytes(&b, FIELD_MESSAGE, f->packet);
	}
	for (unsigned i = 0; i < FRAME_HEAD; i++)
		sbuf_putc(out, (char)(b.n >> 8 * i & 0xff));
	sbuf_str(out, sbuf_get(&b));
	sbuf_fini(&b);
}

size_t
frame_length(const unsigned char head[FRAME_HEAD])
{
	size_t n = 0;

	for (unsigned i = 0; i < FRAME_HEAD; i++)
		n |= (size_t)head[i] << 8 * i;
	return n;
}

bool
frame_get(struct str in, struct frame *out, struct err *e)
{
	struct proto_reader r = { .rest = in };
	struct str version = STR_NONE;
	struct proto_field f;
	uint64_t kind = FRAME_STREAM;

	*out = (struct frame){ .from = STR_NONE };
	while (proto_next(&r, &f)) {
		if (f.number == FIELD_KIND && f.type == 0)
			kind = f.u;
		else if (f.type != 2)
			continue;
		else if (f.number == FIELD_VERSION)
			version = f.bytes;
		else if (f.number == FIELD_FROM)
			out->from = f.bytes;
		else if (f.number == FIELD_MESSAGE)
			out->packet = f.bytes;
	}
	if (r.bad)
		return err_set(e, ERR_INVALID, "a malformed frame");
	if (!str_is(version, VERSION))
		return err_set(e, ERR_INVALID, "tls memberlist message version incompatible");
	if (kind > FRAME_PACKET)
		return err_set(e, ERR_INVALID, "a frame that is neither a stream nor a packet");
	out->kind = (enum frame_kind)kind;
	return true;
}
