/* SPDX-License-Identifier: Apache-2.0 */
/* Output of commands: times, label sets, tables, JSON. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/layout.h"
#include "base/quote.h"
#include "base/rfc3339.h"
#include "base/tz.h"
#include "cli.h"

void
cli_print(struct str s)
{
	fwrite(s.p, 1, s.n, stdout);
}

void
cli_put_json(struct json_writer *w, const struct json *j)
{
	switch (j->kind) {
	case JSON_NULL:
		json_nil(w);
		return;
	case JSON_BOOL:
		json_bool(w, j->b);
		return;
	case JSON_NUMBER:
		json_raw(w, j->s);
		return;
	case JSON_STRING:
		json_str(w, j->s);
		return;
	case JSON_ARRAY:
		json_array_begin(w);
		for (size_t i = 0; i < j->n; i++)
			cli_put_json(w, &j->v[i]);
		json_array_end(w);
		return;
	case JSON_OBJECT:
		json_object_begin(w);
		for (size_t i = 0; i < j->n; i++) {
			json_key(w, j->keys[i]);
			cli_put_json(w, &j->v[i]);
		}
		json_object_end(w);
		return;
	}
}

void
cli_print_json(struct cli *c, const struct json *j)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct json_writer w;

	(void)c;
	json_writer_init(&w, &b, JSON_HTML_PLAIN);
	cli_put_json(&w, j);
	sbuf_putc(&b, '\n');
	cli_print(sbuf_get(&b));
	sbuf_fini(&b);
}

struct str
cli_show_time(struct cli *c, const struct json *value)
{
	struct str api_time = value != NULL && value->kind == JSON_STRING ? value->s : STR("");
	struct zoned_time t = { .zone = zone_local() };
	struct sbuf b = SBUF_INIT(1 << 16);
	struct str out;

	if (!rfc3339_parse(api_time, &t.at, NULL))
		return api_time;
	t.at = zone_apply(t.zone, t.at, &t.abbreviation);
	layout_format(&b, c->date_format.n > 0 ? c->date_format : STR("2006-01-02 15:04:05 MST"), &t);
	out = arena_str(c->arena, sbuf_get(&b));
	sbuf_fini(&b);
	return out;
}

struct str
cli_show_labels(struct cli *c, const struct json *labels)
{
	size_t n = labels != NULL && labels->kind == JSON_OBJECT ? labels->n : 0;
	struct str *lines = ARENA_ARRAY(c->arena, n, struct str);
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct str out;

	for (size_t i = 0; i < n; i++) {
		sbuf_reset(&b);
		sbuf_str(&b, labels->keys[i]);
		sbuf_putc(&b, '=');
		quote_go(&b, labels->v[i].kind == JSON_STRING ? labels->v[i].s : STR(""));
		lines[i] = arena_str(c->arena, sbuf_get(&b));
	}
	if (n > 1)
		qsort(lines, n, sizeof(lines[0]), str_qsort);
	sbuf_reset(&b);
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			sbuf_putc(&b, ' ');
		sbuf_str(&b, lines[i]);
	}
	out = arena_str(c->arena, sbuf_get(&b));
	sbuf_fini(&b);
	return out;
}

struct timed {
	struct wall at;
	const struct json *j;
};

static int
by_time(const void *a, const void *b)
{
	const struct timed *x = a, *y = b;
	int order = wall_cmp(x->at, y->at);

	return order != 0 ? order : (x->j > y->j) - (x->j < y->j);
}

const struct json **
cli_by_time(struct cli *c, const struct json *list, const char *key)
{
	struct timed *timed = ARENA_ARRAY(c->arena, list->n, struct timed);
	const struct json **out = ARENA_ARRAY(c->arena, list->n, const struct json *);

	for (size_t i = 0; i < list->n; i++) {
		timed[i].j = &list->v[i];
		if (!rfc3339_parse(json_get_str(&list->v[i], key, STR("")), &timed[i].at, NULL))
			timed[i].at = WALL_ZERO;
	}
	if (list->n > 1)
		qsort(timed, list->n, sizeof(timed[0]), by_time);
	for (size_t i = 0; i < list->n; i++)
		out[i] = timed[i].j;
	return out;
}

void
cli_put_pairs(struct json_writer *w, const char *key, const struct str *names, const struct str *values, size_t n)
{
	json_key(w, str_from(key));
	json_object_begin(w);
	for (size_t i = 0; i < n; i++) {
		json_key(w, names[i]);
		json_str(w, values[i]);
	}
	json_object_end(w);
}
