/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdlib.h>

#include "base/quote.h"
#include "http.h"
#include "jira.h"
#include "payload.h"
#include "text/url.h"

#define SUMMARY_RUNES 255
#define DESCRIPTION_RUNES 32767

static struct str
alert_label(struct attempt *a)
{
	return arena_printf(a->arena, "ALERT{%.*s}", STR_ARG(render_key(a)));
}

bool
jira_project(struct attempt *a, struct str *out, struct err *e)
{
	const struct jira_settings *s = a->settings;

	return notify_text(a, s->project, out, e);
}

/* The search for the group's issues, in Jira's query language. */
static void
put_jql(struct attempt *a, struct sbuf *b, struct str project)
{
	const struct jira_settings *s = a->settings;
	int64_t minutes = s->reopen_duration / SPAN_MIN;

	/* A plain != would leave out issues that have no resolution. */
	if (s->wont_fix_resolution.n > 0) {
		sbuf_puts(b, "(resolution is EMPTY or resolution != ");
		quote_go(b, s->wont_fix_resolution);
		sbuf_puts(b, ") and ");
	}
	if (render_firing(a) && s->reopen_transition.n > 0 && minutes > 0)
		sbuf_printf(b, "(resolutiondate is EMPTY OR resolutiondate >= -%" PRId64 "m) and ", minutes);
	else
		sbuf_puts(b, "statusCategory != Done and ");
	sbuf_puts(b, "project=");
	quote_go(b, project);
	sbuf_puts(b, " and labels=");
	quote_go(b, alert_label(a));
	sbuf_puts(b, " order by status ASC,resolutiondate DESC");
}

bool
jira_search_body(struct attempt *a, struct str project, struct str *out, struct err *e)
{
	struct sbuf jql = SBUF_INIT(1 << 20);
	struct http_json j;

	put_jql(a, &jql, project);
	http_json_begin(&j);
	json_object_begin(&j.w);
	json_key(&j.w, STR("fields"));
	json_array_begin(&j.w);
	json_str(&j.w, STR("status"));
	json_array_end(&j.w);
	json_put_str(&j.w, "jql", sbuf_get(&jql));
	json_put_int(&j.w, "maxResults", 2);
	json_object_end(&j.w);
	sbuf_fini(&jql);
	return http_json_end(&j, a, out, e);
}

/* Members are added in any order; those added later win. */
struct members {
	struct arena *a;
	struct json tree;
};

static struct json *
add(struct members *m, struct str key, enum json_kind kind)
{
	struct json *v = &m->tree.v[m->tree.n];

	m->tree.keys[m->tree.n++] = key;
	v->kind = kind;
	return v;
}

static void
add_str(struct members *m, const char *key, struct str value)
{
	add(m, str_from(key), JSON_STRING)->s = value;
}

/* {"name": value} and the like. */
static void
add_object(struct members *m, const char *key, const char *inner, struct str value)
{
	struct json *v = add(m, str_from(key), JSON_OBJECT);

	v->n = 1;
	v->keys = ARENA_ARRAY(m->a, 1, struct str);
	v->v = ARENA_ARRAY(m->a, 1, struct json);
	v->keys[0] = str_from(inner);
	v->v[0] = (struct json){ .kind = JSON_STRING, .s = value };
}

static bool
add_labels(struct members *m, struct attempt *a, struct err *e)
{
	const struct jira_settings *s = a->settings;
	struct str *labels = ARENA_ARRAY(a->arena, s->labels.n + 1, struct str);
	struct json *v;

	for (size_t i = 0; i < s->labels.n; i++)
		if (!notify_text(a, s->labels.v[i], &labels[i], e))
			return err_ctx(e, "labels[%zu] template", i);
	labels[s->labels.n] = alert_label(a);
	qsort(labels, s->labels.n + 1, sizeof(*labels), str_qsort);
	v = add(m, STR("labels"), JSON_ARRAY);
	v->v = ARENA_ARRAY(a->arena, s->labels.n + 1, struct json);
	for (; v->n < s->labels.n + 1; v->n++)
		v->v[v->n] = (struct json){ .kind = JSON_STRING, .s = labels[v->n] };
	return true;
}

/* Version 3 of the API takes documents, not texts. */
static bool
is_v3(struct attempt *a)
{
	const struct jira_settings *s = a->settings;
	struct url u;

	if (!url_parse(a->arena, s->api_url, &u, NULL))
		return false;
	while (str_ends(u.path, STR("/")))
		u.path.n--;
	return str_ends(u.path, STR("/3"));
}

static bool
add_description(struct members *m, struct attempt *a, struct err *e)
{
	const struct jira_settings *s = a->settings;
	struct render r = { .a = a, .e = e };
	struct str text = render_text(&r, s->description.template);
	const struct json *document;

	if (r.failed)
		return err_ctx(e, "description template");
	text = render_cut_runes(&r, text, DESCRIPTION_RUNES, "description");
	if (!is_v3(a)) {
		if (text.n > 0)
			add_str(m, "description", text);
		return true;
	}
	text = str_trim(text);
	if (text.n == 0)
		return true;
	document = json_parse(a->arena, text, JSON_DOCUMENT, NULL);
	if (document == NULL)
		return err_set(e, ERR_INVALID, "description template: invalid JSON for API v3");
	*add(m, STR("description"), JSON_NULL) = *document;
	return true;
}

/* The names of `fields` are no templates, what is below them is. */
static bool
add_fields(struct members *m, struct attempt *a, struct err *e)
{
	const struct jira_settings *s = a->settings;
	struct render r = { .a = a, .e = e };

	for (size_t i = 0; s->fields != NULL && s->fields->kind == YAML_MAP && i < s->fields->n; i++) {
		const struct json *value = payload_render(&r, s->fields->pairs[i].value);

		if (value == NULL)
			return err_ctx(e, "fields template");
		*add(m, s->fields->pairs[i].key->text, JSON_NULL) = *value;
	}
	return true;
}

static bool
add_all(struct members *m, struct attempt *a, bool update, struct err *e)
{
	const struct jira_settings *s = a->settings;
	struct render r = { .a = a, .e = e };
	struct str summary = render_text(&r, s->summary.template), project, type, priority;

	if (r.failed)
		return err_ctx(e, "summary template");
	if (!jira_project(a, &project, e))
		return err_ctx(e, "project template");
	if (!notify_text(a, s->issue_type, &type, e))
		return err_ctx(e, "issue_type template");
	if (!notify_text(a, s->priority, &priority, e))
		return err_ctx(e, "priority template");
	if (!update || s->summary.enable_update != TRI_FALSE)
		add_str(m, "summary", render_cut_runes(&r, summary, SUMMARY_RUNES, "summary"));
	if (!update || s->description.enable_update != TRI_FALSE)
		if (!add_description(m, a, e))
			return false;
	add_object(m, "project", "key", project);
	add_object(m, "issuetype", "name", type);
	if (priority.n > 0)
		add_object(m, "priority", "name", priority);
	return add_labels(m, a, e) && add_fields(m, a, e);
}

bool
jira_issue_body(struct attempt *a, bool update, struct str *out, struct err *e)
{
	const struct jira_settings *s = a->settings;
	struct members m = { .a = a->arena, .tree.kind = JSON_OBJECT };
	struct http_json j;
	size_t max = 8 + (s->fields != NULL ? s->fields->n : 0);

	m.tree.keys = ARENA_ARRAY(a->arena, max, struct str);
	m.tree.v = ARENA_ARRAY(a->arena, max, struct json);
	if (!add_all(&m, a, update, e))
		return false;
	http_json_begin(&j);
	json_object_begin(&j.w);
	json_key(&j.w, STR("fields"));
	payload_write(&j.w, &m.tree);
	json_object_end(&j.w);
	return http_json_end(&j, a, out, e);
}
