/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notify_victorops.c - VictorOps (Splunk On-Call), REST endpoint integration.
 */
#include "http.h"
#include "payload.h"
#include "settings.h"
#include "text/url.h"

#define MESSAGE_RUNES 20480

struct victorops_settings {
	struct integration_common common;
	struct str api_key, api_key_file, api_url, routing_key;
	struct str message_type, state_message, entity_display_name, monitoring_tool;
	struct str_pairs custom_fields;
};

static const struct field victorops_fields[] = {
	COMMON_FIELDS(struct victorops_settings, "true"),
	STRING_FIELD(struct victorops_settings, api_key, .flags = F_SECRET | F_OMIT_EMPTY, .inherit = "victorops_api_key",
	    .doc = "Key of the API."),
	STRING_FIELD(struct victorops_settings, api_key_file, .flags = F_PATH_CWD | F_OMIT_EMPTY,
	    .inherit = "victorops_api_key_file", .doc = "File that holds api_key."),
	URL_FIELD(struct victorops_settings, api_url, .inherit = "victorops_api_url", .doc = "Where its API is."),
	STRING_FIELD(struct victorops_settings, routing_key, .flags = F_TEMPLATE, .doc = "Which team to tell."),
	STRING_FIELD(struct victorops_settings, message_type, .flags = F_TEMPLATE, .fallback = "CRITICAL",
	    .doc = "CRITICAL, WARNING or INFO."),
	STRING_FIELD(struct victorops_settings, state_message, .flags = F_TEMPLATE,
	    .fallback = "{{ template \"victorops.default.state_message\" . }}", .doc = "What is wrong."),
	STRING_FIELD(struct victorops_settings, entity_display_name, .flags = F_TEMPLATE,
	    .fallback = "{{ template \"victorops.default.entity_display_name\" . }}",
	    .doc = "Short text of the incident."),
	STRING_FIELD(struct victorops_settings, monitoring_tool, .flags = F_TEMPLATE,
	    .fallback = "{{ template \"victorops.default.monitoring_tool\" . }}", .doc = "Name of who sends."),
	PAIRS_FIELD(struct victorops_settings, custom_fields, .flags = F_TEMPLATE | F_OMIT_EMPTY,
	    .doc = "Further fields of the message."),
	{ 0 },
};

static bool
victorops_check(void *settings, struct arena *a, struct err *e)
{
	static const char *const reserved[] = { "routing_key", "message_type", "state_message", "entity_display_name",
		"monitoring_tool", "entity_id", "entity_state" };
	const struct victorops_settings *s = settings;

	(void)a;
	if (s->routing_key.n == 0)
		return err_set(e, ERR_INVALID, "missing Routing key in VictorOps config");
	if (!settings_at_most_one(s->api_key, s->api_key_file, "api_key", "api_key_file", e))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(reserved); i++)
		for (size_t k = 0; k < s->custom_fields.n; k++)
			if (str_is(s->custom_fields.v[k].key, reserved[i]))
				return err_set(e, ERR_INVALID, "victorOps config contains custom field %s which cannot "
				    "be used as it conflicts with the fixed/static fields", reserved[i]);
	return true;
}

static bool
victorops_finish(void *settings, const struct global *g, struct arena *a, struct err *e)
{
	struct victorops_settings *s = settings;

	inherit_str(&s->api_url, g->victorops_api_url);
	if (s->api_url.n == 0)
		return err_set(e, ERR_INVALID, "no global VictorOps URL set");
	inherit_str(&s->api_key, g->victorops_api_key);
	inherit_str(&s->api_key_file, g->victorops_api_key_file);
	if (s->api_key.n + s->api_key_file.n == 0)
		return err_set(e, ERR_INVALID, "no global VictorOps API Key set");
	return settings_slash(&s->api_url, a, e);
}

static bool
victorops_url(struct attempt *a, struct str *out, struct err *e)
{
	const struct victorops_settings *s = a->settings;
	struct sbuf b = SBUF_INIT(1 << 16);
	struct str key, routing;
	struct url u;

	if (!render_secret(a, s->api_key, s->api_key_file, &key, e))
		return err_ctx(e, "failed to read API key from file");
	if (!notify_text(a, s->routing_key, &routing, e))
		return err_ctx(e, "templating error");
	if (!url_parse(a->arena, s->api_url, &u, e))
		return false;
	u.path = arena_printf(a->arena, "%.*s%.*s/%.*s", STR_ARG(u.path), STR_ARG(key), STR_ARG(routing));
	u.raw_path = STR_NONE;
	url_format(&b, &u);
	return render_take(a, &b, out, e);
}

static struct str
message_type(struct render *r, const struct victorops_settings *s)
{
	struct str type = render_text(r, s->message_type);

	if (!render_firing(r->a))
		return STR("RECOVERY");
	if (str_is(type, "INFO") || str_is(type, "WARNING"))
		return type;
	return STR("CRITICAL");
}

static void
put(struct json *tree, struct str key, struct str value)
{
	tree->keys[tree->n] = key;
	tree->v[tree->n++] = (struct json){ .kind = JSON_STRING, .s = value };
}

static enum step
victorops_start(struct attempt *a, struct request *out, struct err *e)
{
	const struct victorops_settings *s = a->settings;
	struct render r = { .a = a, .e = e };
	struct json tree = { .kind = JSON_OBJECT };
	struct http_json j;
	struct str url;
	enum step step;

	if (!victorops_url(a, &url, e))
		return STEP_FAIL;
	tree.keys = ARENA_ARRAY(a->arena, s->custom_fields.n + 5, struct str);
	tree.v = ARENA_ARRAY(a->arena, s->custom_fields.n + 5, struct json);
	put(&tree, STR("message_type"), message_type(&r, s));
	put(&tree, STR("state_message"),
	    render_cut_runes(&r, render_text(&r, s->state_message), MESSAGE_RUNES, "state_message"));
	put(&tree, STR("entity_id"), render_key(a));
	put(&tree, STR("entity_display_name"), render_text(&r, s->entity_display_name));
	put(&tree, STR("monitoring_tool"), render_text(&r, s->monitoring_tool));
	for (size_t i = 0; i < s->custom_fields.n; i++)
		put(&tree, s->custom_fields.v[i].key, render_text(&r, s->custom_fields.v[i].value));
	http_json_begin(&j);
	payload_write(&j.w, &tree);
	step = http_post_json(a, out, url, &j, e);
	out->http.secret_url = true;
	if (r.failed) {
		err_ctx(e, "templating error");
		return STEP_RETRY;
	}
	return step;
}

const struct notifier notify_victorops = {
	.kind = {
		.name = "victorops",
		.has_http_config = true,
		.settings_size = sizeof(struct victorops_settings),
		.fields = victorops_fields,
		.check = victorops_check,
		.finish = victorops_finish,
	},
	.start = victorops_start,
};
