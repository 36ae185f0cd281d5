/* SPDX-License-Identifier: Apache-2.0 */
#include "config/web_conf.h"

#include <string.h>

#include "base/ascii.h"
#include "base/sbuf.h"
#include "fields.h"

const struct field web_tls_fields[] = {
	STRING_FIELD(struct web_tls, cert, .doc = "Certificate, PEM."),
	STRING_FIELD(struct web_tls, key, .flags = F_SECRET, .doc = "Its key, PEM."),
	STRING_FIELD(struct web_tls, client_ca, .doc = "Authorities for certificates of clients, PEM."),
	STRING_FIELD(struct web_tls, cert_file, .flags = F_PATH_CONFIG, .doc = "File that holds cert."),
	STRING_FIELD(struct web_tls, key_file, .flags = F_PATH_CONFIG, .doc = "File that holds key."),
	STRING_FIELD(struct web_tls, client_auth_type, .doc = "Which certificates of clients are wanted; Go's names."),
	STRING_FIELD(struct web_tls, client_ca_file, .flags = F_PATH_CONFIG, .doc = "File that holds client_ca."),
	STRINGS_FIELD(struct web_tls, cipher_suites, .doc = "Below TLS 1.3; none: the usual ones."),
	STRINGS_FIELD(struct web_tls, curve_preferences, .doc = "CurveP256, CurveP384, CurveP521, X25519."),
	STRING_FIELD(struct web_tls, min_version, .doc = "TLS10, TLS11, TLS12 (if not given) or TLS13."),
	STRING_FIELD(struct web_tls, max_version, .doc = "TLS10, TLS11, TLS12 or TLS13 (if not given)."),
	BOOL_FIELD(struct web_tls, prefer_server_cipher_suites, .fallback = "true", .doc = "The server's order counts."),
	STRINGS_FIELD(struct web_tls, client_allowed_sans, .doc = "Names that a client's certificate must have one of."),
	{ 0 },
};

static const struct field http_table[] = {
	BOOL_FIELD(struct web_http, http2, .fallback = "true", .doc = "Of no effect."),
	PAIRS_FIELD(struct web_http, headers, .doc = "Headers of all answers."),
	{ 0 },
};

static const struct field rate_table[] = {
	GO_DURATION_FIELD(struct web_rate, interval, .doc = "Time in which one more request is let in; 0: no limit."),
	INT_FIELD(struct web_rate, burst, .go_type = "int", .doc = "Requests that may come at once."),
	{ 0 },
};

/* The file, but for what is made of it. */
struct file {
	struct web_tls tls_server_config;
	struct web_http http_server_config;
	struct str_pairs basic_auth_users;
	struct web_rate rate_limit;
};

const struct field web_file_fields[] = {
	STRUCT_FIELD(struct file, tls_server_config, struct web_tls, web_tls_fields, .go_type = "web.TLSConfig",
	    .doc = "TLS, and certificates of clients."),
	STRUCT_FIELD(struct file, http_server_config, struct web_http, http_table, .go_type = "web.HTTPConfig",
	    .doc = "HTTP."),
	PAIRS_FIELD(struct file, basic_auth_users, .flags = F_SECRET, .go_type = "map[string]config_util.Secret",
	    .doc = "Names of users and the bcrypt hashes of their passwords."),
	STRUCT_FIELD(struct file, rate_limit, struct web_rate, rate_table, .go_type = "web.RateLimiterConfig",
	    .doc = "How many requests are let in."),
	{ 0 },
};

bool
web_tls_check(const struct web_tls *t, bool *used_out, struct err *e)
{
	static const char *const versions[] = { "TLS10", "TLS11", "TLS12", "TLS13" };
	const struct str used[] = { t->min_version, t->max_version };
	bool cert = t->cert.n + t->cert_file.n > 0, key = t->key.n + t->key_file.n > 0;

	*used_out = false;
	for (size_t i = 0; i < ARRAY_LEN(used); i++) {
		size_t k = 0;

		while (k < ARRAY_LEN(versions) && !str_is(used[i], versions[k]))
			k++;
		if (used[i].n > 0 && k == ARRAY_LEN(versions))
			return err_set(e, ERR_INVALID, "unknown TLS version: %.*s", STR_ARG(used[i]));
	}
	if (!cert && !key && t->client_auth_type.n == 0 && t->client_ca.n + t->client_ca_file.n == 0)
		return true;	/* no TLS */
	if (!cert)
		return err_set(e, ERR_INVALID, "missing one of cert or cert_file");
	if (!key)
		return err_set(e, ERR_INVALID, "missing one of key or key_file");
	*used_out = true;
	return true;
}

static const struct known_header {
	const char *name;
	const char *values[3];	/* allowed besides "", none: all */
} known_headers[] = {
	{ "Strict-Transport-Security", { NULL } },
	{ "X-Content-Type-Options", { "nosniff", NULL } },
	{ "X-Frame-Options", { "deny", "sameorigin", NULL } },
	{ "X-XSS-Protection", { NULL } },
	{ "Content-Security-Policy", { NULL } },
};

static bool
header_check(const struct str_pair *h, struct err *e)
{
	const struct known_header *known = known_headers, *end = known_headers + ARRAY_LEN(known_headers);
	struct sbuf b = SBUF_INIT(1000);
	bool ok = h->value.n == 0;

	while (known < end && !str_is(h->key, known->name))
		known++;
	if (known == end)
		return err_set(e, ERR_INVALID, "HTTP header \"%.*s\" can not be configured", STR_ARG(h->key));
	for (size_t i = 0; known->values[i] != NULL; i++) {
		sbuf_printf(&b, "%s\"%s\"", i > 0 ? " " : "", known->values[i]);
		ok = ok || str_is(h->value, known->values[i]);
	}
	if (!ok && b.n > 0)
		err_set(e, ERR_INVALID, "invalid value for %s. Expected one of: [%s], but got: \"%.*s\"", known->name,
		    sbuf_cstr(&b), STR_ARG(h->value));
	ok = ok || b.n == 0;
	sbuf_fini(&b);
	return ok;
}

/* Those without a value are not sent. */
static bool
headers_take(struct str_pairs *headers, struct err *e)
{
	size_t n = 0;

	for (size_t i = 0; i < headers->n; i++) {
		if (!header_check(&headers->v[i], e))
			return false;
		if (headers->v[i].value.n > 0)
			headers->v[n++] = headers->v[i];
	}
	headers->n = n;
	return true;
}

static bool
is_bcrypt(struct str h, struct err *e)
{
	static const char alphabet[] = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	int cost;

	if (h.n < 59)
		return err_set(e, ERR_INVALID, "crypto/bcrypt: hashedSecret too short to be a bcrypted password");
	if (h.p[0] != '$')
		return err_set(e, ERR_INVALID, "crypto/bcrypt: bcrypt hashes must start with '$', but hashedSecret started with '%c'",
		    h.p[0]);
	if (h.n != 60 || h.p[1] != '2' || !ascii_in(h.p[2], "abxy") || h.p[3] != '$' || h.p[6] != '$' ||
	    h.p[4] < '0' || h.p[4] > '3' || h.p[5] < '0' || h.p[5] > '9')
		return err_set(e, ERR_INVALID, "crypto/bcrypt: malformed hash");
	cost = (h.p[4] - '0') * 10 + h.p[5] - '0';
	if (cost < 4 || cost > 31)
		return err_set(e, ERR_INVALID, "crypto/bcrypt: cost %d is outside allowed inclusive range 4..31", cost);
	for (size_t i = 7; i < h.n; i++)
		if (!ascii_in(h.p[i], alphabet))
			return err_set(e, ERR_INVALID, "crypto/bcrypt: malformed hash");
	return true;
}

static bool
users_take(const struct str_pairs *pairs, struct arena *a, struct web_conf *c, struct err *e)
{
	c->users = ARENA_ARRAY(a, pairs->n, struct web_user);
	for (size_t i = 0; i < pairs->n; i++) {
		if (!is_bcrypt(pairs->v[i].value, e))
			return false;
		c->users[c->users_n++] = (struct web_user){ pairs->v[i].key, arena_str(a, pairs->v[i].value) };
	}
	return true;
}

bool
web_conf_read(struct str bytes, const char *path, struct arena *a, struct web_conf *out, struct err *e)
{
	struct config_env env = { .matcher_mode = MATCHER_FALLBACK };
	struct reading r = { .env = &env, .arena = a, .path = path, .go_words = true };
	const struct yaml_node *root = NULL;
	struct file f = { 0 };
	struct web_conf c = { 0 };

	r.dir = path_dir(a, arena_str(a, str_from(path)));
	if (!yaml_parse(a, bytes, &root, e))
		return false;
	fields_defaults(&r, web_file_fields, &f);
	if (root != NULL && !node_is_null(root))
		(void)fields_read_as(&r, root, NULL, web_file_fields, "web.Config", &f, NULL);
	if (!reading_end(&r, e))
		return false;
	c.tls = f.tls_server_config;
	c.http = f.http_server_config;
	c.rate = f.rate_limit;
	if (!headers_take(&c.http.headers, e) || !users_take(&f.basic_auth_users, a, &c, e) || !web_tls_check(&c.tls, &c.uses_tls, e))
		return false;
	*out = c;
	return true;
}
