/* SPDX-License-Identifier: Apache-2.0 */
#include "model/label_hashes.h"

#include <string.h>

#include "base/copy.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/numbered.h"
#include "base/same.h"

/* The bytes that hashes are taken of, on the stack when they fit. */
struct flat {
	char *p;
	size_t n, room;
	char small[1024];
};

static NOINLINE void
flat_grow(struct flat *f, size_t more)
{
	char *old = f->p;

	f->room = 2 * f->room + more;
	f->p = mem_alloc(f->room);
	memcpy(f->p, old, f->n);
	if (old != f->small)
		mem_free(old);
}

static inline char *
put_terminated(char *p, const struct istr *i)
{
	p = copy_short(p, i->bytes, i->n);
	*p++ = (char)LABEL_SEPARATOR;
	return p;
}

static inline void
put_label(struct flat *f, const struct istr *name, const struct istr *value)
{
	size_t more = (size_t)name->n + value->n + 2;

	if (f->room - f->n < more)
		flat_grow(f, more);
	(void)put_terminated(put_terminated(f->p + f->n, name), value);
	f->n += more;
}

static void
flat_init(struct flat *f, const struct label_names *names, const uint32_t *values)
{
	f->p = f->small;
	f->n = 0;
	f->room = sizeof(f->small);
	for (uint32_t i = 0; i < names->n; i++)
		put_label(f, names->v[i], numbered_at(values[i]));
}

static void
flat_fini(struct flat *f)
{
	if (f->p != f->small)
		mem_free(f->p);
}

/*
 * The text of the last fingerprint, by blocks, and what it was behind each: sets that are made one after the other mostly begin alike, and FNV
 * takes a multiplication for each byte, which waits for the one before.
 */
#define BLOCK 16
#define BLOCKS 64

static _Thread_local struct {
	size_t blocks;
	uint64_t behind[BLOCKS];
	char bytes[BLOCKS * BLOCK];
} last;

static inline uint64_t
fnv_block(uint64_t h, const char *p)
{
#pragma GCC unroll 16
	for (int i = 0; i < BLOCK; i++)
		h = fnv64_byte(h, (unsigned char)p[i]);
	return h;
}

static uint64_t
fingerprint_of(const char *p, size_t n)
{
	size_t blocks = n / BLOCK < BLOCKS ? n / BLOCK : BLOCKS, most = blocks < last.blocks ? blocks : last.blocks, same = 0;
	uint64_t h = FNV64_INIT;

	while (same < most && same_bytes(p + same * BLOCK, last.bytes + same * BLOCK, BLOCK))
		same++;
	if (same > 0)
		h = last.behind[same - 1];
	for (size_t i = same; i < blocks; i++)
		last.behind[i] = h = fnv_block(h, p + i * BLOCK);
	memcpy(last.bytes + same * BLOCK, p + same * BLOCK, (blocks - same) * BLOCK);
	last.blocks = blocks;
	return fnv64(h, p + blocks * BLOCK, n - blocks * BLOCK);
}

void
label_hashes(struct labels_hashes *out, const struct label_names *names, const uint32_t *values)
{
	struct flat f UNSET;

	flat_init(&f, names, values);
	out->fingerprint = fingerprint_of(f.p, f.n);
	out->hash = xxh64(f.p, f.n);
	out->keyed = (uint32_t)hash_seeded(f.p, f.n);
	flat_fini(&f);
}
