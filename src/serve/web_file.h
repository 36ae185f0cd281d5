/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serve/web_file.h - what a web configuration file says (Prometheus
 * exporter-toolkit docs/web-configuration.md), and TLS made of it.
 */
#ifndef SERVE_WEB_FILE_H
#define SERVE_WEB_FILE_H

#include <stdbool.h>

#include <openssl/ssl.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/err.h"
#include "base/str.h"
#include "base/time.h"

#define WEB_HEADERS_MAX 5
#define WEB_NAMES_MAX 200	/* of lists: ciphers, curves, names */

struct web_names {
	struct str v[WEB_NAMES_MAX];
	size_t n;
};

struct web_user {
	struct str name, hash;	/* bcrypt; NUL behind */
};

struct web_file {
	bool tls;
	struct str cert, cert_file, key, key_file, client_ca, client_ca_file;
	struct str client_auth_type, min_version, max_version;
	struct web_names sans, ciphers, curves;
	bool prefer_server_ciphers;
	struct str header_names[WEB_HEADERS_MAX], header_values[WEB_HEADERS_MAX];
	size_t headers_n;
	struct web_user *users;
	size_t users_n;
	bool limited;
	span interval;
	int64_t burst;
};

/* All of it in `a`; relative paths are made absolute from the file's directory. */
bool web_file_read(const char *path, struct arena *a, struct web_file *out, struct err *e) MUST_CHECK;
/* NULL and e on failure; also reads the certificates. */
SSL_CTX *web_file_tls(const struct web_file *f, struct err *e) MUST_CHECK;

#endif
