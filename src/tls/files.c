/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/files.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include "loop/file.h"
#include "tls/store.h"

static bool
read_one(struct str text, struct str path, const char *what, struct arena *a, struct str *out, struct err *e)
{
	if (text.n > 0) {
		*out = text;
		return true;
	}
	if (path.n == 0)
		return true;
	if (file_read_small(path, a, out, e))
		return true;
	err_ctx(e, "unable to read file %.*s", STR_ARG(path));
	return err_ctx(e, "%s", what);
}

bool
tls_files_read(const struct tls_config *t, struct arena *a, struct tls_files *out, struct err *e)
{
	struct tls_files f = { 0 };

	if (t != NULL && (!read_one(t->ca, t->ca_file, "unable to read CA cert", a, &f.ca, e) ||
	    !read_one(t->cert, t->cert_file, "unable to read specified client cert", a, &f.cert, e) ||
	    !read_one(t->key, t->key_file, "unable to read specified client key", a, &f.key, e)))
		return false;
	*out = f;
	return true;
}

static BIO *
memory(struct str pem)
{
	return BIO_new_mem_buf(pem.p, (int)pem.n);
}

bool
tls_use_ca(SSL_CTX *ctx, struct str pem)
{
	X509_STORE *store = SSL_CTX_get_cert_store(ctx);
	BIO *b = memory(pem);
	X509 *x;
	size_t n = 0;

	while (b != NULL && (x = PEM_read_bio_X509_AUX(b, NULL, tls_no_password, NULL)) != NULL) {
		n += X509_STORE_add_cert(store, x) == 1;
		X509_free(x);
	}
	BIO_free(b);
	ERR_clear_error();
	return n > 0;
}

bool
tls_use_cert(SSL_CTX *ctx, struct str cert, struct str key, struct err *e)
{
	BIO *cb = memory(cert), *kb = memory(key);
	X509 *leaf = PEM_read_bio_X509_AUX(cb, NULL, tls_no_password, NULL), *x;
	EVP_PKEY *pkey = PEM_read_bio_PrivateKey(kb, NULL, tls_no_password, NULL);
	bool ok = false;

	if (leaf == NULL) {
		err_set(e, ERR_INVALID, "tls: failed to find any PEM data in certificate input");
	} else if (pkey == NULL) {
		err_set(e, ERR_INVALID, "tls: failed to find any PEM data in key input");
	} else if (SSL_CTX_use_certificate(ctx, leaf) != 1) {
		err_set(e, ERR_INVALID, "tls: %s", ERR_reason_error_string(ERR_peek_error()));
	} else if (SSL_CTX_use_PrivateKey(ctx, pkey) != 1 || SSL_CTX_check_private_key(ctx) != 1) {
		err_set(e, ERR_INVALID, "tls: private key does not match public key");
	} else {
		ok = true;
		while (ok && (x = PEM_read_bio_X509(cb, NULL, tls_no_password, NULL)) != NULL) {
			ok = SSL_CTX_add0_chain_cert(ctx, x) == 1;
			if (!ok)
				X509_free(x);
		}
		if (!ok)
			err_set(e, ERR_INVALID, "tls: bad certificate chain");
	}
	X509_free(leaf);
	EVP_PKEY_free(pkey);
	BIO_free(cb);
	BIO_free(kb);
	ERR_clear_error();
	return ok;
}

static const char *
origin(struct str path, char *buf, size_t size)
{
	if (path.n == 0)
		return "inline";
	snprintf(buf, size, "file %.*s", STR_ARG(path));
	return buf;
}

static bool
has_authorities(struct str pem)
{
	X509_STORE *s = tls_store_of(pem, NULL, NULL);
	bool ok = s != NULL;

	X509_STORE_free(s);
	return ok;
}

bool
tls_files_check(const struct tls_config *t, const struct tls_files *f, struct err *e)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	char a[600], b[600];
	bool ok = true;

	if (ctx == NULL)
		return err_set(e, ERR_IO, "tls: out of memory");
	/* A file that is empty is as wrong as one full of something else. */
	if ((t->ca.n > 0 || t->ca_file.n > 0) && !has_authorities(f->ca))
		ok = err_set(e, ERR_INVALID, "unable to use specified CA cert %s", origin(t->ca_file, a, sizeof(a)));
	if (ok && (t->cert.n > 0 || t->cert_file.n > 0) && !tls_use_cert(ctx, f->cert, f->key, e))
		ok = err_ctx(e, "unable to use specified client cert (%s) & key (%s)", origin(t->cert_file, a, sizeof(a)),
		    origin(t->key_file, b, sizeof(b)));
	SSL_CTX_free(ctx);
	return ok;
}

int
tls_version(struct str v, int otherwise)
{
	if (str_is(v, "TLS10"))
		return TLS1_VERSION;
	if (str_is(v, "TLS11"))
		return TLS1_1_VERSION;
	if (str_is(v, "TLS12"))
		return TLS1_2_VERSION;
	if (str_is(v, "TLS13"))
		return TLS1_3_VERSION;
	return otherwise;
}

bool
tls_config_check(const struct tls_config *t, struct err *e)
{
	struct arena *a = arena_new();
	struct tls_files f;
	bool ok = tls_files_read(t, a, &f, e) && (t == NULL || tls_files_check(t, &f, e));

	arena_free(&a);
	return ok;
}

bool
http_config_check(const struct http_config *h, struct err *e)
{
	/* Read now, and by whoever loads configurations, rather than on the loop with the first request. */
	if (h != NULL && (h->tls_config == NULL || !h->tls_config->insecure_skip_verify))
		X509_STORE_free(tls_store_system());
	/* COMPAT: the files of oauth2 are looked at when a token is asked for, not before. */
	return h == NULL || tls_config_check(h->tls_config, e);
}
