/* SPDX-License-Identifier: Apache-2.0 */
#include "segment.h"

#include <stdlib.h>

#include "base/copy.h"
#include "base/hash.h"
#include "base/mem.h"
#include "varint.h"

#define FIRST_SLOTS 1024
/* By so much they grow; and so many are kept for the next segment. */
#define MORE_SLOTS 4
#define KEPT_SLOTS 16384
/* About what a cell takes. */
#define CELL_BYTES 2
/* A column of which one set in so many has a value is written cell by cell. */
#define DENSE 4

void
segment_maker_clear(struct segment_maker *m)
{
	hmap_fini(&m->by_name);
	m->by_name = (struct hmap){ 0 };
	for (size_t i = 0; i < m->columns.n; i++) {
		struct maker_column *c = m->columns.v[i];

		sbuf_fini(&c->name);
		sbuf_fini(&c->values);
		VEC_FINI(&c->runs);
		mem_free(c);
	}
	m->columns.n = m->values.n = m->fingerprints.n = m->order.n = 0;
	m->n = 0;
	m->bytes = 0;
	if (m->slots_n > KEPT_SLOTS) {
		mem_free(m->slots);
		m->slots = NULL;
		m->slots_n = 0;
	}
	if (m->slots != NULL)
		memset(m->slots, 0, m->slots_n * sizeof(m->slots[0]));
}

void
segment_maker_fini(struct segment_maker *m)
{
	segment_maker_clear(m);
	VEC_FINI(&m->columns);
	VEC_FINI(&m->values);
	VEC_FINI(&m->fingerprints);
	VEC_FINI(&m->order);
	mem_free(m->slots);
	*m = (struct segment_maker){ 0 };
}

void
segment_add(struct segment_maker *m, uint64_t fingerprint)
{
	VEC_PUSH(&m->fingerprints, fingerprint);
	m->bytes += sizeof(fingerprint);
	m->n++;
}

/* That of an interned string. */
static inline uint32_t
hash_of(struct str s)
{
	return (uint32_t)hash_seeded(s.p, s.n);
}

static uint32_t
column_of(struct segment_maker *m, struct str name, uint32_t hash)
{
	struct maker_column *c;

	for (struct hmap_node *n = hmap_first(&m->by_name, hash); n != NULL; n = hmap_next(n)) {
		c = CONTAINER_OF(n, struct maker_column, node);
		if (str_eq(sbuf_get(&c->name), name))
			return c->number;
	}
	c = NEW(struct maker_column);
	c->number = (uint32_t)m->columns.n;
	c->name = (struct sbuf)SBUF_INIT(SBUF_UNLIMITED);
	c->values = (struct sbuf)SBUF_INIT(SBUF_UNLIMITED);
	sbuf_str(&c->name, name);
	hmap_insert(&m->by_name, &c->node, hash);
	VEC_PUSH(&m->columns, c);
	m->bytes += name.n + sizeof(struct segment_entry);
	return c->number;
}

uint32_t
segment_column(struct segment_maker *m, struct str name)
{
	return column_of(m, name, hash_of(name));
}

static void
more_slots(struct segment_maker *m)
{
	size_t n = m->slots_n == 0 ? FIRST_SLOTS : m->slots_n * MORE_SLOTS;

	mem_free(m->slots);
	m->slots = mem_calloc(n, sizeof(m->slots[0]));
	m->slots_n = n;
	for (size_t i = 0; i < m->values.n; i++) {
		size_t at = m->values.v[i].hash & (n - 1);

		while (m->slots[at] != 0)
			at = (at + 1) & (n - 1);
		m->slots[at] = (uint32_t)i + 1;
	}
}

/* Its length, and the string. */
static void
put_sized(struct sbuf *b, struct str s)
{
	char *p;

	/* One more for the NUL that a buffer ends with. */
	if (b->cap - b->n <= VARINT_MAX + s.n)
		sbuf_reserve(b, VARINT_MAX + s.n + 1);
	p = copy_short(varint_write(b->p + b->n, s.n), s.p, s.n);
	*p = '\0';
	b->n = (size_t)(p - b->p);
}

static uint32_t
value_of(struct segment_maker *m, uint32_t column, struct str value, uint32_t text_hash)
{
	struct maker_column *c = m->columns.v[column];
	uint32_t hash = (uint32_t)hash_mix(text_hash, column);
	size_t at;

	if (m->values.n >= m->slots_n / 2)
		more_slots(m);
	for (at = hash & (m->slots_n - 1); m->slots[at] != 0; at = (at + 1) & (m->slots_n - 1)) {
		const struct maker_value *v = &m->values.v[m->slots[at] - 1];

		if (v->hash == hash && v->column == column && v->n == value.n &&
		    (value.n == 0 || memcmp(c->values.p + v->at, value.p, value.n) == 0))
			return v->number;
	}
	put_sized(&c->values, value);
	VEC_PUSH(&m->values,
	    ((struct maker_value){ hash, column, ++c->values_n, (uint32_t)(c->values.n - value.n), (uint32_t)value.n }));
	m->slots[at] = (uint32_t)m->values.n;
	m->bytes += value.n + 1;
	return c->values_n;
}

uint32_t
segment_value(struct segment_maker *m, uint32_t column, struct str value)
{
	return value_of(m, column, value, hash_of(value));
}

static void
close_run(struct maker_column *c)
{
	if (c->open.n > 0)
		VEC_PUSH(&c->runs, c->open);
	c->cells_n += c->open.n;
	c->open = (struct cells_run){ 0 };
	c->open_value = NULL;
}

static void
put_cell(struct maker_column *c, uint32_t set, uint32_t value)
{
	if (c->open.value == value && c->open.first + c->open.n == set && c->open.n > 0) {
		c->open.n++;
		return;
	}
	close_run(c);
	c->open = (struct cells_run){ set, 1, value };
}

void
segment_cell(struct segment_maker *m, uint32_t column, uint32_t value)
{
	put_cell(m->columns.v[column], m->n - 1, value);
	m->bytes += CELL_BYTES;
}

void
segment_add_column(struct segment_maker *m, uint32_t base, struct str name, const struct column *c)
{
	struct maker_column *to;
	uint32_t *numbers, column;

	if (name.n == 0) {
		for (uint32_t i = 0; i < c->n; i++)
			segment_add(m, column_fingerprint(c, i));
		return;
	}
	column = segment_column(m, name);
	to = m->columns.v[column];
	numbers = mem_calloc(c->values_n + 1, sizeof(numbers[0]));
	for (uint32_t i = 0; i < c->values_n; i++)
		numbers[i + 1] = segment_value(m, column, c->values[i]);
	for (size_t i = 0; i < c->some_n; i++)
		put_cell(to, base + c->some[i].set, numbers[c->some[i].value]);
	for (uint32_t i = 0; c->form != 0 && i < c->n; i++) {
		uint32_t value = column_cell(c, i);

		if (value != 0)
			put_cell(to, base + i, numbers[value]);
	}
	m->bytes += CELL_BYTES * (c->form == 0 ? c->some_n : (size_t)c->n);
	mem_free(numbers);
}

static uint32_t
known_value(struct segment_maker *m, struct maker_column *c, const struct istr *value)
{
	struct lately *l = &c->lately[value->hash & (MAKER_LATELY - 1)];

	if (l->value != value)
		*l = (struct lately){ value, value_of(m, c->number, istr_str(value), value->hash) };
	return l->number;
}

/* The column of the i-th label, which has that name; sets have the same names as a rule, in the same order. */
static struct maker_column *
next_column(struct segment_maker *m, uint32_t i, const struct istr *name)
{
	struct maker_column *c = i < m->order.n ? m->columns.v[m->order.v[i]] : NULL;
	uint32_t column;

	if (c != NULL && c->known_name == name)
		return c;
	column = column_of(m, istr_str(name), name->hash);
	c = m->columns.v[column];
	c->known_name = name;
	if (i < m->order.n)
		m->order.v[i] = c->number;
	else if (i == m->order.n)
		VEC_PUSH(&m->order, c->number);
	return c;
}

void
segment_add_labels(struct segment_maker *m, const struct labels *l)
{
	segment_add(m, labels_fingerprint(l));
	m->bytes += CELL_BYTES * (size_t)labels_n(l);
	for (uint32_t i = 0; i < labels_n(l); i++) {
		const struct istr *name = labels_name(l, i), *value = labels_value(l, i);
		struct maker_column *c;

		/* A column without a name is none. */
		if (name->n == 0)
			continue;
		c = next_column(m, i, name);
		if (c->open_value == value && c->open.first + c->open.n == m->n - 1) {
			c->open.n++;
			continue;
		}
		put_cell(c, m->n - 1, known_value(m, c, value));
		c->open_value = value;
	}
}

static void
put_two(char *p, uint32_t v)
{
	p[0] = (char)v;
	p[1] = (char)(v >> 8);
}

static void
put_four(char *p, uint32_t v)
{
	put_two(p, v);
	put_two(p + 2, v >> 16);
}

static void
put_eight(char *p, uint64_t v)
{
	put_four(p, (uint32_t)v);
	put_four(p + 4, (uint32_t)(v >> 32));
}

/* n bytes more, all of them 0, borrowed until the next write. */
static char *
take_room(struct sbuf *out, size_t n)
{
	static const char zeros[1024];
	size_t at = out->n;

	while (n > 0) {
		size_t some = n < sizeof(zeros) ? n : sizeof(zeros);

		sbuf_put(out, zeros, some);
		n -= some;
	}
	return out->p + at;
}

static void
put_run(const struct cells_run *r, unsigned width, char *at)
{
	char *p = at + (size_t)r->first * width;

	for (uint32_t i = 0; i < r->n; i++, p += width) {
		if (width == 1)
			*p = (char)r->value;
		else if (width == 2)
			put_two(p, r->value);
		else
			put_four(p, r->value);
	}
}

static void
put_cells(const struct maker_column *c, uint32_t n, struct sbuf *out)
{
	unsigned width = c->values_n < 1 << 8 ? 1 : c->values_n < 1 << 16 ? 2 : 4;
	uint32_t before = UINT32_MAX;
	char *at;

	if (c->cells_n < n / DENSE) {
		sbuf_putc(out, 0);
		for (size_t i = 0; i < c->runs.n; i++)
			for (uint32_t set = c->runs.v[i].first; set < c->runs.v[i].first + c->runs.v[i].n; set++) {
				varint_put(out, set - before);
				varint_put(out, c->runs.v[i].value);
				before = set;
			}
		return;
	}
	sbuf_putc(out, (char)width);
	at = take_room(out, (size_t)n * width);
	for (size_t i = 0; i < c->runs.n; i++)
		put_run(&c->runs.v[i], width, at);
}

static void
put_fingerprints(const struct segment_maker *m, struct sbuf *out)
{
	char *at;

	sbuf_putc(out, 8);
	at = take_room(out, m->fingerprints.n * 8);
	for (size_t i = 0; i < m->fingerprints.n; i++)
		put_eight(at + i * 8, m->fingerprints.v[i]);
}

static int
by_name(const void *a, const void *b)
{
	const struct maker_column *x = *(struct maker_column *const *)a, *y = *(struct maker_column *const *)b;

	return str_cmp(sbuf_get(&x->name), sbuf_get(&y->name));
}

uint64_t
segment_sum(struct str s)
{
	struct xxh64 x;

	xxh64_init(&x);
	xxh64_add(&x, s.p, s.n);
	return xxh64_sum(&x);
}

/* c: NULL for the fingerprints. */
static void
put_column(const struct segment_maker *m, const struct maker_column *c, struct segment_made *out)
{
	struct str name = c != NULL ? sbuf_get(&c->name) : STR_NONE;
	size_t values = c != NULL ? c->values.n : 0, at;
	struct sbuf *part;
	uint64_t sum;
	char bytes[8];

	if (out->parts.n == 0 || out->parts.v[out->parts.n - 1].n >= SEGMENT_PART)
		VEC_PUSH(&out->parts, ((struct sbuf)SBUF_INIT(SBUF_UNLIMITED)));
	part = &out->parts.v[out->parts.n - 1];
	at = part->n;
	if (c != NULL) {
		sbuf_str(part, sbuf_get(&c->values));
		put_cells(c, m->n, part);
	} else {
		put_fingerprints(m, part);
	}
	sum = segment_sum((struct str){ part->p + at, part->n - at });
	varint_put(&out->directory, name.n);
	sbuf_str(&out->directory, name);
	varint_put(&out->directory, out->parts.n - 1);
	varint_put(&out->directory, at);
	varint_put(&out->directory, c != NULL ? c->values_n : 0);
	varint_put(&out->directory, values);
	varint_put(&out->directory, part->n - at - values);
	put_eight(bytes, sum);
	sbuf_put(&out->directory, bytes, sizeof(bytes));
}

void
segment_make(struct segment_maker *m, struct segment_made *out)
{
	*out = (struct segment_made){ .directory = SBUF_INIT(SBUF_UNLIMITED) };
	for (size_t i = 0; i < m->columns.n; i++)
		close_run(m->columns.v[i]);
	put_column(m, NULL, out);
	if (m->columns.n == 0)
		return;
	qsort(m->columns.v, m->columns.n, sizeof(m->columns.v[0]), by_name);
	for (size_t i = 0; i < m->columns.n; i++)
		put_column(m, m->columns.v[i], out);
}

void
segment_made_fini(struct segment_made *s)
{
	for (size_t i = 0; i < s->parts.n; i++)
		sbuf_fini(&s->parts.v[i]);
	VEC_FINI(&s->parts);
	sbuf_fini(&s->directory);
}
