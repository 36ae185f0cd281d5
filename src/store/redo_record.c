/* SPDX-License-Identifier: Apache-2.0 */
#include "redo_record.h"

#include <string.h>

#include "base/hash.h"

/* In front of each change; key and body follow. */
struct change_head {
	uint32_t what;		/* the table, and the lowest bit: it is dropped */
	uint32_t key, body;	/* bytes */
};

size_t
redo_record_size(const struct batch *b)
{
	size_t n = 0;

	HMAP_EACH(&b->ops, node) {
		const struct op *o = CONTAINER_OF(node, struct op, node);

		n += sizeof(struct change_head) + o->key.n + o->body.n;
	}
	return n;
}

uint64_t
redo_record_sum(const unsigned char *record, size_t n)
{
	struct xxh64 x;

	xxh64_init(&x);
	xxh64_add(&x, record, offsetof(struct redo_head, sum));
	xxh64_add(&x, record + sizeof(struct redo_head), n);
	return xxh64_sum(&x);
}

static unsigned char *
put(unsigned char *p, const void *bytes, size_t n)
{
	if (n > 0)
		memcpy(p, bytes, n);
	return p + n;
}

void
redo_record_put(unsigned char *out, const struct batch *b, size_t bytes, uint64_t id, uint64_t no)
{
	struct redo_head head = { .mark = REDO_MARK, .id = id, .no = no, .bytes = bytes };
	unsigned char *p = out + sizeof(head);

	HMAP_EACH(&b->ops, node) {
		const struct op *o = CONTAINER_OF(node, struct op, node);
		struct change_head c = { (uint32_t)o->table << 1 | o->drop, (uint32_t)o->key.n, (uint32_t)o->body.n };

		p = put(p, &c, sizeof(c));
		p = put(p, o->key.p, o->key.n);
		p = put(p, o->body.p, o->body.n);
	}
	memcpy(out, &head, sizeof(head));
	head.sum = redo_record_sum(out, bytes);
	memcpy(out, &head, sizeof(head));
}

bool
redo_record_get(const unsigned char *record, struct batch *b)
{
	struct redo_head head;
	struct change_head c;
	const unsigned char *p = record + sizeof(head);

	memcpy(&head, record, sizeof(head));
	for (size_t left = head.bytes; left > 0; left -= c.key + (size_t)c.body) {
		struct str key, body;

		if (left < sizeof(c))
			return false;
		memcpy(&c, p, sizeof(c));
		left -= sizeof(c);
		if (c.what >> 1 >= TABLE_N || c.key + (uint64_t)c.body > left)
			return false;
		key = (struct str){ (const char *)p + sizeof(c), c.key };
		body = (struct str){ key.p + key.n, c.body };
		if (c.what & 1)
			batch_drop(b, (enum db_table)(c.what >> 1), key);
		else
			batch_put(b, (enum db_table)(c.what >> 1), key, body, false);
		p += sizeof(c) + key.n + body.n;
	}
	return true;
}
