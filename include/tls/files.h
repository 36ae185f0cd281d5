/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls/files.h - what a struct tls_config refers to, as PEM bytes.
 *
 * Read anew at each use, so that certificates can be replaced under a running
 * server (Prometheus common/config NewTLSConfig).
 */
#ifndef TLS_FILES_H
#define TLS_FILES_H

#include <stdbool.h>

#include <openssl/ssl.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/err.h"
#include "base/str.h"
#include "config/http_config.h"

/* PEM; empty where nothing is configured. */
struct tls_files {
	struct str ca, cert, key;
};

/* t may be NULL: then all is empty. Errors: unable to read CA cert: … */
bool tls_files_read(const struct tls_config *t, struct arena *a, struct tls_files *out, struct err *e) MUST_CHECK;
/* Also whether they make sense. */
bool tls_files_check(const struct tls_config *t, const struct tls_files *f, struct err *e) MUST_CHECK;

/* TLS1_VERSION … TLS1_3_VERSION of "TLS10" … "TLS13"; `otherwise` when v is empty. */
int tls_version(struct str v, int otherwise);
/* Puts certificates (chain), keys and authorities into an OpenSSL context. */
bool tls_use_ca(SSL_CTX *ctx, struct str pem);
bool tls_use_cert(SSL_CTX *ctx, struct str cert, struct str key, struct err *e) MUST_CHECK;

/*
 * Whether the files that a receiver's http_config names for TLS can be read and
 * understood (those of oauth2 aside): for the check at load. Errors: unable to read
 * CA cert: …
 */
bool http_config_check(const struct http_config *h, struct err *e) MUST_CHECK;
bool tls_config_check(const struct tls_config *t, struct err *e) MUST_CHECK;

#endif
