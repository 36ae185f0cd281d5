/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls/client.h - a struct tls_config as an OpenSSL context, for connections that libcurl does not make.
 */
#ifndef TLS_CLIENT_H
#define TLS_CLIENT_H

#include <openssl/ssl.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/str.h"
#include "config/http_config.h"

/* Reads the files. t may be NULL: the authorities of the system, no certificate. NULL and e: unable to read CA cert: … */
SSL_CTX *tls_client_new(const struct tls_config *t, struct err *e) MUST_CHECK;
/*
 * A connection to be made to `ip`, 4 or 16 bytes, whose certificate has to be for that address, or for t's server_name.
 * NULL: out of memory.
 */
SSL *tls_client_to(SSL_CTX *ctx, const struct tls_config *t, struct str ip);

#endif
