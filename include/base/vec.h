/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/vec.h - growing arrays on the heap, typed by macro.
 *
 *	VEC(struct route *) routes = { 0 };
 *	VEC_PUSH(&routes, r);
 *	for (size_t i = 0; i < routes.n; i++) use(routes.v[i]);
 *	VEC_FINI(&routes);
 */
#ifndef BASE_VEC_H
#define BASE_VEC_H

#include <stddef.h>
#include <string.h>

#include "base/mem.h"

#define VEC(type)                \
	struct {                 \
		type *v;         \
		size_t n, cap;   \
	}

#define VEC_RESERVE(vec, want)                                                  \
	do {                                                                    \
		if ((vec)->cap < (want)) {                                      \
			(vec)->cap = (want) < 8 ? 8 : (want) + (want) / 2;      \
			(vec)->v = mem_realloc((vec)->v, (vec)->cap,            \
			    sizeof((vec)->v[0]));                               \
		}                                                               \
	} while (0)

#define VEC_PUSH(vec, item)                            \
	do {                                           \
		VEC_RESERVE((vec), (vec)->n + 1);      \
		(vec)->v[(vec)->n++] = (item);         \
	} while (0)

#define VEC_FINI(vec)                       \
	do {                                \
		mem_free((vec)->v);         \
		(vec)->v = NULL;            \
		(vec)->n = (vec)->cap = 0;  \
	} while (0)

#endif
