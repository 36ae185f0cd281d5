/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Actions: which escapers their context needs, and how they go into the pipeline.
 * Source: Go html/template escape.go.
 */
#include "funcs.h"
#include "html_escape.h"
#include "parse.h"

#define FUNC_PREFIX "_html_template_"

static const struct node *
command_name(const struct node *command)
{
	const struct node *first = command->u.list.v[0];

	return first->type == NODE_IDENTIFIER ? first : NULL;
}

static bool
is_predefined(const struct node *name)
{
	return name != NULL && (str_is(name->text, "html") || str_is(name->text, "urlquery"));
}

/* Escapers that a user may call have to be the last command. */
static const struct node *
misplaced_escaper(const struct html_context *c, const struct node *pipe)
{
	size_t n = pipe->u.pipe.commands.n;

	for (size_t i = 0; i < n; i++) {
		const struct node *name = command_name(pipe->u.pipe.commands.v[i]);
		if (!is_predefined(name))
			continue;
		if (i + 1 < n || (c->state == stateAttr && c->delim == delimSpaceOrTagEnd &&
		    str_is(name->text, "html")))
			return name;
	}
	return NULL;
}

static void
add(struct html_edit *e, const char *escaper)
{
	e->escapers[e->escapers_n++] = escaper;
}

static void
add_url_escapers(struct html_edit *e, const struct html_context *c)
{
	if (c->url_part == urlPartQueryOrFrag) {
		add(e, FUNC_PREFIX "urlescaper");
		return;
	}
	if (c->url_part == urlPartNone)
		add(e, FUNC_PREFIX "urlfilter");
	if (c->state == stateCSSDqStr || c->state == stateCSSSqStr)
		add(e, FUNC_PREFIX "cssescaper");
	else
		add(e, FUNC_PREFIX "urlnormalizer");
}

static bool
is_url_state(enum html_state s)
{
	return s == stateURL || s == stateCSSDqStr || s == stateCSSSqStr || s == stateCSSDqURL ||
	    s == stateCSSSqURL || s == stateCSSURL;
}

/* The escaper for the state, where one is enough. */
static const char *
state_escaper(enum html_state s)
{
	switch ((int)s) {
	case stateMetaContentURL:
		return FUNC_PREFIX "urlfilter";
	case stateJS:
		return FUNC_PREFIX "jsvalescaper";
	case stateJSDqStr:
	case stateJSSqStr:
		return FUNC_PREFIX "jsstrescaper";
	case stateJSTmplLit:
		return FUNC_PREFIX "jstmpllitescaper";
	case stateJSRegexp:
		return FUNC_PREFIX "jsregexpescaper";
	case stateCSS:
		return FUNC_PREFIX "cssvaluefilter";
	case stateText:
		return FUNC_PREFIX "htmlescaper";
	case stateRCDATA:
		return FUNC_PREFIX "rcdataescaper";
	case stateAttrName:
	case stateTag:
		return FUNC_PREFIX "htmlnamefilter";
	case stateSrcset:
		return FUNC_PREFIX "srcsetescaper";
	default:
		return html_is_comment(s) ? FUNC_PREFIX "commentescaper" : NULL;
	}
}

struct html_context
html_escape_action(struct html_escaper *e, struct html_context c, struct node *n)
{
	const struct node *pipe = n->u.branch.pipe;

	if (pipe->u.pipe.decl.n > 0)
		return c;
	c = html_context_nudge(c);
	const struct node *escaper = misplaced_escaper(&c, pipe);
	if (escaper != NULL) {
		struct str q = html_quote(e->program->arena, escaper->text, 0);
		return html_node_error(e, n, "predefined escaper %.*s disallowed in template", STR_ARG(q));
	}
	if (c.state == stateError)
		return c;
	if (is_url_state(c.state) && c.url_part == urlPartUnknown) {
		struct str s = node_text(n, e->program->arena);
		return html_node_error(e, n, "%.*s appears in an ambiguous context within a URL", STR_ARG(s));
	}
	struct html_edit *edit = html_add_edit(e, n);
	const char *one = state_escaper(c.state);
	if (is_url_state(c.state))
		add_url_escapers(edit, &c);
	else if (one != NULL)
		add(edit, one);
	if (c.state == stateJS)
		c.js_ctx = jsCtxDivOp;	/* a slash behind a value divides */
	if (c.state == stateTag)
		c.state = stateAttrName;
	if (c.delim == delimSpaceOrTagEnd)
		add(edit, FUNC_PREFIX "nospaceescaper");
	else if (c.delim != delimNone)
		add(edit, FUNC_PREFIX "attrescaper");
	return c;
}

/* Escapers that do the work of a predefined one go by its name. */
static struct str
normal_name(struct str s)
{
	if (str_is(s, FUNC_PREFIX "attrescaper") || str_is(s, FUNC_PREFIX "htmlescaper") ||
	    str_is(s, FUNC_PREFIX "rcdataescaper"))
		return STR("html");
	if (str_is(s, FUNC_PREFIX "urlescaper") || str_is(s, FUNC_PREFIX "urlnormalizer"))
		return STR("urlquery");
	return s;
}

/* Does `next` change nothing behind `last`? */
static bool
is_redundant(struct str last, struct str next)
{
	static const char *const pairs[][2] = {
		{ FUNC_PREFIX "commentescaper", FUNC_PREFIX "attrescaper" },
		{ FUNC_PREFIX "commentescaper", FUNC_PREFIX "htmlescaper" },
		{ FUNC_PREFIX "cssescaper", FUNC_PREFIX "attrescaper" },
		{ FUNC_PREFIX "jsregexpescaper", FUNC_PREFIX "attrescaper" },
		{ FUNC_PREFIX "jsstrescaper", FUNC_PREFIX "attrescaper" },
		{ FUNC_PREFIX "jstmpllitescaper", FUNC_PREFIX "attrescaper" },
		{ FUNC_PREFIX "urlescaper", FUNC_PREFIX "urlnormalizer" },
	};

	for (size_t i = 0; i < ARRAY_LEN(pairs); i++)
		if (str_is(last, pairs[i][0]) && str_is(next, pairs[i][1]))
			return true;
	return false;
}

static struct node *
new_command(struct str name, size_t pos, struct arena *a)
{
	struct node *command = ARENA_NEW(a, struct node), *id = ARENA_NEW(a, struct node);

	id->type = NODE_IDENTIFIER;
	id->pos = pos;
	id->text = arena_str(a, name);
	id->u.function = str_starts(name, STR("_")) ? builtin_find_html(id->text.p) : builtin_find(name, false);
	command->type = NODE_COMMAND;
	command->pos = pos;
	node_list_push(&command->u.list, id, a);
	return command;
}

static void
append_command(struct node_list *l, struct str name, size_t pos, struct arena *a)
{
	const struct node *last = l->n > 0 ? command_name(l->v[l->n - 1]) : NULL;

	if (last == NULL || !is_redundant(last->text, name))
		node_list_push(l, new_command(name, pos, a), a);
}

static bool
has_escaper(const struct node_list *l, struct str name)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct node *id = command_name(l->v[i]);
		if (id != NULL && str_eq(normal_name(id->text), normal_name(name)))
			return true;
	}
	return false;
}

void
html_extend_pipeline(struct node *pipe, const char *const *escapers, size_t n, struct arena *a)
{
	struct node_list *l = &pipe->u.pipe.commands;
	struct str names[HTML_MAX_ESCAPERS];
	bool replaced = false;

	if (n == 0)
		return;
	for (size_t i = 0; i < n; i++)
		names[i] = str_from(escapers[i]);
	struct node *last = l->v[l->n - 1];
	const struct node *id = command_name(last);
	if (is_predefined(id)) {
		struct str own = id->text;
		if (l->n == 1 && last->u.list.n > 1) {
			/* {{esc a b}} is {{_eval_args_ a b | esc}} */
			last->u.list.v[0] = new_command(STR("_eval_args_"), id->pos, a)->u.list.v[0];
			append_command(l, own, pipe->pos, a);
		}
		for (size_t i = 0; i < n; i++)
			if (str_eq(normal_name(own), normal_name(names[i]))) {
				names[i] = own;
				replaced = true;
			}
	}
	/* The commands that stay; checked before anything is added, as each escaper is added once. */
	struct node_list kept = { 0 };
	for (size_t i = 0; i + replaced < l->n; i++)
		node_list_push(&kept, l->v[i], a);
	struct node_list before = kept;
	for (size_t i = 0; i < n; i++)
		if (!has_escaper(&before, names[i]))
			append_command(&kept, names[i], pipe->pos, a);
	*l = kept;
}
