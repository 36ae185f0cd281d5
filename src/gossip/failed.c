/* SPDX-License-Identifier: Apache-2.0 */
#include "failed.h"

#include "base/mem.h"
#include "gossip/gossip.h"

#define FAILED_MAX (2 * GOSSIP_MEMBERS_MAX)

void
failed_fini(struct failed *f)
{
	mem_free(f->v);
	*f = (struct failed){ 0 };
}

void
failed_add(struct failed *f, const struct gossip_address *a, struct mono now)
{
	for (size_t i = 0; i < f->n; i++) {
		if (gossip_address_eq(&f->v[i].address, a))
			return;
	}
	if (f->n == FAILED_MAX)
		return;
	if (f->n == f->cap) {
		f->cap = f->cap == 0 ? 8 : 2 * f->cap;
		f->v = mem_realloc(f->v, f->cap, sizeof(f->v[0]));
	}
	f->v[f->n++] = (struct failed_peer){ *a, now };
}

void
failed_remove(struct failed *f, const struct gossip_address *a)
{
	size_t kept = 0;

	for (size_t i = 0; i < f->n; i++) {
		if (!gossip_address_eq(&f->v[i].address, a))
			f->v[kept++] = f->v[i];
	}
	f->n = kept;
}

void
failed_forget(struct failed *f, span timeout, struct mono now)
{
	size_t kept = 0;

	for (size_t i = 0; i < f->n; i++) {
		if (mono_sub(now, f->v[i].since) < timeout)
			f->v[kept++] = f->v[i];
	}
	f->n = kept;
}
