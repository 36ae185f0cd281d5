/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signatures.c - proofs that a request is the gateway's. Sources: twilio-node, vonage-python-sdk auth.py, messagebird's
 * signature_jwt of go-rest-api, docs.plivo.com. Each says no where anything is missing.
 */
#include <stdlib.h>

#include "base/hex.h"
#include "core/heard.h"
#include "tells.h"
#include "text/base64.h"
#include "text/digest.h"
#include "text/json_small.h"

/* How old, or early by another clock, what carries a time may be. */
#define AGE_MAX 300

/* The base64 of the HMAC is what the header says. */
static bool
signed_base64(const char *digest, struct str key, struct str text, struct str header)
{
	unsigned char sum[DIGEST_MAX];
	size_t n = digest_hmac(digest, key, text, sum);
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	bool same;

	base64_encode(&b, (struct str){ (const char *)sum, n }, BASE64_STD);
	same = n > 0 && key.n > 0 && digest_equal(sbuf_get(&b), header);
	sbuf_fini(&b);
	return same;
}

static bool
is_recent(const struct told *t, struct str seconds)
{
	int64_t at = seconds.n > 0 && seconds.n < 15 ? strtoll(arena_str(t->arena, seconds).p, NULL, 10) : 0;
	int64_t age = t->now.wall.s - at;

	return age >= -AGE_MAX && age <= AGE_MAX;
}

bool
told_by_token(const struct told *t)
{
	const struct str *token = url_query_get(&t->query, "token");

	return token != NULL && t->secret.n > 0 && digest_equal(*token, t->secret);
}

static int
by_name(const void *a, const void *b)
{
	const struct url_param *x = a, *y = b;
	int order = str_cmp(x->key, y->key);

	return order != 0 ? order : str_cmp(x->value, y->value);
}

/* A sorted copy. */
static struct url_param *
sorted(struct arena *a, const struct url_query *q)
{
	struct url_param *v = ARENA_ARRAY(a, q->n, struct url_param);

	if (q->n > 0)
		memcpy(v, q->v, q->n * sizeof(*v));
	qsort(v, q->n, sizeof(*v), by_name);
	return v;
}

/* The URL with its scheme's port in it, or without; empty: it has another, or cannot be read. */
static struct str
other_port(struct arena *a, struct str url)
{
	struct sbuf b = SBUF_INIT(1 << 16);
	struct str port, out;
	struct url u;

	if (!url_parse(a, url, &u, NULL))
		return STR_NONE;
	port = str_is(u.scheme, "https") ? STR(":443") : STR(":80");
	if (str_ends(u.host, port))
		u.host.n -= port.n;
	else if (url_port(&u).n == 0)
		u.host = arena_printf(a, "%.*s%.*s", STR_ARG(u.host), STR_ARG(port));
	else
		return STR_NONE;
	url_format(&b, &u);
	out = arena_str(a, sbuf_get(&b));
	sbuf_fini(&b);
	return out;
}

/* The fields of a form behind the URL, sorted, without anything between; of equal ones one. */
static bool
signed_by_twilio(const struct told *t, struct str url, struct str header)
{
	struct url_param *v = sorted(t->arena, &t->form);
	struct sbuf b = SBUF_INIT(4 * HEARD_BODY_MAX);
	bool same;

	sbuf_str(&b, url);
	for (size_t i = 0; i < t->form.n; i++) {
		if (i > 0 && by_name(&v[i - 1], &v[i]) == 0)
			continue;
		if (i == 0 || !str_eq(v[i - 1].key, v[i].key))
			sbuf_str(&b, v[i].key);
		sbuf_str(&b, v[i].value);
	}
	same = url.n > 0 && !b.overflow && signed_base64("sha1", t->secret, sbuf_get(&b), header);
	sbuf_fini(&b);
	return same;
}

bool
told_by_twilio(const struct told *t)
{
	struct str header = http_request_header(t->http, "X-Twilio-Signature");

	return signed_by_twilio(t, t->url, header) || signed_by_twilio(t, other_port(t->arena, t->url), header);
}

static void
put_tamed(struct sbuf *b, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		sbuf_putc(b, s.p[i] == '&' || s.p[i] == '=' ? '_' : s.p[i]);
}

/* The digest is of the account; its length tells which. */
static const char *
digest_of(size_t hex)
{
	return hex == 32 ? "md5" : hex == 40 ? "sha1" : hex == 64 ? "sha256" : "sha512";
}

bool
told_by_vonage(const struct told *t)
{
	const struct url_query *q = t->form.n > 0 ? &t->form : &t->query;
	const struct str *sig = url_query_get(q, "sig"), *at = url_query_get(q, "timestamp");
	struct url_param *v = sorted(t->arena, q);
	struct sbuf b = SBUF_INIT(4 * HEARD_BODY_MAX);
	unsigned char sum[DIGEST_MAX];
	char hex[2 * DIGEST_MAX + 1], given[2 * DIGEST_MAX + 1];
	size_t n;

	if (sig == NULL || at == NULL || sig->n >= sizeof(given) || t->secret.n == 0 || !is_recent(t, *at))
		return false;
	for (size_t i = 0; i < q->n; i++) {
		if (str_is(v[i].key, "sig"))
			continue;
		sbuf_putc(&b, '&');
		put_tamed(&b, v[i].key);
		sbuf_putc(&b, '=');
		put_tamed(&b, v[i].value);
	}
	n = digest_hmac(digest_of(sig->n), t->secret, sbuf_get(&b), sum);
	sbuf_fini(&b);
	hex_encode(sum, n, hex);
	for (size_t i = 0; i < sig->n; i++)
		given[i] = (char)(sig->p[i] >= 'A' && sig->p[i] <= 'Z' ? sig->p[i] - 'A' + 'a' : sig->p[i]);
	return n > 0 && digest_equal((struct str){ given, sig->n }, str_from(hex));
}

/* base64url without padding, into the arena; empty when it is none. */
static struct str
decoded(struct arena *a, struct str s)
{
	struct sbuf b = SBUF_INIT(1 << 16);
	struct str out = STR_NONE;

	if (base64_decode(&b, arena_printf(a, "%.*s%s", STR_ARG(s), s.n % 4 == 2 ? "==" : s.n % 4 == 3 ? "=" : ""), BASE64_URL))
		out = arena_str(a, sbuf_get(&b));
	sbuf_fini(&b);
	return out;
}

static bool
claims_fit(const struct told *t, struct json_t *claims)
{
	char url[SHA256_HEX], body[SHA256_HEX];
	int64_t now = t->now.wall.s;

	digest_sha256_hex(t->url, url);
	digest_sha256_hex(t->http->body, body);
	return str_is(json_small_str(claims, "iss", STR_NONE), "MessageBird") && json_small_int(claims, "nbf", now + 60) <= now + 1 &&
	    json_small_int(claims, "exp", 0) >= now - 1 && json_small_str(claims, "jti", STR_NONE).n > 0 &&
	    str_is(json_small_str(claims, "url_hash", STR_NONE), url) &&
	    (t->http->body.n == 0 || str_is(json_small_str(claims, "payload_hash", STR_NONE), body));
}

static const char *
algorithm(struct str name)
{
	return str_is(name, "HS256") ? "sha256" : str_is(name, "HS384") ? "sha384" : str_is(name, "HS512") ? "sha512" : "";
}

bool
told_by_messagebird(const struct told *t)
{
	struct str jwt = http_request_header(t->http, "MessageBird-Signature-JWT"), rest = jwt;
	struct str head = str_split(&rest, '.'), middle = str_split(&rest, '.'), sum_text = decoded(t->arena, rest);
	struct json_t *header = json_small_parse(decoded(t->arena, head), JSON_DOCUMENT, NULL);
	struct json_t *claims = json_small_parse(decoded(t->arena, middle), JSON_DOCUMENT, NULL);
	unsigned char sum[DIGEST_MAX];
	size_t n = digest_hmac(algorithm(json_small_str(header, "alg", STR_NONE)), t->secret,
	    str_sub(jwt, 0, head.n + 1 + middle.n), sum);
	bool fits = n > 0 && t->secret.n > 0 && digest_equal(sum_text, (struct str){ (const char *)sum, n }) &&
	    claims_fit(t, claims);

	json_small_free(&header);
	json_small_free(&claims);
	return fits;
}

/* The time, the URL and the digest of the body as bytes, a line each. */
bool
told_by_bird(const struct told *t)
{
	struct str at = http_request_header(t->http, "messagebird-request-timestamp");
	struct sbuf b = SBUF_INIT(1 << 16);
	unsigned char body[SHA256_SIZE];
	bool same;

	digest_sha256(t->http->body, body);
	sbuf_printf(&b, "%.*s\n%.*s\n", STR_ARG(at), STR_ARG(t->url));
	sbuf_put(&b, body, sizeof(body));
	same = is_recent(t, at) && !b.overflow &&
	    signed_base64("sha256", t->secret, sbuf_get(&b), http_request_header(t->http, "messagebird-signature"));
	sbuf_fini(&b);
	return same;
}

bool
told_by_plivo(const struct told *t)
{
	struct str nonce = http_request_header(t->http, "X-Plivo-Signature-V2-Nonce");
	struct str base = str_sub(t->url, 0, str_chr(t->url, '?'));
	struct str text = arena_printf(t->arena, "%.*s%.*s", STR_ARG(base), STR_ARG(nonce));

	return nonce.n > 0 &&
	    (signed_base64("sha256", t->secret, text, http_request_header(t->http, "X-Plivo-Signature-V2")) ||
		signed_base64("sha256", t->secret, text, http_request_header(t->http, "X-Plivo-Signature-Ma-V2")));
}
