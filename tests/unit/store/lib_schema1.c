/* SPDX-License-Identifier: Apache-2.0 */
#include "lib_store.h"
#include "wire/proto.h"

void
put_group_of_schema_1(struct sbuf *b, const struct group_state *g)
{
	proto_bytes(b, 1, g->route_id);
	proto_bytes(b, 2, g->receiver);
	for (uint32_t i = 0; i < labels_n(g->labels); i++) {
		struct str name = istr_str(labels_name(g->labels, i)), value = istr_str(labels_value(g->labels, i));

		proto_begin(b, 3, proto_bytes_size(1, name.n) + proto_bytes_size(2, value.n));
		proto_bytes(b, 1, name);
		proto_bytes(b, 2, value);
	}
	proto_time(b, 4, g->next_flush);
	if (g->flushed)
		proto_uint(b, 5, 1);
	proto_uint(b, 6, (uint64_t)g->group_wait);
	proto_uint(b, 7, (uint64_t)g->group_interval);
	proto_bytes(b, 8, (struct str){ (const char *)g->alerts, g->alerts_n * sizeof(*g->alerts) });
}
