/* SPDX-License-Identifier: Apache-2.0 */
#include "loop/heap.h"

#include <limits.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/compiler.h"
#include "base/mem.h"
#include "base/slab.h"
#include "loop/timer.h"

/*
 * Sizes of the blocks that are taken, the largest first: what is large is soon done, and little is left between them. Memory
 * freed in the hundreds of bytes is soon used again.
 */
static const size_t sizes[] = { (size_t)1 << 20, (size_t)64 << 10, (size_t)16 << 10 };

#define BLOCKS_MAX 65536		/* of a round */
#define STEP_MAX (2 * SPAN_MS)
#define PAUSE (20 * SPAN_MS)		/* between steps */
#define ROUNDS_EVERY (5 * SPAN_S)
/* A block of the heap is at most so much longer than it was asked for, one that was mapped is more. */
#define PAGE_OVER 64
/* From here on memory is not from the heap, and goes back when it is freed. */
#define MAPPED_FROM (32 << 20)

/* Addresses for slabs: some ten million alerts, after which the heap takes over. They cost nothing until they are used. */
#define SLABS ((size_t)8 << 30)

/* A part of the heap that was free. */
struct block {
	struct block *next;
};

/* Blocks taken so far, and held until all that is free has been: so the next one taken is another one. Zeroed memory begins a round. */
struct round {
	struct block *held;
	size_t held_n;
	size_t size;		/* of the next one, in `sizes` */
};

struct heap_keeper {
	struct clock *clock;
	struct timer timer;
	struct round round;
};

/* The threshold of malloc is that of all threads. */
static atomic_flag taking = ATOMIC_FLAG_INIT;

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

/* Under a sanitizer memory is not the system's malloc's. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_MALLOC false
#else
#define IS_MALLOC true
#endif

/*
 * Free memory is what malloc hands out. With a threshold as low as this, what
 * the thread's heap does not have is mapped elsewhere, in whole pages: then there is no more of it.
 */
static struct block *
take_free(size_t size)
{
	struct block *b;

	(void)mallopt(M_MMAP_THRESHOLD, (int)size);
	b = mem_alloc(size);
	(void)mallopt(M_MMAP_THRESHOLD, MAPPED_FROM);
	if (malloc_usable_size(b) < size + PAGE_OVER)
		return b;
	mem_free(b);
	return NULL;
}

/* The pages that are wholly the block's; what they hold is nobody's. */
static void
drop_pages(struct block *b, size_t size)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t from = ((uintptr_t)(b + 1) + page - 1) & ~(page - 1), to = ((uintptr_t)b + size) & ~(page - 1);

	if (from < to)
		(void)madvise((void *)from, to - from, MADV_DONTNEED);
}

static void
end_round(struct round *r)
{
	struct block *b;

	while ((b = r->held) != NULL) {
		r->held = b->next;
		mem_free(b);
	}
	*r = (struct round){ 0 };
}

/* One block more. False: there was none, and the round is over. */
static bool
take_one(struct round *r)
{
	struct block *b = NULL;

	while (IS_MALLOC && r->size < ARRAY_LEN(sizes) && r->held_n < BLOCKS_MAX && (b = take_free(sizes[r->size])) == NULL)
		r->size++;
	if (b == NULL) {
		end_round(r);
		return false;
	}
	drop_pages(b, sizes[r->size]);
	b->next = r->held;
	r->held = b;
	r->held_n++;
	return true;
}

bool
heap_keeper_step(struct heap_keeper *k)
{
	struct mono since = k->clock->now(k->clock).mono;
	bool more = true;

	if (atomic_flag_test_and_set(&taking))
		return true;
	while (more && mono_sub(k->clock->now(k->clock).mono, since) < STEP_MAX)
		more = take_one(&k->round);
	atomic_flag_clear(&taking);
	return more;
}

bool
heap_give_back(void)
{
	struct round r = { 0 };

	if (atomic_flag_test_and_set(&taking))
		return false;
	while (take_one(&r))
		;
	atomic_flag_clear(&taking);
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
	end_round(&k->round);
	timer_fini(&k->timer);
	mem_free(k);
}
