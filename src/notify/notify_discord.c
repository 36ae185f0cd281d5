/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notify_discord.c - Discord, by webhook: one message with one embed.
 */
#include "http.h"
#include "settings.h"
#include "text/url.h"

#define TITLE_RUNES 256
#define DESCRIPTION_RUNES 4096
#define CONTENT_RUNES 2000
#define COLOR_FIRING 0x992D22
#define COLOR_RESOLVED 0x2ECC71

struct discord_settings {
	struct integration_common common;
	struct settings_hook hook;
	struct str content, title, message, username, avatar_url;
};

#define TEXT_FLAGS (F_TEMPLATE | F_OMIT_EMPTY)

static const struct field discord_fields[] = {
	COMMON_FIELDS(struct discord_settings, "true"),
	HOOK_FIELDS(struct discord_settings, "Incoming webhook to post to."),
	STRING_FIELD(struct discord_settings, content, .flags = TEXT_FLAGS, .doc = "Text above the embed."),
	STRING_FIELD(struct discord_settings, title, .flags = TEXT_FLAGS,
	    .fallback = "{{ template \"discord.default.title\" . }}", .doc = "Title of the embed."),
	STRING_FIELD(struct discord_settings, message, .flags = TEXT_FLAGS,
	    .fallback = "{{ template \"discord.default.message\" . }}", .doc = "Text of the embed."),
	STRING_FIELD(struct discord_settings, username, .flags = F_OMIT_EMPTY, .doc = "Name to post under."),
	STRING_FIELD(struct discord_settings, avatar_url, .flags = F_OMIT_EMPTY, .doc = "Picture of who posts."),
	{ 0 },
};

static bool
discord_check(void *settings, struct arena *a, struct err *e)
{
	const struct discord_settings *s = settings;

	(void)a;
	return settings_check_hook(&s->hook, e);
}

static void
put_embed(struct render *r, struct json_writer *w, const struct discord_settings *s)
{
	json_key(w, STR("embeds"));
	json_array_begin(w);
	json_object_begin(w);
	json_put_str(w, "title", render_cut_runes(r, render_text(r, s->title), TITLE_RUNES, "title"));
	json_put_str(w, "description",
	    render_cut_runes(r, render_text(r, s->message), DESCRIPTION_RUNES, "message"));
	json_put_int(w, "color", render_firing(r->a) ? COLOR_FIRING : COLOR_RESOLVED);
	json_object_end(w);
	json_array_end(w);
}

static enum step
discord_start(struct attempt *a, struct request *out, struct err *e)
{
	const struct discord_settings *s = a->settings;
	struct render r = { .a = a, .e = e };
	struct http_json j;
	struct str url;
	struct url avatar;
	enum step step;

	if (!settings_read_hook(a, &s->hook, &url, e))
		return STEP_FAIL;
	http_json_begin(&j);
	json_object_begin(&j.w);
	json_put_str(&j.w, "content", render_cut_runes(&r, render_text(&r, s->content), CONTENT_RUNES, "content"));
	put_embed(&r, &j.w, s);
	json_put_opt(&j.w, "username", s->username);
	if (s->avatar_url.n > 0 && url_parse(a->arena, s->avatar_url, &avatar, NULL))
		json_put_str(&j.w, "avatar_url", s->avatar_url);
	json_object_end(&j.w);
	step = http_post_json(a, out, url, &j, r.failed ? NULL : e);
	out->http.secret_url = true;
	return r.failed ? STEP_FAIL : step;
}

const struct notifier notify_discord = {
	.kind = {
		.name = "discord",
		.has_http_config = true,
		.settings_size = sizeof(struct discord_settings),
		.fields = discord_fields,
		.check = discord_check,
	},
	.start = discord_start,
};
