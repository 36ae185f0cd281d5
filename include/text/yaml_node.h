/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text/yaml_node.h - the tree that a YAML document becomes; see text/yaml.h.
 */
#ifndef TEXT_YAML_NODE_H
#define TEXT_YAML_NODE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

enum yaml_kind { YAML_SCALAR, YAML_SEQ, YAML_MAP };
enum yaml_style { YAML_PLAIN, YAML_SINGLE_QUOTED, YAML_DOUBLE_QUOTED, YAML_LITERAL, YAML_FOLDED };

struct yaml_node;

/* One key of a map and its value. */
struct yaml_pair {
	const struct yaml_node *key;	/* any kind */
	const struct yaml_node *value;
	bool merged;			/* came by way of << */
};

struct yaml_node {
	enum yaml_kind kind;
	int line, col;		/* 1-based, where it begins */
	struct str tag;		/* explicit tag, short ("!!str", "!mine"), NUL behind; empty: none */
	struct str text;	/* SCALAR: its value, NUL behind */
	/* SCALAR; PLAIN also for what the non-specific tag "!" asks to be taken so. */
	enum yaml_style style;
	bool flow;		/* SEQ, MAP: [] and {} */
	size_t n;		/* SEQ, MAP: children */
	const struct yaml_node **items;	/* SEQ */
	/*
	 * MAP, in the order of the document, duplicates kept. Merging: what
	 * comes later wins, as in yaml.v2; a merged pair that was or has been
	 * overridden is left out.
	 */
	struct yaml_pair *pairs;
};

#endif
