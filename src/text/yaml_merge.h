/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yaml_merge.h - nodes under construction, and the merge key <<.
 */
#ifndef TEXT_YAML_MERGE_H
#define TEXT_YAML_MERGE_H

#include <stdint.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/err.h"
#include "text/yaml_node.h"

struct yaml_building {
	struct yaml_node node;	/* final once closed */
	bool open;
	uint64_t expanded;	/* nodes, with aliases followed */
	uint64_t bytes;		/* of their texts */
	size_t n, cap;
	struct yaml_building **child;	/* of a map: keys and values in turn */
};

/* Sets the pairs of a map from its children. */
bool yaml_merge_pairs(struct arena *a, struct yaml_building *map, struct err *e) MUST_CHECK;

#endif
