/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any source is parsed and executed by both engines within its bounds, with
 * the same result each time.
 */
#include <assert.h>
#include <stdint.h>

#include "tmpl/tmpl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct thing {
	struct value text, labels, when, list;
};

static const struct value_field fields[] = {
	{ .name = "Text", .offset = offsetof(struct thing, text) },
	{ .name = "Labels", .offset = offsetof(struct thing, labels) },
	{ .name = "When", .offset = offsetof(struct thing, when) },
	{ .name = "List", .offset = offsetof(struct thing, list) },
};
static const struct value_type thing_type = {
	.name = "template.Thing", .kind = V_STRUCT, .fields = fields, .fields_n = ARRAY_LEN(fields),
};

static struct value
make_data(struct arena *a)
{
	static const struct str names[] = { { "alertname", 9 }, { "job", 3 } };
	static const struct str values[] = { { "A<1>", 4 }, { "\xff\"'\\", 4 } };
	struct thing *t = ARENA_NEW(a, struct thing);
	struct value *items = ARENA_ARRAY(a, 3, struct value);

	t->text = value_cstr("javascript:<a>");
	t->labels = value_kv(a, names, values, 2);
	t->when = value_time_in(a, (struct wall){ 1700000000, 5, 3600 }, NULL);
	items[0] = value_int(3);
	items[1] = t->labels;
	t->list = value_list(&type_list, items, 3);
	return value_object(&thing_type, t);
}

typedef bool engine(struct tmpl_set *, struct str, struct value, struct arena *, const struct tmpl_env *,
    struct str *, struct err *);

static void
twice(engine *run, struct tmpl_set *set, struct str source)
{
	const struct tmpl_env env = { .now = { 1700000000, 0, 0 }, .max_steps = 3000, .max_output = 20000 };
	struct arena *a = arena_new(), *b = arena_new();
	struct err e = { 0 }, again = { 0 };
	struct str out, out_again;

	bool ok = run(set, source, make_data(a), a, &env, &out, &e);
	bool ok_again = run(set, source, make_data(b), b, &env, &out_again, &again);
	assert(ok == ok_again && str_eq(out, out_again));
	assert(ok == (e.text[0] == '\0') && out.n <= 20000);
	arena_free(&a);
	arena_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str source = { (const char *)data, size };
	struct tmpl_set *set = tmpl_set_new();
	struct err e = { 0 };

	if (size > 8192)
		goto out;
	if (!tmpl_check_syntax(source, true, &e))
		assert(e.text[0] != '\0');
	/* As a file too: what it defines may be called by itself. */
	if (tmpl_set_add_file(set, STR("f"), source, NULL))
		twice(tmpl_html, set, STR("<a href='{{ template \"f\" . }}'>{{ template \"f\" . }}"));
	tmpl_set_free(&set);
	set = tmpl_set_new();
	twice(tmpl_text, set, source);
	twice(tmpl_html, set, source);
out:
	tmpl_set_free(&set);
	return 0;
}
