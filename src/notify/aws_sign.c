/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "aws.h"
#include "base/hex.h"
#include "http.h"
#include "text/digest.h"
#include "text/html.h"
#include "text/url.h"

#define FORM_TYPE "application/x-www-form-urlencoded"

void
aws_form_add(struct sbuf *b, const char *key, struct str value)
{
	if (b->n > 0)
		sbuf_putc(b, '&');
	url_percent_encode(b, str_from(key), "");
	sbuf_putc(b, '=');
	url_percent_encode(b, value, "");
}

/* The Host header as it will be: without the scheme's own port. */
static struct str
host_of(const struct url *u)
{
	struct str host = u->host;

	if (str_is(u->scheme, "https") && str_ends(host, STR(":443")))
		host.n -= 4;
	else if (str_is(u->scheme, "http") && str_ends(host, STR(":80")))
		host.n -= 3;
	return host;
}

static struct str
canonical_request(struct attempt *a, const struct url *u, struct str form, struct str date, struct str token,
    struct str signed_headers)
{
	struct sbuf b = SBUF_INIT(RENDER_MAX), path = SBUF_INIT(1 << 16);
	char hash[SHA256_HEX];
	struct str out;

	digest_sha256_hex(form, hash);
	url_escaped_path(&path, u);
	sbuf_puts(&b, "POST\n");
	/* The path as sent is escaped once more. */
	if (path.n == 0)
		sbuf_putc(&b, '/');
	else
		url_percent_encode(&b, sbuf_get(&path), "/");
	sbuf_printf(&b, "\n%.*s\n", STR_ARG(u->query));
	sbuf_printf(&b, "content-type:" FORM_TYPE "\nhost:%.*s\nx-amz-date:%.*s\n", STR_ARG(host_of(u)), STR_ARG(date));
	if (token.n > 0)
		sbuf_printf(&b, "x-amz-security-token:%.*s\n", STR_ARG(token));
	sbuf_printf(&b, "\n%.*s\n%s", STR_ARG(signed_headers), hash);
	out = arena_str(a->arena, sbuf_get(&b));
	sbuf_fini(&path);
	sbuf_fini(&b);
	return out;
}

static struct str
bytes(const unsigned char *p)
{
	return (struct str){ (const char *)p, SHA256_SIZE };
}

static struct str
signature(struct attempt *a, struct str secret, struct str date, struct str region, const char *service,
    struct str to_sign)
{
	unsigned char k1[SHA256_SIZE], k2[SHA256_SIZE];
	char hex[2 * SHA256_SIZE + 1];

	digest_hmac_sha256(arena_printf(a->arena, "AWS4%.*s", STR_ARG(secret)), str_sub(date, 0, 8), k1);
	digest_hmac_sha256(bytes(k1), region, k2);
	digest_hmac_sha256(bytes(k2), str_from(service), k1);
	digest_hmac_sha256(bytes(k1), STR("aws4_request"), k2);
	digest_hmac_sha256(bytes(k2), to_sign, k1);
	hex_encode(k1, sizeof(k1), hex);
	return arena_str(a->arena, str_from(hex));
}

static struct str
amz_date(struct attempt *a)
{
	struct civil c = wall_civil(wall_utc(a->now.wall));

	return arena_printf(a->arena, "%04d%02d%02dT%02d%02d%02dZ", (int)c.year, c.month, c.day, c.hour, c.minute,
	    c.second);
}

bool
aws_post_form(struct attempt *a, struct request *out, struct str url, struct str form,
    const struct aws_credentials *who, struct str region, const char *service, struct err *e)
{
	struct str date = amz_date(a), scope, headers, hash_of, to_sign, sign;
	char hash[SHA256_HEX];
	struct url u;

	if (!url_parse(a->arena, url, &u, e))
		return false;
	if (u.host.n == 0)
		return err_set(e, ERR_INVALID, "no host in API URL \"%.*s\"", STR_ARG(url));
	scope = arena_printf(a->arena, "%.*s/%.*s/%s/aws4_request", 8, date.p, STR_ARG(region), service);
	headers = who->session_token.n > 0 ? STR("content-type;host;x-amz-date;x-amz-security-token") :
	    STR("content-type;host;x-amz-date");
	hash_of = canonical_request(a, &u, form, date, who->session_token, headers);
	digest_sha256_hex(hash_of, hash);
	to_sign = arena_printf(a->arena, "AWS4-HMAC-SHA256\n%.*s\n%.*s\n%s", STR_ARG(date), STR_ARG(scope), hash);
	sign = signature(a, who->secret_key, date, region, service, to_sign);
	http_request(a, out, "POST", url, FORM_TYPE, form);
	http_header(a, out, "X-Amz-Date", date);
	if (who->session_token.n > 0)
		http_header(a, out, "X-Amz-Security-Token", who->session_token);
	http_header(a, out, "Authorization", arena_printf(a->arena,
	    "AWS4-HMAC-SHA256 Credential=%.*s/%.*s, SignedHeaders=%.*s, Signature=%.*s", STR_ARG(who->access_key),
	    STR_ARG(scope), STR_ARG(headers), STR_ARG(sign)));
	return true;
}

struct str
aws_xml_text(struct arena *a, struct str xml, const char *name)
{
	struct str open = arena_printf(a, "<%s>", name), close = arena_printf(a, "</%s>", name), out;
	size_t from = str_find(xml, open), n;
	struct sbuf b = SBUF_INIT(1 << 20);

	if (from == xml.n)
		return STR_NONE;
	xml = str_sub(xml, from + open.n, xml.n);
	n = str_find(xml, close);
	if (n == xml.n)
		return STR_NONE;
	html_unescape(&b, str_trim(str_sub(xml, 0, n)));
	out = arena_str(a, sbuf_get(&b));
	sbuf_fini(&b);
	return out;
}
