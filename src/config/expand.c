/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ${NAME} and ${NAME:-default} in values. Done on the tree, not on the text:
 * what a variable holds stays one value, whatever characters are in it, and
 * comments are left alone. A plain scalar is typed by what it has become.
 */
#include "base/sbuf.h"
#include "base/ascii.h"
#include "conf.h"

static bool
name_byte(char c, bool first)
{
	return ascii_letter(c) || c == '_' || (!first && ascii_digit(c));
}

/* Expands the text between the braces. */
static bool
variable(struct reading *r, const struct yaml_node *n, struct str inside, struct sbuf *b)
{
	size_t i = 0;
	struct str name;
	const char *value = NULL;

	while (i < inside.n && name_byte(inside.p[i], i == 0))
		i++;
	name = arena_str(r->arena, str_sub(inside, 0, i));
	if (i == 0 || (i < inside.n && !str_starts(str_sub(inside, i, inside.n), STR(":-"))))
		return reading_problem(r, n, NULL,
		    "malformed variable ${%.*s} (wanted: ${NAME} or ${NAME:-default}; $$ for a dollar sign)",
		    STR_ARG(inside));
	if (r->env->env_get != NULL)
		value = r->env->env_get(r->env->arg, name.p);
	if (value != NULL && (value[0] != '\0' || i == inside.n))
		sbuf_puts(b, value);
	else if (i < inside.n)
		sbuf_str(b, str_sub(inside, i + 2, inside.n));
	else
		return reading_problem(r, n, NULL, "environment variable %.*s is not set and ${%.*s} has no default",
		    STR_ARG(name), STR_ARG(name));
	return true;
}

static struct str
text_expand(struct reading *r, const struct yaml_node *n)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct str s = n->text, out;

	for (size_t i = 0; i < s.n; i++) {
		struct str rest = str_sub(s, i, s.n);
		size_t end;

		if (str_starts(rest, STR("$$"))) {
			sbuf_putc(&b, '$');
			i++;
		} else if (str_starts(rest, STR("${"))) {
			end = str_chr(rest, '}');
			if (end == rest.n) {
				reading_problem(r, n, NULL, "a ${ without its }");
				break;
			}
			variable(r, n, str_sub(rest, 2, end), &b);
			i += end;
		} else {
			sbuf_putc(&b, s.p[i]);
		}
	}
	out = arena_str(r->arena, sbuf_get(&b));
	sbuf_fini(&b);
	return out;
}

/* The same node when nothing beneath it changes. */
static const struct yaml_node *
expand(struct reading *r, const struct yaml_node *n)
{
	struct yaml_node *copy = NULL;

	if (n->kind == YAML_SCALAR) {
		if (str_chr(n->text, '$') == n->text.n)
			return n;
		copy = ARENA_NEW(r->arena, struct yaml_node);
		*copy = *n;
		copy->text = text_expand(r, n);
		return copy;
	}
	for (size_t i = 0; i < n->n; i++) {
		const struct yaml_node *old = n->kind == YAML_SEQ ? n->items[i] : n->pairs[i].value;
		const struct yaml_node *new = expand(r, old);

		if (new == old)
			continue;
		if (copy == NULL) {
			copy = ARENA_NEW(r->arena, struct yaml_node);
			*copy = *n;
			if (n->kind == YAML_SEQ) {
				copy->items = ARENA_ARRAY(r->arena, n->n, const struct yaml_node *);
				memcpy(copy->items, n->items, n->n * sizeof(n->items[0]));
			} else {
				copy->pairs = ARENA_ARRAY(r->arena, n->n, struct yaml_pair);
				memcpy(copy->pairs, n->pairs, n->n * sizeof(n->pairs[0]));
			}
		}
		if (n->kind == YAML_SEQ)
			copy->items[i] = new;
		else
			copy->pairs[i].value = new;
	}
	return copy != NULL ? copy : n;
}

const struct yaml_node *
expand_env(struct reading *r, const struct yaml_node *n)
{
	return expand(r, n);
}
