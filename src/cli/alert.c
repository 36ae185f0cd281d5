/* SPDX-License-Identifier: Apache-2.0 */
/* tocsin alert add, tocsin alert query */
#include <stdio.h>

#include "base/rfc3339.h"
#include "cli.h"
#include "text/url.h"

struct alert_flags {
	struct cli_strings annotations;
	struct str start, end, generator_url;
};

static void
put_pairs(struct json_writer *w, const char *key, const struct str *names, const struct str *values, size_t n)
{
	json_key(w, str_from(key));
	json_object_begin(w);
	for (size_t i = 0; i < n; i++) {
		json_key(w, names[i]);
		json_str(w, values[i]);
	}
	json_object_end(w);
}

static bool
put_time(struct cli *c, struct json_writer *w, const char *flag, const char *key, struct str text)
{
	struct wall t;

	if (text.n == 0)
		return true;
	if (!cli_when(c, flag, text, &t))
		return false;
	json_put_wall(w, key, t);
	return true;
}

/* The alert of the arguments, as a list of one. */
static bool
put_alert(struct cli *c, const struct alert_flags *f, struct sbuf *body)
{
	size_t labels_n = c->args_n, notes_n = f->annotations.n;
	struct str *names = ARENA_ARRAY(c->arena, labels_n + notes_n, struct str);
	struct str *values = ARENA_ARRAY(c->arena, labels_n + notes_n, struct str);
	struct json_writer w;

	if (labels_n == 0)
		return err_set(&c->e, ERR_INVALID, "no labels specified");
	if (!cli_pairs(c, c->args, labels_n, "labels", true, names, values) ||
	    !cli_pairs(c, f->annotations.v, notes_n, "annotations", false, names + labels_n, values + labels_n))
		return false;
	json_writer_init(&w, body, JSON_HTML_PLAIN);
	json_array_begin(&w);
	json_object_begin(&w);
	put_pairs(&w, "labels", names, values, labels_n);
	put_pairs(&w, "annotations", names + labels_n, values + labels_n, notes_n);
	if (!put_time(c, &w, "start", "startsAt", f->start) || !put_time(c, &w, "end", "endsAt", f->end))
		return false;
	if (f->generator_url.n > 0)
		json_put_str(&w, "generatorURL", f->generator_url);
	json_object_end(&w);
	json_array_end(&w);
	return true;
}

int
cli_alert_add(struct cli *c, int argc, char *const *argv)
{
	struct alert_flags f = { 0 };
	span retry = SPAN_MIN;
	bool from_stdin = false, ok;
	struct cli_flag flags[] = {
		{ "annotation", 0, CLI_STRINGS, &f.annotations, "Annotation, name=value." },
		{ "start", 0, CLI_STRING, &f.start, "When it began: RFC 3339, now, -5m. By default now." },
		{ "end", 0, CLI_STRING, &f.end,
		    "When it ends: RFC 3339, now, +2h. By default resolve_timeout after the last post." },
		{ "generator-url", 0, CLI_STRING, &f.generator_url, "Where it comes from." },
		{ "stdin", 0, CLI_BOOL, &from_stdin,
		    "Read alerts from standard input, one JSON object a line, as they come." },
		{ "retry", 0, CLI_SPAN, &retry, "With --stdin: how long to wait for a server that does not answer; 1m." },
		CLI_FLAGS_END,
	};
	struct sbuf body = SBUF_INIT(SBUF_UNLIMITED);
	struct str ignored;

	if (!cli_parse(c, flags, argc, argv))
		return cli_fail(c);
	if (c->done)
		return 0;
	if (from_stdin) {
		if (c->args_n > 0 || f.annotations.n > 0 || f.start.n > 0 || f.end.n > 0 || f.generator_url.n > 0) {
			err_set(&c->e, ERR_INVALID, "with --stdin all of an alert stands in its line");
			return cli_fail(c);
		}
		return cli_stream_alerts(c, retry) ? 0 : cli_fail(c);
	}
	ok = put_alert(c, &f, &body) && cli_call(c, "POST", STR("/api/v2/alerts"), sbuf_get(&body), &ignored);
	sbuf_fini(&body);
	return ok ? 0 : cli_fail(c);
}

static void
print_simple(struct cli *c, const struct json **alerts, size_t n)
{
	static const char *const titles[] = { "Alertname", "Starts At", "Summary", "State" };
	struct cli_table t;

	cli_table_init(&t, c->arena, ARRAY_LEN(titles), titles);
	for (size_t i = 0; i < n; i++) {
		struct str row[] = {
			json_get_str(json_get(alerts[i], "labels"), "alertname", STR("")),
			cli_time(c, json_get_str(alerts[i], "startsAt", STR(""))),
			json_get_str(json_get(alerts[i], "annotations"), "summary", STR("")),
			json_get_str(json_get(alerts[i], "status"), "state", STR("")),
		};

		cli_table_row(&t, row);
	}
	cli_table_print(&t);
}

static void
print_extended(struct cli *c, const struct json **alerts, size_t n)
{
	static const char *const titles[] = { "Labels", "Annotations", "Starts At", "Ends At", "Generator URL", "State" };
	struct cli_table t;

	cli_table_init(&t, c->arena, ARRAY_LEN(titles), titles);
	for (size_t i = 0; i < n; i++) {
		struct str row[] = {
			cli_labels(c, json_get(alerts[i], "labels")),
			cli_labels(c, json_get(alerts[i], "annotations")),
			cli_time(c, json_get_str(alerts[i], "startsAt", STR(""))),
			cli_time(c, json_get_str(alerts[i], "endsAt", STR(""))),
			json_get_str(alerts[i], "generatorURL", STR("")),
			json_get_str(json_get(alerts[i], "status"), "state", STR("")),
		};

		cli_table_row(&t, row);
	}
	cli_table_print(&t);
}

struct states {
	bool active, silenced, inhibited, unprocessed;
};

static bool
query_path(struct cli *c, const struct states *s, struct str receiver, struct str *out)
{
	struct sbuf more = SBUF_INIT(1 << 20);
	struct str filters;
	bool first = true, ok;

	url_query_add(&more, &first, STR("active"), s->active ? STR("true") : STR("false"));
	url_query_add(&more, &first, STR("silenced"), s->silenced ? STR("true") : STR("false"));
	url_query_add(&more, &first, STR("inhibited"), s->inhibited ? STR("true") : STR("false"));
	url_query_add(&more, &first, STR("unprocessed"), s->unprocessed ? STR("true") : STR("false"));
	if (receiver.n > 0)
		url_query_add(&more, &first, STR("receiver"), receiver);
	ok = cli_filters(c, sbuf_cstr(&more), &filters);
	sbuf_fini(&more);
	if (ok)
		*out = arena_printf(c->arena, "/api/v2/alerts%.*s", STR_ARG(filters));
	return ok;
}

int
cli_alert_query(struct cli *c, int argc, char *const *argv)
{
	struct states s = { 0 };
	struct str receiver = STR_NONE, path;
	struct cli_flag flags[] = {
		{ "active", 'a', CLI_BOOL, &s.active, "Alerts that nothing holds back (without a flag only these)." },
		{ "silenced", 's', CLI_BOOL, &s.silenced, "Silenced alerts." },
		{ "inhibited", 'i', CLI_BOOL, &s.inhibited, "Inhibited alerts." },
		{ "unprocessed", 'u', CLI_BOOL, &s.unprocessed, "Alerts that have not been looked at yet." },
		{ "receiver", 'r', CLI_STRING, &receiver, "Only those for receivers that fit this regular expression." },
		CLI_FLAGS_END,
	};
	const struct json *list, **alerts;

	if (!cli_parse(c, flags, argc, argv))
		return cli_fail(c);
	if (c->done)
		return 0;
	if (!s.active && !s.silenced && !s.inhibited && !s.unprocessed)
		s.active = true;
	if (!query_path(c, &s, receiver, &path) || !cli_get(c, path, JSON_ARRAY, &list))
		return cli_fail(c);
	alerts = cli_by_time(c, list, "startsAt");
	if (c->output == CLI_JSON)
		cli_print_json(c, list);
	else if (c->output == CLI_EXTENDED)
		print_extended(c, alerts, list->n);
	else
		print_simple(c, alerts, list->n);
	return 0;
}
