/* SPDX-License-Identifier: Apache-2.0 */
/*
 * msgpack.h (private) - the part of MessagePack that memberlist's messages are made of.
 *
 * Written is the old form, in which text and bytes are one type; read are both. Source: github.com/msgpack/msgpack,
 * spec.md and spec-old.md. Any thread.
 */
#ifndef MSGPACK_H
#define MSGPACK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/sbuf.h"
#include "base/str.h"

void msgpack_put_map(struct sbuf *b, unsigned n); /* up to 15 pairs, which follow */
void msgpack_put_uint(struct sbuf *b, uint64_t v);
void msgpack_put_bool(struct sbuf *b, bool v);
void msgpack_put_bytes(struct sbuf *b, struct str v);

/* Zeroed but for `in`. Once something failed, all fails. */
struct msgpack {
	struct str in;
	size_t at;
	bool shorter; /* the value goes on behind the end of `in` */
	bool bad;
};

/* Each reads one value of its kind, and is false when the next is of another. Slices of `in`. */
bool msgpack_map(struct msgpack *m, size_t *n);
bool msgpack_uint(struct msgpack *m, uint64_t *v);
bool msgpack_bool(struct msgpack *m, bool *v);
bool msgpack_bytes(struct msgpack *m, struct str *v); /* nil is none */
/* Passes over one value of any kind, with up to a thousand values within. */
bool msgpack_skip(struct msgpack *m);

#endif
