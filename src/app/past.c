/* SPDX-License-Identifier: Apache-2.0 */
/* The history, and who asks for it. */
#include "server_private.h"

static void
actor(void *arg, struct str *name, struct str *from)
{
	const struct server *s = arg;
	struct api_actor a;

	if (s->api == NULL)
		return;
	a = api_actor(s->api);
	*name = a.name;
	*from = a.from;
}

bool
server_open_history(struct server *s, struct err *e)
{
	struct history_options o = {
		.base = s->base,
		.clock = s->clock,
		.log = &s->log,
		.port = &s->port,
		.path = s->o->storage_path.p,
		.retention = s->o->history_retention,
		.max_bytes = s->o->history_max_size,
		.matcher_mode = s->o->matcher_mode,
		.actor = actor,
		.arg = s,
	};

	if (!s->o->history_enabled || s->o->feature_memory_only)
		return true;
	s->history = history_new(&o, e);
	return s->history != NULL;
}

static struct http_stream *
ask(void *arg, struct past_query *q, struct moment now, struct err *e)
{
	return history_ask(((struct server *)arg)->history, q, now, e);
}

static void
health(void *arg, struct past_health *out, struct moment now)
{
	*out = history_health(((struct server *)arg)->history, now);
}

static uint64_t
revision(void *arg)
{
	return history_revision(((struct server *)arg)->history);
}

void
server_past_env(struct server *s, struct api_env *env)
{
	if (s->history == NULL)
		return;
	env->past = ask;
	env->past_health = health;
	env->history_revision = revision;
}
