/* SPDX-License-Identifier: Apache-2.0 */
#include "loop/heap.h"

#include <limits.h>
#include <malloc.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/slab.h"
#include "loop/timer.h"

/* Memory freed in tens of kilobytes is worth a round, memory freed in the hundreds of bytes is soon used again. */
#define BLOCK ((size_t)64 << 10)
#define BLOCKS_MAX 65536		/* of a round: 4 GiB */
#define STEP_MAX (2 * SPAN_MS)
#define PAUSE (20 * SPAN_MS)		/* between steps */
#define ROUNDS_EVERY (5 * SPAN_S)
/* From here on memory is not from the heap, and goes back when it is freed. */
#define MAPPED_FROM (32 << 20)

/* Addresses for slabs: some ten million alerts, after which the heap takes over. They cost nothing until they are used. */
#define SLABS ((size_t)8 << 30)

struct heap_keeper {
	struct clock *clock;
	struct timer timer;
	struct block *held;		/* of this round */
	size_t held_n;
};

/* A part of the heap that was free. */
struct block {
	struct block *next;
};

static void
drop_slab(void *part, size_t n)
{
	(void)madvise(part, n, MADV_DONTNEED);
}

void
heap_slabs_begin(void)
{
	void *memory = mmap(NULL, SLABS, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory != MAP_FAILED)
		slab_begin(memory, SLABS, drop_slab);
}

/*
 * Free memory is what malloc hands out. With a threshold as low as this, what
 * the heap does not have is mapped elsewhere: then there is no more of it.
 */
static struct block *
take_free(void)
{
	struct block *b;

	(void)mallopt(M_MMAP_THRESHOLD, (int)BLOCK);
	b = mem_alloc(BLOCK);
	(void)mallopt(M_MMAP_THRESHOLD, MAPPED_FROM);
	if ((uintptr_t)b < (uintptr_t)sbrk(0))
		return b;
	mem_free(b);
	return NULL;
}

/* The pages that are wholly the block's; what they hold is nobody's. */
static void
drop_pages(struct block *b)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t from = ((uintptr_t)(b + 1) + page - 1) & ~(page - 1), to = ((uintptr_t)b + BLOCK) & ~(page - 1);

	(void)madvise((void *)from, to - from, MADV_DONTNEED);
}

/* Held until now, so that the next one taken was another one. */
static void
end_round(struct heap_keeper *k)
{
	struct block *b;

	while ((b = k->held) != NULL) {
		k->held = b->next;
		mem_free(b);
	}
	k->held_n = 0;
}

bool
heap_keeper_step(struct heap_keeper *k)
{
	struct mono since = k->clock->now(k->clock).mono;

	do {
		struct block *b = k->held_n < BLOCKS_MAX ? take_free() : NULL;

		if (b == NULL) {
			end_round(k);
			return false;
		}
		drop_pages(b);
		b->next = k->held;
		k->held = b;
		k->held_n++;
	} while (mono_sub(k->clock->now(k->clock).mono, since) < STEP_MAX);
	return true;
}

static void
on_timer(void *arg)
{
	struct heap_keeper *k = arg;

	timer_in(&k->timer, heap_keeper_step(k) ? PAUSE : ROUNDS_EVERY);
}

struct heap_keeper *
heap_keeper_new(struct event_base *base, struct clock *clock)
{
	struct heap_keeper *k = NEW(struct heap_keeper);

	(void)mallopt(M_TRIM_THRESHOLD, INT_MAX);
	(void)mallopt(M_MMAP_THRESHOLD, MAPPED_FROM);
	k->clock = clock;
	timer_init(&k->timer, base, "heap", on_timer, k);
	timer_in(&k->timer, ROUNDS_EVERY);
	return k;
}

void
heap_keeper_free(struct heap_keeper **kp)
{
	struct heap_keeper *k = *kp;

	if (k == NULL)
		return;
	*kp = NULL;
	end_round(k);
	timer_fini(&k->timer);
	mem_free(k);
}
