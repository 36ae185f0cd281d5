/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/rand.h - randomness as a value that is passed in, so that runs repeat.
 */
#ifndef BASE_RAND_H
#define BASE_RAND_H

#include <stdint.h>

/* xoshiro256++; seeded from the system by the edge, from a printed seed in tests. */
struct rand {
	uint64_t s[4];
};

void rand_seed(struct rand *r, uint64_t seed);
uint64_t rand_u64(struct rand *r);
/* Uniform in [0, n); n > 0. */
uint64_t rand_below(struct rand *r, uint64_t n);
/* Uniform in [0, 1). */
double rand_double(struct rand *r);
/* The version 4 UUID of 16 random bytes, in lower case, NUL-terminated. */
void uuid_format(const unsigned char bytes[16], char out[37]);
void rand_uuid(struct rand *r, char out[37]);

#endif
