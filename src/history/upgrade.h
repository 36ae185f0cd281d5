/* SPDX-License-Identifier: Apache-2.0 */
/*
 * history/upgrade.h (private) - label sets of a database of version 2 move into segments, under their numbers. Writer
 * thread.
 */
#ifndef HISTORY_UPGRADE_H
#define HISTORY_UPGRADE_H

#include "sets.h"

/*
 * A step, a transaction of its own, some tenths of a second long; after a crash it goes on where it was. The last one
 * clears s->db->old. False: see e.
 */
bool upgrade_some(struct sets *s, struct err *e) MUST_CHECK;

#endif
