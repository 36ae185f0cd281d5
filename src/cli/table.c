/* SPDX-License-Identifier: Apache-2.0 */
/* Tables: columns padded to their widest cell. */
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "cli.h"

struct table {
	struct arena *arena;
	size_t columns, n, cap;
	struct str *cells;
};

/* C1 controls are two bytes, 0xC2 0x80 to 0xC2 0x9F. */
struct str
cli_tame(struct arena *a, struct str s)
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

static void
table_row(struct table *t, const struct str *cells)
{
	if (t->n == t->cap) {
		size_t cap = t->cap > 0 ? 2 * t->cap : 16;

		t->cells = arena_grow(t->arena, t->cells, t->cap * t->columns, cap * t->columns, sizeof(t->cells[0]));
		t->cap = cap;
	}
	for (size_t i = 0; i < t->columns; i++)
		t->cells[t->n * t->columns + i] = cli_tame(t->arena, cells[i]);
	t->n++;
}

static void
table_init(struct table *t, struct arena *a, const struct cli_column *columns, size_t n)
{
	struct str *row = ARENA_ARRAY(a, n, struct str);

	*t = (struct table){ .arena = a, .columns = n };
	for (size_t i = 0; i < n; i++)
		row[i] = str_from(columns[i].title);
	table_row(t, row);
}

static void
table_print(const struct table *t)
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

/* The member "a" or, of a member, "a.b". */
static const struct json *
member(const struct json *row, const char *key)
{
	const char *dot = strchr(key, '.');
	char first[64];

	if (dot == NULL)
		return json_get(row, key);
	snprintf(first, sizeof(first), "%.*s", (int)(dot - key), key);
	return json_get(json_get(row, first), dot + 1);
}

static struct str
cell(struct cli *c, const struct cli_column *column, const struct json *row)
{
	const struct json *value = column->key != NULL ? member(row, column->key) : row;

	if (column->show != NULL)
		return column->show(c, value);
	if (value == NULL || (value->kind != JSON_STRING && value->kind != JSON_NUMBER && value->kind != JSON_BOOL))
		return STR("");
	return value->kind != JSON_BOOL ? value->s : value->b ? STR("true") : STR("false");
}

void
cli_print_table(struct cli *c, const struct cli_column *columns, size_t columns_n, const struct json *const *rows, size_t n)
{
	struct str *cells = ARENA_ARRAY(c->arena, columns_n, struct str);
	struct table t;

	table_init(&t, c->arena, columns, columns_n);
	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < columns_n; k++)
			cells[k] = cell(c, &columns[k], rows[i]);
		table_row(&t, cells);
	}
	table_print(&t);
}
