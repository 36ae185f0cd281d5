/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notify_googlechat.c - Google Chat, by the webhook of a space; messages of a group make a thread.
 */
#include "http.h"
#include "messenger.h"
#include "settings.h"

/*
 * A message may have 32,000 bytes with all that is in it (developers.google.com/workspace/chat/api/reference/rest/v1/spaces.messages/create);
 * what is not text takes some of them.
 */
#define MESSAGE_BYTES 31000

struct googlechat_settings {
	struct integration_common common;
	struct settings_hook hook;
	struct str message;
	bool threading;
};

static const struct field googlechat_fields[] = {
	COMMON_FIELDS(struct googlechat_settings, "true"),
	HOOK_FIELDS(struct googlechat_settings, "Webhook of the space."),
	STRING_FIELD(struct googlechat_settings, message, .flags = F_TEMPLATE | F_OMIT_EMPTY,
	    .fallback = "{{ template \"googlechat.default.message\" . }}", .doc = "Text of the message, cut to 31000 bytes."),
	BOOL_FIELD(struct googlechat_settings, threading, .fallback = "true",
	    .doc = "Whether messages of a group answer each other."),
	{ 0 },
};

static bool
googlechat_check(void *settings, struct arena *a, struct err *e)
{
	const struct googlechat_settings *s = settings;

	(void)a;
	return settings_check_hook(&s->hook, e);
}

static enum step
googlechat_start(struct attempt *a, struct request *out, struct err *e)
{
	const struct googlechat_settings *s = a->settings;
	struct render r = { .a = a, .e = e };
	struct http_json j;
	struct str url;
	enum step step;

	if (!settings_read_hook(a, &s->hook, &url, e))
		return STEP_FAIL;
	http_json_begin(&j);
	json_object_begin(&j.w);
	json_put_str(&j.w, "text", render_cut_bytes(&r, render_text(&r, s->message), MESSAGE_BYTES, "message"));
	if (s->threading) {
		json_key(&j.w, STR("thread"));
		json_object_begin(&j.w);
		json_put_str(&j.w, "threadKey", render_key(a));
		json_object_end(&j.w);
		url = arena_printf(a->arena, "%.*s%cmessageReplyOption=REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD", STR_ARG(url),
		    str_chr(url, '?') < url.n ? '&' : '?');
	}
	json_object_end(&j.w);
	step = http_post_json(a, out, url, &j, r.failed ? NULL : e);
	out->http.secret_url = true;
	return r.failed ? STEP_FAIL : step;
}

static enum step
googlechat_resume(struct attempt *a, const struct response *r, struct request *out, struct err *e)
{
	(void)out;
	return messenger_judge(a, r, e);
}

const struct notifier notify_googlechat = {
	.kind = {
		.name = "googlechat",
		.has_http_config = true,
		.extension = true,
		.settings_size = sizeof(struct googlechat_settings),
		.fields = googlechat_fields,
		.check = googlechat_check,
	},
	.start = googlechat_start,
	.resume = googlechat_resume,
	.by_status = true,
};
