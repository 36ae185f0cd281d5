/* SPDX-License-Identifier: Apache-2.0 */
/* Messages that the API shows and nobody sends. */
#include "notify/rendered.h"

#include "server_private.h"

static void
rendered(void *arg, struct notification *n, struct moment now, struct arena *a, struct rendered *out)
{
	struct server *s = arg;

	notify_rendered(n, outbox_env(s->outbox), now, a, out);
}

void
server_rendered_env(struct api_env *env)
{
	env->rendered = rendered;
}
