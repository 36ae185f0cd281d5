/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/hash.h - hash functions.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/* FNV-1a, 64 bits: the fingerprint of label sets. Start with FNV64_INIT. */
#define FNV64_INIT UINT64_C(14695981039346656037)
#define FNV64_PRIME UINT64_C(1099511628211)

static inline uint64_t
fnv64_byte(uint64_t h, unsigned char c)
{
	return (h ^ c) * FNV64_PRIME;
}
uint64_t fnv64(uint64_t h, const void *p, size_t n);

/* One more word of a hash of our own making: indices, addresses, other hashes. Begin with 0. */
static inline uint64_t
hash_mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * UINT64_C(0x9E3779B97F4A7C15);
	return h ^ h >> 32;
}

/* xxHash64, streaming (seed 0): what the notification log identifies alerts by. */
struct xxh64 {
	uint64_t v[4];
	uint64_t total;
	unsigned char tail[32];
};
void xxh64_init(struct xxh64 *x);
void xxh64_add(struct xxh64 *x, const void *p, size_t n);
uint64_t xxh64_sum(const struct xxh64 *x);
/* The same of bytes that are all there. */
uint64_t xxh64(const void *p, size_t n);

/*
 * With a key drawn once per process (hash_seed), for tables that strangers fill: SipHash-1-3, or what the processor does
 * faster, which gives other hashes on other processors.
 */
uint64_t hash_seeded(const void *p, size_t n);
/* The same with a key of the caller's: for what is kept longer than the process. */
uint64_t hash_keyed(const uint64_t key[2], const void *p, size_t n);
/*
 * SipHash-1-3 of 128 bits with the same key, for what stands for its bytes without being compared with
 * them. Hashes of different domains have nothing to do with each other.
 */
struct hash128 {
	uint64_t first, second;
};
struct hash128 hash128_seeded(uint64_t domain, const void *p, size_t n);
/* As that, but faster where it can be: other hashes on other processors, and before hash_seed. domain < 2^63. */
struct hash128 hash128_text(uint64_t domain, const void *p, size_t n);
/* Sets the key; call before the first hash_seeded. Without it the key is constant (tests). */
void hash_seed(const unsigned char key[16]);

#endif
