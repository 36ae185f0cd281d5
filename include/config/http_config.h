/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config/http_config.h - how to reach an HTTP receiver (Prometheus common/config HTTPClientConfig).
 *
 * Plain data in the configuration's arena. *_file values are paths, already
 * made absolute where the rule says so, and read at use.
 */
#ifndef CONFIG_HTTP_CONFIG_H
#define CONFIG_HTTP_CONFIG_H

#include "base/arena.h"
#include "base/compiler.h"
#include "base/err.h"
#include "config/field.h"

struct tls_config {
	struct str ca, ca_file, cert, cert_file, key, key_file;
	struct str server_name;
	bool insecure_skip_verify;
	struct str min_version, max_version;	/* TLS10 … TLS13, or unset */
	bool ref;	/* a *_ref key was used: as in http_config */
};

struct basic_auth {
	bool present;
	struct str username, username_file, password, password_file;
};

struct authorization {
	bool present;
	struct str type;	/* "Bearer" by default */
	struct str credentials, credentials_file;
};

struct proxy_config {
	struct str proxy_url, no_proxy;
	bool proxy_from_environment;
	struct struct_list proxy_connect_header;	/* of struct http_header_config */
};

struct http_header_config {
	struct str name;
	struct str_list values, secrets, files;	/* all are sent, in this order */
};

struct oauth2 {
	bool present;
	struct str client_id, client_secret, client_secret_file, token_url;
	struct str_list scopes;
	struct str_pairs endpoint_params;
	struct tls_config *tls_config;	/* NULL: none */
	struct proxy_config proxy;
	/* grant_type urn:ietf:params:oauth:grant-type:jwt-bearer */
	struct str grant_type, client_certificate_key, client_certificate_key_file, client_certificate_key_id;
	struct str signature_algorithm, iss, audience;
	const struct yaml_node *claims;
};

struct http_config {
	struct basic_auth basic_auth;
	struct authorization authorization;
	struct oauth2 oauth2;
	struct tls_config *tls_config;	/* NULL: defaults */
	bool follow_redirects, enable_http2;
	struct proxy_config proxy;
	struct struct_list http_headers;	/* of struct http_header_config */
	bool ref;	/* a *_ref key was used: there is no secret manager, so no client can be built from this */
};

/* Calls `each` for all files that h names, with the dotted key that names them. NULL names none. */
typedef void http_config_file(void *arg, const char *key, struct str path);
void http_config_files(const struct http_config *h, http_config_file *each, void *arg);
void tls_config_files(const struct tls_config *t, http_config_file *each, void *arg);

/*
 * Reads a file that holds the keys of an http_config and nothing else. All in
 * the arena; paths are joined to the directory of `path`, which also names the
 * file in errors. An empty file gives one without anything set.
 */
bool http_config_load(struct str bytes, const char *path, struct arena *a, struct http_config **out,
    struct err *e) MUST_CHECK;

#endif
