/* SPDX-License-Identifier: Apache-2.0 */
/* backup, export: durable state out of a server. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "store/store.h"

/* Appears whole or not at all, for its owner alone: also where a file of that name had another mode. */
static bool
download(struct cli *c, const char *path)
{
	struct str part = arena_printf(c->arena, "%s.part", path);
	int fd = open(part.p, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bool ok;

	if (fd < 0)
		return err_set(&c->e, ERR_IO, "write %s: %s", path, strerrordesc_np(errno));
	ok = (fchmod(fd, 0600) == 0 || err_set(&c->e, ERR_IO, "write %s: %s", path, strerrordesc_np(errno))) &&
	    cli_download(c, "POST", STR("/api/ext/v1/backup"), fd);
	if (ok && lseek(fd, 0, SEEK_CUR) == 0)
		ok = err_set(&c->e, ERR_INVALID, "the server sent no copy");
	else if (ok && fsync(fd) != 0)
		ok = err_set(&c->e, ERR_IO, "write %s: %s", path, strerrordesc_np(errno));
	close(fd);
	if (ok && rename(part.p, path) != 0)
		ok = err_set(&c->e, ERR_IO, "write %s: %s", path, strerrordesc_np(errno));
	if (!ok)
		unlink(part.p);
	return ok;
}

int
cli_backup(struct cli *c, int argc, char *const *argv)
{
	struct cli_flag flags[] = { CLI_FLAGS_END };

	if (!cli_parse(c, flags, argc, argv))
		return cli_fail(c);
	if (c->done)
		return 0;
	if (c->args_n != 1) {
		err_set(&c->e, ERR_INVALID, "one FILE is wanted");
		return cli_fail(c);
	}
	if (!download(c, c->args[0].p))
		return cli_fail(c);
	return 0;
}

int
cli_export(struct cli *c, int argc, char *const *argv)
{
	struct str path = STR("data/");
	struct cli_flag flags[] = {
		{ "storage.path", 0, CLI_STRING, &path, "The directory of a server that does not run, or a backup; data/." },
		CLI_FLAGS_END,
	};
	struct store_export done;

	if (!cli_parse(c, flags, argc, argv))
		return cli_fail(c);
	if (c->done)
		return 0;
	if (c->args_n != 1) {
		err_set(&c->e, ERR_INVALID, "one DIRECTORY is wanted");
		return cli_fail(c);
	}
	if (!store_export(path.p, c->args[0].p, &done, &c->e))
		return cli_fail(c);
	cli_print(arena_printf(c->arena, "%zu silences and %zu log entries written\n", done.silences, done.log_entries));
	return 0;
}
