/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_config and tls_config: keys, and the rules of Prometheus
 * common/config HTTPClientConfig.Validate in its order.
 */
#include <stdlib.h>

#include "base/quote.h"
#include "base/sbuf.h"
#include "fields.h"
#include "http/header.h"
#include "text/url.h"

/* The structs as they are written; what only names a secret in a secret manager is not kept. */
struct tls_raw {
	struct tls_config c;
	struct str ca_ref, cert_ref, key_ref;
};

struct basic_raw {
	struct basic_auth c;
	struct str username_ref, password_ref;
};

struct authorization_raw {
	struct authorization c;
	struct str credentials_ref;
};

struct oauth2_raw {
	struct oauth2 c;
	struct str client_secret_ref, client_certificate_key_ref;
};

struct http_raw {
	struct http_config c;
	struct basic_raw basic_auth;
	struct authorization_raw authorization;
	struct oauth2_raw oauth2;
	struct str bearer_token, bearer_token_file;
};

#define OMIT .flags = F_OMIT_EMPTY
#define SECRET .flags = F_SECRET | F_OMIT_EMPTY
#define INNER(S, key_, type_, m, ctype, ...) \
	{ .key = key_, .type = type_, .offset = FIELD_CHECKED_(S, m, ctype), __VA_ARGS__ }
#define INNER_STR(S, m, ...) INNER(S, #m, FIELD_STRING, c.m, struct str, __VA_ARGS__)

const struct field tls_fields[] = {
	INNER_STR(struct tls_raw, ca, OMIT, .doc = "Certificates to trust instead of the system's, PEM."),
	INNER_STR(struct tls_raw, cert, OMIT, .doc = "Client certificate, PEM."),
	INNER_STR(struct tls_raw, key, SECRET, .doc = "Client key, PEM."),
	INNER_STR(struct tls_raw, ca_file, OMIT, .doc = "File that holds ca."),
	INNER_STR(struct tls_raw, cert_file, OMIT, .doc = "File that holds cert."),
	INNER_STR(struct tls_raw, key_file, OMIT, .doc = "File that holds key."),
	STRING_FIELD(struct tls_raw, ca_ref, OMIT, .doc = "Not supported."),
	STRING_FIELD(struct tls_raw, cert_ref, OMIT, .doc = "Not supported."),
	STRING_FIELD(struct tls_raw, key_ref, OMIT, .doc = "Not supported."),
	INNER_STR(struct tls_raw, server_name, OMIT, .doc = "Name to expect in the server's certificate."),
	INNER(struct tls_raw, "insecure_skip_verify", FIELD_BOOL, c.insecure_skip_verify, bool,
	    .doc = "Do not look at the server's certificate."),
	INNER_STR(struct tls_raw, min_version, OMIT, .doc = "TLS10, TLS11, TLS12 or TLS13."),
	INNER_STR(struct tls_raw, max_version, OMIT, .doc = "TLS10, TLS11, TLS12 or TLS13."),
	{ 0 },
};

static const struct field basic_table[] = {
	INNER_STR(struct basic_raw, username, OMIT, .doc = "User."),
	INNER_STR(struct basic_raw, username_file, OMIT, .doc = "File that holds it."),
	STRING_FIELD(struct basic_raw, username_ref, OMIT, .doc = "Not supported."),
	INNER_STR(struct basic_raw, password, SECRET, .doc = "Password."),
	INNER_STR(struct basic_raw, password_file, OMIT, .doc = "File that holds it."),
	STRING_FIELD(struct basic_raw, password_ref, OMIT, .doc = "Not supported."),
	{ 0 },
};

static const struct field authorization_table[] = {
	INNER_STR(struct authorization_raw, type, OMIT, .doc = "Scheme, Bearer by default."),
	INNER_STR(struct authorization_raw, credentials, SECRET, .doc = "What follows the scheme."),
	INNER_STR(struct authorization_raw, credentials_file, OMIT, .doc = "File that holds it."),
	STRING_FIELD(struct authorization_raw, credentials_ref, OMIT, .doc = "Not supported."),
	{ 0 },
};

#define PROXY_ROWS(S)                                                                                     \
	INNER(S, "proxy_url", FIELD_STRING, c.proxy.proxy_url, struct str, OMIT, .doc = "Proxy."),        \
	    INNER(S, "no_proxy", FIELD_STRING, c.proxy.no_proxy, struct str, OMIT,                        \
		.doc = "What is reached without the proxy, with commas between."),                        \
	    INNER(S, "proxy_from_environment", FIELD_BOOL, c.proxy.proxy_from_environment, bool, OMIT,    \
		.doc = "Proxy as HTTP_PROXY, HTTPS_PROXY and NO_PROXY say."),                             \
	    INNER(S, "proxy_connect_header", FIELD_HEADERS, c.proxy.proxy_connect_header,                 \
		struct struct_list, SECRET, .doc = "Headers of CONNECT.")

static const struct field oauth2_table[] = {
	INNER_STR(struct oauth2_raw, client_id, OMIT, .doc = "Client."),
	INNER_STR(struct oauth2_raw, client_secret, SECRET, .doc = "Its secret."),
	INNER_STR(struct oauth2_raw, client_secret_file, OMIT, .doc = "File that holds it."),
	STRING_FIELD(struct oauth2_raw, client_secret_ref, OMIT, .doc = "Not supported."),
	INNER_STR(struct oauth2_raw, client_certificate_key_id, OMIT, .doc = "Key id in the JWT."),
	INNER_STR(struct oauth2_raw, client_certificate_key, SECRET, .doc = "Key to sign the JWT with, PEM."),
	INNER_STR(struct oauth2_raw, client_certificate_key_file, OMIT, .doc = "File that holds it."),
	STRING_FIELD(struct oauth2_raw, client_certificate_key_ref, OMIT, .doc = "Not supported."),
	INNER_STR(struct oauth2_raw, grant_type, OMIT,
	    .doc = "client_credentials or urn:ietf:params:oauth:grant-type:jwt-bearer."),
	INNER_STR(struct oauth2_raw, signature_algorithm, OMIT, .doc = "RS256, RS384 or RS512."),
	INNER_STR(struct oauth2_raw, iss, OMIT, .doc = "Issuer of the JWT."),
	INNER_STR(struct oauth2_raw, audience, OMIT, .doc = "Audience of the JWT."),
	INNER(struct oauth2_raw, "claims", FIELD_ANY, c.claims, const struct yaml_node *,
	    .flags = F_MAP | F_OMIT_EMPTY, .doc = "Further claims of the JWT."),
	INNER(struct oauth2_raw, "scopes", FIELD_STRINGS, c.scopes, struct str_list, OMIT, .doc = "Scopes."),
	INNER_STR(struct oauth2_raw, token_url, OMIT, .doc = "Where tokens are got."),
	INNER(struct oauth2_raw, "endpoint_params", FIELD_PAIRS, c.endpoint_params, struct str_pairs, OMIT,
	    .doc = "Further parameters of the request for a token."),
	INNER(struct oauth2_raw, "tls_config", FIELD_TLS, c.tls_config, struct tls_config *, OMIT,
	    .doc = "TLS towards token_url."),
	PROXY_ROWS(struct oauth2_raw),
	{ 0 },
};

#define SECTION(m, T, table, ...)                                                                         \
	{ .key = #m, .type = FIELD_STRUCT, .offset = FIELD_CHECKED_(struct http_raw, m, T), .fields = table,  \
	    .size = sizeof(T), .present = PRESENT_IN(struct http_raw, m.c.present), __VA_ARGS__ }

static bool oauth2_check(void *s, struct arena *a, struct err *e);

const struct field http_fields[] = {
	SECTION(basic_auth, struct basic_raw, basic_table, OMIT, .doc = "HTTP basic authentication."),
	SECTION(authorization, struct authorization_raw, authorization_table, OMIT, .doc = "Authorization header."),
	SECTION(oauth2, struct oauth2_raw, oauth2_table, OMIT, .check = oauth2_check,
	    .doc = "OAuth 2.0 client."),
	STRING_FIELD(struct http_raw, bearer_token, SECRET, .doc = "Short for authorization."),
	STRING_FIELD(struct http_raw, bearer_token_file, OMIT, .doc = "File that holds it."),
	INNER(struct http_raw, "tls_config", FIELD_TLS, c.tls_config, struct tls_config *, OMIT, .doc = "TLS."),
	INNER(struct http_raw, "follow_redirects", FIELD_BOOL, c.follow_redirects, bool, .fallback = "true",
	    .doc = "Whether to follow redirects."),
	INNER(struct http_raw, "enable_http2", FIELD_BOOL, c.enable_http2, bool, .fallback = "true",
	    .doc = "Whether to offer HTTP/2."),
	PROXY_ROWS(struct http_raw),
	INNER(struct http_raw, "http_headers", FIELD_HEADERS, c.http_headers, struct struct_list,
	    .flags = F_OMIT_EMPTY | F_WRITTEN,
	    .doc = "Further headers."),
	{ 0 },
};

const struct field http_header_fields[] = {
	STRINGS_FIELD(struct http_header_config, values, OMIT, .doc = "Values."),
	STRINGS_FIELD(struct http_header_config, secrets, SECRET, .doc = "Values that are secret."),
	STRINGS_FIELD(struct http_header_config, files, OMIT, .doc = "Files that hold values."),
	{ 0 },
};

static unsigned
count(struct str a, struct str b, struct str c)
{
	return (unsigned)(a.n > 0) + (unsigned)(b.n > 0) + (unsigned)(c.n > 0);
}

static int
tls_version(struct str s)
{
	static const char *const names[] = { "TLS10", "TLS11", "TLS12", "TLS13" };

	for (int i = 0; i < 4; i++) {
		if (str_is(s, names[i]))
			return i + 1;
	}
	return 0;
}

static bool
tls_check(const struct tls_raw *t, struct err *e)
{
	const struct tls_config *c = &t->c;
	bool cert = count(c->cert, c->cert_file, t->cert_ref) > 0;
	bool key = count(c->key, c->key_file, t->key_ref) > 0;
	const struct str *versions[] = { &c->min_version, &c->max_version };

	for (size_t i = 0; i < 2; i++) {
		if (versions[i]->p != NULL && tls_version(*versions[i]) == 0)
			return err_set(e, ERR_INVALID,
			    "unknown TLS version: %.*s (allowed: TLS10, TLS11, TLS12, TLS13)", STR_ARG(*versions[i]));
	}
	if (count(c->ca, c->ca_file, t->ca_ref) > 1)
		return err_set(e, ERR_INVALID, "at most one of ca, ca_file & ca_ref must be configured");
	if (count(c->cert, c->cert_file, t->cert_ref) > 1)
		return err_set(e, ERR_INVALID, "at most one of cert, cert_file & cert_ref must be configured");
	if (count(c->key, c->key_file, t->key_ref) > 1)
		return err_set(e, ERR_INVALID, "at most one of key and key_file must be configured");
	if (cert && !key)
		return err_set(e, ERR_INVALID,
		    "exactly one of key or key_file must be configured when a client certificate is configured");
	if (key && !cert)
		return err_set(e, ERR_INVALID,
		    "exactly one of cert or cert_file must be configured when a client key is configured");
	return true;
}

static void
join(struct reading *r, struct str *path)
{
	*path = path_join(r->arena, r->dir, *path);
}

bool
tls_config_read(struct reading *r, const struct yaml_node *n, const struct at *at, bool relative,
    struct tls_config **out)
{
	struct tls_raw raw = { 0 };
	struct err e = { 0 };

	*out = NULL;
	if (node_is_null(n))
		return true;
	if (!fields_read(r, n, at, tls_fields, &raw, NULL))
		return false;
	if (!tls_check(&raw, &e))
		return reading_problem(r, n, at, "%s", e.text);
	raw.c.ref = count(raw.ca_ref, raw.cert_ref, raw.key_ref) > 0;
	if (relative) {
		join(r, &raw.c.ca_file);
		join(r, &raw.c.cert_file);
		join(r, &raw.c.key_file);
	}
	*out = ARENA_NEW(r->arena, struct tls_config);
	**out = raw.c;
	return true;
}

static bool
proxy_check(const struct proxy_config *p, struct err *e)
{
	if (p->proxy_connect_header.n > 0 && !p->proxy_from_environment && p->proxy_url.n == 0)
		return err_set(e, ERR_INVALID, "if proxy_connect_header is configured, proxy_url or "
		    "proxy_from_environment must also be configured");
	if (p->proxy_from_environment && p->proxy_url.n > 0)
		return err_set(e, ERR_INVALID,
		    "if proxy_from_environment is configured, proxy_url must not be configured");
	if (p->proxy_from_environment && p->no_proxy.n > 0)
		return err_set(e, ERR_INVALID,
		    "if proxy_from_environment is configured, no_proxy must not be configured");
	if (p->proxy_url.p == NULL && p->no_proxy.n > 0)
		return err_set(e, ERR_INVALID, "if no_proxy is configured, proxy_url must also be configured");
	return true;
}

static bool
proxy_url_check(const struct proxy_config *p, struct arena *a, struct err *e)
{
	struct url u;

	/* Quoted, else it would be null: yaml.v2 asks only about the text before it lets a type read it. */
	if (str_is(p->proxy_url, "~") || str_is(p->proxy_url, "null"))
		return err_set(e, ERR_INVALID, "proxy_url: cannot unmarshal !!str `%.*s` into config.URL", STR_ARG(p->proxy_url));
	if (p->proxy_url.n == 0 || url_parse(a, p->proxy_url, &u, e))
		return true;
	/* Not to show a password. */
	if (str_chr(p->proxy_url, '@') < p->proxy_url.n)
		return err_set(e, ERR_INVALID, "proxy_url: parse \"<secret>\": not a URL");
	return err_ctx(e, "proxy_url");
}

static bool
oauth2_check(void *s, struct arena *a, struct err *e)
{
	const struct oauth2_raw *o = s;

	return proxy_url_check(&o->c.proxy, a, e) && proxy_check(&o->c.proxy, e);
}

/* Headers that the client itself is in charge of. */
static const char *const reserved_headers[] = { "Authorization", "Host", "Content-Encoding", "Content-Length",
	"Content-Type", "User-Agent", "Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization",
	"Www-Authenticate", "Accept-Encoding", "X-Prometheus-Remote-Write-Version",
	"X-Prometheus-Remote-Read-Version", "X-Prometheus-Scrape-Timeout-Seconds", "X-Amz-Date",
	"X-Amz-Security-Token", "X-Amz-Content-Sha256" };

static bool
headers_check(const struct struct_list *list, struct arena *a, struct err *e)
{
	const struct http_header_config *h = list->v;

	for (size_t i = 0; i < list->n; i++) {
		struct str name = http_canonical_name(a, h[i].name);

		for (size_t k = 0; k < ARRAY_LEN(reserved_headers); k++) {
			if (str_is(name, reserved_headers[k]))
				return err_set(e, ERR_INVALID, "setting header \"%.*s\" is not allowed", STR_ARG(name));
		}
	}
	return true;
}

static bool
oauth2_rules(const struct oauth2_raw *o, struct err *e)
{
	const struct oauth2 *c = &o->c;

	if (c->client_id.n == 0)
		return err_set(e, ERR_INVALID, "oauth2 client_id must be configured");
	if (c->token_url.n == 0)
		return err_set(e, ERR_INVALID, "oauth2 token_url must be configured");
	if (!str_is(c->grant_type, "urn:ietf:params:oauth:grant-type:jwt-bearer")) {
		if (count(c->client_secret, c->client_secret_file, o->client_secret_ref) > 1)
			return err_set(e, ERR_INVALID, "at most one of oauth2 client_secret, client_secret_file & "
			    "client_secret_ref must be configured using grant-type=client_credentials");
		return true;
	}
	if (count(c->client_certificate_key, c->client_certificate_key_file, o->client_certificate_key_ref) > 1)
		return err_set(e, ERR_INVALID, "at most one of oauth2 client_certificate_key, "
		    "client_certificate_key_file & client_certificate_key_ref must be configured using "
		    "grant-type=urn:ietf:params:oauth:grant-type:jwt-bearer");
	if (c->signature_algorithm.n > 0 && !str_is(c->signature_algorithm, "RS256") &&
	    !str_is(c->signature_algorithm, "RS384") && !str_is(c->signature_algorithm, "RS512"))
		return err_set(e, ERR_INVALID, "valid signature algorithms are RS256, RS384 and RS512, not \"%.*s\"",
		    STR_ARG(c->signature_algorithm));
	return true;
}

static bool
authorization_rules(struct http_raw *h, struct err *e)
{
	struct authorization_raw *au = &h->authorization;
	bool bearer = h->bearer_token.n > 0 || h->bearer_token_file.n > 0;

	if (!au->c.present) {
		if (bearer)
			au->c = (struct authorization){ .present = true, .type = STR("Bearer"),
				.credentials = h->bearer_token, .credentials_file = h->bearer_token_file };
		return true;
	}
	if (bearer)
		return err_set(e, ERR_INVALID, "authorization is not compatible with bearer_token & bearer_token_file");
	if (count(au->c.credentials, au->c.credentials_file, au->credentials_ref) > 1)
		return err_set(e, ERR_INVALID,
		    "at most one of authorization credentials & credentials_file must be configured");
	au->c.type = str_trim(au->c.type);
	if (au->c.type.n == 0)
		au->c.type = STR("Bearer");
	if (str_caseeq(au->c.type, STR("basic")))
		return err_set(e, ERR_INVALID,
		    "authorization type cannot be set to \"basic\", use \"basic_auth\" instead");
	if (h->basic_auth.c.present || h->oauth2.c.present)
		return err_set(e, ERR_INVALID, "at most one of basic_auth, oauth2 & authorization must be configured");
	return true;
}

static bool
http_rules(struct http_raw *h, struct arena *a, struct err *e)
{
	const struct basic_raw *basic = &h->basic_auth;
	bool bearer = h->bearer_token.n > 0 || h->bearer_token_file.n > 0;

	if (h->bearer_token.n > 0 && h->bearer_token_file.n > 0)
		return err_set(e, ERR_INVALID, "at most one of bearer_token & bearer_token_file must be configured");
	if ((basic->c.present || h->oauth2.c.present) && bearer)
		return err_set(e, ERR_INVALID,
		    "at most one of basic_auth, oauth2, bearer_token & bearer_token_file must be configured");
	if (count(basic->c.username, basic->c.username_file, basic->username_ref) > 1)
		return err_set(e, ERR_INVALID,
		    "at most one of basic_auth username, username_file & username_ref must be configured");
	if (count(basic->c.password, basic->c.password_file, basic->password_ref) > 1)
		return err_set(e, ERR_INVALID,
		    "at most one of basic_auth password, password_file & password_ref must be configured");
	if (!authorization_rules(h, e))
		return false;
	if (h->oauth2.c.present) {
		if (basic->c.present)
			return err_set(e, ERR_INVALID,
			    "at most one of basic_auth, oauth2 & authorization must be configured");
		if (!oauth2_rules(&h->oauth2, e))
			return false;
	}
	return proxy_url_check(&h->c.proxy, a, e) && proxy_check(&h->c.proxy, e) &&
	    headers_check(&h->c.http_headers, a, e);
}

static void
http_join(struct reading *r, struct http_config *c)
{
	struct http_header_config *headers = c->http_headers.v;

	join(r, &c->basic_auth.username_file);
	join(r, &c->basic_auth.password_file);
	join(r, &c->authorization.credentials_file);
	join(r, &c->oauth2.client_secret_file);
	join(r, &c->oauth2.client_certificate_key_file);
	for (size_t t = 0; t < 2; t++) {
		struct tls_config *tls = t == 0 ? c->tls_config : c->oauth2.tls_config;

		if (tls == NULL)
			continue;
		join(r, &tls->ca_file);
		join(r, &tls->cert_file);
		join(r, &tls->key_file);
	}
	for (size_t i = 0; i < c->http_headers.n; i++) {
		for (size_t k = 0; k < headers[i].files.n; k++)
			join(r, &headers[i].files.v[k]);
	}
}

bool
http_config_read(struct reading *r, const struct yaml_node *n, const struct at *at, bool relative,
    struct http_config **out)
{
	struct http_raw raw = { 0 };
	struct err e = { 0 };

	*out = NULL;
	if (node_is_null(n))
		return true;
	fields_defaults(r, http_fields, &raw);
	if (!fields_read(r, n, at, http_fields, &raw, NULL))
		return false;
	if (!http_rules(&raw, r->arena, &e))
		return reading_problem(r, n, at, "%s", e.text);
	raw.c.basic_auth = raw.basic_auth.c;
	raw.c.authorization = raw.authorization.c;
	raw.c.oauth2 = raw.oauth2.c;
	raw.c.ref = raw.basic_auth.username_ref.n > 0 || raw.basic_auth.password_ref.n > 0 ||
	    raw.authorization.credentials_ref.n > 0 || raw.oauth2.client_secret_ref.n > 0 ||
	    raw.oauth2.client_certificate_key_ref.n > 0 || (raw.c.tls_config != NULL && raw.c.tls_config->ref) ||
	    (raw.c.oauth2.tls_config != NULL && raw.c.oauth2.tls_config->ref);
	if (relative)
		http_join(r, &raw.c);
	*out = ARENA_NEW(r->arena, struct http_config);
	**out = raw.c;
	return true;
}

static int
header_cmp(const void *a, const void *b)
{
	const struct http_header_config *x = a, *y = b;

	return str_cmp(x->name, y->name);
}

bool
headers_read(struct reading *r, const struct yaml_node *n, const struct at *at, bool only_secrets,
    struct struct_list *out)
{
	size_t before = r->problems_n, kept = 0;
	struct http_header_config *v;

	*out = (struct struct_list){ 0 };
	if (node_is_null(n))
		return true;
	if (n->kind != YAML_MAP)
		return reading_type_problem(r, n, at, only_secrets,
		    only_secrets ? "config.ProxyHeader" : "config.Headers", "a mapping is wanted here");
	map_keys_check(r, n, at);
	/* One more, so that no header at all is something, too. */
	v = ARENA_ARRAY(r->arena, n->n + 1, struct http_header_config);
	for (size_t i = 0; i < n->n; i++) {
		const struct yaml_node *value = n->pairs[i].value;
		struct http_header_config *h = &v[kept];
		const struct at *here;

		if (n->pairs[i].key->kind != YAML_SCALAR || !key_text(r, n->pairs[i].key, at, &h->name))
			continue;
		here = AT_KEY(at, h->name);
		if (only_secrets)
			strings_read(r, value, here, true, "[]config.Secret", &h->secrets);
		else if (!node_is_null(value))
			fields_read(r, value, here, http_header_fields, h, NULL);
		kept++;
	}
	if (kept > 1)
		qsort(v, kept, sizeof(v[0]), header_cmp);
	*out = (struct struct_list){ v, kept };
	return r->problems_n == before;
}

bool
http_config_usable(const struct http_config *h, struct err *e)
{
	const struct tls_config *both[] = { h->tls_config, h->oauth2.present ? h->oauth2.tls_config : NULL };

	if (h->ref)
		return err_set(e, ERR_INVALID, "cannot use secret ref without manager");
	for (size_t i = 0; i < 2; i++) {
		const struct tls_config *t = both[i];

		if (t != NULL && t->min_version.p != NULL && t->max_version.p != NULL &&
		    tls_version(t->max_version) < tls_version(t->min_version))
			return err_set(e, ERR_INVALID, "tls_config.max_version must be greater than or equal to "
			    "tls_config.min_version if both are specified");
	}
	return true;
}

void
headers_dump(struct yaml_writer *w, const struct struct_list *headers, bool only_secrets)
{
	const struct http_header_config *h = headers->v;

	yaml_map_begin(w);
	for (size_t i = 0; i < headers->n; i++) {
		yaml_key(w, h[i].name);
		if (!only_secrets) {
			fields_dump(w, http_header_fields, &h[i]);
			continue;
		}
		yaml_seq_begin(w);
		for (size_t k = 0; k < h[i].secrets.n; k++)
			yaml_str(w, STR("<secret>"));
		yaml_seq_end(w);
	}
	yaml_map_end(w);
}

/* Go URL.Redacted: a password becomes xxxxx. */
static struct str
proxy_redacted(struct arena *a, struct str s)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct url u;
	struct str out;

	if (s.n == 0 || !url_parse(a, s, &u, NULL))
		return s;
	if (u.has_password)
		u.password = STR("xxxxx");
	url_format(&b, &u);
	out = arena_str(a, sbuf_get(&b));
	sbuf_fini(&b);
	return out;
}

void
tls_config_dump(struct yaml_writer *w, const struct tls_config *t)
{
	struct tls_raw raw = { .c = *t };

	fields_dump(w, tls_fields, &raw);
}

void
http_config_dump(struct yaml_writer *w, const struct http_config *h)
{
	struct http_raw raw = { .c = *h, .basic_auth.c = h->basic_auth, .authorization.c = h->authorization,
		.oauth2.c = h->oauth2 };
	struct arena *a = arena_new();
	struct tls_raw tls[2] = { 0 };
	struct tls_config **both[] = { &raw.c.tls_config, &raw.oauth2.c.tls_config };

	raw.c.proxy.proxy_url = proxy_redacted(a, h->proxy.proxy_url);
	raw.oauth2.c.proxy.proxy_url = proxy_redacted(a, h->oauth2.proxy.proxy_url);
	/* Here tls_config is a part, not a pointer, in the original: left out when nothing is in it. */
	for (size_t i = 0; i < 2; i++) {
		if (*both[i] == NULL)
			continue;
		tls[i].c = **both[i];
		if (fields_empty(tls_fields, &tls[i]))
			*both[i] = NULL;
	}
	fields_dump(w, http_fields, &raw);
	arena_free(&a);
}
