/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sbuf.h"

#include <assert.h>
#include <stdio.h>

#include "base/copy.h"
#include "base/mem.h"

#define FIRST_CAP ((size_t)128)
#define SMALL_CAP ((size_t)1024)

void
sbuf_fini(struct sbuf *b)
{
	mem_free(b->p);
	b->p = NULL;
	b->n = b->cap = 0;
	b->overflow = false;
}

bool
sbuf_fini_some(struct sbuf *b, size_t bytes)
{
	if (b->cap <= bytes) {
		sbuf_fini(b);
		return false;
	}
	b->n = 0;
	b->cap -= bytes;
	b->p = mem_realloc(b->p, b->cap, 1);
	b->p[0] = '\0';
	return true;
}

void
sbuf_reset(struct sbuf *b)
{
	b->n = 0;
	b->overflow = false;
	if (b->p != NULL)
		b->p[0] = '\0';
}

/* cap counts the NUL, max does not. */
static bool
grow(struct sbuf *b, size_t n)
{
	size_t cap;

	if (b->overflow)
		return false;
	if (n > b->max || b->n > b->max - n) {
		b->overflow = true;
		return false;
	}
	if (b->p != NULL && n < b->cap - b->n)
		return true;
	/* Small ones are moved seldom. */
	cap = b->cap < FIRST_CAP ? FIRST_CAP : b->cap * (b->cap < SMALL_CAP ? 4 : 2);
	if (cap > b->max)
		cap = b->max + 1;
	if (cap < b->n + n + 1)
		cap = b->n + n + 1;
	b->p = mem_realloc(b->p, cap, 1);
	b->cap = cap;
	b->p[b->n] = '\0';
	return true;
}

/* The same without a call where there is room already. */
static inline bool
room(struct sbuf *b, size_t n)
{
	if (__builtin_expect(n < b->cap - b->n && !b->overflow && n <= b->max - b->n, 1))
		return true;
	return grow(b, n);
}

bool
sbuf_reserve(struct sbuf *b, size_t n)
{
	return room(b, n);
}

void
sbuf_put(struct sbuf *b, const void *p, size_t n)
{
	if (n == 0 || !room(b, n))
		return;
	memcpy(b->p + b->n, p, n);
	b->n += n;
	b->p[b->n] = '\0';
}

void
sbuf_puts(struct sbuf *b, const char *s)
{
	sbuf_put(b, s, strlen(s));
}

void
sbuf_str(struct sbuf *b, struct str s)
{
	sbuf_put(b, s.p, s.n);
}

void
sbuf_putc_at_end(struct sbuf *b, char c)
{
	if (!room(b, 1))
		return;
	b->p[b->n++] = c;
	b->p[b->n] = '\0';
}

void
sbuf_uint(struct sbuf *b, uint64_t v)
{
	char digits[UINT_DIGITS];

	if (v < 10)
		sbuf_putc(b, (char)('0' + v));
	else
		sbuf_put(b, digits, (size_t)(copy_uint(digits, v) - digits));
}

void
sbuf_printf(struct sbuf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	sbuf_vprintf(b, fmt, ap);
	va_end(ap);
}

void
sbuf_vprintf(struct sbuf *b, const char *fmt, va_list ap)
{
	char local[256];	/* most fit, and are not formatted twice */
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(local, sizeof(local), fmt, ap);
	assert(n >= 0);
	if ((size_t)n < sizeof(local)) {
		sbuf_put(b, local, (size_t)n);
	} else if (room(b, (size_t)n)) {
		vsnprintf(b->p + b->n, (size_t)n + 1, fmt, again);
		b->n += (size_t)n;
	}
	va_end(again);
}

void
sbuf_cut(struct sbuf *b, size_t n)
{
	assert(n <= b->n);
	b->n = n;
	if (b->p != NULL)
		b->p[n] = '\0';
}

struct str
sbuf_get(const struct sbuf *b)
{
	return (struct str){ b->p, b->n };
}

const char *
sbuf_cstr(const struct sbuf *b)
{
	return b->p != NULL ? b->p : "";
}

char *
sbuf_take(struct sbuf *b, size_t *n_out)
{
	char *p = b->p != NULL ? b->p : mem_strdup("");

	if (n_out != NULL)
		*n_out = b->n;
	b->p = NULL;
	b->n = b->cap = 0;
	return p;
}
