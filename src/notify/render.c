/* SPDX-License-Identifier: Apache-2.0 */
#include "render.h"

#include <string.h>

#include "base/utf8.h"
#include "text/digest.h"

#define ELLIPSIS "\xe2\x80\xa6"

struct rendering {
	struct value data;
	size_t max_alerts;
	unsigned brevity;
};

/* 0: all. */
static size_t
max_alerts(const struct attempt *a)
{
	if (a->shortened && (a->max_alerts == 0 || a->max_alerts > ATTEMPT_FEW))
		return ATTEMPT_FEW;
	return a->max_alerts;
}

size_t
render_alerts_n(const struct attempt *a)
{
	size_t max = max_alerts(a);

	return max > 0 && max < a->n->alerts_n ? max : a->n->alerts_n;
}

struct value
render_data(struct attempt *a)
{
	struct rendering *r = a->rendering;
	size_t max = max_alerts(a);

	if (r == NULL || r->max_alerts != max || r->brevity != a->brevity) {
		r = ARENA_NEW(a->arena, struct rendering);
		r->max_alerts = max;
		r->brevity = a->brevity;
		r->data = notify_data(a->n, max, a->brevity, a->env, a->arena);
		a->rendering = r;
	}
	return r->data;
}

/* Route labels were rendered when the alert came in. */
static bool
route_label(void *arg, struct str name, struct str *out, struct err *e)
{
	const struct notification *n = arg;

	(void)e;
	*out = n->route_labels != NULL ? labels_get(n->route_labels, name) : STR_NONE;
	return true;
}

/* The time that templates call local: that of the integration's `time_zone`, if its kind has such a key, or the process's. */
static const struct zone *
local_of(const struct attempt *a)
{
	const struct zone *z = NULL;

	/* A template that is tried out is of no integration. */
	if (a->n->integration == NULL || a->settings == NULL)
		return zone_local();
	for (const struct field *f = a->n->integration->kind->fields; f->key != NULL; f++)
		if (f->type == FIELD_STRING && strcmp(f->key, "time_zone") == 0) {
			struct str name = *(const struct str *)(const void *)((const char *)a->settings + f->offset);

			z = name.n > 0 ? zone_find(name) : NULL;
		}
	return z != NULL ? z : zone_local();
}

struct tmpl_env
render_env(struct attempt *a)
{
	return (struct tmpl_env){
		.now = a->now.wall,
		.local = local_of(a),
		.route_label = route_label,
		.route_label_arg = a->n,
		.steps_used = &a->steps,
		.max_steps = a->max_steps,
		.max_output = a->max_output,
	};
}

struct tmpl_set *
render_set(const struct attempt *a)
{
	return a->tmpl != NULL ? a->tmpl : a->n->config->tmpl;
}

struct kept_key
render_kept_key(const struct attempt *a, enum kept_form form, struct str source)
{
	return (struct kept_key){ form, source, max_alerts(a), a->brevity };
}

/* Counts its steps as if it were executed again, so that an attempt comes to its bounds where the one before did. */
bool
render_kept(struct attempt *a, const struct kept_key *key, struct str *out)
{
	uint64_t steps;

	if (a->kept == NULL || !kept_get(a->kept, key, out, &steps))
		return false;
	a->steps += steps;
	return true;
}

static bool
execute(struct attempt *a, enum kept_form form, struct str source, struct str *out, struct err *e)
{
	struct kept_key key = render_kept_key(a, form, source);
	uint64_t before = a->steps;
	bool of_its_time = false;
	struct tmpl_env env;

	if (render_kept(a, &key, out))
		return true;
	env = render_env(a);
	env.of_its_time = &of_its_time;
	if (!(form == KEPT_HTML ? tmpl_html : tmpl_text)(render_set(a), source, render_data(a), a->arena, &env, out, e)) {
		a->too_much |= e->kind == ERR_LIMIT;
		return false;
	}
	if (a->kept != NULL && !of_its_time)
		kept_put(a->kept, &key, *out, a->steps - before);
	return true;
}

bool
notify_text(struct attempt *a, struct str source, struct str *out, struct err *e)
{
	/* Without an action, as most URLs are, it is its own result. */
	*out = str_find(source, STR("{{")) == source.n ? source : STR_NONE;
	return out->n == source.n || execute(a, KEPT_TEXT, source, out, e);
}

bool
notify_html(struct attempt *a, struct str source, struct str *out, struct err *e)
{
	*out = STR_NONE;
	return source.n == 0 || execute(a, KEPT_HTML, source, out, e);
}

static struct str
render(struct render *r, struct str source, bool html)
{
	struct str out = STR_NONE;

	if (r->failed)
		return STR_NONE;
	/* Text written before a failure is for callers that send it all the same. */
	r->failed = !(html ? notify_html : notify_text)(r->a, source, &out, r->e);
	return out;
}

struct str
render_text(struct render *r, struct str source)
{
	return render(r, source, false);
}

struct str
render_html(struct render *r, struct str source)
{
	return render(r, source, true);
}

static struct str
cut(struct render *r, struct str s, size_t keep, bool mark, size_t max, const char *field)
{
	const struct notify_env *env = r->a->env;

	if (env->truncated != NULL)
		env->truncated(env->arg, r->a->n, field, max);
	return arena_printf(r->a->arena, "%.*s%s", (int)keep, s.p, mark ? ELLIPSIS : "");
}

struct str
render_cut_runes(struct render *r, struct str s, size_t max, const char *field)
{
	if (s.n <= max || utf8_count(s) <= max)
		return s;
	return cut(r, s, utf8_prefix(s, max <= 3 ? max : max - 1), max > 3, max, field);
}

struct str
render_cut_bytes(struct render *r, struct str s, size_t max, const char *field)
{
	size_t keep;

	if (s.n <= max)
		return s;
	keep = max >= sizeof(ELLIPSIS) - 1 ? utf8_fit(s, max - (sizeof(ELLIPSIS) - 1)) : 0;
	return cut(r, s, keep, max >= sizeof(ELLIPSIS) - 1, max, field);
}

bool
render_file(struct attempt *a, struct str file, struct str *out, struct err *e)
{
	return a->env->read_file(a->env->arg, arena_str(a->arena, file).p, a->arena, out, e);
}

bool
render_secret(struct attempt *a, struct str value, struct str file, struct str *out, struct err *e)
{
	if (value.n > 0 || file.n == 0) {
		*out = value;
		return true;
	}
	if (!render_file(a, file, out, e))
		return false;
	*out = str_trim(*out);
	return true;
}

struct str
render_key(struct attempt *a)
{
	char hex[SHA256_HEX];

	digest_sha256_hex(a->n->group_key, hex);
	return arena_str(a->arena, str_from(hex));
}

bool
render_firing(const struct attempt *a)
{
	size_t n = render_alerts_n(a);

	for (size_t i = 0; i < n; i++)
		if (!a->n->alerts[i].resolved)
			return true;
	return false;
}

bool
render_take(struct attempt *a, struct sbuf *b, struct str *out, struct err *e)
{
	return render_take_as(a, NULL, b, out, e);
}

bool
render_take_as(struct attempt *a, const struct kept_key *key, struct sbuf *b, struct str *out, struct err *e)
{
	bool ok = !b->overflow;

	if (!ok)
		err_set(e, ERR_LIMIT, "request is larger than %zu bytes", b->max);
	else if (key != NULL && a->kept != NULL)
		*out = kept_take(a->kept, key, b);
	else
		*out = arena_str(a->arena, sbuf_get(b));
	a->too_much |= !ok;
	sbuf_fini(b);
	return ok;
}
