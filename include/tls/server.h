/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls/server.h - the server's side of TLS, as exporter-toolkit's tls_server_config has it.
 */
#ifndef TLS_SERVER_H
#define TLS_SERVER_H

#include <stdint.h>

#include <openssl/ssl.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/err.h"
#include "base/str.h"
#include "config/web_conf.h"

/* Reads the certificates, too. NULL and e on failure: failed to read cert_file (…): … */
SSL_CTX *tls_server_new(const struct web_tls *t, struct err *e) MUST_CHECK;
/* When the certificate ends that ctx shows, in seconds since 1970; 0 when it shows none. */
int64_t tls_certificate_ends(const SSL_CTX *ctx);
/*
 * The common name of the client's certificate, in the arena. Empty without a certificate, when it was not verified
 * against the configured authorities, or when its name has a NUL. `ssl` is of such a context.
 */
struct str tls_client_name(const SSL *ssl, struct arena *a);

#endif
