/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls/store.h - certificate authorities, parsed once and shared.
 *
 * A system's bundle takes some 20 ms to parse and a megabyte to keep. libcurl
 * would do both for each connection, on the loop. Any thread.
 */
#ifndef TLS_STORE_H
#define TLS_STORE_H

#include <openssl/ssl.h>

#include "base/arena.h"
#include "base/str.h"

/*
 * The certificates in pem; the caller frees its reference. NULL: there is none in it. *mark_out, unless mark_out is
 * NULL, is PEM of one of them, different for each different pem: what tells connections apart.
 */
X509_STORE *tls_store_of(struct str pem, struct arena *a, struct str *mark_out);
/*
 * Those of the system, as libcurl was built to find them, or of the places that SSL_CERT_FILE and SSL_CERT_DIR name in
 * their stead; read again when the file is another one. NULL: out of memory.
 */
X509_STORE *tls_store_system(void);
/* For OpenSSL's readers of PEM: what is encrypted cannot be used, and nobody is asked for a password on a terminal. */
int tls_no_password(char *buf, int size, int rwflag, void *arg);

#endif
