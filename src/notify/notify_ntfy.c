/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notify_ntfy.c - ntfy: a message to a topic, published as JSON (docs.ntfy.sh/publish).
 */
#include "http.h"
#include "messenger.h"
#include "settings.h"

#define MESSAGE_BYTES 4096	/* more becomes an attachment, where the server has those */

struct ntfy_settings {
	struct integration_common common;
	struct str url, topic, token, token_file;
	struct str title, message, priority, tags, click, icon;
	bool markdown;
};

#define TEXT_FLAGS (F_TEMPLATE | F_OMIT_EMPTY)
#define DEFAULT(name) "{{ template \"ntfy.default." name "\" . }}"

static const struct field ntfy_fields[] = {
	COMMON_FIELDS(struct ntfy_settings, "true"),
	URL_FIELD(struct ntfy_settings, url, .fallback = "https://ntfy.sh", .doc = "Where the server is."),
	STRING_FIELD(struct ntfy_settings, topic, .flags = TEXT_FLAGS, .doc = "Topic to publish to."),
	STRING_FIELD(struct ntfy_settings, token, .flags = F_SECRET | F_OMIT_EMPTY, .doc = "Access token, where the topic asks for one."),
	STRING_FIELD(struct ntfy_settings, token_file, .flags = F_PATH_CWD | F_OMIT_EMPTY, .doc = "File that holds token."),
	STRING_FIELD(struct ntfy_settings, title, .flags = TEXT_FLAGS, .fallback = DEFAULT("title"), .doc = "Title of the message."),
	STRING_FIELD(struct ntfy_settings, message, .flags = TEXT_FLAGS, .fallback = DEFAULT("message"),
	    .doc = "Text of the message, cut to 4096 bytes."),
	STRING_FIELD(struct ntfy_settings, priority, .flags = TEXT_FLAGS, .fallback = DEFAULT("priority"),
	    .doc = "How loud: 1 to 5. By default as the worst severity is."),
	STRING_FIELD(struct ntfy_settings, tags, .flags = TEXT_FLAGS, .fallback = DEFAULT("tags"),
	    .doc = "Tags and emoji names, with commas between them."),
	STRING_FIELD(struct ntfy_settings, click, .flags = TEXT_FLAGS, .fallback = DEFAULT("click"),
	    .doc = "Where a tap on the message leads."),
	STRING_FIELD(struct ntfy_settings, icon, .flags = TEXT_FLAGS, .doc = "URL of a picture beside the message."),
	BOOL_FIELD(struct ntfy_settings, markdown, .flags = F_OMIT_EMPTY, .fallback = "false", .doc = "Whether the text is Markdown."),
	{ 0 },
};

static bool
ntfy_check(void *settings, struct arena *a, struct err *e)
{
	const struct ntfy_settings *s = settings;

	(void)a;
	if (s->topic.n == 0)
		return err_set(e, ERR_INVALID, "missing topic in ntfy_config");
	return messenger_check_level(s->priority, 1, 5, "priority", e) &&
	    settings_at_most_one(s->token, s->token_file, "token", "token_file", e);
}

static void
put_tags(struct json_writer *w, struct str tags)
{
	if (str_trim(tags).n == 0)
		return;
	json_key(w, STR("tags"));
	json_array_begin(w);
	while (tags.n > 0) {
		struct str tag = str_trim(str_split(&tags, ','));

		if (tag.n > 0)
			json_str(w, tag);
	}
	json_array_end(w);
}

static enum step
ntfy_start(struct attempt *a, struct request *out, struct err *e)
{
	const struct ntfy_settings *s = a->settings;
	struct render r = { .a = a, .e = e };
	struct str token = STR_NONE, topic = render_text(&r, s->topic);
	struct http_json j;
	enum step step;

	if (s->token.n + s->token_file.n > 0 && !messenger_secret(a, s->token, s->token_file, &token, e))
		return STEP_RETRY;
	http_json_begin(&j);
	json_object_begin(&j.w);
	json_put_str(&j.w, "topic", topic);
	json_put_opt(&j.w, "title", render_text(&r, s->title));
	json_put_str(&j.w, "message", render_cut_bytes(&r, render_text(&r, s->message), MESSAGE_BYTES, "message"));
	json_put_int(&j.w, "priority", messenger_level(&r, s->priority, 1, 5, "priority"));
	put_tags(&j.w, render_text(&r, s->tags));
	json_put_opt(&j.w, "click", render_text(&r, s->click));
	json_put_opt(&j.w, "icon", render_text(&r, s->icon));
	if (s->markdown)
		json_put_bool(&j.w, "markdown", true);
	json_object_end(&j.w);
	/* The topic is part of the message: the path is the server's own. */
	step = http_post_json(a, out, s->url, &j, r.failed ? NULL : e);
	if (token.n > 0)
		http_header(a, out, "Authorization", arena_printf(a->arena, "Bearer %.*s", STR_ARG(token)));
	return r.failed ? STEP_FAIL : step;
}

static enum step
ntfy_resume(struct attempt *a, const struct response *r, struct request *out, struct err *e)
{
	(void)out;
	return messenger_judge(a, r, e);
}

const struct notifier notify_ntfy = {
	.kind = {
		.name = "ntfy",
		.has_http_config = true,
		.extension = true,
		.settings_size = sizeof(struct ntfy_settings),
		.fields = ntfy_fields,
		.check = ntfy_check,
	},
	.start = ntfy_start,
	.resume = ntfy_resume,
	.by_status = true,
};
