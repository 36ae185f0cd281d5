/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From libyaml's events to a tree. No recursion: what is open stands on a stack.
 */
#include "text/yaml.h"

#include <yaml.h>

#include "base/hash.h"
#include "base/hmap.h"
#include "base/vec.h"
#include "yaml_merge.h"

struct anchor {
	struct hmap_node by_name;
	struct str name;
	struct yaml_building *node;
};

struct parse {
	struct arena *arena;
	yaml_parser_t parser;
	VEC(struct yaml_building *) open;
	struct hmap anchors;
	struct yaml_building *root;
	uint64_t written;	/* nodes and aliases in the text */
	uint64_t by_alias;	/* nodes that aliases stand for */
	uint64_t alias_bytes;	/* … and their texts */
	struct err *e;
};

/*
 * The line as yaml.v2 counts it: from 0 where the parser found the mistake,
 * from 1 where the scanner did.
 */
static bool
fail_parser(struct parse *p)
{
	const yaml_parser_t *y = &p->parser;
	size_t line = 0;

	if (y->problem_mark.line != 0)
		line = y->problem_mark.line + (y->error == YAML_SCANNER_ERROR);
	else if (y->context_mark.line != 0)
		line = y->context_mark.line;
	const char *problem = y->problem != NULL ? y->problem : "unknown problem parsing YAML content";
	int col = (int)y->problem_mark.column + 1;
	if (line == 0)
		return err_at(p->e, (int)y->problem_mark.line + 1, col, "yaml: %s", problem);
	return err_at(p->e, (int)line, col, "yaml: line %zu: %s", line, problem);
}

static int
mark_line(yaml_mark_t m)
{
	return (int)m.line + 1;
}

/* "tag:yaml.org,2002:str" is "!!str" everywhere but in libyaml. */
static struct str
short_tag(struct arena *a, const yaml_char_t *tag)
{
	struct str s = str_from((const char *)tag);
	struct str prefix = STR("tag:yaml.org,2002:");

	if (s.n == 0 || str_is(s, "!"))
		return STR_NONE;
	if (str_starts(s, prefix))
		return arena_printf(a, "!!%s", s.p + prefix.n);
	return arena_str(a, s);
}

static struct anchor *
find_anchor(const struct parse *p, struct str name)
{
	for (struct hmap_node *n = hmap_first(&p->anchors, hash_seeded(name.p, name.n)); n != NULL; n = hmap_next(n)) {
		struct anchor *a = CONTAINER_OF(n, struct anchor, by_name);

		if (str_eq(a->name, name))
			return a;
	}
	return NULL;
}

static void
set_anchor(struct parse *p, const yaml_char_t *name, struct yaml_building *node)
{
	struct anchor *a;

	if (name == NULL)
		return;
	a = find_anchor(p, str_from((const char *)name));
	if (a == NULL) {
		a = ARENA_NEW(p->arena, struct anchor);
		a->name = arena_str(p->arena, str_from((const char *)name));
		hmap_insert(&p->anchors, &a->by_name, hash_seeded(a->name.p, a->name.n));
	}
	/* From here on the name stands for this one. */
	a->node = node;
}

/* Bounds the share of a document's nodes that aliases may stand for (yaml.v2 decode.go allowedAliasRatio). */
static bool
too_many_aliases(uint64_t by_alias, uint64_t all)
{
	double low = 400000, high = 4000000, ratio = 0.99;

	if (by_alias <= 100 || all <= 1000)
		return false;
	if ((double)all >= high)
		ratio = 0.10;
	else if ((double)all > low)
		ratio = 0.99 - 0.89 * (((double)all - low) / (high - low));
	return (double)by_alias / (double)all > ratio;
}

static bool
find_alias(struct parse *p, const yaml_event_t *ev, struct yaml_building **out)
{
	const char *name = (const char *)ev->data.alias.anchor;
	int line = mark_line(ev->start_mark), col = (int)ev->start_mark.column + 1;

	const struct anchor *found = find_anchor(p, str_from(name));

	if (found == NULL)
		return err_at(p->e, line, col, "yaml: unknown anchor '%s' referenced", name);
	if (found->node->open)
		return err_at(p->e, line, col, "yaml: anchor '%s' value contains itself", name);
	p->by_alias += found->node->expanded;
	p->alias_bytes += found->node->bytes;
	/* COMPAT: yaml.v2 counts nodes only; a long text in many places takes as much. */
	if (too_many_aliases(p->by_alias, p->by_alias + p->written) || p->alias_bytes > YAML_ALIAS_BYTES_MAX)
		return err_at(p->e, line, col, "yaml: document contains excessive aliasing");
	*out = found->node;
	return true;
}

static struct yaml_building *
new_node(struct parse *p, const yaml_event_t *ev, enum yaml_kind kind)
{
	struct yaml_building *n = ARENA_NEW(p->arena, struct yaml_building);

	n->node.kind = kind;
	n->node.line = mark_line(ev->start_mark);
	n->node.col = (int)ev->start_mark.column + 1;
	n->expanded = 1;
	return n;
}

static struct yaml_building *
new_scalar(struct parse *p, const yaml_event_t *ev)
{
	struct yaml_building *n = new_node(p, ev, YAML_SCALAR);
	const struct str text = { (const char *)ev->data.scalar.value, ev->data.scalar.length };

	n->node.text = arena_str(p->arena, text);
	n->node.tag = short_tag(p->arena, ev->data.scalar.tag);
	n->bytes = text.n;
	switch (ev->data.scalar.style) {
	case YAML_SINGLE_QUOTED_SCALAR_STYLE:
		n->node.style = YAML_SINGLE_QUOTED;
		break;
	case YAML_DOUBLE_QUOTED_SCALAR_STYLE:
		n->node.style = YAML_DOUBLE_QUOTED;
		break;
	case YAML_LITERAL_SCALAR_STYLE:
		n->node.style = YAML_LITERAL;
		break;
	case YAML_FOLDED_SCALAR_STYLE:
		n->node.style = YAML_FOLDED;
		break;
	case YAML_ANY_SCALAR_STYLE:
	case YAML_PLAIN_SCALAR_STYLE:
		break;
	}
	if (n->node.tag.n == 0 && ev->data.scalar.tag != NULL)
		n->node.style = YAML_PLAIN;
	set_anchor(p, ev->data.scalar.anchor, n);
	return n;
}

static bool
open_node(struct parse *p, const yaml_event_t *ev, struct yaml_building **out)
{
	bool map = ev->type == YAML_MAPPING_START_EVENT;
	struct yaml_building *n = new_node(p, ev, map ? YAML_MAP : YAML_SEQ);

	if (p->open.n >= YAML_DEPTH_MAX)
		return err_at(p->e, n->node.line, n->node.col, "yaml: line %d: exceeded max depth of %d",
		    n->node.line, YAML_DEPTH_MAX);
	n->open = true;
	if (map) {
		n->node.tag = short_tag(p->arena, ev->data.mapping_start.tag);
		n->node.flow = ev->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE;
		set_anchor(p, ev->data.mapping_start.anchor, n);
	} else {
		n->node.tag = short_tag(p->arena, ev->data.sequence_start.tag);
		n->node.flow = ev->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE;
		set_anchor(p, ev->data.sequence_start.anchor, n);
	}
	*out = n;
	return true;
}

/* Puts a finished node where it belongs: into what is open, or to the root. */
static void
add_child(struct parse *p, struct yaml_building *child)
{
	if (p->open.n == 0) {
		p->root = child;
		return;
	}
	struct yaml_building *parent = p->open.v[p->open.n - 1];
	if (parent->n == parent->cap) {
		size_t cap = parent->cap == 0 ? 8 : parent->cap * 2;
		parent->child = arena_grow(p->arena, parent->child, parent->n, cap, sizeof(*parent->child));
		parent->cap = cap;
	}
	parent->child[parent->n++] = child;
	parent->expanded += child->expanded;
	parent->bytes += child->bytes;
}

static bool
close_node(struct parse *p)
{
	struct yaml_building *n = p->open.v[--p->open.n];

	n->open = false;
	if (n->node.kind == YAML_MAP) {
		if (!yaml_merge_pairs(p->arena, n, p->e))
			return false;
	} else {
		n->node.n = n->n;
		n->node.items = ARENA_ARRAY(p->arena, n->n, const struct yaml_node *);
		for (size_t i = 0; i < n->n; i++)
			n->node.items[i] = &n->child[i]->node;
	}
	add_child(p, n);
	return true;
}

/* *done once the first document has ended. */
static bool
take_event(struct parse *p, const yaml_event_t *ev, bool *done)
{
	struct yaml_building *n = NULL;

	switch (ev->type) {
	case YAML_ALIAS_EVENT:
		p->written++;
		if (!find_alias(p, ev, &n))
			return false;
		add_child(p, n);
		return true;
	case YAML_SCALAR_EVENT:
		p->written++;
		add_child(p, new_scalar(p, ev));
		return true;
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:
		p->written++;
		if (!open_node(p, ev, &n))
			return false;
		VEC_PUSH(&p->open, n);
		return true;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return close_node(p);
	case YAML_DOCUMENT_END_EVENT:
	case YAML_STREAM_END_EVENT:
		*done = true;
		return true;
	case YAML_DOCUMENT_START_EVENT:
		if (ev->data.document_start.version_directive != NULL &&
		    (ev->data.document_start.version_directive->major != 1 ||
			ev->data.document_start.version_directive->minor != 1))
			return err_at(p->e, mark_line(ev->start_mark), 1, "yaml: found incompatible YAML document");
		break;
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
		break;
	}
	return true;
}

bool
yaml_parse(struct arena *a, struct str in, const struct yaml_node **root, struct err *e)
{
	struct parse p = { .arena = a, .e = e };
	bool ok = true, done = false;

	if (!yaml_parser_initialize(&p.parser))
		return err_set(e, ERR_LIMIT, "yaml: cannot start a parser");
	yaml_parser_set_input_string(&p.parser, (const unsigned char *)(in.n > 0 ? in.p : ""), in.n);
	while (ok && !done) {
		yaml_event_t ev;
		if (!yaml_parser_parse(&p.parser, &ev)) {
			ok = fail_parser(&p);
			break;
		}
		ok = take_event(&p, &ev, &done);
		yaml_event_delete(&ev);
	}
	if (ok)
		*root = p.root != NULL ? &p.root->node : NULL;
	yaml_parser_delete(&p.parser);
	VEC_FINI(&p.open);
	hmap_fini(&p.anchors);
	return ok;
}

const struct yaml_node *
yaml_get(const struct yaml_node *map, const char *key)
{
	if (map == NULL || map->kind != YAML_MAP)
		return NULL;
	for (size_t i = map->n; i > 0; i--) {
		const struct yaml_node *k = map->pairs[i - 1].key;
		if (k->kind == YAML_SCALAR && str_is(k->text, key))
			return map->pairs[i - 1].value;
	}
	return NULL;
}
