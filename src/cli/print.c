/* SPDX-License-Identifier: Apache-2.0 */
/* What commands show: times, label sets, tables, JSON. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/layout.h"
#include "base/quote.h"
#include "base/rfc3339.h"
#include "base/tz.h"
#include "base/utf8.h"
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
cli_time(struct cli *c, struct str api_time)
{
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
cli_labels(struct cli *c, const struct json *labels)
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
cli_table_init(struct cli_table *t, struct arena *a, size_t columns, const char *const *titles)
{
	struct str *row = ARENA_ARRAY(a, columns, struct str);

	*t = (struct cli_table){ .arena = a, .columns = columns };
	for (size_t i = 0; i < columns; i++)
		row[i] = str_from(titles[i]);
	cli_table_row(t, row);
}

/*
 * What stands in a cell comes from whoever posted it: it must neither break the
 * table nor command the terminal. C1 controls are two bytes, 0xC2 0x80 to 0xC2 0x9F.
 */
static struct str
tame(struct arena *a, struct str s)
{
	char *p = NULL;

	for (size_t i = 0; i < s.n; i++) {
		unsigned char ch = (unsigned char)s.p[i];
		bool c1 = ch == 0xC2 && i + 1 < s.n && (unsigned char)s.p[i + 1] >= 0x80 && (unsigned char)s.p[i + 1] < 0xA0;

		if (ch >= ' ' && ch != 0x7F && !c1)
			continue;
		if (p == NULL) {
			p = arena_alloc(a, s.n + 1);
			memcpy(p, s.p, s.n);
			s.p = p;
		}
		p[i] = ' ';
		if (c1)
			p[i + 1] = ' ';
	}
	return s;
}

void
cli_table_row(struct cli_table *t, const struct str *cells)
{
	if (t->n == t->cap) {
		size_t cap = t->cap > 0 ? 2 * t->cap : 16;

		t->cells = arena_grow(t->arena, t->cells, t->cap * t->columns, cap * t->columns, sizeof(t->cells[0]));
		t->cap = cap;
	}
	for (size_t i = 0; i < t->columns; i++)
		t->cells[t->n * t->columns + i] = tame(t->arena, cells[i]);
	t->n++;
}

void
cli_table_print(const struct cli_table *t)
{
	size_t *widths = ARENA_ARRAY(t->arena, t->columns, size_t);

	for (size_t i = 0; i < t->n * t->columns; i++) {
		size_t w = utf8_count(t->cells[i]);

		widths[i % t->columns] = w > widths[i % t->columns] ? w : widths[i % t->columns];
	}
	for (size_t i = 0; i < t->n * t->columns; i++) {
		size_t column = i % t->columns;

		cli_print(t->cells[i]);
		printf("%*s", (int)(widths[column] - utf8_count(t->cells[i])) + 2, "");
		if (column == t->columns - 1)
			printf("\n");
	}
}
