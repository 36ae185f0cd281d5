/* SPDX-License-Identifier: Apache-2.0 */
#include "lib_fault.h"

#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

struct fault fault;

struct fault_file {
	sqlite3_file base;
	sqlite3_io_methods methods;	/* the real ones but for what may fail */
	sqlite3_file *real;
};

static sqlite3_vfs *real_vfs;
static sqlite3_vfs vfs;

static sqlite3_file *
real(sqlite3_file *f)
{
	return ((struct fault_file *)f)->real;
}

static int
on_close(sqlite3_file *f)
{
	int code = real(f)->pMethods->xClose(real(f));

	sqlite3_free(real(f));
	return code;
}

static int
on_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
	return real(f)->pMethods->xRead(real(f), p, n, at);
}

static int
on_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
	if (fault.write != 0 && atomic_fetch_sub(&fault.writes_left, 1) <= 0)
		return fault.write;
	return real(f)->pMethods->xWrite(real(f), p, n, at);
}

static int
on_truncate(sqlite3_file *f, sqlite3_int64 n)
{
	return real(f)->pMethods->xTruncate(real(f), n);
}

static int
on_sync(sqlite3_file *f, int flags)
{
	while (fault.hold != 0)
		usleep(1000);
	if (fault.sync != 0)
		return fault.sync;
	fault.syncs++;
	return real(f)->pMethods->xSync(real(f), flags);
}

static int
on_size(sqlite3_file *f, sqlite3_int64 *out)
{
	return real(f)->pMethods->xFileSize(real(f), out);
}

static int
on_lock(sqlite3_file *f, int level)
{
	return real(f)->pMethods->xLock(real(f), level);
}

static int
on_unlock(sqlite3_file *f, int level)
{
	return real(f)->pMethods->xUnlock(real(f), level);
}

static int
on_check_lock(sqlite3_file *f, int *out)
{
	return real(f)->pMethods->xCheckReservedLock(real(f), out);
}

static int
on_control(sqlite3_file *f, int op, void *arg)
{
	return real(f)->pMethods->xFileControl(real(f), op, arg);
}

static int
on_sector(sqlite3_file *f)
{
	return real(f)->pMethods->xSectorSize(real(f));
}

static int
on_device(sqlite3_file *f)
{
	return real(f)->pMethods->xDeviceCharacteristics(real(f));
}

static int
on_open(sqlite3_vfs *v, const char *name, sqlite3_file *f, int flags, int *out)
{
	struct fault_file *file = (struct fault_file *)f;
	int code;

	(void)v;
	memset(file, 0, sizeof(*file));
	/* Temporary copies are elsewhere. */
	if (fault.open != 0 && fault.open != SQLITE_READONLY)
		return fault.open;
	/* As a read-only file system: what is there can be read. */
	if (fault.open == SQLITE_READONLY && name != NULL && strstr(name, "test_store.") != NULL)
		flags = (flags & ~(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)) | SQLITE_OPEN_READONLY;
	file->real = sqlite3_malloc(real_vfs->szOsFile);
	memset(file->real, 0, (size_t)real_vfs->szOsFile);
	code = real_vfs->xOpen(real_vfs, name, file->real, flags, out);
	if (code != SQLITE_OK) {
		sqlite3_free(file->real);
		return code;
	}
	/* Version 1: no shared memory, which exclusive locking does not need. */
	file->methods = (sqlite3_io_methods){
		.iVersion = 1, .xClose = on_close, .xRead = on_read, .xWrite = on_write, .xTruncate = on_truncate,
		.xSync = on_sync, .xFileSize = on_size, .xLock = on_lock, .xUnlock = on_unlock,
		.xCheckReservedLock = on_check_lock, .xFileControl = on_control, .xSectorSize = on_sector,
		.xDeviceCharacteristics = on_device,
	};
	file->base.pMethods = &file->methods;
	return SQLITE_OK;
}

void
fault_install(void)
{
	/* Tests of several files may be one process. */
	if (real_vfs != NULL)
		return;
	real_vfs = sqlite3_vfs_find(NULL);
	vfs = *real_vfs;
	vfs.zName = "fault";
	vfs.szOsFile = sizeof(struct fault_file);
	vfs.xOpen = on_open;
	sqlite3_vfs_register(&vfs, 1);
}

void
fault_clear(void)
{
	fault.write = fault.sync = fault.open = fault.writes_left = fault.hold = 0;
}
