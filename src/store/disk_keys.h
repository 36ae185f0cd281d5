/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/disk_keys.h (private) - which records the disk may hold, by hash.
 *
 * A record that was made and dropped while the disk could not be written need
 * not be dropped there; without knowing that, a long outage would pile up
 * drops. Two records with one hash only cost a needless drop.
 */
#ifndef STORE_DISK_KEYS_H
#define STORE_DISK_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct disk_keys {
	uint64_t *v;		/* open addressing; 0: free */
	size_t n, mask;
};

void disk_keys_add(struct disk_keys *p, uint64_t hash);
void disk_keys_remove(struct disk_keys *p, uint64_t hash);
bool disk_keys_has(const struct disk_keys *p, uint64_t hash);
void disk_keys_fini(struct disk_keys *p);	/* empty again */

#endif
