/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a database by way of a copy: SQLite cannot read one with a
 * write-ahead log without writing beside it, and one that is damaged is better
 * left as it is.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db_rows.h"
#include "loop/errno_text.h"
#include "owner.h"
#include "store/store.h"
#include "wal.h"

#define PAGE_MAX 65536
#define DIRECTORY_NAME "tocsin-copy.XXXXXX"

static const char *const suffixes[] = { "", DB_WAL, DB_CONFIRMED };

void
store_copy_places(const char *places[STORE_COPY_PLACES])
{
	const char *own = getenv("TMPDIR");

	places[0] = own != NULL ? own : "";
	places[1] = "/tmp";
	places[2] = "/dev/shm";
	places[3] = "/run";
}

static bool
make_directory(char *path, size_t size, struct err *e)
{
	const char *places[STORE_COPY_PLACES];

	store_copy_places(places);
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		if (places[i][0] == '\0' || snprintf(path, size, "%s/" DIRECTORY_NAME, places[i]) >= (int)size)
			continue;
		if (mkdtemp(path) != NULL)
			return true;
	}
	return err_set(e, ERR_IO, "no place for a temporary copy of the database");
}

static bool
send_all(int from, int to)
{
	ssize_t n;

	while ((n = sendfile(to, from, NULL, (size_t)1 << 24)) > 0)
		;
	return n == 0;
}

/* One that is not there is an empty one. */
static bool
copy_file(const char *from, const char *to, struct err *e)
{
	int in, out;
	bool ok;

	if (!owner_check_regular(from, e))
		return false;
	in = open(from, O_RDONLY | O_CLOEXEC);
	if (in < 0)
		return errno == ENOENT || io_error(e, "open", from, errno);
	out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	ok = out >= 0 && send_all(in, out);
	if (!ok)
		err_set(e, ERR_IO, "copy %s to %s: %s", from, to, errno_text(errno).s);
	if (out >= 0)
		close(out);
	close(in);
	return ok;
}

/*
 * The first page of a new database: header and schema. Every database of ours
 * begins with this one, so it can stand in for one that is damaged. A table that
 * an older database got later (schema.h) begins on another page there, which roots.h knows.
 */
static bool
first_page(const char *directory, char *page, size_t *size, struct err *e)
{
	enum db_trouble trouble;
	char path[512];
	struct db *d;
	bool fresh;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/new", directory);
	d = db_open(path, DB_WRITE, &fresh, &trouble, e);
	if (d == NULL)
		return false;
	db_close(&d);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd >= 0 ? read(fd, page, PAGE_MAX) : -1;
	if (fd >= 0)
		close(fd);
	/* Bytes 16 and 17: the size of pages (sqlite.org/fileformat2.html). */
	*size = n >= 100 ? (size_t)(unsigned char)page[16] << 8 | (unsigned char)page[17] : 0;
	return (*size >= 512 && (size_t)n >= *size) || err_set(e, ERR_IO, "cannot read %s", path);
}

static bool
replace_first_page(const char *directory, const char *path, struct err *e)
{
	char page[PAGE_MAX];
	struct stat st;
	size_t size;
	bool ok;
	int fd;

	if (!first_page(directory, page, &size, e))
		return false;
	fd = open(path, O_WRONLY | O_CLOEXEC);
	ok = fd >= 0 && fstat(fd, &st) == 0;
	/* Bytes 28 to 31: how many pages there are. */
	for (int i = 0; ok && i < 4; i++)
		page[28 + i] = (char)((uint64_t)st.st_size / size >> (24 - 8 * i));
	ok = ok && pwrite(fd, page, size, 0) == (ssize_t)size;
	if (fd >= 0)
		close(fd);
	return ok || err_set(e, ERR_IO, "cannot repair %s", path);
}

/* With the first page of a new database, and its tables where they begin. NULL: see *e. */
static struct db *
open_without_first_page(const char *directory, const char *path, enum db_trouble *trouble_out, struct err *e)
{
	bool fresh, again;
	struct db *d;

	if (!replace_first_page(directory, path, e))
		return NULL;
	d = db_open(path, DB_READ, &fresh, trouble_out, e);
	if (d == NULL || (db_find_tables(d, &again, e) && !again))
		return d;
	db_close(&d);
	return db_open(path, DB_READ, &fresh, trouble_out, e);
}

static void
remove_copy(const char *directory)
{
	static const char *const names[] = { "db", "db" DB_WAL, "db" DB_CONFIRMED, "db-journal", "damaged", "new",
		"new" DB_WAL, "new" DB_CONFIRMED, "new-journal" };
	char path[512];

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		unlink(path);
	}
	rmdir(directory);
}

static bool
is_empty(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_size == 0 : errno == ENOENT;
}

bool
db_rows_read_copy(struct db_rows *l, const char *path, enum db_trouble *trouble_out, struct err *e)
{
	char directory[256], from[4096], to[512], aside[512];
	struct wal_damage damage = { 0 };
	struct db *d = NULL;
	bool ok = true, fresh = false;

	*trouble_out = DB_UNUSABLE;
	if (!make_directory(directory, sizeof(directory), e))
		return false;
	for (size_t i = 0; ok && i < ARRAY_LEN(suffixes); i++) {
		snprintf(from, sizeof(from), "%s%s", path, suffixes[i]);
		snprintf(to, sizeof(to), "%s/db%s", directory, suffixes[i]);
		ok = copy_file(from, to, e);
	}
	snprintf(to, sizeof(to), "%s/db", directory);
	snprintf(aside, sizeof(aside), "%s/damaged", directory);
	ok = ok && wal_mend(to, aside, &damage, e);
	if (ok && is_empty(to))
		fresh = true;
	else if (ok)
		d = db_open(to, DB_READ, &fresh, trouble_out, e);
	/* The new first page says that nothing was put in yet, which is not so. */
	if (d == NULL && ok && !fresh && *trouble_out == DB_DAMAGED)
		d = open_without_first_page(directory, to, trouble_out, e);
	ok = d != NULL && db_rows_read(l, d, e);
	if (damage.n > 0) {
		l->why = l->damaged ? l->why : damage.what;
		l->damaged = true;
		l->bad += damage.n;
	}
	l->fresh = fresh;
	db_close(&d);
	remove_copy(directory);
	return ok;
}
