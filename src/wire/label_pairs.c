/* SPDX-License-Identifier: Apache-2.0 */
#include "label_pairs.h"

#include "wire/proto.h"

enum {
	PAIR_NAME = 1,
	PAIR_VALUE = 2,
};

void
label_pairs_put(struct sbuf *b, unsigned field, const struct labels *l)
{
	for (uint32_t i = 0; i < labels_n(l); i++) {
		struct str name = istr_str(labels_name(l, i)), value = istr_str(labels_value(l, i));

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
