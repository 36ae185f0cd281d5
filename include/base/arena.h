/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/arena.h - memory that is freed all at once.
 *
 * One arena per lifetime (a request, a flush, a configuration); nothing in it
 * is freed singly. Allocation cannot fail (base/mem.h). Not thread-safe: an
 * arena has one owner at any moment.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/str.h"

struct arena;

struct arena *arena_new(void) MUST_CHECK;
/* With a first block of 1,400 bytes, where there are many at a time and less than the usual 4,000 suffice. */
struct arena *arena_new_small(void) MUST_CHECK;
/* Frees all of it and sets *a to NULL; *a may be NULL already. */
void arena_free(struct arena **a);
/* Empties it and keeps its first block for reuse. */
void arena_reset(struct arena *a);
/* Aligned for any type, zeroed. */
void *arena_alloc(struct arena *a, size_t size) MUST_CHECK;
/* n zeroed objects of `size` bytes; an overflow ends the process. */
void *arena_array(struct arena *a, size_t n, size_t size) MUST_CHECK;
/* Copies; a NUL follows the copy's bytes. */
struct str arena_str(struct arena *a, struct str s) MUST_CHECK;
char *arena_strdup(struct arena *a, const char *s) MUST_CHECK;
struct str arena_printf(struct arena *a, const char *fmt, ...) PRINTF(2, 3) MUST_CHECK;
struct str arena_vprintf(struct arena *a, const char *fmt, va_list ap) PRINTF(2, 0) MUST_CHECK;
/* `text` with `with` for each `what`, which is not empty; text itself where there is none. */
struct str arena_replace(struct arena *a, struct str text, struct str what, struct str with) MUST_CHECK;
/* n objects of that size, which are not zeroed: for large arrays that are filled piece by piece. */
void *arena_raw_array(struct arena *a, size_t n, size_t size) MUST_CHECK;
/* Grows an array in place or by copying: old_n objects become n. */
void *arena_grow(struct arena *a, void *old, size_t old_n, size_t n, size_t size) MUST_CHECK;
/* Bytes handed out so far. */
size_t arena_used(const struct arena *a);

#define ARENA_NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))
#define ARENA_ARRAY(a, n, type) ((type *)arena_array((a), (n), sizeof(type)))

#endif
