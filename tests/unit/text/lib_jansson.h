/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib_jansson.h - what jansson makes of an input, apart because its names and ours differ only in meaning.
 */
#ifndef LIB_JANSSON_H
#define LIB_JANSSON_H

#include <stddef.h>

/* The input as jansson reads and writes it again (free it); NULL when it does not accept it. */
char *jansson_rewrite(const char *in, size_t n);

#endif
