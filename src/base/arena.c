/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena_fast.h"

#include <assert.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_ASAN 1
#endif
#endif
#ifdef ARENA_ASAN
#include <sanitizer/asan_interface.h>
#define HIDE(p, n) ASAN_POISON_MEMORY_REGION((p), (n))
#define SHOW(p, n) ASAN_UNPOISON_MEMORY_REGION((p), (n))
#else
#define HIDE(p, n) ((void)(p), (void)(n))
#define SHOW(p, n) ((void)(p), (void)(n))
#endif

#define ALIGN alignof(max_align_t)
/* With the arena itself. */
#define FIRST_CAP ((size_t)4032 / ALIGN * ALIGN)
#define SMALL_CAP ((size_t)1440 / ALIGN * ALIGN)
#define MAX_BLOCK ((size_t)256 * 1024)
#define SIZE_LIMIT ((size_t)PTRDIFF_MAX - 4096)

struct block {
	struct block *older;
	size_t cap;
	size_t used;	/* a multiple of ALIGN */
	alignas(max_align_t) char bytes[];
};

/* Stands at the beginning of its first block. */
struct arena {
	struct block *newest;
	struct block *first;	/* kept by a reset */
	size_t used;
};
#define HEAD ((sizeof(struct arena) + ALIGN - 1) / ALIGN * ALIGN)

/* First blocks that were freed, of this thread, small ones, and second ones: the C library keeps none of these sizes at hand. */
enum { SPARE_FIRST, SPARE_SMALL, SPARE_SECOND, SPARE_KINDS };
static _Thread_local struct {
	struct block *newest;
	unsigned n, max;
} spare[SPARE_KINDS];
/* Second blocks, for so many first ones a single one. */
#define SECONDS 4

static size_t
round_up(size_t n)
{
	return (n + ALIGN - 1) & ~(ALIGN - 1);
}

/* SPARE_KINDS: none of that size is kept. */
static size_t
kind_of(size_t cap)
{
	return cap == FIRST_CAP ? SPARE_FIRST : cap == SMALL_CAP ? SPARE_SMALL : cap == 2 * FIRST_CAP ? SPARE_SECOND : SPARE_KINDS;
}

static struct block *
spare_take(size_t kind)
{
	struct block *b = kind < SPARE_KINDS ? spare[kind].newest : NULL;

	if (b != NULL) {
		spare[kind].newest = b->older;
		spare[kind].n--;
	}
	return b;
}

static struct block *
block_new(size_t cap, struct block *older)
{
	struct block *b = spare_take(kind_of(cap));

	if (b == NULL)
		b = mem_alloc(sizeof(*b) + cap);
	b->older = older;
	b->cap = cap;
	b->used = 0;
	HIDE(b->bytes, cap);
	return b;
}

static void
block_free(struct block *b)
{
	size_t kind = kind_of(b->cap);

	SHOW(b->bytes, b->cap);
	if (kind < SPARE_KINDS && spare[kind].n < spare[kind].max) {
		b->older = spare[kind].newest;
		spare[kind].newest = b;
		spare[kind].n++;
		return;
	}
	mem_free(b);
}

void
arena_keep_spare(unsigned max)
{
#ifdef ARENA_ASAN
	/* It is to find out who uses a block that was freed. */
	max = 0;
#endif
	for (size_t i = 0; i < SPARE_KINDS; i++) {
		spare[i].max = i == SPARE_SECOND ? max / SECONDS : max;
		while (spare[i].n > spare[i].max)
			mem_free(spare_take(i));
	}
}

static size_t
product(size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		return SIZE_LIMIT;	/* which no allocation satisfies */
	return bytes;
}

static struct arena *
arena_in(struct block *b)
{
	struct arena *a = (struct arena *)(void *)b->bytes;

	SHOW(a, sizeof(*a));
	*a = (struct arena){ .newest = b, .first = b };
	b->used = HEAD;
	return a;
}

struct arena *
arena_new(void)
{
	return arena_in(block_new(FIRST_CAP, NULL));
}

struct arena *
arena_new_small(void)
{
	return arena_in(block_new(SMALL_CAP, NULL));
}

/* The newest of them, down to `keep`. */
static void
blocks_free(struct block *newest, const struct block *keep)
{
	while (newest != keep) {
		struct block *b = newest;

		newest = b->older;
		block_free(b);
	}
}

void
arena_free(struct arena **a)
{
	if (*a == NULL)
		return;
	blocks_free((*a)->newest, NULL);
	*a = NULL;
}

void
arena_reset(struct arena *a)
{
	blocks_free(a->newest, a->first);
	a->newest = a->first;
	HIDE(a->first->bytes + HEAD, a->first->cap - HEAD);
	a->first->used = HEAD;
	a->used = 0;
}

static void
add_block(struct arena *a, size_t need)
{
	size_t cap = a->newest->cap * 2;

	if (cap > MAX_BLOCK)
		cap = MAX_BLOCK;
	if (cap < need)
		cap = need;
	a->newest = block_new(round_up(cap), a->newest);
}

/* The bytes are not zeroed. */
static void *
take(struct arena *a, size_t size)
{
	size_t need;
	struct block *b = a->newest;
	char *p;

	/* Still more than there can be, so that mem_alloc ends the process. */
	if (size > SIZE_LIMIT)
		size = SIZE_LIMIT;
	need = round_up(size != 0 ? size : 1);
	if (b->cap - b->used < need) {
		add_block(a, need);
		b = a->newest;
	}
	p = b->bytes + b->used;
	b->used += need;
	a->used += need;
	/* Only what was asked for: the padding stays out of bounds. */
	SHOW(p, size);
	return p;
}

void *
arena_alloc(struct arena *a, size_t size)
{
	void *p = take(a, size);

	return memset(p, 0, size);
}

void *
arena_raw(struct arena *a, size_t size)
{
	return take(a, size);
}

void *
arena_raw_array(struct arena *a, size_t n, size_t size)
{
	return take(a, product(n, size));
}

void *
arena_array(struct arena *a, size_t n, size_t size)
{
	return arena_alloc(a, product(n, size));
}

struct str
arena_str(struct arena *a, struct str s)
{
	char *p = take(a, s.n + 1);

	if (s.n != 0)
		memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	return (struct str){ p, s.n };
}

char *
arena_strdup(struct arena *a, const char *s)
{
	size_t n = strlen(s);

	return memcpy(take(a, n + 1), s, n + 1);
}

struct str
arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	struct str s;

	va_start(ap, fmt);
	s = arena_vprintf(a, fmt, ap);
	va_end(ap);
	return s;
}

struct str
arena_vprintf(struct arena *a, const char *fmt, va_list ap)
{
	char local[256];
	va_list again;
	char *p;
	int n;

	va_copy(again, ap);
	n = vsnprintf(local, sizeof(local), fmt, ap);
	assert(n >= 0);
	p = take(a, (size_t)n + 1);
	if ((size_t)n < sizeof(local))
		memcpy(p, local, (size_t)n + 1);
	else
		vsnprintf(p, (size_t)n + 1, fmt, again);
	va_end(again);
	return (struct str){ p, (size_t)n };
}

void *
arena_grow(struct arena *a, void *old, size_t old_n, size_t n, size_t size)
{
	size_t had = product(old_n, size), want = product(n, size);
	struct block *b = a->newest;
	char *p;

	if (old == NULL)
		return arena_alloc(a, want);
	if (want <= had)
		return old;
	/* The last thing handed out can be made longer where it is. */
	if (had != 0 && (char *)old + round_up(had) == b->bytes + b->used &&
	    want < SIZE_LIMIT && round_up(want) - round_up(had) <= b->cap - b->used) {
		b->used += round_up(want) - round_up(had);
		a->used += round_up(want) - round_up(had);
		SHOW((char *)old + had, want - had);
		memset((char *)old + had, 0, want - had);
		return old;
	}
	p = take(a, want);
	if (had != 0)
		memcpy(p, old, had);
	memset(p + had, 0, want - had);
	return p;
}

size_t
arena_used(const struct arena *a)
{
	return a->used;
}

static char *
put(char *p, struct str s)
{
	if (s.n > 0)
		memcpy(p, s.p, s.n);
	return p + s.n;
}

struct str
arena_replace(struct arena *a, struct str text, struct str what, struct str with)
{
	struct str rest = text;
	size_t n = 0, at;
	char *out, *p;

	assert(what.n > 0);
	for (; (at = str_find(rest, what)) < rest.n; n++)
		rest = str_sub(rest, at + what.n, rest.n);
	if (n == 0)
		return text;
	out = p = arena_alloc(a, text.n - n * what.n + n * with.n + 1);
	while ((at = str_find(text, what)) < text.n) {
		p = put(put(p, str_sub(text, 0, at)), with);
		text = str_sub(text, at + what.n, text.n);
	}
	p = put(p, text);
	return (struct str){ out, (size_t)(p - out) };
}
