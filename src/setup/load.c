/* SPDX-License-Identifier: Apache-2.0 */
#include "setup/load.h"

#include "config/outputs.h"
#include "notify/trial.h"
#include "setup/files.h"
#include "tls/files.h"

/* So many lines say what is to be said. */
#define NOTICES_MAX 200

struct notice {
	struct notice *next;
	const char *message;	/* static */
	struct log_field fields[5];
	size_t n;
};

/* A line with these fields, whose texts are copied. */
static void
note(struct notices *ns, const char *message, const struct log_field *fields, size_t n)
{
	struct notice *x;

	if (ns->n++ >= NOTICES_MAX)
		return;
	x = ARENA_NEW(ns->arena, struct notice);
	x->message = message;
	for (; x->n < n; x->n++)
		x->fields[x->n] = F_STR(fields[x->n].key, arena_str(ns->arena, fields[x->n].v.str));
	*ns->end = x;
	ns->end = &x->next;
}

static void
note_matcher(void *arg, const char *message, struct str input, const char *origin, const char *parse_error,
    struct str suggestion)
{
	struct log_field fields[] = { F_STR("input", input), F_CSTR("origin", origin),
		F_CSTR("err", parse_error != NULL ? parse_error : ""), F_STR("suggestion", suggestion) };

	note(arg, message, fields, ARRAY_LEN(fields));
}

static void
note_doubt(void *arg, const struct doubt *d)
{
	struct notices *ns = arg;
	struct log_field fields[5];
	size_t n = 0;

	/* Problems that will not be shown are only counted. */
	if (ns->n >= NOTICES_MAX) {
		ns->n++;
		return;
	}
	if (d->path != NULL)
		fields[n++] = F_STR("place", arena_printf(ns->arena, "%s:%d:%d", d->path, d->line, d->col));
	if (d->kind != NULL) {
		fields[n++] = F_STR("receiver", d->receiver);
		fields[n++] = F_STR("integration", arena_printf(ns->arena, "%s[%zu]", d->kind, d->index));
	}
	if (d->key.n > 0)
		fields[n++] = F_STR("key", d->key);
	fields[n++] = F_CSTR("err", d->reason);
	note(ns, d->kind != NULL ? "Notifications of a receiver would fail" : "The configuration may not do what it says",
	    fields, n);
}

static bool
readable(void *arg, const char *path, struct err *e)
{
	(void)arg;
	return files_readable(path, e);
}

/* COMPAT: Alertmanager says nothing of these until a notification fails. */
static void
try_config(struct load *l)
{
	struct trial_env env = { .readable = readable, .tell = note_doubt, .arg = &l->notices };

	notify_trial(l->config, l->now, &env);
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
		.extra_file = o->config_extra_file.n > 0 ? o->config_extra_file.p : NULL,
	};

	*l = (struct load){ .o = o, .now = now, .notices.arena = arena_new() };
	l->notices.end = &l->notices.first;
	files_config_env(&env);
	if (!files_load_config(o->config_file.p, &env, &l->config, &l->e)) {
		l->config = NULL;
	} else if (!check_receivers(l->config, &l->e) || !check_tracing(l->config, &l->e)) {
		config_unref(l->config);
		l->config = NULL;
	} else {
		try_config(l);
	}
}

void
load_log(const struct load *l, const struct log *log)
{
	for (const struct notice *n = l->notices.first; n != NULL && log_enabled(log, LOG_WARN); n = n->next)
		log_write(log, LOG_WARN, __FILE__, __LINE__, n->message, n->fields, n->n);
	if (l->notices.n > NOTICES_MAX)
		LOG(log, LOG_WARN, "There are more warnings of this kind", F_UINT("left_out", l->notices.n - NOTICES_MAX));
}

void
load_fini(struct load *l)
{
	arena_free(&l->notices.arena);
}
