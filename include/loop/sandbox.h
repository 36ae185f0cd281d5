/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loop/sandbox.h - the process gives up what it does not need: to write anywhere but in its own directories, to start other programs,
 * and system calls that only attackers have a use for.
 *
 * Files are Landlock's business (kernel 5.13), calls seccomp's (amd64 and arm64); either may be missing. It is for good, for
 * threads and processes that are begun later, and not for threads that are there: so before the first one. Reading is not
 * restricted: configurations, secrets and templates may be anywhere, and change.
 */
#ifndef LOOP_SANDBOX_H
#define LOOP_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"

struct sandbox {
	const char *const *writable;	/* directories, with all below them; what is not there is left out */
	size_t writable_n;
	bool moves;			/* files are moved from one directory below them into another */
	bool starts_itself;		/* this program may be started anew; else none may */
	bool files, calls;		/* out: restricted; false: the kernel cannot */
};

/*
 * LANDLOCK_ACCESS_FS_… bits of all that is to be forbidden where it is not allowed, with Landlock of that version; 0: none, as the
 * first one (before kernel 5.19) never lets files move into another directory.
 */
uint64_t sandbox_handles(long version, bool moves);
/* There are no core dumps from now on either. Errors are of a kernel that can, and refuses. */
bool sandbox_enter(struct sandbox *s, struct err *e) MUST_CHECK;

#endif
