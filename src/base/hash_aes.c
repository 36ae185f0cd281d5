/* SPDX-License-Identifier: Apache-2.0 */
#include "hash_aes.h"

#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#include <wmmintrin.h>

#define AES __attribute__((target("aes,sse2")))
#define ROUNDS 10

/* FIPS 197, 5.2. Written at start, before anything is hashed. */
static __m128i keys[ROUNDS + 1];

bool
hash_aes_is_there(void)
{
	return __builtin_cpu_supports("aes") != 0;
}

AES static __m128i
next_key(__m128i key, __m128i made)
{
	made = _mm_shuffle_epi32(made, 0xff);
	key = _mm_xor_si128(key, _mm_slli_si128(key, 4));
	key = _mm_xor_si128(key, _mm_slli_si128(key, 8));
	return _mm_xor_si128(key, made);
}

AES void
hash_aes_seed(const unsigned char key[16])
{
	keys[0] = _mm_loadu_si128((const __m128i *)key);
	/* The round constant has to be one for the compiler. */
	keys[1] = next_key(keys[0], _mm_aeskeygenassist_si128(keys[0], 0x01));
	keys[2] = next_key(keys[1], _mm_aeskeygenassist_si128(keys[1], 0x02));
	keys[3] = next_key(keys[2], _mm_aeskeygenassist_si128(keys[2], 0x04));
	keys[4] = next_key(keys[3], _mm_aeskeygenassist_si128(keys[3], 0x08));
	keys[5] = next_key(keys[4], _mm_aeskeygenassist_si128(keys[4], 0x10));
	keys[6] = next_key(keys[5], _mm_aeskeygenassist_si128(keys[5], 0x20));
	keys[7] = next_key(keys[6], _mm_aeskeygenassist_si128(keys[6], 0x40));
	keys[8] = next_key(keys[7], _mm_aeskeygenassist_si128(keys[7], 0x80));
	keys[9] = next_key(keys[8], _mm_aeskeygenassist_si128(keys[8], 0x1b));
	keys[10] = next_key(keys[9], _mm_aeskeygenassist_si128(keys[9], 0x36));
}

AES static inline __m128i
encrypt(__m128i x)
{
	x = _mm_xor_si128(x, keys[0]);
#pragma GCC unroll 16
	for (int i = 1; i < ROUNDS; i++)
		x = _mm_aesenc_si128(x, keys[i]);
	return _mm_aesenclast_si128(x, keys[ROUNDS]);
}

AES static inline __m128i
add(__m128i state, __m128i block)
{
	const __m128i none = _mm_setzero_si128();

	state = _mm_xor_si128(state, block);
	state = _mm_aesenc_si128(state, none);
	state = _mm_aesenc_si128(state, none);
	state = _mm_aesenc_si128(state, none);
	return _mm_aesenc_si128(state, none);
}

/* The length begins the chains, so that zeros behind the text make no other text of it. */
AES static inline __m128i
begin(uint64_t domain, size_t n, unsigned chain)
{
	return encrypt(_mm_set_epi64x((long long)(domain << 1 | chain), (long long)n));
}

#define BLOCK 32

/* Half of a block each. */
AES static inline void
add_both(__m128i *a, __m128i *b, const unsigned char *block)
{
	const __m128i *p = (const __m128i *)(const void *)block;

	*a = add(*a, _mm_loadu_si128(p));
	*b = add(*b, _mm_loadu_si128(p + 1));
}

AES void
hash_aes(uint64_t domain, const void *data, size_t n, uint64_t out[2])
{
	__m128i a = begin(domain, n, 0), b = begin(domain, n, 1);
	const unsigned char *p = data;
	unsigned char rest[BLOCK] = { 0 };

	for (; n > BLOCK; n -= BLOCK, p += BLOCK)
		add_both(&a, &b, p);
	/* The last one is whole where there are as many bytes: some of it comes twice then. */
	if (p > (const unsigned char *)data) {
		add_both(&a, &b, p + n - BLOCK);
	} else if (n > 0) {
		memcpy(rest, p, n);
		add_both(&a, &b, rest);
	}
	/* They must not cancel each other out when they are the same. */
	a = _mm_xor_si128(encrypt(a), encrypt(_mm_xor_si128(b, _mm_set1_epi8(0x5c))));
	memcpy(out, &a, sizeof(a));
}

static inline uint64_t
load(const unsigned char *p, size_t n)
{
	uint64_t v = 0;
	uint32_t half;

	if (n == 8) {
		memcpy(&v, p, 8);
		return v;
	}
	memcpy(&half, p, 4);
	return half;
}

/* The n bytes at p, less than 16: both ends, which may overlap, so that they and n tell all of them. */
AES static inline __m128i
few_bytes(const unsigned char *p, size_t n)
{
	if (n >= 8)
		return _mm_set_epi64x((long long)load(p + n - 8, 8), (long long)load(p, 8));
	if (n >= 4)
		return _mm_set_epi64x((long long)load(p + n - 4, 4), (long long)load(p, 4));
	if (n > 0)
		return _mm_set_epi64x(p[n - 1], (long long)p[n / 2] << 8 | p[0]);
	return _mm_setzero_si128();
}

AES uint64_t
hash_aes_table(const void *data, size_t n)
{
	const unsigned char *p = data;
	__m128i state = _mm_xor_si128(keys[0], _mm_set_epi64x(0, (long long)n));
	uint64_t out;

	/* The length changes the state in a way that no text undoes. */
	state = _mm_aesenc_si128(_mm_aesenc_si128(state, keys[5]), keys[6]);
	if (n < 16) {
		state = add(state, few_bytes(p, n));
	} else {
		for (size_t i = 0; i + 16 < n; i += 16)
			state = add(state, _mm_loadu_si128((const __m128i *)(const void *)(p + i)));
		state = add(state, _mm_loadu_si128((const __m128i *)(const void *)(p + n - 16)));
	}
	for (int i = 1; i <= 4; i++)
		state = _mm_aesenc_si128(state, keys[i]);
	_mm_storel_epi64((__m128i *)(void *)&out, state);
	return out;
}

#else

bool
hash_aes_is_there(void)
{
	return false;
}

void
hash_aes_seed(const unsigned char key[16])
{
	(void)key;
}

void
hash_aes(uint64_t domain, const void *p, size_t n, uint64_t out[2])
{
	(void)domain;
	(void)p;
	(void)n;
	(void)out;
	abort();
}

uint64_t
hash_aes_table(const void *p, size_t n)
{
	(void)p;
	(void)n;
	abort();
}

#endif
