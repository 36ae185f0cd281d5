/* SPDX-License-Identifier: Apache-2.0 */
#include "model/label_hashes.h"

#include <string.h>

#include "base/copy.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/numbered.h"

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

void
label_hashes(struct labels_hashes *out, const struct label_names *names, const uint32_t *values)
{
	struct flat f UNSET;

	flat_init(&f, names, values);
	out->fingerprint = fnv64(FNV64_INIT, f.p, f.n);
	out->hash = xxh64(f.p, f.n);
	out->keyed = (uint32_t)hash_seeded(f.p, f.n);
	flat_fini(&f);
}
