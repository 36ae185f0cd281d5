/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lib_fault.h - a file system below SQLite that fails when it is told to.
 *
 * Becomes SQLite's default. Everything is passed on to the real one but what
 * is to fail.
 */
#ifndef LIB_FAULT_H
#define LIB_FAULT_H

#include <stdatomic.h>

struct fault {
	atomic_int write, sync, open;	/* the code to fail with; 0: works */
	atomic_int writes_left;		/* writes that still work, when `write` is set */
	atomic_int hold;		/* a sync waits while this is set */
	atomic_int syncs;		/* done so far */
};
extern struct fault fault;

void fault_install(void);
void fault_clear(void);

#endif
