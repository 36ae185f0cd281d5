/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/ascii.h - small questions about single bytes.
 */
#ifndef BASE_ASCII_H
#define BASE_ASCII_H

#include <stdbool.h>
#include <string.h>

/* NUL is in no set. */
static inline bool
ascii_in(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

/* The value of a hexadecimal digit, or -1. */
static inline int
ascii_hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

#endif
