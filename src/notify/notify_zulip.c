/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notify_zulip.c - Zulip: a message of a bot to a channel's topic, or to people (zulip.com/api/send-message).
 */
#include "http.h"
#include "messenger.h"
#include "settings.h"
#include "text/base64.h"
#include "text/json_write.h"
#include "text/url.h"

#define TOPIC_RUNES 60
#define MESSAGE_RUNES 10000

struct zulip_settings {
	struct integration_common common;
	struct str url, email, api_key, api_key_file, channel, topic;
	struct str_list to;
	struct str message;
};

#define TEXT_FLAGS (F_TEMPLATE | F_OMIT_EMPTY)

static const struct field zulip_fields[] = {
	COMMON_FIELDS(struct zulip_settings, "true"),
	URL_FIELD(struct zulip_settings, url, .flags = F_OMIT_EMPTY, .doc = "Where the organization is."),
	STRING_FIELD(struct zulip_settings, email, .flags = F_OMIT_EMPTY, .doc = "E-mail address of the bot."),
	STRING_FIELD(struct zulip_settings, api_key, .flags = F_SECRET | F_OMIT_EMPTY, .doc = "API key of the bot."),
	STRING_FIELD(struct zulip_settings, api_key_file, .flags = F_PATH_CWD | F_OMIT_EMPTY, .doc = "File that holds api_key."),
	STRING_FIELD(struct zulip_settings, channel, .flags = TEXT_FLAGS, .doc = "Channel to post to."),
	STRING_FIELD(struct zulip_settings, topic, .flags = TEXT_FLAGS, .fallback = "{{ template \"zulip.default.topic\" . }}",
	    .doc = "Topic in the channel, cut to 60 characters."),
	STRINGS_FIELD(struct zulip_settings, to, .flags = TEXT_FLAGS, .doc = "In place of a channel: addresses of people, who get one message together."),
	STRING_FIELD(struct zulip_settings, message, .flags = TEXT_FLAGS, .fallback = "{{ template \"zulip.default.message\" . }}",
	    .doc = "Text of the message in Markdown, cut to 10000 characters."),
	{ 0 },
};

static bool
zulip_check(void *settings, struct arena *a, struct err *e)
{
	const struct zulip_settings *s = settings;

	(void)a;
	if (s->url.n == 0)
		return err_set(e, ERR_INVALID, "missing url in zulip_config");
	if (s->email.n == 0)
		return err_set(e, ERR_INVALID, "missing email in zulip_config");
	if ((s->channel.n > 0) == (s->to.n > 0))
		return err_set(e, ERR_INVALID, "one of channel or to must be configured");
	return settings_exactly_one(s->api_key, s->api_key_file, "api_key", "api_key_file", e);
}

/* The addresses as a list in JSON. */
static bool
people(struct render *r, struct str *out)
{
	const struct zulip_settings *s = r->a->settings;
	struct sbuf b = SBUF_INIT(1 << 16);
	struct json_writer w;
	size_t n = 0;

	json_writer_init(&w, &b, JSON_HTML_PLAIN);
	json_array_begin(&w);
	for (size_t i = 0; i < s->to.n; i++) {
		struct str rest = render_text(r, s->to.v[i]);

		while (rest.n > 0) {
			struct str one = str_trim(str_split(&rest, ','));

			if (one.n == 0)
				continue;
			json_str(&w, one);
			n++;
		}
	}
	json_array_end(&w);
	if (!r->failed && n == 0)
		r->failed = !err_set(r->e, ERR_INVALID, "nobody to send to: every template of `to` came out empty");
	return render_take(r->a, &b, out, r->failed ? NULL : r->e) && !r->failed;
}

static bool
put_form(struct render *r, struct str *out)
{
	const struct zulip_settings *s = r->a->settings;
	struct sbuf b = SBUF_INIT(1 << 20);
	struct str to, topic;
	bool first = true;

	if (s->channel.n > 0) {
		to = str_trim(render_text(r, s->channel));
		topic = render_cut_runes(r, str_trim(render_text(r, s->topic)), TOPIC_RUNES, "topic");
		/* The type has had this name since the first version. */
		url_query_add(&b, &first, STR("type"), STR("stream"));
		url_query_add(&b, &first, STR("to"), to);
		url_query_add(&b, &first, STR("topic"), topic.n > 0 ? topic : STR("alerts"));
	} else {
		if (!people(r, &to))
			return false;
		url_query_add(&b, &first, STR("type"), STR("private"));
		url_query_add(&b, &first, STR("to"), to);
	}
	url_query_add(&b, &first, STR("content"), render_cut_runes(r, render_text(r, s->message), MESSAGE_RUNES, "message"));
	return render_take(r->a, &b, out, r->failed ? NULL : r->e) && !r->failed;
}

static bool
basic_auth(struct attempt *a, struct str user, struct str password, struct str *out, struct err *e)
{
	struct sbuf b = SBUF_INIT(1 << 16);

	sbuf_puts(&b, "Basic ");
	base64_encode(&b, arena_printf(a->arena, "%.*s:%.*s", STR_ARG(user), STR_ARG(password)), BASE64_STD);
	return render_take(a, &b, out, e);
}

static enum step
zulip_start(struct attempt *a, struct request *out, struct err *e)
{
	const struct zulip_settings *s = a->settings;
	struct render r = { .a = a, .e = e };
	struct str key, url, form, auth;

	if (!messenger_secret(a, s->api_key, s->api_key_file, &key, e))
		return STEP_RETRY;
	if (!put_form(&r, &form) || !messenger_url(a, s->url, "api/v1/messages", &url, e) ||
	    !basic_auth(a, s->email, key, &auth, e))
		return STEP_FAIL;
	http_request(a, out, "POST", url, "application/x-www-form-urlencoded", form);
	http_header(a, out, "Authorization", auth);
	return STEP_SEND;
}

static enum step
zulip_resume(struct attempt *a, const struct response *r, struct request *out, struct err *e)
{
	(void)out;
	return messenger_judge(a, r, e);
}

const struct notifier notify_zulip = {
	.kind = {
		.name = "zulip",
		.has_http_config = true,
		.extension = true,
		.settings_size = sizeof(struct zulip_settings),
		.fields = zulip_fields,
		.check = zulip_check,
	},
	.start = zulip_start,
	.resume = zulip_resume,
	.by_status = true,
};
