/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Single values: what yaml.v2 and the original's types make of a scalar.
 */
#include <stdlib.h>
#include <string.h>

#include "base/duration.h"
#include "base/quote.h"
#include "base/sbuf.h"
#include "fields.h"
#include "text/url.h"
#include "tmpl/tmpl.h"

static bool
resolve(struct reading *r, const struct yaml_node *n, const struct at *at, struct yaml_value *v)
{
	struct err e = { 0 };

	if (!yaml_resolve(n, v, &e))
		return reading_problem(r, n, at, "%s", e.text);
	return true;
}

static bool
bool_read(struct reading *r, const struct yaml_node *n, const struct at *at, bool *out)
{
	static const char *const wanted = "true or false is wanted here";
	struct yaml_value v;

	if (n->kind != YAML_SCALAR)
		return reading_type_problem(r, n, at, false, "bool", wanted);
	if (!resolve(r, n, at, &v))
		return false;
	if (v.type == YAML_T_NULL) {
		*out = false;
		return true;
	}
	if (v.type != YAML_T_BOOL)
		return reading_type_problem(r, n, at, false, "bool",
		    n->style == YAML_PLAIN ? wanted : "true or false is wanted here, without quotes");
	*out = v.b;
	return true;
}

static bool
int_read(struct reading *r, const struct yaml_node *n, const struct at *at, const char *type, int64_t *out)
{
	struct yaml_value v;

	if (n->kind != YAML_SCALAR)
		return reading_type_problem(r, n, at, false, type, "a number is wanted here");
	if (!resolve(r, n, at, &v))
		return false;
	if (v.type == YAML_T_INT) {
		*out = v.i;
	} else if (v.type == YAML_T_NULL) {
		*out = 0;
	} else if (v.type == YAML_T_FLOAT && v.f > -9.2e18 && v.f < 9.2e18) {
		*out = (int64_t)v.f;
	} else {
		return reading_type_problem(r, n, at, false, type, "a whole number is wanted here, without quotes");
	}
	return true;
}

static bool
uint_read(struct reading *r, const struct yaml_node *n, const struct at *at, uint64_t *out)
{
	struct yaml_value v;

	if (n->kind != YAML_SCALAR)
		return reading_type_problem(r, n, at, false, "uint64", "a number is wanted here");
	if (!resolve(r, n, at, &v))
		return false;
	if (v.type == YAML_T_INT && v.i >= 0) {
		*out = (uint64_t)v.i;
	} else if (v.type == YAML_T_UINT) {
		*out = v.u;
	} else if (v.type == YAML_T_NULL) {
		*out = 0;
	} else if (v.type == YAML_T_FLOAT && v.f > -1 && v.f < 1.8e19) {
		*out = (uint64_t)v.f;
	} else {
		return reading_type_problem(r, n, at, false, "uint64",
		    "a whole number that is not negative is wanted here, without quotes");
	}
	return true;
}

static bool
double_read(struct reading *r, const struct yaml_node *n, const struct at *at, double *out)
{
	struct yaml_value v;

	if (n->kind != YAML_SCALAR)
		return reading_type_problem(r, n, at, false, "float64", "a number is wanted here");
	if (!resolve(r, n, at, &v))
		return false;
	if (v.type == YAML_T_FLOAT)
		*out = v.f;
	else if (v.type == YAML_T_INT)
		*out = (double)v.i;
	else if (v.type == YAML_T_UINT)
		*out = (double)v.u;
	else if (v.type == YAML_T_NULL)
		*out = 0;
	else
		return reading_type_problem(r, n, at, false, "float64", "a number is wanted here, without quotes");
	return true;
}

static bool
duration_read(struct reading *r, const struct yaml_node *n, const struct at *at, span *out)
{
	struct err e = { 0 };
	struct str s;

	if (!node_string(r, n, at, false, &s))
		return false;
	if (!duration_parse(s, out, &e))
		return reading_problem(r, n, at, "%s (wanted: a duration such as 30s, 5m, 1h30m or 7d)", e.text);
	return true;
}

/* Go's time.Duration: a text in Go's grammar, or a number of nanoseconds. */
static bool
go_duration_read(struct reading *r, const struct yaml_node *n, const struct at *at, bool text_only, span *out)
{
	static const char *const wanted = "wanted: a duration such as 500ms, 30s or 1h30m";
	struct yaml_value v;
	struct err e = { 0 };
	struct str s;

	if (n->kind != YAML_SCALAR)
		return reading_type_problem(r, n, at, false, "time.Duration", wanted);
	if (!resolve(r, n, at, &v))
		return false;
	if (text_only) {
		if (!node_string(r, n, at, false, &s))
			return false;
		if (!duration_parse_go(s, out, &e))
			return reading_problem(r, n, at, "%s (%s)", e.text, wanted);
		return true;
	}
	if (v.type == YAML_T_STRING) {
		if (!duration_parse_go(v.s, out, NULL))
			return reading_type_problem(r, n, at, false, "time.Duration", wanted);
		return true;
	}
	return int_read(r, n, at, "time.Duration", out);
}

static struct str
quoted(struct arena *a, struct str s)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct str out;

	quote_go(&b, s);
	out = arena_str(a, sbuf_get(&b));
	sbuf_fini(&b);
	return out;
}

/* Why a secret is no URL, by words of ours alone: those of url_parse quote what is wrong. */
static void
hide_url(struct err *e)
{
	static const char *const reasons[] = { "missing protocol scheme", "first path segment in URL cannot contain colon",
		"invalid port", "missing ']' in host", "invalid IP-literal", "invalid userinfo", "invalid URL escape",
		"invalid character", "invalid control character in URL", "empty url" };
	const char *why = "not a URL";

	for (size_t i = 0; i < ARRAY_LEN(reasons); i++) {
		if (strstr(e->text, reasons[i]) != NULL)
			why = reasons[i];
	}
	err_set(e, ERR_INVALID, "parse \"<secret>\": %s", why);
}

/* An http or https URL with a host, written as Go's URL.String writes it. */
static bool
url_normal(struct str s, bool secret, struct arena *a, struct str *out, struct err *e)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct url u;

	if (!url_parse(a, s, &u, e)) {
		if (secret)
			hide_url(e);
		return false;
	}
	if (!str_is(u.scheme, "http") && !str_is(u.scheme, "https"))
		return err_set(e, ERR_INVALID, "unsupported scheme %.*s for URL (allowed: http, https)",
		    STR_ARG(quoted(a, u.scheme)));
	if (u.host.n == 0)
		return err_set(e, ERR_INVALID, "missing host for URL");
	url_format(&b, &u);
	*out = arena_str(a, sbuf_get(&b));
	sbuf_fini(&b);
	return true;
}

static bool
url_read(struct reading *r, const struct field *f, const struct yaml_node *n, const struct at *at, struct str *out)
{
	bool secret = (f->flags & F_SECRET) != 0;
	struct err e = { 0 };
	struct str s;

	if (!node_string(r, n, at, secret, &s))
		return false;
	if (secret && str_is(s, "<secret>")) {
		/* The text that a dump shows in the place of a secret can be loaded again. */
		*out = s;
		return true;
	}
	if ((f->flags & F_TEMPLATE) == 0) {
		if (!url_normal(s, secret, r->arena, out, &e))
			return reading_problem(r, n, at, "%s", e.text);
		return true;
	}
	*out = s;
	if (s.n == 0)
		return true;
	if (str_find(s, STR("{{")) < s.n) {
		if (!tmpl_check_syntax(s, false, &e))
			return reading_problem(r, n, at, "invalid template syntax: %s", e.text);
	} else if (!url_normal(s, secret, r->arena, &s, &e)) {
		return reading_problem(r, n, at, "invalid URL: %s", e.text);
	}
	return true;
}

/* Go net.SplitHostPort. */
static bool
host_port_split(struct str s, struct host_port *out, const char **why)
{
	size_t colon = s.n;
	struct str host;

	while (colon > 0 && s.p[colon - 1] != ':')
		colon--;
	*why = "missing port in address";
	if (colon == 0)
		return false;
	host = str_sub(s, 0, colon - 1);
	if (s.p[0] == '[') {
		size_t end = str_chr(s, ']');

		*why = "missing ']' in address";
		if (end == s.n)
			return false;
		*why = "missing port in address";
		if (end + 1 == s.n)
			return false;
		if (end + 1 != colon - 1) {
			if (s.p[end + 1] == ':')
				*why = "too many colons in address";
			return false;
		}
		host = str_sub(s, 1, end);
		*why = "unexpected '[' in address";
		if (str_chr(str_sub(s, 1, s.n), '[') < s.n - 1)
			return false;
		*why = "unexpected ']' in address";
		if (str_chr(str_sub(s, end + 1, s.n), ']') < s.n - end - 1)
			return false;
	} else {
		*why = "too many colons in address";
		if (str_chr(host, ':') < host.n)
			return false;
		*why = "unexpected '[' in address";
		if (str_chr(s, '[') < s.n)
			return false;
		*why = "unexpected ']' in address";
		if (str_chr(s, ']') < s.n)
			return false;
	}
	*out = (struct host_port){ host, str_sub(s, colon, s.n) };
	return true;
}

static bool
host_port_read(struct reading *r, const struct yaml_node *n, const struct at *at, struct host_port *out)
{
	static const char *const wanted = "wanted: host:port";
	const char *why;
	struct str s;

	if (!node_string(r, n, at, false, &s))
		return false;
	if (s.n == 0) {
		*out = (struct host_port){ 0 };
		return true;
	}
	if (!host_port_split(s, out, &why))
		return reading_problem(r, n, at, "address %.*s: %s (%s)", STR_ARG(s), why, wanted);
	if (out->port.n == 0)
		return reading_problem(r, n, at, "address %.*s: port cannot be empty (%s)",
		    STR_ARG(quoted(r->arena, s)), wanted);
	return true;
}

bool
field_read_scalar(struct reading *r, const struct field *f, const struct yaml_node *n, const struct at *at, void *to)
{
	bool b;

	if (f->type == FIELD_BOOL)
		return bool_read(r, n, at, to);
	if (f->type == FIELD_TRISTATE) {
		if (!bool_read(r, n, at, &b))
			return false;
		*(enum tristate *)to = b ? TRI_TRUE : TRI_FALSE;
		return true;
	}
	if (f->type == FIELD_INT)
		return int_read(r, n, at, f->go_type != NULL ? f->go_type : "int64", to);
	if (f->type == FIELD_UINT)
		return uint_read(r, n, at, to);
	if (f->type == FIELD_DOUBLE)
		return double_read(r, n, at, to);
	if (f->type == FIELD_DURATION)
		return duration_read(r, n, at, to);
	if (f->type == FIELD_GO_DURATION)
		return go_duration_read(r, n, at, (f->flags & F_TEXT_ONLY) != 0, to);
	if (f->type == FIELD_URL)
		return url_read(r, f, n, at, to);
	if (f->type == FIELD_HOST_PORT)
		return host_port_read(r, n, at, to);
	if (!node_string(r, n, at, (f->flags & F_SECRET) != 0, to))
		return false;
	if ((f->flags & F_PATH_CONFIG) != 0)
		*(struct str *)to = path_join(r->arena, r->dir, *(struct str *)to);
	return true;
}

bool
strings_read(struct reading *r, const struct yaml_node *n, const struct at *at, bool secret, const char *type,
    struct str_list *out)
{
	size_t before = r->problems_n;

	*out = (struct str_list){ 0 };
	if (node_is_null(n))
		return true;
	if (n->kind != YAML_SEQ)
		return reading_type_problem(r, n, at, secret, type, "a list is wanted here");
	out->v = ARENA_ARRAY(r->arena, n->n, struct str);
	out->n = n->n;
	out->present = true;
	for (size_t i = 0; i < n->n; i++) {
		out->v[i] = STR("");
		if (!node_is_null(n->items[i]))
			node_string(r, n->items[i], AT_INDEX(at, i), secret, &out->v[i]);
	}
	return r->problems_n == before;
}

static int
pair_cmp(const void *a, const void *b)
{
	const struct str_pair *x = a, *y = b;

	return str_cmp(x->key, y->key);
}

bool
pairs_read(struct reading *r, const struct yaml_node *n, const struct at *at, bool secret, const char *type,
    struct str_pairs *out)
{
	size_t before = r->problems_n, kept = 0;

	*out = (struct str_pairs){ 0 };
	if (node_is_null(n))
		return true;
	if (n->kind != YAML_MAP)
		return reading_type_problem(r, n, at, secret, type, "a mapping is wanted here");
	map_keys_check(r, n, at);
	out->v = ARENA_ARRAY(r->arena, n->n, struct str_pair);
	for (size_t i = 0; i < n->n; i++) {
		struct str_pair *p = &out->v[kept];

		if (n->pairs[i].key->kind != YAML_SCALAR || !key_text(r, n->pairs[i].key, at, &p->key))
			continue;
		p->value = STR("");
		if (!node_is_null(n->pairs[i].value))
			node_string(r, n->pairs[i].value, AT_KEY(at, p->key), secret, &p->value);
		kept++;
	}
	if (kept > 1)
		qsort(out->v, kept, sizeof(out->v[0]), pair_cmp);
	/* Keys that differ by type only (1 and "1") are one string: the later one is as good as the other. */
	for (size_t i = 0; i < kept; i++) {
		if (out->n > 0 && str_eq(out->v[out->n - 1].key, out->v[i].key))
			out->n--;
		out->v[out->n++] = out->v[i];
	}
	return r->problems_n == before;
}
