/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registry.c - the kinds of receivers, from notifiers.def, and what attempts of
 * all kinds have in common.
 */
#include "notify/notifier.h"

#include <assert.h>

#include "judge.h"
#include "tmpl/tmpl.h"

#define NOTIFIER(name) extern const struct notifier notify_##name;
#include "notify/notifiers.def"
#undef NOTIFIER

const struct notifier *const notifiers[] = {
#define NOTIFIER(name) &notify_##name,
#include "notify/notifiers.def"
#undef NOTIFIER
	NULL,
};

static const struct integration_kind *const kinds[] = {
#define NOTIFIER(name) &notify_##name.kind,
#include "notify/notifiers.def"
#undef NOTIFIER
	NULL,
};

const struct integration_kind *const *
notifier_kinds(void)
{
	return kinds;
}

const struct notifier *
notifier_of(const struct integration *i)
{
	for (size_t k = 0; notifiers[k] != NULL; k++)
		if (&notifiers[k]->kind == i->kind)
			return notifiers[k];
	assert(!"an integration of a kind that is not registered");
	return NULL;
}

/* How long a receiver may make us wait at most, whatever it asks for. */
#define RETRY_AFTER_MAX (10 * SPAN_MIN)

/* Work that notifiers need not see to. */
static enum step
finish_step(struct attempt *a, enum step step, struct request *out)
{
	const struct integration_common *common = a->settings;
	const struct notifier *kind = notifier_of(a->n->integration);

	if (a->retry_after > RETRY_AFTER_MAX)
		a->retry_after = RETRY_AFTER_MAX;
	if (step != STEP_SEND || out->kind != REQUEST_HTTP)
		return step;
	if (out->http.method.n == 0)
		out->http.method = STR("POST");
	if (out->http.http == NULL)
		out->http.http = common->http_config;
	out->http.status_decides |= kind->resume == NULL || kind->by_status;
	return step;
}

static enum step
start(struct attempt *a, struct request *out, struct err *e)
{
	*out = (struct request){ 0 };
	a->failure = FAILURE_OTHER;
	return finish_step(a, notifier_of(a->n->integration)->start(a, out, e), out);
}

/* Somebody has to hear of ten thousand alerts, though it be of the first of them only. */
static bool
shorten(struct attempt *a)
{
	if (!a->too_much || a->shortened || a->max_steps > 0 || a->n->alerts_n <= ATTEMPT_FEW)
		return false;
	a->too_much = false;
	a->shortened = true;
	a->steps = 0;
	if (a->kept != NULL) {
		kept_fini(a->kept);
		a->kept->shortened = true;
	}
	if (a->env->truncated != NULL)
		a->env->truncated(a->env->arg, a->n, "alerts", ATTEMPT_FEW);
	return true;
}

enum step
notify_start(struct attempt *a, struct request *out, struct err *e)
{
	enum step step;

	/* All alerts were too much for an attempt before: they are not tried again. */
	a->shortened = a->kept != NULL && a->kept->shortened;
	step = start(a, out, e);
	if (!shorten(a))
		return step;
	err_clear(e);
	return start(a, out, e);
}

enum step
notify_resume(struct attempt *a, const struct response *r, struct request *out, struct err *e)
{
	const struct notifier *kind = notifier_of(a->n->integration);
	enum step step;

	*out = (struct request){ 0 };
	a->failure = FAILURE_OTHER;
	if (kind->resume != NULL)
		step = kind->resume(a, r, out, e);
	else
		step = judge_http(a, r, &(struct judge){ .retry = kind->retry_statuses }, e);
	return finish_step(a, step, out);
}

void
notify_take_templates(struct attempt *a)
{
	a->tmpl = tmpl_set_view(a->n->config->tmpl);
}

void
notify_return_templates(struct attempt *a)
{
	tmpl_view_end(&a->tmpl);
}

bool
notify_renders_at_start(const struct notification *n)
{
	const struct notifier *kind = notifier_of(n->integration);

	return kind->renders_later == NULL || !kind->renders_later(n->integration->settings);
}

enum step
notify_more(struct attempt *a, struct request *out)
{
	const struct notifier *kind = notifier_of(a->n->integration);

	*out = (struct request){ 0 };
	return kind->more != NULL ? finish_step(a, kind->more(a, out), out) : STEP_WAIT;
}
