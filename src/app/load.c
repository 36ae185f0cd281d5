/* SPDX-License-Identifier: Apache-2.0 */
#include "load.h"

#include "config/outputs.h"
#include "files.h"
#include "net/http_client.h"

/* So many lines say what is to be said. */
#define NOTICES_MAX 200

struct notice {
	struct notice *next;
	const char *message;	/* static */
	struct str input, origin, error, suggestion;
};

static void
note_matcher(void *arg, const char *message, struct str input, const char *origin, const char *parse_error,
    struct str suggestion)
{
	struct notices *ns = arg;
	struct notice *n;

	if (ns->n++ >= NOTICES_MAX)
		return;
	n = ARENA_NEW(ns->arena, struct notice);
	*n = (struct notice){
		.message = message,
		.input = arena_str(ns->arena, input),
		.origin = arena_str(ns->arena, str_from(origin)),
		.error = arena_str(ns->arena, str_from(parse_error != NULL ? parse_error : "")),
		.suggestion = arena_str(ns->arena, suggestion),
	};
	*ns->end = n;
	ns->end = &n->next;
}

static bool
check_tracing(const struct config *c, struct err *e)
{
	const struct tracing *t = c->tracing;

	if (t == NULL || t->insecure || !str_is(t->client_type, "http") || tls_config_check(t->tls_config, e))
		return true;
	return err_ctx(e, "failed to build a new tracer provider");
}

/* TLS files of receivers in use have to be there; those of the others do not matter. */
static bool
check_receivers(const struct config *c, struct err *e)
{
	for (size_t i = 0; i < c->receivers_n; i++) {
		const struct receiver *r = &c->receivers[i];

		for (size_t j = 0; r->used && j < r->n; j++) {
			const struct integration *in = &r->integrations[j];
			const struct integration_common *common = in->settings;

			if (in->kind->has_http_config && common->http_config != NULL &&
			    !http_config_check(common->http_config, e))
				return err_ctx(e, "receiver \"%.*s\": %s[%zu]", STR_ARG(r->name), in->kind->name, in->index);
		}
	}
	return true;
}

void
load_run(struct load *l, const struct options *o, struct wall now)
{
	struct matcher_warning warning = { note_matcher, &l->notices, "config" };
	struct config_env env = {
		.matcher_mode = o->matcher_mode,
		.naming = o->naming,
		.warning = &warning,
		.now = now,
		.expand_env = o->config_expand_env,
	};

	*l = (struct load){ .o = o, .now = now, .notices.arena = arena_new() };
	l->notices.end = &l->notices.first;
	files_config_env(&env);
	if (!files_load_config(o->config_file.p, &env, &l->config, &l->e)) {
		l->config = NULL;
	} else if (!check_receivers(l->config, &l->e) || !check_tracing(l->config, &l->e)) {
		config_unref(l->config);
		l->config = NULL;
	}
}

void
load_log(const struct load *l, const struct log *log)
{
	for (const struct notice *n = l->notices.first; n != NULL; n = n->next)
		LOG(log, LOG_WARN, n->message, F_STR("input", n->input), F_STR("origin", n->origin),
		    F_STR("err", n->error), F_STR("suggestion", n->suggestion));
	if (l->notices.n > NOTICES_MAX)
		LOG(log, LOG_WARN, "There are more warnings of this kind", F_UINT("left_out", l->notices.n - NOTICES_MAX));
}

void
load_fini(struct load *l)
{
	arena_free(&l->notices.arena);
}
