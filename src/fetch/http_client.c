/* SPDX-License-Identifier: Apache-2.0 */
#include "fetch/http_client.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

#include "base/arena_fast.h"
#include "base/duration.h"
#include "base/mem.h"
#include "http_call.h"
#include "http_host.h"
#include "http_proxy.h"
#include "http_redirect.h"
#include "http_sockets.h"
#include "loop/timer.h"
#include "oauth2.h"

#define REDIRECTS_MAX 10

static void next_hop(struct http_call *call);
static void start_waiting(struct http_client *c);

static struct mono
mono_now(const struct http_client *c)
{
	return c->o.clock->now(c->o.clock).mono;
}

/* The end of a call. */

/* Takes the call out of whatever it is in. */
static void
detach(struct http_call *call)
{
	struct http_client *c = call->client;

	if (call->state == CALL_TOKEN) {
		oauth2_abandon(&call->token);
	} else if (call->state == CALL_WAITING) {
		http_host_leave(call);
		http_host_drop_unused(c, call->host);
	} else if (call->state == CALL_RUNNING) {
		plain_cancel(&call->plain);
		if (call->hop.easy != NULL)
			curl_multi_remove_handle(c->multi, call->hop.easy);
		c->running--;
		call->host->running--;
		http_host_drop_unused(c, call->host);
	}
	call->host = NULL;
	call->state = CALL_ENDED;
}

static void
call_free(struct http_call *call)
{
	struct arena *arena = call->arena;

	assert(call->state == CALL_ENDED);
	http_hop_end(&call->hop);
	timer_fini(&call->timer);
	alike_leave(&call->alike);
	call->client->calls--;
	arena_free(&arena);	/* the call is in it */
}

static void
report(struct http_call *call)
{
	struct fetch_response resp = { 0 };
	struct http_client *c = call->client;

	if (call->failed) {
		resp.transport_error = true;
		resp.timed_out = call->timed_out;
		resp.unanswered = call->gone_out;
		resp.error = str_from(call->err.text);
	} else {
		resp.status = call->status;
		resp.body = sbuf_get(&call->hop.body);
		resp.cut = call->hop.cut;
		resp.content_type = call->hop.content_type;
		resp.retry_after = call->retry_after;
	}
	call->done(call->arg, &resp);
	call_free(call);
	start_waiting(c);
}

/* `Post "http://x/": ` in front, as Go's url.Error. */
static void
put_context(struct http_call *call)
{
	struct str m = call->r->method;
	struct sbuf name = SBUF_INIT(100), text = SBUF_INIT(SBUF_UNLIMITED);
	struct url shown = call->hop.url;

	for (size_t i = 0; i < m.n; i++)
		sbuf_putc(&name, i == 0 ? m.p[i] : (char)tolower((unsigned char)m.p[i]));
	if (shown.has_password)
		shown.password = STR("xxxxx");
	url_format(&text, &shown);
	if (call->r->secret_url || text.n == 0)
		err_ctx(&call->err, "%s \"<redacted>\"", sbuf_cstr(&name));
	else
		err_ctx(&call->err, "%s \"%.*s\"", sbuf_cstr(&name), STR_ARG(sbuf_get(&text)));
	sbuf_fini(&name);
	sbuf_fini(&text);
}

/* While it runs still: callers may be going through its host's queue. */
static void
fail_later(struct http_call *call)
{
	call->failed = true;
	timer_in(&call->timer, 0);
}

/* The result is in call->err; `done` hears of it in a later turn of the loop. */
static void
fail(struct http_call *call)
{
	if (call->state != CALL_ENDED)
		detach(call);
	put_context(call);
	fail_later(call);
}

/* An answer of which the status is there, and is all that matters. */
static bool
is_decided(const struct http_call *call)
{
	return call->r->status_decides && call->state == CALL_RUNNING && call->hop.status != 0 && !call->hop.has_error;
}

/* It ends by itself when it has been idle for too long, or at the deadline. */
static bool
is_idle_first(const struct http_call *call)
{
	return call->r->idle > 0 && call->idle_until.ns < call->deadline.ns;
}

static span
time_left(const struct http_call *call)
{
	return mono_sub(is_idle_first(call) ? call->idle_until : call->deadline, mono_now(call->client));
}

static void
timeout_error(struct http_call *call)
{
	char d[DURATION_MAX];

	if (is_idle_first(call)) {
		duration_format_go(call->r->idle, d);
		err_set(&call->err, ERR_TIMEOUT, "context deadline exceeded: nothing came or went for %s", d);
	} else if (call->own_timeout) {
		duration_format_go(call->r->timeout, d);
		err_set(&call->err, ERR_TIMEOUT, "context deadline exceeded: %s%s timeout reached (%s)",
		    call->r->timeout_name != NULL ? "configured " : "",
		    call->r->timeout_name != NULL ? call->r->timeout_name : "request", d);
	} else {
		err_set(&call->err, ERR_TIMEOUT, "context deadline exceeded");
	}
}

/* libcurl's, of a call with an idle time: how much has come and gone of the bodies. */
static int
on_progress(void *arg, curl_off_t to_come, curl_off_t come, curl_off_t to_go, curl_off_t gone)
{
	struct http_call *call = arg;

	(void)to_come;
	(void)to_go;
	if (come + gone != call->moved) {
		call->moved = come + gone;
		call->idle_until = mono_add(mono_now(call->client), call->r->idle);
	}
	return 0;
}

/* Whether the answer is a redirect to follow; if so the next hop is begun (or the call failed). */
static bool
redirect(struct http_call *call)
{
	if (!http_redirect_wanted(&call->hop, call->status))
		return false;
	if (++call->redirects >= REDIRECTS_MAX)
		err_set(&call->err, ERR_INVALID, "stopped after %d redirects", REDIRECTS_MAX);
	else if (http_redirect_follow(&call->hop, call->status, &call->err)) {
		next_hop(call);
		return true;
	}
	fail(call);
	return true;
}

static void
answered(struct http_call *call, int status, curl_off_t retry_after)
{
	call->status = status;
	call->retry_after = retry_after > 0 ? (retry_after < 86400 ? retry_after : 86400) * SPAN_S : 0;
	detach(call);
	if (!redirect(call))
		report(call);
}

/* With what has come of it. */
static void
decided(struct http_call *call)
{
	struct http_hop *hop = &call->hop;
	curl_off_t retry_after = 0;

	if (hop->easy != NULL)
		curl_easy_getinfo(hop->easy, CURLINFO_RETRY_AFTER, &retry_after);
	else
		retry_after = http_hop_retry_after(hop, call->client->o.clock);
	hop->cut = true;
	answered(call, hop->status, retry_after);
}

static void
on_timer(void *arg)
{
	struct http_call *call = arg;

	if (call->failed && call->state != CALL_ENDED)
		detach(call);
	if (call->state == CALL_ENDED) {
		report(call);
		return;
	}
	if (time_left(call) > 0) {
		timer_in(&call->timer, time_left(call));
		return;
	}
	/* There is no time to follow a redirect. */
	if (is_decided(call) && !http_redirect_wanted(&call->hop, call->hop.status)) {
		decided(call);
		return;
	}
	call->gone_out |= http_hop_gone_out(&call->hop);
	detach(call);
	call->failed = true;
	call->timed_out = call->own_timeout || is_idle_first(call);
	timeout_error(call);
	put_context(call);
	report(call);
}

/* A host that answers as most do is one for http_plain.h. */
static void
learn(const struct http_call *call)
{
	const struct http_hop *hop = &call->hop;
	long version = 0, port = 0;
	char *ip = NULL;

	if (hop->direct && hop->framed &&
	    curl_easy_getinfo(hop->easy, CURLINFO_HTTP_VERSION, &version) == CURLE_OK && version == CURL_HTTP_VERSION_1_1 &&
	    curl_easy_getinfo(hop->easy, CURLINFO_PRIMARY_IP, &ip) == CURLE_OK && ip != NULL &&
	    curl_easy_getinfo(hop->easy, CURLINFO_PRIMARY_PORT, &port) == CURLE_OK)
		plain_learn(call->client->plain, &hop->url, ip, port, mono_now(call->client));
}

static void
on_transfer_done(struct http_call *call, CURLcode code)
{
	struct http_hop *hop = &call->hop;
	curl_off_t retry_after = 0;
	long status = 0;

	if (code == CURLE_WRITE_ERROR && hop->cut)
		code = CURLE_OK;
	if (code != CURLE_OK && is_decided(call)) {
		decided(call);
		return;
	}
	if (code != CURLE_OK) {
		if (!hop->has_error)
			http_hop_error(hop, code, &call->err);
		call->gone_out |= http_hop_gone_out(hop);
		detach(call);
		call->failed = true;
		if (!hop->has_error)
			put_context(call);
		report(call);
		return;
	}
	curl_easy_getinfo(hop->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(hop->easy, CURLINFO_RETRY_AFTER, &retry_after);
	learn(call);
	answered(call, (int)status, retry_after);
}

static void
on_done(CURL *easy, CURLcode code)
{
	char *call = NULL;

	curl_easy_getinfo(easy, CURLINFO_PRIVATE, &call);
	on_transfer_done((struct http_call *)(void *)call, code);
}

/* The beginning of a hop. */

static void
start_easy(struct http_call *call)
{
	struct http_client *c = call->client;
	CURLMcode bad;

	if (!http_hop_begin(&call->hop, &call->err)) {
		put_context(call);
		fail_later(call);
		return;
	}
	if (c->launched++ == 0)
		timer_in(&c->next_turn, 0);
	curl_easy_setopt(call->hop.easy, CURLOPT_PRIVATE, call);
	if (call->r->idle > 0) {
		curl_easy_setopt(call->hop.easy, CURLOPT_XFERINFOFUNCTION, on_progress);
		curl_easy_setopt(call->hop.easy, CURLOPT_XFERINFODATA, call);
		curl_easy_setopt(call->hop.easy, CURLOPT_NOPROGRESS, 0L);
	}
	bad = curl_multi_add_handle(c->multi, call->hop.easy);
	assert(bad == CURLM_OK);
}

static void
on_plain_end(void *arg, enum plain_end end)
{
	struct http_call *call = arg;

	call->plain = NULL;
	switch (end) {
	case PLAIN_ANSWERED:
		answered(call, call->hop.status, http_hop_retry_after(&call->hop, call->client->o.clock));
		return;
	case PLAIN_UNSENT:
		/* On a kept connection, which has ended without a word. */
		call->gone_out |= call->hop.left;
		call->hop.left = false;
		start_easy(call);
		return;
	case PLAIN_REFUSED:
		break;
	case PLAIN_FAILED:
		call->gone_out = true;
		put_context(call);
		break;
	}
	detach(call);
	call->failed = true;
	report(call);
}

static bool
start_plain(struct http_call *call)
{
	struct http_client *c = call->client;
	bool refused;

	if (call->r->once || http_proxy_for(&call->r->http->proxy, &call->hop.url, call->arena).n > 0)
		return false;
	if (!plain_start(c->plain, &call->hop, mono_now(c), on_plain_end, call, &call->plain, &refused) && !refused)
		return false;
	if (refused)
		fail_later(call);
	return true;
}

static void
launch(struct http_call *call)
{
	call->state = CALL_RUNNING;
	call->host->running++;
	call->client->running++;
	if (!start_plain(call))
		start_easy(call);
}

/* As many of those that wait as there is room for, hosts in turn. */
static void
start_waiting(struct http_client *c)
{
	struct list_node *at = c->waiting.first;

	while (at != NULL && c->running < c->o.in_all && c->launched < HTTP_LAUNCHES_MAX) {
		struct http_host *h = CONTAINER_OF(at, struct http_host, place);
		struct http_call *call = CONTAINER_OF(h->waiting.first, struct http_call, place);
		struct list_node *next = at->next;

		if (http_host_has_place(c, h)) {
			http_host_leave(call);
			launch(call);
			/* Its next one waits until all others had their turn. */
			if (h->waiting.first != NULL && http_host_has_place(c, h) && next == NULL)
				next = c->waiting.first;
		}
		at = next;
	}
}

static void
on_next_turn(void *arg)
{
	struct http_client *c = arg;

	c->launched = 0;
	start_waiting(c);
}

static void
enter(struct http_call *call)
{
	struct http_client *c = call->client;

	if (!http_hop_prepare(&call->hop, &call->err)) {
		fail(call);
		return;
	}
	call->host = http_host_of(c, &call->hop.url, call->arena);
	if (call->host->waiting.first == NULL && http_host_has_place(c, call->host))
		launch(call);
	else
		http_host_wait(call);
}

static void
on_token(void *arg, struct str authorization, const struct err *e)
{
	struct http_call *call = arg;

	call->token = NULL;
	call->state = CALL_ENDED;
	if (e != NULL) {
		call->err = *e;
		fail(call);
		return;
	}
	call->hop.authorization = arena_str(call->arena, authorization);
	enter(call);
}

static void
next_hop(struct http_call *call)
{
	if (call->r->http->oauth2.present && !call->hop.strange_host) {
		call->state = CALL_TOKEN;
		oauth2_get(call->client->oauth2, call->r, on_token, call, &call->token);
	} else {
		enter(call);
	}
}

struct http_call *
http_client_start(struct http_client *c, const struct fetch_request *r, struct mono deadline,
    void (*done)(void *arg, const struct fetch_response *resp), void *arg)
{
	struct arena *a = arena_new();
	struct http_call *call = arena_raw(a, sizeof(*call));
	struct mono now = mono_now(c);

	assert(r->http != NULL);
	memset(call, 0, offsetof(struct http_call, err));
	err_clear(&call->err);
	call->client = c;
	call->r = r;
	call->done = done;
	call->arg = arg;
	call->arena = a;
	call->state = CALL_ENDED;
	call->deadline = deadline;
	call->idle_until = mono_add(now, r->idle);
	call->hop.arena = a;
	call->hop.r = r;
	call->hop.method = r->method;
	call->hop.error = &call->err;
	c->calls++;
	if (r->timeout > 0 && mono_add(now, r->timeout).ns < deadline.ns) {
		call->deadline = mono_add(now, r->timeout);
		call->own_timeout = true;
	}
	timer_init(&call->timer, c->o.base, "outgoing HTTP", on_timer, call);
	timer_in(&call->timer, mono_sub(is_idle_first(call) ? call->idle_until : call->deadline, now));
	if ((call->alike = alike_get(&c->alike, r)) != NULL) {
		call->hop.url = call->alike->url;
		call->hop.known_headers = call->alike->headers;
		call->hop.form = &call->alike->form;
	}
	if (call->alike == NULL && !url_parse(a, r->url, &call->hop.url, &call->err)) {
		call->hop.url = (struct url){ 0 };
		/* The text quotes all of it. */
		if (r->secret_url || str_chr(r->url, '@') < r->url.n)
			err_set(&call->err, ERR_INVALID, "parse \"<redacted>\": not a URL");
		fail(call);
	} else if (!str_is(call->hop.url.scheme, "http") && !str_is(call->hop.url.scheme, "https")) {
		err_set(&call->err, ERR_INVALID, "unsupported protocol scheme \"%.*s\"", STR_ARG(call->hop.url.scheme));
		fail(call);
	} else if (url_hostname(&call->hop.url).n == 0) {
		err_set(&call->err, ERR_INVALID, "http: no Host in request URL");
		fail(call);
	} else {
		next_hop(call);
	}
	return call;
}

void
http_client_cancel(struct http_call **callp)
{
	struct http_call *call = *callp;
	struct http_client *c;

	if (call == NULL)
		return;
	*callp = NULL;
	c = call->client;
	if (call->state != CALL_ENDED)
		detach(call);
	call_free(call);
	start_waiting(c);
}

struct http_client *
http_client_new(const struct http_client_options *o, struct err *e)
{
	struct http_client *c = NEW(struct http_client);

	c->o = *o;
	if (c->o.per_host == 0)
		c->o.per_host = 64;
	if (c->o.in_all == 0)
		c->o.in_all = 1024;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || (c->multi = curl_multi_init()) == NULL) {
		err_set(e, ERR_IO, "libcurl cannot be initialised");
		mem_free(c);
		return NULL;
	}
	timer_init(&c->next_turn, c->o.base, "outgoing HTTP", on_next_turn, c);
	curl_multi_setopt(c->multi, CURLMOPT_MAXCONNECTS, 256L);
	http_sockets_begin(c, on_done);
	c->oauth2 = oauth2_cache_new(c);
	c->plain = plain_pool_new(c->o.base);
	return c;
}

void
http_client_free(struct http_client **cp)
{
	struct http_client *c = *cp;

	if (c == NULL)
		return;
	*cp = NULL;
	oauth2_cache_free(&c->oauth2);
	assert(c->calls == 0);
	plain_pool_free(&c->plain);
	alike_fini(&c->alike);
	http_sockets_end(c);
	timer_fini(&c->next_turn);
	curl_multi_cleanup(c->multi);
	hmap_fini(&c->hosts);
	curl_global_cleanup();
	mem_free(c);
}
