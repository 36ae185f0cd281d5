/* SPDX-License-Identifier: Apache-2.0 */
#include "web_file.h"

#include <string.h>

#include "base/duration.h"
#include "base/sbuf.h"
#include "loop/file.h"
#include "text/yaml.h"

struct reader {
	struct arena *a;
	struct web_file *f;
	struct str dir;		/* of the file */
	struct err *e;
};

struct key {
	const char *name;
	bool (*read)(struct reader *r, const struct yaml_node *n, void *to);
	size_t offset;		/* in struct web_file */
};

#define KEY(name, read, member) { name, read, offsetof(struct web_file, member) }

static bool
wrong_type(struct reader *r, const struct yaml_node *n, const char *type)
{
	return err_set(r->e, ERR_INVALID, "yaml: unmarshal errors:\n  line %d: cannot unmarshal %s `%.*s` into %s", n->line,
	    yaml_short_tag(n), STR_ARG(str_sub(n->text, 0, 10)), type);
}

/* A mapping with these keys and no other. */
static bool
read_map(struct reader *r, const struct yaml_node *n, const struct key *keys, const char *type)
{
	struct yaml_value v;

	if (n->kind == YAML_SCALAR && yaml_resolve(n, &v, r->e) && v.type == YAML_T_NULL)
		return true;
	if (n->kind != YAML_MAP)
		return wrong_type(r, n, type);
	for (size_t i = 0; i < n->n; i++) {
		const struct yaml_node *name = n->pairs[i].key;
		const struct key *k = keys;

		while (k->name != NULL && !str_is(name->text, k->name))
			k++;
		if (k->name == NULL)
			return err_set(r->e, ERR_INVALID, "yaml: unmarshal errors:\n  line %d: field %.*s not found in type %s",
			    name->line, STR_ARG(name->text), type);
		if (!k->read(r, n->pairs[i].value, (char *)r->f + k->offset))
			return false;
	}
	return true;
}

static bool
read_string(struct reader *r, const struct yaml_node *n, void *to)
{
	if (n->kind != YAML_SCALAR)
		return wrong_type(r, n, "string");
	*(struct str *)to = arena_str(r->a, n->text);
	return true;
}

static bool
read_path(struct reader *r, const struct yaml_node *n, void *to)
{
	struct str *s = to;

	if (!read_string(r, n, to))
		return false;
	if (s->n > 0 && s->p[0] != '/')
		*s = arena_printf(r->a, "%.*s/%.*s", STR_ARG(r->dir), STR_ARG(*s));
	return true;
}

static bool
read_bool(struct reader *r, const struct yaml_node *n, void *to)
{
	struct yaml_value v;

	if (n->kind != YAML_SCALAR || !yaml_resolve(n, &v, r->e) || v.type != YAML_T_BOOL)
		return wrong_type(r, n, "bool");
	*(bool *)to = v.b;
	return true;
}

static bool
read_ignored_bool(struct reader *r, const struct yaml_node *n, void *to)
{
	bool ignored;

	(void)to;
	return read_bool(r, n, &ignored);
}

static bool
read_int(struct reader *r, const struct yaml_node *n, void *to)
{
	struct yaml_value v;

	if (n->kind != YAML_SCALAR || !yaml_resolve(n, &v, r->e) || v.type != YAML_T_INT)
		return wrong_type(r, n, "int");
	*(int64_t *)to = v.i;
	r->f->limited = true;
	return true;
}

static bool
read_interval(struct reader *r, const struct yaml_node *n, void *to)
{
	struct yaml_value v;

	r->f->limited = true;
	if (n->kind == YAML_SCALAR && yaml_resolve(n, &v, r->e)) {
		if (v.type == YAML_T_INT) {
			*(span *)to = v.i;
			return true;
		}
		if (duration_parse_go(n->text, to, r->e))
			return true;
	}
	return wrong_type(r, n, "time.Duration");
}

static bool
read_names(struct reader *r, const struct yaml_node *n, void *to)
{
	struct web_names *l = to;

	if (n->kind != YAML_SEQ)
		return wrong_type(r, n, "[]string");
	if (n->n > WEB_NAMES_MAX)
		return err_set(r->e, ERR_LIMIT, "line %d: more than %d names", n->line, WEB_NAMES_MAX);
	for (size_t i = 0; i < n->n; i++)
		if (!read_string(r, n->items[i], &l->v[l->n++]))
			return false;
	return true;
}

static bool
read_tls(struct reader *r, const struct yaml_node *n, void *to)
{
	static const struct key keys[] = {
		KEY("cert", read_string, cert),
		KEY("key", read_string, key),
		KEY("client_ca", read_string, client_ca),
		KEY("cert_file", read_path, cert_file),
		KEY("key_file", read_path, key_file),
		KEY("client_auth_type", read_string, client_auth_type),
		KEY("client_ca_file", read_path, client_ca_file),
		KEY("cipher_suites", read_names, ciphers),
		KEY("curve_preferences", read_names, curves),
		KEY("min_version", read_string, min_version),
		KEY("max_version", read_string, max_version),
		KEY("prefer_server_cipher_suites", read_bool, prefer_server_ciphers),
		KEY("client_allowed_sans", read_names, sans),
		{ 0 },
	};

	(void)to;
	return read_map(r, n, keys, "web.TLSConfig");
}

static const struct {
	const char *name;
	const char *values[3];	/* allowed besides "", none: all */
} known_headers[WEB_HEADERS_MAX] = {
	{ "Strict-Transport-Security", { NULL } },
	{ "X-Content-Type-Options", { "nosniff", NULL } },
	{ "X-Frame-Options", { "deny", "sameorigin", NULL } },
	{ "X-XSS-Protection", { NULL } },
	{ "Content-Security-Policy", { NULL } },
};

static bool
bad_header(struct reader *r, const char *name, const char *const *values, struct str value)
{
	struct sbuf b = SBUF_INIT(1000);

	for (size_t i = 0; values[i] != NULL; i++)
		sbuf_printf(&b, "%s\"%s\"", i > 0 ? " " : "", values[i]);
	err_set(r->e, ERR_INVALID, "invalid value for %s. Expected one of: [%s], but got: \"%.*s\"", name, sbuf_cstr(&b),
	    STR_ARG(value));
	sbuf_fini(&b);
	return false;
}

static bool
read_headers(struct reader *r, const struct yaml_node *n, void *to)
{
	struct web_file *f = r->f;

	(void)to;
	if (n->kind != YAML_MAP)
		return wrong_type(r, n, "map[string]string");
	for (size_t i = 0; i < n->n; i++) {
		struct str name = n->pairs[i].key->text, value;
		size_t k = 0, m = 0;

		if (!read_string(r, n->pairs[i].value, &value))
			return false;
		while (k < WEB_HEADERS_MAX && !str_is(name, known_headers[k].name))
			k++;
		if (k == WEB_HEADERS_MAX || f->headers_n == WEB_HEADERS_MAX)
			return err_set(r->e, ERR_INVALID, "HTTP header \"%.*s\" can not be configured", STR_ARG(name));
		while (known_headers[k].values[m] != NULL && !str_is(value, known_headers[k].values[m]))
			m++;
		if (value.n > 0 && known_headers[k].values[0] != NULL && known_headers[k].values[m] == NULL)
			return bad_header(r, known_headers[k].name, known_headers[k].values, value);
		if (value.n > 0) {
			f->header_names[f->headers_n] = str_from(known_headers[k].name);
			f->header_values[f->headers_n++] = value;
		}
	}
	return true;
}

static bool
read_http(struct reader *r, const struct yaml_node *n, void *to)
{
	static const struct key keys[] = {
		KEY("http2", read_ignored_bool, tls),
		KEY("headers", read_headers, header_names),
		{ 0 },
	};

	(void)to;
	return read_map(r, n, keys, "web.HTTPConfig");
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
	if (h.n != 60 || h.p[1] != '2' || (h.p[2] != 'a' && h.p[2] != 'b' && h.p[2] != 'x' && h.p[2] != 'y') ||
	    h.p[3] != '$' || h.p[6] != '$' || h.p[4] < '0' || h.p[4] > '3' || h.p[5] < '0' || h.p[5] > '9')
		return err_set(e, ERR_INVALID, "crypto/bcrypt: malformed hash");
	cost = (h.p[4] - '0') * 10 + h.p[5] - '0';
	if (cost < 4 || cost > 31)
		return err_set(e, ERR_INVALID, "crypto/bcrypt: cost %d is outside allowed inclusive range 4..31", cost);
	for (size_t i = 7; i < h.n; i++)
		if (h.p[i] == '\0' || strchr(alphabet, h.p[i]) == NULL)
			return err_set(e, ERR_INVALID, "crypto/bcrypt: malformed hash");
	return true;
}

static bool
read_users(struct reader *r, const struct yaml_node *n, void *to)
{
	struct web_file *f = r->f;

	(void)to;
	if (n->kind != YAML_MAP)
		return wrong_type(r, n, "map[string]config_util.Secret");
	f->users = ARENA_ARRAY(r->a, n->n, struct web_user);
	for (size_t i = 0; i < n->n; i++) {
		f->users[i].name = arena_str(r->a, n->pairs[i].key->text);
		if (!read_string(r, n->pairs[i].value, &f->users[i].hash) || !is_bcrypt(f->users[i].hash, r->e))
			return false;
		f->users_n++;
	}
	return true;
}

static bool
read_limit(struct reader *r, const struct yaml_node *n, void *to)
{
	static const struct key keys[] = {
		KEY("interval", read_interval, interval),
		KEY("burst", read_int, burst),
		{ 0 },
	};

	(void)to;
	return read_map(r, n, keys, "web.RateLimiterConfig");
}

static bool
check_tls(struct web_file *f, struct err *e)
{
	static const char *const versions[] = { "TLS10", "TLS11", "TLS12", "TLS13" };
	const struct str used[] = { f->min_version, f->max_version };
	bool cert = f->cert.n + f->cert_file.n > 0, key = f->key.n + f->key_file.n > 0;

	for (size_t i = 0; i < ARRAY_LEN(used); i++) {
		size_t k = 0;

		while (k < ARRAY_LEN(versions) && !str_is(used[i], versions[k]))
			k++;
		if (used[i].n > 0 && k == ARRAY_LEN(versions))
			return err_set(e, ERR_INVALID, "unknown TLS version: %.*s", STR_ARG(used[i]));
	}
	if (!cert && !key && f->client_auth_type.n == 0 && f->client_ca.n + f->client_ca_file.n == 0)
		return true;	/* no TLS */
	if (!cert)
		return err_set(e, ERR_INVALID, "missing one of cert or cert_file");
	if (!key)
		return err_set(e, ERR_INVALID, "missing one of key or key_file");
	f->tls = true;
	return true;
}

bool
web_file_read(const char *path, struct arena *a, struct web_file *out, struct err *e)
{
	static const struct key keys[] = {
		KEY("tls_server_config", read_tls, tls),
		KEY("http_server_config", read_http, tls),
		KEY("basic_auth_users", read_users, users),
		KEY("rate_limit", read_limit, limited),
		{ 0 },
	};
	struct web_file f = { .prefer_server_ciphers = true };
	struct reader r = { a, &f, str_from(path), e };
	const struct yaml_node *root = NULL;
	struct str text;

	while (r.dir.n > 0 && r.dir.p[r.dir.n - 1] != '/')
		r.dir.n--;
	if (r.dir.n == 0)
		r.dir = STR(".");
	else if (r.dir.n > 1)
		r.dir.n--;
	if (!file_read(path, a, &text, e) || !yaml_parse(a, text, &root, e))
		return false;
	if (root != NULL && !read_map(&r, root, keys, "web.Config"))
		return false;
	if (!check_tls(&f, e))
		return false;
	*out = f;
	return true;
}
