/* SPDX-License-Identifier: Apache-2.0 */
#include "config/same.h"

#include <string.h>

#include "text/yaml.h"

static bool
same_strings(const struct str_list *a, const struct str_list *b)
{
	if (a->present != b->present || a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!str_eq(a->v[i], b->v[i]))
			return false;
	return true;
}

static bool
same_pairs(const struct str_pairs *a, const struct str_pairs *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!str_eq(a->v[i].key, b->v[i].key) || !str_eq(a->v[i].value, b->v[i].value))
			return false;
	return true;
}

/* As deep as the document was, which the parser bounds. */
static bool
same_yaml(const struct yaml_node *a, const struct yaml_node *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	if (a->kind != b->kind || a->n != b->n || a->style != b->style || !str_eq(a->tag, b->tag) ||
	    !str_eq(a->text, b->text))
		return false;
	for (size_t i = 0; i < a->n; i++) {
		if (a->kind == YAML_SEQ && !same_yaml(a->items[i], b->items[i]))
			return false;
		if (a->kind == YAML_MAP && (!same_yaml(a->pairs[i].key, b->pairs[i].key) ||
					       !same_yaml(a->pairs[i].value, b->pairs[i].value)))
			return false;
	}
	return true;
}

static bool
same_tls(const struct tls_config *a, const struct tls_config *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return str_eq(a->ca, b->ca) && str_eq(a->ca_file, b->ca_file) && str_eq(a->cert, b->cert) &&
	    str_eq(a->cert_file, b->cert_file) && str_eq(a->key, b->key) && str_eq(a->key_file, b->key_file) &&
	    str_eq(a->server_name, b->server_name) && a->insecure_skip_verify == b->insecure_skip_verify &&
	    str_eq(a->min_version, b->min_version) && str_eq(a->max_version, b->max_version) && a->ref == b->ref;
}

static bool
same_headers(const struct struct_list *a, const struct struct_list *b)
{
	const struct http_header_config *x = a->v, *y = b->v;

	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!str_eq(x[i].name, y[i].name) || !same_strings(&x[i].values, &y[i].values) ||
		    !same_strings(&x[i].secrets, &y[i].secrets) || !same_strings(&x[i].files, &y[i].files))
			return false;
	return true;
}

static bool
same_proxy(const struct proxy_config *a, const struct proxy_config *b)
{
	return str_eq(a->proxy_url, b->proxy_url) && str_eq(a->no_proxy, b->no_proxy) &&
	    a->proxy_from_environment == b->proxy_from_environment &&
	    same_headers(&a->proxy_connect_header, &b->proxy_connect_header);
}

static bool
same_oauth2(const struct oauth2 *a, const struct oauth2 *b)
{
	return a->present == b->present && str_eq(a->client_id, b->client_id) &&
	    str_eq(a->client_secret, b->client_secret) && str_eq(a->client_secret_file, b->client_secret_file) &&
	    str_eq(a->token_url, b->token_url) && same_strings(&a->scopes, &b->scopes) &&
	    same_pairs(&a->endpoint_params, &b->endpoint_params) && same_tls(a->tls_config, b->tls_config) &&
	    same_proxy(&a->proxy, &b->proxy) && str_eq(a->grant_type, b->grant_type) &&
	    str_eq(a->client_certificate_key, b->client_certificate_key) &&
	    str_eq(a->client_certificate_key_file, b->client_certificate_key_file) &&
	    str_eq(a->client_certificate_key_id, b->client_certificate_key_id) &&
	    str_eq(a->signature_algorithm, b->signature_algorithm) && str_eq(a->iss, b->iss) &&
	    str_eq(a->audience, b->audience) && same_yaml(a->claims, b->claims);
}

bool
http_config_same(const struct http_config *a, const struct http_config *b)
{
	if (a == b)
		return true;
	if (a == NULL || b == NULL)
		return false;
	return a->basic_auth.present == b->basic_auth.present &&
	    str_eq(a->basic_auth.username, b->basic_auth.username) &&
	    str_eq(a->basic_auth.username_file, b->basic_auth.username_file) &&
	    str_eq(a->basic_auth.password, b->basic_auth.password) &&
	    str_eq(a->basic_auth.password_file, b->basic_auth.password_file) &&
	    a->authorization.present == b->authorization.present &&
	    str_eq(a->authorization.type, b->authorization.type) &&
	    str_eq(a->authorization.credentials, b->authorization.credentials) &&
	    str_eq(a->authorization.credentials_file, b->authorization.credentials_file) &&
	    same_oauth2(&a->oauth2, &b->oauth2) && same_tls(a->tls_config, b->tls_config) &&
	    a->follow_redirects == b->follow_redirects && a->enable_http2 == b->enable_http2 &&
	    same_proxy(&a->proxy, &b->proxy) && same_headers(&a->http_headers, &b->http_headers);
}

static bool same_struct(const struct field *fields, const char *a, const char *b);

static bool
same_structs(const struct field *f, const struct struct_list *a, const struct struct_list *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!same_struct(f->fields, (const char *)a->v + i * f->size, (const char *)b->v + i * f->size))
			return false;
	return true;
}

static bool
same_str(const void *a, const void *b)
{
	const struct str *x = a, *y = b;

	return (x->p == NULL) == (y->p == NULL) && str_eq(*x, *y);
}

static bool
same_host_port(const void *a, const void *b)
{
	const struct host_port *x = a, *y = b;

	return str_eq(x->host, y->host) && str_eq(x->port, y->port);
}

static bool
same_field(const struct field *f, const void *a, const void *b)
{
	switch (f->type) {
	case FIELD_STRING:
	case FIELD_URL:
		return same_str(a, b);
	case FIELD_BOOL:
		return *(const bool *)a == *(const bool *)b;
	case FIELD_TRISTATE:
		return *(const enum tristate *)a == *(const enum tristate *)b;
	case FIELD_INT:
	case FIELD_DURATION:
	case FIELD_GO_DURATION:
		return *(const int64_t *)a == *(const int64_t *)b;
	case FIELD_UINT:
		return *(const uint64_t *)a == *(const uint64_t *)b;
	case FIELD_DOUBLE:
		return memcmp(a, b, sizeof(double)) == 0;
	case FIELD_HOST_PORT:
		return same_host_port(a, b);
	case FIELD_STRINGS:
		return same_strings(a, b);
	case FIELD_PAIRS:
		return same_pairs(a, b);
	case FIELD_STRUCT:
		return same_struct(f->fields, a, b);
	case FIELD_STRUCTS:
		return same_structs(f, a, b);
	case FIELD_ANY:
		return same_yaml(*(const struct yaml_node *const *)a, *(const struct yaml_node *const *)b);
	case FIELD_HEADERS:
		return same_headers(a, b);
	case FIELD_HTTP:
		return http_config_same(*(struct http_config *const *)a, *(struct http_config *const *)b);
	case FIELD_TLS:
		return same_tls(*(struct tls_config *const *)a, *(struct tls_config *const *)b);
	}
	return false;
}

static bool
same_struct(const struct field *fields, const char *a, const char *b)
{
	for (const struct field *f = fields; f->key != NULL; f++)
		if (!same_field(f, a + f->offset, b + f->offset))
			return false;
	return true;
}

bool
integration_same(const struct integration *a, const struct integration *b)
{
	return a->kind == b->kind && a->index == b->index &&
	    same_struct(a->kind->fields, (const char *)a->settings, (const char *)b->settings);
}
