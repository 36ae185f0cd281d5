/* SPDX-License-Identifier: Apache-2.0 */
/* tocsin silence query */
#include "silences.h"

static const struct flag flags[] = {
	BOOL_FLAG(struct silences_wanted, expired, "expired",
	    .help = "Those that have ended instead of those that have not."),
	BOOL_FLAG(struct silences_wanted, quiet, "quiet", .letter = 'q', .help = "Only their ids."),
	STRING_FLAG(struct silences_wanted, created_by, "created-by", .help = "Only those of this author."),
	STRING_FLAG(struct silences_wanted, id, "id", .help = "Only the one with this id."),
	SPAN_FLAG(struct silences_wanted, within, "within",
	    .help = "Only those that end (with --expired: ended) within this time."),
	FLAGS_END,
};

static int
run(struct cli *c)
{
	const struct silences_wanted *w = c->settings;
	const struct json **silences;
	size_t n;

	if (!cli_silences_get(c, w, &silences, &n))
		return cli_fail(c);
	cli_print_silences(c, silences, n, w->quiet);
	return 0;
}

const struct cli_command command_silence_query = {
	.group = "silence",
	.name = "query",
	.run = run,
	.flags = flags,
	.settings_size = sizeof(struct silences_wanted),
	.args = "[MATCHER...]",
	.first = true,
	.help = "List silences.",
	.examples = "  tocsin silence query\n"
		    "  tocsin silence query --within 2h --created-by ann\n"
		    "  tocsin silence query --expired --within 1d -o json\n",
};
