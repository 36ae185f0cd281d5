/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notify_telegram.c - Telegram, by a bot's sendMessage.
 */
#include <inttypes.h>

#include "base/utf8.h"
#include "http.h"
#include "judge.h"
#include "settings.h"
#include "text/json_small.h"
#include "text/url.h"

#define MESSAGE_RUNES 4096
/* HTML cannot be cut anywhere: a notice goes out instead. */
#define TOO_LONG "Alertmanager notification could not be sent: message length exceeds Telegram limits.\n" \
	"\t\t\tPlease check the template used for producing the message content."

struct telegram_settings {
	struct integration_common common;
	struct str api_url, bot_token, bot_token_file;
	int64_t chat_id;
	struct str chat_id_file;
	int64_t message_thread_id;
	struct str message;
	bool disable_notifications;
	struct str parse_mode;
};

static const struct field telegram_fields[] = {
	COMMON_FIELDS(struct telegram_settings, "true"),
	URL_FIELD(struct telegram_settings, api_url, .inherit = "telegram_api_url",
	    .doc = "Where the API of Telegram is."),
	STRING_FIELD(struct telegram_settings, bot_token, .flags = F_SECRET | F_OMIT_EMPTY,
	    .doc = "Token of the bot."),
	STRING_FIELD(struct telegram_settings, bot_token_file, .flags = F_PATH_CWD | F_OMIT_EMPTY,
	    .doc = "File that holds bot_token."),
	INT_FIELD(struct telegram_settings, chat_id, .flags = F_OMIT_EMPTY, .doc = "Chat to post to."),
	STRING_FIELD(struct telegram_settings, chat_id_file, .flags = F_PATH_CWD | F_OMIT_EMPTY,
	    .doc = "File that holds chat_id."),
	INT_FIELD(struct telegram_settings, message_thread_id, .flags = F_OMIT_EMPTY, .doc = "Topic in a group."),
	STRING_FIELD(struct telegram_settings, message, .flags = F_TEMPLATE | F_OMIT_EMPTY,
	    .fallback = "{{ template \"telegram.default.message\" . }}", .doc = "Text of the message."),
	BOOL_FIELD(struct telegram_settings, disable_notifications, .flags = F_OMIT_EMPTY, .fallback = "false",
	    .doc = "Whether the message comes without a sound."),
	STRING_FIELD(struct telegram_settings, parse_mode, .flags = F_OMIT_EMPTY, .fallback = "HTML",
	    .doc = "HTML, Markdown, MarkdownV2, or empty for plain text."),
	{ 0 },
};

static bool
telegram_check(void *settings, struct arena *a, struct err *e)
{
	static const char *const modes[] = { "", "Markdown", "MarkdownV2", "HTML" };
	const struct telegram_settings *s = settings;

	(void)a;
	if (!settings_at_most_one(s->bot_token, s->bot_token_file, "bot_token", "bot_token_file", e))
		return false;
	if (s->chat_id == 0 && s->chat_id_file.n == 0)
		return err_set(e, ERR_INVALID, "missing chat_id or chat_id_file on telegram_config");
	if (s->chat_id != 0 && s->chat_id_file.n > 0)
		return err_set(e, ERR_INVALID, "at most one of chat_id & chat_id_file must be configured");
	for (size_t i = 0; i < ARRAY_LEN(modes); i++)
		if (str_is(s->parse_mode, modes[i]))
			return true;
	return err_set(e, ERR_INVALID,
	    "unknown parse_mode on telegram_config, must be Markdown, MarkdownV2, HTML or empty string");
}

static bool
telegram_finish(void *settings, const struct global *g, struct arena *a, struct err *e)
{
	struct telegram_settings *s = settings;

	(void)a;
	inherit_str(&s->api_url, g->telegram_api_url);
	settings_inherit_pair(&s->bot_token, &s->bot_token_file, g->telegram_bot_token, g->telegram_bot_token_file);
	if (s->bot_token.n + s->bot_token_file.n == 0)
		return err_set(e, ERR_INVALID, "missing bot_token or bot_token_file on telegram_config");
	return true;
}

static struct str
render_message(struct render *r, const struct telegram_settings *s)
{
	struct str text;

	if (!str_is(s->parse_mode, "HTML"))
		return render_cut_runes(r, render_text(r, s->message), MESSAGE_RUNES, "message");
	text = render_html(r, s->message);
	if (utf8_count(text) <= MESSAGE_RUNES)
		return text;
	if (r->a->env->truncated != NULL)
		r->a->env->truncated(r->a->env->arg, r->a->n, "message", MESSAGE_RUNES);
	return STR(TOO_LONG);
}

static bool
parse_int(struct str s, int64_t *out)
{
	if (str_starts(s, STR("+")))
		s = str_sub(s, 1, s.n);
	return json_number_int(s, out);
}

static bool
read_chat(struct attempt *a, const struct telegram_settings *s, int64_t *out, struct err *e)
{
	struct str text;

	*out = s->chat_id;
	if (s->chat_id_file.n == 0)
		return true;
	if (!render_file(a, s->chat_id_file, &text, e))
		return err_ctx(e, "could not read %.*s", STR_ARG(s->chat_id_file));
	if (!parse_int(str_trim(text), out))
		return err_set(e, ERR_INVALID, "could not parse chat_id from %.*s: invalid syntax",
		    STR_ARG(s->chat_id_file));
	return true;
}

static bool
read_token(struct attempt *a, const struct telegram_settings *s, struct str *out, struct err *e)
{
	*out = s->bot_token;
	if (s->bot_token_file.n == 0)
		return true;
	if (!render_file(a, s->bot_token_file, out, e))
		return err_ctx(e, "could not read %.*s", STR_ARG(s->bot_token_file));
	*out = str_trim(*out);
	return true;
}

static void
put_message(struct attempt *a, struct json_writer *w, int64_t chat, struct str text)
{
	const struct telegram_settings *s = a->settings;

	json_object_begin(w);
	json_put_str(w, "chat_id", arena_printf(a->arena, "%" PRId64, chat));
	if (s->disable_notifications)
		json_put_str(w, "disable_notification", STR("true"));
	json_put_str(w, "disable_web_page_preview", STR("true"));
	if (s->message_thread_id != 0)
		json_put_str(w, "message_thread_id", arena_printf(a->arena, "%" PRId64, s->message_thread_id));
	json_put_opt(w, "parse_mode", s->parse_mode);
	json_put_str(w, "text", text);
	json_object_end(w);
}

static enum step
telegram_start(struct attempt *a, struct request *out, struct err *e)
{
	const struct telegram_settings *s = a->settings;
	struct render r = { .a = a, .e = e };
	struct str text = render_message(&r, s), token, url;
	struct http_json j;
	int64_t chat;
	enum step step;

	if (r.failed)
		return STEP_FAIL;
	if (!read_token(a, s, &token, e) || !read_chat(a, s, &chat, e))
		return STEP_RETRY;
	http_json_begin(&j);
	put_message(a, &j.w, chat, text);
	url = arena_printf(a->arena, "%.*s/bot%.*s/sendMessage", STR_ARG(s->api_url), STR_ARG(token));
	step = http_post_json(a, out, url, &j, e);
	if (step != STEP_SEND)
		return step;
	/* The client library of the original names itself, not Alertmanager. */
	out->http.headers[0].value = STR("Go-http-client/1.1");
	/* COMPAT: Alertmanager shows the token in its errors. */
	out->http.secret_url = true;
	return step;
}

static enum step
judge_reply(struct attempt *a, const struct response *r, struct json_t *reply, struct err *e)
{
	int code = (int)json_small_int(reply, "error_code", r->status);
	int64_t wait = json_small_int(json_small_get(reply, "parameters"), "retry_after", 0);

	if (json_small_bool(reply, "ok", false))
		return STEP_DONE;
	if (wait > 0)
		a->retry_after = wait < 3600 ? wait * SPAN_S : SPAN_HOUR;
	return judge_retry(a, judge_failure(code), e, "telegram: %.*s (%d)",
	    STR_ARG(json_small_str(reply, "description", STR("unknown error"))), code);
}

static enum step
telegram_resume(struct attempt *a, const struct response *r, struct request *out, struct err *e)
{
	struct json_t *reply;
	struct err why = { 0 };
	enum step step;

	(void)out;
	if (r->transport_error)
		return judge_http(a, r, &(struct judge){ 0 }, e);
	reply = json_small_parse(r->body, JSON_DOCUMENT, &why);
	a->retry_after = r->retry_after;
	if (reply == NULL)
		return judge_retry(a, judge_failure(r->status), e, "telegram: %s (status code %d)", why.text,
		    r->status);
	step = judge_reply(a, r, reply, e);
	json_small_free(&reply);
	return step;
}

const struct notifier notify_telegram = {
	.kind = {
		.name = "telegram",
		.has_http_config = true,
		.settings_size = sizeof(struct telegram_settings),
		.fields = telegram_fields,
		.check = telegram_check,
		.finish = telegram_finish,
	},
	.start = telegram_start,
	.resume = telegram_resume,
};
