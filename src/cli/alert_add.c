/* SPDX-License-Identifier: Apache-2.0 */
/* tocsin alert add */
#include "base/rfc3339.h"
#include "cli.h"

struct settings {
	struct words annotations;
	struct str start, end, generator_url;
	bool from_stdin;
	span retry;
};

static const struct flag flags[] = {
	STRINGS_FLAG(struct settings, annotations, "annotation", .help = "Annotation, name=value."),
	STRING_FLAG(struct settings, start, "start", .help = "When it began: RFC 3339, now, -5m. By default now."),
	STRING_FLAG(struct settings, end, "end",
	    .help = "When it ends: RFC 3339, now, +2h. By default resolve_timeout after the last post."),
	STRING_FLAG(struct settings, generator_url, "generator-url", .help = "Where it comes from."),
	BOOL_FLAG(struct settings, from_stdin, "stdin",
	    .help = "Read alerts from standard input, one JSON object a line, as they come."),
	SPAN_FLAG(struct settings, retry, "retry", .fallback = "1m", .value = "DURATION",
	    .help = "With --stdin: how long to wait for a server that does not answer; 1m."),
	FLAGS_END,
};

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
put_alert(struct cli *c, const struct settings *f, struct sbuf *body)
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
	cli_put_pairs(&w, "labels", names, values, labels_n);
	cli_put_pairs(&w, "annotations", names + labels_n, values + labels_n, notes_n);
	if (!put_time(c, &w, "start", "startsAt", f->start) || !put_time(c, &w, "end", "endsAt", f->end))
		return false;
	if (f->generator_url.n > 0)
		json_put_str(&w, "generatorURL", f->generator_url);
	json_object_end(&w);
	json_array_end(&w);
	return true;
}

static int
run(struct cli *c)
{
	const struct settings *f = c->settings;
	struct sbuf body = SBUF_INIT(SBUF_UNLIMITED);
	struct str ignored;
	bool ok;

	if (f->from_stdin) {
		if (c->args_n > 0 || f->annotations.n > 0 || f->start.n > 0 || f->end.n > 0 || f->generator_url.n > 0) {
			err_set(&c->e, ERR_INVALID, "with --stdin all of an alert stands in its line");
			return cli_fail(c);
		}
		return cli_stream_alerts(c, f->retry) ? 0 : cli_fail(c);
	}
	ok = put_alert(c, f, &body) && cli_call(c, "POST", STR("/api/v2/alerts"), sbuf_get(&body), &ignored);
	sbuf_fini(&body);
	return ok ? 0 : cli_fail(c);
}

const struct cli_command command_alert_add = {
	.group = "alert",
	.name = "add",
	.run = run,
	.flags = flags,
	.settings_size = sizeof(struct settings),
	.args = "[LABEL=VALUE...]",
	.help = "Post alerts.",
	.examples = "  tocsin alert add DiskFull instance=db1 severity=critical --annotation summary='99 % full'\n"
		    "  tocsin alert add DiskFull instance=db1 severity=critical --end now\n"
		    "  detector | tocsin alert add --stdin\n"
		    "      # one JSON object a line: {\"labels\": {\"alertname\": \"Odd\"}, \"annotations\": {...}}\n",
};
