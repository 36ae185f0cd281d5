/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notify_rocketchat.c - Rocket.Chat, by chat.postMessage.
 */
#include "http.h"
#include "judge.h"
#include "settings.h"
#include "text/json_small.h"
#include "text/url.h"

#define TITLE_RUNES 1024

struct rocketchat_field {
	enum tristate is_short;
	struct str title, value;
};

/* The server takes more than is sent: only buttons with a text, an URL and a message are. */
struct rocketchat_action {
	struct str type, text, url, imageurl;
	bool iswebview;
	struct str webviewheightratio, msg;
	bool msginchatwindow;
	struct str msgprocessingtype;
};

struct rocketchat_settings {
	struct integration_common common;
	struct str api_url, token_id, token_id_file, token, token_file, channel;
	struct str color, title, title_link, text;
	struct struct_list fields;
	bool short_fields;
	struct str emoji, icon_url, image_url, thumb_url;
	bool link_names;
	struct struct_list actions;
};

#define TEXT_FLAGS (F_TEMPLATE | F_OMIT_EMPTY)
#define DEFAULT(name) "{{ template \"rocketchat.default." name "\" . }}"

static const struct field field_fields[] = {
	{ .key = "short", .type = FIELD_TRISTATE,
	  .offset = FIELD_CHECKED_(struct rocketchat_field, is_short, enum tristate),
	    .doc = "Whether it fits beside another field." },
	STRING_FIELD(struct rocketchat_field, title, .flags = F_TEMPLATE, .doc = "Title."),
	STRING_FIELD(struct rocketchat_field, value, .flags = F_TEMPLATE, .doc = "Text."),
	{ 0 },
};

static const struct field action_fields[] = {
	STRING_FIELD(struct rocketchat_action, type, .doc = "Type of the button."),
	STRING_FIELD(struct rocketchat_action, text, .flags = F_TEMPLATE, .doc = "Text of the button."),
	STRING_FIELD(struct rocketchat_action, url, .flags = F_TEMPLATE, .doc = "Where it leads."),
	STRING_FIELD(struct rocketchat_action, imageurl, .doc = "Picture on the button."),
	BOOL_FIELD(struct rocketchat_action, iswebview, .doc = "Whether it opens beside the chat."),
	STRING_FIELD(struct rocketchat_action, webviewheightratio, .doc = "How high that is: compact, tall or full."),
	STRING_FIELD(struct rocketchat_action, msg, .flags = F_TEMPLATE, .doc = "Message that it sends."),
	BOOL_FIELD(struct rocketchat_action, msginchatwindow, .doc = "Whether that is sent in the chat."),
	STRING_FIELD(struct rocketchat_action, msgprocessingtype, .doc = "How that is sent."),
	{ 0 },
};

static const struct field rocketchat_fields[] = {
	COMMON_FIELDS(struct rocketchat_settings, "false"),
	URL_FIELD(struct rocketchat_settings, api_url, .flags = F_OMIT_EMPTY, .inherit = "rocketchat_api_url",
	    .doc = "Where the server is."),
	STRING_FIELD(struct rocketchat_settings, token_id, .flags = F_SECRET | F_OMIT_EMPTY | F_WRITTEN,
	    .inherit = "rocketchat_token_id", .doc = "User id of the token."),
	STRING_FIELD(struct rocketchat_settings, token_id_file, .flags = F_PATH_CWD | F_READ_AT_LOAD | F_OMIT_EMPTY,
	    .inherit = "rocketchat_token_id_file", .doc = "File that holds token_id."),
	STRING_FIELD(struct rocketchat_settings, token, .flags = F_SECRET | F_OMIT_EMPTY | F_WRITTEN,
	    .inherit = "rocketchat_token", .doc = "Access token."),
	STRING_FIELD(struct rocketchat_settings, token_file, .flags = F_PATH_CWD | F_READ_AT_LOAD | F_OMIT_EMPTY,
	    .inherit = "rocketchat_token_file", .doc = "File that holds token."),
	STRING_FIELD(struct rocketchat_settings, channel, .flags = TEXT_FLAGS, .doc = "Channel to post to."),
	STRING_FIELD(struct rocketchat_settings, color, .flags = TEXT_FLAGS,
	    .fallback = "{{ if eq .Status \"firing\" }}red{{ else }}green{{ end }}",
	    .doc = "Colour of the bar beside the message."),
	STRING_FIELD(struct rocketchat_settings, title, .flags = TEXT_FLAGS, .fallback = DEFAULT("title"),
	    .doc = "Title of the message."),
	STRING_FIELD(struct rocketchat_settings, title_link, .flags = TEXT_FLAGS, .fallback = DEFAULT("titlelink"),
	    .doc = "Link of the title."),
	STRING_FIELD(struct rocketchat_settings, text, .flags = TEXT_FLAGS, .fallback = DEFAULT("text"),
	    .doc = "Text of the message."),
	STRUCTS_FIELD(struct rocketchat_settings, fields, struct rocketchat_field, field_fields,
	    .flags = F_OMIT_EMPTY | F_PRESENCE, .doc = "Table in the message."),
	BOOL_FIELD(struct rocketchat_settings, short_fields, .fallback = "false",
	    .doc = "Whether fields are short where they do not say."),
	STRING_FIELD(struct rocketchat_settings, emoji, .flags = TEXT_FLAGS, .fallback = DEFAULT("emoji"),
	    .doc = "Emoji instead of a picture of who posts."),
	STRING_FIELD(struct rocketchat_settings, icon_url, .flags = TEXT_FLAGS, .fallback = DEFAULT("iconurl"),
	    .doc = "Picture of who posts."),
	STRING_FIELD(struct rocketchat_settings, image_url, .flags = TEXT_FLAGS, .doc = "Picture in the message."),
	STRING_FIELD(struct rocketchat_settings, thumb_url, .flags = TEXT_FLAGS,
	    .doc = "Small picture beside the message."),
	BOOL_FIELD(struct rocketchat_settings, link_names, .fallback = "false",
	    .doc = "Whether names of users and channels become links."),
	STRUCTS_FIELD(struct rocketchat_settings, actions, struct rocketchat_action, action_fields,
	    .flags = F_OMIT_EMPTY | F_PRESENCE, .doc = "Buttons below the message."),
	{ 0 },
};

static bool
rocketchat_check(void *settings, struct arena *a, struct err *e)
{
	const struct rocketchat_settings *s = settings;

	(void)a;
	if (s->token.p != NULL && s->token_file.n > 0)
		return err_set(e, ERR_INVALID, "at most one of token & token_file must be configured");
	if (s->token_id.p != NULL && s->token_id_file.n > 0)
		return err_set(e, ERR_INVALID, "at most one of token_id & token_id_file must be configured");
	return true;
}

static bool
rocketchat_finish(void *settings, const struct global *g, struct arena *a, struct err *e)
{
	const struct rocketchat_settings *s = settings;

	(void)a;
	(void)g;
	/* Each of the four was inherited on its own; a file goes before a value, as in Alertmanager. */
	if (s->token_id.p == NULL && s->token_id_file.n == 0)
		return err_set(e, ERR_INVALID, "no global Rocketchat TokenID set either inline or in a file");
	if (s->token.p == NULL && s->token_file.n == 0)
		return err_set(e, ERR_INVALID, "no global Rocketchat Token set either inline or in a file");
	return true;
}

static void
put_fields(struct render *r, struct json_writer *w, const struct rocketchat_settings *s)
{
	const struct rocketchat_field *f = s->fields.v;

	if (s->fields.n == 0)
		return;
	json_key(w, STR("fields"));
	json_array_begin(w);
	for (size_t i = 0; i < s->fields.n; i++) {
		json_object_begin(w);
		json_put_bool(w, "short", f[i].is_short == TRI_UNSET ? s->short_fields : f[i].is_short == TRI_TRUE);
		json_put_opt(w, "title", render_text(r, f[i].title));
		json_put_opt(w, "value", render_text(r, f[i].value));
		json_object_end(w);
	}
	json_array_end(w);
}

static void
put_actions(struct render *r, struct json_writer *w, const struct rocketchat_settings *s)
{
	const struct rocketchat_action *x = s->actions.v;

	if (s->actions.n == 0)
		return;
	json_key(w, STR("actions"));
	json_array_begin(w);
	for (size_t i = 0; i < s->actions.n; i++) {
		json_object_begin(w);
		json_put_str(w, "type", STR("button"));
		json_put_opt(w, "text", render_text(r, x[i].text));
		json_put_opt(w, "url", render_text(r, x[i].url));
		json_put_bool(w, "is_webview", false);
		json_put_opt(w, "msg", render_text(r, x[i].msg));
		json_put_bool(w, "msg_in_chat_window", false);
		json_object_end(w);
	}
	json_array_end(w);
}

static void
put_message(struct render *r, struct json_writer *w, struct str channel)
{
	const struct rocketchat_settings *s = r->a->settings;

	json_object_begin(w);
	json_put_opt(w, "channel", channel);
	json_put_opt(w, "emoji", render_text(r, s->emoji));
	json_put_opt(w, "avatar", render_text(r, s->icon_url));
	json_key(w, STR("attachments"));
	json_array_begin(w);
	json_object_begin(w);
	json_put_opt(w, "title", render_cut_runes(r, render_text(r, s->title), TITLE_RUNES, "title"));
	json_put_opt(w, "title_link", render_text(r, s->title_link));
	json_put_opt(w, "text", render_text(r, s->text));
	json_put_opt(w, "image_url", render_text(r, s->image_url));
	json_put_opt(w, "thumb_url", render_text(r, s->thumb_url));
	json_put_opt(w, "color", render_text(r, s->color));
	put_fields(r, w, s);
	put_actions(r, w, s);
	json_object_end(w);
	json_array_end(w);
	json_object_end(w);
}

/* The file's content when there is a file, else the value. */
static bool
read_token(struct attempt *a, struct str value, struct str file, struct str *out, struct err *e)
{
	if (render_secret(a, file.n > 0 ? STR_NONE : value, file, out, e))
		return true;
	return err_ctx(e, "could not read %.*s", STR_ARG(file));
}

static bool
post_url(struct attempt *a, struct str *out, struct err *e)
{
	const struct rocketchat_settings *s = a->settings;
	struct sbuf b = SBUF_INIT(1 << 16);
	struct url base, full;

	if (!url_parse(a->arena, s->api_url, &base, e))
		return false;
	full = url_join(a->arena, &base, STR("api/v1/chat.postMessage"));
	url_format(&b, &full);
	return render_take(a, &b, out, e);
}

static enum step
rocketchat_start(struct attempt *a, struct request *out, struct err *e)
{
	const struct rocketchat_settings *s = a->settings;
	struct render r = { .a = a, .e = e };
	struct str url, token, id, *channel = ARENA_NEW(a->arena, struct str);
	struct http_json j;
	enum step step;

	if (!read_token(a, s->token, s->token_file, &token, e) ||
	    !read_token(a, s->token_id, s->token_id_file, &id, e) || !post_url(a, &url, e))
		return STEP_FAIL;
	*channel = render_text(&r, s->channel);
	a->state = channel;
	http_json_begin(&j);
	put_message(&r, &j.w, *channel);
	step = http_post_json(a, out, url, &j, r.failed ? NULL : e);
	http_header(a, out, "X-Auth-Token", token);
	http_header(a, out, "X-User-Id", id);
	out->http.secret_url = true;
	return r.failed ? STEP_FAIL : step;
}

static enum step
judge_body(struct attempt *a, const struct response *r, struct err *e)
{
	struct err why = { 0 };
	struct json_t *reply = json_small_parse(r->body, JSON_DOCUMENT, &why);
	enum step step = STEP_DONE;

	if (reply == NULL)
		return judge_retry(a, FAILURE_CLIENT_ERROR, e, "could not unmarshal JSON response \"%.*s\": %s",
		    STR_ARG(r->body), why.text);
	if (!json_small_bool(reply, "success", false))
		step = judge_fail(a, FAILURE_CLIENT_ERROR, e, "error response from Rocketchat: %.*s",
		    STR_ARG(json_small_str(reply, "error", STR_NONE)));
	json_small_free(&reply);
	return step;
}

static enum step
rocketchat_resume(struct attempt *a, const struct response *r, struct request *out, struct err *e)
{
	const struct str *channel = a->state;
	enum step step = judge_http(a, r, &(struct judge){ 0 }, e);

	(void)out;
	if (r->transport_error)
		return step;
	if (step == STEP_DONE)
		step = judge_body(a, r, e);
	if (step != STEP_DONE)
		err_ctx(e, "channel \"%.*s\"", STR_ARG(*channel));
	return step;
}

const struct notifier notify_rocketchat = {
	.kind = {
		.name = "rocketchat",
		.has_http_config = true,
		.settings_size = sizeof(struct rocketchat_settings),
		.fields = rocketchat_fields,
		.check = rocketchat_check,
		.finish = rocketchat_finish,
	},
	.start = rocketchat_start,
	.resume = rocketchat_resume,
};
