/* SPDX-License-Identifier: Apache-2.0 */
/* tocsin silence export */
#include "silences.h"

static int
run(struct cli *c)
{
	const struct silences_wanted all = { 0 };
	const struct json **silences;
	size_t n;

	if (!cli_silences_get(c, &all, &silences, &n))
		return cli_fail(c);
	cli_print_silences_json(silences, n);
	return 0;
}

const struct cli_command command_silence_export = {
	.group = "silence",
	.name = "export",
	.run = run,
	.args = "[MATCHER...]",
	.help = "Print the silences that have not ended as JSON, for import.",
	.examples = "  tocsin silence export > silences.json\n",
};
