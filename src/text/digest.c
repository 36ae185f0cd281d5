/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hex.h"
#include "text/digest.h"

#include <assert.h>
#include <stdatomic.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

static bool
digest(const EVP_MD *md, struct str s, unsigned char *out)
{
	return EVP_Digest(s.n > 0 ? s.p : "", s.n, out, NULL, md, NULL) == 1;
}

static bool
hmac(const EVP_MD *md, struct str key, struct str s, unsigned char *out)
{
	assert(key.n <= INT32_MAX);
	return HMAC(md, key.n > 0 ? key.p : "", (int)key.n, (const unsigned char *)(s.n > 0 ? s.p : ""), s.n, out,
	    NULL) != NULL;
}

/* libcrypto would look for it by its name in each call, which takes as long as to digest 150 bytes. Lives as long as the process. */
static const EVP_MD *
sha256(void)
{
	static _Atomic(EVP_MD *) found;
	EVP_MD *md = atomic_load(&found), *other = NULL;

	if (md != NULL)
		return md;
	md = EVP_MD_fetch(NULL, "SHA256", NULL);
	assert(md != NULL);
	if (atomic_compare_exchange_strong(&found, &other, md))
		return md;
	/* Another thread was first. */
	EVP_MD_free(md);
	return other;
}

void
digest_sha256(struct str s, unsigned char out[SHA256_SIZE])
{
	bool ok = digest(sha256(), s, out);
	assert(ok);
}

void
digest_sha1(struct str s, unsigned char out[SHA1_SIZE])
{
	bool ok = digest(EVP_sha1(), s, out);
	assert(ok);
}

bool
digest_md5(struct str s, unsigned char out[MD5_SIZE])
{
	return digest(EVP_md5(), s, out);
}

void
digest_hmac_sha256(struct str key, struct str s, unsigned char out[SHA256_SIZE])
{
	bool ok = hmac(sha256(), key, s, out);
	assert(ok);
}

size_t
digest_hmac(const char *name, struct str key, struct str s, unsigned char out[DIGEST_MAX])
{
	static const struct {
		const char *name;
		const EVP_MD *(*md)(void);
		size_t size;
	} kinds[] = { { "md5", EVP_md5, MD5_SIZE }, { "sha1", EVP_sha1, SHA1_SIZE }, { "sha256", EVP_sha256, SHA256_SIZE },
		{ "sha384", EVP_sha384, 48 }, { "sha512", EVP_sha512, 64 } };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(name, kinds[i].name) == 0)
			return hmac(kinds[i].md(), key, s, out) ? kinds[i].size : 0;
	return 0;
}

void
digest_sha256_hex(struct str s, char out[SHA256_HEX])
{
	unsigned char sum[SHA256_SIZE];

	digest_sha256(s, sum);
	hex_encode(sum, sizeof(sum), out);
}

bool
digest_equal(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || CRYPTO_memcmp(a.p, b.p, a.n) == 0);
}
