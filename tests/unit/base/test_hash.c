/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "base/compiler.h"
#include "base/hash.h"
#include "base/hmap.h"
#include "base/mem.h"
#include "base/rand.h"
#include "suite.h"

static uint64_t
fingerprint(const char *const pairs[][2])
{
	uint64_t h = FNV64_INIT;

	for (; (*pairs)[0] != NULL; pairs++)
		for (int i = 0; i < 2; i++) {
			h = fnv64(h, (*pairs)[i], strlen((*pairs)[i]));
			h = fnv64_byte(h, 0xFF);
		}
	return h;
}

START_TEST(fnv_fingerprints)
{
	const char *const none[][2] = { { NULL, NULL } };
	const char *const alertname[][2] = { { "alertname", "A" }, { NULL, NULL } };
	const char *const ab[][2] = { { "a", "b" }, { NULL, NULL } };
	const char *const two[][2] = { { "alertname", "A" }, { "i", "1" }, { NULL, NULL } };

	ck_assert_uint_eq(fingerprint(none), UINT64_C(0xcbf29ce484222325));
	ck_assert_uint_eq(fingerprint(alertname), UINT64_C(0xd2c6efc389df0927));
	ck_assert_uint_eq(fingerprint(ab), UINT64_C(0xd2b371819297f98a));
	ck_assert_uint_eq(fingerprint(two), UINT64_C(0xcaaaffbd9ccf039f));
	/* From the FNV reference's list. */
	ck_assert_uint_eq(fnv64(FNV64_INIT, "a", 1), UINT64_C(0xaf63dc4c8601ec8c));
	ck_assert_uint_eq(fnv64(FNV64_INIT, "foobar", 6), UINT64_C(0x85944171f73967e8));
}
END_TEST

/* By either way. */
static uint64_t
whole(const void *p, size_t n)
{
	struct xxh64 x;

	xxh64_init(&x);
	xxh64_add(&x, p, n);
	ck_assert_uint_eq(xxh64_sum(&x), xxh64(p, n));
	return xxh64(p, n);
}

START_TEST(xxhash_vectors)
{
	static const char text[] = "Nobody inspects the spammish repetition";

	ck_assert_uint_eq(whole("", 0), UINT64_C(0xEF46DB3751D8E999));
	ck_assert_uint_eq(whole("a", 1), UINT64_C(0xD24EC4F1A98C6E5B));
	ck_assert_uint_eq(whole("abc", 3), UINT64_C(0x44BC2CF5AD770999));
	ck_assert_uint_eq(whole(text, sizeof(text) - 1), UINT64_C(0xFBCEA83C8A378BF1));
}
END_TEST

/* The reference's own sanity buffer and results, with seed 0. */
START_TEST(xxhash_sanity_buffer)
{
	unsigned char buf[222];
	uint64_t g = UINT64_C(2654435761);

	for (size_t i = 0; i < sizeof(buf); i++) {
		buf[i] = (unsigned char)(g >> 56);
		g *= UINT64_C(11400714785074694797);
	}
	ck_assert_uint_eq(whole(buf, 1), UINT64_C(0xE934A84ADB052768));
	ck_assert_uint_eq(whole(buf, 4), UINT64_C(0x9136A0DCA57457EE));
	ck_assert_uint_eq(whole(buf, 14), UINT64_C(0x8282DCC4994E35C8));
	ck_assert_uint_eq(whole(buf, 222), UINT64_C(0xB641AE8CB691C174));
}
END_TEST

START_TEST(xxhash_streams)
{
	unsigned char buf[300];
	struct rand r;

	rand_seed(&r, 1);
	for (size_t i = 0; i < sizeof(buf); i++)
		buf[i] = (unsigned char)rand_u64(&r);
	for (size_t n = 0; n <= sizeof(buf); n++)
		for (int round = 0; round < 5; round++) {
			struct xxh64 x;
			size_t at = 0;

			xxh64_init(&x);
			while (at < n) {
				size_t step = 1 + rand_below(&r, n - at);

				if (round != 0 && step > 40)
					step = 1 + rand_below(&r, 40);
				xxh64_add(&x, buf + at, step);
				xxh64_sum(&x);	/* looking changes nothing */
				at += step;
			}
			ck_assert_uint_eq(xxh64_sum(&x), whole(buf, n));
		}
}
END_TEST

/* As the reference's 128 bits, with its key, one round and three: the words of domain and text are one message. */
START_TEST(siphash_of_128_bits)
{
	static const struct { uint64_t domain; const char *text; struct hash128 want; } rows[] = {
		{ 0, "", { UINT64_C(0xe2b3f81d9780e3df), UINT64_C(0x25fbf3e33e8ff111) } },
		{ 1, "", { UINT64_C(0x7c2f445a304629bd), UINT64_C(0xebcbf88d72873601) } },
		{ 0, "{\"a\":\"b\"}", { UINT64_C(0x040c7bafa2265400), UINT64_C(0xfa5497c1dcb049bc) } },
		{ 1, "{\"a\":\"b\"}", { UINT64_C(0x8edcc069767d3e10), UINT64_C(0x20e18c2ab35c1e2b) } },
		{ 0, "xxxxxxxx", { UINT64_C(0xf7dd61dbc5f94cc2), UINT64_C(0xd4e8a43541095144) } },
	};
	unsigned char key[16];

	for (unsigned char i = 0; i < sizeof(key); i++)
		key[i] = i;
	hash_seed(key);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct hash128 h = hash128_seeded(rows[i].domain, rows[i].text, strlen(rows[i].text));

		ck_assert_uint_eq(h.first, rows[i].want.first);
		ck_assert_uint_eq(h.second, rows[i].want.second);
	}
}
END_TEST

/* The hash depends on the processor, its properties do not. */
START_TEST(hash_of_texts)
{
	enum { N = 200 };
	unsigned char key[16] = { 7 }, text[N] = { 0 };
	struct hash128 all[4 * N], other;
	size_t n = 0;

	for (int round = 0; round < 2; round++) {
		hash_seed(key);
		/* Zeros of each length, and of each length those of another domain; then each byte of the longest changed. */
		for (size_t i = 0; i < N; i++) {
			unsigned char *exact = mem_alloc(i + 1);

			memcpy(exact, text, i);
			all[n++] = hash128_text(0, exact, i);
			other = hash128_text(0, text, i);
			ck_assert(all[n - 1].first == other.first && all[n - 1].second == other.second);
			text[i] ^= 1;
			all[n++] = hash128_text(1, text, N);
			text[i] ^= 1;
			mem_free(exact);
		}
		key[15]++;
	}
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < i; k++)
			ck_assert(all[i].first != all[k].first && all[i].second != all[k].second);
}
END_TEST

START_TEST(siphash_1_3_vectors)
{
	/* Those with the zero key are what CPython hashes these bytes to. */
	static const struct { const char *text; uint64_t want; } rows[] = {
		{ "a", UINT64_C(0x407448d2b89b1813) },
		{ "abcdefg", UINT64_C(0x6db12aae9070f506) },
		{ "abcdefgh", UINT64_C(0x3f7b849c0b8e35ea) },
		{ "Nobody inspects the spammish repetition", UINT64_C(0x248f2f37815dc387) },
	};
	/* The first of the reference's vectors: key 00 01 .. 0f, empty message. */
	static const uint64_t none[2], counted[2] = { UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908) };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		ck_assert_uint_eq(hash_keyed(none, rows[i].text, strlen(rows[i].text)), rows[i].want);
	ck_assert_uint_eq(hash_keyed(counted, "", 0), UINT64_C(0xabac0158050fc4dc));
}
END_TEST

static int
by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* No two texts that differ but a little have one hash, nor one half of it, and another key makes other hashes. */
START_TEST(hash_of_tables)
{
	enum { N = 100 };
	static uint64_t all[2 * N * (N + 2)];
	unsigned char key[16] = { 3 }, text[N] = { 0 };
	size_t n = 0;

	for (int round = 0; round < 2; round++) {
		hash_seed(key);
		for (size_t i = 0; i < N; i++) {
			unsigned char *exact = mem_alloc(i + 1);

			memcpy(exact, text, i);
			all[n++] = hash_seeded(exact, i);
			ck_assert_uint_eq(hash_seeded(text, i), all[n - 1]);
			for (size_t k = 0; k < i; k++) {
				exact[k] = (unsigned char)(1 + k % 255);
				all[n++] = hash_seeded(exact, i);
				exact[k] = 0;
			}
			mem_free(exact);
		}
		key[15]++;
	}
	qsort(all, n, sizeof(all[0]), by_value);
	for (size_t i = 1; i < n; i++)
		ck_assert_uint_ne(all[i - 1], all[i]);
	for (size_t i = 0; i < n; i++)
		all[i] = all[i] << 20;
	qsort(all, n, sizeof(all[0]), by_value);
	for (size_t i = 1; i < n; i++)
		ck_assert_uint_ne(all[i - 1], all[i]);
}
END_TEST

struct thing {
	int value;
	struct hmap_node node;
};

static struct thing *
find(const struct hmap *m, uint64_t hash, int value)
{
	for (struct hmap_node *n = hmap_first(m, hash); n != NULL; n = hmap_next(n)) {
		struct thing *t = CONTAINER_OF(n, struct thing, node);

		if (t->value == value)
			return t;
	}
	return NULL;
}

/* Few distinct hashes, so that equal ones share chains with others. */
static uint64_t
poor_hash(int value)
{
	return (uint64_t)(value % 97) << 32;
}

START_TEST(map_finds_what_was_put_in)
{
	static struct thing things[2000];
	struct hmap m = { 0 };
	size_t seen = 0;

	ck_assert_ptr_null(hmap_first(&m, 1));
	ck_assert_ptr_null(hmap_each(&m, NULL));
	for (int i = 0; i < 2000; i++) {
		things[i].value = i;
		hmap_insert(&m, &things[i].node, poor_hash(i));
	}
	for (int i = 0; i < 2000; i += 2)
		hmap_remove(&m, &things[i].node);
	ck_assert_uint_eq(m.n, 1000);
	for (int i = 0; i < 2000; i++)
		ck_assert_ptr_eq(find(&m, poor_hash(i), i), i % 2 != 0 ? &things[i] : NULL);
	ck_assert_ptr_null(hmap_first(&m, 12345));
	HMAP_EACH(&m, node) {
		ck_assert_int_eq(CONTAINER_OF(node, struct thing, node)->value % 2, 1);
		hmap_remove(&m, node);
		node->next = (struct hmap_node *)(uintptr_t)1;	/* the map does not look again */
		seen++;
	}
	ck_assert_uint_eq(seen, 1000);
	ck_assert_uint_eq(m.n, 0);
	hmap_fini(&m);
	ck_assert_ptr_null(m.pieces);
}
END_TEST

START_TEST(map_iterates_over_all_once)
{
	static struct thing things[777];
	struct hmap m = { 0 };
	struct rand r;

	rand_seed(&r, 7);
	for (int i = 0; i < 777; i++)
		hmap_insert(&m, &things[i].node, rand_u64(&r));
	HMAP_EACH(&m, node)
		CONTAINER_OF(node, struct thing, node)->value++;
	for (int i = 0; i < 777; i++)
		ck_assert_int_eq(things[i].value, 1);
	hmap_fini(&m);
}
END_TEST

START_TEST(random_numbers_repeat)
{
	struct rand a, b;
	bool differ = false;

	rand_seed(&a, 42);
	rand_seed(&b, 42);
	for (int i = 0; i < 1000; i++)
		ck_assert_uint_eq(rand_u64(&a), rand_u64(&b));
	rand_seed(&b, 43);
	for (int i = 0; i < 10; i++)
		differ |= rand_u64(&a) != rand_u64(&b);
	ck_assert(differ);
	/* The generator's published first outputs from this state. */
	a = (struct rand){ { 1, 2, 3, 4 } };
	ck_assert_uint_eq(rand_u64(&a), UINT64_C(41943041));
	ck_assert_uint_eq(rand_u64(&a), UINT64_C(58720359));
	ck_assert_uint_eq(rand_u64(&a), UINT64_C(3588806011781223));
	/* splitmix64 from 0. */
	rand_seed(&a, 0);
	ck_assert_uint_eq(a.s[0], UINT64_C(0xE220A8397B1DCDAF));
	ck_assert_uint_eq(a.s[1], UINT64_C(0x6E789E6AA1B965F4));
}
END_TEST

START_TEST(random_numbers_stay_in_range)
{
	struct rand r;
	int seen[6] = { 0 };

	rand_seed(&r, 3);
	for (int i = 0; i < 6000; i++) {
		double d = rand_double(&r);

		ck_assert(d >= 0 && d < 1);
		seen[rand_below(&r, 6)]++;
		ck_assert_uint_eq(rand_below(&r, 1), 0);
		ck_assert_uint_lt(rand_below(&r, UINT64_MAX), UINT64_MAX);
	}
	for (int i = 0; i < 6; i++)
		ck_assert(seen[i] > 850 && seen[i] < 1150);
}
END_TEST

START_TEST(uuids_are_version_4)
{
	struct rand r;
	char a[37], b[37];

	rand_seed(&r, 9);
	rand_uuid(&r, b);
	for (int i = 0; i < 200; i++) {
		rand_uuid(&r, a);
		ck_assert_uint_eq(strlen(a), 36);
		ck_assert_uint_eq(strspn(a, "0123456789abcdef-"), 36);
		ck_assert(a[8] == '-' && a[13] == '-' && a[18] == '-' && a[23] == '-');
		ck_assert_int_eq(a[14], '4');
		ck_assert_ptr_nonnull(strchr("89ab", a[19]));
		ck_assert_str_ne(a, b);
	}
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, fnv_fingerprints);
	tcase_add_test(tc, xxhash_vectors);
	tcase_add_test(tc, xxhash_sanity_buffer);
	tcase_add_test(tc, xxhash_streams);
	tcase_add_test(tc, siphash_1_3_vectors);
	tcase_add_test(tc, hash_of_tables);
	tcase_add_test(tc, siphash_of_128_bits);
	tcase_add_test(tc, hash_of_texts);
	tcase_add_test(tc, map_finds_what_was_put_in);
	tcase_add_test(tc, map_iterates_over_all_once);
	tcase_add_test(tc, random_numbers_repeat);
	tcase_add_test(tc, random_numbers_stay_in_range);
	tcase_add_test(tc, uuids_are_version_4);
}

int
main(void)
{
	return run_suite("hash", add);
}
