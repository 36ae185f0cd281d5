/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notify_gotify.c - Gotify: a message of an application (gotify.net/api-docs, POST /message).
 */
#include "http.h"
#include "messenger.h"
#include "settings.h"

struct gotify_settings {
	struct integration_common common;
	struct str url, token, token_file;
	struct str title, message, priority, click;
	bool markdown;
};

#define TEXT_FLAGS (F_TEMPLATE | F_OMIT_EMPTY)
#define DEFAULT(name) "{{ template \"gotify.default." name "\" . }}"

static const struct field gotify_fields[] = {
	COMMON_FIELDS(struct gotify_settings, "true"),
	URL_FIELD(struct gotify_settings, url, .flags = F_OMIT_EMPTY, .doc = "Where the server is."),
	STRING_FIELD(struct gotify_settings, token, .flags = F_SECRET | F_OMIT_EMPTY, .doc = "Token of the application."),
	STRING_FIELD(struct gotify_settings, token_file, .flags = F_PATH_CWD | F_OMIT_EMPTY, .doc = "File that holds token."),
	STRING_FIELD(struct gotify_settings, title, .flags = TEXT_FLAGS, .fallback = DEFAULT("title"), .doc = "Title of the message."),
	STRING_FIELD(struct gotify_settings, message, .flags = TEXT_FLAGS, .fallback = DEFAULT("message"), .doc = "Text of the message."),
	STRING_FIELD(struct gotify_settings, priority, .flags = TEXT_FLAGS, .fallback = DEFAULT("priority"),
	    .doc = "How loud: 0 to 10. By default as the worst severity is."),
	STRING_FIELD(struct gotify_settings, click, .flags = TEXT_FLAGS, .fallback = DEFAULT("click"),
	    .doc = "Where a tap on the message leads."),
	BOOL_FIELD(struct gotify_settings, markdown, .flags = F_OMIT_EMPTY, .fallback = "false", .doc = "Whether the text is Markdown."),
	{ 0 },
};

static bool
gotify_check(void *settings, struct arena *a, struct err *e)
{
	const struct gotify_settings *s = settings;

	(void)a;
	if (s->url.n == 0)
		return err_set(e, ERR_INVALID, "missing url in gotify_config");
	return messenger_check_level(s->priority, 0, 10, "priority", e) &&
	    settings_exactly_one(s->token, s->token_file, "token", "token_file", e);
}

static void
put_extras(struct json_writer *w, struct str click, bool markdown)
{
	if (click.n == 0 && !markdown)
		return;
	json_key(w, STR("extras"));
	json_object_begin(w);
	if (markdown) {
		json_key(w, STR("client::display"));
		json_object_begin(w);
		json_put_str(w, "contentType", STR("text/markdown"));
		json_object_end(w);
	}
	if (click.n > 0) {
		json_key(w, STR("client::notification"));
		json_object_begin(w);
		json_key(w, STR("click"));
		json_object_begin(w);
		json_put_str(w, "url", click);
		json_object_end(w);
		json_object_end(w);
	}
	json_object_end(w);
}

static enum step
gotify_start(struct attempt *a, struct request *out, struct err *e)
{
	const struct gotify_settings *s = a->settings;
	struct render r = { .a = a, .e = e };
	struct str token, url, message;
	struct http_json j;
	enum step step;

	if (!messenger_secret(a, s->token, s->token_file, &token, e))
		return STEP_RETRY;
	if (!messenger_url(a, s->url, "message", &url, e))
		return STEP_FAIL;
	http_json_begin(&j);
	json_object_begin(&j.w);
	json_put_opt(&j.w, "title", render_text(&r, s->title));
	message = render_text(&r, s->message);
	/* Gotify refuses empty ones. */
	json_put_str(&j.w, "message", str_trim(message).n > 0 ? message : STR("(no details)"));
	json_put_int(&j.w, "priority", messenger_level(&r, s->priority, 0, 10, "priority"));
	put_extras(&j.w, render_text(&r, s->click), s->markdown);
	json_object_end(&j.w);
	step = http_post_json(a, out, url, &j, r.failed ? NULL : e);
	http_header(a, out, "X-Gotify-Key", token);
	return r.failed ? STEP_FAIL : step;
}

static enum step
gotify_resume(struct attempt *a, const struct response *r, struct request *out, struct err *e)
{
	(void)out;
	return messenger_judge(a, r, e);
}

const struct notifier notify_gotify = {
	.kind = {
		.name = "gotify",
		.has_http_config = true,
		.extension = true,
		.settings_size = sizeof(struct gotify_settings),
		.fields = gotify_fields,
		.check = gotify_check,
	},
	.start = gotify_start,
	.resume = gotify_resume,
	.by_status = true,
};
