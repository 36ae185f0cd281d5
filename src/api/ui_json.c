/* SPDX-License-Identifier: Apache-2.0 */
#include "ui_json.h"

#include "base/duration.h"
#include "config/ui_conf.h"
#include "severity.h"

static void
put_text(struct json_writer *w, const char *key, struct str text)
{
	if (text.n > 0)
		json_put_str(w, key, text);
}

static void
put_list(struct json_writer *w, const char *key, const struct str_list *list)
{
	if (list->n > 0)
		write_strings(w, key, list->v, list->n);
}

static void
put_duration(struct json_writer *w, const char *key, span d)
{
	char text[DURATION_MAX];

	if (d == 0)
		return;
	duration_format(d, text);
	json_put_str(w, key, str_from(text));
}

static void
write_severity(struct json_writer *w, const struct ui_severity *s)
{
	json_key(w, STR("severity"));
	json_object_begin(w);
	put_text(w, "label", s->label);
	put_list(w, "order", &s->order);
	json_key(w, STR("classes"));
	json_array_begin(w);
	for (size_t i = 0; i < s->order.n; i++)
		json_str(w, str_from(severity_class_name(s->classes[i])));
	json_array_end(w);
	json_object_end(w);
}

static void
write_annotations(struct json_writer *w, const struct ui_annotations *a)
{
	json_key(w, STR("annotations"));
	json_object_begin(w);
	put_list(w, "first", &a->first);
	put_list(w, "buttons", &a->buttons);
	json_object_end(w);
}

static void
write_links(struct json_writer *w, const struct ui_conf *u)
{
	json_key(w, STR("links"));
	json_array_begin(w);
	for (size_t i = 0; i < u->links_n; i++) {
		json_object_begin(w);
		json_put_str(w, "regex", u->links[i].regex);
		json_put_str(w, "url", u->links[i].url);
		json_object_end(w);
	}
	json_array_end(w);
}

static void
write_silence_form(struct json_writer *w, const struct ui_conf *u)
{
	json_key(w, STR("silence"));
	json_object_begin(w);
	put_list(w, "durations", &u->silence.durations);
	json_put_bool(w, "require_comment", u->silence.require_comment);
	put_duration(w, "max_duration", u->silence.max_duration);
	json_key(w, STR("templates"));
	json_array_begin(w);
	for (size_t i = 0; i < u->templates_n; i++) {
		const struct ui_template *t = &u->templates[i];

		json_object_begin(w);
		json_put_str(w, "name", t->name);
		write_strings(w, "matchers", t->texts.v, t->texts.n);
		put_duration(w, "duration", t->duration);
		put_text(w, "comment", t->comment);
		json_object_end(w);
	}
	json_array_end(w);
	json_object_end(w);
}

static void
write_heartbeats(struct json_writer *w, const struct ui_conf *u)
{
	json_key(w, STR("heartbeats"));
	json_array_begin(w);
	for (size_t i = 0; i < u->heartbeats_n; i++) {
		json_object_begin(w);
		json_put_str(w, "name", u->heartbeats[i].name);
		write_strings(w, "matchers", u->heartbeats[i].texts.v, u->heartbeats[i].texts.n);
		json_object_end(w);
	}
	json_array_end(w);
}

void
write_ui(struct json_writer *w, const struct config *c)
{
	const struct ui_conf *u = c->ui;

	json_key(w, STR("ui"));
	json_object_begin(w);
	if (u != NULL) {
		put_text(w, "title", u->title);
		write_severity(w, &u->severity);
		put_text(w, "default_filter", u->default_filter);
		put_list(w, "hide_labels", &u->hide_labels);
		write_annotations(w, &u->annotations);
		write_links(w, u);
		write_silence_form(w, u);
		write_heartbeats(w, u);
	}
	json_object_end(w);
}
