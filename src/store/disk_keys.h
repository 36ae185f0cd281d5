/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store/disk_keys.h (private) - which records the disk has or is about to get, by hash.
 *
 * A record that was made and dropped while the disk could not be written need
 * not be dropped there; without knowing that, a long outage would pile up
 * drops. Hashes are seeded 64-bit ones, so two records with one hash are not to be
 * expected; the second of them to be dropped would stay until it expires.
 *
 * No call takes long, however many there are, but disk_keys_fini. Loop thread only.
 */
#ifndef STORE_DISK_KEYS_H
#define STORE_DISK_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hmap.h"

/* Zeroed memory is empty. */
struct disk_keys {
	struct hmap map;
};

/* Nothing happens if it is there, or is not there, already. */
void disk_keys_add(struct disk_keys *p, uint64_t hash);
void disk_keys_remove(struct disk_keys *p, uint64_t hash);
/* Asks for the memory that the others will look at. */
void disk_keys_fetch(const struct disk_keys *p, uint64_t hash);
bool disk_keys_has(const struct disk_keys *p, uint64_t hash);
void disk_keys_fini(struct disk_keys *p);	/* empty again */

#endif
