/* SPDX-License-Identifier: Apache-2.0 */
/* tocsin export: durable state as Alertmanager keeps it. */
#include "cli.h"
#include "store/store.h"

struct settings {
	struct str path;
};

static const struct flag flags[] = {
	STRING_FLAG(struct settings, path, "storage.path", .fallback = "data/", .value = "VALUE",
	    .help = "The directory of a server that does not run, or a backup; data/."),
	FLAGS_END,
};

static int
run(struct cli *c)
{
	const struct settings *s = c->settings;
	struct store_export done;

	if (c->args_n != 1) {
		err_set(&c->e, ERR_INVALID, "one DIRECTORY is wanted");
		return cli_fail(c);
	}
	if (!store_export(s->path.p, c->args[0].p, &done, &c->e))
		return cli_fail(c);
	cli_print(arena_printf(c->arena, "%zu silences and %zu log entries written\n", done.silences, done.log_entries));
	return 0;
}

const struct cli_command command_export = {
	.group = "export",
	.run = run,
	.flags = flags,
	.settings_size = sizeof(struct settings),
	.args = "DIRECTORY",
	.local = true,
	.help = "Write silences and notification log as Alertmanager keeps them.",
	.examples = "  tocsin export --storage.path /var/lib/tocsin /var/lib/alertmanager\n"
		    "  tocsin export --storage.path /var/backups/tocsin.db .\n",
};
