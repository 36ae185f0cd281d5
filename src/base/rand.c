/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xoshiro256++ and splitmix64: Blackman and Vigna, prng.di.unimi.it.
 * UUID: RFC 9562 section 5.4.
 */
#include "base/rand.h"

#include <string.h>

#include "base/hex.h"

#include <assert.h>

static uint64_t
rotl(uint64_t x, int n)
{
	return x << n | x >> (64 - n);
}

static uint64_t
splitmix64(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);

	z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
	return z ^ z >> 31;
}

void
rand_seed(struct rand *r, uint64_t seed)
{
	for (int i = 0; i < 4; i++)
		r->s[i] = splitmix64(&seed);
}

uint64_t
rand_u64(struct rand *r)
{
	uint64_t *s = r->s;
	uint64_t out = rotl(s[0] + s[3], 23) + s[0];
	uint64_t t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotl(s[3], 45);
	return out;
}

uint64_t
rand_below(struct rand *r, uint64_t n)
{
	uint64_t x;

	assert(n > 0);
	/* The first 2^64 mod n values would come up once too often; they are less than n, which is quicker to see. */
	do
		x = rand_u64(r);
	while (x < n && x < (0 - n) % n);
	return x % n;
}

double
rand_double(struct rand *r)
{
	return (double)(rand_u64(r) >> 11) * 0x1p-53;
}

void
uuid_format(const unsigned char bytes[16], char out[37])
{
	unsigned char b[16];
	char *p = out;

	memcpy(b, bytes, sizeof(b));
	b[6] = (b[6] & 0x0f) | 0x40;
	b[8] = (b[8] & 0x3f) | 0x80;
	for (size_t i = 0; i < sizeof(b); i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*p++ = '-';
		hex_encode(&b[i], 1, p);
		p += 2;
	}
}

void
rand_uuid(struct rand *r, char out[37])
{
	unsigned char b[16];

	for (size_t half = 0; half < 2; half++) {
		uint64_t v = rand_u64(r);

		for (size_t i = 0; i < 8; i++)
			b[8 * half + i] = (unsigned char)(v >> (56 - 8 * i));
	}
	uuid_format(b, out);
}
