/* SPDX-License-Identifier: Apache-2.0 */
/*
 * FNV-1a: draft-eastlake-fnv. xxHash64: Cyan4973/xxHash doc/xxhash_spec.md.
 * SipHash: Aumasson and Bernstein, "SipHash: a fast short-input PRF", with one
 * compression and three finalisation rounds.
 */
#include "base/hash.h"

#include <endian.h>
#include <string.h>

#include "hash_aes.h"

static inline uint64_t
rotl(uint64_t x, int n)
{
	return x << n | x >> (64 - n);
}

static inline uint64_t
load64(const unsigned char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return le64toh(v);
}

static inline uint32_t
load32(const unsigned char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return le32toh(v);
}

uint64_t
fnv64(uint64_t h, const void *p, size_t n)
{
	const unsigned char *c = p;

	/* By eight: each step waits for the one before, so that nothing but the loop itself can be spared. */
	for (; n >= 8; n -= 8, c += 8) {
		h = fnv64_byte(fnv64_byte(fnv64_byte(fnv64_byte(h, c[0]), c[1]), c[2]), c[3]);
		h = fnv64_byte(fnv64_byte(fnv64_byte(fnv64_byte(h, c[4]), c[5]), c[6]), c[7]);
	}
	for (; n > 0; n--, c++)
		h = fnv64_byte(h, *c);
	return h;
}

#define P1 UINT64_C(0x9E3779B185EBCA87)
#define P2 UINT64_C(0xC2B2AE3D27D4EB4F)
#define P3 UINT64_C(0x165667B19E3779F9)
#define P4 UINT64_C(0x85EBCA77C2B2AE63)
#define P5 UINT64_C(0x27D4EB2F165667C5)

static inline uint64_t
xx_round(uint64_t acc, uint64_t lane)
{
	return rotl(acc + lane * P2, 31) * P1;
}

static inline uint64_t
xx_merge(uint64_t acc, uint64_t v)
{
	return (acc ^ xx_round(0, v)) * P1 + P4;
}

static inline const unsigned char *
xx_stripes(uint64_t v[4], const unsigned char *p, size_t stripes)
{
	uint64_t a = v[0], b = v[1], c = v[2], d = v[3];

	for (; stripes != 0; stripes--, p += 32) {
		a = xx_round(a, load64(p));
		b = xx_round(b, load64(p + 8));
		c = xx_round(c, load64(p + 16));
		d = xx_round(d, load64(p + 24));
	}
	v[0] = a;
	v[1] = b;
	v[2] = c;
	v[3] = d;
	return p;
}

void
xxh64_init(struct xxh64 *x)
{
	*x = (struct xxh64){ .v = { P1 + P2, P2, 0, 0 - P1 } };
}

void
xxh64_add(struct xxh64 *x, const void *data, size_t n)
{
	const unsigned char *p = data;
	size_t held = x->total % 32;

	if (n == 0)
		return;
	x->total += n;
	if (held + n < 32) {
		memcpy(x->tail + held, p, n);
		return;
	}
	if (held != 0) {
		size_t fill = 32 - held;

		memcpy(x->tail + held, p, fill);
		xx_stripes(x->v, x->tail, 1);
		p += fill;
		n -= fill;
	}
	p = xx_stripes(x->v, p, n / 32);
	memcpy(x->tail, p, n % 32);
}

/* The lanes of a text that has whole stripes. */
static inline uint64_t
xx_lanes(const uint64_t v[4])
{
	uint64_t h = rotl(v[0], 1) + rotl(v[1], 7) + rotl(v[2], 12) + rotl(v[3], 18);

	for (int i = 0; i < 4; i++)
		h = xx_merge(h, v[i]);
	return h;
}

/* The bytes behind the last stripe, and the end. */
static inline uint64_t
xx_end(uint64_t h, const unsigned char *p, size_t n)
{
	for (; n >= 8; n -= 8, p += 8)
		h = rotl(h ^ xx_round(0, load64(p)), 27) * P1 + P4;
	if (n >= 4) {
		h = rotl(h ^ load32(p) * P1, 23) * P2 + P3;
		p += 4;
		n -= 4;
	}
	for (; n != 0; n--, p++)
		h = rotl(h ^ *p * P5, 11) * P1;
	h ^= h >> 33;
	h *= P2;
	h ^= h >> 29;
	h *= P3;
	h ^= h >> 32;
	return h;
}

uint64_t
xxh64_sum(const struct xxh64 *x)
{
	return xx_end((x->total >= 32 ? xx_lanes(x->v) : P5) + x->total, x->tail, x->total % 32);
}

uint64_t
xxh64(const void *data, size_t n)
{
	uint64_t v[4] = { P1 + P2, P2, 0, 0 - P1 }, h = P5;
	const unsigned char *p = data;

	if (n >= 32) {
		p = xx_stripes(v, p, n / 32);
		h = xx_lanes(v);
	}
	return xx_end(h + n, p, n % 32);
}

/* Written once at start, before anything is hashed. */
static uint64_t key0 = UINT64_C(0x0706050403020100), key1 = UINT64_C(0x0f0e0d0c0b0a0908);

static bool aes;

void
hash_seed(const unsigned char key[16])
{
	key0 = load64(key);
	key1 = load64(key + 8);
	aes = hash_aes_is_there();
	if (aes)
		hash_aes_seed(key);
}

struct hash128
hash128_text(uint64_t domain, const void *p, size_t n)
{
	uint64_t out[2];

	if (!aes)
		return hash128_seeded(domain, p, n);
	hash_aes(domain, p, n, out);
	return (struct hash128){ out[0], out[1] };
}

#define SIP_ROUND()                 \
	do {                        \
		v0 += v1;           \
		v1 = rotl(v1, 13);  \
		v1 ^= v0;           \
		v0 = rotl(v0, 32);  \
		v2 += v3;           \
		v3 = rotl(v3, 16);  \
		v3 ^= v2;           \
		v0 += v3;           \
		v3 = rotl(v3, 21);  \
		v3 ^= v0;           \
		v2 += v1;           \
		v1 = rotl(v1, 17);  \
		v1 ^= v2;           \
		v2 = rotl(v2, 32);  \
	} while (0)

/* A word of the message. */
#define SIP_WORD(m)                 \
	do {                        \
		v3 ^= (m);          \
		SIP_ROUND();        \
		v0 ^= (m);          \
	} while (0)

/* The words of the message, of which `before` bytes came already. */
#define SIP_MESSAGE(p, n, before)                                       \
	do {                                                            \
		uint64_t last = (uint64_t)((n) + (before)) << 56;       \
		for (; (n) >= 8; (n) -= 8, (p) += 8) {                  \
			uint64_t m = load64(p);                         \
			SIP_WORD(m);                                    \
		}                                                       \
		for (size_t i = 0; i < (n); i++)                        \
			last |= (uint64_t)(p)[i] << (8 * i);            \
		SIP_WORD(last);                                         \
	} while (0)

static inline uint64_t
siphash(uint64_t k0, uint64_t k1, const void *data, size_t n)
{
	const unsigned char *p = data;
	uint64_t v0 = k0 ^ UINT64_C(0x736f6d6570736575);
	uint64_t v1 = k1 ^ UINT64_C(0x646f72616e646f6d);
	uint64_t v2 = k0 ^ UINT64_C(0x6c7967656e657261);
	uint64_t v3 = k1 ^ UINT64_C(0x7465646279746573);

	SIP_MESSAGE(p, n, 0);
	v2 ^= 0xff;
	SIP_ROUND();
	SIP_ROUND();
	SIP_ROUND();
	return v0 ^ v1 ^ v2 ^ v3;
}

struct hash128
hash128_seeded(uint64_t domain, const void *data, size_t n)
{
	const unsigned char *p = data;
	uint64_t v0 = key0 ^ UINT64_C(0x736f6d6570736575);
	uint64_t v1 = key1 ^ UINT64_C(0x646f72616e646f6d) ^ 0xee;
	uint64_t v2 = key0 ^ UINT64_C(0x6c7967656e657261);
	uint64_t v3 = key1 ^ UINT64_C(0x7465646279746573);
	struct hash128 h;

	SIP_WORD(domain);
	SIP_MESSAGE(p, n, sizeof(domain));
	v2 ^= 0xee;
	SIP_ROUND();
	SIP_ROUND();
	SIP_ROUND();
	h.first = v0 ^ v1 ^ v2 ^ v3;
	v1 ^= 0xdd;
	SIP_ROUND();
	SIP_ROUND();
	SIP_ROUND();
	h.second = v0 ^ v1 ^ v2 ^ v3;
	return h;
}

uint64_t
hash_seeded(const void *p, size_t n)
{
	return aes ? hash_aes_table(p, n) : siphash(key0, key1, p, n);
}

uint64_t
hash_keyed(const uint64_t key[2], const void *p, size_t n)
{
	return siphash(key[0], key[1], p, n);
}
