/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/compiler.h - the few attributes and macros that everybody uses.
 */
#ifndef BASE_COMPILER_H
#define BASE_COMPILER_H

#include <stddef.h>

/* The caller has to look at the result. */
#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))
#define NORETURN __attribute__((noreturn))
#define UNUSED __attribute__((unused))
/* Kept out of its caller, which stays small. */
#define NOINLINE __attribute__((noinline))
/* A large local that is set by hand: all others are zeroed where the build says so. */
#define UNSET __attribute__((uninitialized))
#define ALWAYS_INLINE inline __attribute__((always_inline))

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* The struct of `type` whose member `member` is at `ptr`. */
#define CONTAINER_OF(ptr, type, member) \
	((type *)(void *)((char *)(ptr) - offsetof(type, member)))

#endif
