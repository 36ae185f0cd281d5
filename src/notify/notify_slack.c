/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notify_slack.c - Slack, by incoming webhook or as an app with a token.
 */
#include "http.h"
#include "judge.h"
#include "settings.h"
#include "text/json_small.h"

#define POST_MESSAGE "https://slack.com/api/chat.postMessage"
#define UPDATE_MESSAGE "https://slack.com/api/chat.update"
#define TITLE_RUNES 1024

struct slack_field {
	struct str title, value;
	enum tristate is_short;
};

struct slack_confirm {
	bool present;
	struct str text, title, ok_text, dismiss_text;
};

struct slack_action {
	struct str type, text, url, style, name, value;
	struct slack_confirm confirm;
};

struct slack_settings {
	struct integration_common common;
	struct str api_url, api_url_file, app_token, app_token_file, app_url;
	struct str channel, username, color, title, title_link, pretext, text, message_text;
	struct struct_list fields;	/* of struct slack_field */
	bool short_fields;
	struct str footer, fallback, callback_id, icon_emoji, icon_url, image_url, thumb_url;
	bool link_names;
	struct str_list mrkdwn_in;
	struct struct_list actions;	/* of struct slack_action */
	bool update_message;
	span timeout;
	struct http_config *authorized;	/* no key: http_config with the app's token; NULL: no token */
};

#define TEXT_FLAGS (F_TEMPLATE | F_OMIT_EMPTY)
#define DEFAULT(name) "{{ template \"slack.default." name "\" . }}"

static bool
check_field(void *v, struct arena *a, struct err *e)
{
	const struct slack_field *f = v;

	(void)a;
	if (f->title.n == 0)
		return err_set(e, ERR_INVALID, "missing title in Slack field configuration");
	if (f->value.n == 0)
		return err_set(e, ERR_INVALID, "missing value in Slack field configuration");
	return true;
}

static bool
check_confirm(void *v, struct arena *a, struct err *e)
{
	const struct slack_confirm *c = v;

	(void)a;
	if (c->text.n == 0)
		return err_set(e, ERR_INVALID, "missing text in Slack confirmation configuration");
	return true;
}

static bool
check_action(void *v, struct arena *a, struct err *e)
{
	struct slack_action *x = v;

	(void)a;
	if (x->type.n == 0)
		return err_set(e, ERR_INVALID, "missing type in Slack action configuration");
	if (x->text.n == 0)
		return err_set(e, ERR_INVALID, "missing text in Slack action configuration");
	if (x->url.n > 0) {
		x->name = x->value = STR_NONE;
		x->confirm = (struct slack_confirm){ 0 };
	} else if (x->name.n == 0) {
		return err_set(e, ERR_INVALID, "missing name or url in Slack action configuration");
	}
	return true;
}

static const struct field field_fields[] = {
	STRING_FIELD(struct slack_field, title, .flags = TEXT_FLAGS, .doc = "Title."),
	STRING_FIELD(struct slack_field, value, .flags = TEXT_FLAGS, .doc = "Text."),
	{ .key = "short", .type = FIELD_TRISTATE, .flags = F_OMIT_EMPTY,
	  .offset = FIELD_CHECKED_(struct slack_field, is_short, enum tristate),
	    .doc = "Whether it fits beside another field." },
	{ 0 },
};

static const struct field confirm_fields[] = {
	STRING_FIELD(struct slack_confirm, text, .flags = TEXT_FLAGS, .doc = "The question."),
	STRING_FIELD(struct slack_confirm, title, .flags = TEXT_FLAGS, .doc = "Its title."),
	STRING_FIELD(struct slack_confirm, ok_text, .flags = TEXT_FLAGS, .doc = "Text of the button that agrees."),
	STRING_FIELD(struct slack_confirm, dismiss_text, .flags = TEXT_FLAGS,
	    .doc = "Text of the button that does not."),
	{ 0 },
};

static const struct field action_fields[] = {
	STRING_FIELD(struct slack_action, type, .flags = TEXT_FLAGS, .doc = "Type of the button."),
	STRING_FIELD(struct slack_action, text, .flags = TEXT_FLAGS, .doc = "Text of the button."),
	STRING_FIELD(struct slack_action, url, .flags = TEXT_FLAGS, .doc = "Where it leads."),
	STRING_FIELD(struct slack_action, style, .flags = TEXT_FLAGS, .doc = "default, primary or danger."),
	STRING_FIELD(struct slack_action, name, .flags = TEXT_FLAGS, .doc = "Its name, for a handler."),
	STRING_FIELD(struct slack_action, value, .flags = TEXT_FLAGS, .doc = "Its value, for a handler."),
	STRUCT_FIELD(struct slack_action, confirm, struct slack_confirm, confirm_fields, .flags = F_OMIT_EMPTY,
	    .present = PRESENT_IN(struct slack_action, confirm.present), .check = check_confirm,
	    .doc = "Question that is asked first."),
	{ 0 },
};

static const struct field slack_fields[] = {
	COMMON_FIELDS(struct slack_settings, "false"),
	URL_FIELD(struct slack_settings, api_url, .flags = F_SECRET | F_OMIT_EMPTY, .doc = "Incoming webhook."),
	STRING_FIELD(struct slack_settings, api_url_file, .flags = F_PATH_CWD | F_OMIT_EMPTY,
	    .doc = "File that holds api_url."),
	STRING_FIELD(struct slack_settings, app_token, .flags = F_SECRET | F_OMIT_EMPTY, .doc = "Token of an app."),
	STRING_FIELD(struct slack_settings, app_token_file, .flags = F_PATH_CWD | F_OMIT_EMPTY,
	    .doc = "File that holds app_token."),
	URL_FIELD(struct slack_settings, app_url, .flags = F_OMIT_EMPTY, .inherit = "slack_app_url",
	    .doc = "Where an app posts to."),
	STRING_FIELD(struct slack_settings, channel, .flags = TEXT_FLAGS, .doc = "Channel to post to."),
	STRING_FIELD(struct slack_settings, username, .flags = TEXT_FLAGS, .fallback = DEFAULT("username"),
	    .doc = "Name to post under."),
	STRING_FIELD(struct slack_settings, color, .flags = TEXT_FLAGS, .fallback = DEFAULT("color"),
	    .doc = "Colour of the bar beside the message."),
	STRING_FIELD(struct slack_settings, title, .flags = TEXT_FLAGS, .fallback = DEFAULT("title"),
	    .doc = "Title of the message."),
	STRING_FIELD(struct slack_settings, title_link, .flags = TEXT_FLAGS, .fallback = DEFAULT("titlelink"),
	    .doc = "Link of the title."),
	STRING_FIELD(struct slack_settings, pretext, .flags = TEXT_FLAGS, .fallback = DEFAULT("pretext"),
	    .doc = "Text above the message."),
	STRING_FIELD(struct slack_settings, text, .flags = TEXT_FLAGS, .fallback = DEFAULT("text"),
	    .doc = "Text of the message."),
	STRING_FIELD(struct slack_settings, message_text, .flags = TEXT_FLAGS,
	    .doc = "Text outside of the attachment."),
	STRUCTS_FIELD(struct slack_settings, fields, struct slack_field, field_fields,
	    .flags = F_OMIT_EMPTY | F_PRESENCE, .check = check_field, .doc = "Table in the message."),
	BOOL_FIELD(struct slack_settings, short_fields, .fallback = "false",
	    .doc = "Whether fields are short where they do not say."),
	STRING_FIELD(struct slack_settings, footer, .flags = TEXT_FLAGS, .fallback = DEFAULT("footer"),
	    .doc = "Text below the message."),
	STRING_FIELD(struct slack_settings, fallback, .flags = TEXT_FLAGS, .fallback = DEFAULT("fallback"),
	    .doc = "Text where the message cannot be shown in full."),
	STRING_FIELD(struct slack_settings, callback_id, .flags = TEXT_FLAGS, .fallback = DEFAULT("callbackid"),
	    .doc = "Name that handlers of buttons get."),
	STRING_FIELD(struct slack_settings, icon_emoji, .flags = TEXT_FLAGS, .fallback = DEFAULT("iconemoji"),
	    .doc = "Emoji instead of a picture of who posts."),
	STRING_FIELD(struct slack_settings, icon_url, .flags = TEXT_FLAGS, .fallback = DEFAULT("iconurl"),
	    .doc = "Picture of who posts."),
	STRING_FIELD(struct slack_settings, image_url, .flags = TEXT_FLAGS, .doc = "Picture in the message."),
	STRING_FIELD(struct slack_settings, thumb_url, .flags = TEXT_FLAGS,
	    .doc = "Small picture beside the message."),
	BOOL_FIELD(struct slack_settings, link_names, .fallback = "false",
	    .doc = "Whether names of users and channels become links."),
	STRINGS_FIELD(struct slack_settings, mrkdwn_in, .flags = F_OMIT_EMPTY, .doc = "Which parts have markup."),
	STRUCTS_FIELD(struct slack_settings, actions, struct slack_action, action_fields,
	    .flags = F_OMIT_EMPTY | F_PRESENCE, .check = check_action, .doc = "Buttons below the message."),
	BOOL_FIELD(struct slack_settings, update_message, .fallback = "false",
	    .doc = "Change the message that is there rather than post another."),
	GO_DURATION_FIELD(struct slack_settings, timeout, .fallback = "0s",
	    .doc = "How long one request may take; 0: as long as the notification."),
	{ 0 },
};

static bool
slack_check(void *settings, struct arena *a, struct err *e)
{
	struct slack_settings *s = settings;

	(void)a;
	if (!settings_at_most_one(s->api_url, s->api_url_file, "api_url", "api_url_file", e) ||
	    !settings_at_most_one(s->app_token, s->app_token_file, "app_token", "app_token_file", e))
		return false;
	if (s->api_url.n + s->api_url_file.n > 0 && s->app_token.n + s->app_token_file.n > 0)
		return err_set(e, ERR_INVALID,
		    "at most one of api_url/api_url_file & app_token/app_token_file must be configured");
	/* "<secret>" is a configuration read back from the API. */
	if (s->update_message && !str_is(s->api_url, POST_MESSAGE) && !settings_is_secret_mark(s->api_url))
		return err_set(e, ERR_INVALID, "update_message can only be used with bot tokens. "
		    "api_url must be set to " POST_MESSAGE);
	return true;
}

/*
 * The token goes out by way of a copy of http_config. COMPAT: Alertmanager shows
 * what it makes of it in its dump, which is then no valid configuration.
 */
static bool
use_app_token(struct slack_settings *s, struct arena *a, struct err *e)
{
	if (s->common.http_config->authorization.present)
		return err_set(e, ERR_INVALID, "http authorization can't be set when using Slack App tokens");
	s->authorized = ARENA_NEW(a, struct http_config);
	*s->authorized = *s->common.http_config;
	s->authorized->authorization = (struct authorization){
		.present = true,
		.type = STR("Bearer"),
		.credentials = s->app_token,
		.credentials_file = s->app_token_file,
	};
	return true;
}

static bool
slack_finish(void *settings, const struct global *g, struct arena *a, struct err *e)
{
	struct slack_settings *s = settings;
	bool authorized = s->common.http_config_local && s->common.http_config->authorization.present;

	inherit_str(&s->app_url, g->slack_app_url);
	if (!authorized && s->api_url.n == 0)
		settings_inherit_pair(&s->app_token, &s->app_token_file, g->slack_app_token, g->slack_app_token_file);
	if (s->app_token.n + s->app_token_file.n > 0)
		return use_app_token(s, a, e);
	settings_inherit_pair(&s->api_url, &s->api_url_file, g->slack_api_url, g->slack_api_url_file);
	if (s->api_url.n + s->api_url_file.n == 0)
		return err_set(e, ERR_INVALID, "no Slack API URL nor App token set either inline or in a file");
	return true;
}

static void
put_fields(struct render *r, struct json_writer *w, const struct slack_settings *s)
{
	const struct slack_field *f = s->fields.v;

	if (s->fields.n == 0)
		return;
	json_key(w, STR("fields"));
	json_array_begin(w);
	for (size_t i = 0; i < s->fields.n; i++) {
		json_object_begin(w);
		json_put_opt(w, "title", render_text(r, f[i].title));
		json_put_opt(w, "value", render_text(r, f[i].value));
		json_put_bool(w, "short", f[i].is_short == TRI_UNSET ? s->short_fields : f[i].is_short == TRI_TRUE);
		json_object_end(w);
	}
	json_array_end(w);
}

static void
put_actions(struct render *r, struct json_writer *w, const struct slack_settings *s)
{
	const struct slack_action *x = s->actions.v;

	if (s->actions.n == 0)
		return;
	json_key(w, STR("actions"));
	json_array_begin(w);
	for (size_t i = 0; i < s->actions.n; i++) {
		json_object_begin(w);
		json_put_opt(w, "type", render_text(r, x[i].type));
		json_put_opt(w, "text", render_text(r, x[i].text));
		json_put_opt(w, "url", render_text(r, x[i].url));
		json_put_opt(w, "style", render_text(r, x[i].style));
		json_put_opt(w, "name", render_text(r, x[i].name));
		json_put_opt(w, "value", render_text(r, x[i].value));
		if (x[i].confirm.present) {
			json_key(w, STR("confirm"));
			json_object_begin(w);
			json_put_opt(w, "text", render_text(r, x[i].confirm.text));
			json_put_opt(w, "title", render_text(r, x[i].confirm.title));
			json_put_opt(w, "ok_text", render_text(r, x[i].confirm.ok_text));
			json_put_opt(w, "dismiss_text", render_text(r, x[i].confirm.dismiss_text));
			json_object_end(w);
		}
		json_object_end(w);
	}
	json_array_end(w);
}

/* All texts of a message, in the order in which they are rendered. */
struct slack_texts {
	struct str title, title_link, pretext, text, fallback, callback_id, image_url, thumb_url, footer, color;
	struct str fields, actions;	/* "fields":[…] and "actions":[…] as JSON, or empty */
	struct str channel, username, icon_emoji, icon_url, message_text;
};

/* The members of an object that `put` writes, without braces. */
static struct str
render_members(struct render *r, const struct slack_settings *s,
    void (*put)(struct render *r, struct json_writer *w, const struct slack_settings *s))
{
	struct sbuf b = SBUF_INIT(RENDER_MAX);
	struct json_writer w;
	struct str out;

	json_writer_init(&w, &b, JSON_HTML_ESCAPED);
	put(r, &w, s);
	if (!render_take(r->a, &b, &out, r->e)) {
		r->failed = true;
		return STR_NONE;
	}
	return out;
}

/*
 * The order matters when a template fails: what comes after it is empty
 * (Alertmanager notify/slack/slack.go).
 */
static void
render_texts(struct render *r, const struct slack_settings *s, struct slack_texts *t)
{
	t->title = render_cut_runes(r, render_text(r, s->title), TITLE_RUNES, "title");
	t->title_link = render_text(r, s->title_link);
	t->pretext = render_text(r, s->pretext);
	t->text = render_text(r, s->text);
	t->fallback = render_text(r, s->fallback);
	t->callback_id = render_text(r, s->callback_id);
	t->image_url = render_text(r, s->image_url);
	t->thumb_url = render_text(r, s->thumb_url);
	t->footer = render_text(r, s->footer);
	t->color = render_text(r, s->color);
	t->fields = render_members(r, s, put_fields);
	t->actions = render_members(r, s, put_actions);
	t->channel = render_text(r, s->channel);
	t->username = render_text(r, s->username);
	t->icon_emoji = render_text(r, s->icon_emoji);
	t->icon_url = render_text(r, s->icon_url);
	t->message_text = render_text(r, s->message_text);
}

static void
put_members(struct json_writer *w, struct str members)
{
	if (members.n == 0)
		return;
	sbuf_putc(w->b, ',');
	sbuf_str(w->b, members);
}

static void
put_attachment(struct json_writer *w, const struct slack_settings *s, const struct slack_texts *t)
{
	json_object_begin(w);
	json_put_opt(w, "title", t->title);
	json_put_opt(w, "title_link", t->title_link);
	json_put_opt(w, "pretext", t->pretext);
	json_put_str(w, "text", t->text);
	json_put_str(w, "fallback", t->fallback);
	json_put_str(w, "callback_id", t->callback_id);
	put_members(w, t->fields);
	put_members(w, t->actions);
	json_put_opt(w, "image_url", t->image_url);
	json_put_opt(w, "thumb_url", t->thumb_url);
	json_put_str(w, "footer", t->footer);
	json_put_opt(w, "color", t->color);
	json_key(w, STR("mrkdwn_in"));
	json_array_begin(w);
	if (s->mrkdwn_in.n == 0) {
		json_str(w, STR("fallback"));
		json_str(w, STR("pretext"));
		json_str(w, STR("text"));
	}
	for (size_t i = 0; i < s->mrkdwn_in.n; i++)
		json_str(w, s->mrkdwn_in.v[i]);
	json_array_end(w);
	json_object_end(w);
}

static struct str
remembered(const struct notification *n, const char *key)
{
	for (size_t i = 0; i < n->data.n; i++)
		if (str_is(n->data.v[i].key, key) && n->data.v[i].type == RECEIVER_STR)
			return n->data.v[i].s;
	return STR_NONE;
}

/* The channel, which errors of the answer name; lives from start to resume. */
struct slack_state {
	struct str channel;
};

static void
put_message(struct json_writer *w, const struct slack_settings *s, const struct slack_texts *t, struct str channel,
    struct str ts)
{
	json_object_begin(w);
	json_put_opt(w, "channel", channel);
	json_put_opt(w, "ts", ts);
	json_put_opt(w, "username", t->username);
	json_put_opt(w, "icon_emoji", t->icon_emoji);
	json_put_opt(w, "icon_url", t->icon_url);
	if (s->link_names)
		json_put_bool(w, "link_names", true);
	json_put_opt(w, "text", t->message_text);
	json_key(w, STR("attachments"));
	json_array_begin(w);
	put_attachment(w, s, t);
	json_array_end(w);
	json_object_end(w);
}

static enum step
slack_start(struct attempt *a, struct request *out, struct err *e)
{
	const struct slack_settings *s = a->settings;
	struct slack_state *state = ARENA_NEW(a->arena, struct slack_state);
	struct err why = { 0 };
	struct render r = { .a = a, .e = &why };
	struct slack_texts texts = { 0 };
	struct str url, ts = STR_NONE;
	struct http_json j;
	enum step step;

	if (s->authorized != NULL)
		url = s->app_url;
	else if (!render_secret(a, s->api_url, s->api_url_file, &url, e))
		return STEP_FAIL;
	render_texts(&r, s, &texts);
	/* COMPAT: Alertmanager sends what it has when a template fails, and calls it a success. */
	if (r.failed && a->env->incomplete != NULL)
		a->env->incomplete(a->env->arg, a->n, str_from(why.text));
	state->channel = texts.channel;
	a->state = state;
	if (s->update_message && remembered(a->n, "threadTs").n > 0 && remembered(a->n, "channelId").n > 0) {
		ts = remembered(a->n, "threadTs");
		state->channel = remembered(a->n, "channelId");
		url = STR(UPDATE_MESSAGE);
	}
	http_json_begin(&j);
	put_message(&j.w, s, &texts, state->channel, ts);
	step = http_post_json(a, out, url, &j, e);
	out->http.http = s->authorized;
	out->http.timeout = s->timeout;
	out->http.timeout_name = "slack";
	out->http.secret_url = true;
	return step;
}

/* Remembers where the message is, so that the next notification may change it. */
static void
remember(struct attempt *a, struct json_t *reply)
{
	struct str ts = json_small_str(reply, "ts", STR_NONE), channel = json_small_str(reply, "channel", STR_NONE);
	struct receiver_value *v;

	if (ts.n == 0 || channel.n == 0)
		return;
	v = ARENA_ARRAY(a->arena, 2, struct receiver_value);
	v[0] = (struct receiver_value){ .key = STR("channelId"), .type = RECEIVER_STR,
	    .s = arena_str(a->arena, channel) };
	v[1] = (struct receiver_value){ .key = STR("threadTs"), .type = RECEIVER_STR, .s = arena_str(a->arena, ts) };
	a->data = (struct receiver_data){ v, 2 };
	a->data_set = true;
}

static enum step
judge_body(struct attempt *a, const struct response *r, struct err *e)
{
	const struct slack_settings *s = a->settings;
	struct json_t *reply;
	struct err why = { 0 };
	enum step step = STEP_DONE;

	if (!str_starts(r->content_type, STR("application/json"))) {
		if (str_is(r->body, "ok"))
			return STEP_DONE;
		return judge_fail(a, FAILURE_CLIENT_ERROR, e, "received an error response from Slack: %.*s",
		    STR_ARG(r->body));
	}
	reply = json_small_parse(r->body, JSON_DOCUMENT, &why);
	if (reply == NULL)
		return judge_retry(a, FAILURE_CLIENT_ERROR, e, "could not unmarshal JSON response \"%.*s\": %s",
		    STR_ARG(r->body), why.text);
	if (!json_small_bool(reply, "ok", false))
		step = judge_fail(a, FAILURE_CLIENT_ERROR, e, "error response from Slack: %.*s",
		    STR_ARG(json_small_str(reply, "error", STR_NONE)));
	else if (s->update_message)
		remember(a, reply);
	json_small_free(&reply);
	return step;
}

static enum step
slack_resume(struct attempt *a, const struct response *r, struct request *out, struct err *e)
{
	const struct slack_state *state = a->state;
	enum step step = judge_http(a, r, &(struct judge){ 0 }, e);

	(void)out;
	if (r->transport_error)
		return step;
	if (step == STEP_DONE)
		step = judge_body(a, r, e);
	if (step != STEP_DONE)
		err_ctx(e, "channel \"%.*s\"", STR_ARG(state->channel));
	return step;
}

const struct notifier notify_slack = {
	.kind = {
		.name = "slack",
		.has_http_config = true,
		.settings_size = sizeof(struct slack_settings),
		.fields = slack_fields,
		.check = slack_check,
		.finish = slack_finish,
	},
	.start = slack_start,
	.resume = slack_resume,
};
