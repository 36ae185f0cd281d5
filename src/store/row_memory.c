/* SPDX-License-Identifier: Apache-2.0 */
#include "row_memory.h"

#include <stdint.h>
#include <sys/mman.h>

#include "base/mem.h"

/* The least that is taken from the system: some large pages, of which a page is only there when it is written to. */
#define BLOCK ((size_t)16 << 20)
#define LARGE_PAGE ((size_t)2 << 20)

struct row_block {
	struct row_block *older;
	void *mapping;		/* NULL: it is of the heap, as the system had nothing */
	size_t mapped;
	size_t size;		/* with this head */
};

/* At the beginning of a large page, so that there can be one. */
static struct row_block *
map_block(size_t size)
{
	size_t mapped = size + LARGE_PAGE;
	char *p = mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	struct row_block *b;

	if (p == MAP_FAILED)
		return NULL;
	b = (void *)(p + (LARGE_PAGE - (uintptr_t)p % LARGE_PAGE) % LARGE_PAGE);
	/* A wish: without, it is as any other memory. */
	(void)madvise(b, size, MADV_HUGEPAGE);
	*b = (struct row_block){ .mapping = p, .mapped = mapped, .size = size };
	return b;
}

static struct row_block *
heap_block(size_t size)
{
	struct row_block *b = mem_alloc(size);

	*b = (struct row_block){ .size = size };
	return b;
}

static void
add_block(struct row_memory *m, size_t n)
{
	/* SIZE_MAX: more than there can be, so that mem_alloc ends the process. */
	size_t want = n < SIZE_MAX / 2 ? n + sizeof(struct row_block) : SIZE_MAX;
	size_t size = want > BLOCK ? want : BLOCK;
	struct row_block *b = size < SIZE_MAX / 2 ? map_block(size) : NULL;

	if (b == NULL)
		b = heap_block(want);
	b->older = m->newest;
	m->newest = b;
	m->used = sizeof(*b);
}

char *
row_memory_take(struct row_memory *m, size_t n)
{
	char *p;

	if (m->newest == NULL || m->newest->size - m->used < n)
		add_block(m, n);
	p = (char *)m->newest + m->used;
	m->used += n;
	return p;
}

void
row_memory_free(struct row_memory *m)
{
	struct row_block *b;

	while ((b = m->newest) != NULL) {
		m->newest = b->older;
		if (b->mapping != NULL)
			munmap(b->mapping, b->mapped);
		else
			mem_free(b);
	}
	m->used = 0;
}
