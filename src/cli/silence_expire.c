/* SPDX-License-Identifier: Apache-2.0 */
/* tocsin silence expire */
#include "silences.h"

static int
run(struct cli *c)
{
	size_t failed = 0;

	if (c->args_n == 0) {
		err_set(&c->e, ERR_INVALID, "no silence IDs specified");
		return cli_fail(c);
	}
	for (size_t i = 0; i < c->args_n; i++) {
		struct str ignored;

		if (cli_call(c, "DELETE", cli_silence_path(c, c->args[i]), STR_NONE, &ignored))
			continue;
		/* The others can be ended nonetheless, unless nobody is there. */
		failed++;
		if (c->status == 0)
			break;
		if (c->status == 404)
			cli_complain("error: there is no silence %.*s", STR_ARG(c->args[i]));
		else
			cli_complain("error: %s", c->e.text);
	}
	return failed == 0 ? 0 : c->status == 0 ? cli_fail(c) : 1;
}

const struct cli_command command_silence_expire = {
	.group = "silence",
	.name = "expire",
	.run = run,
	.args = "ID...",
	.help = "End silences now.",
	.examples = "  tocsin silence expire $(tocsin silence query -q instance=db1)\n",
};
