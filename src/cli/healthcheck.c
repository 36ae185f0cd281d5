/* SPDX-License-Identifier: Apache-2.0 */
/* tocsin healthcheck: for containers that have no other program to ask with. */
#include "cli.h"

struct settings {
	bool ready;
};

static const struct flag flags[] = {
	BOOL_FLAG(struct settings, ready, "ready", .help = "Whether state can be written and others are found, too."),
	FLAGS_END,
};

static int
run(struct cli *c)
{
	const struct settings *s = c->settings;
	struct str words;

	if (!cli_call(c, "GET", s->ready ? STR("/-/ready") : STR("/-/healthy"), (struct str){ 0 }, &words))
		return cli_fail(c);
	cli_print(words);
	return 0;
}

const struct cli_command command_healthcheck = {
	.group = "healthcheck",
	.run = run,
	.flags = flags,
	.settings_size = sizeof(struct settings),
	.args = "",
	.ours = true,
	.one_output = true,
	.help = "End with 0 when the server is healthy, else with 1.",
	.examples = "  tocsin healthcheck --timeout 5s\n"
		    "  tocsin healthcheck --ready --alertmanager.url http://127.0.0.1:9093/alerts\n",
};
