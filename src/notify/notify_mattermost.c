/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notify_mattermost.c - Mattermost, by incoming webhook.
 */
#include "http.h"
#include "judge.h"
#include "settings.h"

#define TEXT_RUNES 16383

struct mattermost_field {
	struct str title, value;
	enum tristate is_short;
};

struct mattermost_attachment {
	struct str fallback, color, pretext, text, author_name, author_link, author_icon, title, title_link;
	struct struct_list fields;
	struct str thumb_url, footer, footer_icon, image_url;
};

struct mattermost_props {
	bool present;
	struct str card;
};

struct mattermost_priority {
	struct str priority;
	bool present, requested_ack, persistent_notifications;
};

struct mattermost_settings {
	struct integration_common common;
	struct str webhook_url, webhook_url_file, channel, username;
	struct mattermost_attachment own;	/* the keys that stand at the top */
	struct str icon_url, icon_emoji;
	struct struct_list attachments;
	struct str type;
	struct mattermost_props props;
	struct mattermost_priority priority;
};

#define TEXT_FLAGS (F_TEMPLATE | F_OMIT_EMPTY)
#define DEFAULT(name) "{{ template \"mattermost.default." name "\" . }}"
/* A key at the top that is a member of `own`. */
#define OWN_FIELD(m, ...)                                                                               \
	{ .key = #m, .type = FIELD_STRING, .flags = TEXT_FLAGS,                                         \
	  .offset = FIELD_CHECKED_(struct mattermost_settings, own.m, struct str), __VA_ARGS__ }

static bool
check_field(void *v, struct arena *a, struct err *e)
{
	const struct mattermost_field *f = v;

	(void)a;
	if (f->title.n == 0)
		return err_set(e, ERR_INVALID, "missing title in Mattermost field configuration");
	if (f->value.n == 0)
		return err_set(e, ERR_INVALID, "missing value in Mattermost field configuration");
	return true;
}

static const struct field field_fields[] = {
	STRING_FIELD(struct mattermost_field, title, .flags = TEXT_FLAGS, .doc = "Title."),
	STRING_FIELD(struct mattermost_field, value, .flags = TEXT_FLAGS, .doc = "Text."),
	{ .key = "short", .type = FIELD_TRISTATE, .flags = F_OMIT_EMPTY,
	  .offset = FIELD_CHECKED_(struct mattermost_field, is_short, enum tristate),
	    .doc = "Whether it fits beside another field." },
	{ 0 },
};

static const struct field attachment_fields[] = {
	STRING_FIELD(struct mattermost_attachment, fallback, .flags = TEXT_FLAGS,
	    .doc = "Text where the message cannot be shown in full."),
	STRING_FIELD(struct mattermost_attachment, color, .flags = TEXT_FLAGS,
	    .doc = "Colour of the bar beside the message."),
	STRING_FIELD(struct mattermost_attachment, pretext, .flags = TEXT_FLAGS, .doc = "Text above the message."),
	STRING_FIELD(struct mattermost_attachment, text, .flags = TEXT_FLAGS, .doc = "Text of the message."),
	STRING_FIELD(struct mattermost_attachment, author_name, .flags = TEXT_FLAGS, .doc = "Name of the author."),
	STRING_FIELD(struct mattermost_attachment, author_link, .flags = TEXT_FLAGS,
	    .doc = "Link of the author's name."),
	STRING_FIELD(struct mattermost_attachment, author_icon, .flags = TEXT_FLAGS,
	    .doc = "Picture beside the author's name."),
	STRING_FIELD(struct mattermost_attachment, title, .flags = TEXT_FLAGS, .doc = "Title of the message."),
	STRING_FIELD(struct mattermost_attachment, title_link, .flags = TEXT_FLAGS, .doc = "Link of the title."),
	STRUCTS_FIELD(struct mattermost_attachment, fields, struct mattermost_field, field_fields,
	    .flags = F_OMIT_EMPTY | F_PRESENCE, .check = check_field, .doc = "Table in the message."),
	STRING_FIELD(struct mattermost_attachment, thumb_url, .flags = TEXT_FLAGS,
	    .doc = "Small picture beside the message."),
	STRING_FIELD(struct mattermost_attachment, footer, .flags = TEXT_FLAGS, .doc = "Text below the message."),
	STRING_FIELD(struct mattermost_attachment, footer_icon, .flags = TEXT_FLAGS,
	    .doc = "Picture beside the footer."),
	STRING_FIELD(struct mattermost_attachment, image_url, .flags = TEXT_FLAGS, .doc = "Picture in the message."),
	{ 0 },
};

static const struct field props_fields[] = {
	STRING_FIELD(struct mattermost_props, card, .flags = TEXT_FLAGS, .doc = "Text in the side bar."),
	{ 0 },
};

static const struct field priority_fields[] = {
	STRING_FIELD(struct mattermost_priority, priority, .flags = TEXT_FLAGS, .doc = "standard, important or urgent."),
	BOOL_FIELD(struct mattermost_priority, requested_ack, .flags = F_OMIT_EMPTY,
	    .doc = "Whether readers are asked to acknowledge."),
	BOOL_FIELD(struct mattermost_priority, persistent_notifications, .flags = F_OMIT_EMPTY,
	    .doc = "Whether those who are mentioned are told until they acknowledge."),
	{ 0 },
};

static const struct field mattermost_fields[] = {
	COMMON_FIELDS(struct mattermost_settings, "true"),
	URL_FIELD(struct mattermost_settings, webhook_url, .flags = F_SECRET | F_OMIT_EMPTY,
	    .doc = "Incoming webhook to post to."),
	STRING_FIELD(struct mattermost_settings, webhook_url_file, .flags = F_PATH_CWD | F_OMIT_EMPTY,
	    .doc = "File that holds webhook_url."),
	STRING_FIELD(struct mattermost_settings, channel, .flags = TEXT_FLAGS, .doc = "Channel to post to."),
	STRING_FIELD(struct mattermost_settings, username, .flags = TEXT_FLAGS, .fallback = DEFAULT("username"),
	    .doc = "Name to post under."),
	OWN_FIELD(text, .fallback = DEFAULT("text"), .doc = "Text of the message."),
	OWN_FIELD(fallback, .fallback = DEFAULT("fallback"), .doc = "Text where the message cannot be shown in full."),
	OWN_FIELD(color, .fallback = DEFAULT("color"), .doc = "Colour of the bar beside the message."),
	OWN_FIELD(pretext, .fallback = NULL, .doc = "Text above the message."),
	OWN_FIELD(author_name, .fallback = NULL, .doc = "Name of the author."),
	OWN_FIELD(author_link, .fallback = NULL, .doc = "Link of the author's name."),
	OWN_FIELD(author_icon, .fallback = NULL, .doc = "Picture beside the author's name."),
	OWN_FIELD(title, .fallback = DEFAULT("title"), .doc = "Title of the message."),
	OWN_FIELD(title_link, .fallback = DEFAULT("titlelink"), .doc = "Link of the title."),
	{ .key = "fields", .type = FIELD_STRUCTS, .flags = F_OMIT_EMPTY | F_PRESENCE,
	  .offset = FIELD_CHECKED_(struct mattermost_settings, own.fields, struct struct_list),
	  .fields = field_fields, .size = sizeof(struct mattermost_field), .check = check_field,
	    .doc = "Table in the message." },
	OWN_FIELD(thumb_url, .fallback = NULL, .doc = "Small picture beside the message."),
	OWN_FIELD(footer, .fallback = NULL, .doc = "Text below the message."),
	OWN_FIELD(footer_icon, .fallback = NULL, .doc = "Picture beside the footer."),
	OWN_FIELD(image_url, .fallback = NULL, .doc = "Picture in the message."),
	STRING_FIELD(struct mattermost_settings, icon_url, .flags = TEXT_FLAGS, .doc = "Picture of who posts."),
	STRING_FIELD(struct mattermost_settings, icon_emoji, .flags = TEXT_FLAGS,
	    .doc = "Emoji instead of a picture of who posts."),
	STRUCTS_FIELD(struct mattermost_settings, attachments, struct mattermost_attachment, attachment_fields,
	    .flags = F_OMIT_EMPTY | F_PRESENCE,
	    .doc = "Attachments, instead of the one that the keys above describe."),
	STRING_FIELD(struct mattermost_settings, type, .flags = TEXT_FLAGS, .doc = "Type of the post."),
	STRUCT_FIELD(struct mattermost_settings, props, struct mattermost_props, props_fields, .flags = F_OMIT_EMPTY,
	    .present = PRESENT_IN(struct mattermost_settings, props.present), .doc = "Properties of the post."),
	STRUCT_FIELD(struct mattermost_settings, priority, struct mattermost_priority, priority_fields,
	    .flags = F_OMIT_EMPTY, .present = PRESENT_IN(struct mattermost_settings, priority.present),
	    .doc = "Priority of the message."),
	{ 0 },
};

static bool
mattermost_check(void *settings, struct arena *a, struct err *e)
{
	const struct mattermost_settings *s = settings;

	(void)a;
	return settings_at_most_one(s->webhook_url, s->webhook_url_file, "webhook_url", "webhook_url_file", e);
}

static bool
mattermost_finish(void *settings, const struct global *g, struct arena *a, struct err *e)
{
	struct mattermost_settings *s = settings;

	(void)a;
	settings_inherit_pair(&s->webhook_url, &s->webhook_url_file, g->mattermost_webhook_url,
	    g->mattermost_webhook_url_file);
	if (s->webhook_url.n + s->webhook_url_file.n == 0)
		return err_set(e, ERR_INVALID, "missing webhook_url or webhook_url_file on mattermost_config");
	return true;
}

static void
put_fields(struct render *r, struct json_writer *w, const struct struct_list *list)
{
	const struct mattermost_field *f = list->v;

	if (list->n == 0)
		return;
	json_key(w, STR("fields"));
	json_array_begin(w);
	for (size_t i = 0; i < list->n; i++) {
		json_object_begin(w);
		json_put_opt(w, "title", render_text(r, f[i].title));
		json_put_opt(w, "value", render_text(r, f[i].value));
		if (f[i].is_short != TRI_UNSET)
			json_put_bool(w, "short", f[i].is_short == TRI_TRUE);
		json_object_end(w);
	}
	json_array_end(w);
}

static void
put_attachment(struct render *r, struct json_writer *w, const struct mattermost_attachment *x)
{
	json_object_begin(w);
	json_put_opt(w, "fallback", render_text(r, x->fallback));
	json_put_opt(w, "color", render_text(r, x->color));
	json_put_opt(w, "pretext", render_text(r, x->pretext));
	json_put_opt(w, "text", render_text(r, x->text));
	json_put_opt(w, "author_name", render_text(r, x->author_name));
	json_put_opt(w, "author_link", render_text(r, x->author_link));
	json_put_opt(w, "author_icon", render_text(r, x->author_icon));
	json_put_opt(w, "title", render_text(r, x->title));
	json_put_opt(w, "title_link", render_text(r, x->title_link));
	put_fields(r, w, &x->fields);
	json_put_opt(w, "thumb_url", render_text(r, x->thumb_url));
	json_put_opt(w, "footer", render_text(r, x->footer));
	json_put_opt(w, "footer_icon", render_text(r, x->footer_icon));
	json_put_opt(w, "image_url", render_text(r, x->image_url));
	json_object_end(w);
}

/* Combinations that the server would refuse are put right. */
static void
put_priority(struct render *r, struct json_writer *w, const struct mattermost_priority *p)
{
	static const char *const known[] = { "standard", "important", "urgent" };
	struct str wanted = render_text(r, p->priority);
	size_t level = 0;

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (str_caseeq(wanted, str_from(known[i])))
			level = i;
	json_key(w, STR("priority"));
	json_object_begin(w);
	json_put_str(w, "priority", str_from(known[level]));
	if (p->requested_ack && level > 0)
		json_put_bool(w, "requested_ack", true);
	if (p->persistent_notifications && level == 2)
		json_put_bool(w, "persistent_notifications", true);
	json_object_end(w);
}

static void
put_request(struct render *r, struct json_writer *w, struct str channel)
{
	const struct mattermost_settings *s = r->a->settings;
	const struct mattermost_attachment *more = s->attachments.v;

	json_object_begin(w);
	if (s->attachments.n > 0)
		json_put_opt(w, "text", render_cut_runes(r, render_text(r, s->own.text), TEXT_RUNES, "text"));
	json_put_opt(w, "channel", channel);
	json_put_opt(w, "username", render_text(r, s->username));
	json_put_opt(w, "icon_url", render_text(r, s->icon_url));
	json_put_opt(w, "icon_emoji", render_text(r, s->icon_emoji));
	json_key(w, STR("attachments"));
	json_array_begin(w);
	if (s->attachments.n == 0)
		put_attachment(r, w, &s->own);
	for (size_t i = 0; i < s->attachments.n; i++)
		put_attachment(r, w, &more[i]);
	json_array_end(w);
	json_put_opt(w, "type", render_text(r, s->type));
	if (s->props.card.n > 0) {
		json_key(w, STR("props"));
		json_object_begin(w);
		json_put_opt(w, "card", render_text(r, s->props.card));
		json_object_end(w);
	}
	if (s->priority.priority.n > 0)
		put_priority(r, w, &s->priority);
	json_object_end(w);
}

static enum step
mattermost_start(struct attempt *a, struct request *out, struct err *e)
{
	const struct mattermost_settings *s = a->settings;
	struct render r = { .a = a, .e = e };
	struct str url, *channel = ARENA_NEW(a->arena, struct str);
	struct http_json j;
	enum step step;

	if (!render_secret(a, s->webhook_url, s->webhook_url_file, &url, e))
		return STEP_FAIL;
	if (url.n == 0)
		return judge_fail(a, FAILURE_OTHER, e, "webhook url missing");
	*channel = render_text(&r, s->channel);
	a->state = channel;
	http_json_begin(&j);
	put_request(&r, &j.w, *channel);
	step = http_post_json(a, out, url, &j, r.failed ? NULL : e);
	out->http.secret_url = true;
	return r.failed ? STEP_FAIL : step;
}

static enum step
mattermost_resume(struct attempt *a, const struct response *r, struct request *out, struct err *e)
{
	const struct str *channel = a->state;
	enum step step = judge_http(a, r, &(struct judge){ 0 }, e);

	(void)out;
	if (step != STEP_DONE && !r->transport_error)
		err_ctx(e, "channel \"%.*s\"", STR_ARG(*channel));
	return step;
}

const struct notifier notify_mattermost = {
	.kind = {
		.name = "mattermost",
		.has_http_config = true,
		.settings_size = sizeof(struct mattermost_settings),
		.fields = mattermost_fields,
		.check = mattermost_check,
		.finish = mattermost_finish,
	},
	.start = mattermost_start,
	.resume = mattermost_resume,
	.by_status = true,
};
