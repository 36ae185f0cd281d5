/* SPDX-License-Identifier: Apache-2.0 */
#include "model/label_hashes.h"

#include <string.h>

#include "base/copy.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/numbered.h"

/* The bytes that hashes are taken of, on the stack when they fit. */
struct flat {
	unsigned char *p;
	size_t n, room;
	unsigned char small[1024];
};

static NOINLINE void
flat_grow(struct flat *f, size_t more)
{
	unsigned char *old = f->p;

	f->room = 2 * f->room + more;
	f->p = mem_alloc(f->room);
	memcpy(f->p, old, f->n);
	if (old != f->small)
		mem_free(old);
}

static inline void
put_terminated(struct flat *f, const struct istr *i)
{
	if (f->room - f->n <= i->n)
		flat_grow(f, (size_t)i->n + 1);
	(void)copy_short((char *)f->p + f->n, i->bytes, i->n);
	f->n += i->n;
	f->p[f->n++] = LABEL_SEPARATOR;
}

static void
flat_init(struct flat *f, const struct label_names *names, const uint32_t *values)
{
	f->p = f->small;
	f->n = 0;
	f->room = sizeof(f->small);
	for (uint32_t i = 0; i < names->n; i++) {
		put_terminated(f, names->v[i]);
		put_terminated(f, numbered_at(values[i]));
	}
}

static void
flat_fini(struct flat *f)
{
	if (f->p != f->small)
		mem_free(f->p);
}

void
label_hashes(struct labels_hashes *out, const struct label_names *names, const uint32_t *values)
{
	struct flat f UNSET;
	struct xxh64 x;

	flat_init(&f, names, values);
	out->fingerprint = fnv64(FNV64_INIT, f.p, f.n);
	xxh64_init(&x);
	xxh64_add(&x, f.p, f.n);
	out->hash = xxh64_sum(&x);
	out->keyed = (uint32_t)hash_seeded(f.p, f.n);
	flat_fini(&f);
}
