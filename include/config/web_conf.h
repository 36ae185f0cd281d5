/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config/web_conf.h - the file of --web.config.file: TLS, users, headers, rate limit
 * (Prometheus exporter-toolkit docs/web-configuration.md).
 *
 * Plain data; the files that it names are read by whoever uses it.
 */
#ifndef CONFIG_WEB_CONF_H
#define CONFIG_WEB_CONF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/err.h"
#include "base/str.h"
#include "base/time.h"
#include "config/field.h"

struct web_tls {
	struct str cert, cert_file, key, key_file;	/* texts or files, PEM; files with a NUL behind, as all texts here */
	struct str client_ca, client_ca_file;
	struct str client_auth_type;	/* Go's tls.ClientAuthType; empty: none */
	struct str min_version, max_version;	/* TLS10 … TLS13, or unset */
	struct str_list cipher_suites, curve_preferences, client_allowed_sans;
	bool prefer_server_cipher_suites;
};

struct web_http {
	bool http2;			/* read, and of no effect: HTTP/1.1 is what there is */
	struct str_pairs headers;	/* for all answers, by name; known ones that are not empty */
};

struct web_user {
	struct str name, hash;	/* bcrypt, 60 bytes and NUL */
};

struct web_rate {
	span interval;		/* between requests; <= 0: any number of them */
	int64_t burst;
};

struct web_conf {
	struct web_tls tls;
	bool uses_tls;		/* a certificate and a key are named */
	struct web_http http;
	struct web_rate rate;
	struct web_user *users;	/* by name */
	size_t users_n;
};

/* All of it in `a`. Relative paths are joined to the directory of `path`. Errors have the words of exporter-toolkit. */
bool web_conf_read(struct str bytes, const char *path, struct arena *a, struct web_conf *out, struct err *e) MUST_CHECK;

#endif
