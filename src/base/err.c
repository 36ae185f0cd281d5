/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char ellipsis[] = "\xE2\x80\xA6";

/* Ends a text that was cut with an ellipsis, on a rune's edge. */
static void
mark_cut(char *text, size_t size)
{
	size_t n = size - sizeof(ellipsis);

	/* At most 3 steps: more continuation bytes in a row are no UTF-8. */
	for (int i = 0; i < 3 && ((unsigned char)text[n] & 0xC0) == 0x80; i++)
		n--;
	memcpy(text + n, ellipsis, sizeof(ellipsis));
}

static void format(char *text, size_t size, const char *fmt, va_list ap) PRINTF(3, 0);
static void set(struct err *e, enum err_kind kind, int line, int col, const char *fmt, va_list ap)
    PRINTF(5, 0);

static void
format(char *text, size_t size, const char *fmt, va_list ap)
{
	int n = vsnprintf(text, size, fmt, ap);

	if (n < 0)
		text[0] = '\0';
	else if ((size_t)n >= size)
		mark_cut(text, size);
}

static void
set(struct err *e, enum err_kind kind, int line, int col, const char *fmt, va_list ap)
{
	char text[sizeof(e->text)];	/* the arguments may point into e */

	format(text, sizeof(text), fmt, ap);
	e->kind = kind;
	e->line = line;
	e->col = col;
	memcpy(e->text, text, strlen(text) + 1);
}

bool
err_set(struct err *e, enum err_kind kind, const char *fmt, ...)
{
	va_list ap;

	if (e == NULL)
		return false;
	va_start(ap, fmt);
	set(e, kind, 0, 0, fmt, ap);
	va_end(ap);
	return false;
}

bool
err_at(struct err *e, int line, int col, const char *fmt, ...)
{
	va_list ap;

	if (e == NULL)
		return false;
	va_start(ap, fmt);
	set(e, ERR_INVALID, line, col, fmt, ap);
	va_end(ap);
	return false;
}

bool
err_ctx(struct err *e, const char *fmt, ...)
{
	char text[sizeof(e->text)];
	size_t front, back, size = sizeof(text);
	va_list ap;

	if (e == NULL)
		return false;
	va_start(ap, fmt);
	format(text, size, fmt, ap);
	va_end(ap);
	front = strlen(text);
	back = strlen(e->text);
	if (front + 2 + back < size) {
		memcpy(text + front, ": ", 2);
		memcpy(text + front + 2, e->text, back + 1);
	} else if (front + 2 < size) {
		memcpy(text + front, ": ", 2);
		memcpy(text + front + 2, e->text, size - front - 2);
		mark_cut(text, size);
	}
	memcpy(e->text, text, strlen(text) + 1);
	return false;
}
