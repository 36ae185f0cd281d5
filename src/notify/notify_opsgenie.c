/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notify_opsgenie.c - Opsgenie: create an alert, perhaps update it, close it.
 */
#include "http.h"
#include "judge.h"
#include "payload.h"
#include "settings.h"
#include "text/url.h"
#include "tmpl/tmpl.h"

#define MESSAGE_RUNES 130
#define VALID_TYPES "^(team|teams|user|escalation|schedule)$"

struct opsgenie_responder {
	struct str id, name, username, type;
};

struct opsgenie_settings {
	struct integration_common common;
	struct str api_key, api_key_file, api_url, message, description, source;
	struct str_pairs details;
	struct str entity;
	struct struct_list responders;
	struct str actions, tags, note, priority;
	bool update_alerts;
};

#define TEXT_FLAGS (F_TEMPLATE | F_OMIT_EMPTY)

static bool
is_valid_type(struct str type)
{
	static const char *const valid[] = { "team", "teams", "user", "escalation", "schedule" };

	for (size_t i = 0; i < ARRAY_LEN(valid); i++)
		if (str_caseeq(type, str_from(valid[i])))
			return true;
	return false;
}

static bool
check_responder(void *v, struct arena *a, struct err *e)
{
	const struct opsgenie_responder *r = v;
	struct str shown = arena_printf(a, "{%.*s %.*s %.*s %.*s}", STR_ARG(r->id), STR_ARG(r->name),
	    STR_ARG(r->username), STR_ARG(r->type));

	if (r->id.n + r->username.n + r->name.n == 0)
		return err_set(e, ERR_INVALID, "opsGenieConfig responder %.*s has to have at least one of id, "
		    "username or name specified", STR_ARG(shown));
	if (str_find(r->type, STR("{{")) < r->type.n) {
		if (!tmpl_check_syntax(r->type, false, e))
			return err_ctx(e, "opsGenieConfig responder %.*s type contains invalid template syntax",
			    STR_ARG(shown));
	} else if (!is_valid_type(r->type)) {
		return err_set(e, ERR_INVALID, "opsGenieConfig responder %.*s type does not match valid options %s",
		    STR_ARG(shown), VALID_TYPES);
	}
	return true;
}

static const struct field responder_fields[] = {
	STRING_FIELD(struct opsgenie_responder, id, .flags = TEXT_FLAGS, .doc = "Its id."),
	STRING_FIELD(struct opsgenie_responder, name, .flags = TEXT_FLAGS, .doc = "Its name."),
	STRING_FIELD(struct opsgenie_responder, username, .flags = TEXT_FLAGS, .doc = "Its user name."),
	STRING_FIELD(struct opsgenie_responder, type, .flags = TEXT_FLAGS,
	    .doc = "team, teams, user, escalation or schedule."),
	{ 0 },
};

static const struct field opsgenie_fields[] = {
	COMMON_FIELDS(struct opsgenie_settings, "true"),
	STRING_FIELD(struct opsgenie_settings, api_key, .flags = F_SECRET | TEXT_FLAGS, .inherit = "opsgenie_api_key",
	    .doc = "Key of the API."),
	STRING_FIELD(struct opsgenie_settings, api_key_file, .flags = F_PATH_CWD | F_OMIT_EMPTY,
	    .inherit = "opsgenie_api_key_file", .doc = "File that holds api_key."),
	URL_FIELD(struct opsgenie_settings, api_url, .flags = F_OMIT_EMPTY, .inherit = "opsgenie_api_url",
	    .doc = "Where its API is."),
	STRING_FIELD(struct opsgenie_settings, message, .flags = TEXT_FLAGS,
	    .fallback = "{{ template \"opsgenie.default.message\" . }}", .doc = "What the alert says."),
	STRING_FIELD(struct opsgenie_settings, description, .flags = TEXT_FLAGS,
	    .fallback = "{{ template \"opsgenie.default.description\" . }}", .doc = "More of it."),
	STRING_FIELD(struct opsgenie_settings, source, .flags = TEXT_FLAGS,
	    .fallback = "{{ template \"opsgenie.default.source\" . }}", .doc = "Where the alert comes from."),
	PAIRS_FIELD(struct opsgenie_settings, details, .flags = TEXT_FLAGS, .doc = "Further properties of the alert."),
	STRING_FIELD(struct opsgenie_settings, entity, .flags = TEXT_FLAGS, .doc = "What the alert is about."),
	STRUCTS_FIELD(struct opsgenie_settings, responders, struct opsgenie_responder, responder_fields,
	    .flags = F_OMIT_EMPTY | F_PRESENCE, .check = check_responder,
	    .doc = "Who is responsible; each by id, name or username."),
	STRING_FIELD(struct opsgenie_settings, actions, .flags = TEXT_FLAGS,
	    .doc = "Actions that may be taken, with commas between."),
	STRING_FIELD(struct opsgenie_settings, tags, .flags = TEXT_FLAGS, .doc = "Tags, with commas between."),
	STRING_FIELD(struct opsgenie_settings, note, .flags = TEXT_FLAGS, .doc = "A note on the alert."),
	STRING_FIELD(struct opsgenie_settings, priority, .flags = TEXT_FLAGS, .doc = "P1 to P5."),
	BOOL_FIELD(struct opsgenie_settings, update_alerts, .flags = F_OMIT_EMPTY, .fallback = "false",
	    .doc = "Whether message and description of an alert that is there are changed."),
	{ 0 },
};

static bool
opsgenie_check(void *settings, struct arena *a, struct err *e)
{
	const struct opsgenie_settings *s = settings;

	(void)a;
	return settings_at_most_one(s->api_key, s->api_key_file, "api_key", "api_key_file", e);
}

static bool
opsgenie_finish(void *settings, const struct global *g, struct arena *a, struct err *e)
{
	struct opsgenie_settings *s = settings;

	inherit_str(&s->api_url, g->opsgenie_api_url);
	if (s->api_url.n == 0)
		return err_set(e, ERR_INVALID, "no global OpsGenie URL set");
	/* Each on its own: a global key goes before a local file, as in Alertmanager. */
	inherit_str(&s->api_key, g->opsgenie_api_key);
	inherit_str(&s->api_key_file, g->opsgenie_api_key_file);
	if (s->api_key.n + s->api_key_file.n == 0)
		return err_set(e, ERR_INVALID, "no global OpsGenie API Key set either inline or in a file");
	return settings_slash(&s->api_url, a, e);
}

/* The requests after the alert was created; lives from start to the last resume. */
struct opsgenie_state {
	struct str authorization;
	struct str message, description;
	unsigned next;		/* 0: the create or close request, 1: message, 2: description */
	bool update;
};

static struct str
endpoint(struct attempt *a, const char *below)
{
	const struct opsgenie_settings *s = a->settings;
	struct sbuf b = SBUF_INIT(1 << 16);
	struct url u;
	struct str out = STR_NONE;

	if (!url_parse(a->arena, s->api_url, &u, NULL))
		return STR_NONE;
	u.path = arena_printf(a->arena, "%.*s%s", STR_ARG(u.path), "v2/alerts");
	u.raw_path = STR_NONE;
	if (below != NULL) {
		u.path = arena_printf(a->arena, "%.*s/%.*s/%s", STR_ARG(u.path), STR_ARG(render_key(a)), below);
		u.query = arena_printf(a->arena, "%.*s%sidentifierType=alias", STR_ARG(u.query),
		    u.query.n > 0 ? "&" : "");
	}
	url_format(&b, &u);
	out = arena_str(a->arena, sbuf_get(&b));
	sbuf_fini(&b);
	return out;
}

/* A list in one string: outer blanks go, empty elements too, inner blanks stay. */
static void
put_split(struct json_writer *w, const char *key, struct str list)
{
	struct str rest = str_trim(list);
	bool open = false;

	while (rest.n > 0) {
		struct str one = str_split(&rest, ',');

		if (one.n > 0) {
			if (!open) {
				json_key(w, str_from(key));
				json_array_begin(w);
				open = true;
			}
			json_str(w, one);
		}
	}
	if (open)
		json_array_end(w);
}

static void
put_responder(struct json_writer *w, bool *open, struct str id, struct str name, struct str username, struct str type)
{
	if (!*open) {
		json_key(w, STR("responders"));
		json_array_begin(w);
		*open = true;
	}
	json_object_begin(w);
	json_put_opt(w, "id", id);
	json_put_opt(w, "name", name);
	json_put_opt(w, "username", username);
	json_put_str(w, "type", type);
	json_object_end(w);
}

static void
put_responders(struct render *r, struct json_writer *w)
{
	const struct opsgenie_settings *s = r->a->settings;
	const struct opsgenie_responder *v = s->responders.v;
	bool open = false;

	for (size_t i = 0; i < s->responders.n; i++) {
		struct str id = render_text(r, v[i].id), name = render_text(r, v[i].name);
		struct str username = render_text(r, v[i].username), type = render_text(r, v[i].type);
		struct str rest = str_trim(name);

		if (id.n + name.n + username.n + type.n == 0)
			continue;
		if (!str_is(type, "teams")) {
			put_responder(w, &open, id, name, username, type);
			continue;
		}
		while (rest.n > 0) {
			struct str one = str_split(&rest, ',');

			if (one.n > 0)
				put_responder(w, &open, STR_NONE, one, STR_NONE, STR("team"));
		}
	}
	if (open)
		json_array_end(w);
}

/* The common labels, overlaid by what is configured. */
static void
put_details(struct render *r, struct json_writer *w)
{
	const struct opsgenie_settings *s = r->a->settings;
	struct json tree = { .kind = JSON_OBJECT };
	struct value common = VALUE_NIL;
	size_t max = s->details.n;

	if (value_field(render_data(r->a), "CommonLabels", r->a->arena, &common))
		max += common.u.map.n;
	tree.keys = ARENA_ARRAY(r->a->arena, max + 1, struct str);
	tree.v = ARENA_ARRAY(r->a->arena, max + 1, struct json);
	for (size_t i = 0; common.type != NULL && i < common.u.map.n; i++) {
		tree.keys[tree.n] = common.u.map.entries[i].key;
		tree.v[tree.n++] = (struct json){ .kind = JSON_STRING, .s = common.u.map.entries[i].value.u.s };
	}
	for (size_t i = 0; i < s->details.n; i++) {
		tree.keys[tree.n] = s->details.v[i].key;
		tree.v[tree.n++] = (struct json){ .kind = JSON_STRING, .s = render_text(r, s->details.v[i].value) };
	}
	json_key(w, STR("details"));
	payload_write(w, &tree);
}

static void
put_create(struct render *r, struct json_writer *w, const struct opsgenie_state *state)
{
	const struct opsgenie_settings *s = r->a->settings;

	json_object_begin(w);
	json_put_str(w, "alias", render_key(r->a));
	json_put_str(w, "message", state->message);
	json_put_opt(w, "description", state->description);
	put_details(r, w);
	json_put_str(w, "source", render_text(r, s->source));
	put_responders(r, w);
	put_split(w, "tags", render_text(r, s->tags));
	json_put_opt(w, "note", render_text(r, s->note));
	json_put_opt(w, "priority", render_text(r, s->priority));
	json_put_opt(w, "entity", render_text(r, s->entity));
	put_split(w, "actions", render_text(r, s->actions));
	json_object_end(w);
}

static enum step
opsgenie_start(struct attempt *a, struct request *out, struct err *e)
{
	const struct opsgenie_settings *s = a->settings;
	struct opsgenie_state *state = ARENA_NEW(a->arena, struct opsgenie_state);
	struct render r = { .a = a, .e = e };
	bool firing = render_firing(a);
	struct str source, key;
	struct http_json j;
	enum step step;

	if (!render_secret(a, s->api_key, s->api_key_file, &source, e)) {
		err_ctx(e, "read key_file error");
		return STEP_FAIL;
	}
	key = render_text(&r, source);
	state->authorization = arena_printf(a->arena, "GenieKey %.*s",
	    STR_ARG(s->api_key.n > 0 ? key : str_trim(key)));
	state->update = firing && s->update_alerts;
	http_json_begin(&j);
	if (firing) {
		state->message = render_cut_runes(&r, render_text(&r, s->message), MESSAGE_RUNES, "message");
		state->description = render_text(&r, s->description);
		put_create(&r, &j.w, state);
	} else {
		json_object_begin(&j.w);
		json_put_str(&j.w, "source", render_text(&r, s->source));
		json_object_end(&j.w);
	}
	step = http_post_json(a, out, endpoint(a, firing ? NULL : "close"), &j, e);
	http_header(a, out, "Authorization", state->authorization);
	a->state = state;
	if (r.failed) {
		err_ctx(e, "templating error");
		return STEP_FAIL;
	}
	return step;
}

static enum step
opsgenie_resume(struct attempt *a, const struct response *r, struct request *out, struct err *e)
{
	static const int retry[] = { 429, 0 };
	struct opsgenie_state *state = a->state;
	enum step step = judge_http(a, r, &(struct judge){ .retry = retry }, e);
	struct http_json j;

	if (step != STEP_DONE || !state->update || state->next == 2)
		return step;
	state->next++;
	http_json_begin(&j);
	json_object_begin(&j.w);
	if (state->next == 1)
		json_put_opt(&j.w, "message", state->message);
	else
		json_put_opt(&j.w, "description", state->description);
	json_object_end(&j.w);
	step = http_post_json(a, out, endpoint(a, state->next == 1 ? "message" : "description"), &j, e);
	out->http.method = STR("PUT");
	http_header(a, out, "Authorization", state->authorization);
	return step;
}

const struct notifier notify_opsgenie = {
	.kind = {
		.name = "opsgenie",
		.has_http_config = true,
		.settings_size = sizeof(struct opsgenie_settings),
		.fields = opsgenie_fields,
		.check = opsgenie_check,
		.finish = opsgenie_finish,
	},
	.start = opsgenie_start,
	.resume = opsgenie_resume,
	.by_status = true,
};
