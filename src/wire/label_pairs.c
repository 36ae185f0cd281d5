/* SPDX-License-Identifier: Apache-2.0 */
#include "label_pairs.h"

#include "base/copy.h"
#include "wire/proto.h"

enum {
	PAIR_NAME = 1,
	PAIR_VALUE = 2,
};

/* A pair of which all lengths take one byte, as most do: in one piece. False: it is another, and nothing was written. */
static bool
put_short(struct sbuf *b, unsigned field, struct str name, struct str value)
{
	size_t n = name.n + value.n + 4;
	char *p;

	if (field >= 16 || name.n >= 0x80 || value.n >= 0x80 || n >= 0x80)
		return false;
	if (!sbuf_reserve(b, n + 2))
		return true;	/* b says so */
	p = b->p + b->n;
	*p++ = (char)(field << 3 | 2);
	*p++ = (char)n;
	*p++ = PAIR_NAME << 3 | 2;
	*p++ = (char)name.n;
	p = copy_short(p, name.n > 0 ? name.p : "", name.n);
	*p++ = PAIR_VALUE << 3 | 2;
	*p++ = (char)value.n;
	p = copy_short(p, value.n > 0 ? value.p : "", value.n);
	*p = '\0';
	b->n += n + 2;
	return true;
}

void
label_pairs_put(struct sbuf *b, unsigned field, const struct labels *l)
{
	for (uint32_t i = 0; i < labels_n(l); i++) {
		struct str name = istr_str(labels_name(l, i)), value = istr_str(labels_value(l, i));

		if (put_short(b, field, name, value))
			continue;
		proto_begin(b, field, proto_bytes_size(PAIR_NAME, name.n) + proto_bytes_size(PAIR_VALUE, value.n));
		proto_bytes(b, PAIR_NAME, name);
		proto_bytes(b, PAIR_VALUE, value);
	}
}

bool
label_pairs_get(struct str bytes, struct label_pairs *to)
{
	struct proto_reader r = { .rest = bytes };
	struct proto_field f;
	struct label_pair p = { STR(""), STR("") };

	while (proto_next(&r, &f)) {
		if (f.number == PAIR_NAME && f.type == 2)
			p.name = f.bytes;
		else if (f.number == PAIR_VALUE && f.type == 2)
			p.value = f.bytes;
	}
	VEC_PUSH(&to->v, p);
	return !r.bad;
}
