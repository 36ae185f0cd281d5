/* SPDX-License-Identifier: Apache-2.0 */
#include "parse.h"

#include <stdarg.h>

#include "base/quote.h"

static struct node *text_or_action(struct parser *p);

struct token
parse_next(struct parser *p)
{
	if (p->peeked > 0)
		p->peeked--;
	else
		p->token[0] = lexer_next(&p->lexer);
	return p->token[p->peeked];
}

void
parse_backup(struct parser *p)
{
	p->peeked++;
}

void
parse_backup2(struct parser *p, struct token first)
{
	p->token[1] = first;
	p->peeked = 2;
}

void
parse_backup3(struct parser *p, struct token second, struct token first)
{
	p->token[1] = first;
	p->token[2] = second;
	p->peeked = 3;
}

struct token
parse_peek(struct parser *p)
{
	if (p->peeked > 0)
		return p->token[p->peeked - 1];
	p->peeked = 1;
	p->token[0] = lexer_next(&p->lexer);
	return p->token[0];
}

struct token
parse_next_non_space(struct parser *p)
{
	struct token t;

	do
		t = parse_next(p);
	while (t.type == TOK_SPACE);
	return t;
}

struct token
parse_peek_non_space(struct parser *p)
{
	struct token t = parse_next_non_space(p);

	parse_backup(p);
	return t;
}

struct node *
parse_fail(struct parser *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	struct str s = arena_vprintf(p->arena, fmt, ap);
	va_end(ap);
	err_at(p->err, p->token[0].line, 0, "template: %.*s:%d: %.*s", STR_ARG(p->parse_name),
	    p->token[0].line, STR_ARG(s));
	return NULL;
}

struct node *
parse_unexpected(struct parser *p, struct token t, const char *context)
{
	struct str s = token_print(t, p->arena);
	struct str where = STR_NONE;

	if (t.type != TOK_ERROR)
		return parse_fail(p, "unexpected %.*s in %s", STR_ARG(s), context);
	if (p->action_line != 0 && p->action_line != t.line) {
		/* not "action in action" */
		const char *in = str_ends(s, STR(" action")) ? "" : " in action";
		where = arena_printf(p->arena, "%s started at %.*s:%d", in, STR_ARG(p->parse_name),
		    p->action_line);
	}
	return parse_fail(p, "%.*s%.*s", STR_ARG(s), STR_ARG(where));
}

struct node *
parse_node(struct parser *p, enum node_type type, size_t pos, int line)
{
	struct node *n = ARENA_NEW(p->arena, struct node);

	n->type = type;
	n->pos = pos;
	n->line = line;
	return n;
}

void
parse_push_var(struct parser *p, struct str name)
{
	if (p->vars_n == p->vars_cap) {
		size_t cap = p->vars_cap == 0 ? 16 : p->vars_cap * 2;
		p->vars = arena_grow(p->arena, p->vars, p->vars_cap, cap, sizeof(struct str));
		p->vars_cap = cap;
	}
	p->vars[p->vars_n++] = name;
}

bool
parse_unquote(struct parser *p, struct str literal, struct str *out)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	bool ok = unquote_go(&b, literal);

	if (ok)
		*out = arena_str(p->arena, sbuf_get(&b));
	else
		parse_fail(p, "invalid syntax");
	sbuf_fini(&b);
	return ok;
}

/* Nodes up to an {{end}} or {{else}}, which comes back in *next. */
static struct node *
item_list(struct parser *p, struct node **next)
{
	struct node *list = parse_node(p, NODE_LIST, parse_peek_non_space(p).pos, 0);

	while (parse_peek_non_space(p).type != TOK_EOF) {
		struct node *n = text_or_action(p);
		if (n == NULL)
			return NULL;
		if (n->type == NODE_END || n->type == NODE_ELSE) {
			*next = n;
			return list;
		}
		node_list_push(&list->u.list, n, p->arena);
	}
	return parse_fail(p, "unexpected EOF");
}

static struct node *
unexpected_node(struct parser *p, const struct node *n, const char *context)
{
	const char *name = n->type == NODE_END ? "{{end}}" : "{{else}}";

	if (context == NULL)
		return parse_fail(p, "unexpected %s", name);
	return parse_fail(p, "unexpected %s in %s", name, context);
}

static bool
add_tree(struct parser *p, struct str name, struct node *root)
{
	struct tree *old = tree_map_find(p->trees, name);

	if (old == NULL || node_is_empty(old->root)) {
		struct tree *t = ARENA_NEW(p->arena, struct tree);
		t->name = name;
		t->parse_name = p->parse_name;
		t->text = p->text;
		t->root = root;
		tree_map_put(p->trees, t);
		return true;
	}
	if (node_is_empty(root))
		return true;
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	quote_go(&b, name);
	parse_fail(p, "template: multiple definition of template %s", sbuf_cstr(&b));
	sbuf_fini(&b);
	return false;
}

/* The body of a definition, in a scope of its own, up to and with its {{end}}. */
static bool
definition_body(struct parser *p, struct str name, const char *context)
{
	size_t base = p->vars_base, n = p->vars_n;
	int range_depth = p->range_depth;
	struct node *end = NULL;

	p->vars_base = p->vars_n;
	parse_push_var(p, STR("$"));
	p->range_depth = 0;
	p->action_line = 0;
	struct node *root = item_list(p, &end);
	if (root == NULL)
		return false;
	if (end->type != NODE_END) {
		unexpected_node(p, end, context);
		return false;
	}
	p->vars_base = base;
	p->vars_n = n;
	p->range_depth = range_depth;
	return add_tree(p, name, root);
}

static bool
expect(struct parser *p, enum token_type type, const char *context)
{
	struct token t = parse_next_non_space(p);

	if (t.type == type)
		return true;
	parse_unexpected(p, t, context);
	return false;
}

static bool
template_name(struct parser *p, struct token t, const char *context, struct str *name)
{
	if (t.type == TOK_STRING || t.type == TOK_RAW_STRING)
		return parse_unquote(p, t.text, name);
	parse_unexpected(p, t, context);
	return false;
}

/* {{define "x"}}: the word is read already. */
static bool
definition(struct parser *p)
{
	static const char context[] = "define clause";
	struct str name;

	return template_name(p, parse_next_non_space(p), context, &name) &&
	    expect(p, TOK_RIGHT_DELIM, context) && definition_body(p, name, context);
}

static struct node *control(struct parser *p, enum node_type type, const char *context);

/* Parses the part behind {{else}} of a control structure. */
static struct node *
else_list(struct parser *p, const struct node *els, enum node_type type, const char *context)
{
	enum token_type chained = parse_peek(p).type;
	struct node *next = NULL, *list;

	if ((type == NODE_IF && chained == TOK_IF) || (type == NODE_WITH && chained == TOK_WITH)) {
		parse_next(p);
		list = parse_node(p, NODE_LIST, els->pos, 0);
		struct node *inner = control(p, type, context);
		if (inner == NULL)
			return NULL;
		node_list_push(&list->u.list, inner, p->arena);
		return list;
	}
	list = item_list(p, &next);
	if (list != NULL && next->type != NODE_END)
		return parse_fail(p, "expected end; found {{else}}");
	return list;
}

/* if, with and range; the word is read already. */
static struct node *
control(struct parser *p, enum node_type type, const char *context)
{
	size_t vars_n = p->vars_n;
	struct node *next = NULL;

	if (p->depth >= PARSE_MAX_DEPTH)
		return parse_fail(p, "nested too deeply");
	p->depth++;
	struct node *pipe = parse_pipeline(p, context, TOK_RIGHT_DELIM);
	if (pipe == NULL)
		return NULL;
	p->range_depth += type == NODE_RANGE;
	struct node *list = item_list(p, &next);
	if (list == NULL)
		return NULL;
	p->range_depth -= type == NODE_RANGE;
	struct node *n = parse_node(p, type, pipe->pos, pipe->line);
	n->u.branch.pipe = pipe;
	n->u.branch.list = list;
	if (next->type == NODE_ELSE) {
		n->u.branch.else_list = else_list(p, next, type, context);
		if (n->u.branch.else_list == NULL)
			return NULL;
	}
	p->vars_n = vars_n;
	p->depth--;
	return n;
}

static struct node *
else_control(struct parser *p)
{
	struct token t = parse_peek_non_space(p);

	/* {{else if}} is {{else}}{{if}} with one {{end}} for both. */
	if (t.type != TOK_IF && t.type != TOK_WITH) {
		t = parse_next_non_space(p);
		if (t.type != TOK_RIGHT_DELIM)
			return parse_unexpected(p, t, "else");
	}
	return parse_node(p, NODE_ELSE, t.pos, t.line);
}

static struct node *
end_control(struct parser *p)
{
	struct token t = parse_next_non_space(p);

	if (t.type != TOK_RIGHT_DELIM)
		return parse_unexpected(p, t, "end");
	return parse_node(p, NODE_END, t.pos, 0);
}

static struct node *
jump_control(struct parser *p, enum node_type type, struct token word)
{
	struct token t = parse_next_non_space(p);
	const char *name = type == NODE_BREAK ? "{{break}}" : "{{continue}}";

	if (t.type != TOK_RIGHT_DELIM)
		return parse_unexpected(p, t, name);
	if (p->range_depth == 0)
		return parse_fail(p, "%s outside {{range}}", name);
	return parse_node(p, type, word.pos, word.line);
}

static struct node *
new_template(struct parser *p, struct token t, struct str name, struct node *pipe)
{
	struct node *n = parse_node(p, NODE_TEMPLATE, t.pos, t.line);

	n->text = name;
	n->u.branch.pipe = pipe;
	return n;
}

static struct node *
template_control(struct parser *p)
{
	static const char context[] = "template clause";
	struct token t = parse_next_non_space(p);
	struct node *pipe = NULL;
	struct str name;

	if (!template_name(p, t, context, &name))
		return NULL;
	if (parse_next_non_space(p).type != TOK_RIGHT_DELIM) {
		parse_backup(p);
		pipe = parse_pipeline(p, context, TOK_RIGHT_DELIM);
		if (pipe == NULL)
			return NULL;
	}
	return new_template(p, t, name, pipe);
}

static struct node *
block_control(struct parser *p)
{
	static const char context[] = "block clause";
	struct token t = parse_next_non_space(p);
	struct str name;

	if (!template_name(p, t, context, &name))
		return NULL;
	struct node *pipe = parse_pipeline(p, context, TOK_RIGHT_DELIM);
	if (pipe == NULL)
		return NULL;
	if (p->depth >= PARSE_MAX_DEPTH)
		return parse_fail(p, "nested too deeply");
	p->depth++;
	if (!definition_body(p, name, context))
		return NULL;
	p->depth--;
	return new_template(p, t, name, pipe);
}

/* The inside of {{ }}. */
static struct node *
action(struct parser *p)
{
	struct token t = parse_next_non_space(p);
	struct node *n;

	if (t.type == TOK_BLOCK)
		return block_control(p);
	if (t.type == TOK_BREAK)
		return jump_control(p, NODE_BREAK, t);
	if (t.type == TOK_CONTINUE)
		return jump_control(p, NODE_CONTINUE, t);
	if (t.type == TOK_ELSE)
		return else_control(p);
	if (t.type == TOK_END)
		return end_control(p);
	if (t.type == TOK_IF)
		return control(p, NODE_IF, "if");
	if (t.type == TOK_RANGE)
		return control(p, NODE_RANGE, "range");
	if (t.type == TOK_TEMPLATE)
		return template_control(p);
	if (t.type == TOK_WITH)
		return control(p, NODE_WITH, "with");
	parse_backup(p);
	t = parse_peek(p);
	struct node *pipe = parse_pipeline(p, "command", TOK_RIGHT_DELIM);
	if (pipe == NULL)
		return NULL;
	n = parse_node(p, NODE_ACTION, t.pos, t.line);
	n->u.branch.pipe = pipe;
	return n;
}

static struct node *
text_or_action(struct parser *p)
{
	struct token t = parse_next_non_space(p);
	struct node *n;

	if (t.type == TOK_TEXT) {
		n = parse_node(p, NODE_TEXT, t.pos, 0);
		n->text = t.text;
		return n;
	}
	if (t.type != TOK_LEFT_DELIM)
		return parse_unexpected(p, t, "input");
	p->action_line = t.line;
	n = action(p);
	p->action_line = 0;
	return n;
}

static bool
top_level(struct parser *p)
{
	struct node *root = parse_node(p, NODE_LIST, parse_peek(p).pos, 0);

	while (parse_peek(p).type != TOK_EOF) {
		if (parse_peek(p).type == TOK_LEFT_DELIM) {
			struct token delim = parse_next(p);
			if (parse_next_non_space(p).type == TOK_DEFINE) {
				if (!definition(p))
					return false;
				continue;
			}
			parse_backup2(p, delim);
		}
		struct node *n = text_or_action(p);
		if (n == NULL)
			return false;
		if (n->type == NODE_END || n->type == NODE_ELSE) {
			unexpected_node(p, n, NULL);
			return false;
		}
		node_list_push(&root->u.list, n, p->arena);
	}
	return add_tree(p, p->parse_name, root);
}

bool
parse_source(struct str name, struct str text, bool with_am_functions, struct tree_map *trees, struct arena *a,
    struct err *e)
{
	struct parser p = {
		.arena = a, .err = e, .parse_name = name, .text = text, .trees = trees,
		.with_am_functions = with_am_functions,
	};

	lexer_init(&p.lexer, text, a);
	parse_push_var(&p, STR("$"));
	return top_level(&p);
}
