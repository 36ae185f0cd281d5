/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop/file.h - small files, read whole, with Go's words for what goes wrong.
 */
#ifndef LOOP_FILE_H
#define LOOP_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/err.h"
#include "base/str.h"

#define FILE_SMALL_MAX ((size_t)1 << 20)

/*
 * Reads at most FILE_SMALL_MAX bytes; longer files, and those that are not
 * regular, are refused. Errors: open /x: no such file or directory.
 */
bool file_read(const char *path, struct arena *a, struct str *out, struct err *e) MUST_CHECK;
/* The same for a path that has no NUL behind it. */
bool file_read_str(struct str path, struct arena *a, struct str *out, struct err *e) MUST_CHECK;

#endif
