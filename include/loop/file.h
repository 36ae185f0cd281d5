/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop/file.h - files read whole, with Go's words for what goes wrong: open /x: no such file or directory.
 *
 * Each has a bound, and nothing is waited for without one. ERR_NOT_FOUND: there
 * is none; ERR_LIMIT: it is longer than the bound. Any thread.
 */
#ifndef LOOP_FILE_H
#define LOOP_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/err.h"
#include "base/sbuf.h"
#include "base/str.h"

/* The bound for secrets, certificates and the like. */
#define FILE_SMALL_MAX ((size_t)1 << 20)

/* At most `max` bytes of a regular file: a pipe or a device, which could keep us waiting, is an error at once. */
bool file_read(const char *path, size_t max, struct arena *a, struct str *out, struct err *e) MUST_CHECK;
/* FILE_SMALL_MAX, of a path that has no NUL behind it. */
bool file_read_small(struct str path, struct arena *a, struct str *out, struct err *e) MUST_CHECK;
/* Reads a file named on a command line: also pipes and devices, whose writers have ten seconds. */
bool file_read_input(const char *path, size_t max, struct arena *a, struct str *out, struct err *e) MUST_CHECK;
/* As file_read, appended to b, whose own maximum is the bound. */
bool file_append(const char *path, struct sbuf *b, struct err *e) MUST_CHECK;
/* All of it, however often the system takes only a part; false and errno. */
bool file_write(int fd, struct str bytes) MUST_CHECK;
/* "a pipe", "a device", "a socket"; NULL for regular files and directories. */
const char *file_special(mode_t mode);

/* Which file a path leads to, and how it is. */
struct file_stamp {
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec changed;
};

/* All zero: none. */
struct file_stamp file_stamp(const char *path);
/* Not another file in its place. */
bool file_stamp_same_file(const struct file_stamp *a, const struct file_stamp *b);
/* … and not written to since. */
bool file_stamp_same(const struct file_stamp *a, const struct file_stamp *b);

#endif
