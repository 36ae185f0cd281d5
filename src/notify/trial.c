/* SPDX-License-Identifier: Apache-2.0 */
#include "notify/trial.h"

#include <string.h>

#include "base/hash.h"
#include "base/hmap.h"
#include "base/quote.h"
#include "config/gateway_fields.h"
#include "notify/data.h"
#include "notify/notifier.h"
#include "text/yaml.h"
#include "tmpl/tmpl.h"

/* Strings of the configuration that are kept parsed meanwhile. */
#define PARSED_MAX 1000
/* Structured values nest so deep at most when they are sent (payload.h). */
#define NESTED_MAX 200

/* A text or a path that was tried: defaults and what is inherited come again and again. */
struct tried {
	struct hmap_node by_text;
	struct tried_as {
		enum { TRIED_TEXT, TRIED_HTML, TRIED_FILE } form;
		const struct notifier *data;	/* whose own data it was rendered with; NULL: with the usual data */
	} as;
	struct str text;
	const char *why;	/* NULL: all is well */
};

/* A key or, when it has no name, an index; up to the integration. */
struct spot {
	const struct spot *up;
	struct str name;
	size_t index;
	const struct yaml_node *node;	/* NULL: it is not written there */
};

struct trial {
	struct config *c;
	const struct trial_env *env;
	struct wall now;
	struct value data;
	struct arena *arena, *scratch;
	struct hmap tried;
	uint64_t steps, max_steps;
	size_t parsed;
	const struct receiver *receiver;	/* at hand */
	const struct integration *integration;
	const struct gateway *gateway;	/* at hand, unless it is NULL */
};

static void try_fields(struct trial *t, const struct field *table, const void *s, const struct spot *at);

static void
put_key(struct sbuf *b, const struct spot *at)
{
	if (at->up == NULL)
		return;
	put_key(b, at->up);
	if (at->name.n == 0)
		sbuf_printf(b, "[%zu]", at->index);
	else
		sbuf_printf(b, "%s%.*s", at->up->up != NULL ? "." : "", STR_ARG(at->name));
}

static void
tell(struct trial *t, const struct spot *at, const char *reason)
{
	struct sbuf key = SBUF_INIT(SBUF_UNLIMITED);
	const struct gateway *g = t->gateway;
	struct doubt d = { .reason = reason };
	const struct spot *written = at;

	if (g != NULL) {
		d.path = g->path;
		d.line = g->line;
		d.col = g->col;
		sbuf_printf(&key, "gateways[%.*s].", STR_ARG(g->name));
	} else {
		d.path = t->integration->path;
		d.line = t->integration->line;
		d.col = t->integration->col;
		d.receiver = t->receiver->name;
		d.kind = t->integration->kind->name;
		d.index = t->integration->index;
	}

	while (written != NULL && (written->node == NULL || written->node->line == 0))
		written = written->up;
	if (written != NULL) {
		d.line = written->node->line;
		d.col = written->node->col;
	}
	put_key(&key, at);
	d.key = sbuf_get(&key);
	t->env->tell(t->env->arg, &d);
	sbuf_fini(&key);
}

static bool
used_up(const struct trial *t)
{
	return t->steps >= t->max_steps;
}

/*
 * A function's complaint about a value (no number, no such element) may be for want
 * of a label that alerts have and the sample has not; what it says of patterns and
 * types is about the template.
 */
static bool
of_data(const struct err *e)
{
	return strstr(e->text, "error calling ") != NULL && strstr(e->text, "regexp: Compile") == NULL &&
	    strstr(e->text, "types for comparison") == NULL;
}

static bool
render(struct trial *t, struct str source, struct tried_as as, struct err *e)
{
	struct tmpl_set *set = t->c->tmpl;
	struct value data = as.data != NULL ? as.data->own_sample(t->data, t->scratch) : t->data;
	uint64_t steps = 0, left = used_up(t) ? 1 : t->max_steps - t->steps;
	struct tmpl_env env = { .now = t->now, .local = zone_local(), .steps_used = &steps };
	struct str out;
	bool ok = tmpl_check_calls(set, source, &steps, e);

	/* Both count in `steps`. */
	env.max_steps = left < TMPL_MAX_STEPS ? left : TMPL_MAX_STEPS;
	ok = ok && ((as.form == TRIED_HTML ? tmpl_html : tmpl_text)(set, source, data, t->scratch, &env, &out, e) ||
	    of_data(e));
	t->steps += steps;
	/* It may be too long to be read with what is left. */
	if (!ok && e->kind == ERR_LIMIT && left < TMPL_MAX_STEPS)
		t->steps = t->max_steps;
	arena_reset(t->scratch);
	if (++t->parsed % PARSED_MAX == 0)
		tmpl_forget_inline(set);
	/* A trial that was cut short here is not judged. */
	return ok || used_up(t);
}

static struct tried *
remembered(struct trial *t, struct str text, struct tried_as as, bool *first)
{
	uint64_t hash = fnv64(FNV64_INIT, text.p, text.n);
	struct tried *x;

	t->steps += 1 + text.n / 16;
	*first = false;
	for (struct hmap_node *n = hmap_first(&t->tried, hash); n != NULL; n = hmap_next(n)) {
		x = CONTAINER_OF(n, struct tried, by_text);
		if (x->as.form == as.form && x->as.data == as.data && str_eq(x->text, text))
			return x;
	}
	*first = true;
	x = ARENA_NEW(t->arena, struct tried);
	x->as = as;
	x->text = text;
	hmap_insert(&t->tried, &x->by_text, hash);
	return x;
}

/* The one that sends by gateways: their templates see its data. */
static const struct notifier *
gateways_notifier(void)
{
	size_t i = 0;

	while (notifiers[i]->kind.gateway_check == NULL)
		i++;
	return notifiers[i];
}

static void
try_template(struct trial *t, struct str source, const struct field *f, const struct spot *at)
{
	struct tried_as as = { .form = (f->flags & F_HTML) != 0 ? TRIED_HTML : TRIED_TEXT };
	struct tried *x;
	struct err e = { 0 };
	bool first;

	if (used_up(t) || str_find(source, STR("{{")) == source.n)
		return;
	if ((f->flags & F_OWN_DATA) != 0)
		as.data = t->gateway != NULL ? gateways_notifier() : notifier_of(t->integration);
	x = remembered(t, source, as, &first);
	if (first && !render(t, source, as, &e))
		x->why = arena_strdup(t->arena, e.text);
	if (x->why != NULL)
		tell(t, at, x->why);
}

static void
try_file(struct trial *t, struct str path, const struct spot *at)
{
	struct tried *x;
	struct err e = { 0 };
	bool first;

	if (used_up(t) || path.n == 0)
		return;
	x = remembered(t, path, (struct tried_as){ .form = TRIED_FILE }, &first);
	if (first && !t->env->readable(t->env->arg, arena_str(t->scratch, path).p, &e))
		x->why = arena_strdup(t->arena, e.text);
	if (x->why != NULL)
		tell(t, at, x->why);
}

static const struct yaml_node *
child(const struct yaml_node *map, struct str key)
{
	for (size_t i = map != NULL && map->kind == YAML_MAP ? map->n : 0; i > 0; i--)
		if (map->pairs[i - 1].key->kind == YAML_SCALAR && str_eq(map->pairs[i - 1].key->text, key))
			return map->pairs[i - 1].value;
	return NULL;
}

static struct spot
spot_key(const struct spot *up, struct str key)
{
	return (struct spot){ .up = up, .name = key, .node = child(up->node, key) };
}

static struct spot
spot_index(const struct spot *up, size_t i)
{
	const struct yaml_node *n = up->node;

	return (struct spot){ .up = up, .index = i,
		.node = n != NULL && n->kind == YAML_SEQ && i < n->n ? n->items[i] : NULL };
}

/* A structured value: its strings and the names in it are templates. */
static void
try_value(struct trial *t, const struct field *f, const struct yaml_node *n, unsigned depth, const struct spot *at)
{
	if (n == NULL || depth > NESTED_MAX || used_up(t))
		return;
	t->steps++;
	if (n->kind == YAML_SCALAR)
		try_template(t, n->text, f, at);
	for (size_t i = 0; i < n->n && n->kind == YAML_SEQ; i++) {
		struct spot here = { .up = at, .index = i, .node = n->items[i] };

		try_value(t, f, n->items[i], depth + 1, &here);
	}
	for (size_t i = 0; i < n->n && n->kind == YAML_MAP; i++) {
		const struct yaml_pair *p = &n->pairs[i];
		struct spot here = { .up = at, .name = p->key->text, .node = p->value };

		try_value(t, f, p->key, depth + 1, &here);
		try_value(t, f, p->value, depth + 1, &here);
	}
}

static void
try_strings(struct trial *t, const struct field *f, const struct str_list *list, const struct spot *at)
{
	for (size_t i = 0; i < list->n; i++) {
		struct spot here = spot_index(at, i);

		try_template(t, list->v[i], f, &here);
	}
}

static void
try_pairs(struct trial *t, const struct field *f, const struct str_pairs *pairs, const struct spot *at)
{
	for (size_t i = 0; i < pairs->n; i++) {
		struct spot here = spot_key(at, pairs->v[i].key);

		try_template(t, pairs->v[i].value, f, &here);
	}
}

static void
try_structs(struct trial *t, const struct field *f, const struct struct_list *list, const struct spot *at)
{
	for (size_t i = 0; i < list->n && !used_up(t); i++) {
		struct spot here = spot_index(at, i);

		try_fields(t, f->fields, (const char *)list->v + i * f->size, &here);
	}
}

struct named_files {
	struct trial *trial;
	const struct spot *at;
};

/* oauth2.tls_config.ca_file is written at the last of these keys that is there. */
static void
try_named_file(void *arg, const char *key, struct str path)
{
	const struct named_files *files = arg;
	struct spot here = { .up = files->at, .name = str_from(key), .node = files->at->node };

	for (struct str rest = here.name; here.node != NULL && rest.n > 0;) {
		size_t dot = str_chr(rest, '.');
		const struct yaml_node *next = child(here.node, str_sub(rest, 0, dot));

		if (next == NULL)
			break;
		here.node = next;
		rest = str_sub(rest, dot < rest.n ? dot + 1 : dot, rest.n);
	}
	try_file(files->trial, path, &here);
}

static void
try_field(struct trial *t, const struct field *f, const void *v, const struct spot *at)
{
	struct named_files files = { t, at };

	if (f->type == FIELD_STRUCT)
		try_fields(t, f->fields, v, at);
	else if (f->type == FIELD_STRUCTS)
		try_structs(t, f, v, at);
	else if (f->type == FIELD_HTTP)
		http_config_files(*(struct http_config *const *)v, try_named_file, &files);
	else if (f->type == FIELD_TLS)
		tls_config_files(*(struct tls_config *const *)v, try_named_file, &files);
	else if (f->type == FIELD_STRING && (f->flags & (F_PATH_CONFIG | F_PATH_CWD)) != 0)
		try_file(t, *(const struct str *)v, at);
	if ((f->flags & F_TEMPLATE) == 0)
		return;
	if (f->type == FIELD_STRING || f->type == FIELD_URL)
		try_template(t, *(const struct str *)v, f, at);
	else if (f->type == FIELD_STRINGS)
		try_strings(t, f, v, at);
	else if (f->type == FIELD_PAIRS)
		try_pairs(t, f, v, at);
	else if (f->type == FIELD_ANY)
		try_value(t, f, *(const struct yaml_node *const *)v, 0, at);
}

static void
try_fields(struct trial *t, const struct field *table, const void *s, const struct spot *at)
{
	for (const struct field *f = table; f->key != NULL; f++) {
		struct spot here = spot_key(at, str_from(f->key));

		try_field(t, f, (const char *)s + f->offset, &here);
	}
}

static void
try_receiver(struct trial *t, const struct receiver *r)
{
	t->receiver = r;
	for (size_t i = 0; i < r->n && !used_up(t); i++) {
		struct spot at = { .node = r->integrations[i].node };

		t->integration = &r->integrations[i];
		try_fields(t, t->integration->kind->fields, t->integration->settings, &at);
		arena_reset(t->scratch);
	}
}

/* Those of receivers are tried with them. */
static void
try_gateways(struct trial *t)
{
	struct spot top = { 0 };

	for (size_t i = 0; i < t->c->gateways_n && !used_up(t); i++) {
		t->gateway = &t->c->gateways[i];
		if (str_chr(t->gateway->name, '/') == t->gateway->name.n)
			try_fields(t, gateway_fields, t->gateway, &top);
		arena_reset(t->scratch);
	}
	t->gateway = NULL;
}

static void
try_patterns(struct trial *t)
{
	for (size_t i = 0; i < t->c->templates.n; i++) {
		const struct template_pattern *p = &t->c->template_patterns[i];
		struct doubt d = { .path = p->path, .line = p->line, .col = p->col };

		if (p->files > 0)
			continue;
		d.key = arena_printf(t->scratch, "templates[%zu]", i);
		d.reason = arena_printf(t->scratch, "no file fits %.*s", STR_ARG(t->c->templates.v[i])).p;
		t->env->tell(t->env->arg, &d);
		arena_reset(t->scratch);
	}
}

/* A name that was misspelt makes a receiver that nobody is told by. */
static void
try_extra(struct trial *t)
{
	for (size_t i = 0; i < t->c->receivers_n; i++) {
		const struct receiver *r = &t->c->receivers[i];
		struct doubt d = { .path = r->path, .line = r->line, .col = r->col, .key = STR("receivers") };

		if (!r->extra || r->used)
			continue;
		d.reason = arena_printf(t->scratch, "\"%.*s\" is no receiver of the configuration, and no route names it",
		    STR_ARG(r->name)).p;
		t->env->tell(t->env->arg, &d);
		arena_reset(t->scratch);
	}
}

void
notify_trial(struct config *c, struct wall now, const struct trial_env *env)
{
	static const struct doubt too_much = { .reason = "too much to try at once: templates and files behind the others "
							"were left out" };
	struct trial t = { .c = c, .env = env, .now = now, .arena = arena_new(), .scratch = arena_new() };

	t.max_steps = env->max_steps > 0 ? env->max_steps : TRIAL_STEPS;
	t.data = notify_data_sample(now, t.arena);
	try_patterns(&t);
	try_gateways(&t);
	try_extra(&t);
	for (size_t i = 0; i < c->receivers_n && !used_up(&t); i++)
		try_receiver(&t, &c->receivers[i]);
	if (used_up(&t))
		env->tell(env->arg, &too_much);
	/* Receivers that nobody uses need not keep theirs. */
	tmpl_forget_inline(c->tmpl);
	hmap_fini(&t.tried);
	arena_free(&t.scratch);
	arena_free(&t.arena);
}

struct str
doubt_text(const struct doubt *d, struct arena *a)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct str out;

	if (d->path != NULL)
		sbuf_puts(&b, d->path);
	if (d->path != NULL && d->line > 0)
		sbuf_printf(&b, ":%d:%d", d->line, d->col);
	if (d->path != NULL)
		sbuf_puts(&b, ": ");
	if (d->kind != NULL) {
		sbuf_puts(&b, "receiver ");
		quote_go(&b, d->receiver);
		sbuf_printf(&b, ": %s_configs[%zu]", d->kind, d->index);
	}
	if (d->key.n > 0)
		sbuf_printf(&b, "%s%.*s: ", d->kind != NULL ? "." : "", STR_ARG(d->key));
	sbuf_puts(&b, d->reason);
	out = arena_str(a, sbuf_get(&b));
	sbuf_fini(&b);
	return out;
}
