/* SPDX-License-Identifier: Apache-2.0 */
#include "text/url.h"

#include <arpa/inet.h>

#include "base/ascii.h"
#include "base/quote.h"
#include "url_escape.h"

static size_t
last_chr(struct str s, char c)
{
	for (size_t i = s.n; i > 0; i--) {
		if (s.p[i - 1] == c)
			return i - 1;
	}
	return s.n;
}

static struct str
take(struct arena *a, struct sbuf *b)
{
	struct str s = arena_str(a, sbuf_get(b));

	sbuf_fini(b);
	return s;
}

static bool
decode(struct arena *a, struct str s, enum url_part part, struct str *out, struct err *e)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	bool ok = url_unescape(&b, s, part, e);

	*out = take(a, &b);
	return ok;
}

/* The scheme in front of the first colon; an empty one when s has none. */
static bool
split_scheme(struct str s, struct str *scheme, struct str *rest, struct err *e)
{
	*scheme = STR_NONE;
	*rest = s;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (c == ':') {
			if (i == 0)
				return err_set(e, ERR_INVALID, "missing protocol scheme");
			*scheme = str_sub(s, 0, i);
			*rest = str_sub(s, i + 1, s.n);
			return true;
		}
		bool inner = ascii_digit(c) || c == '+' || c == '-' || c == '.';
		if (!ascii_letter(c) && !(inner && i > 0))
			return true;
	}
	return true;
}

/* "" or ":" and digits. */
static bool
check_port(struct str colon_port, struct err *e)
{
	bool ok = colon_port.n == 0 || colon_port.p[0] == ':';

	for (size_t i = 1; ok && i < colon_port.n; i++)
		ok = ascii_digit(colon_port.p[i]);
	if (ok)
		return true;
	struct sbuf quoted = SBUF_INIT(SBUF_UNLIMITED);
	quote_go(&quoted, colon_port);
	err_set(e, ERR_INVALID, "invalid port %s after host", sbuf_cstr(&quoted));
	sbuf_fini(&quoted);
	return false;
}

/* Reads the host in brackets, with its zone: only IPv6 may (RFC 3986, Go since 1.25). */
static bool
check_ip_literal(struct str s, struct err *e)
{
	struct str ip = str_sub(s, 0, str_chr(s, '%'));
	unsigned char address[16];
	char text[64] = "";

	if (ip.n < sizeof(text) && ip.n > 0 && str_chr(ip, '\0') == ip.n)
		memcpy(text, ip.p, ip.n);
	if (inet_pton(AF_INET6, text, address) == 1)
		return true;
	if (inet_pton(AF_INET, text, address) == 1)
		return err_set(e, ERR_INVALID, "invalid IP-literal");
	struct sbuf quoted = SBUF_INIT(SBUF_UNLIMITED);
	quote_go(&quoted, s);
	err_set(e, ERR_INVALID, "invalid host: ParseAddr(%s): unable to parse IP", sbuf_cstr(&quoted));
	sbuf_fini(&quoted);
	return false;
}

/* [address] and a port; the zone of RFC 6874 stands behind %25 and may hold more than a host. */
static bool
parse_ip_literal(struct arena *a, struct str s, struct str *out, struct err *e)
{
	size_t close = last_chr(s, ']');

	if (close == s.n)
		return err_set(e, ERR_INVALID, "missing ']' in host");
	if (!check_port(str_sub(s, close + 1, s.n), e))
		return false;
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	size_t zone = str_find(str_sub(s, 0, close), STR("%25"));
	bool ok = url_unescape(&b, str_sub(s, 0, zone), URL_HOST, e) &&
	    url_unescape(&b, str_sub(s, zone, close), URL_ZONE, e) &&
	    check_ip_literal(str_sub(sbuf_get(&b), 1, b.n), e) &&
	    url_unescape(&b, str_sub(s, close, s.n), URL_HOST, e);
	*out = take(a, &b);
	return ok;
}

static bool
parse_host(struct arena *a, struct str s, struct str *out, struct err *e)
{
	size_t open = last_chr(s, '['), colon = last_chr(s, ':');

	if (open == 0 && s.n > 0)
		return parse_ip_literal(a, s, out, e);
	if (open < s.n)
		return err_set(e, ERR_INVALID, "invalid IP-literal");
	return check_port(str_sub(s, colon, s.n), e) && decode(a, s, URL_HOST, out, e);
}

static bool
valid_userinfo(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (!ascii_alnum(c) && !ascii_in(c, "-._:~!$&'()*+,;=%@"))
			return false;
	}
	return true;
}

static bool
parse_authority(struct arena *a, struct str s, struct url *u, struct err *e)
{
	size_t at = last_chr(s, '@');

	if (at == s.n)
		return parse_host(a, s, &u->host, e);
	if (!parse_host(a, str_sub(s, at + 1, s.n), &u->host, e))
		return false;
	struct str user = str_sub(s, 0, at);
	if (!valid_userinfo(user))
		return err_set(e, ERR_INVALID, "net/url: invalid userinfo");
	size_t colon = str_chr(user, ':');
	u->has_user = true;
	u->has_password = colon < user.n;
	return decode(a, str_sub(user, 0, colon), URL_USER, &u->user, e) &&
	    decode(a, str_sub(user, colon + 1, user.n), URL_USER, &u->password, e);
}

static bool
set_encoded(struct arena *a, struct str s, enum url_part part, struct str *decoded, struct str *raw, struct err *e)
{
	struct sbuf again = SBUF_INIT(SBUF_UNLIMITED);

	if (!decode(a, s, part, decoded, e))
		return false;
	url_escape(&again, *decoded, part);
	*raw = str_eq(sbuf_get(&again), s) ? STR_NONE : arena_str(a, s);
	sbuf_fini(&again);
	return true;
}

static bool
has_control(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
			return true;
	}
	return false;
}

static void
split_query(struct arena *a, struct str *rest, struct url *u)
{
	size_t mark = str_chr(*rest, '?');

	if (mark + 1 == rest->n) {
		u->force_query = true;
	} else if (mark < rest->n) {
		u->query = arena_str(a, str_sub(*rest, mark + 1, rest->n));
	}
	*rest = str_sub(*rest, 0, mark);
}

static bool
parse_no_fragment(struct arena *a, struct str s, bool request, struct url *u, struct err *e)
{
	struct str scheme, rest;

	if (has_control(s))
		return err_set(e, ERR_INVALID, "net/url: invalid control character in URL");
	if (s.n == 0 && request)
		return err_set(e, ERR_INVALID, "empty url");
	if (str_is(s, "*")) {
		u->path = arena_str(a, s);
		return true;
	}
	if (!split_scheme(s, &scheme, &rest, e))
		return false;
	struct sbuf lower = SBUF_INIT(SBUF_UNLIMITED);
	for (size_t i = 0; i < scheme.n; i++)
		sbuf_putc(&lower, (char)(scheme.p[i] >= 'A' && scheme.p[i] <= 'Z' ? scheme.p[i] | 0x20 : scheme.p[i]));
	u->scheme = take(a, &lower);
	split_query(a, &rest, u);

	if (!str_starts(rest, STR("/"))) {
		if (scheme.n > 0) {
			u->opaque = arena_str(a, rest);
			return true;
		}
		if (request)
			return err_set(e, ERR_INVALID, "invalid URI for request");
		if (str_chr(str_sub(rest, 0, str_chr(rest, '/')), ':') < str_chr(rest, '/'))
			return err_set(e, ERR_INVALID, "first path segment in URL cannot contain colon");
	}
	bool authority = scheme.n > 0 || (!request && !str_starts(rest, STR("///")));
	if (authority && str_starts(rest, STR("//"))) {
		struct str behind = str_sub(rest, 2, rest.n);
		size_t slash = str_chr(behind, '/');
		if (!parse_authority(a, str_sub(behind, 0, slash), u, e))
			return false;
		rest = str_sub(behind, slash, behind.n);
	} else if (scheme.n > 0 && str_starts(rest, STR("/"))) {
		u->omit_host = true;
	}
	return set_encoded(a, rest, URL_PATH, &u->path, &u->raw_path, e);
}

static bool
parse_context(struct str s, struct err *e)
{
	struct sbuf quoted = SBUF_INIT(SBUF_UNLIMITED);

	quote_go(&quoted, s);
	err_ctx(e, "parse %s", sbuf_cstr(&quoted));
	sbuf_fini(&quoted);
	return false;
}

bool
url_parse(struct arena *a, struct str s, struct url *out, struct err *e)
{
	size_t hash = str_chr(s, '#');
	struct str before = str_sub(s, 0, hash);
	struct url u = { 0 };

	if (!parse_no_fragment(a, before, false, &u, e))
		return parse_context(before, e);
	if (hash + 1 < s.n &&
	    !set_encoded(a, str_sub(s, hash + 1, s.n), URL_FRAGMENT, &u.fragment, &u.raw_fragment, e))
		return parse_context(s, e);
	*out = u;
	return true;
}

bool
url_parse_request(struct arena *a, struct str s, struct url *out, struct err *e)
{
	struct url u = { 0 };

	if (!parse_no_fragment(a, s, true, &u, e))
		return parse_context(s, e);
	*out = u;
	return true;
}

/* Whether raw is an encoding that one may keep (Go validEncoded). */
static bool
valid_encoded(struct str raw, enum url_part part)
{
	for (size_t i = 0; i < raw.n; i++) {
		char c = raw.p[i];
		bool allowed = ascii_in(c, "!$&'()*+,;=:@[]%");
		if (!allowed && url_should_escape((unsigned char)c, part))
			return false;
	}
	return true;
}

static void
put_encoded(struct sbuf *b, struct str decoded, struct str raw, enum url_part part)
{
	struct sbuf again = SBUF_INIT(SBUF_UNLIMITED);
	bool keep = raw.n > 0 && valid_encoded(raw, part) && url_unescape(&again, raw, part, NULL) &&
	    str_eq(sbuf_get(&again), decoded);

	if (keep)
		sbuf_str(b, raw);
	else if (part == URL_PATH && str_is(decoded, "*"))
		sbuf_putc(b, '*');
	else
		url_escape(b, decoded, part);
	sbuf_fini(&again);
}

void
url_escaped_path(struct sbuf *b, const struct url *u)
{
	put_encoded(b, u->path, u->raw_path, URL_PATH);
}

static void
format_authority(struct sbuf *b, const struct url *u)
{
	if (u->host.n > 0 || u->path.n > 0 || u->has_user)
		sbuf_puts(b, "//");
	if (u->has_user) {
		url_escape(b, u->user, URL_USER);
		if (u->has_password) {
			sbuf_putc(b, ':');
			url_escape(b, u->password, URL_USER);
		}
		sbuf_putc(b, '@');
	}
	url_escape(b, u->host, URL_HOST);
}

void
url_format(struct sbuf *b, const struct url *u)
{
	size_t start = b->n;

	if (u->scheme.n > 0) {
		sbuf_str(b, u->scheme);
		sbuf_putc(b, ':');
	}
	if (u->opaque.n > 0) {
		sbuf_str(b, u->opaque);
	} else {
		bool omit = u->omit_host && u->host.n == 0 && !u->has_user;
		if (!omit && (u->scheme.n > 0 || u->host.n > 0 || u->has_user))
			format_authority(b, u);
		struct sbuf path = SBUF_INIT(SBUF_UNLIMITED);
		url_escaped_path(&path, u);
		struct str p = sbuf_get(&path);
		if (p.n > 0 && p.p[0] != '/' && u->host.n > 0)
			sbuf_putc(b, '/');
		/* RFC 3986 4.2: a colon in the first segment would read as a scheme. */
		if (b->n == start && str_chr(str_sub(p, 0, str_chr(p, '/')), ':') < str_chr(p, '/'))
			sbuf_puts(b, "./");
		sbuf_str(b, p);
		sbuf_fini(&path);
	}
	if (u->force_query || u->query.n > 0) {
		sbuf_putc(b, '?');
		sbuf_str(b, u->query);
	}
	if (u->fragment.n > 0) {
		sbuf_putc(b, '#');
		put_encoded(b, u->fragment, u->raw_fragment, URL_FRAGMENT);
	}
}

struct str
url_hostname(const struct url *u)
{
	struct str h = u->host;
	size_t colon = last_chr(h, ':');

	if (colon < h.n && check_port(str_sub(h, colon, h.n), NULL))
		h = str_sub(h, 0, colon);
	if (str_starts(h, STR("[")) && str_ends(h, STR("]")))
		h = str_sub(h, 1, h.n - 1);
	return h;
}

struct str
url_port(const struct url *u)
{
	size_t colon = last_chr(u->host, ':');

	if (colon < u->host.n && check_port(str_sub(u->host, colon, u->host.n), NULL))
		return str_sub(u->host, colon + 1, u->host.n);
	return STR_NONE;
}

/* Lexically shortest equivalent of a rooted path (Go path.Clean). */
static void
clean_rooted(struct sbuf *out, struct str p)
{
	sbuf_putc(out, '/');
	while (p.n > 0) {
		size_t slash = str_chr(p, '/');
		struct str segment = str_sub(p, 0, slash);
		p = str_sub(p, slash + 1, p.n);
		if (segment.n == 0 || str_is(segment, "."))
			continue;
		if (str_is(segment, "..")) {
			size_t up = last_chr(sbuf_get(out), '/');
			sbuf_cut(out, up == 0 ? 1 : up);
			continue;
		}
		if (out->n > 1)
			sbuf_putc(out, '/');
		sbuf_str(out, segment);
	}
}

struct url
url_join(struct arena *a, const struct url *base, struct str elem)
{
	struct sbuf path = SBUF_INIT(SBUF_UNLIMITED), clean = SBUF_INIT(SBUF_UNLIMITED);
	struct url u = *base;

	url_escaped_path(&path, base);
	bool rooted = path.n > 0 && path.p[0] == '/';
	sbuf_putc(&path, '/');
	sbuf_str(&path, elem);
	clean_rooted(&clean, sbuf_get(&path));
	if (str_ends(elem, STR("/")) && clean.p[clean.n - 1] != '/')
		sbuf_putc(&clean, '/');
	struct str joined = str_sub(sbuf_get(&clean), rooted ? 0 : 1, clean.n);
	/* As in Go: a path that cannot be decoded is kept as it was. */
	struct str decoded, raw;
	if (set_encoded(a, joined, URL_PATH, &decoded, &raw, NULL)) {
		u.path = decoded;
		u.raw_path = raw;
	}
	sbuf_fini(&path);
	sbuf_fini(&clean);
	return u;
}

void
url_percent_encode(struct sbuf *b, struct str s, const char *keep)
{
	url_escape_but(b, s, keep);
}

void
url_query_escape(struct sbuf *b, struct str s)
{
	url_escape(b, s, URL_QUERY);
}

void
url_path_escape(struct sbuf *b, struct str s)
{
	url_escape(b, s, URL_SEGMENT);
}

bool
url_query_unescape(struct sbuf *b, struct str s, struct err *e)
{
	return url_unescape(b, s, URL_QUERY, e);
}

bool
url_path_unescape(struct sbuf *b, struct str s, struct err *e)
{
	return url_unescape(b, s, URL_SEGMENT, e);
}
