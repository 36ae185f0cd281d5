/* SPDX-License-Identifier: Apache-2.0 */
/*
 * model/label_hashes.h - the hashes of a label set that stand for it elsewhere.
 */
#ifndef MODEL_LABEL_HASHES_H
#define MODEL_LABEL_HASHES_H

#include <stdint.h>

#include "model/label_names.h"

struct labels_hashes {
	uint64_t fingerprint;	/* FNV-1a over name 0xFF value 0xFF …: what the API shows */
	uint64_t hash;		/* xxHash64 of the same bytes: what the notification log keeps */
	uint32_t keyed;		/* half of hash_seeded of them: these two can be collided at will */
	uint32_t number;	/* of the set that stands behind: numbered_alloc_behind's */
};

/* Ends each name and value in what is hashed; occurs in no UTF-8. */
#define LABEL_SEPARATOR 0xFF

/* Sets those of these names, and as many values by number. */
void label_hashes(struct labels_hashes *out, const struct label_names *names, const uint32_t *values);

#endif
