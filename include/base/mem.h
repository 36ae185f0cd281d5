/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/mem.h - heap memory that is always there.
 *
 * No function returns NULL: running out of memory, or a size that overflows,
 * ends the process with a message. The caller bounds all that a peer can make
 * us allocate. Any thread.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

#include "base/compiler.h"

/* Uninitialised; a size of 0 gives a pointer that can be freed. */
void *mem_alloc(size_t size) MUST_CHECK;
/* n objects of `size` bytes, zeroed. */
void *mem_calloc(size_t n, size_t size) MUST_CHECK;
/* Grows or shrinks to n objects of `size` bytes; p may be NULL. */
void *mem_realloc(void *p, size_t n, size_t size) MUST_CHECK;
/* Uninitialised; its address is a multiple of `align`, a power of two, as `size` is. */
void *mem_aligned(size_t align, size_t size) MUST_CHECK;
void mem_free(void *p);
char *mem_strdup(const char *s) MUST_CHECK;
/* n bytes and a NUL behind them. */
char *mem_strndup(const char *p, size_t n) MUST_CHECK;

#define NEW(type) ((type *)mem_calloc(1, sizeof(type)))

#endif
