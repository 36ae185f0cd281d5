/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib_tls.h - certificates for tests, made on the spot.
 */
#ifndef LIB_TLS_H
#define LIB_TLS_H

#include <stdbool.h>

#include <openssl/ssl.h>

/* A self-signed certificate for a DNS name and, with `ip`, 127.0.0.1; PEM texts to be freed with mem_free. */
void test_certificate(const char *name, bool ip, char **cert_out, char **key_out);
/* A context of a server with them. */
SSL_CTX *test_server_context(const char *cert, const char *key);
/* Writes a text into a new file below /tmp; the path is to be freed with mem_free (and the file unlinked). */
char *test_file(const char *text);

#endif
