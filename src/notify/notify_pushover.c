/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notify_pushover.c - Pushover: everything in the query of one POST.
 */
#include <inttypes.h>

#include "http.h"
#include "settings.h"
#include "text/url.h"

#define API_URL "https://api.pushover.net/1/messages.json"
#define TITLE_RUNES 250
#define MESSAGE_RUNES 1024
#define URL_RUNES 512

struct pushover_settings {
	struct integration_common common;
	struct str user_key, user_key_file, token, token_file;
	struct str title, message, url, url_title, device, sound, priority;
	span retry, expire, ttl;
	bool html, monospace;
};

#define TEXT_FLAGS (F_TEMPLATE | F_OMIT_EMPTY)

static const struct field pushover_fields[] = {
	COMMON_FIELDS(struct pushover_settings, "true"),
	STRING_FIELD(struct pushover_settings, user_key, .flags = F_SECRET | TEXT_FLAGS,
	    .doc = "Key of the user or group."),
	STRING_FIELD(struct pushover_settings, user_key_file, .flags = F_PATH_CWD | F_OMIT_EMPTY,
	    .doc = "File that holds user_key."),
	STRING_FIELD(struct pushover_settings, token, .flags = F_SECRET | TEXT_FLAGS,
	    .doc = "Token of the application."),
	STRING_FIELD(struct pushover_settings, token_file, .flags = F_PATH_CWD | F_OMIT_EMPTY,
	    .doc = "File that holds token."),
	STRING_FIELD(struct pushover_settings, title, .flags = TEXT_FLAGS,
	    .fallback = "{{ template \"pushover.default.title\" . }}", .doc = "Title of the message."),
	STRING_FIELD(struct pushover_settings, message, .flags = TEXT_FLAGS,
	    .fallback = "{{ template \"pushover.default.message\" . }}", .doc = "Text of the message."),
	STRING_FIELD(struct pushover_settings, url, .flags = TEXT_FLAGS,
	    .fallback = "{{ template \"pushover.default.url\" . }}", .doc = "Link below the message."),
	STRING_FIELD(struct pushover_settings, url_title, .flags = TEXT_FLAGS, .doc = "Text of the link."),
	STRING_FIELD(struct pushover_settings, device, .flags = TEXT_FLAGS,
	    .doc = "Devices to send to; all by default."),
	STRING_FIELD(struct pushover_settings, sound, .flags = TEXT_FLAGS, .doc = "Sound to play."),
	STRING_FIELD(struct pushover_settings, priority, .flags = TEXT_FLAGS,
	    .fallback = "{{ if eq .Status \"firing\" }}2{{ else }}0{{ end }}", .doc = "-2 to 2."),
	GO_DURATION_FIELD(struct pushover_settings, retry, .flags = F_TEXT_ONLY | F_OMIT_EMPTY, .fallback = "1m",
	    .doc = "How often a message of priority 2 is repeated."),
	GO_DURATION_FIELD(struct pushover_settings, expire, .flags = F_TEXT_ONLY | F_OMIT_EMPTY, .fallback = "1h",
	    .doc = "How long a message of priority 2 is repeated."),
	GO_DURATION_FIELD(struct pushover_settings, ttl, .flags = F_TEXT_ONLY | F_OMIT_EMPTY, .fallback = "0s",
	    .doc = "How long until the message is deleted; 0s: never."),
	BOOL_FIELD(struct pushover_settings, html, .flags = F_OMIT_EMPTY, .fallback = "false",
	    .doc = "Whether the message is HTML."),
	BOOL_FIELD(struct pushover_settings, monospace, .flags = F_OMIT_EMPTY, .fallback = "false",
	    .doc = "Whether letters are of one width."),
	{ 0 },
};

static bool
pushover_check(void *settings, struct arena *a, struct err *e)
{
	const struct pushover_settings *s = settings;

	(void)a;
	if (!settings_exactly_one(s->user_key, s->user_key_file, "user_key", "user_key_file", e) ||
	    !settings_exactly_one(s->token, s->token_file, "token", "token_file", e))
		return false;
	if (s->html && s->monospace)
		return err_set(e, ERR_INVALID, "at most one of monospace & html must be configured");
	return true;
}

/* A secret from its file is taken as it is, line end included, and is a template as well. */
static struct str
render_key_of(struct render *r, struct str value, struct str file, const char *name)
{
	if (r->failed)
		return STR_NONE;
	if (value.n == 0 && !render_file(r->a, file, &value, r->e)) {
		err_ctx(r->e, "read %s", name);
		r->failed = true;
	}
	return render_text(r, value);
}

static struct str
render_message(struct render *r, const struct pushover_settings *s)
{
	struct str message = s->html ? render_html(r, s->message) : render_text(r, s->message);

	message = str_trim(render_cut_runes(r, message, MESSAGE_RUNES, "message"));
	/* Pushover refuses empty ones. */
	return message.n > 0 ? message : STR("(no details)");
}

static struct str
seconds(struct attempt *a, span d)
{
	return arena_printf(a->arena, "%" PRId64, d / SPAN_S);
}

static void
put_query(struct render *r, struct sbuf *b, const struct pushover_settings *s)
{
	struct attempt *a = r->a;
	bool first = true;

	/* In the order of the keys, as url.Values.Encode. */
	url_query_add(b, &first, STR("device"), render_text(r, s->device));
	url_query_add(b, &first, STR("expire"), seconds(a, s->expire));
	if (s->html)
		url_query_add(b, &first, STR("html"), STR("1"));
	url_query_add(b, &first, STR("message"), render_message(r, s));
	if (s->monospace)
		url_query_add(b, &first, STR("monospace"), STR("1"));
	url_query_add(b, &first, STR("priority"), render_text(r, s->priority));
	url_query_add(b, &first, STR("retry"), seconds(a, s->retry));
	url_query_add(b, &first, STR("sound"), render_text(r, s->sound));
	url_query_add(b, &first, STR("title"), render_cut_runes(r, render_text(r, s->title), TITLE_RUNES, "title"));
	url_query_add(b, &first, STR("token"), render_key_of(r, s->token, s->token_file, "token_file"));
	if (s->ttl >= SPAN_S)
		url_query_add(b, &first, STR("ttl"), seconds(a, s->ttl));
	url_query_add(b, &first, STR("url"), render_cut_runes(r, render_text(r, s->url), URL_RUNES, "URL"));
	url_query_add(b, &first, STR("url_title"), render_text(r, s->url_title));
	url_query_add(b, &first, STR("user"), render_key_of(r, s->user_key, s->user_key_file, "user_key_file"));
}

static enum step
pushover_start(struct attempt *a, struct request *out, struct err *e)
{
	struct sbuf b = SBUF_INIT(1 << 20);
	struct render r = { .a = a, .e = e };
	struct str url;

	sbuf_puts(&b, API_URL "?");
	put_query(&r, &b, a->settings);
	if (!render_take(a, &b, &url, r.failed ? NULL : e) || r.failed)
		return STEP_FAIL;
	http_request(a, out, "POST", url, "text/plain", STR_NONE);
	out->http.secret_url = true;
	return STEP_SEND;
}

const struct notifier notify_pushover = {
	.kind = {
		.name = "pushover",
		.has_http_config = true,
		.settings_size = sizeof(struct pushover_settings),
		.fields = pushover_fields,
		.check = pushover_check,
	},
	.start = pushover_start,
};
