/* SPDX-License-Identifier: Apache-2.0 */
#include "reading.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/sbuf.h"
#include "text/base64.h"

static void
at_format(struct sbuf *b, const struct at *at)
{
	if (at->up != NULL)
		at_format(b, at->up);
	if (at->key.p == NULL) {
		sbuf_printf(b, "[%zu]", at->index);
		return;
	}
	if (b->n > 0)
		sbuf_putc(b, '.');
	sbuf_str(b, at->key);
}

static void PRINTF(5, 0)
problem_add(struct reading *r, int line, int col, const struct at *at, const char *fmt, va_list ap)
{
	struct sbuf keys = SBUF_INIT(300), b = SBUF_INIT(4000);

	if (r->problems_n++ >= PROBLEMS_MAX)
		return;
	if (r->go_words) {
		sbuf_printf(&b, "  line %d: ", line);
	} else {
		sbuf_puts(&b, r->path);
		if (line > 0)
			sbuf_printf(&b, ":%d:%d", line, col > 0 ? col : 1);
		sbuf_puts(&b, ": ");
	}
	if (at != NULL && !r->go_words) {
		at_format(&keys, at);
		sbuf_str(&b, sbuf_get(&keys));
		sbuf_puts(&b, ": ");
	}
	sbuf_str(&b, arena_vprintf(r->arena, fmt, ap));
	r->problems[r->problems_n - 1] = (struct problem){ .part = r->part, .line = line, .col = col,
		.nth = r->problems_n, .text = arena_str(r->arena, sbuf_get(&b)) };
	sbuf_fini(&keys);
	sbuf_fini(&b);
}

bool
reading_problem(struct reading *r, const struct yaml_node *n, const struct at *at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	problem_add(r, n != NULL ? n->line : 0, n != NULL ? n->col : 0, at, fmt, ap);
	va_end(ap);
	return false;
}

bool
reading_problem_at(struct reading *r, int line, int col, const struct at *at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	problem_add(r, line, col, at, fmt, ap);
	va_end(ap);
	return false;
}

bool
reading_type_problem(struct reading *r, const struct yaml_node *n, const struct at *at, bool secret,
    const char *type, const char *hint)
{
	struct str value = STR_NONE;

	if (r->go_words)
		hint = NULL;
	if (n->kind == YAML_SCALAR) {
		value = secret ? STR("<secret>") : n->text;
		/* As yaml.v2 cuts it, but never within a rune. */
		if (value.n > 10) {
			size_t cut = 7;

			while (cut > 0 && ((unsigned char)value.p[cut] & 0xC0) == 0x80)
				cut--;
			value = arena_printf(r->arena, " `%.*s...`", (int)cut, value.p);
		} else {
			value = arena_printf(r->arena, " `%.*s`", STR_ARG(value));
		}
	}
	return reading_problem(r, n, at, "cannot unmarshal %s%.*s into %s%s%s%s", yaml_short_tag(n), STR_ARG(value),
	    type, hint != NULL ? " (" : "", hint != NULL ? hint : "", hint != NULL ? ")" : "");
}

static int
problem_cmp(const void *a, const void *b)
{
	const struct problem *x = a, *y = b;

	if (x->part != y->part)
		return x->part < y->part ? -1 : 1;
	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	if (x->col != y->col)
		return x->col < y->col ? -1 : 1;
	return x->nth < y->nth ? -1 : x->nth > y->nth;
}

bool
reading_end(struct reading *r, struct err *e)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	size_t kept = r->problems_n < PROBLEMS_MAX ? r->problems_n : PROBLEMS_MAX;

	if (r->problems_n == 0)
		return true;
	qsort(r->problems, kept, sizeof(r->problems[0]), problem_cmp);
	if (r->go_words)
		sbuf_puts(&b, "yaml: unmarshal errors:\n");
	for (size_t i = 0; i < kept; i++) {
		if (i > 0)
			sbuf_putc(&b, '\n');
		sbuf_str(&b, r->problems[i].text);
	}
	if (r->problems_n > kept)
		sbuf_printf(&b, "\nand %zu more", r->problems_n - kept);
	err_at(e, r->problems[0].line, r->problems[0].col, "%s", sbuf_cstr(&b));
	sbuf_fini(&b);
	return false;
}

bool
node_is_null(const struct yaml_node *n)
{
	if (n->tag.n > 0)
		return strcmp(yaml_short_tag(n), "!!null") == 0;
	return n->kind == YAML_SCALAR && n->style == YAML_PLAIN &&
	    (n->text.n == 0 || str_is(n->text, "~") || str_is(n->text, "null"));
}

bool
node_is_null_word(const struct yaml_node *n)
{
	return n->kind == YAML_SCALAR && n->style == YAML_PLAIN && n->tag.n == 0 &&
	    (str_is(n->text, "Null") || str_is(n->text, "NULL"));
}

bool
node_string(struct reading *r, const struct yaml_node *n, const struct at *at, bool secret, struct str *out)
{
	struct yaml_value v;
	struct err e = { 0 };

	if (n->kind != YAML_SCALAR)
		return reading_type_problem(r, n, at, secret, "string", NULL);
	if (!yaml_resolve(n, &v, &e))
		return reading_problem(r, n, at, "%s", secret ? "cannot decode the value by its tag" : e.text);
	switch (v.type) {
	case YAML_T_NULL:
		*out = STR("");
		return true;
	case YAML_T_BINARY: {
		struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
		bool ok = base64_decode(&b, v.s, BASE64_STD);

		if (ok)
			*out = arena_str(r->arena, sbuf_get(&b));
		sbuf_fini(&b);
		if (!ok)
			return reading_problem(r, n, at, "!!binary value contains invalid base64 data");
		return true;
	}
	case YAML_T_BOOL:
	case YAML_T_INT:
	case YAML_T_UINT:
	case YAML_T_FLOAT:
	case YAML_T_STRING:
	case YAML_T_TIMESTAMP:
	case YAML_T_MERGE:
	default:
		*out = v.s.p != NULL ? v.s : STR("");
		return true;
	}
}

static size_t
room_of(size_t n)
{
	size_t room = n > 0 ? 1 : 0;

	while (room < n)
		room *= 2;
	return room;
}

void *
list_room(struct arena *a, void *list, size_t n, size_t more, size_t size)
{
	return n + more > room_of(n) ? arena_grow(a, list, room_of(n), room_of(n + more), size) : list;
}

/* Go path.Clean. */
static struct str
path_clean(struct arena *a, struct str path)
{
	bool rooted = path.n > 0 && path.p[0] == '/';
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	size_t root_n, barrier;	/* nothing before barrier can be taken back by ".." */
	struct str out;

	if (rooted)
		sbuf_putc(&b, '/');
	root_n = barrier = b.n;
	for (size_t i = 0; i < path.n;) {
		struct str rest = { path.p + i, path.n - i };
		struct str part = str_sub(rest, 0, str_chr(rest, '/'));

		i += part.n + 1;
		if (part.n == 0 || str_is(part, "."))
			continue;
		if (str_is(part, "..") && b.n > barrier) {
			size_t to = b.n;

			while (to > barrier && b.p[to - 1] != '/')
				to--;
			sbuf_cut(&b, to > barrier && to > root_n ? to - 1 : to);
			continue;
		}
		if (str_is(part, "..") && rooted)
			continue;
		if (b.n > root_n)
			sbuf_putc(&b, '/');
		sbuf_str(&b, part);
		if (str_is(part, ".."))
			barrier = b.n;
	}
	if (b.n == 0)
		sbuf_putc(&b, '.');
	out = arena_str(a, sbuf_get(&b));
	sbuf_fini(&b);
	return out;
}

struct str
path_join(struct arena *a, struct str dir, struct str path)
{
	if (path.n == 0 || path.p[0] == '/')
		return path;
	return path_clean(a, dir.n > 0 ? arena_printf(a, "%.*s/%.*s", STR_ARG(dir), STR_ARG(path)) : path);
}

struct str
path_dir(struct arena *a, struct str path)
{
	size_t n = path.n;

	while (n > 0 && path.p[n - 1] != '/')
		n--;
	return path_clean(a, str_sub(path, 0, n));
}

struct str
path_base(struct str path)
{
	size_t from = path.n;

	while (from > 0 && path.p[from - 1] != '/')
		from--;
	return str_sub(path, from, path.n);
}
