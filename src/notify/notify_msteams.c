/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notify_msteams.c - Microsoft Teams by an (old) Office 365 connector: a MessageCard.
 */
#include "http.h"
#include "settings.h"

struct msteams_settings {
	struct integration_common common;
	struct settings_hook hook;
	struct str title, summary, text;
};

#define TEXT_FLAGS (F_TEMPLATE | F_OMIT_EMPTY)

static const struct field msteams_fields[] = {
	COMMON_FIELDS(struct msteams_settings, "true"),
	HOOK_FIELDS(struct msteams_settings, "Incoming webhook to post to."),
	STRING_FIELD(struct msteams_settings, title, .flags = TEXT_FLAGS,
	    .fallback = "{{ template \"msteams.default.title\" . }}", .doc = "Title of the card."),
	STRING_FIELD(struct msteams_settings, summary, .flags = TEXT_FLAGS,
	    .fallback = "{{ template \"msteams.default.summary\" . }}", .doc = "Summary of the card."),
	STRING_FIELD(struct msteams_settings, text, .flags = TEXT_FLAGS,
	    .fallback = "{{ template \"msteams.default.text\" . }}", .doc = "Text of the card."),
	{ 0 },
};

static bool
msteams_check(void *settings, struct arena *a, struct err *e)
{
	const struct msteams_settings *s = settings;

	(void)a;
	return settings_check_hook(&s->hook, e);
}

static enum step
msteams_start(struct attempt *a, struct request *out, struct err *e)
{
	const struct msteams_settings *s = a->settings;
	struct render r = { .a = a, .e = e };
	struct http_json j;
	struct str url;
	enum step step;

	if (!settings_read_hook(a, &s->hook, &url, e))
		return STEP_FAIL;
	http_json_begin(&j);
	json_object_begin(&j.w);
	json_put_str(&j.w, "@context", STR("http://schema.org/extensions"));
	json_put_str(&j.w, "type", STR("MessageCard"));
	json_put_str(&j.w, "title", render_text(&r, s->title));
	json_put_str(&j.w, "summary", render_text(&r, s->summary));
	json_put_str(&j.w, "text", render_text(&r, s->text));
	json_put_str(&j.w, "themeColor", render_firing(a) ? STR("8C1A1A") : STR("2DC72D"));
	json_object_end(&j.w);
	step = http_post_json(a, out, url, &j, r.failed ? NULL : e);
	out->http.secret_url = true;
	return r.failed ? STEP_FAIL : step;
}

const struct notifier notify_msteams = {
	.kind = {
		.name = "msteams",
		.has_http_config = true,
		.settings_size = sizeof(struct msteams_settings),
		.fields = msteams_fields,
		.check = msteams_check,
	},
	.start = msteams_start,
};
