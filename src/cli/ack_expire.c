/* SPDX-License-Identifier: Apache-2.0 */
/* tocsin ack expire */
#include "silences.h"

static int
run(struct cli *c)
{
	return cli_end_all(c, "/api/ext/v1/ack/", "acknowledgement");
}

const struct cli_command command_ack_expire = {
	.group = "ack",
	.name = "expire",
	.run = run,
	.args = "ID...",
	.ours = true,
	.help = "Give alerts up: end acknowledgements now.",
	.examples = "  tocsin ack expire $(tocsin ack query -q --author ann)\n",
};
