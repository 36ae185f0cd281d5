/* SPDX-License-Identifier: Apache-2.0 */
#include "config/http_config.h"

static void
file(struct str path, const char *key, http_config_file *each, void *arg)
{
	if (path.n > 0)
		each(arg, key, path);
}

static void
header_files(const struct struct_list *headers, const char *key, http_config_file *each, void *arg)
{
	const struct http_header_config *h = headers->v;

	for (size_t i = 0; i < headers->n; i++)
		for (size_t k = 0; k < h[i].files.n; k++)
			file(h[i].files.v[k], key, each, arg);
}

void
tls_config_files(const struct tls_config *t, http_config_file *each, void *arg)
{
	if (t == NULL)
		return;
	file(t->ca_file, "ca_file", each, arg);
	file(t->cert_file, "cert_file", each, arg);
	file(t->key_file, "key_file", each, arg);
}

static void
oauth2_files(const struct oauth2 *o, http_config_file *each, void *arg)
{
	file(o->client_secret_file, "oauth2.client_secret_file", each, arg);
	file(o->client_certificate_key_file, "oauth2.client_certificate_key_file", each, arg);
	if (o->tls_config != NULL) {
		file(o->tls_config->ca_file, "oauth2.tls_config.ca_file", each, arg);
		file(o->tls_config->cert_file, "oauth2.tls_config.cert_file", each, arg);
		file(o->tls_config->key_file, "oauth2.tls_config.key_file", each, arg);
	}
}

void
http_config_files(const struct http_config *h, http_config_file *each, void *arg)
{
	if (h == NULL)
		return;
	file(h->basic_auth.username_file, "basic_auth.username_file", each, arg);
	file(h->basic_auth.password_file, "basic_auth.password_file", each, arg);
	file(h->authorization.credentials_file, "authorization.credentials_file", each, arg);
	oauth2_files(&h->oauth2, each, arg);
	if (h->tls_config != NULL) {
		file(h->tls_config->ca_file, "tls_config.ca_file", each, arg);
		file(h->tls_config->cert_file, "tls_config.cert_file", each, arg);
		file(h->tls_config->key_file, "tls_config.key_file", each, arg);
	}
	header_files(&h->http_headers, "http_headers", each, arg);
}
