/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/present.h (private) - which records the disk may hold, by hash.
 *
 * A record that was made and dropped while the disk could not be written need
 * not be dropped there; without knowing that, a long outage would pile up
 * drops. Two records with one hash only cost a needless drop.
 */
#ifndef STORE_PRESENT_H
#define STORE_PRESENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct present {
	uint64_t *v;		/* open addressing; 0: free */
	size_t n, mask;
};

void present_add(struct present *p, uint64_t hash);
void present_remove(struct present *p, uint64_t hash);
bool present_has(const struct present *p, uint64_t hash);
void present_fini(struct present *p);	/* empty again */

#endif
