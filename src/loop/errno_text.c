/* SPDX-License-Identifier: Apache-2.0 */
#include "loop/errno_text.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

struct errno_text
errno_text(int number)
{
	const char *s = strerrordesc_np(number);
	struct errno_text t;

	if (s == NULL)
		snprintf(t.s, sizeof(t.s), "errno %d", number);
	else
		snprintf(t.s, sizeof(t.s), "%s", s);
	/* "RPC failed" and the like stay. */
	if (islower((unsigned char)t.s[1]))
		t.s[0] = (char)tolower((unsigned char)t.s[0]);
	return t;
}

bool
io_error(struct err *e, const char *verb, const char *path, int number)
{
	return err_set(e, number == ENOENT ? ERR_NOT_FOUND : ERR_IO, "%s %s: %s", verb, path, errno_text(number).s);
}
