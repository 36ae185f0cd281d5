/* SPDX-License-Identifier: Apache-2.0 */
#include "chunk_scan.h"

/* Sizes with more digits are larger than any body may be. */
#define DIGITS_MAX 15

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool
size_byte(struct chunk_scan *s, char c)
{
	int digit = hex(c);

	if (digit >= 0 && s->state == CHUNK_SIZE) {
		s->size = s->size * 16 + (unsigned)digit;
		return ++s->digits <= DIGITS_MAX;
	}
	if (s->digits == 0)
		return false;
	/* Behind its digits a blank is where a size ends; a lone LF would end the line. */
	s->back += c == ' ' || s->back > 0 || c == '\n';
	s->state = c == '\r' ? CHUNK_SIZE_LF : CHUNK_BLANK;
	return c == '\r' || c == ' ';
}

static bool
take_byte(struct chunk_scan *s, char c)
{
	switch (s->state) {
	case CHUNK_SIZE:
	case CHUNK_BLANK:
		return size_byte(s, c);
	case CHUNK_SIZE_LF:
		s->state = s->size > 0 ? CHUNK_DATA : CHUNK_NONE;
		s->left = s->size;
		if (c != '\n')
			return false;
		s->back = 0;
		return true;
	case CHUNK_DATA_CR:
		s->state = CHUNK_DATA_LF;
		return c == '\r';
	case CHUNK_DATA_LF:
		*s = (struct chunk_scan){ .state = CHUNK_SIZE };
		return c == '\n';
	case CHUNK_DATA:
	case CHUNK_NONE:
		break;
	}
	return true;
}

size_t
chunk_scan(struct chunk_scan *s, const char *p, size_t n)
{
	for (size_t i = 0; i < n && s->state != CHUNK_NONE;) {
		uint64_t part = n - i < s->left ? n - i : s->left;

		if (s->state != CHUNK_DATA) {
			if (!take_byte(s, p[i]))
				return i;
			i++;
			continue;
		}
		i += (size_t)part;
		s->left -= part;
		if (s->left == 0)
			s->state = CHUNK_DATA_CR;
	}
	return n;
}
