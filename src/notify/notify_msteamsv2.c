/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notify_msteamsv2.c - Microsoft Teams by a workflow (Power Platform): an adaptive card.
 */
#include "http.h"
#include "settings.h"

struct msteamsv2_settings {
	struct integration_common common;
	struct settings_hook hook;
	struct str title, text;
};

static const struct field msteamsv2_fields[] = {
	COMMON_FIELDS(struct msteamsv2_settings, "true"),
	HOOK_FIELDS(struct msteamsv2_settings, "Incoming webhook to post to."),
	STRING_FIELD(struct msteamsv2_settings, title, .flags = F_TEMPLATE | F_OMIT_EMPTY,
	    .fallback = "{{ template \"msteamsv2.default.title\" . }}", .doc = "Title of the card."),
	STRING_FIELD(struct msteamsv2_settings, text, .flags = F_TEMPLATE | F_OMIT_EMPTY,
	    .fallback = "{{ template \"msteamsv2.default.text\" . }}", .doc = "Text of the card."),
	{ 0 },
};

static bool
msteamsv2_check(void *settings, struct arena *a, struct err *e)
{
	const struct msteamsv2_settings *s = settings;

	(void)a;
	return settings_check_hook(&s->hook, e);
}

/* This kind alone takes the global proxy into an http_config of its own that names none. */
static bool
msteamsv2_finish(void *settings, const struct global *g, struct arena *a, struct err *e)
{
	struct msteamsv2_settings *s = settings;
	struct http_config *http;

	(void)e;
	if (!s->common.http_config_local || s->common.http_config->proxy.proxy_url.n > 0 || g->http_config == NULL ||
	    g->http_config->proxy.proxy_url.n == 0)
		return true;
	http = ARENA_NEW(a, struct http_config);
	*http = *s->common.http_config;
	http->proxy.proxy_url = g->http_config->proxy.proxy_url;
	s->common.http_config = http;
	return true;
}

static void
put_body(struct render *r, struct json_writer *w, const struct msteamsv2_settings *s)
{
	json_key(w, STR("body"));
	json_array_begin(w);
	json_object_begin(w);
	json_put_str(w, "type", STR("TextBlock"));
	json_put_str(w, "text", render_text(r, s->title));
	json_put_str(w, "weight", STR("Bolder"));
	json_put_str(w, "size", STR("Medium"));
	json_put_bool(w, "wrap", true);
	json_put_str(w, "style", STR("heading"));
	json_put_str(w, "color", render_firing(r->a) ? STR("Attention") : STR("Good"));
	json_object_end(w);
	json_object_begin(w);
	json_put_str(w, "type", STR("TextBlock"));
	json_put_str(w, "text", render_text(r, s->text));
	json_put_bool(w, "wrap", true);
	json_object_end(w);
	json_array_end(w);
}

static void
put_card(struct render *r, struct json_writer *w, const struct msteamsv2_settings *s)
{
	json_object_begin(w);
	json_put_str(w, "contentType", STR("application/vnd.microsoft.card.adaptive"));
	json_put_null(w, "contentUrl");
	json_key(w, STR("content"));
	json_object_begin(w);
	json_put_str(w, "$schema", STR("http://adaptivecards.io/schemas/adaptive-card.json"));
	json_put_str(w, "type", STR("AdaptiveCard"));
	json_put_str(w, "version", STR("1.2"));
	put_body(r, w, s);
	json_key(w, STR("msteams"));
	json_object_begin(w);
	json_put_str(w, "width", STR("full"));
	json_object_end(w);
	json_object_end(w);
	json_object_end(w);
}

static enum step
msteamsv2_start(struct attempt *a, struct request *out, struct err *e)
{
	const struct msteamsv2_settings *s = a->settings;
	struct render r = { .a = a, .e = e };
	struct http_json j;
	struct str url;
	enum step step;

	if (!settings_read_hook(a, &s->hook, &url, e))
		return STEP_FAIL;
	http_json_begin(&j);
	json_object_begin(&j.w);
	json_put_str(&j.w, "type", STR("message"));
	json_key(&j.w, STR("attachments"));
	json_array_begin(&j.w);
	put_card(&r, &j.w, s);
	json_array_end(&j.w);
	json_object_end(&j.w);
	step = http_post_json(a, out, url, &j, r.failed ? NULL : e);
	out->http.secret_url = true;
	return r.failed ? STEP_FAIL : step;
}

const struct notifier notify_msteamsv2 = {
	.kind = {
		.name = "msteamsv2",
		.has_http_config = true,
		.settings_size = sizeof(struct msteamsv2_settings),
		.fields = msteamsv2_fields,
		.check = msteamsv2_check,
		.finish = msteamsv2_finish,
	},
	.start = msteamsv2_start,
};
