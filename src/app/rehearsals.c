/* SPDX-License-Identifier: Apache-2.0 */
/* Made-up notifications, from the API to the outbox; and what gateways tell, from the API to who can read it. */
#include "notify/hear.h"
#include "server_private.h"

static void
rehearse(void *arg, struct rehearsal *r, struct notification *n, struct mono deadline)
{
	struct server *s = arg;

	outbox_rehearse(s->outbox, r, n, deadline);
}

static void
rehearse_off(void *arg, struct rehearsal *r)
{
	struct server *s = arg;

	outbox_call_off(s->outbox, r);
}

static bool
preview(void *arg, struct tmpl_preview *p, struct notification *n, struct str text, bool html, struct err *e)
{
	struct server *s = arg;

	return outbox_preview(s->outbox, p, n, text, html, e);
}

static void
preview_off(void *arg, struct tmpl_preview *p)
{
	(void)arg;
	outbox_preview_off(p);
}

static bool
hear(void *arg, const struct gateway *g, const struct http_request *r, bool reply, struct moment now, struct arena *a,
    struct heard *out, struct err *e)
{
	struct server *s = arg;

	return gateway_hear(outbox_env(s->outbox), g, r, reply, now, a, out, e);
}

void
server_rehearsals_env(struct api_env *env)
{
	env->rehearse = rehearse;
	env->rehearse_off = rehearse_off;
	env->preview = preview;
	env->preview_off = preview_off;
	env->hear = hear;
	env->answer = gateway_answer;
}
