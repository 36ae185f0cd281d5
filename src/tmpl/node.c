/* SPDX-License-Identifier: Apache-2.0 */
#include "node.h"

#include "base/hash.h"
#include "base/quote.h"

void
node_list_push(struct node_list *l, struct node *n, struct arena *a)
{
	if (l->n == l->cap) {
		size_t cap = l->cap == 0 ? 4 : l->cap * 2;
		l->v = arena_grow(a, l->v, l->cap, cap, sizeof(struct node *));
		l->cap = cap;
	}
	l->v[l->n++] = n;
}

static void
print_list(struct sbuf *b, const struct node_list *l, const char *separator)
{
	for (size_t i = 0; i < l->n; i++) {
		if (i > 0)
			sbuf_puts(b, separator);
		node_print(b, l->v[i]);
	}
}

static void
print_operand(struct sbuf *b, const struct node *n)
{
	bool pipe = n->type == NODE_PIPE;

	if (pipe)
		sbuf_putc(b, '(');
	node_print(b, n);
	if (pipe)
		sbuf_putc(b, ')');
}

static void
print_names(struct sbuf *b, const struct node *n)
{
	for (size_t i = 0; i < n->u.chain.n; i++) {
		if (n->type != NODE_VARIABLE || i > 0)
			sbuf_putc(b, '.');
		sbuf_str(b, n->u.chain.names[i]);
	}
}

static void
print_pipe(struct sbuf *b, const struct node *n)
{
	if (n->u.pipe.decl.n > 0) {
		print_list(b, &n->u.pipe.decl, ", ");
		sbuf_puts(b, n->u.pipe.assign ? " = " : " := ");
	}
	print_list(b, &n->u.pipe.commands, " | ");
}

static void
print_branch(struct sbuf *b, const struct node *n, const char *word)
{
	sbuf_printf(b, "{{%s ", word);
	node_print(b, n->u.branch.pipe);
	sbuf_puts(b, "}}");
	node_print(b, n->u.branch.list);
	if (n->u.branch.else_list != NULL) {
		sbuf_puts(b, "{{else}}");
		node_print(b, n->u.branch.else_list);
	}
	sbuf_puts(b, "{{end}}");
}

static void
print_template(struct sbuf *b, const struct node *n)
{
	sbuf_puts(b, "{{template ");
	quote_go(b, n->text);
	if (n->u.branch.pipe != NULL) {
		sbuf_putc(b, ' ');
		node_print(b, n->u.branch.pipe);
	}
	sbuf_puts(b, "}}");
}

void
node_print(struct sbuf *b, const struct node *n)
{
	if (b->overflow)
		return;
	switch (n->type) {
	case NODE_TEXT:
	case NODE_STRING:
	case NODE_NUMBER:
	case NODE_IDENTIFIER:
		sbuf_str(b, n->text);
		break;
	case NODE_ACTION:
		sbuf_puts(b, "{{");
		node_print(b, n->u.branch.pipe);
		sbuf_puts(b, "}}");
		break;
	case NODE_BOOL:
		sbuf_puts(b, n->u.truth ? "true" : "false");
		break;
	case NODE_CHAIN:
		print_operand(b, n->u.chain.node);
		print_names(b, n);
		break;
	case NODE_FIELD:
	case NODE_VARIABLE:
		print_names(b, n);
		break;
	case NODE_COMMAND:
		for (size_t i = 0; i < n->u.list.n; i++) {
			if (i > 0)
				sbuf_putc(b, ' ');
			print_operand(b, n->u.list.v[i]);
		}
		break;
	case NODE_DOT:
		sbuf_putc(b, '.');
		break;
	case NODE_NIL:
		sbuf_puts(b, "nil");
		break;
	case NODE_ELSE:
		sbuf_puts(b, "{{else}}");
		break;
	case NODE_END:
		sbuf_puts(b, "{{end}}");
		break;
	case NODE_BREAK:
		sbuf_puts(b, "{{break}}");
		break;
	case NODE_CONTINUE:
		sbuf_puts(b, "{{continue}}");
		break;
	case NODE_LIST:
		print_list(b, &n->u.list, "");
		break;
	case NODE_PIPE:
		print_pipe(b, n);
		break;
	case NODE_IF:
		print_branch(b, n, "if");
		break;
	case NODE_RANGE:
		print_branch(b, n, "range");
		break;
	case NODE_WITH:
		print_branch(b, n, "with");
		break;
	case NODE_TEMPLATE:
		print_template(b, n);
		break;
	}
}

struct str
node_text(const struct node *n, struct arena *a)
{
	/* Error texts are cut at less than this anyway. */
	struct sbuf b = SBUF_INIT(1 << 16);
	node_print(&b, n);
	struct str s = arena_str(a, sbuf_get(&b));
	sbuf_fini(&b);
	return s;
}

static struct node *
copy_or_null(const struct node *n, struct arena *a)
{
	return n != NULL ? node_copy(n, a) : NULL;
}

static struct node_list
copy_list(const struct node_list *l, struct arena *a)
{
	struct node_list c = { 0 };

	for (size_t i = 0; i < l->n; i++)
		node_list_push(&c, node_copy(l->v[i], a), a);
	return c;
}

struct node *
node_copy(const struct node *n, struct arena *a)
{
	struct node *c = ARENA_NEW(a, struct node);

	*c = *n;
	switch (n->type) {
	case NODE_CHAIN:
		c->u.chain.node = node_copy(n->u.chain.node, a);
		break;
	case NODE_LIST:
	case NODE_COMMAND:
		c->u.list = copy_list(&n->u.list, a);
		break;
	case NODE_PIPE:
		c->u.pipe.decl = copy_list(&n->u.pipe.decl, a);
		c->u.pipe.commands = copy_list(&n->u.pipe.commands, a);
		break;
	case NODE_ACTION:
	case NODE_TEMPLATE:
	case NODE_IF:
	case NODE_RANGE:
	case NODE_WITH:
		c->u.branch.pipe = copy_or_null(n->u.branch.pipe, a);
		c->u.branch.list = copy_or_null(n->u.branch.list, a);
		c->u.branch.else_list = copy_or_null(n->u.branch.else_list, a);
		break;
	case NODE_TEXT:
	case NODE_BOOL:
	case NODE_DOT:
	case NODE_ELSE:
	case NODE_END:
	case NODE_FIELD:
	case NODE_IDENTIFIER:
	case NODE_NIL:
	case NODE_NUMBER:
	case NODE_STRING:
	case NODE_VARIABLE:
	case NODE_BREAK:
	case NODE_CONTINUE:
		break;
	}
	return c;
}

static bool
is_blank(struct str s)
{
	return str_trim(s).n == 0;
}

bool
node_is_empty(const struct node *n)
{
	if (n == NULL)
		return true;
	if (n->type == NODE_TEXT)
		return is_blank(n->text);
	if (n->type != NODE_LIST)
		return false;
	for (size_t i = 0; i < n->u.list.n; i++)
		if (!node_is_empty(n->u.list.v[i]))
			return false;
	return true;
}

static uint64_t
hash_name(struct str name)
{
	return fnv64(FNV64_INIT, name.p, name.n);
}

struct tree *
tree_map_find(const struct tree_map *m, struct str name)
{
	for (struct hmap_node *n = hmap_first(&m->map, hash_name(name)); n != NULL; n = hmap_next(n)) {
		struct tree *t = CONTAINER_OF(n, struct tree, by_name);
		if (str_eq(t->name, name))
			return t;
	}
	return NULL;
}

void
tree_map_put(struct tree_map *m, struct tree *t)
{
	struct tree *old = tree_map_find(m, t->name);

	if (old != NULL)
		hmap_remove(&m->map, &old->by_name);
	hmap_insert(&m->map, &t->by_name, hash_name(t->name));
}

void
tree_map_fini(struct tree_map *m)
{
	hmap_fini(&m->map);
}

struct str
tree_location(const struct tree *t, size_t pos, struct arena *a)
{
	size_t line = 1, start = 0;

	for (size_t i = 0; i < pos && i < t->text.n; i++)
		if (t->text.p[i] == '\n') {
			line++;
			start = i + 1;
		}
	return arena_printf(a, "%.*s:%zu:%zu", STR_ARG(t->parse_name), line, pos - start);
}
