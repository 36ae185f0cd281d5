/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notify_incidentio.c - incident.io: the webhook's message with a token.
 */
#include "http.h"
#include "judge.h"
#include "message.h"
#include "settings.h"
#include "text/json_small.h"

#define MESSAGE_BYTES (512 * 1024)

struct incidentio_settings {
	struct integration_common common;
	struct str url, url_file, alert_source_token, alert_source_token_file;
	uint64_t max_alerts;
	span timeout;
	struct http_config *authorized;	/* no key: http_config with the token in it */
};

static const struct field incidentio_fields[] = {
	SEND_RESOLVED_FIELD(struct incidentio_settings, "true"),
	{ .key = "http_config", .type = FIELD_HTTP, .flags = F_OMIT_EMPTY | F_PATH_CWD,
	  .offset = FIELD_CHECKED_(struct incidentio_settings, common.http_config, struct http_config *),
	  .inherit = "http_config", .doc = "How to reach it over HTTP." },
	URL_FIELD(struct incidentio_settings, url, .doc = "Where the alert source takes alerts."),
	STRING_FIELD(struct incidentio_settings, url_file, .flags = F_PATH_CWD, .doc = "File that holds url."),
	STRING_FIELD(struct incidentio_settings, alert_source_token, .flags = F_SECRET | F_OMIT_EMPTY,
	    .doc = "Token of the alert source."),
	STRING_FIELD(struct incidentio_settings, alert_source_token_file,
	    .flags = F_PATH_CWD | F_READ_AT_LOAD | F_OMIT_EMPTY, .doc = "File that holds alert_source_token."),
	UINT_FIELD(struct incidentio_settings, max_alerts, .fallback = "0",
	    .doc = "How many alerts one message holds at most; 0: any number."),
	GO_DURATION_FIELD(struct incidentio_settings, timeout, .fallback = "0s",
	    .doc = "How long one request may take; 0: as long as the notification."),
	{ 0 },
};

static bool
incidentio_check(void *settings, struct arena *a, struct err *e)
{
	const struct incidentio_settings *s = settings;
	const struct http_config *own = s->common.http_config;
	bool token = s->alert_source_token.n + s->alert_source_token_file.n > 0;

	(void)a;
	if (!settings_exactly_one(s->url, s->url_file, "url", "url_file", e) ||
	    !settings_at_most_one(s->alert_source_token, s->alert_source_token_file, "alert_source_token",
	    "alert_source_token_file", e))
		return false;
	if (own != NULL && own->authorization.present && token)
		return err_set(e, ERR_INVALID, "cannot specify alert_source_token or alert_source_token_file when using "
		    "http_config.authorization");
	if (own != NULL && !own->authorization.present && !token)
		return err_set(e, ERR_INVALID, "at least one of alert_source_token, alert_source_token_file or "
		    "http_config.authorization must be configured");
	return true;
}

static bool
incidentio_finish(void *settings, const struct global *g, struct arena *a, struct err *e)
{
	struct incidentio_settings *s = settings;

	(void)g;
	(void)e;
	if (s->alert_source_token.n + s->alert_source_token_file.n == 0 || s->common.http_config == NULL)
		return true;
	s->authorized = ARENA_NEW(a, struct http_config);
	*s->authorized = *s->common.http_config;
	s->authorized->authorization = (struct authorization){
		.present = true,
		.type = STR("Bearer"),
		.credentials = s->alert_source_token,
		.credentials_file = s->alert_source_token_file,
	};
	return true;
}

static enum step
incidentio_start(struct attempt *a, struct request *out, struct err *e)
{
	const struct incidentio_settings *s = a->settings;
	struct str url, body;

	a->max_alerts = s->max_alerts;
	if (!message_json(a, "1", &body, e))
		return STEP_FAIL;
	/* One incident comes of a group as a rule, for which its first alert is enough. */
	if (body.n > MESSAGE_BYTES) {
		if (a->env->truncated != NULL)
			a->env->truncated(a->env->arg, a->n, "alerts", MESSAGE_BYTES);
		if (!message_json_short(a, "1", &body, e))
			return STEP_FAIL;
	}
	if (!settings_read_url(a, s->url, s->url_file, "url_file", &url, e))
		return STEP_FAIL;
	http_request(a, out, "POST", url, "application/json", body);
	out->http.http = s->authorized;
	out->http.timeout = s->timeout;
	out->http.timeout_name = "incident.io";
	out->http.secret_url = true;
	return STEP_SEND;
}

static void
put_detail(struct sbuf *b, const char *between, struct str s)
{
	if (s.n == 0)
		return;
	if (b->n > 0)
		sbuf_puts(b, between);
	sbuf_str(b, s);
}

static struct str
details_of(struct arena *a, const struct response *r)
{
	struct sbuf b = SBUF_INIT(1 << 16), list = SBUF_INIT(1 << 16);
	struct json_t *reply = json_small_parse(r->body, JSON_FIRST_VALUE, NULL), *errors;
	struct str out;

	put_detail(&b, ": ", json_small_str(reply, "message", STR_NONE));
	put_detail(&b, ": ", json_small_str(reply, "error", STR_NONE));
	errors = json_small_get(reply, "errors");
	for (size_t i = 0; i < json_small_count(errors); i++)
		put_detail(&list, ", ", json_small_text(json_small_at(errors, i), STR_NONE));
	put_detail(&b, ": ", sbuf_get(&list));
	out = arena_str(a, sbuf_get(&b));
	json_small_free(&reply);
	sbuf_fini(&list);
	sbuf_fini(&b);
	return out;
}

static enum step
incidentio_resume(struct attempt *a, const struct response *r, struct request *out, struct err *e)
{
	static const int retry[] = { 429, 0 };

	(void)out;
	return judge_http(a, r, &(struct judge){ retry, details_of }, e);
}

const struct notifier notify_incidentio = {
	.kind = {
		.name = "incidentio",
		.has_http_config = true,
		.settings_size = sizeof(struct incidentio_settings),
		.fields = incidentio_fields,
		.check = incidentio_check,
		.finish = incidentio_finish,
	},
	.start = incidentio_start,
	.resume = incidentio_resume,
	.by_status = true,
};
