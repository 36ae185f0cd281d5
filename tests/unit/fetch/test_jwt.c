/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "base/mem.h"
#include "jwt.h"
#include "suite.h"
#include "text/base64.h"
#include "text/json_tree.h"
#include "text/yaml.h"

static EVP_PKEY *key;
static char *pem;

static void
make_key(void)
{
	BIO *b = BIO_new(BIO_s_mem());
	char *p;
	long n;

	key = EVP_RSA_gen(2048);
	PEM_write_bio_PrivateKey(b, key, NULL, NULL, 0, NULL, NULL);
	n = BIO_get_mem_data(b, &p);
	pem = mem_strndup(p, (size_t)n);
	BIO_free(b);
}

static struct str
decode(struct arena *a, struct str part)
{
	struct sbuf padded = SBUF_INIT(SBUF_UNLIMITED), out = SBUF_INIT(SBUF_UNLIMITED);
	struct str s;

	sbuf_str(&padded, part);
	while (padded.n % 4 != 0)
		sbuf_putc(&padded, '=');
	ck_assert(base64_decode(&out, sbuf_get(&padded), BASE64_URL));
	s = arena_str(a, sbuf_get(&out));
	sbuf_fini(&padded);
	sbuf_fini(&out);
	return s;
}

static bool
verify(struct str text, struct str sig, const EVP_MD *md)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = EVP_DigestVerifyInit(ctx, NULL, md, NULL, key) == 1 &&
	    EVP_DigestVerify(ctx, (const unsigned char *)sig.p, sig.n, (const unsigned char *)text.p, text.n) == 1;

	EVP_MD_CTX_free(ctx);
	return ok;
}

START_TEST(assertions_can_be_verified)
{
	static const char *const algorithms[] = { "", "RS256", "RS384", "RS512" };
	const EVP_MD *const digests[] = { EVP_sha256(), EVP_sha256(), EVP_sha384(), EVP_sha512() };
	struct arena *a = arena_new();
	struct str scopes[] = { STR("read"), STR("write") };
	const struct yaml_node *claims = NULL;
	struct err e = { 0 };
	struct oauth2 o = { .token_url = STR("https://t/"), .iss = STR("me"), .scopes = { scopes, 2, true },
		.client_certificate_key_id = STR("k1"), .signature_algorithm = str_from(algorithms[_i]) };
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct str all, header, body;
	size_t dot, dot2;
	const struct json *j;

	ck_assert(yaml_parse(a, STR("{sub: somebody, deep: [1, {x: true}], n: null}"), &claims, &e));
	o.claims = claims;
	ck_assert_msg(jwt_assertion(&o, str_from(pem), (struct wall){ 1000, 0, 0 }, &b, &e), "%s", e.text);
	all = sbuf_get(&b);
	dot = str_chr(all, '.');
	dot2 = dot + 1 + str_chr(str_sub(all, dot + 1, all.n), '.');
	header = decode(a, str_sub(all, 0, dot));
	body = decode(a, str_sub(all, dot + 1, dot2));
	ck_assert(verify(str_sub(all, 0, dot2), decode(a, str_sub(all, dot2 + 1, all.n)), digests[_i]));
	j = json_parse(a, header, JSON_DOCUMENT, &e);
	ck_assert_msg(j != NULL, "%s", e.text);
	ck_assert(str_is(json_get_str(j, "alg", STR_NONE), _i == 0 ? "RS256" : algorithms[_i]));
	ck_assert(str_is(json_get_str(j, "kid", STR_NONE), "k1"));
	ck_assert(str_is(json_get_str(j, "typ", STR_NONE), "JWT"));
	j = json_parse(a, body, JSON_DOCUMENT, &e);
	ck_assert_msg(j != NULL, "%s", e.text);
	ck_assert(str_is(json_get_str(j, "aud", STR_NONE), "https://t/"));
	ck_assert(str_is(json_get_str(j, "iss", STR_NONE), "me"));
	ck_assert(str_is(json_get_str(j, "sub", STR_NONE), "somebody"));
	ck_assert(str_is(json_get_str(j, "scope", STR_NONE), "read write"));
	ck_assert_int_eq(json_get_int(j, "iat", 0), 1000);
	ck_assert_int_eq(json_get_int(j, "exp", 0), 1600);
	ck_assert_uint_eq(json_get_str(j, "jti", STR_NONE).n, 36);
	ck_assert_uint_eq(json_get(j, "deep")->n, 2);
	sbuf_fini(&b);
	arena_free(&a);
}
END_TEST

START_TEST(keys_that_are_none_are_refused)
{
	struct oauth2 o = { .iss = STR("me") };
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct err e = { 0 };

	ck_assert(!jwt_assertion(&o, STR("nonsense"), (struct wall){ 0 }, &b, &e));
	ck_assert_str_eq(e.text, "invalid key: Key must be a PEM encoded PKCS1 or PKCS8 key");
	ck_assert_uint_eq(b.n, 0);
	sbuf_fini(&b);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_loop_test(tc, assertions_can_be_verified, 0, 4);
	tcase_add_test(tc, keys_that_are_none_are_refused);
}

int
main(void)
{
	int status;

	make_key();
	status = run_suite("jwt", add);
	EVP_PKEY_free(key);
	mem_free(pem);
	return status;
}
