/* SPDX-License-Identifier: Apache-2.0 */
/* Alertmanager takes the verbs of API v2 in any case (`curl -X post`), as its router (go-openapi) compares them in capitals. */
#include <string.h>

#include <event2/buffer.h>

#include "base/ascii.h"
#include "http_private.h"

/* The path is looked for in so much of the first line. */
#define LINE_MAX_LOOKED 512

static struct str
capitals(const struct head_scan *h, char out[HEAD_VERB_MAX])
{
	size_t n = h->verb_n <= HEAD_VERB_MAX ? h->verb_n : 0;

	for (size_t i = 0; i < n; i++)
		out[i] = h->verb[i] >= 'a' && h->verb[i] <= 'z' ? (char)(h->verb[i] - 'a' + 'A') : h->verb[i];
	return (struct str){ out, n };
}

static bool
is_for_api(struct evbuffer *in, size_t verb)
{
	char line[LINE_MAX_LOOKED];
	ev_ssize_t n = evbuffer_copyout(in, line, sizeof(line));
	struct str target = n > (ev_ssize_t)verb ? (struct str){ line + verb + 1, (size_t)n - verb - 1 } : STR_NONE;

	target = str_sub(target, 0, str_chr(target, ' '));
	target = str_sub(target, 0, str_chr(target, '?'));
	return str_find(target, STR("/api/v2/")) < target.n;
}

void
verb_raise(struct http_conn *c, struct evbuffer *in)
{
	char text[HEAD_VERB_MAX];
	struct str verb = capitals(&c->head, text);
	unsigned char *p;

	if (memcmp(verb.p, c->head.verb, verb.n) == 0 || !(str_is(verb, "GET") || str_is(verb, "POST") || str_is(verb, "DELETE")) ||
	    !is_for_api(in, verb.n))
		return;
	p = evbuffer_pullup(in, (ev_ssize_t)verb.n);
	if (p != NULL)
		memcpy(p, verb.p, verb.n);
}
