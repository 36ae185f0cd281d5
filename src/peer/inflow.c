/* SPDX-License-Identifier: Apache-2.0 */
#include "inflow.h"

#include <string.h>
#include <sys/mman.h>

#include "base/mem.h"

static char *
map(struct inflow *f, size_t max)
{
	void *p = mmap(NULL, max, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	if (f->n > 0)
		memcpy(p, f->p, f->n);
	mem_free(f->p);
	f->p = p;
	f->room = max;
	return f->p + f->n;
}

char *
inflow_room(struct inflow *f, size_t more, size_t max)
{
	if (max < f->n || more > max - f->n)
		return NULL;
	if (f->n + more <= f->room)
		return f->p + f->n;
	if (f->n + more > INFLOW_SMALL)
		return map(f, max);
	while (f->n + more > f->room)
		f->room = f->room > 0 ? 2 * f->room : 1024;
	f->p = mem_realloc(f->p, f->room, 1);
	return f->p + f->n;
}

struct str
inflow_get(const struct inflow *f)
{
	return (struct str){ f->p, f->n };
}

void
inflow_fini(struct inflow *f)
{
	if (f->room > INFLOW_SMALL)
		(void)munmap(f->p, f->room);
	else
		mem_free(f->p);
	*f = (struct inflow){ 0 };
}
