/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls/certificate.h - why a certificate was not accepted, in the words of Go's
 * crypto/x509.
 */
#ifndef TLS_CERTIFICATE_H
#define TLS_CERTIFICATE_H

#include "base/err.h"
#include "base/str.h"

/* `result` is OpenSSL's X509_V_…; X509_V_OK and X509_V_ERR_UNSPECIFIED (what libcurl
 * leaves there) stand for a name that does not fit `host`. */
void certificate_error(long result, struct str host, struct err *e);

#endif
