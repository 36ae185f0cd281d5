/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SMALL 1024

static NORETURN void
die(const char *why)
{
	fputs(why, stderr);
	abort();
}

static void *
check(void *p)
{
	if (p == NULL)
		die("out of memory\n");
	return p;
}

/* malloc(0) may give NULL, and a pointer that is there is promised. */
static size_t
at_least_one(size_t size)
{
	return size != 0 ? size : 1;
}

static size_t
product(size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes) || bytes > PTRDIFF_MAX)
		die("out of memory: size overflows\n");
	return bytes;
}

void *
mem_alloc(size_t size)
{
	return check(malloc(at_least_one(size)));
}

/* The C library keeps small blocks at hand for malloc, but not for calloc, which costs as much as ten of them. */
void *
mem_calloc(size_t n, size_t size)
{
	size_t bytes = at_least_one(product(n, size));

	if (bytes > SMALL)
		return check(calloc(1, bytes));
	return memset(check(malloc(bytes)), 0, bytes);
}

void *
mem_realloc(void *p, size_t n, size_t size)
{
	return check(realloc(p, at_least_one(product(n, size))));
}

void *
mem_aligned(size_t align, size_t size)
{
	return check(aligned_alloc(align, size));
}

void
mem_free(void *p)
{
	free(p);
}

char *
mem_strdup(const char *s)
{
	return mem_strndup(s, strlen(s));
}

char *
mem_strndup(const char *p, size_t n)
{
	char *copy = mem_alloc(product(n, 1) + 1);

	if (n != 0)
		memcpy(copy, p, n);
	copy[n] = '\0';
	return copy;
}
