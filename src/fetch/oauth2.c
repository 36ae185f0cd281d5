/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth2.h"

#include <assert.h>
#include <string.h>

#include "base/list.h"
#include "base/mem.h"
#include "http_call.h"
#include "jwt.h"
#include "oauth2_answer.h"
#include "text/base64.h"
#include "text/json_small.h"

#define FETCH_MAX (30 * SPAN_S)	/* nobody waits longer for a token */
#define EARLY (10 * SPAN_S)	/* a token that expires so soon is not used any more */
#define TOKENS_MAX 1000

_Static_assert(HTTP_BODY_MAX <= JSON_SMALL_MAX, "what is read of an answer can be parsed");

#define JWT_BEARER "urn:ietf:params:oauth:grant-type:jwt-bearer"

struct oauth2_wait {
	struct token *token;
	void (*done)(void *arg, struct str authorization, const struct err *e);
	void *arg;
	struct list_node place;		/* in token->waiting */
};

struct token {
	struct oauth2_cache *cache;
	struct list_node place;		/* in cache->tokens */
	struct str key;			/* all settings that matter */
	struct sbuf value;		/* "Bearer abc"; empty: none yet */
	bool expires;
	struct mono expiry;
	bool in_body;			/* this server wants client_id and client_secret in the body */
	bool style_known;
	struct list waiting;		/* of struct oauth2_wait */
	/* While fetching. */
	struct arena *arena;
	struct oauth2 settings;		/* with copies of what the fetch needs */
	struct http_config http;
	struct fetch_request req;
	struct http_call *call;
};

struct oauth2_cache {
	struct http_client *client;
	struct list tokens;		/* the newest first */
	size_t n;
};

static void fetch(struct token *t);

struct oauth2_cache *
oauth2_cache_new(struct http_client *c)
{
	struct oauth2_cache *cache = NEW(struct oauth2_cache);

	cache->client = c;
	return cache;
}

static void
token_free(struct token *t)
{
	char *key;

	assert(t->waiting.first == NULL);
	http_client_cancel(&t->call);
	arena_free(&t->arena);
	sbuf_fini(&t->value);
	memcpy(&key, &t->key.p, sizeof(key));
	mem_free(key);
	list_remove(&t->cache->tokens, &t->place);
	t->cache->n--;
	mem_free(t);
}

void
oauth2_cache_free(struct oauth2_cache **cachep)
{
	struct oauth2_cache *cache = *cachep;

	if (cache == NULL)
		return;
	*cachep = NULL;
	LIST_EACH(&cache->tokens, node)
		token_free(CONTAINER_OF(node, struct token, place));
	mem_free(cache);
}

static void
put_part(struct sbuf *b, struct str s)
{
	sbuf_printf(b, "%zu:", s.n);
	sbuf_str(b, s);
}

/* Requests whose keys are equal may share a token. */
static void
make_key(const struct oauth2 *o, struct str secret, struct sbuf *b)
{
	const struct str parts[] = { o->client_id, secret, o->token_url, o->grant_type, o->client_certificate_key_id,
		o->signature_algorithm, o->iss, o->audience };

	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		put_part(b, parts[i]);
	for (size_t i = 0; i < o->scopes.n; i++)
		put_part(b, o->scopes.v[i]);
	sbuf_putc(b, '/');
	for (size_t i = 0; i < o->endpoint_params.n; i++) {
		put_part(b, o->endpoint_params.v[i].key);
		put_part(b, o->endpoint_params.v[i].value);
	}
	sbuf_putc(b, '/');
	jwt_write_claims(o, b);
}

static void
wait_remove(struct oauth2_wait *w)
{
	list_remove(&w->token->waiting, &w->place);
	mem_free(w);
}

/* Tells all who wait. */
static void
settle(struct token *t, const struct err *e)
{
	arena_free(&t->arena);
	while (t->waiting.first != NULL) {
		struct oauth2_wait *w = CONTAINER_OF(t->waiting.first, struct oauth2_wait, place);
		void (*done)(void *arg, struct str authorization, const struct err *e2) = w->done;
		void *arg = w->arg;

		wait_remove(w);
		done(arg, sbuf_get(&t->value), e);
	}
}

static void
keep(struct token *t, const struct oauth2_grant *g)
{
	sbuf_reset(&t->value);
	sbuf_str(&t->value, g->authorization);
	t->expires = g->lasts > 0;
	t->expiry = mono_add(t->cache->client->o.clock->now(t->cache->client->o.clock).mono, g->lasts);
}

static void
on_answer(void *arg, const struct fetch_response *r)
{
	struct oauth2_grant grant;
	struct token *t = arg;
	struct err e = { 0 };

	t->call = NULL;
	if (r->transport_error) {
		err_set(&e, ERR_IO, "%.*s", STR_ARG(r->error));
	} else if (r->status < 200 || r->status > 299) {
		oauth2_answer_refusal(r, &e);
		/* Servers differ in where they look for the credentials: both places are tried once. */
		if (!t->style_known && !t->in_body && !str_is(t->settings.grant_type, JWT_BEARER)) {
			t->in_body = true;
			fetch(t);
			return;
		}
		t->in_body = t->in_body && t->style_known;
	} else if (oauth2_answer_read(r, t->arena, &grant, &e)) {
		keep(t, &grant);
		t->style_known = true;
		settle(t, NULL);
		return;
	}
	settle(t, &e);
}

static void
put_param(struct sbuf *b, bool *first, struct str key, struct str value)
{
	url_query_add(b, first, key, value);
}

static void
make_body(struct token *t, struct sbuf *b)
{
	const struct oauth2 *o = &t->settings;
	struct sbuf scopes = SBUF_INIT(SBUF_UNLIMITED);
	struct str grant = STR("client_credentials");
	bool first = true;

	for (size_t i = 0; i < o->scopes.n; i++) {
		sbuf_puts(&scopes, i > 0 ? " " : "");
		sbuf_str(&scopes, o->scopes.v[i]);
	}
	if (t->in_body) {
		put_param(b, &first, STR("client_id"), o->client_id);
		if (o->client_secret.n > 0)
			put_param(b, &first, STR("client_secret"), o->client_secret);
	}
	for (size_t i = 0; i < o->endpoint_params.n; i++) {
		if (str_is(o->endpoint_params.v[i].key, "grant_type"))
			grant = o->endpoint_params.v[i].value;
		else
			put_param(b, &first, o->endpoint_params.v[i].key, o->endpoint_params.v[i].value);
	}
	put_param(b, &first, STR("grant_type"), grant);
	if (scopes.n > 0)
		put_param(b, &first, STR("scope"), sbuf_get(&scopes));
	sbuf_fini(&scopes);
}

static bool
make_request(struct token *t, struct sbuf *body, struct err *e)
{
	const struct oauth2 *o = &t->settings;
	/* Content-Type, User-Agent, and Authorization of the client. */
	struct http_header *h = ARENA_ARRAY(t->arena, 3, struct http_header);
	struct sbuf basic = SBUF_INIT(SBUF_UNLIMITED), coded = SBUF_INIT(SBUF_UNLIMITED);
	size_t n = 0;

	h[n++] = (struct http_header){ STR("Content-Type"), STR("application/x-www-form-urlencoded") };
	for (size_t i = 0; i < t->req.headers_n && n == 1; i++)
		if (str_caseeq(t->req.headers[i].name, STR("User-Agent")))
			h[n++] = t->req.headers[i];
	if (str_is(o->grant_type, JWT_BEARER)) {
		struct clock *clock = t->cache->client->o.clock;
		bool first = true;

		if (!jwt_assertion(o, o->client_certificate_key, clock->now(clock).wall, &basic, e)) {
			sbuf_fini(&basic);
			return false;
		}
		put_param(body, &first, STR("assertion"), sbuf_get(&basic));
		put_param(body, &first, STR("grant_type"), STR(JWT_BEARER));
	} else {
		make_body(t, body);
		if (!t->in_body) {
			url_query_escape(&basic, o->client_id);
			sbuf_putc(&basic, ':');
			url_query_escape(&basic, o->client_secret);
			base64_encode(&coded, sbuf_get(&basic), BASE64_STD);
			h[n++] = (struct http_header){ STR("Authorization"),
				arena_printf(t->arena, "Basic %.*s", STR_ARG(sbuf_get(&coded))) };
		}
	}
	sbuf_fini(&basic);
	sbuf_fini(&coded);
	t->req = (struct fetch_request){ .method = STR("POST"), .url = o->token_url,
		.body = arena_str(t->arena, sbuf_get(body)), .headers = h, .headers_n = n, .http = &t->http };
	return true;
}

static void
fetch(struct token *t)
{
	struct http_client *c = t->cache->client;
	struct sbuf body = SBUF_INIT(SBUF_UNLIMITED);
	struct err e = { 0 };

	if (make_request(t, &body, &e))
		t->call = http_client_start(c, &t->req, mono_add(c->o.clock->now(c->o.clock).mono, FETCH_MAX), on_answer, t);
	else
		settle(t, &e);
	sbuf_fini(&body);
}

/* The configuration may be replaced while we wait, so the fetch has copies. */
static struct str_list
copy_list(struct arena *a, const struct str_list *l)
{
	struct str_list out = *l;

	out.v = ARENA_ARRAY(a, l->n, struct str);
	for (size_t i = 0; i < l->n; i++)
		out.v[i] = arena_str(a, l->v[i]);
	return out;
}

static struct tls_config *
copy_tls(struct arena *a, const struct tls_config *t)
{
	struct tls_config *out;
	struct str *const *s;

	if (t == NULL)
		return NULL;
	out = ARENA_NEW(a, struct tls_config);
	*out = *t;
	struct str *const all[] = { &out->ca, &out->ca_file, &out->cert, &out->cert_file, &out->key, &out->key_file,
		&out->server_name, &out->min_version, &out->max_version, NULL };
	for (s = all; *s != NULL; s++)
		**s = arena_str(a, **s);
	return out;
}

static struct proxy_config
copy_proxy(struct arena *a, const struct proxy_config *p)
{
	struct proxy_config out = *p;
	const struct http_header_config *from = p->proxy_connect_header.v;
	struct http_header_config *to = ARENA_ARRAY(a, p->proxy_connect_header.n, struct http_header_config);

	out.proxy_url = arena_str(a, p->proxy_url);
	out.no_proxy = arena_str(a, p->no_proxy);
	for (size_t i = 0; i < p->proxy_connect_header.n; i++)
		to[i] = (struct http_header_config){ arena_str(a, from[i].name), copy_list(a, &from[i].values),
			copy_list(a, &from[i].secrets), copy_list(a, &from[i].files) };
	out.proxy_connect_header.v = to;
	return out;
}

static void
copy_settings(struct token *t, const struct fetch_request *r, struct str secret)
{
	struct arena *a = t->arena = arena_new();
	const struct oauth2 *o = &r->http->oauth2;
	struct oauth2 *s = &t->settings;

	/* The claims stay where they are: they are only read before this returns to the loop. */
	*s = *o;
	s->client_id = arena_str(a, o->client_id);
	s->client_secret = arena_str(a, secret);
	s->client_certificate_key = s->client_secret;
	s->token_url = arena_str(a, o->token_url);
	s->grant_type = arena_str(a, o->grant_type);
	s->scopes = copy_list(a, &o->scopes);
	s->endpoint_params.v = ARENA_ARRAY(a, o->endpoint_params.n, struct str_pair);
	for (size_t i = 0; i < o->endpoint_params.n; i++)
		s->endpoint_params.v[i] = (struct str_pair){ arena_str(a, o->endpoint_params.v[i].key),
			arena_str(a, o->endpoint_params.v[i].value) };
	t->http = (struct http_config){ .follow_redirects = true, .enable_http2 = true,
		.tls_config = copy_tls(a, o->tls_config), .proxy = copy_proxy(a, &o->proxy) };
	t->req = (struct fetch_request){ .headers = ARENA_ARRAY(a, r->headers_n, struct http_header),
		.headers_n = r->headers_n };
	for (size_t i = 0; i < r->headers_n; i++)
		t->req.headers[i] = (struct http_header){ arena_str(a, r->headers[i].name),
			arena_str(a, r->headers[i].value) };
}

/* Tokens nobody can use any more, so that changing secrets cannot fill the memory. */
static void
forget_stale(struct oauth2_cache *cache, struct mono now)
{
	LIST_EACH(&cache->tokens, node) {
		struct token *t = CONTAINER_OF(node, struct token, place);

		if (t->call == NULL && t->waiting.first == NULL &&
		    (cache->n > TOKENS_MAX || (t->expires && t->expiry.ns <= now.ns)))
			token_free(t);
	}
}

static struct token *
token_of(struct oauth2_cache *cache, struct str key)
{
	struct token *t;

	LIST_EACH(&cache->tokens, node) {
		t = CONTAINER_OF(node, struct token, place);
		if (str_eq(t->key, key))
			return t;
	}
	t = NEW(struct token);
	t->cache = cache;
	t->key = (struct str){ mem_strndup(key.p, key.n), key.n };
	t->value.max = SBUF_UNLIMITED;
	list_prepend(&cache->tokens, &t->place);
	cache->n++;
	return t;
}

void
oauth2_get(struct oauth2_cache *cache, const struct fetch_request *r,
    void (*done)(void *arg, struct str authorization, const struct err *e), void *arg, struct oauth2_wait **wait)
{
	const struct oauth2 *o = &r->http->oauth2;
	struct mono now = cache->client->o.clock->now(cache->client->o.clock).mono;
	bool jwt = str_is(o->grant_type, JWT_BEARER);
	struct arena *a = arena_new();
	struct sbuf key = SBUF_INIT(SBUF_UNLIMITED);
	struct err e = { 0 };
	struct str secret;
	struct token *t;
	bool ok;

	ok = jwt ? http_secret(o->client_certificate_key, o->client_certificate_key_file, a, &secret, &e) :
	    http_secret(o->client_secret, o->client_secret_file, a, &secret, &e);
	if (!ok) {
		err_ctx(&e, "unable to read oauth2 client secret");
		done(arg, STR_NONE, &e);
		goto out;
	}
	forget_stale(cache, now);
	make_key(o, secret, &key);
	t = token_of(cache, sbuf_get(&key));
	if (t->arena == NULL && t->value.n > 0 && (!t->expires || mono_sub(t->expiry, now) > EARLY)) {
		done(arg, sbuf_get(&t->value), NULL);
		goto out;
	}
	*wait = NEW(struct oauth2_wait);
	**wait = (struct oauth2_wait){ .token = t, .done = done, .arg = arg };
	list_append(&t->waiting, &(*wait)->place);
	if (t->arena == NULL) {
		copy_settings(t, r, secret);
		fetch(t);
	}
out:
	sbuf_fini(&key);
	arena_free(&a);
}

void
oauth2_abandon(struct oauth2_wait **wait)
{
	if (*wait != NULL)
		wait_remove(*wait);
	*wait = NULL;
}
