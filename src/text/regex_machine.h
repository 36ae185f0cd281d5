/* SPDX-License-Identifier: Apache-2.0 */
/*
 * regex_machine.h - what runs an expression: its program and the states met so far.
 *
 * Machines are made when an expression is first run and are all on one list with
 * a bound on their memory: beyond it the ones longest unused go, and are made
 * anew when they are needed. A machine is used by the thread that made it, and
 * only that thread lets it go to make room.
 */
#ifndef TEXT_REGEX_MACHINE_H
#define TEXT_REGEX_MACHINE_H

#include "base/work.h"
#include "regex_dfa.h"
#include "text/regex.h"

/* Bytes of all machines together. */
#define RX_MACHINES_MAX ((size_t)256 << 20)

struct rx_machine {
	struct rx_prog *prog;	/* owned */
	struct rx_dfa *dfa;	/* owned; NULL where there can be none */
	unsigned no_dfa;	/* so many runs yet without it, as it did not pay */
	/* The list's. */
	struct rx_machine **home;	/* set to NULL when the machine goes */
	struct rx_machine *prev, *next;
	const void *owner;
	size_t bytes;
	bool used;
};

/* Where a run is within a subject; zeroed: at its beginning. */
struct rx_place {
	size_t at;
	unsigned before;
	struct rx_places set;	/* owned */
	bool begun, by_nfa;
};

/* Takes prog and puts the machine into *home, which must stay where it is until the machine is gone. */
void rx_machine_make(struct rx_prog *prog, struct rx_machine **home);
void rx_machine_free(struct rx_machine **home);
/* Its memory has changed: others may have to go. */
void rx_machine_grown(struct rx_machine *m);
/* Which thread asks. */
const void *rx_machine_self(void);
/* For tests: another bound (0: the usual one); the bytes in use. */
void rx_machines_bound(size_t bytes);
size_t rx_machines_bytes(void);

/*
 * regex_scan.c: goes on from *place. REGEX_LATER: w is used up, *place is where
 * to go on; else *place is as it was given to rx_place_fini.
 */
enum regex_result rx_scan(struct rx_machine *m, struct str s, struct rx_place *place, struct work *w);
void rx_place_fini(struct rx_place *p);

#endif
