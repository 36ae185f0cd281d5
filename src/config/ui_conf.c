/* SPDX-License-Identifier: Apache-2.0 */
#include "config/ui_conf.h"

#include <string.h>

#include "base/duration.h"
#include "conf.h"
#include "text/regex.h"

#define T struct ui_template

const struct field ui_template_fields[] = {
	STRING_FIELD(T, name, .doc = "What it is called in the form."),
	ANY_FIELD(T, matchers, .flags = F_RAW, .doc = "Which alerts the silence is for."),
	DURATION_FIELD(T, duration, .doc = "How long."),
	STRING_FIELD(T, comment, .doc = "Why."),
	{ 0 },
};

const struct field ui_link_fields[] = {
	STRING_FIELD(struct ui_link, regex, .doc = "What becomes a link in comments and annotations: what RE2 and JavaScript read alike."),
	STRING_FIELD(struct ui_link, url, .doc = "an http:// or https:// address; $1 is the first parenthesis."),
	{ 0 },
};

const struct field ui_heartbeat_fields[] = {
	STRING_FIELD(struct ui_heartbeat, name, .doc = "What it is called."),
	ANY_FIELD(struct ui_heartbeat, matchers, .flags = F_RAW, .doc = "The alert that must always fire, as a Watchdog does."),
	{ 0 },
};

static const struct field severity_table[] = {
	STRING_FIELD(struct ui_severity, label, .fallback = "severity", .doc = "The label that says how bad an alert is."),
	STRINGS_FIELD(struct ui_severity, order, .fallback = "[critical, warning, info]",
	    .doc = "Its values, the worst first. Others that mean the same (page, sev1, warn, notice) are known."),
	{ 0 },
};

static const struct field annotations_table[] = {
	STRINGS_FIELD(struct ui_annotations, first, .doc = "Annotations that are shown first."),
	STRINGS_FIELD(struct ui_annotations, buttons, .doc = "Annotations that are addresses and become buttons."),
	{ 0 },
};

static const struct field silence_table[] = {
	STRINGS_FIELD(struct ui_silence, durations, .doc = "Durations that the form offers."),
	BOOL_FIELD(struct ui_silence, require_comment, .fallback = "true",
	    .doc = "The form wants a comment. Only the form: API v2 takes silences without one, as Alertmanager does."),
	DURATION_FIELD(struct ui_silence, max_duration, .doc = "The longest that the form takes; likewise the form alone."),
	ANY_FIELD(struct ui_silence, templates, .flags = F_RAW, .doc = "Silences that the form offers, filled in."),
	{ 0 },
};

#define U struct ui_conf

const struct field ui_fields[] = {
	STRING_FIELD(U, title, .doc = "Shown beside the name and in the window's title, so that two routers differ."),
	STRUCT_FIELD(U, severity, struct ui_severity, severity_table, .doc = "What is worse than what."),
	STRING_FIELD(U, default_filter, .doc = "The filter of the page when an address has none, as {team=\"db\"}."),
	STRINGS_FIELD(U, hide_labels, .doc = "Labels that lists leave out."),
	STRUCT_FIELD(U, annotations, struct ui_annotations, annotations_table, .doc = "How annotations are shown."),
	{ .key = "links", .type = FIELD_ANY, .flags = F_RAW, .offset = FIELD_CHECKED_(U, links_node, const struct yaml_node *),
	    .doc = "Texts that are links, such as the numbers of tickets." },
	STRUCT_FIELD(U, silence, struct ui_silence, silence_table, .doc = "The form for silences."),
	{ .key = "heartbeats", .type = FIELD_ANY, .flags = F_RAW,
	    .offset = FIELD_CHECKED_(U, heartbeats_node, const struct yaml_node *),
	    .doc = "Alerts whose absence is a problem." },
	{ 0 },
};

#define AT_UI AT_KEY(NULL, STR("ui"))

/* The element of a list under `map`, or the nearest node above it that is there. */
static const struct yaml_node *
element(const struct yaml_node *map, const char *key, size_t i)
{
	const struct yaml_node *list = map != NULL ? yaml_get(map, key) : NULL;

	if (list == NULL)
		return map;
	return list->kind == YAML_SEQ && i < list->n ? list->items[i] : list;
}

static bool
check_count(struct reading *r, const struct yaml_node *n, const struct at *at, size_t count)
{
	return count <= UI_LIST_MAX ||
	    reading_problem(r, n, at, "%zu elements are too many (allowed: %d)", count, UI_LIST_MAX);
}

static void
check_names(struct reading *r, const struct yaml_node *map, const struct at *at, const char *key, const struct str_list *names,
    bool labels)
{
	const struct at *list = AT_KEY(at, str_from(key));

	check_count(r, map, list, names->n);
	for (size_t i = 0; i < names->n; i++)
		if (labels ? !label_name_valid(names->v[i], r->env->naming) : names->v[i].n == 0)
			reading_problem(r, element(map, key, i), AT_INDEX(list, i), "\"%.*s\" is no name of %s",
			    STR_ARG(names->v[i]), labels ? "a label" : "an annotation");
}

#define TITLE_MAX 100

static void
check_title(struct reading *r, const struct yaml_node *n, struct str title)
{
	bool plain = title.n <= TITLE_MAX;

	for (size_t i = 0; i < title.n; i++)
		plain = plain && (unsigned char)title.p[i] >= ' ';
	if (!plain)
		reading_problem(r, yaml_get(n, "title"), AT_KEY(AT_UI, STR("title")),
		    "a title is one line of at most %d bytes", TITLE_MAX);
}

/* A word that nobody knows has the severity of its place: the first is critical, the last info. */
static void
check_severity(struct reading *r, const struct yaml_node *n, struct ui_severity *s)
{
	const struct at *at = AT_KEY(AT_UI, STR("severity"));
	const struct yaml_node *map = yaml_get(n, "severity");

	if (!label_name_valid(s->label, r->env->naming))
		reading_problem(r, map, AT_KEY(at, STR("label")), "\"%.*s\" is no name of a label", STR_ARG(s->label));
	if (s->order.n == 0)
		reading_problem(r, map, AT_KEY(at, STR("order")), "at least one severity is wanted");
	check_count(r, map, AT_KEY(at, STR("order")), s->order.n);
	s->classes = ARENA_ARRAY(r->arena, s->order.n, enum severity);
	for (size_t i = 0; i < s->order.n; i++) {
		struct str word = s->order.v[i];
		enum severity known = severity_of_word(word);

		s->classes[i] = known != SEVERITY_OTHER ? known :
		    i == 0			        ? SEVERITY_CRITICAL :
		    i + 1 == s->order.n		        ? SEVERITY_INFO :
							  SEVERITY_WARNING;
		for (size_t k = 0; k < i; k++)
			if (str_caseeq(s->order.v[k], word))
				reading_problem(r, element(map, "order", i), AT_INDEX(AT_KEY(at, STR("order")), i),
				    "\"%.*s\" is there already", STR_ARG(word));
	}
}

static void
check_filter(struct reading *r, const struct yaml_node *n, struct str filter)
{
	struct matchers parsed = { 0 };
	struct err e = { 0 };

	if (filter.n > 0 && !matchers_parse(filter, r->env->matcher_mode, r->env->warning, &parsed, &e))
		reading_problem(r, yaml_get(n, "default_filter"), AT_KEY(AT_UI, STR("default_filter")), "%s: in matcher %.*s", e.text,
		    STR_ARG(filter));
	matchers_fini(&parsed);
}

/* The elements of a list, none when it is absent; 0 and a problem when it is no list. */
static size_t
list_size(struct reading *r, const struct yaml_node *n, const struct at *at)
{
	if (n == NULL)
		return 0;
	if (n->kind != YAML_SEQ) {
		reading_problem(r, n, at, "a list is wanted here");
		return 0;
	}
	return check_count(r, n, at, n->n) ? n->n : 0;
}

static bool
is_web_address(struct str url)
{
	return str_starts(url, STR("http://")) || str_starts(url, STR("https://"));
}

/* JavaScript has no (?i) and no (?P<name>…): the page could not use what the server takes. */
static bool
is_for_browsers(struct str regex)
{
	for (size_t at = 0; at < regex.n; at++) {
		if (regex.p[at] == '\\')
			at++;
		else if (regex.p[at] == '(' && at + 2 < regex.n && regex.p[at + 1] == '?' && regex.p[at + 2] != ':')
			return false;
	}
	return true;
}

static void
link_read(struct reading *r, const struct yaml_node *n, const struct at *at, struct ui_link *out)
{
	struct regex *re;
	struct err e = { 0 };

	if (!fields_read(r, n, at, ui_link_fields, out, NULL))
		return;
	re = regex_compile(out->regex, REGEX_SEARCH, &e);
	if (out->regex.n == 0)
		reading_problem(r, n, at, "missing regex");
	else if (re == NULL)
		reading_problem(r, yaml_get(n, "regex"), AT_KEY(at, STR("regex")), "%s", e.text);
	else if (!is_for_browsers(out->regex))
		reading_problem(r, yaml_get(n, "regex"), AT_KEY(at, STR("regex")),
		    "(? begins nothing that browsers know but (?:");
	else if (regex_matches_empty(re))
		reading_problem(r, yaml_get(n, "regex"), AT_KEY(at, STR("regex")), "it matches the empty text");
	regex_free(&re);
	if (!is_web_address(out->url))
		reading_problem(r, out->url.p != NULL ? yaml_get(n, "url") : n, AT_KEY(at, STR("url")),
		    "\"%.*s\" is no address (wanted: http://… or https://…)", STR_ARG(out->url));
}

static void
links_read(struct reading *r, struct ui_conf *u)
{
	const struct at *at = AT_KEY(AT_UI, STR("links"));

	u->links_n = list_size(r, u->links_node, at);
	u->links = ARENA_ARRAY(r->arena, u->links_n, struct ui_link);
	for (size_t i = 0; i < u->links_n; i++)
		link_read(r, u->links_node->items[i], AT_INDEX(at, i), &u->links[i]);
}

static void
durations_read(struct reading *r, const struct yaml_node *map, const struct at *at, struct str_list *list)
{
	const struct at *here = AT_KEY(at, STR("durations"));

	check_count(r, map, here, list->n);
	for (size_t i = 0; i < list->n; i++) {
		char text[DURATION_MAX];
		struct err e = { 0 };
		span d = 0;

		if (duration_parse(list->v[i], &d, &e) && d > 0) {
			duration_format(d, text);
			list->v[i] = arena_str(r->arena, str_from(text));
		} else {
			reading_problem(r, element(map, "durations", i), AT_INDEX(here, i), "\"%.*s\" is no duration above 0 (wanted: 30m, 1d12h)",
			    STR_ARG(list->v[i]));
		}
	}
}

/* `matchers` of an element, which has to have some. */
static void
wanted_matchers(struct reading *r, const struct yaml_node *n, const struct at *at, const struct yaml_node *node, struct matchers *out,
    struct str_list *texts)
{
	if (!matchers_read(r, node, AT_KEY(at, STR("matchers")), out, texts) || out->n > 0)
		return;
	reading_problem(r, n, at, "missing matchers");
}

static void
template_read(struct reading *r, const struct yaml_node *n, const struct at *at, struct ui_template *out)
{
	struct matchers parsed = { 0 };

	if (!fields_read(r, n, at, ui_template_fields, out, NULL))
		return;
	if (out->name.n == 0)
		reading_problem(r, n, at, "missing name");
	wanted_matchers(r, n, at, out->matchers, &parsed, &out->texts);
	matchers_fini(&parsed);
}

static void
silence_read(struct reading *r, const struct yaml_node *n, struct ui_conf *u)
{
	const struct at *at = AT_KEY(AT_UI, STR("silence")), *list = AT_KEY(at, STR("templates"));
	const struct yaml_node *map = yaml_get(n, "silence");
	struct ui_silence *s = &u->silence;

	durations_read(r, map, at, &s->durations);
	u->templates_n = list_size(r, s->templates, list);
	u->templates = ARENA_ARRAY(r->arena, u->templates_n, struct ui_template);
	for (size_t i = 0; i < u->templates_n; i++)
		template_read(r, s->templates->items[i], AT_INDEX(list, i), &u->templates[i]);
}

static void
heartbeats_read(struct reading *r, struct ui_conf *u)
{
	const struct at *list = AT_KEY(AT_UI, STR("heartbeats"));
	struct names names = { 0 };

	u->heartbeats_n = list_size(r, u->heartbeats_node, list);
	u->heartbeats = ARENA_ARRAY(r->arena, u->heartbeats_n, struct ui_heartbeat);
	for (size_t i = 0; i < u->heartbeats_n; i++) {
		const struct yaml_node *n = u->heartbeats_node->items[i];
		struct ui_heartbeat *h = &u->heartbeats[i];
		const struct at *at = AT_INDEX(list, i);

		if (!fields_read(r, n, at, ui_heartbeat_fields, h, NULL))
			continue;
		if (h->name.n == 0)
			reading_problem(r, n, at, "missing name");
		else if (!names_add(&names, r->arena, h->name, i))
			reading_problem(r, n, at, "heartbeat name \"%.*s\" is not unique", STR_ARG(h->name));
		wanted_matchers(r, n, at, h->matchers, &h->compiled, &h->texts);
	}
	names_fini(&names);
}

void
ui_read(struct loading *l, const struct yaml_node *n)
{
	struct reading *r = &l->r;
	struct ui_conf *u = ARENA_NEW(r->arena, struct ui_conf);

	l->c->ui = u;
	fields_defaults(r, ui_fields, u);
	/* With mistakes in it too: all are told together. */
	if (!fields_read(r, n, AT_UI, ui_fields, u, NULL) && n->kind != YAML_MAP)
		return;
	check_title(r, n, u->title);
	check_severity(r, n, &u->severity);
	check_filter(r, n, u->default_filter);
	check_names(r, n, AT_UI, "hide_labels", &u->hide_labels, true);
	check_names(r, yaml_get(n, "annotations"), AT_KEY(AT_UI, STR("annotations")), "first", &u->annotations.first, false);
	check_names(r, yaml_get(n, "annotations"), AT_KEY(AT_UI, STR("annotations")), "buttons", &u->annotations.buttons, false);
	links_read(r, u);
	silence_read(r, n, u);
	heartbeats_read(r, u);
}
