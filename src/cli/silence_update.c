/* SPDX-License-Identifier: Apache-2.0 */
/* tocsin silence update */
#include "base/rfc3339.h"
#include "silences.h"

struct settings {
	struct silence_times times;
	struct str comment;
	bool quiet;
};

static const struct flag flags[] = {
	BOOL_FLAG(struct settings, quiet, "quiet", .letter = 'q', .help = "Print only ids."),
	SPAN_FLAG(struct settings, times.duration, "duration", .letter = 'd',
	    .help = "How long, counted from the start of the silence."),
	STRING_FLAG(struct settings, times.start, "start", .help = "When it begins: RFC 3339, now, +2h."),
	STRING_FLAG(struct settings, times.end, "end",
	    .help = "When it ends, instead of a duration: +2h is two hours from now."),
	STRING_FLAG(struct settings, comment, "comment", .letter = 'c', .help = "Why."),
	FLAGS_END,
};

static bool
update(struct cli *c, const struct settings *s, struct str id, const struct json **out)
{
	struct sbuf body = SBUF_INIT(SBUF_UNLIMITED);
	struct json_writer w;
	struct wall starts, ends;
	struct str new_id;
	bool ok = false;

	if (!cli_get(c, cli_silence_path(c, id), JSON_OBJECT, out)) {
		if (c->status == 404)
			err_set(&c->e, ERR_NOT_FOUND, "there is no silence %.*s", STR_ARG(id));
		goto out;
	}
	if (!rfc3339_parse(json_get_str(*out, "startsAt", STR("")), &starts, &c->e) ||
	    !rfc3339_parse(json_get_str(*out, "endsAt", STR("")), &ends, &c->e) ||
	    !cli_silence_times(c, &s->times, &starts, &ends))
		goto out;
	json_writer_init(&w, &body, JSON_HTML_PLAIN);
	json_object_begin(&w);
	cli_put_silence_kept(&w, *out, true);
	json_put_wall(&w, "startsAt", starts);
	json_put_wall(&w, "endsAt", ends);
	json_put_str(&w, "comment", s->comment.n > 0 ? s->comment : json_get_str(*out, "comment", STR("")));
	json_object_end(&w);
	ok = cli_silence_post(c, "/api/v2/silences", sbuf_get(&body), &new_id) && cli_get(c, cli_silence_path(c, new_id), JSON_OBJECT, out);
out:
	sbuf_fini(&body);
	return ok;
}

static int
run(struct cli *c)
{
	const struct settings *s = c->settings;
	const struct json **updated;
	size_t n = 0;
	bool ok = true;

	if (c->args_n == 0) {
		err_set(&c->e, ERR_INVALID, "no silence IDs specified");
		return cli_fail(c);
	}
	updated = ARENA_ARRAY(c->arena, c->args_n, const struct json *);
	while (ok && n < c->args_n) {
		ok = update(c, s, c->args[n], &updated[n]);
		n += ok;
	}
	if (n > 0)
		cli_print_silences(c, updated, n, s->quiet);
	return ok ? 0 : cli_fail(c);
}

const struct cli_command command_silence_update = {
	.group = "silence",
	.name = "update",
	.run = run,
	.flags = flags,
	.settings_size = sizeof(struct settings),
	.args = "ID...",
	.help = "Change how long silences last, or their comment.",
	.examples = "  tocsin silence update -d 4h -c 'still waiting for the disk' ID\n",
};
