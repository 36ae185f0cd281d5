/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notify_webex.c - Webex messages; the token is in http_config.
 */
#include "http.h"
#include "settings.h"

#define MESSAGE_BYTES 7439

struct webex_settings {
	struct integration_common common;
	struct str api_url, message, room_id;
};

static const struct field webex_fields[] = {
	COMMON_FIELDS(struct webex_settings, "true"),
	URL_FIELD(struct webex_settings, api_url, .flags = F_OMIT_EMPTY, .inherit = "webex_api_url",
	    .doc = "Where its API is."),
	STRING_FIELD(struct webex_settings, message, .flags = F_TEMPLATE | F_OMIT_EMPTY,
	    .fallback = "{{ template \"webex.default.message\" . }}", .doc = "Text of the message."),
	STRING_FIELD(struct webex_settings, room_id, .flags = F_TEMPLATE, .doc = "Room to post to."),
	{ 0 },
};

static bool
webex_check(void *settings, struct arena *a, struct err *e)
{
	const struct webex_settings *s = settings;

	(void)a;
	if (s->room_id.n == 0)
		return err_set(e, ERR_INVALID, "missing room_id on webex_config");
	if (s->common.http_config == NULL || !s->common.http_config->authorization.present)
		return err_set(e, ERR_INVALID, "missing webex_configs.http_config.authorization");
	return true;
}

static bool
webex_finish(void *settings, const struct global *g, struct arena *a, struct err *e)
{
	struct webex_settings *s = settings;

	(void)a;
	inherit_str(&s->api_url, g->webex_api_url);
	return s->api_url.n > 0 || err_set(e, ERR_INVALID, "no global Webex URL set");
}

static enum step
webex_start(struct attempt *a, struct request *out, struct err *e)
{
	const struct webex_settings *s = a->settings;
	struct render r = { .a = a, .e = e };
	struct err failed = { 0 };
	struct http_json j;
	struct str room;
	enum step step;

	http_json_begin(&j);
	json_object_begin(&j.w);
	json_put_str(&j.w, "markdown", render_cut_bytes(&r, render_text(&r, s->message), MESSAGE_BYTES, "message"));
	/* As in Alertmanager, without a room it is for Webex to refuse. */
	if (!notify_text(a, s->room_id, &room, &failed) && a->env->incomplete != NULL)
		a->env->incomplete(a->env->arg, a->n, str_from(failed.text));
	json_put_opt(&j.w, "roomId", room);
	json_object_end(&j.w);
	step = http_post_json(a, out, s->api_url, &j, r.failed ? NULL : e);
	out->http.secret_url = true;
	return r.failed ? STEP_FAIL : step;
}

const struct notifier notify_webex = {
	.kind = {
		.name = "webex",
		.has_http_config = true,
		.settings_size = sizeof(struct webex_settings),
		.fields = webex_fields,
		.check = webex_check,
		.finish = webex_finish,
	},
	.start = webex_start,
};
