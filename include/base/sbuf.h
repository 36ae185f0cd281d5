/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/sbuf.h - growing bytes with a hard cap.
 *
 * Always NUL-terminated once something was written. When a write would pass
 * `max`, nothing of it is added, `overflow` is set and stays set, and all later
 * writes are dropped: check once at the end. Zeroed memory with max set is a
 * valid empty buffer; SBUF_INIT(max) makes one.
 */
#ifndef BASE_SBUF_H
#define BASE_SBUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/str.h"

struct sbuf {
	char *p;
	size_t n;
	size_t cap;
	size_t max;
	bool overflow;
};

#define SBUF_INIT(limit) { .max = (limit) }
/* For what only we ourselves put in. */
#define SBUF_UNLIMITED ((size_t)1 << 40)

void sbuf_fini(struct sbuf *b);
/* For what is so large that it takes long to free: gives back `bytes` of it at most; false: there is nothing left. */
bool sbuf_fini_some(struct sbuf *b, size_t bytes) MUST_CHECK;
/* Empty again and without overflow, memory kept. */
void sbuf_reset(struct sbuf *b);
void sbuf_put(struct sbuf *b, const void *p, size_t n);
void sbuf_puts(struct sbuf *b, const char *s);
void sbuf_str(struct sbuf *b, struct str s);
/* The same where there may be no room: for sbuf_putc alone. */
void sbuf_putc_at_end(struct sbuf *b, char c);
static inline void
sbuf_putc(struct sbuf *b, char c)
{
	if (b->cap - b->n > 1 && b->n < b->max && !b->overflow) {
		b->p[b->n++] = c;
		b->p[b->n] = '\0';
	} else {
		sbuf_putc_at_end(b, c);
	}
}
/* Its decimal digits. */
void sbuf_uint(struct sbuf *b, uint64_t v);
void sbuf_printf(struct sbuf *b, const char *fmt, ...) PRINTF(2, 3);
void sbuf_vprintf(struct sbuf *b, const char *fmt, va_list ap) PRINTF(2, 0);
/* Room for n more bytes; false (and overflow) if the cap forbids. */
bool sbuf_reserve(struct sbuf *b, size_t n);
/* Shortens to n bytes; n must not be more than there are. */
void sbuf_cut(struct sbuf *b, size_t n);
/* Borrowed until the next write. */
struct str sbuf_get(const struct sbuf *b);
/* The bytes as a C string ("" when empty), borrowed until the next write. */
const char *sbuf_cstr(const struct sbuf *b);
/* Hands the heap block to the caller (mem_free) and leaves b empty, `overflow` as it was; never NULL. */
char *sbuf_take(struct sbuf *b, size_t *n_out);

#endif
