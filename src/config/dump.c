/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration back to YAML, as /api/v2/status shows it: defaults filled
 * in, receivers after inheritance, secrets hidden. Extensions that Alertmanager
 * does not know are left out, so that its tools can read it; rules and
 * intervals of rule files stand among those of the main file.
 */
#include <stdio.h>

#include "base/duration.h"
#include "base/sbuf.h"
#include "base/tz.h"
#include "conf.h"

/* Many times CONFIG_BYTES_MAX: http_config and aliases of YAML are written out at each place. */
#define DUMP_MAX ((size_t)512 << 20)

/* Order of Alertmanager's config.Receiver; other kinds follow. */
static const char *const kind_order[] = { "discord", "email", "incidentio", "pagerduty", "slack", "webhook", "opsgenie",
	"wechat", "pushover", "victorops", "sns", "telegram", "webex", "msteams", "msteamsv2", "jira", "rocketchat",
	"mattermost" };

static void
put_list(struct yaml_writer *w, const char *key, const struct str_list *list)
{
	if (list->n == 0)
		return;
	yaml_key(w, str_from(key));
	yaml_seq_begin(w);
	for (size_t i = 0; i < list->n; i++)
		yaml_str(w, list->v[i]);
	yaml_seq_end(w);
}

static void
put_pairs(struct yaml_writer *w, const char *key, const struct str_pairs *pairs)
{
	if (pairs->n == 0)
		return;
	yaml_key(w, str_from(key));
	yaml_map_begin(w);
	for (size_t i = 0; i < pairs->n; i++) {
		yaml_key(w, pairs->v[i].key);
		yaml_str(w, pairs->v[i].value);
	}
	yaml_map_end(w);
}

static void
put_duration(struct yaml_writer *w, const char *key, bool written, span d)
{
	char text[DURATION_MAX];

	if (!written)
		return;
	duration_format(d, text);
	yaml_put_str(w, key, str_from(text));
}

/* As it was written; inheritance is left to the reader. */
static void
route_dump(struct yaml_writer *w, const struct route *rt)
{
	const struct route_conf *conf = (const struct route_conf *)(const void *)rt;

	yaml_map_begin(w);
	if (conf->receiver_name.n > 0)
		yaml_put_str(w, "receiver", conf->receiver_name);
	put_list(w, "group_by", &conf->group_by);
	put_pairs(w, "match", &conf->match);
	put_pairs(w, "match_re", &conf->match_re);
	put_list(w, "matchers", &conf->matchers);
	put_list(w, "mute_time_intervals", &conf->mute_names);
	put_list(w, "active_time_intervals", &conf->active_names);
	yaml_put_bool(w, "continue", rt->continue_);
	if (rt->routes_n > 0) {
		yaml_key(w, STR("routes"));
		yaml_seq_begin(w);
		for (size_t i = 0; i < rt->routes_n; i++)
			route_dump(w, rt->routes[i]);
		yaml_seq_end(w);
	}
	put_duration(w, "group_wait", conf->has_group_wait, rt->group_wait);
	put_duration(w, "group_interval", conf->has_group_interval, rt->group_interval);
	put_duration(w, "repeat_interval", conf->has_repeat_interval, rt->repeat_interval);
	put_pairs(w, "labels", &conf->labels);
	yaml_map_end(w);
}

static void
inhibit_dump(struct yaml_writer *w, const struct inhibit_rule *rule, const struct inhibit_conf *conf)
{
	yaml_map_begin(w);
	if (rule->name.n > 0)
		yaml_put_str(w, "name", rule->name);
	put_pairs(w, "source_match", &conf->source_match);
	put_pairs(w, "source_match_re", &conf->source_match_re);
	put_list(w, "source_matchers", &conf->source_matchers);
	put_pairs(w, "target_match", &conf->target_match);
	put_pairs(w, "target_match_re", &conf->target_match_re);
	put_list(w, "target_matchers", &conf->target_matchers);
	put_list(w, "equal", &conf->equal);
	yaml_map_end(w);
}

static void
kind_dump(struct yaml_writer *w, const struct receiver *rc, const struct integration_kind *kind)
{
	bool any = false;

	for (size_t i = 0; i < rc->n; i++) {
		const struct integration *in = &rc->integrations[i];

		if (in->kind != kind)
			continue;
		if (!any) {
			struct sbuf key = SBUF_INIT(200);

			sbuf_printf(&key, "%s_configs", kind->name);
			yaml_key(w, sbuf_get(&key));
			yaml_seq_begin(w);
			sbuf_fini(&key);
			any = true;
		}
		fields_dump(w, kind->fields, in->settings);
	}
	if (any)
		yaml_seq_end(w);
}

static bool
in_order(const struct integration_kind *kind)
{
	for (size_t i = 0; i < ARRAY_LEN(kind_order); i++) {
		if (strcmp(kind->name, kind_order[i]) == 0)
			return true;
	}
	return false;
}

static void
receiver_dump(struct yaml_writer *w, const struct receiver *rc, const struct integration_kind *const *kinds)
{
	yaml_map_begin(w);
	yaml_put_str(w, "name", rc->name);
	yaml_key(w, STR("labels"));
	yaml_map_begin(w);
	for (size_t i = 0; i < labels_n(rc->labels); i++) {
		yaml_key(w, istr_str(labels_name(rc->labels, i)));
		yaml_str(w, istr_str(labels_value(rc->labels, i)));
	}
	yaml_map_end(w);
	for (size_t i = 0; i < ARRAY_LEN(kind_order); i++) {
		for (size_t k = 0; kinds[k] != NULL; k++) {
			if (strcmp(kinds[k]->name, kind_order[i]) == 0 && !kinds[k]->extension)
				kind_dump(w, rc, kinds[k]);
		}
	}
	for (size_t k = 0; kinds[k] != NULL; k++) {
		if (!in_order(kinds[k]) && !kinds[k]->extension)
			kind_dump(w, rc, kinds[k]);
	}
	yaml_map_end(w);
}

/* monday:friday, 1:5 or one of them; in one line, as Alertmanager does. */
static void
ranges_dump(struct yaml_writer *w, const char *key, const struct interval_ranges *ranges, bool names)
{
	if (ranges->n == 0)
		return;
	yaml_key(w, str_from(key));
	yaml_flow_seq_begin(w);
	for (size_t i = 0; i < ranges->n; i++) {
		int from = ranges->r[i].begin, to = ranges->r[i].end;
		struct sbuf b = SBUF_INIT(200);

		if (names)
			sbuf_puts(&b, interval_weekday_name(from));
		else
			sbuf_printf(&b, "%d", from);
		if (from != to && names)
			sbuf_printf(&b, ":%s", interval_weekday_name(to));
		else if (from != to)
			sbuf_printf(&b, ":%d", to);
		yaml_str(w, sbuf_get(&b));
		sbuf_fini(&b);
	}
	yaml_seq_end(w);
}

static void
times_dump(struct yaml_writer *w, const struct interval_ranges *times)
{
	if (times->n == 0)
		return;
	yaml_key(w, STR("times"));
	yaml_seq_begin(w);
	for (size_t i = 0; i < times->n; i++) {
		const struct interval_range *t = &times->r[i];
		char from[32], to[32];

		snprintf(from, sizeof(from), "%02d:%02d", t->begin / 60, t->begin % 60);
		snprintf(to, sizeof(to), "%02d:%02d", t->end / 60, t->end % 60);
		yaml_map_begin(w);
		yaml_put_str(w, "start_time", str_from(from));
		yaml_put_str(w, "end_time", str_from(to));
		yaml_map_end(w);
	}
	yaml_seq_end(w);
}

static void
time_interval_dump(struct yaml_writer *w, const struct time_interval *ti)
{
	yaml_map_begin(w);
	yaml_put_str(w, "name", ti->name);
	yaml_key(w, STR("time_intervals"));
	yaml_seq_begin(w);
	for (size_t i = 0; i < ti->n; i++) {
		const struct interval *in = &ti->intervals[i];

		yaml_map_begin(w);
		times_dump(w, &in->times);
		ranges_dump(w, "weekdays", &in->weekdays, true);
		ranges_dump(w, "days_of_month", &in->days_of_month, false);
		ranges_dump(w, "months", &in->months, false);
		ranges_dump(w, "years", &in->years, false);
		if (in->location != NULL)
			yaml_put_str(w, "location", zone_name(in->location));
		yaml_map_end(w);
	}
	yaml_seq_end(w);
	yaml_map_end(w);
}

static void
intervals_dump(struct yaml_writer *w, const char *key, const struct config *c, size_t from, size_t to)
{
	if (from == to)
		return;
	yaml_key(w, str_from(key));
	yaml_seq_begin(w);
	for (size_t i = from; i < to; i++)
		time_interval_dump(w, &c->time_intervals[i]);
	yaml_seq_end(w);
}

static void
sections_dump(struct yaml_writer *w, const struct loading *l)
{
	const struct config *c = l->c;
	size_t mute = l->mute_intervals_n;

	yaml_key(w, STR("global"));
	fields_dump(w, global_fields, &c->global);
	yaml_key(w, STR("route"));
	route_dump(w, c->route);
	if (c->inhibit_rules_n > 0) {
		yaml_key(w, STR("inhibit_rules"));
		yaml_seq_begin(w);
		for (size_t i = 0; i < c->inhibit_rules_n; i++)
			inhibit_dump(w, &c->inhibit_rules[i], &l->inhibit[i]);
		yaml_seq_end(w);
	}
	if (c->receivers_n > 0) {
		yaml_key(w, STR("receivers"));
		yaml_seq_begin(w);
		for (size_t i = 0; i < c->receivers_n; i++)
			receiver_dump(w, &c->receivers[i], l->r.env->kinds);
		yaml_seq_end(w);
	}
	yaml_key(w, STR("templates"));
	yaml_seq_begin(w);
	for (size_t i = 0; i < c->templates.n; i++)
		yaml_str(w, c->templates.v[i]);
	yaml_seq_end(w);
	intervals_dump(w, "mute_time_intervals", c, 0, mute);
	intervals_dump(w, "time_intervals", c, mute, c->time_intervals_n);
	if (l->tracing != NULL) {
		yaml_key(w, STR("tracing"));
		tracing_dump(w, l->tracing);
	}
	if (l->event_recorder != NULL) {
		yaml_key(w, STR("event_recorder"));
		event_recorder_dump(w, l->event_recorder);
	}
}

bool
config_dump(struct loading *l)
{
	struct sbuf b = SBUF_INIT(DUMP_MAX);
	struct yaml_writer w;
	bool ok;

	yaml_writer_init(&w, &b);
	yaml_map_begin(&w);
	sections_dump(&w, l);
	yaml_map_end(&w);
	ok = !b.overflow;
	if (ok)
		l->c->original = arena_str(l->c->arena, sbuf_get(&b));
	else
		reading_problem(&l->r, NULL, NULL, "with what it inherits and repeats, it would be longer than %zu bytes",
		    DUMP_MAX);
	sbuf_fini(&b);
	return ok;
}
