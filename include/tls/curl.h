/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls/curl.h - a struct tls_config as options of a libcurl handle.
 */
#ifndef TLS_CURL_H
#define TLS_CURL_H

#include <stdbool.h>

#include <curl/curl.h>
#include <openssl/ssl.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/err.h"
#include "config/http_config.h"

/*
 * Reads and checks the files; t may be NULL: then only TLS 1.2 is asked for.
 * server_name is the caller's business. *authorities_out has to live as long as
 * easy, and is the caller's to free; NULL for those of the system, and when nothing is verified. Errors:
 * unable to read CA cert: …
 */
bool tls_curl_set(CURL *easy, const struct tls_config *t, struct arena *a, X509_STORE **authorities_out,
    struct err *e) MUST_CHECK;

#endif
