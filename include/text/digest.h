/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text/digest.h - message digests, by libcrypto.
 *
 * MD5 and SHA-1 are here for what old protocols prescribe, not for security.
 * They cannot fail; a libcrypto that refuses ends the process, but for MD5,
 * which a FIPS configuration takes away: md5 then returns false.
 */
#ifndef TEXT_DIGEST_H
#define TEXT_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/str.h"

#define SHA256_SIZE 32
#define SHA1_SIZE 20
#define MD5_SIZE 16

void digest_sha256(struct str s, unsigned char out[SHA256_SIZE]);
void digest_sha1(struct str s, unsigned char out[SHA1_SIZE]);
bool digest_md5(struct str s, unsigned char out[MD5_SIZE]) MUST_CHECK;
void digest_hmac_sha256(struct str key, struct str s, unsigned char out[SHA256_SIZE]);

/* HMAC by the name of its digest; the size of *out, or 0 when there is none of the name (or MD5 was taken away). */
#define DIGEST_MAX 64
size_t digest_hmac(const char *name, struct str key, struct str s, unsigned char out[DIGEST_MAX]) MUST_CHECK;

/* The same in lower-case hexadecimal, NUL-terminated. */
#define SHA256_HEX (2 * SHA256_SIZE + 1)
#define MD5_HEX (2 * MD5_SIZE + 1)
void digest_sha256_hex(struct str s, char out[SHA256_HEX]);

/* Takes equally long whatever the bytes are; for secrets. Different lengths are unequal. */
bool digest_equal(struct str a, struct str b);

#endif
