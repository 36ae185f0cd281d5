/* SPDX-License-Identifier: Apache-2.0 */
/*
 * observe/recorder_file.h (private) - files, and standard output, that lines are appended to.
 *
 * Opened on the loop's thread, written by a worker: one owner at a time. A file
 * that was moved away or removed is opened anew before the next write.
 */
#ifndef OBSERVE_RECORDER_FILE_H
#define OBSERVE_RECORDER_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/compiler.h"
#include "base/err.h"
#include "base/str.h"

struct line_file {
	char *path;	/* owned; NULL: standard output */
	int fd;
	dev_t dev;
	ino_t ino;
	bool torn;	/* the last write ended inside a line */
	bool stuck;	/* nobody read last time: the next write does not wait */
};

/* path empty: standard output. */
bool line_file_open(struct line_file *f, struct str path, struct err *e) MUST_CHECK;
void line_file_close(struct line_file *f);
/* Returns how many bytes of `bytes` were written; fewer than all: e says why. Bounded in time. */
size_t line_file_write(struct line_file *f, struct str bytes, struct err *e);

#endif
