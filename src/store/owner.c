/* SPDX-License-Identifier: Apache-2.0 */
#include "owner.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/sbuf.h"
#include "loop/errno_text.h"
#include "loop/file.h"

#define OTHERS (S_IRWXG | S_IRWXO)

/* False: it is not there, and errno says why. */
static bool
make_one(const char *path, mode_t mode)
{
	struct stat st;

	if (mkdir(path, mode) == 0)
		return true;
	/* A read-only file system may say so even of what is there. */
	if (errno != EEXIST && errno != EROFS && errno != EISDIR)
		return false;
	if (stat(path, &st) != 0 || S_ISDIR(st.st_mode))
		return true;
	errno = ENOTDIR;
	return false;
}

bool
owner_make_directory(const char *path, struct err *e)
{
	char *copy = mem_strdup(path);
	bool ok = true;

	for (size_t n = strlen(copy); n > 1 && copy[n - 1] == '/'; n--)
		copy[n - 1] = '\0';
	for (char *p = copy + 1; ok; p++) {
		char c = *p;

		if (c != '/' && c != '\0')
			continue;
		*p = '\0';
		if (!make_one(copy, c == '\0' ? 0700 : 0755))
			ok = err_set(e, ERR_IO, "unable to create data directory: mkdir %s: %s", copy,
			    errno_text(errno).s);
		*p = c;
		if (c == '\0')
			break;
	}
	mem_free(copy);
	return ok;
}

bool
owner_check_regular(const char *path, struct err *e)
{
	struct stat st;
	/* A file that cannot be looked at is left to the code that opens it. */
	const char *what = stat(path, &st) == 0 ? file_special(st.st_mode) : NULL;

	return what == NULL || err_set(e, ERR_IO, "%s is %s (wanted: a regular file)", path, what);
}

bool
owner_check_database(const char *path, struct err *e)
{
	static const char *const ends[] = { "", "-wal", "-journal", "-shm" };
	struct sbuf file = SBUF_INIT(SBUF_UNLIMITED);
	bool ok = true;

	for (size_t i = 0; i < ARRAY_LEN(ends) && ok; i++) {
		sbuf_reset(&file);
		sbuf_printf(&file, "%s%s", path, ends[i]);
		ok = owner_check_regular(sbuf_cstr(&file), e);
	}
	sbuf_fini(&file);
	return ok;
}

int
owner_create(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	/* One that was there has a mode of its own, and a umask may take from the owner, too. */
	if (fd >= 0 && fchmod(fd, 0600) != 0) {
		int why = errno;

		close(fd);
		errno = why;
		return -1;
	}
	return fd;
}

void
owner_make_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	/* The code that opens it next reports what is wrong. */
	if (fd < 0)
		return;
	if (fchmod(fd, 0600) != 0)
		unlink(path);
	close(fd);
}

void
owner_tighten(const char *directory, const char *name)
{
	DIR *d = opendir(directory);
	struct dirent *entry;
	struct stat st;

	while (d != NULL && (entry = readdir(d)) != NULL) {
		if (strncmp(entry->d_name, name, strlen(name)) != 0 ||
		    fstatat(dirfd(d), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		if (S_ISREG(st.st_mode) && st.st_uid == geteuid() && (st.st_mode & OTHERS) != 0)
			(void)!fchmodat(dirfd(d), entry->d_name, st.st_mode & S_IRWXU, 0);
	}
	if (d != NULL)
		closedir(d);
}

void
owner_give(int fd, const char *like)
{
	struct stat st, file;

	/* One with another name is perhaps none that we have made. */
	if (geteuid() == 0 && stat(like, &st) == 0 && st.st_uid != 0 && fstat(fd, &file) == 0 && S_ISREG(file.st_mode) && file.st_nlink == 1)
		(void)!fchown(fd, st.st_uid, st.st_gid);
}
