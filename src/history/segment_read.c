/* SPDX-License-Identifier: Apache-2.0 */
/* Segments as a disk has them: nothing is believed. */
#include "base/mem.h"
#include "segment.h"
#include "varint.h"

static uint64_t
get_number(const char *p, unsigned width)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < width; i++)
		v |= (uint64_t)(unsigned char)p[i] << 8 * i;
	return v;
}

static bool
get_entry(struct str s, size_t *at, struct segment_entry *out)
{
	uint64_t n, v[5];

	if (!varint_get(s, at, &n) || n > s.n - *at)
		return false;
	out->name = (struct str){ s.p + *at, (size_t)n };
	*at += (size_t)n;
	for (size_t i = 0; i < ARRAY_LEN(v); i++)
		if (!varint_get(s, at, &v[i]) || v[i] > UINT32_MAX)
			return false;
	if (s.n - *at < 8)
		return false;
	out->part = (uint32_t)v[0];
	out->at = v[1];
	out->values_n = (uint32_t)v[2];
	out->values = v[3];
	out->cells = v[4];
	out->sum = get_number(s.p + *at, 8);
	*at += 8;
	return true;
}

bool
segment_directory(struct str directory, uint32_t parts_n, struct segment_entry **out, size_t *n_out)
{
	VEC(struct segment_entry) all = { 0 };
	bool ok = true;

	for (size_t at = 0; ok && at < directory.n;) {
		struct segment_entry e;

		/* Names ascend: each is there once. */
		ok = get_entry(directory, &at, &e) && e.part < parts_n &&
		    (all.n == 0 ? e.name.n == 0 : str_cmp(all.v[all.n - 1].name, e.name) < 0);
		if (ok)
			VEC_PUSH(&all, e);
	}
	if (!ok || all.n == 0) {
		VEC_FINI(&all);
		return false;
	}
	*out = all.v;
	*n_out = all.n;
	return true;
}

static bool
get_values(struct column *c, struct str s)
{
	size_t at = 0;

	/* Each takes a byte at least. */
	if (c->values_n > s.n)
		return false;
	c->values = mem_calloc(c->values_n + 1, sizeof(c->values[0]));
	for (uint32_t i = 0; i < c->values_n; i++) {
		uint64_t n;

		if (!varint_get(s, &at, &n) || n > s.n - at)
			return false;
		c->values[i] = (struct str){ s.p + at, (size_t)n };
		at += (size_t)n;
	}
	return at == s.n;
}

static bool
get_some(struct column *c, struct str s)
{
	VEC(struct cell) some = { 0 };
	uint64_t set = UINT64_MAX, step, value;
	bool ok = true;

	for (size_t at = 0; ok && at < s.n;) {
		ok = varint_get(s, &at, &step) && varint_get(s, &at, &value) && step > 0 && step <= c->n &&
		    value > 0 && value <= c->values_n;
		set += step;
		ok = ok && set < c->n;
		if (ok)
			VEC_PUSH(&some, ((struct cell){ (uint32_t)set, (uint32_t)value }));
	}
	c->some = some.v;
	c->some_n = some.n;
	return ok;
}

static bool
get_cells(struct column *c, struct str s)
{
	if (s.n == 0)
		return false;
	c->form = (unsigned char)s.p[0];
	c->cells = s.p + 1;
	if (c->form == 0)
		return get_some(c, str_sub(s, 1, s.n));
	if ((c->form != 1 && c->form != 2 && c->form != 4 && c->form != 8) || s.n - 1 != (size_t)c->n * c->form)
		return false;
	for (uint32_t i = 0; c->form < 8 && i < c->n; i++)
		if (column_cell(c, i) > c->values_n)
			return false;
	return true;
}

bool
column_open(struct column *c, struct str part, const struct segment_entry *e, uint32_t n)
{
	struct str all;

	*c = (struct column){ .n = n, .values_n = e->values_n };
	if (e->at > part.n || e->values > part.n - e->at || e->cells > part.n - e->at - e->values)
		return false;
	all = (struct str){ part.p + e->at, e->values + e->cells };
	if (segment_sum(all) != e->sum)
		return false;
	c->bytes = mem_strndup(all.p, all.n);
	if (get_values(c, (struct str){ c->bytes, e->values }) &&
	    get_cells(c, (struct str){ c->bytes + e->values, e->cells }) && (c->form == 8) == (e->name.n == 0))
		return true;
	column_close(c);
	return false;
}

void
column_close(struct column *c)
{
	mem_free(c->bytes);
	mem_free(c->values);
	mem_free(c->some);
	*c = (struct column){ 0 };
}

size_t
column_bytes(const struct column *c)
{
	return sizeof(*c) + (size_t)c->n * c->form + c->values_n * (sizeof(c->values[0]) + 16) +
	    c->some_n * (sizeof(c->some[0]) + 4);
}

uint32_t
column_cell(const struct column *c, uint32_t at)
{
	size_t low = 0, high = c->some_n;

	if (c->form != 0)
		return (uint32_t)get_number(c->cells + (size_t)at * c->form, c->form);
	while (low < high) {
		size_t middle = (low + high) / 2;

		if (c->some[middle].set < at)
			low = middle + 1;
		else
			high = middle;
	}
	return low < c->some_n && c->some[low].set == at ? c->some[low].value : 0;
}

uint64_t
column_fingerprint(const struct column *c, uint32_t at)
{
	return get_number(c->cells + (size_t)at * 8, 8);
}
