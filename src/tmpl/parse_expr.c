/* SPDX-License-Identifier: Apache-2.0 */
#include "parse.h"

#include "base/quote.h"

static struct node *
new_chain_like(struct parser *p, enum node_type type, size_t pos, struct str dotted)
{
	struct node *n = parse_node(p, type, pos, 0);
	size_t parts = 1, at = 0;

	/* ".a.b" for fields, "$x.a" for variables */
	if (type == NODE_FIELD)
		dotted = str_sub(dotted, 1, dotted.n);
	for (size_t i = 0; i < dotted.n; i++)
		parts += dotted.p[i] == '.';
	n->u.chain.names = ARENA_ARRAY(p->arena, parts, struct str);
	n->u.chain.n = parts;
	for (size_t i = 0; i < parts; i++) {
		struct str tail = str_sub(dotted, at, dotted.n);
		n->u.chain.names[i] = str_sub(tail, 0, str_chr(tail, '.'));
		at += n->u.chain.names[i].n + 1;
	}
	return n;
}

static struct node *
use_variable(struct parser *p, struct token t)
{
	struct node *n = new_chain_like(p, NODE_VARIABLE, t.pos, t.text);

	for (size_t i = p->vars_base; i < p->vars_n; i++)
		if (str_eq(p->vars[i], n->u.chain.names[0]))
			return n;
	return parse_fail(p, "undefined variable \"%.*s\"", STR_ARG(n->u.chain.names[0]));
}

static struct node *
identifier(struct parser *p, struct token t)
{
	const struct builtin *f = builtin_find(t.text, p->with_am_functions);

	if (f == NULL)
		return parse_fail(p, "function \"%.*s\" not defined", STR_ARG(t.text));
	struct node *n = parse_node(p, NODE_IDENTIFIER, t.pos, 0);
	n->text = t.text;
	n->u.function = f;
	return n;
}

static struct node *
number(struct parser *p, struct token t)
{
	struct node *n = parse_node(p, NODE_NUMBER, t.pos, 0);
	struct err e = { 0 };

	n->text = t.text;
	if (!parse_number(t.text, t.type, &n->u.number, &e))
		return parse_fail(p, "%s", e.text);
	return n;
}

static struct node *
string(struct parser *p, struct token t)
{
	struct node *n = parse_node(p, NODE_STRING, t.pos, 0);

	n->text = t.text;
	return parse_unquote(p, t.text, &n->u.string) ? n : NULL;
}

/*
 * A simple expression. NULL with *none set when there is none, NULL without it
 * after an error.
 */
static struct node *
term(struct parser *p, bool *none)
{
	struct token t = parse_next_non_space(p);
	struct node *n;

	switch (t.type) {
	case TOK_IDENTIFIER:
		return identifier(p, t);
	case TOK_DOT:
		return parse_node(p, NODE_DOT, t.pos, 0);
	case TOK_NIL:
		return parse_node(p, NODE_NIL, t.pos, 0);
	case TOK_VARIABLE:
		return use_variable(p, t);
	case TOK_FIELD:
		return new_chain_like(p, NODE_FIELD, t.pos, t.text);
	case TOK_BOOL:
		n = parse_node(p, NODE_BOOL, t.pos, 0);
		n->u.truth = str_is(t.text, "true");
		return n;
	case TOK_CHAR_CONSTANT:
	case TOK_COMPLEX:
	case TOK_NUMBER:
		return number(p, t);
	case TOK_LEFT_PAREN:
		return parse_pipeline(p, "parenthesized pipeline", TOK_RIGHT_PAREN);
	case TOK_STRING:
	case TOK_RAW_STRING:
		return string(p, t);
	case TOK_ERROR:
	case TOK_CHAR:
	case TOK_ASSIGN:
	case TOK_DECLARE:
	case TOK_EOF:
	case TOK_LEFT_DELIM:
	case TOK_PIPE:
	case TOK_RIGHT_DELIM:
	case TOK_RIGHT_PAREN:
	case TOK_SPACE:
	case TOK_TEXT:
	case TOK_KEYWORD:
	case TOK_BLOCK:
	case TOK_BREAK:
	case TOK_CONTINUE:
	case TOK_DEFINE:
	case TOK_ELSE:
	case TOK_END:
	case TOK_IF:
	case TOK_RANGE:
	case TOK_TEMPLATE:
	case TOK_WITH:
	default:
		parse_backup(p);
		*none = true;
		return NULL;
	}
}

/* Joins the field tokens that follow: they are adjacent in the source, so one slice holds them. */
static struct str
field_tokens(struct parser *p)
{
	struct token first = parse_next(p);
	struct str s = first.text;

	while (parse_peek(p).type == TOK_FIELD)
		s.n += parse_next(p).text.n;
	return s;
}

static struct node *
operand(struct parser *p, bool *none)
{
	struct node *n = term(p, none);

	if (n == NULL || parse_peek(p).type != TOK_FIELD)
		return n;
	size_t pos = parse_peek(p).pos;
	struct str fields = field_tokens(p);
	struct str head;
	struct node *chain;
	switch (n->type) {
	case NODE_FIELD:
	case NODE_VARIABLE:
		head = node_text(n, p->arena);
		return new_chain_like(p, n->type, pos, arena_printf(p->arena, "%.*s%.*s",
		    STR_ARG(head), STR_ARG(fields)));
	case NODE_BOOL:
	case NODE_STRING:
	case NODE_NUMBER:
	case NODE_NIL:
	case NODE_DOT: {
		struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
		quote_go(&b, node_text(n, p->arena));
		parse_fail(p, "unexpected . after term %s", sbuf_cstr(&b));
		sbuf_fini(&b);
		return NULL;
	}
	case NODE_TEXT:
	case NODE_ACTION:
	case NODE_CHAIN:
	case NODE_COMMAND:
	case NODE_ELSE:
	case NODE_END:
	case NODE_IDENTIFIER:
	case NODE_IF:
	case NODE_LIST:
	case NODE_PIPE:
	case NODE_RANGE:
	case NODE_TEMPLATE:
	case NODE_WITH:
	case NODE_BREAK:
	case NODE_CONTINUE:
	default:
		chain = new_chain_like(p, NODE_FIELD, pos, fields);
		chain->type = NODE_CHAIN;
		chain->u.chain.node = n;
		return chain;
	}
}

/* Operands up to a pipe, a right parenthesis or the closing delimiter. */
static struct node *
command(struct parser *p)
{
	struct node *cmd = parse_node(p, NODE_COMMAND, parse_peek_non_space(p).pos, 0);

	for (;;) {
		bool none = false;

		parse_peek_non_space(p);
		struct node *arg = operand(p, &none);
		if (arg != NULL)
			node_list_push(&cmd->u.list, arg, p->arena);
		else if (!none)
			return NULL;
		struct token t = parse_next(p);
		if (t.type == TOK_SPACE)
			continue;
		if (t.type == TOK_RIGHT_DELIM || t.type == TOK_RIGHT_PAREN)
			parse_backup(p);
		else if (t.type != TOK_PIPE)
			return parse_unexpected(p, t, "operand");
		break;
	}
	if (cmd->u.list.n == 0)
		return parse_fail(p, "empty command");
	return cmd;
}

static void
declare(struct parser *p, struct node *pipe, struct token name)
{
	node_list_push(&pipe->u.pipe.decl, new_chain_like(p, NODE_VARIABLE, name.pos, name.text), p->arena);
	parse_push_var(p, name.text);
}

/* "$x :=", "$x =", "$i, $x :=" at the start of a pipeline, if they are there. */
static bool
declarations(struct parser *p, struct node *pipe, const char *context)
{
	for (;;) {
		struct token v = parse_peek_non_space(p);
		if (v.type != TOK_VARIABLE)
			return true;
		parse_next(p);
		struct token after = parse_peek(p);
		struct token next = parse_peek_non_space(p);
		if (next.type == TOK_ASSIGN || next.type == TOK_DECLARE) {
			pipe->u.pipe.assign = next.type == TOK_ASSIGN;
			parse_next_non_space(p);
			declare(p, pipe, v);
			return true;
		}
		if (next.type != TOK_CHAR || !str_is(next.text, ",")) {
			if (after.type == TOK_SPACE)
				parse_backup3(p, v, after);
			else
				parse_backup2(p, v);
			return true;
		}
		parse_next_non_space(p);
		declare(p, pipe, v);
		if (strcmp(context, "range") != 0 || pipe->u.pipe.decl.n >= 2) {
			parse_fail(p, "too many declarations in %s", context);
			return false;
		}
		struct token then = parse_peek_non_space(p);
		if (then.type != TOK_VARIABLE && then.type != TOK_RIGHT_DELIM && then.type != TOK_RIGHT_PAREN) {
			parse_fail(p, "range can only initialize variables");
			return false;
		}
	}
}

static struct node *
check_pipeline(struct parser *p, struct node *pipe, const char *context)
{
	if (pipe->u.pipe.commands.n == 0)
		return parse_fail(p, "missing value for %s", context);
	for (size_t i = 1; i < pipe->u.pipe.commands.n; i++) {
		enum node_type first = pipe->u.pipe.commands.v[i]->u.list.v[0]->type;
		if (first == NODE_BOOL || first == NODE_DOT || first == NODE_NIL || first == NODE_NUMBER ||
		    first == NODE_STRING)
			return parse_fail(p, "non executable command in pipeline stage %zu", i + 1);
	}
	return pipe;
}

static bool
starts_operand(enum token_type t)
{
	return t == TOK_BOOL || t == TOK_CHAR_CONSTANT || t == TOK_COMPLEX || t == TOK_DOT || t == TOK_FIELD ||
	    t == TOK_IDENTIFIER || t == TOK_NUMBER || t == TOK_NIL || t == TOK_RAW_STRING || t == TOK_STRING ||
	    t == TOK_VARIABLE || t == TOK_LEFT_PAREN;
}

struct node *
parse_pipeline(struct parser *p, const char *context, enum token_type end)
{
	struct token t = parse_peek_non_space(p);
	struct node *pipe = parse_node(p, NODE_PIPE, t.pos, t.line);

	if (p->depth >= PARSE_MAX_DEPTH)
		return parse_fail(p, "nested too deeply");
	p->depth++;
	if (!declarations(p, pipe, context))
		return NULL;
	for (;;) {
		t = parse_next_non_space(p);
		if (t.type == end) {
			p->depth--;
			return check_pipeline(p, pipe, context);
		}
		if (!starts_operand(t.type))
			return parse_unexpected(p, t, context);
		parse_backup(p);
		struct node *cmd = command(p);
		if (cmd == NULL)
			return NULL;
		node_list_push(&pipe->u.pipe.commands, cmd, p->arena);
	}
}
