/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/client.h"

#include <openssl/x509v3.h>

#include "base/mem.h"
#include "tls/files.h"
#include "tls/store.h"

static bool
set_authorities(SSL_CTX *ctx, struct str ca, struct arena *a, struct err *e)
{
	X509_STORE *store = ca.n > 0 ? tls_store_of(ca, a, NULL) : tls_store_system();

	if (store == NULL)
		return err_set(e, ERR_INVALID, "tls: there are no authorities");
	SSL_CTX_set_cert_store(ctx, store); /* which keeps the reference */
	return true;
}

static bool
set_up(SSL_CTX *ctx, const struct tls_config *t, struct arena *a, struct err *e)
{
	struct tls_files f;
	bool verifies = t == NULL || !t->insecure_skip_verify;

	if (!tls_files_read(t, a, &f, e) || (t != NULL && !tls_files_check(t, &f, e)))
		return false;
	SSL_CTX_set_min_proto_version(ctx, tls_version(t != NULL ? t->min_version : STR_NONE, TLS1_2_VERSION));
	SSL_CTX_set_max_proto_version(ctx, tls_version(t != NULL ? t->max_version : STR_NONE, TLS1_3_VERSION));
	SSL_CTX_set_verify(ctx, verifies ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
	if (verifies && !set_authorities(ctx, f.ca, a, e))
		return false;
	return f.cert.n == 0 || tls_use_cert(ctx, f.cert, f.key, e);
}

SSL_CTX *
tls_client_new(const struct tls_config *t, struct err *e)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	struct arena *a = arena_new();
	bool ok = ctx != NULL ? set_up(ctx, t, a, e) : err_set(e, ERR_IO, "tls: out of memory");

	arena_free(&a);
	if (ok)
		return ctx;
	SSL_CTX_free(ctx);
	return NULL;
}

SSL *
tls_client_to(SSL_CTX *ctx, const struct tls_config *t, struct str ip)
{
	SSL *ssl = SSL_new(ctx);
	char *name = NULL;
	bool ok = ssl != NULL;

	if (ok && t != NULL && t->server_name.n > 0) {
		name = mem_strndup(t->server_name.p, t->server_name.n);
		ok = SSL_set_tlsext_host_name(ssl, name) == 1 && SSL_set1_host(ssl, name) == 1;
	} else if (ok) {
		ok = X509_VERIFY_PARAM_set1_ip(SSL_get0_param(ssl), (const unsigned char *)ip.p, ip.n) == 1;
	}
	mem_free(name);
	if (ok)
		return ssl;
	SSL_free(ssl);
	return NULL;
}
