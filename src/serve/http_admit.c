/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Admission (admission.h) is settled when the head of a request is complete, so
 * that nobody makes us take in a body who may not send it.
 *
 * evhttp reads head and body in one go and cannot answer in between. So it is
 * not shown the request before the verdict; and of one that is denied while a body
 * is to follow, only the first line. It answers to that, and the connection ends.
 */
#include <assert.h>
#include <string.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>

#include "admission.h"
#include "base/mem.h"
#include "http/header.h"
#include "http_private.h"
#include "web_config.h"

/* The part of the head that matters here. Borrows from the text. */
struct gist {
	struct str line;
	struct http_header credentials;	/* the first that there are */
	bool body;			/* one is to follow */
};

static struct gist
read_gist(struct str head)
{
	struct gist g = { .line = str_sub(head, 0, str_chr(head, '\n')) };
	struct http_header h;

	head = str_sub(head, g.line.n + 1, head.n);
	if (g.line.n > 0 && g.line.p[g.line.n - 1] == '\r')
		g.line.n--;
	while (http_header_next(&head, &h)) {
		if (str_caseeq(h.name, STR("Authorization")) && g.credentials.value.n == 0)
			g.credentials = h;
		else if (str_caseeq(h.name, STR("Transfer-Encoding")) ||
		    (str_caseeq(h.name, STR("Content-Length")) && !str_is(h.value, "0")))
			g.body = true;
	}
	return g;
}

/* Leaves nothing of a denied request but the part that has to be answered. */
static void
judged(struct http_conn *c)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	if (c->admit->verdict == ADMIT_GRANTED || !c->admit->body)
		return;
	sbuf_puts(&b, c->admit->line);
	sbuf_puts(&b, "\r\nHost: x\r\n\r\n");
	guard_replace(c, sbuf_get(&b));
	sbuf_fini(&b);
}

static void
resume(struct http_conn *c)
{
	guard_show(c, &c->admit->hidden);
	judged(c);
	guard_open(c);
}

static void
on_verdict(void *arg, bool granted, struct str user)
{
	struct http_conn *c = arg;

	c->admit->pending = NULL;
	c->admit->verdict = granted ? ADMIT_GRANTED : ADMIT_DENIED;
	c->admit->user = mem_strndup(user.p, user.n);
	if (c->admit->hidden != NULL)
		resume(c);
	else
		judged(c);
}

/* Does the request count in the rate limit? Its first line says what it is for. */
static bool
is_metered(const struct http_server *s, struct str line)
{
	struct str method = str_split(&line, ' '), path = str_split(&line, ' ');

	path = str_sub(path, 0, str_chr(path, '?'));
	return s->o.unmetered == NULL || !str_is(method, "GET") || !s->o.unmetered(s->o.arg, path);
}

bool
admit_begin(struct http_conn *c)
{
	struct evbuffer *in = bufferevent_get_input(c->bev);
	struct http_server *s = c->server;
	struct http_request r = { .headers_n = 1 };
	struct gist g;
	char *head;

	assert(c->admit == NULL && c->x == NULL && evbuffer_get_length(in) >= c->head.n);
	if (s->web == NULL)
		return true;
	head = mem_alloc(c->head.n);
	evbuffer_copyout(in, head, c->head.n);
	g = read_gist((struct str){ head, c->head.n });
	r.headers = &g.credentials;
	c->admit = NEW(struct admit);
	c->admit->line = mem_strndup(g.line.p, g.line.n);
	c->admit->body = g.body;
	c->admit->began = s->o.clock->now(s->o.clock).mono;
	c->admit->denial.body.max = SBUF_UNLIMITED;
	admission_ask(web_config_admission(s->web), &r, is_metered(s, g.line), bufferevent_getfd(c->bev), &c->admit->denial, on_verdict, c,
	    &c->admit->pending);
	explicit_bzero(head, c->head.n);
	mem_free(head);
	if (c->admit->pending == NULL)
		return true;
	c->admit->hidden = guard_hide(c);
	return false;
}

void
admit_expire(struct http_conn *c)
{
	admission_abandon(&c->admit->pending);
	c->admit->verdict = ADMIT_EXPIRED;
	resume(c);
}

void
admit_end(struct http_conn *c)
{
	struct admit *a = c->admit;

	if (a == NULL)
		return;
	c->admit = NULL;
	if (a->pending != NULL)
		admission_abandon(&a->pending);
	if (a->hidden != NULL)
		evbuffer_free(a->hidden);
	sbuf_fini(&a->denial.body);
	mem_free(a->line);
	mem_free(a->user);
	mem_free(a);
}
