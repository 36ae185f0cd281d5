/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/curl.h"

#include <assert.h>
#include <string.h>

#include "tls/files.h"
#include "tls/store.h"

/* An option that libcurl refuses is a mistake of ours: all are known to 7.88. */
#define SET(easy, option, value)                                             \
	do {                                                                 \
		CURLcode code_ = curl_easy_setopt((easy), (option), (value)); \
		assert(code_ == CURLE_OK);                                   \
	} while (0)

static void
set_blob(CURL *easy, CURLoption option, struct str pem)
{
	struct curl_blob blob = { .len = pem.n, .flags = CURL_BLOB_COPY };

	memcpy(&blob.data, &pem.p, sizeof(blob.data));	/* libcurl's struct is not const, but the bytes are copied */
	SET(easy, option, &blob);
}

static long
version_of(struct str v, bool max, long otherwise)
{
	switch (tls_version(v, 0)) {
	case TLS1_VERSION:
		return max ? CURL_SSLVERSION_MAX_TLSv1_0 : CURL_SSLVERSION_TLSv1_0;
	case TLS1_1_VERSION:
		return max ? CURL_SSLVERSION_MAX_TLSv1_1 : CURL_SSLVERSION_TLSv1_1;
	case TLS1_2_VERSION:
		return max ? CURL_SSLVERSION_MAX_TLSv1_2 : CURL_SSLVERSION_TLSv1_2;
	case TLS1_3_VERSION:
		return max ? CURL_SSLVERSION_MAX_TLSv1_3 : CURL_SSLVERSION_TLSv1_3;
	default:
		return otherwise;
	}
}

static CURLcode
on_context(CURL *easy, void *ctx, void *arg)
{
	X509_STORE *system;

	(void)easy;
	if (arg != NULL) {
		SSL_CTX_set1_cert_store(ctx, arg);
		return CURLE_OK;
	}
	/* Only who speaks TLS pays for them. */
	system = tls_store_system();
	if (system == NULL)
		return CURLE_OUT_OF_MEMORY;
	SSL_CTX_set1_cert_store(ctx, system);
	X509_STORE_free(system);
	return CURLE_OK;
}

/*
 * libcurl has nothing to read itself but the mark, by which it sees that a
 * connection verified by others must not serve this request.
 */
static bool
set_authorities(CURL *easy, struct str ca, struct arena *a, X509_STORE **out, struct err *e)
{
	struct str mark = STR_NONE;

	if (ca.n > 0 && (*out = tls_store_of(ca, a, &mark)) == NULL)
		return err_set(e, ERR_IO, "tls: the certificate authorities cannot be used");
	SET(easy, CURLOPT_CAINFO, NULL);
	SET(easy, CURLOPT_CAPATH, NULL);
	/* As in Go, they also vouch for a proxy that is spoken to by TLS. */
	SET(easy, CURLOPT_PROXY_CAINFO, NULL);
	SET(easy, CURLOPT_PROXY_CAPATH, NULL);
	if (mark.n > 0) {
		set_blob(easy, CURLOPT_CAINFO_BLOB, mark);
		set_blob(easy, CURLOPT_PROXY_CAINFO_BLOB, mark);
	}
	SET(easy, CURLOPT_SSL_CTX_FUNCTION, on_context);
	SET(easy, CURLOPT_SSL_CTX_DATA, *out);
	return true;
}

bool
tls_curl_set(CURL *easy, const struct tls_config *t, struct arena *a, X509_STORE **authorities_out, struct err *e)
{
	struct tls_files f;

	*authorities_out = NULL;
	SET(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (t == NULL)
		return set_authorities(easy, STR_NONE, a, authorities_out, e);
	if (!tls_files_read(t, a, &f, e) || !tls_files_check(t, &f, e))
		return false;
	if (!t->insecure_skip_verify && !set_authorities(easy, f.ca, a, authorities_out, e))
		return false;
	if (f.cert.n > 0) {
		set_blob(easy, CURLOPT_SSLCERT_BLOB, f.cert);
		set_blob(easy, CURLOPT_SSLKEY_BLOB, f.key);
	}
	if (t->insecure_skip_verify) {
		SET(easy, CURLOPT_SSL_VERIFYPEER, 0L);
		SET(easy, CURLOPT_SSL_VERIFYHOST, 0L);
	}
	SET(easy, CURLOPT_SSLVERSION, version_of(t->min_version, false, CURL_SSLVERSION_TLSv1_2) |
	    version_of(t->max_version, true, CURL_SSLVERSION_MAX_DEFAULT));
	/* A version that was asked for by name must work, whatever the system's policy on old versions. */
	if (tls_version(t->min_version, TLS1_2_VERSION) < TLS1_2_VERSION)
		SET(easy, CURLOPT_SSL_CIPHER_LIST, "DEFAULT@SECLEVEL=0");
	return true;
}
