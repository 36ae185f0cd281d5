/* SPDX-License-Identifier: Apache-2.0 */
/* tocsin silence expire */
#include "silences.h"

static int
run(struct cli *c)
{
	return cli_end_all(c, "/api/v2/silence/", "silence");
}

const struct cli_command command_silence_expire = {
	.group = "silence",
	.name = "expire",
	.run = run,
	.args = "ID...",
	.help = "End silences now.",
	.examples = "  tocsin silence expire $(tocsin silence query -q instance=db1)\n",
};
