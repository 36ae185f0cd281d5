/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop/errno_text.h - errno in Go's words: the system's, in lower case
 * ("connection refused"). Any thread.
 */
#ifndef LOOP_ERRNO_TEXT_H
#define LOOP_ERRNO_TEXT_H

#include "base/err.h"

struct errno_text {
	char s[80];
};

/* By value, so that it can be used within a printf: errno_text(errno).s */
struct errno_text errno_text(int number);
/* "open /x: no such file or directory", which is ERR_NOT_FOUND; all else is ERR_IO. Returns false. */
bool io_error(struct err *e, const char *verb, const char *path, int number);

#endif
