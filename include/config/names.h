/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config/names.h - which of many names are there already, and where.
 */
#ifndef CONFIG_NAMES_H
#define CONFIG_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/hmap.h"
#include "base/str.h"

/* Zeroed: none. */
struct names {
	struct hmap map;
};

/* `name` is borrowed and stands for `index`. False when it is there already: then it stays as it was. */
bool names_add(struct names *names, struct arena *a, struct str name, size_t index);
/* `index` may be NULL. */
bool names_find(const struct names *names, struct str name, size_t *index);
void names_fini(struct names *names);

#endif
