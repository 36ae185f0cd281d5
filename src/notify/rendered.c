/* SPDX-License-Identifier: Apache-2.0 */
#include "notify/rendered.h"

#include <string.h>

#include "base/rand.h"
#include "notify/data.h"

/* Steps of templates for one integration: two milliseconds. */
#define STEPS_MAX 50000
/* Structs of settings nest no deeper. */
#define NESTED_MAX 8

struct rendering {
	struct attempt attempt;
	struct arena *arena;
	struct rendered *out;
};

static bool
is_full(const struct rendering *r)
{
	return r->attempt.too_much || r->out->n == RENDERED_TEXTS_MAX;
}

static struct rendered_text *
add(struct rendering *r, struct str key)
{
	struct rendered_text *t = &r->out->texts[r->out->n++];

	t->key = key;
	return t;
}

static void
set_text(struct rendered_text *t, struct str text)
{
	t->cut = text.n > RENDERED_BYTES_MAX;
	t->text = str_sub(text, 0, RENDERED_BYTES_MAX);
}

static void
render(struct rendering *r, const struct field *f, struct str key, struct str source)
{
	struct rendered_text *t;
	struct err e = { 0 };
	struct str text;

	if (source.n == 0 || is_full(r))
		return;
	t = add(r, key);
	if (((f->flags & F_HTML) != 0 ? notify_html : notify_text)(&r->attempt, source, &text, &e))
		set_text(t, text);
	else
		t->error = arena_str(r->arena, str_from(e.text));
}

static struct str
key_in(struct rendering *r, struct str up, struct str name)
{
	return up.n > 0 ? arena_printf(r->arena, "%.*s.%.*s", STR_ARG(up), STR_ARG(name)) : name;
}

static struct str
key_at(struct rendering *r, struct str up, size_t i)
{
	return arena_printf(r->arena, "%.*s[%zu]", STR_ARG(up), i);
}

static void render_fields(struct rendering *r, const struct field *table, const void *s, struct str up, unsigned depth);

static void
render_template(struct rendering *r, const struct field *f, const void *v, struct str key)
{
	const struct str_list *list = v;
	const struct str_pairs *pairs = v;

	if (f->type == FIELD_STRING || f->type == FIELD_URL)
		render(r, f, key, *(const struct str *)v);
	for (size_t i = 0; f->type == FIELD_STRINGS && i < list->n; i++)
		render(r, f, key_at(r, key, i), list->v[i]);
	for (size_t i = 0; f->type == FIELD_PAIRS && i < pairs->n; i++)
		render(r, f, key_in(r, key, pairs->v[i].key), pairs->v[i].value);
}

static void
render_field(struct rendering *r, const struct field *f, const void *v, struct str key, unsigned depth)
{
	const struct struct_list *list = v;

	/* Secrets are shown to nobody, and own data is the notifier's. */
	if ((f->flags & (F_SECRET | F_OWN_DATA)) != 0 || depth > NESTED_MAX)
		return;
	if (f->type == FIELD_STRUCT)
		render_fields(r, f->fields, v, key, depth + 1);
	for (size_t i = 0; f->type == FIELD_STRUCTS && i < list->n && !is_full(r); i++)
		render_fields(r, f->fields, (const char *)list->v + i * f->size, key_at(r, key, i), depth + 1);
	if ((f->flags & F_TEMPLATE) != 0)
		render_template(r, f, v, key);
}

static void
render_fields(struct rendering *r, const struct field *table, const void *s, struct str up, unsigned depth)
{
	for (const struct field *f = table; f->key != NULL && !is_full(r); f++)
		render_field(r, f, (const char *)s + f->offset, key_in(r, up, str_from(f->key)), depth);
}

/* A webhook's body is the data itself. */
static void
render_body(struct rendering *r)
{
	struct request request = { 0 };
	struct err e = { 0 };

	if (strcmp(r->attempt.n->integration->kind->name, "webhook") != 0 || is_full(r))
		return;
	if (notify_start(&r->attempt, &request, &e) == STEP_SEND && request.kind == REQUEST_HTTP)
		set_text(add(r, STR("body")), request.http.body);
}

void
notify_rendered(struct notification *n, const struct notify_env *env, struct moment now, struct arena *a,
    struct rendered *out)
{
	/* Nobody is told of what is cut, and no token is taken or kept. */
	struct notify_env quiet = { .external_url = env->external_url, .user_agent = env->user_agent,
		.hostname = env->hostname, .read_file = env->read_file, .env_get = env->env_get, .arg = env->arg };
	struct rand rand;
	struct rendering r = { .arena = a, .out = out };

	rand_seed(&rand, 1);
	*out = (struct rendered){ .texts = ARENA_ARRAY(a, RENDERED_TEXTS_MAX, struct rendered_text) };
	r.attempt = (struct attempt){ .env = &quiet, .n = n, .settings = n->integration->settings, .arena = a, .now = now,
		.rand = &rand, .number = 1, .failure = FAILURE_OTHER, .max_alerts = RENDERED_ALERTS_MAX,
		.max_steps = STEPS_MAX, .max_output = 4 * RENDERED_BYTES_MAX };
	render_fields(&r, n->integration->kind->fields, n->integration->settings, STR(""), 0);
	render_body(&r);
	out->too_much = is_full(&r);
}
