/* SPDX-License-Identifier: Apache-2.0 */
/* tocsin template preview */
#include "cli.h"

struct settings {
	struct str receiver, group, template, type;
};

static const struct flag flags[] = {
	STRING_FLAG(struct settings, receiver, "receiver", .help = "The receiver whose name the template sees."),
	STRING_FLAG(struct settings, group, "group", .help = "With the alerts of the group with this id; else with a sample."),
	STRING_FLAG(struct settings, template, "template", .help = "The template of this name, instead of a text."),
	STRING_FLAG(struct settings, type, "type", .fallback = "text", .value = "VALUE", .help = "text or html; text by default."),
	FLAGS_END,
};

static bool
put_wish(struct cli *c, const struct settings *s, struct sbuf *body)
{
	struct json_writer w;

	if (c->args_n > 1 || (c->args_n == 1) == (s->template.n > 0))
		return err_set(&c->e, ERR_INVALID, "what to render: one text, or --template");
	json_writer_init(&w, body, JSON_HTML_PLAIN);
	json_object_begin(&w);
	if (s->template.n > 0)
		json_put_str(&w, "template", s->template);
	else
		json_put_str(&w, "text", c->args[0]);
	json_put_str(&w, "type", s->type);
	if (s->receiver.n > 0)
		json_put_str(&w, "receiver", s->receiver);
	if (s->group.n > 0)
		json_put_str(&w, "group", s->group);
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

	ok = put_wish(c, s, &body) && cli_post(c, STR("/api/ext/v1/templates/preview"), sbuf_get(&body), JSON_OBJECT, &answer);
	sbuf_fini(&body);
	if (!ok)
		return cli_fail(c);
	if (c->output == CLI_JSON)
		cli_print_json(c, answer);
	else
		cli_print(json_get_str(answer, "output", STR("")));
	return 0;
}

const struct cli_command command_template_preview = {
	.group = "template",
	.name = "preview",
	.run = run,
	.flags = flags,
	.settings_size = sizeof(struct settings),
	.args = "[TEXT]",
	.ours = true,
	.help = "Let the server render a template of its configuration, or a text, with the alerts of a group or a sample.",
	.examples = "  tocsin template preview --template slack.default.title --group 9b1e0c44d2aa7310\n"
		    "  tocsin template preview --receiver chat '{{ .CommonLabels.alertname }}: {{ len .Alerts }}'\n",
};
