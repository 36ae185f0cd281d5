/* SPDX-License-Identifier: Apache-2.0 */
/* tocsin backup: the database of a running server in a file. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "loop/errno_text.h"

/* Appears whole or not at all, for its owner alone: also where a file of that name had another mode. */
static bool
download(struct cli *c, const char *path)
{
	struct str part = arena_printf(c->arena, "%s.part", path);
	int fd = open(part.p, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bool ok;

	if (fd < 0)
		return io_error(&c->e, "write", path, errno);
	ok = (fchmod(fd, 0600) == 0 || io_error(&c->e, "write", path, errno)) &&
	    cli_download(c, "POST", STR("/api/ext/v1/backup"), fd);
	if (ok && lseek(fd, 0, SEEK_CUR) == 0)
		ok = err_set(&c->e, ERR_INVALID, "the server sent no copy");
	else if (ok && fsync(fd) != 0)
		ok = io_error(&c->e, "write", path, errno);
	close(fd);
	if (ok && rename(part.p, path) != 0)
		ok = io_error(&c->e, "write", path, errno);
	if (!ok)
		unlink(part.p);
	return ok;
}

static int
run(struct cli *c)
{
	bool ok;

	if (c->args_n != 1) {
		err_set(&c->e, ERR_INVALID, "one FILE is wanted");
		return cli_fail(c);
	}
	/* An interrupted backup leaves no part of a file. */
	cli_signals_hold();
	ok = download(c, c->args[0].p);
	cli_signals_let_go();
	return ok ? 0 : cli_fail(c);
}

const struct cli_command command_backup = {
	.group = "backup",
	.run = run,
	.args = "FILE",
	.help = "Copy the database of a running server to a file.",
	.examples = "  tocsin backup /var/backups/tocsin.db --alertmanager.url http://alerts:9093\n",
};
