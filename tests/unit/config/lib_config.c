/* SPDX-License-Identifier: Apache-2.0 */
#include "lib_config.h"

#include <stdio.h>

#include "text/glob.h"
#include "text/yaml.h"

#define COMMON(S, resolved)                                                                               \
	{ .key = "send_resolved", .type = FIELD_BOOL, .fallback = resolved,                               \
	    .offset = FIELD_CHECKED_(S, common.send_resolved, bool) }
#define HTTP(S)                                                                                           \
	{ .key = "http_config", .type = FIELD_HTTP, .inherit = "http_config", .flags = F_OMIT_EMPTY,      \
	    .offset = FIELD_CHECKED_(S, common.http_config, struct http_config *) }
#define OMIT .flags = F_OMIT_EMPTY

#define W struct webhook_settings
static const struct field webhook_fields[] = {
	COMMON(W, "true"),
	HTTP(W),
	URL_FIELD(W, url, .flags = F_SECRET | F_TEMPLATE | F_OMIT_EMPTY),
	STRING_FIELD(W, url_file),
	UINT_FIELD(W, max_alerts),
	GO_DURATION_FIELD(W, timeout),
	ANY_FIELD(W, payload, OMIT),
	{ 0 },
};

static bool
webhook_check(void *settings, struct arena *a, struct err *e)
{
	const struct webhook_settings *s = settings;

	(void)a;
	if (s->url.n == 0 && s->url_file.n == 0)
		return err_set(e, ERR_INVALID, "one of url or url_file must be configured");
	if (s->url.n > 0 && s->url_file.n > 0)
		return err_set(e, ERR_INVALID, "at most one of url & url_file must be configured");
	return true;
}

static const struct integration_kind webhook = {
	.name = "webhook",
	.has_http_config = true,
	.settings_size = sizeof(W),
	.fields = webhook_fields,
	.check = webhook_check,
};

#define M struct email_settings
static const struct field email_fields[] = {
	COMMON(M, "false"),
	STRING_FIELD(M, to, OMIT),
	STRING_FIELD(M, from, OMIT, .inherit = "smtp_from"),
	STRING_FIELD(M, hello, OMIT, .inherit = "smtp_hello"),
	HOST_PORT_FIELD(M, smarthost, OMIT, .inherit = "smtp_smarthost"),
	STRING_FIELD(M, auth_username, OMIT, .inherit = "smtp_auth_username"),
	STRING_FIELD(M, auth_password, .flags = F_SECRET | F_OMIT_EMPTY),
	STRING_FIELD(M, auth_password_file, OMIT),
	STRING_FIELD(M, auth_secret, .flags = F_SECRET | F_OMIT_EMPTY),
	STRING_FIELD(M, auth_secret_file, OMIT),
	STRING_FIELD(M, auth_identity, OMIT, .inherit = "smtp_auth_identity"),
	PAIRS_FIELD(M, headers, OMIT),
	STRING_FIELD(M, html, OMIT, .fallback = "{{ template \"email.default.html\" . }}"),
	STRING_FIELD(M, text, OMIT),
	TRISTATE_FIELD(M, require_tls, OMIT, .inherit = "smtp_require_tls"),
	TLS_FIELD(M, tls_config, OMIT, .inherit = "smtp_tls_config"),
	TRISTATE_FIELD(M, force_implicit_tls, OMIT, .inherit = "smtp_force_implicit_tls"),
	{ 0 },
};

static bool
email_check(void *settings, struct arena *a, struct err *e)
{
	(void)a;
	if (((M *)settings)->to.n == 0)
		return err_set(e, ERR_INVALID, "missing to address in email config");
	return true;
}

static bool
email_finish(void *settings, const struct global *g, struct arena *a, struct err *e)
{
	M *s = settings;

	(void)a;
	if (s->smarthost.port.n == 0)
		return err_set(e, ERR_INVALID, "no global SMTP smarthost set");
	if (s->from.n == 0)
		return err_set(e, ERR_INVALID, "no global SMTP from set");
	if (s->auth_password.n == 0 && s->auth_password_file.n == 0) {
		s->auth_password = g->smtp_auth_password;
		s->auth_password_file = g->smtp_auth_password_file;
	}
	return true;
}

static const struct integration_kind email = {
	.name = "email",
	.settings_size = sizeof(M),
	.fields = email_fields,
	.check = email_check,
	.finish = email_finish,
};

static const struct field chat_field_fields[] = {
	STRING_FIELD(struct chat_field, title, OMIT),
	STRING_FIELD(struct chat_field, value, OMIT),
	{ .key = "short", .type = FIELD_TRISTATE, OMIT, .offset = FIELD_CHECKED_(struct chat_field, short_, enum tristate) },
	{ 0 },
};

static bool
chat_field_check(void *s, struct arena *a, struct err *e)
{
	(void)a;
	if (((struct chat_field *)s)->title.n == 0)
		return err_set(e, ERR_INVALID, "missing title in Slack field configuration");
	return true;
}

static const struct field confirm_fields[] = {
	STRING_FIELD(struct chat_confirm, text, OMIT),
	{ 0 },
};

static const struct field action_fields[] = {
	STRING_FIELD(struct chat_action, type, OMIT),
	STRING_FIELD(struct chat_action, text, OMIT),
	STRING_FIELD(struct chat_action, url, OMIT),
	STRUCT_FIELD(struct chat_action, confirm, struct chat_confirm, confirm_fields, OMIT, .scalar = "text",
	    .present = PRESENT_IN(struct chat_action, confirm.present)),
	{ 0 },
};

#define C struct chat_settings
static const struct field chat_fields[] = {
	COMMON(C, "false"),
	HTTP(C),
	URL_FIELD(C, api_url, .flags = F_SECRET | F_OMIT_EMPTY, .inherit = "slack_api_url"),
	STRING_FIELD(C, api_url_file, OMIT),
	STRING_FIELD(C, channel, OMIT),
	STRING_FIELD(C, title, OMIT, .fallback = "{{ template \"slack.default.title\" . }}"),
	STRUCTS_FIELD(C, fields, struct chat_field, chat_field_fields, .flags = F_OMIT_EMPTY | F_PRESENCE,
	    .check = chat_field_check),
	STRINGS_FIELD(C, mrkdwn_in, OMIT),
	STRUCTS_FIELD(C, actions, struct chat_action, action_fields, OMIT),
	GO_DURATION_FIELD(C, timeout, .flags = F_TEXT_ONLY),
	STRING_FIELD(C, token_file, .flags = F_READ_AT_LOAD | F_EXTENSION),
	{ 0 },
};

static bool
chat_finish(void *settings, const struct global *g, struct arena *a, struct err *e)
{
	C *s = settings;

	(void)g;
	(void)a;
	if (s->api_url.n == 0 && s->api_url_file.n == 0)
		return err_set(e, ERR_INVALID, "no Slack API URL nor App token set either inline or in a file");
	return true;
}

static const struct integration_kind chat = {
	.name = "slack",
	.has_http_config = true,
	.settings_size = sizeof(C),
	.fields = chat_fields,
	.finish = chat_finish,
};

/* One that Alertmanager does not know. */
static const struct integration_kind extra = {
	.name = "extra",
	.null_error = "an extra config is null",
	.has_http_config = true,
	.extension = true,
	.settings_size = sizeof(W),
	.fields = webhook_fields,
};

const struct integration_kind *const test_kinds[] = { &webhook, &email, &chat, &extra, NULL };

static const struct file_in_memory no_files[] = { { NULL, NULL } };
const struct file_in_memory *test_files = no_files;

static bool
read_file(void *arg, const char *path, size_t max, struct arena *a, struct str *out, struct err *e)
{
	(void)arg;
	for (const struct file_in_memory *f = test_files; f->path != NULL; f++) {
		if (strcmp(f->path, path) == 0) {
			*out = arena_str(a, str_from(f->text));
			return out->n <= max || err_set(e, ERR_LIMIT, "read %s: too large", path);
		}
	}
	return err_set(e, ERR_IO, "open %s: no such file or directory", path);
}

static bool
glob(void *arg, const char *pattern, struct path_bounds *left, struct arena *a, struct str_list *out, struct err *e)
{
	bool matched;

	(void)arg;
	(void)left;
	*out = (struct str_list){ .v = ARENA_ARRAY(a, 100, struct str) };
	for (const struct file_in_memory *f = test_files; f->path != NULL; f++) {
		if (!glob_match(str_from(pattern), str_from(f->path), &matched, e))
			return false;
		if (matched)
			out->v[out->n++] = arena_str(a, str_from(f->path));
	}
	return true;
}

static const char *
env_get(void *arg, const char *name)
{
	(void)arg;
	if (strcmp(name, "SET") == 0)
		return "a value: with [odd] \"bytes\"";
	if (strcmp(name, "NUMBER") == 0)
		return "7";
	if (strcmp(name, "EMPTY") == 0)
		return "";
	return NULL;
}

struct config_env
test_env(void)
{
	return (struct config_env){
		.kinds = test_kinds,
		.now = { .s = 1900000000 },
		.read_file = read_file,
		.glob = glob,
		.env_get = env_get,
	};
}

struct config *
test_load(const char *text)
{
	struct config_env env = test_env();
	struct config *c = NULL;
	struct err e = { 0 };

	if (!config_load(str_from(text), "/etc/am/am.yml", &env, &c, &e))
		ck_abort_msg("%s\n%s", e.text, text);
	return c;
}

const char *
test_refused(const char *text)
{
	static struct err e;
	struct config_env env = test_env();
	struct config *c = NULL;

	memset(&e, 0, sizeof(e));
	if (config_load(str_from(text), "/etc/am/am.yml", &env, &c, &e)) {
		config_unref(c);
		ck_abort_msg("accepted:\n%s", text);
	}
	return e.text;
}
