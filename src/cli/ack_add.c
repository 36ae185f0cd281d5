/* SPDX-License-Identifier: Apache-2.0 */
/* tocsin ack add */
#include <stdio.h>

#include "silences.h"

struct settings {
	struct str group, author, comment;
	struct words fingerprints;
	span longest;
	bool notify_resolved, take_over;
};

static const struct flag flags[] = {
	STRING_FLAG(
	    struct settings, group, "group", .help = "The alerts of the group with this id, instead of matchers."),
	STRINGS_FLAG(struct settings, fingerprints, "fingerprint",
	    .help = "The alert with this fingerprint, instead of matchers."),
	STRING_FLAG(
	    struct settings, author, "author", .letter = 'a', .help = "Who takes them on; by default the user's name."),
	STRING_FLAG(struct settings, comment, "comment", .letter = 'c', .help = "What is done about them."),
	SPAN_FLAG(struct settings, longest, "max", .fallback = "1d", .value = "DURATION",
	    .help = "It ends with its alerts, or after this time; by default 1d."),
	BOOL_FLAG(
	    struct settings, notify_resolved, "notify-resolved", .help = "Tell when an alert of it has resolved."),
	BOOL_FLAG(
	    struct settings, take_over, "take-over", .help = "Also what others have taken on: they have it no more."),
	FLAGS_END,
};

/* Exactly one of the three ways to say which alerts. */
static bool
put_alerts(struct cli *c, const struct settings *s, struct json_writer *w)
{
	struct matchers ms = { 0 };

	if ((s->group.n > 0) + (s->fingerprints.n > 0) + (c->args_n > 0) != 1)
		return err_set(&c->e, ERR_INVALID, "which alerts: matchers, --group or --fingerprint, one of these");
	if (s->group.n > 0)
		json_put_str(w, "group", s->group);
	if (s->fingerprints.n > 0) {
		json_key(w, STR("fingerprints"));
		json_array_begin(w);
		for (size_t i = 0; i < s->fingerprints.n; i++)
			json_str(w, s->fingerprints.v[i]);
		json_array_end(w);
	}
	if (c->args_n > 0) {
		if (!cli_matchers(c, &ms))
			return false;
		cli_put_matchers(w, &ms);
	}
	matchers_fini(&ms);
	return true;
}

static bool
put_ack(struct cli *c, const struct settings *s, struct sbuf *body)
{
	struct json_writer w;

	if (s->longest <= 0)
		return err_set(&c->e, ERR_INVALID, "--max has to be longer than nothing");
	json_writer_init(&w, body, JSON_HTML_PLAIN);
	json_object_begin(&w);
	if (!put_alerts(c, s, &w))
		return false;
	json_put_str(&w, "owner", s->author.n > 0 ? s->author : cli_user_name(c));
	json_put_str(&w, "comment", s->comment);
	cli_put_seconds(&w, "max_seconds", s->longest);
	json_put_bool(&w, "notify_resolved", s->notify_resolved);
	json_put_bool(&w, "take_over", s->take_over);
	json_object_end(&w);
	return true;
}

static int
run(struct cli *c)
{
	const struct settings *s = c->settings;
	struct sbuf body = SBUF_INIT(SBUF_UNLIMITED);
	const struct json *answer;
	bool ok;

	ok = put_ack(c, s, &body) && cli_post(c, STR("/api/ext/v1/ack"), sbuf_get(&body), JSON_OBJECT, &answer);
	sbuf_fini(&body);
	if (!ok && c->status == 409)
		err_set(&c->e, ERR_CONFLICT, "%.*s; --take-over takes it from them",
		    STR_ARG(arena_str(c->arena, str_from(c->e.text))));
	if (!ok)
		return cli_fail(c);
	if (c->output == CLI_JSON)
		cli_print_json(c, answer);
	else
		printf("%.*s\n", STR_ARG(json_get_str(answer, "id", STR(""))));
	return 0;
}

const struct cli_command command_ack_add = {
	.group = "ack",
	.name = "add",
	.run = run,
	.flags = flags,
	.settings_size = sizeof(struct settings),
	.args = "[MATCHER...]",
	.ours = true,
	.help = "Take alerts on; prints the id of the acknowledgement.",
	.examples = "  tocsin ack add DiskFull instance=db1 -c 'looking at it'\n"
		    "  tocsin ack add --group 9b1e0c44d2aa7310 --max 2h --notify-resolved\n",
};
