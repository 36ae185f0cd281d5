/* SPDX-License-Identifier: Apache-2.0 */
#include "jwt.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

#include "base/mem.h"
#include "base/rand.h"
#include "text/base64.h"
#include "text/json_write.h"
#include "text/yaml.h"
#include "tls/store.h"

#define VALID_S 600

/* base64url without padding. */
static void
put_part(struct sbuf *b, struct str s)
{
	base64_encode(b, s, BASE64_URL);
	while (b->n > 0 && b->p[b->n - 1] == '=')
		sbuf_cut(b, b->n - 1);
}

static void
random_uuid(char out[37])
{
	unsigned char r[16] = { 0 };

	/* Failing to be random leaves an id that repeats, which the server may refuse. */
	(void)RAND_bytes(r, sizeof(r));
	uuid_format(r, out);
}

static void
put_yaml(struct json_writer *w, const struct yaml_node *n)
{
	struct yaml_value v = { .type = YAML_T_STRING, .s = n->text };
	struct err ignored;

	if (n->kind == YAML_MAP) {
		json_object_begin(w);
		for (size_t i = 0; i < n->n; i++) {
			json_key(w, n->pairs[i].key->text);
			put_yaml(w, n->pairs[i].value);
		}
		json_object_end(w);
		return;
	}
	if (n->kind == YAML_SEQ) {
		json_array_begin(w);
		for (size_t i = 0; i < n->n; i++)
			put_yaml(w, n->items[i]);
		json_array_end(w);
		return;
	}
	if (!yaml_resolve(n, &v, &ignored))
		v = (struct yaml_value){ .type = YAML_T_STRING, .s = n->text };
	switch (v.type) {
	case YAML_T_NULL:
		json_nil(w);
		break;
	case YAML_T_BOOL:
		json_bool(w, v.b);
		break;
	case YAML_T_INT:
		json_int(w, v.i);
		break;
	case YAML_T_UINT:
		json_uint(w, v.u);
		break;
	case YAML_T_FLOAT:
		json_double(w, v.f);
		break;
	case YAML_T_STRING:
	case YAML_T_TIMESTAMP:
	case YAML_T_BINARY:
	case YAML_T_MERGE:
		json_str(w, v.s);
		break;
	}
}

void
jwt_write_claims(const struct oauth2 *o, struct sbuf *b)
{
	struct json_writer w;

	json_writer_init(&w, b, JSON_HTML_PLAIN);
	if (o->claims != NULL)
		put_yaml(&w, o->claims);
	else
		json_nil(&w);
}

/* The configured claims win. */
static bool
is_ours(const struct oauth2 *o, const char *name)
{
	return o->claims == NULL || yaml_get(o->claims, name) == NULL;
}

static void
put_claims(struct sbuf *b, const struct oauth2 *o, struct wall now)
{
	struct json_writer w;
	struct sbuf scopes = SBUF_INIT(SBUF_UNLIMITED);
	char id[37];

	random_uuid(id);
	for (size_t i = 0; i < o->scopes.n; i++) {
		sbuf_puts(&scopes, i > 0 ? " " : "");
		sbuf_str(&scopes, o->scopes.v[i]);
	}
	json_writer_init(&w, b, JSON_HTML_PLAIN);
	json_object_begin(&w);
	if (is_ours(o, "aud"))
		json_put_str(&w, "aud", o->audience.n > 0 ? o->audience : o->token_url);
	if (is_ours(o, "exp"))
		json_put_int(&w, "exp", now.s + VALID_S);
	if (is_ours(o, "iat"))
		json_put_int(&w, "iat", now.s);
	if (is_ours(o, "iss"))
		json_put_str(&w, "iss", o->iss);
	if (is_ours(o, "jti"))
		json_put_str(&w, "jti", str_from(id));
	if (o->scopes.n > 0 && is_ours(o, "scope"))
		json_put_str(&w, "scope", sbuf_get(&scopes));
	if (is_ours(o, "sub"))
		json_put_str(&w, "sub", STR(""));
	for (size_t i = 0; o->claims != NULL && o->claims->kind == YAML_MAP && i < o->claims->n; i++) {
		json_key(&w, o->claims->pairs[i].key->text);
		put_yaml(&w, o->claims->pairs[i].value);
	}
	json_object_end(&w);
	sbuf_fini(&scopes);
}

static bool
sign(struct str text, struct str key, const EVP_MD *md, struct sbuf *b, struct err *e)
{
	BIO *bio = BIO_new_mem_buf(key.p, (int)key.n);
	EVP_PKEY *pkey = bio != NULL ? PEM_read_bio_PrivateKey(bio, NULL, tls_no_password, NULL) : NULL;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char *sig = NULL;
	size_t n = 0;
	bool ok = false;

	if (pkey == NULL || EVP_PKEY_base_id(pkey) != EVP_PKEY_RSA) {
		err_set(e, ERR_INVALID, "invalid key: Key must be a PEM encoded PKCS1 or PKCS8 key");
	} else if (ctx == NULL || EVP_DigestSignInit(ctx, NULL, md, NULL, pkey) != 1 ||
	    EVP_DigestSign(ctx, NULL, &n, (const unsigned char *)text.p, text.n) != 1) {
		err_set(e, ERR_IO, "the key cannot sign");
	} else {
		sig = mem_alloc(n);
		ok = EVP_DigestSign(ctx, sig, &n, (const unsigned char *)text.p, text.n) == 1;
		if (ok)
			put_part(b, (struct str){ (const char *)sig, n });
		else
			err_set(e, ERR_IO, "the key cannot sign");
	}
	mem_free(sig);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(pkey);
	BIO_free(bio);
	return ok;
}

bool
jwt_assertion(const struct oauth2 *o, struct str key, struct wall now, struct sbuf *b, struct err *e)
{
	struct str alg = o->signature_algorithm.n > 0 ? o->signature_algorithm : STR("RS256");
	const EVP_MD *md = str_is(alg, "RS512") ? EVP_sha512() : str_is(alg, "RS384") ? EVP_sha384() : EVP_sha256();
	struct sbuf part = SBUF_INIT(SBUF_UNLIMITED);
	struct sbuf all = SBUF_INIT(SBUF_UNLIMITED);
	struct json_writer w;
	bool ok;

	json_writer_init(&w, &part, JSON_HTML_PLAIN);
	json_object_begin(&w);
	json_put_str(&w, "alg", alg);
	if (o->client_certificate_key_id.n > 0)
		json_put_str(&w, "kid", o->client_certificate_key_id);
	json_put_str(&w, "typ", STR("JWT"));
	json_object_end(&w);
	put_part(&all, sbuf_get(&part));
	sbuf_putc(&all, '.');
	sbuf_reset(&part);
	put_claims(&part, o, now);
	put_part(&all, sbuf_get(&part));
	sbuf_reset(&part);
	ok = sign(sbuf_get(&all), key, md, &part, e);
	if (ok) {
		sbuf_str(b, sbuf_get(&all));
		sbuf_putc(b, '.');
		sbuf_str(b, sbuf_get(&part));
	}
	sbuf_fini(&part);
	sbuf_fini(&all);
	return ok;
}
