/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/server.h"

#include <assert.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/mem.h"
#include "base/sbuf.h"
#include "loop/file.h"
#include "tls/files.h"

static bool
read_one(struct str text, struct str path, const char *what, struct arena *a, struct str *out, struct err *e)
{
	if (text.n > 0 || path.n == 0) {
		*out = text;
		/* Both given: the file is the one that counts, and has to be there. */
		if (path.n == 0)
			return true;
	}
	if (file_read_small(path, a, out, e))
		return true;
	return err_ctx(e, "failed to read %s (%.*s)", what, STR_ARG(path));
}

/* Which certificates of clients are accepted; the names follow Go's tls.ClientAuthType. */
static bool
client_auth(struct str type, int *mode, bool *any, struct err *e)
{
	*any = false;
	if (type.n == 0 || str_is(type, "NoClientCert"))
		*mode = SSL_VERIFY_NONE;
	else if (str_is(type, "VerifyClientCertIfGiven"))
		*mode = SSL_VERIFY_PEER;
	else if (str_is(type, "RequireAndVerifyClientCert"))
		*mode = SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
	else if (str_is(type, "RequestClientCert") || str_is(type, "RequestClient")) {
		*mode = SSL_VERIFY_PEER;
		*any = true;
	} else if (str_is(type, "RequireAnyClientCert") || str_is(type, "RequireClientCert")) {
		*mode = SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
		*any = true;
	} else {
		return err_set(e, ERR_INVALID, "invalid ClientAuth: %.*s", STR_ARG(type));
	}
	return true;
}

/* Lives as long as its context: what the verification of clients needs. */
struct policy {
	bool any;
	struct str_list sans;
	struct arena *arena;
};

static void
free_policy(void *parent, void *ptr, CRYPTO_EX_DATA *ad, int index, long argl, void *argp)
{
	struct policy *p = ptr;

	(void)parent;
	(void)ad;
	(void)index;
	(void)argl;
	(void)argp;
	if (p != NULL) {
		arena_free(&p->arena);
		mem_free(p);
	}
}

static int
policy_index(void)
{
	static int index = -1;

	if (index < 0)
		index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, free_policy);
	return index;
}

static bool
name_is(const struct policy *p, const char *s, size_t n)
{
	for (size_t i = 0; i < p->sans.n; i++)
		if (str_eq(p->sans.v[i], (struct str){ s, n }))
			return true;
	return false;
}

static bool
san_allowed(const struct policy *p, X509 *x)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	bool ok = false;

	for (int i = 0; i < sk_GENERAL_NAME_num(names) && !ok; i++) {
		const GENERAL_NAME *g = sk_GENERAL_NAME_value(names, i);

		if (g->type == GEN_DNS || g->type == GEN_EMAIL || g->type == GEN_URI) {
			ok = name_is(p, (const char *)ASN1_STRING_get0_data(g->d.ia5), (size_t)ASN1_STRING_length(g->d.ia5));
		} else if (g->type == GEN_IPADD) {
			for (size_t k = 0; k < p->sans.n && !ok; k++) {
				ASN1_OCTET_STRING *a = a2i_IPADDRESS(p->sans.v[k].p);

				ok = a != NULL && ASN1_OCTET_STRING_cmp(a, g->d.iPAddress) == 0;
				ASN1_OCTET_STRING_free(a);
			}
		}
	}
	ERR_clear_error();
	GENERAL_NAMES_free(names);
	return ok;
}

static int
on_verify(int ok, X509_STORE_CTX *ctx)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(ctx, SSL_get_ex_data_X509_STORE_CTX_idx());
	const struct policy *p = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), policy_index());

	if (p->any)
		ok = 1;
	if (ok && X509_STORE_CTX_get_error_depth(ctx) == 0 && p->sans.n > 0 &&
	    !san_allowed(p, X509_STORE_CTX_get_current_cert(ctx))) {
		X509_STORE_CTX_set_error(ctx, X509_V_ERR_APPLICATION_VERIFICATION);
		ok = 0;
	}
	return ok;
}

static bool
set_ciphers(SSL_CTX *ctx, const struct web_tls *t, struct err *e)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	bool ok = true;

	for (size_t i = 0; i < t->cipher_suites.n && ok; i++) {
		const char *name = OPENSSL_cipher_name(t->cipher_suites.v[i].p);

		if (strcmp(name, "(NONE)") == 0)
			ok = err_set(e, ERR_INVALID, "unknown cipher: %.*s", STR_ARG(t->cipher_suites.v[i]));
		else if (!str_starts(str_from(name), STR("TLS_")))	/* those of 1.3 are always on, as in Go */
			sbuf_printf(&b, "%s%s", b.n > 0 ? ":" : "", name);
	}
	if (ok && b.n > 0 && SSL_CTX_set_cipher_list(ctx, sbuf_cstr(&b)) != 1)
		ok = err_set(e, ERR_INVALID, "none of cipher_suites is supported");
	sbuf_fini(&b);
	return ok;
}

static bool
set_curves(SSL_CTX *ctx, const struct web_tls *t, struct err *e)
{
	static const struct {
		const char *theirs, *ours;
	} curves[] = { { "CurveP256", "P-256" }, { "CurveP384", "P-384" }, { "CurveP521", "P-521" }, { "X25519", "X25519" } };
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	bool ok = true;

	for (size_t i = 0; i < t->curve_preferences.n && ok; i++) {
		size_t k = 0;

		while (k < ARRAY_LEN(curves) && !str_is(t->curve_preferences.v[i], curves[k].theirs))
			k++;
		if (k == ARRAY_LEN(curves))
			ok = err_set(e, ERR_INVALID, "unknown curve: %.*s", STR_ARG(t->curve_preferences.v[i]));
		else
			sbuf_printf(&b, "%s%s", b.n > 0 ? ":" : "", curves[k].ours);
	}
	if (ok && b.n > 0 && SSL_CTX_set1_groups_list(ctx, sbuf_cstr(&b)) != 1)
		ok = err_set(e, ERR_INVALID, "none of curve_preferences is supported");
	sbuf_fini(&b);
	return ok;
}

static bool
set_clients(SSL_CTX *ctx, const struct web_tls *t, struct str ca, struct err *e)
{
	struct policy *p = NEW(struct policy);
	int mode = SSL_VERIFY_NONE;

	p->arena = arena_new();
	p->sans.v = ARENA_ARRAY(p->arena, t->client_allowed_sans.n, struct str);
	for (size_t i = 0; i < t->client_allowed_sans.n; i++)
		p->sans.v[p->sans.n++] = arena_str(p->arena, t->client_allowed_sans.v[i]);
	if (policy_index() < 0 || SSL_CTX_set_ex_data(ctx, policy_index(), p) != 1) {
		free_policy(NULL, p, NULL, 0, 0, NULL);
		return err_set(e, ERR_IO, "tls: out of memory");
	}
	if (!client_auth(t->client_auth_type, &mode, &p->any, e))
		return false;
	if ((t->client_ca.n > 0 || t->client_ca_file.n > 0) && mode == SSL_VERIFY_NONE)
		return err_set(e, ERR_INVALID, "client CA's have been configured without a Client Auth Policy");
	/* An authority that cannot be read leaves none, and so no client that could be verified. */
	if (ca.n > 0)
		(void)tls_use_ca(ctx, ca);
	SSL_CTX_set_verify(ctx, mode, on_verify);
	return true;
}

SSL_CTX *
tls_server_new(const struct web_tls *t, struct err *e)
{
	struct arena *a = arena_new();
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	struct str cert, key, ca;
	bool ok;

	if (ctx == NULL) {
		arena_free(&a);
		err_set(e, ERR_IO, "tls: out of memory");
		return NULL;
	}
	SSL_CTX_set_min_proto_version(ctx, tls_version(t->min_version, TLS1_2_VERSION));
	SSL_CTX_set_max_proto_version(ctx, tls_version(t->max_version, TLS1_3_VERSION));
	if (tls_version(t->min_version, TLS1_2_VERSION) < TLS1_2_VERSION)
		SSL_CTX_set_cipher_list(ctx, "DEFAULT@SECLEVEL=0");
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | (t->prefer_server_cipher_suites ? SSL_OP_CIPHER_SERVER_PREFERENCE : 0));
	SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"tocsin", 6);
	ok = read_one(t->cert, t->cert_file, "cert_file", a, &cert, e) && read_one(t->key, t->key_file, "key_file", a, &key, e) &&
	    read_one(t->client_ca, t->client_ca_file, "client_ca_file", a, &ca, e);
	if (ok && !tls_use_cert(ctx, cert, key, e))
		ok = err_ctx(e, "failed to load X509KeyPair");
	ok = ok && set_ciphers(ctx, t, e) && set_curves(ctx, t, e) && set_clients(ctx, t, ca, e);
	arena_free(&a);
	if (ok)
		return ctx;
	SSL_CTX_free(ctx);
	return NULL;
}

int64_t
tls_certificate_ends(const SSL_CTX *ctx)
{
	X509 *x = SSL_CTX_get0_certificate(ctx);
	ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
	int days = 0, seconds = 0;

	assert(epoch != NULL);
	if (x == NULL || ASN1_TIME_diff(&days, &seconds, epoch, X509_get0_notAfter(x)) != 1)
		days = seconds = 0;
	ASN1_TIME_free(epoch);
	return (int64_t)days * 86400 + seconds;
}

static struct str
common_name(X509 *x, struct arena *a)
{
	const X509_NAME *subject = X509_get_subject_name(x);
	int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1), n;
	struct str name = STR("");
	unsigned char *utf8 = NULL;

	if (at < 0)
		return name;
	n = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
	if (n > 0 && memchr(utf8, '\0', (size_t)n) == NULL)
		name = arena_str(a, (struct str){ (const char *)utf8, (size_t)n });
	OPENSSL_free(utf8);
	return name;
}

struct str
tls_client_name(const SSL *ssl, struct arena *a)
{
	const struct policy *p = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), policy_index());
	struct str name = STR("");
	X509 *x;

	/* Where any certificate will do, the names in them are anybody's. */
	if (p == NULL || p->any || SSL_get_verify_result(ssl) != X509_V_OK)
		return name;
	x = SSL_get1_peer_certificate(ssl);
	if (x != NULL)
		name = common_name(x, a);
	X509_free(x);
	ERR_clear_error();
	return name;
}
