/* SPDX-License-Identifier: Apache-2.0 */
/* From a configuration file to the one in force. All that can fail comes before anything live is touched. */
#include "base/duration.h"
#include "config/outputs.h"
#include "files.h"
#include "server_private.h"

static void
warn_matcher(void *arg, const char *message, struct str input, const char *origin, const char *parse_error,
    struct str suggestion)
{
	const struct log *log = arg;

	LOG(log, LOG_WARN, message, F_CSTR("component", "configuration"), F_STR("input", input),
	    F_CSTR("origin", origin), F_CSTR("err", parse_error != NULL ? parse_error : ""),
	    F_STR("suggestion", suggestion));
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

bool
server_load(struct server *s, struct moment now, struct config **out, struct err *e)
{
	struct matcher_warning warning = { warn_matcher, &s->log, "config" };
	struct config_env env = {
		.matcher_mode = s->o->matcher_mode,
		.naming = s->o->naming,
		.warning = &warning,
		.now = now.wall,
		.expand_env = s->o->config_expand_env,
	};
	bool ok;

	files_config_env(&env);
	ok = files_load_config(s->o->config_file.p, &env, out, e);
	if (ok && (!check_receivers(*out, e) || !check_tracing(*out, e))) {
		config_unref(*out);
		*out = NULL;
		ok = false;
	}
	return ok;
}

static struct log_field
duration_field(const char *key, span d, char text[DURATION_MAX])
{
	duration_format(d, text);
	return F_CSTR(key, text);
}

static void
warn_route(const struct server *s, const struct log *log, const struct route *r)
{
	char repeat[DURATION_MAX], other[DURATION_MAX];

	if (r->repeat_interval > s->o->data_retention)
		LOG(log, LOG_WARN,
		    "repeat_interval is greater than the data retention period. It can lead to notifications being repeated "
		    "more often than expected.",
		    F_STR("route", r->key), duration_field("repeat_interval", r->repeat_interval, repeat),
		    duration_field("retention", s->o->data_retention, other));
	if (r->repeat_interval < r->group_interval)
		LOG(log, LOG_WARN,
		    "repeat_interval is less than group_interval. Notifications will not repeat until the next "
		    "group_interval.",
		    F_STR("route", r->key), duration_field("repeat_interval", r->repeat_interval, repeat),
		    duration_field("group_interval", r->group_interval, other));
	for (size_t i = 0; i < r->routes_n; i++)
		warn_route(s, log, r->routes[i]);
}

void
server_apply(struct server *s, struct config *c, struct moment now)
{
	struct log log = log_with(&s->log, F_CSTR("component", "configuration"));

	for (size_t i = 0; i < c->receivers_n; i++)
		if (!c->receivers[i].used)
			LOG(&log, LOG_INFO, "skipping creation of receiver not referenced by any route",
			    F_STR("receiver", c->receivers[i].name));
	warn_route(s, &log, c->route);
	engine_apply(s->engine, c, now);
	drive_rearm(s->drive);
	api_note_reload(s->api, true, now.wall, c);
}

bool
server_reload(struct server *s, struct moment now, struct err *e)
{
	struct log log = log_with(&s->log, F_CSTR("component", "configuration"));
	struct config *c;

	if (s->web != NULL)
		http_server_refresh(s->web);
	LOG(&log, LOG_INFO, "Loading configuration file", F_STR("file", s->o->config_file));
	if (!server_load(s, now, &c, e)) {
		LOG(&log, LOG_ERROR, "Loading configuration file failed", F_STR("file", s->o->config_file), F_ERR(e));
		api_note_reload(s->api, false, now.wall, NULL);
		return false;
	}
	recorder_apply(s->recorder, c);
	tracer_apply(s->tracer, c);
	server_apply(s, c, now);
	config_unref(c);
	LOG(&log, LOG_INFO, "Completed loading of configuration file", F_STR("file", s->o->config_file));
	return true;
}
