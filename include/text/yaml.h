/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text/yaml.h - YAML 1.1 as a tree, resolved as gopkg.in/yaml.v2 does.
 *
 * Only the first document of the input is read. Anchors, aliases and merge keys
 * are resolved: an alias is the same node again (the tree is a graph without
 * cycles), the members of a merged map stand among those of the map it is
 * merged into. The tree is immutable and lives in one arena; it borrows
 * nothing from the input.
 *
 * Errors have yaml.v2's words and, where known, a line:
 * "yaml: line 3: did not find expected key".
 */
#ifndef TEXT_YAML_H
#define TEXT_YAML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/compiler.h"
#include "base/err.h"
#include "base/str.h"
#include "base/time.h"
#include "text/yaml_node.h"

/* Levels. Multiplication of a document by aliases is bounded as in yaml.v2 ("excessive aliasing"). */
#define YAML_DEPTH_MAX 1000
/* … and the bytes of text that aliases may stand for. */
#define YAML_ALIAS_BYTES_MAX (UINT64_C(64) << 20)

/*
 * False and e on a mistake. *root is NULL for an input without a document or
 * node. The input may be UTF-8 or, with a byte order mark, UTF-16.
 */
bool yaml_parse(struct arena *a, struct str in, const struct yaml_node **root, struct err *e) MUST_CHECK;

/* The last pair whose key is a scalar with this text; NULL if none, or map is NULL or no map. */
const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);
/* "!!str", "!!int", "!!map" …: the short tag that yaml.v2 names a node by in its errors. */
const char *yaml_short_tag(const struct yaml_node *n);

enum yaml_type {
	YAML_T_NULL,
	YAML_T_BOOL,
	YAML_T_INT,
	YAML_T_UINT,	/* integers above INT64_MAX */
	YAML_T_FLOAT,
	YAML_T_STRING,
	YAML_T_TIMESTAMP,
	YAML_T_MERGE,	/* explicitly tagged !!merge */
	YAML_T_BINARY,	/* !!binary: `s` is the text as written; decode it as base64 */
};

struct yaml_value {
	enum yaml_type type;
	bool b;
	int64_t i;
	uint64_t u;
	double f;
	struct str s;	/* always the scalar's text */
	struct wall t;
};

/* The value that a scalar stands for. False and e when an explicit tag does not fit (cannot decode …). */
bool yaml_resolve(const struct yaml_node *scalar, struct yaml_value *out, struct err *e) MUST_CHECK;
/* The value that a plain scalar of this text would stand for. */
struct yaml_value yaml_resolve_plain(struct str text);

#endif
