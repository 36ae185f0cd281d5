/* SPDX-License-Identifier: Apache-2.0 */
/*
 * silence_ends.h (private) - tells history of silences whose time is over.
 *
 * To the engine such a silence is over when it looks at it, which nobody has to do at its end. Loop thread only.
 */
#ifndef APP_SILENCE_ENDS_H
#define APP_SILENCE_ENDS_H

struct server;
struct silence_ends;

/* Those that end from now on, and those that ended since the last event that history has of before; s has an engine and a history. */
struct silence_ends *silence_ends_new(struct server *s);
/* Before the engine goes. Sets *x to NULL, which it may be already. */
void silence_ends_free(struct silence_ends **x);

#endif
