/* SPDX-License-Identifier: Apache-2.0 */
/* Query parameters: booleans, matchers, and the filters of the alert lists. */
#include "handlers.h"

/* go-openapi swag.ConvertBool: anything else is false, without an error. */
static const char *const true_words[] = { "true", "1", "yes", "ok", "y", "on", "selected", "checked", "t", "enabled" };

bool
query_bool(const struct call *c, const char *name, bool otherwise)
{
	const struct str *v = url_query_last(&c->query, name);

	if (v == NULL || v->n == 0)
		return otherwise;
	for (size_t i = 0; i < ARRAY_LEN(true_words); i++)
		if (str_caseeq(*v, str_from(true_words[i])))
			return true;
	return false;
}

static void
warn_matcher(void *arg, const char *message, struct str input, const char *origin, const char *parse_error,
    struct str suggestion)
{
	const struct log *log = arg;

	if (suggestion.n > 0 || parse_error != NULL)
		LOG(log, LOG_WARN, message, F_STR("input", input), F_CSTR("origin", origin),
		    F_CSTR("err", parse_error != NULL ? parse_error : ""), F_STR("suggestion", suggestion));
	else
		LOG(log, LOG_WARN, message, F_STR("input", input), F_CSTR("origin", origin));
}

bool
query_matchers(struct call *c, const char *name, const char *prefix, struct matchers *out)
{
	struct matcher_warning w = { warn_matcher, NULL, "api" };
	struct log log = log_with(c->api->env.log, F_CSTR("component", "api"));
	const struct str *v;
	size_t pos = 0;
	struct err e = { 0 };

	w.arg = &log;
	while ((v = url_query_each(&c->query, name, &pos)) != NULL) {
		struct matcher m;

		/* Each may be a regular expression, which takes its time to compile. */
		if (out->n == MATCHERS_MAX) {
			matchers_fini(out);
			reply_error(c, 400, arena_printf(c->arena, "%smore than %d matchers", prefix, MATCHERS_MAX));
			return false;
		}
		if (!matcher_parse(*v, c->api->env.matcher_mode, &w, &m, &e)) {
			struct str text = arena_printf(c->arena, "%s%s", prefix, e.text);

			matchers_fini(out);
			reply_error(c, 400, text);
			return false;
		}
		matchers_append(out, &m);
	}
	return true;
}

bool
query_receiver(struct call *c, struct regex **out)
{
	const struct str *v = url_query_last(&c->query, "receiver");
	struct err e = { 0 };

	/* COMPAT: an empty parameter is none at all. */
	*out = NULL;
	if (v == NULL || v->n == 0)
		return true;
	*out = regex_compile(*v, REGEX_ANCHORED, &e);
	if (*out != NULL)
		return true;
	reply_error(c, 400, arena_printf(c->arena, "failed to parse receiver param: %s", e.text));
	return false;
}

/* Of some 30 ns each: a third of a second for the whole query. Searches up to FREE_UNITS are not counted. */
#define QUERY_UNITS ((size_t)10000000)
#define FREE_UNITS 10

static bool
spend(void *arg, size_t units)
{
	struct alert_filter *f = arg;

	if (units <= FREE_UNITS)
		return true;
	if (units > f->units_left) {
		f->too_dear = true;
		return false;
	}
	f->units_left -= units;
	return true;
}

static void
meter(struct alert_filter *f, struct matchers *ms)
{
	for (size_t i = 0; i < ms->n; i++)
		if (ms->m[i].re != NULL)
			regex_set_meter(ms->m[i].re, spend, f);
}

bool
alert_filter_affordable(const struct alert_filter *f, struct call *c)
{
	if (!f->too_dear)
		return true;
	reply_error_instead(c, 400, STR("a regular expression of the query takes too long to match"));
	return false;
}

bool
alert_filter_init(struct alert_filter *f, struct call *c)
{
	*f = (struct alert_filter){
		.active = query_bool(c, "active", true),
		.silenced = query_bool(c, "silenced", true),
		.inhibited = query_bool(c, "inhibited", true),
		.muted = query_bool(c, "muted", true),
		.units_left = QUERY_UNITS,
	};
	if (!query_matchers(c, "filter", "", &f->filter) || !query_receiver(c, &f->receiver) ||
	    !query_matchers(c, "receiver_matchers", "failed to parse receiver_matchers param: ",
		&f->receiver_matchers)) {
		alert_filter_fini(f);
		return false;
	}
	meter(f, &f->filter);
	meter(f, &f->receiver_matchers);
	if (f->receiver != NULL)
		regex_set_meter(f->receiver, spend, f);
	return true;
}

void
alert_filter_fini(struct alert_filter *f)
{
	matchers_fini(&f->filter);
	matchers_fini(&f->receiver_matchers);
	regex_free(&f->receiver);
}

bool
receiver_passes(const struct alert_filter *f, const struct receiver *r)
{
	if (f->receiver != NULL && regex_match(f->receiver, r->name) != REGEX_YES)
		return false;
	return matchers_match(&f->receiver_matchers, r->labels);
}

bool
alert_passes(const struct alert_filter *f, struct call *c, struct alert *a, struct alert_status *status)
{
	if (!wall_is_zero(a->ends) && wall_before(a->ends, c->now.wall))
		return false;
	if (!matchers_match(&f->filter, a->labels))
		return false;
	view_alert_status(c->api->env.engine, a, c->now, c->arena, status);
	if (!f->active && status->silenced_by_n == 0 && !status->inhibited)
		return false;
	if (!f->silenced && status->silenced_by_n > 0)
		return false;
	return f->inhibited || !status->inhibited;
}
