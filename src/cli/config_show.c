/* SPDX-License-Identifier: Apache-2.0 */
/* tocsin config show */
#include <stdio.h>

#include "cli.h"

static int
run(struct cli *c)
{
	static const char *const names[] = { "buildUser", "goVersion", "revision", "version", "branch", "buildDate" };
	const struct json *status;

	if (!cli_get(c, STR("/api/v2/status"), JSON_OBJECT, &status))
		return cli_fail(c);
	if (c->output == CLI_JSON) {
		cli_print_json(c, status);
		return 0;
	}
	cli_print(json_get_str(json_get(status, "config"), "original", STR("")));
	printf("\n");
	for (size_t i = 0; c->output == CLI_EXTENDED && i < ARRAY_LEN(names); i++)
		printf("%s %.*s\n", names[i],
		    STR_ARG(json_get_str(json_get(status, "versionInfo"), names[i], STR(""))));
	if (c->output == CLI_EXTENDED)
		printf("uptime %.*s\n", STR_ARG(json_get_str(status, "uptime", STR(""))));
	return 0;
}

const struct cli_command command_config_show = {
	.group = "config",
	.name = "show",
	.run = run,
	.args = "",
	.first = true,
	.help = "Print the configuration that the server has loaded.",
	.examples = "  tocsin config show\n"
		    "  tocsin config show -o json | jq .versionInfo\n",
};
