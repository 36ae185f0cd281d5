/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notify_jira.c - Jira: one issue per group, found by a label, kept up to date and moved on.
 *
 * The conversation: search; create or update; perhaps look up the transitions
 * and make one.
 */
#include <ctype.h>

#include "http.h"
#include "jira.h"
#include "judge.h"
#include "text/json_small.h"
#include "text/url.h"

#define TEXT_FLAGS (F_TEMPLATE | F_OMIT_EMPTY)

static const struct field summary_fields[] = {
	STRING_FIELD(struct jira_text, template, .flags = TEXT_FLAGS,
	    .fallback = "{{ template \"jira.default.summary\" . }}", .doc = "The text."),
	TRISTATE_FIELD(struct jira_text, enable_update, .flags = F_OMIT_EMPTY,
	    .doc = "Whether an issue that is there gets the new text."),
	{ 0 },
};

static const struct field description_fields[] = {
	STRING_FIELD(struct jira_text, template, .flags = TEXT_FLAGS,
	    .fallback = "{{ template \"jira.default.description\" . }}", .doc = "The text."),
	TRISTATE_FIELD(struct jira_text, enable_update, .flags = F_OMIT_EMPTY,
	    .doc = "Whether an issue that is there gets the new text."),
	{ 0 },
};

static const struct field jira_fields[] = {
	COMMON_FIELDS(struct jira_settings, "true"),
	URL_FIELD(struct jira_settings, api_url, .flags = F_OMIT_EMPTY, .inherit = "jira_api_url",
	    .doc = "Where the API of Jira is."),
	STRING_FIELD(struct jira_settings, api_type, .flags = F_OMIT_EMPTY, .fallback = "auto",
	    .doc = "cloud, datacenter or auto."),
	STRING_FIELD(struct jira_settings, project, .flags = TEXT_FLAGS, .doc = "Key of the project."),
	STRUCT_FIELD(struct jira_settings, summary, struct jira_text, summary_fields, .flags = F_OMIT_EMPTY,
	    .scalar = "template", .doc = "Summary of the issue."),
	STRUCT_FIELD(struct jira_settings, description, struct jira_text, description_fields, .flags = F_OMIT_EMPTY,
	    .scalar = "template", .doc = "Description of the issue."),
	STRINGS_FIELD(struct jira_settings, labels, .flags = TEXT_FLAGS, .doc = "Labels of the issue."),
	STRING_FIELD(struct jira_settings, priority, .flags = TEXT_FLAGS,
	    .fallback = "{{ template \"jira.default.priority\" . }}", .doc = "Priority of the issue."),
	STRING_FIELD(struct jira_settings, issue_type, .flags = TEXT_FLAGS, .doc = "Type of the issue."),
	STRING_FIELD(struct jira_settings, reopen_transition, .flags = F_OMIT_EMPTY,
	    .doc = "Transition that opens a resolved issue again."),
	STRING_FIELD(struct jira_settings, resolve_transition, .flags = F_OMIT_EMPTY,
	    .doc = "Transition that resolves an issue."),
	STRING_FIELD(struct jira_settings, wont_fix_resolution, .flags = F_OMIT_EMPTY,
	    .doc = "Issues with this resolution are not opened again."),
	DURATION_FIELD(struct jira_settings, reopen_duration, .flags = F_OMIT_EMPTY,
	    .doc = "How long after its resolution an issue may be opened again."),
	ANY_FIELD(struct jira_settings, fields, .flags = TEXT_FLAGS | F_MAP, .doc = "Further fields of the issue."),
	{ 0 },
};

static bool
jira_check(void *settings, struct arena *a, struct err *e)
{
	const struct jira_settings *s = settings;

	(void)a;
	if (s->project.n == 0)
		return err_set(e, ERR_INVALID, "missing project in jira_config");
	if (s->issue_type.n == 0)
		return err_set(e, ERR_INVALID, "missing issue_type in jira_config");
	if (!str_is(s->api_type, "auto") && !str_is(s->api_type, "cloud") && !str_is(s->api_type, "datacenter"))
		return err_set(e, ERR_INVALID, "unknown api_type on jira_config, must be auto, cloud or datacenter");
	return true;
}

static bool
jira_finish(void *settings, const struct global *g, struct arena *a, struct err *e)
{
	struct jira_settings *s = settings;

	(void)a;
	inherit_str(&s->api_url, g->jira_api_url);
	return s->api_url.n > 0 || err_set(e, ERR_INVALID, "no global Jira Cloud URL set");
}

enum jira_phase { JIRA_SEARCH, JIRA_ISSUE, JIRA_TRANSITIONS, JIRA_TRANSITION };

struct jira_state {
	enum jira_phase phase;
	struct str issue;	/* key of the one found; empty: none */
	bool status_known, done;	/* of the one found */
};

static struct str
api_url(struct attempt *a, struct str below)
{
	const struct jira_settings *s = a->settings;
	struct sbuf b = SBUF_INIT(1 << 16);
	struct url base, full;
	struct str out;

	if (!url_parse(a->arena, s->api_url, &base, NULL))
		return STR_NONE;
	full = url_join(a->arena, &base, below);
	url_format(&b, &full);
	out = arena_str(a->arena, sbuf_get(&b));
	sbuf_fini(&b);
	return out;
}

/* The old search is gone from Jira Cloud, the new one is not in Data Center. */
static struct str
search_url(struct attempt *a)
{
	const struct jira_settings *s = a->settings;
	struct str url, old = STR("/rest/api/2/");
	struct url base;
	size_t at;

	if (!url_parse(a->arena, s->api_url, &base, NULL))
		return STR_NONE;
	if (!str_is(s->api_type, "cloud") &&
	    !(str_is(s->api_type, "auto") && str_ends(base.host, STR("atlassian.net"))))
		return api_url(a, STR("/search"));
	url = api_url(a, STR("/search/jql"));
	at = str_find(url, old);
	if (at == url.n)
		return url;
	return arena_printf(a->arena, "%.*s/rest/api/3/%.*s", (int)at, url.p, STR_ARG(str_sub(url, at + old.n, url.n)));
}

static enum step
ask(struct attempt *a, struct request *out, const char *method, struct str url, struct str body)
{
	const struct jira_state *state = a->state;

	http_request(a, out, method, url, "application/json", body);
	out->http.headers[0].value = STR("Go-http-client/1.1");
	http_header(a, out, "Accept-Language", STR("en"));
	out->asks = state->phase == JIRA_SEARCH || state->phase == JIRA_TRANSITIONS;
	return STEP_SEND;
}

static enum step
jira_start(struct attempt *a, struct request *out, struct err *e)
{
	struct str project, body;

	a->state = ARENA_NEW(a->arena, struct jira_state);
	if (!jira_project(a, &project, e)) {
		err_ctx(e, "failed to look up existing issues: invalid project template or value");
		return STEP_FAIL;
	}
	if (!jira_search_body(a, project, &body, e))
		return STEP_FAIL;
	return ask(a, out, "POST", search_url(a), body);
}

/* A key goes into a path: it must not be able to lead elsewhere. */
static bool
is_issue_key(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!isalnum((unsigned char)s.p[i]) && s.p[i] != '-' && s.p[i] != '_')
			return false;
	return s.n > 0;
}

static void
read_issue(struct attempt *a, struct json_t *issue)
{
	struct jira_state *state = a->state;
	struct json_t *status = json_small_get(json_small_get(issue, "fields"), "status");

	state->issue = arena_str(a->arena, json_small_str(issue, "key", STR_NONE));
	state->status_known = json_small_is_object(status);
	state->done = str_is(json_small_str(json_small_get(status, "statusCategory"), "key", STR_NONE), "done");
}

static bool
read_search(struct attempt *a, const struct response *r, struct err *e)
{
	const struct jira_state *state = a->state;
	struct json_t *reply = json_small_parse(r->body, JSON_DOCUMENT, e), *issues;
	bool found;

	if (reply == NULL)
		return err_ctx(e, "failed to look up existing issues");
	issues = json_small_get(reply, "issues");
	found = json_small_count(issues) > 0;
	if (found)
		read_issue(a, json_small_at(issues, 0));
	json_small_free(&reply);
	if (found && !is_issue_key(state->issue))
		return err_set(e, ERR_INVALID, "failed to look up existing issues: the issue found has no usable key");
	return true;
}

static struct str
issue_path(struct attempt *a, const char *below)
{
	const struct jira_state *state = a->state;

	if (state->issue.n == 0)
		return STR("issue");
	return arena_printf(a->arena, "issue/%.*s%s", STR_ARG(state->issue), below);
}

static enum step
after_search(struct attempt *a, const struct response *r, struct request *out, struct err *e)
{
	struct jira_state *state = a->state;
	struct str body;

	if (!read_search(a, r, e))
		return STEP_FAIL;
	if (state->issue.n == 0 && !render_firing(a))
		return STEP_DONE;
	if (!jira_issue_body(a, state->issue.n > 0, &body, e))
		return STEP_FAIL;
	state->phase = JIRA_ISSUE;
	return ask(a, out, state->issue.n > 0 ? "PUT" : "POST", api_url(a, issue_path(a, "")), body);
}

/* The transition to be made, empty when there is none. */
static struct str
wanted_transition(struct attempt *a)
{
	const struct jira_settings *s = a->settings;
	const struct jira_state *state = a->state;

	if (state->issue.n == 0 || !state->status_known)
		return STR_NONE;
	if (render_firing(a))
		return state->done ? s->reopen_transition : STR_NONE;
	return state->done ? STR_NONE : s->resolve_transition;
}

static enum step
after_issue(struct attempt *a, struct request *out)
{
	struct jira_state *state = a->state;

	if (wanted_transition(a).n == 0)
		return STEP_DONE;
	state->phase = JIRA_TRANSITIONS;
	return ask(a, out, "GET", api_url(a, issue_path(a, "/transitions")), STR_NONE);
}

/* The id of the transition of that name, which the reply lists; false when it does not. */
static bool
find_transition(struct attempt *a, struct json_t *reply, struct str name, struct str *id)
{
	struct json_t *list = json_small_get(reply, "transitions");

	for (size_t i = 0; i < json_small_count(list); i++) {
		struct json_t *t = json_small_at(list, i);

		if (str_eq(json_small_str(t, "name", STR_NONE), name)) {
			*id = arena_str(a->arena, json_small_str(t, "id", STR_NONE));
			return true;
		}
	}
	return false;
}

static enum step
after_transitions(struct attempt *a, const struct response *r, struct request *out, struct err *e)
{
	struct jira_state *state = a->state;
	struct json_t *reply = json_small_parse(r->body, JSON_DOCUMENT, e);
	struct str wanted = wanted_transition(a), id, body;
	struct http_json j;
	bool found;

	if (reply == NULL)
		return STEP_FAIL;
	found = find_transition(a, reply, wanted, &id);
	json_small_free(&reply);
	if (!found)
		return judge_fail(a, FAILURE_OTHER, e, "can't find transition %.*s for issue %.*s", STR_ARG(wanted),
		    STR_ARG(state->issue));
	http_json_begin(&j);
	json_object_begin(&j.w);
	json_key(&j.w, STR("transition"));
	json_object_begin(&j.w);
	json_put_opt(&j.w, "id", id);
	json_object_end(&j.w);
	json_object_end(&j.w);
	if (!http_json_end(&j, a, &body, e))
		return STEP_FAIL;
	state->phase = JIRA_TRANSITION;
	return ask(a, out, "POST", api_url(a, issue_path(a, "/transitions")), body);
}

static enum step
jira_resume(struct attempt *a, const struct response *r, struct request *out, struct err *e)
{
	static const int retry[] = { 429, 0 };
	const struct jira_state *state = a->state;
	enum step step = judge_http(a, r, &(struct judge){ .retry = retry }, e);

	if (r->transport_error)
		step = STEP_FAIL;
	if (step != STEP_DONE) {
		if (state->phase == JIRA_SEARCH)
			err_ctx(e, "failed to look up existing issues: HTTP request to JIRA API");
		else if (state->phase == JIRA_ISSUE)
			err_ctx(e, "failed to %s request to \"%.*s\"", state->issue.n > 0 ? "PUT" : "POST",
			    STR_ARG(issue_path(a, "")));
		return step;
	}
	switch (state->phase) {
	case JIRA_SEARCH:
		return after_search(a, r, out, e);
	case JIRA_ISSUE:
		return after_issue(a, out);
	case JIRA_TRANSITIONS:
		return after_transitions(a, r, out, e);
	case JIRA_TRANSITION:
		break;
	}
	return STEP_DONE;
}

/* The issue is looked up first. */
static bool
jira_renders_later(const void *settings)
{
	(void)settings;
	return true;
}

const struct notifier notify_jira = {
	.kind = {
		.name = "jira",
		.has_http_config = true,
		.settings_size = sizeof(struct jira_settings),
		.fields = jira_fields,
		.check = jira_check,
		.finish = jira_finish,
	},
	.start = jira_start,
	.resume = jira_resume,
	.renders_later = jira_renders_later,
};
