/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notify_wechat.c - WeCom (WeChat Work): a token first, kept for two hours, then the message.
 */
#include "http.h"
#include "judge.h"
#include "settings.h"
#include "text/digest.h"
#include "text/json_small.h"
#include "text/url.h"

#define TOKEN_TTL (2 * SPAN_HOUR)
#define CODE_TOKEN_EXPIRED 42001
#define CODE_TOKEN_INVALID 40014

struct wechat_settings {
	struct integration_common common;
	struct str api_secret, api_secret_file, corp_id, message, api_url;
	struct str to_user, to_party, to_tag, agent_id, message_type;
};

#define TEXT_FLAGS (F_TEMPLATE | F_OMIT_EMPTY)
#define DEFAULT(name) "{{ template \"wechat.default." name "\" . }}"

static const struct field wechat_fields[] = {
	COMMON_FIELDS(struct wechat_settings, "false"),
	STRING_FIELD(struct wechat_settings, api_secret, .flags = F_SECRET | TEXT_FLAGS, .doc = "Secret of the API."),
	STRING_FIELD(struct wechat_settings, api_secret_file, .flags = F_PATH_CWD | F_OMIT_EMPTY,
	    .doc = "File that holds api_secret."),
	STRING_FIELD(struct wechat_settings, corp_id, .flags = TEXT_FLAGS, .inherit = "wechat_api_corp_id",
	    .doc = "Id of the company."),
	STRING_FIELD(struct wechat_settings, message, .flags = TEXT_FLAGS, .fallback = DEFAULT("message"),
	    .doc = "Text of the message."),
	URL_FIELD(struct wechat_settings, api_url, .flags = F_OMIT_EMPTY, .inherit = "wechat_api_url",
	    .doc = "Where its API is."),
	STRING_FIELD(struct wechat_settings, to_user, .flags = TEXT_FLAGS, .fallback = DEFAULT("to_user"),
	    .doc = "Users to tell."),
	STRING_FIELD(struct wechat_settings, to_party, .flags = TEXT_FLAGS, .fallback = DEFAULT("to_party"),
	    .doc = "Departments to tell."),
	STRING_FIELD(struct wechat_settings, to_tag, .flags = TEXT_FLAGS, .fallback = DEFAULT("to_tag"),
	    .doc = "Tags to tell."),
	STRING_FIELD(struct wechat_settings, agent_id, .flags = TEXT_FLAGS, .fallback = DEFAULT("agent_id"),
	    .doc = "Id of the app."),
	STRING_FIELD(struct wechat_settings, message_type, .flags = F_OMIT_EMPTY, .doc = "text or markdown."),
	{ 0 },
};

static bool
wechat_check(void *settings, struct arena *a, struct err *e)
{
	struct wechat_settings *s = settings;

	(void)a;
	if (s->message_type.n == 0)
		s->message_type = STR("text");
	if (!str_is(s->message_type, "text") && !str_is(s->message_type, "markdown"))
		return err_set(e, ERR_INVALID,
		    "weChat message type \"%.*s\" does not match valid options ^(text|markdown)$",
		    STR_ARG(s->message_type));
	return settings_at_most_one(s->api_secret, s->api_secret_file, "api_secret", "api_secret_file", e);
}

static bool
wechat_finish(void *settings, const struct global *g, struct arena *a, struct err *e)
{
	struct wechat_settings *s = settings;

	inherit_str(&s->api_url, g->wechat_api_url);
	if (s->api_url.n == 0)
		return err_set(e, ERR_INVALID, "no global Wechat URL set");
	settings_inherit_pair(&s->api_secret, &s->api_secret_file, g->wechat_api_secret, g->wechat_api_secret_file);
	if (s->api_secret.n + s->api_secret_file.n == 0)
		return err_set(e, ERR_INVALID, "no global Wechat Api Secret set either inline or in a file");
	inherit_str(&s->corp_id, g->wechat_api_corp_id);
	if (s->corp_id.n == 0)
		return err_set(e, ERR_INVALID, "no global Wechat CorpID set");
	return settings_slash(&s->api_url, a, e);
}

/* The state of one attempt, from start to the last resume. */
struct wechat_state {
	struct str cache_key;
	struct str body;	/* of the message */
	bool sending;		/* the message is under way, not the token's request */
};

static struct str
endpoint(struct attempt *a, const char *below, struct str query)
{
	const struct wechat_settings *s = a->settings;
	struct sbuf b = SBUF_INIT(1 << 16);
	struct url u;
	struct str out;

	if (!url_parse(a->arena, s->api_url, &u, NULL))
		return STR_NONE;
	u.path = arena_printf(a->arena, "%.*s%s", STR_ARG(u.path), below);
	u.raw_path = STR_NONE;
	u.query = query;
	url_format(&b, &u);
	out = arena_str(a->arena, sbuf_get(&b));
	sbuf_fini(&b);
	return out;
}

static struct str
make_query(struct attempt *a, const char *key, struct str value, const char *key2, struct str value2)
{
	struct sbuf b = SBUF_INIT(1 << 16);
	bool first = true;
	struct str out;

	url_query_add(&b, &first, str_from(key), value);
	if (key2 != NULL)
		url_query_add(&b, &first, str_from(key2), value2);
	out = arena_str(a->arena, sbuf_get(&b));
	sbuf_fini(&b);
	return out;
}

static void
put_content(struct json_writer *w, const char *key, struct str content)
{
	json_key(w, str_from(key));
	json_object_begin(w);
	json_put_str(w, "content", content);
	json_object_end(w);
}

/* Both kinds of content are always there, the one not meant is empty. */
static bool
build_message(struct render *r, struct str *out, struct err *e)
{
	const struct wechat_settings *s = r->a->settings;
	bool markdown = str_is(s->message_type, "markdown");
	struct str message = render_text(r, s->message);
	struct http_json j;

	http_json_begin(&j);
	json_object_begin(&j.w);
	put_content(&j.w, "text", markdown ? STR_NONE : message);
	json_put_opt(&j.w, "touser", render_text(r, s->to_user));
	json_put_opt(&j.w, "toparty", render_text(r, s->to_party));
	json_put_opt(&j.w, "totag", render_text(r, s->to_tag));
	json_put_opt(&j.w, "agentid", render_text(r, s->agent_id));
	json_put_str(&j.w, "safe", STR("0"));
	json_put_str(&j.w, "msgtype", s->message_type);
	put_content(&j.w, "markdown", markdown ? message : STR_NONE);
	json_object_end(&j.w);
	return http_json_end(&j, r->a, out, r->failed ? NULL : e) && !r->failed;
}

static enum step
send_message(struct attempt *a, struct str token, struct request *out)
{
	struct wechat_state *state = a->state;
	struct str query = make_query(a, "access_token", token, NULL, STR_NONE);

	state->sending = true;
	http_request(a, out, "POST", endpoint(a, "message/send", query), "application/json", state->body);
	out->http.secret_url = true;
	return STEP_SEND;
}

static enum step
wechat_start(struct attempt *a, struct request *out, struct err *e)
{
	const struct wechat_settings *s = a->settings;
	struct wechat_state *state = ARENA_NEW(a->arena, struct wechat_state);
	struct render r = { .a = a, .e = e };
	struct str secret, corp, token;
	char hex[SHA256_HEX];

	a->state = state;
	if (!render_secret(a, s->api_secret, s->api_secret_file, &secret, e))
		return STEP_FAIL;
	secret = render_text(&r, secret);
	corp = render_text(&r, s->corp_id);
	if (r.failed || !build_message(&r, &state->body, e)) {
		err_ctx(e, "templating error");
		return STEP_FAIL;
	}
	digest_sha256_hex(arena_printf(a->arena, "%.*s\n%.*s\n%.*s", STR_ARG(s->api_url), STR_ARG(corp),
	    STR_ARG(secret)), hex);
	state->cache_key = arena_printf(a->arena, "wechat:%s", hex);
	if (a->env->cache_get != NULL && a->env->cache_get(a->env->arg, state->cache_key, a->now, a->arena, &token))
		return send_message(a, token, out);
	http_request(a, out, "GET", endpoint(a, "gettoken", make_query(a, "corpid", corp, "corpsecret", secret)), NULL,
	    STR_NONE);
	out->http.secret_url = true;
	out->asks = true;
	return STEP_SEND;
}

static enum step
take_token(struct attempt *a, const struct response *r, struct request *out, struct err *e)
{
	const struct wechat_settings *s = a->settings;
	const struct wechat_state *state = a->state;
	struct json_t *reply = json_small_parse(r->body, JSON_FIRST_VALUE, e);
	struct str token;

	if (reply == NULL)
		return STEP_FAIL;
	token = arena_str(a->arena, json_small_str(reply, "access_token", STR_NONE));
	json_small_free(&reply);
	if (token.n == 0)
		return judge_fail(a, FAILURE_OTHER, e, "invalid APISecret for CorpID: %.*s", STR_ARG(s->corp_id));
	if (a->env->cache_put != NULL)
		a->env->cache_put(a->env->arg, state->cache_key, token, TOKEN_TTL, a->now);
	return send_message(a, token, out);
}

static enum step
judge_reply(struct attempt *a, struct json_t *reply, struct err *e)
{
	const struct wechat_state *state = a->state;
	struct str text = json_small_str(reply, "errmsg", STR_NONE);
	int64_t code = json_small_int(reply, "errcode", 0);

	if (code == 0)
		return STEP_DONE;
	/* COMPAT: Alertmanager keeps a token that is called invalid until its two hours are over. */
	if ((code == CODE_TOKEN_EXPIRED || code == CODE_TOKEN_INVALID) && a->env->cache_drop != NULL)
		a->env->cache_drop(a->env->arg, state->cache_key);
	if (code == CODE_TOKEN_EXPIRED)
		return judge_retry(a, FAILURE_OTHER, e, "%.*s", STR_ARG(text));
	return judge_fail(a, FAILURE_OTHER, e, "%.*s", STR_ARG(text));
}

static enum step
wechat_resume(struct attempt *a, const struct response *r, struct request *out, struct err *e)
{
	const struct wechat_state *state = a->state;
	struct json_t *reply;
	enum step step;

	if (r->transport_error)
		return judge_http(a, r, &(struct judge){ 0 }, e);
	if (!state->sending)
		return take_token(a, r, out, e);
	if (r->status != 200) {
		a->retry_after = r->retry_after;
		return judge_retry(a, judge_failure(r->status), e, "unexpected status code %d", r->status);
	}
	reply = json_small_parse(r->body, JSON_DOCUMENT, e);
	if (reply == NULL)
		return STEP_RETRY;
	step = judge_reply(a, reply, e);
	json_small_free(&reply);
	return step;
}

/* A token may have to be fetched first. */
static bool
wechat_renders_later(const void *settings)
{
	(void)settings;
	return true;
}

const struct notifier notify_wechat = {
	.kind = {
		.name = "wechat",
		.has_http_config = true,
		.settings_size = sizeof(struct wechat_settings),
		.fields = wechat_fields,
		.check = wechat_check,
		.finish = wechat_finish,
	},
	.start = wechat_start,
	.resume = wechat_resume,
	.renders_later = wechat_renders_later,
};
