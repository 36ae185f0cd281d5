/* SPDX-License-Identifier: Apache-2.0 */
/* backup, export: durable state out of a server. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "cli.h"
#include "store/store.h"

static bool
write_whole(int fd, struct str s)
{
	while (s.n > 0) {
		ssize_t done = write(fd, s.p, s.n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		s = str_sub(s, (size_t)done, s.n);
	}
	return true;
}

/* Appears whole or not at all. */
static bool
write_file(struct cli *c, const char *path, struct str bytes)
{
	struct str part = arena_printf(c->arena, "%s.part", path);
	int fd = open(part.p, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bool ok = fd >= 0 && write_whole(fd, bytes) && fsync(fd) == 0;

	if (fd >= 0)
		ok = close(fd) == 0 && ok;
	ok = ok && rename(part.p, path) == 0;
	if (!ok) {
		err_set(&c->e, ERR_IO, "write %s: %s", path, strerrordesc_np(errno));
		unlink(part.p);
	}
	return ok;
}

int
cli_backup(struct cli *c, int argc, char *const *argv)
{
	struct cli_flag flags[] = { CLI_FLAGS_END };
	struct str bytes;

	if (!cli_parse(c, flags, argc, argv))
		return cli_fail(c);
	if (c->done)
		return 0;
	if (c->args_n != 1) {
		err_set(&c->e, ERR_INVALID, "one FILE is wanted");
		return cli_fail(c);
	}
	if (!cli_call(c, "POST", STR("/api/ext/v1/backup"), STR(""), &bytes) ||
	    !cli_call(c, "GET", STR("/api/ext/v1/backup"), STR_NONE, &bytes) ||
	    !write_file(c, c->args[0].p, bytes))
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
