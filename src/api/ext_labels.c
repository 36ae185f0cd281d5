/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /api/ext/v1/labels and /api/ext/v1/labels/NAME/values: which labels the alerts have that are asked for, and how
 * many have which value. For facets and completion.
 *
 * The alerts are walked through once, in slices, and pairs are counted in a table. Names and values are shared
 * texts, so a pair is two pointers. There are bounds on both; what goes beyond is not counted, and the answer says so.
 */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/hmap.h"
#include "base/mem.h"
#include "base/vec.h"
#include "ext_look.h"

#define NAMES_MAX 1000
#define PAIRS_MAX 200000
/* Values that are shown of each name. */
#define TOP_MAX 10
/* Counting a pair; comparing a value, sorting it, freeing it. */
#define PAIR_UNITS 40
#define VALUE_UNITS 30
#define SORT_UNITS 100
#define FREE_UNITS 30
/* Writing so many bytes costs a unit. */
#define BYTES_PER_UNIT 2

/* One value of a name. */
struct value_count {
	struct hmap_node node;
	struct istr *value;	/* owned reference */
	uint64_t alerts;
	struct name_count *name;
};

struct name_count {
	struct hmap_node node;
	struct istr *name;	/* owned reference */
	uint64_t alerts;
	VEC(struct value_count *) values;
};

struct labels_reply {
	struct packed body;
	struct api *api;
	struct arena *scratch;
	struct look look;
	struct labels *at;	/* looked at so far; owned reference */
	struct istr *only;	/* the one name that is counted; NULL: all. Owned reference */
	struct str prefix;	/* of the values of that */
	size_t limit;
	struct hmap names, pairs;
	VEC(struct name_count *) order;
	struct name_count receivers;	/* who is told, as if it were a label; it has no name */
	uint64_t alerts;
	bool cut;		/* not all were counted */
	enum { COUNT, SORT, WRITE } phase;
	size_t next;		/* name to be sorted */
	size_t sifted;		/* of its values; 0: not begun */
	struct json_writer w;
	size_t list, value;	/* that is written next */
};

static uint64_t
pointer_hash(const void *a, const void *b)
{
	return hash_mix(hash_mix(0, (uintptr_t)a), (uintptr_t)b);
}

static struct name_count *
name_of(struct labels_reply *r, struct istr *name)
{
	uint64_t hash = pointer_hash(name, NULL);
	struct name_count *n;

	for (struct hmap_node *at = hmap_first(&r->names, hash); at != NULL; at = hmap_next(at)) {
		n = CONTAINER_OF(at, struct name_count, node);
		if (n->name == name)
			return n;
	}
	if (r->names.n == NAMES_MAX) {
		r->cut = true;
		return NULL;
	}
	n = NEW(struct name_count);
	n->name = istr_ref(name);
	hmap_insert(&r->names, &n->node, hash);
	VEC_PUSH(&r->order, n);
	return n;
}

static void
count_value(struct labels_reply *r, struct name_count *name, struct istr *value)
{
	uint64_t hash = pointer_hash(name->name, value);
	struct value_count *v;

	for (struct hmap_node *at = hmap_first(&r->pairs, hash); at != NULL; at = hmap_next(at)) {
		v = CONTAINER_OF(at, struct value_count, node);
		if (v->name == name && v->value == value) {
			v->alerts++;
			return;
		}
	}
	if (r->pairs.n == PAIRS_MAX) {
		r->cut = true;
		return;
	}
	v = NEW(struct value_count);
	v->value = istr_ref(value);
	v->name = name;
	v->alerts = 1;
	hmap_insert(&r->pairs, &v->node, hash);
	VEC_PUSH(&name->values, v);
}

static void
count_pair(struct labels_reply *r, struct istr *label, struct istr *value, struct work *w)
{
	struct name_count *name;

	if (r->only != NULL && (label != r->only || !str_starts(istr_str(value), r->prefix)))
		return;
	work_spend(w, PAIR_UNITS);
	name = name_of(r, label);
	if (name == NULL)
		return;
	name->alerts++;
	count_value(r, name, value);
}

/* Once for each receiver, however many routes lead to it. */
static void
count_receivers(struct labels_reply *r, const struct alert_entry *entry, struct work *w)
{
	const struct route *const *routes;
	size_t n;

	view_entry_routes(r->api->env.engine, entry, &routes, &n);
	for (size_t i = 0; i < n; i++) {
		const struct receiver *to = routes[i]->receiver;
		struct istr *name;
		size_t j = 0;

		work_spend(w, PAIR_UNITS);
		while (j < i && routes[j]->receiver != to)
			j++;
		if (j < i)
			continue;
		name = istr_get(to->name);
		count_value(r, &r->receivers, name);
		istr_unref(name);
	}
}

struct visit {
	struct labels_reply *r;
	struct work *w;
	struct moment now;
};

static bool
visit(void *arg, const struct alert_entry *entry, const struct alert *a)
{
	struct visit *v = arg;
	struct labels_reply *r = v->r;
	struct seen seen;
	enum match m = look_at(&r->look, r->api->env.engine, entry, a, v->now, v->w, r->scratch, &seen);

	if (m != MATCH_YES)
		return m == MATCH_NO;
	r->alerts++;
	for (uint32_t i = 0; i < labels_n(a->labels); i++)
		count_pair(r, labels_name(a->labels, i), labels_value(a->labels, i), v->w);
	if (r->only == NULL)
		count_receivers(r, entry, v->w);
	return true;
}

/* Longer texts that are alike so far stand in some order. */
#define COMPARED_BYTES 256

static int
compare_texts(const struct istr *a, const struct istr *b)
{
	struct str x = istr_str(a), y = istr_str(b);
	int d = str_cmp(str_sub(x, 0, COMPARED_BYTES), str_sub(y, 0, COMPARED_BYTES));

	if (d != 0)
		return d;
	if (x.n != y.n)
		return x.n < y.n ? -1 : 1;
	return (uintptr_t)a < (uintptr_t)b ? -1 : a != b;
}

/* The most frequent first, then by text. */
static int
compare_values(const void *a, const void *b)
{
	const struct value_count *x = *(struct value_count *const *)a, *y = *(struct value_count *const *)b;

	if (x->alerts != y->alerts)
		return x->alerts > y->alerts ? -1 : 1;
	return compare_texts(x->value, y->value);
}

static int
compare_names(const void *a, const void *b)
{
	const struct name_count *x = *(struct name_count *const *)a, *y = *(struct name_count *const *)b;

	if (x->alerts != y->alerts)
		return x->alerts > y->alerts ? -1 : 1;
	return compare_texts(x->name, y->name);
}

static void
swap(struct value_count **a, struct value_count **b)
{
	struct value_count *x = *a;

	*a = *b;
	*b = x;
}

/* v, n of them, but for its first is a heap with the last in the order on top. */
static void
sift_down(struct value_count **v, size_t n, size_t i)
{
	for (size_t child; (child = 2 * i + 1) < n; i = child) {
		if (child + 1 < n && compare_values(&v[child], &v[child + 1]) < 0)
			child++;
		if (compare_values(&v[i], &v[child]) >= 0)
			return;
		swap(&v[i], &v[child]);
	}
}

/* The first `limit` of the order to the front, sorted: of a hundred thousand values few are shown. *sifted: how far it is. */
static bool
sort_values(struct name_count *n, size_t limit, size_t *sifted, struct work *w)
{
	size_t top = limit < n->values.n ? limit : n->values.n;
	struct value_count **v = n->values.v;

	if (*sifted == 0) {
		for (size_t i = top / 2; i-- > 0;)
			sift_down(v, top, i);
		work_spend(w, (int64_t)top * SORT_UNITS);
		*sifted = top;
	}
	for (; *sifted < n->values.n; ++*sifted) {
		if (work_used_up(w))
			return false;
		work_spend(w, VALUE_UNITS);
		if (compare_values(&v[*sifted], &v[0]) < 0) {
			swap(&v[*sifted], &v[0]);
			sift_down(v, top, 0);
			work_spend(w, SORT_UNITS);
		}
	}
	if (top > 1)
		qsort(v, top, sizeof(v[0]), compare_values);
	work_spend(w, (int64_t)top * SORT_UNITS);
	*sifted = 0;
	return true;
}

static bool
sort_some(struct labels_reply *r, struct work *w)
{
	for (; r->next < r->order.n; r->next++) {
		if (work_used_up(w) || !sort_values(r->order.v[r->next], r->limit, &r->sifted, w))
			return false;
	}
	if (!sort_values(&r->receivers, r->limit, &r->sifted, w))
		return false;
	if (r->order.n > 1)
		qsort(r->order.v, r->order.n, sizeof(r->order.v[0]), compare_names);
	return true;
}

/* The values that are written now: of the one name, or of each in turn and then the receivers; NULL: none has the one. */
static const struct name_count *
list_now(const struct labels_reply *r)
{
	if (r->only != NULL)
		return r->order.n > 0 ? r->order.v[0] : NULL;
	return r->list < r->order.n ? r->order.v[r->list] : &r->receivers;
}

static void
open_list(struct labels_reply *r)
{
	const struct name_count *n = list_now(r);
	struct json_writer *w = &r->w;

	r->value = 0;
	if (r->only == NULL && n != &r->receivers) {
		json_object_begin(w);
		json_put_str(w, "name", istr_str(n->name));
		json_put_uint(w, "alerts", n->alerts);
		json_put_uint(w, "values", n->values.n);
		json_key(w, STR("top"));
	} else if (r->only == NULL) {
		json_array_end(w);
		json_key(w, STR("receivers"));
	}
	json_array_begin(w);
}

/* False: that was the last one. */
static bool
close_list(struct labels_reply *r)
{
	json_array_end(&r->w);
	if (r->only != NULL || list_now(r) == &r->receivers)
		return false;
	json_object_end(&r->w);
	r->list++;
	return true;
}

static void
write_value(struct labels_reply *r, const struct value_count *v)
{
	json_object_begin(&r->w);
	json_put_str(&r->w, "value", istr_str(v->value));
	json_put_uint(&r->w, "alerts", v->alerts);
	json_object_end(&r->w);
}

static void
begin_reply(struct labels_reply *r)
{
	json_writer_init(&r->w, &r->body.plain, JSON_HTML_ESCAPED);
	json_object_begin(&r->w);
	json_key(&r->w, STR("items"));
	if (r->only == NULL)
		json_array_begin(&r->w);
	open_list(r);
}

static void
end_reply(struct labels_reply *r)
{
	const struct name_count *only = list_now(r);

	if (r->only != NULL)
		json_put_uint(&r->w, "total", only != NULL ? only->values.n : 0);
	json_put_uint(&r->w, "alerts", r->alerts);
	json_put_bool(&r->w, "cut", r->cut);
	json_object_end(&r->w);
	sbuf_putc(&r->body.plain, '\n');
}

/* One value each time; false: that was all. */
static bool
write_some(struct labels_reply *r, struct work *w)
{
	const struct name_count *n = list_now(r);
	size_t before = r->body.plain.n;
	bool more = true;

	if (n != NULL && r->value < n->values.n && r->value < r->limit) {
		write_value(r, n->values.v[r->value++]);
	} else if (close_list(r)) {
		open_list(r);
	} else {
		end_reply(r);
		more = false;
	}
	work_spend(w, VALUE_UNITS + (int64_t)(r->body.plain.n - before) / BYTES_PER_UNIT);
	return more;
}

static enum http_more
make(struct packed *body, struct work *w, struct moment now, struct err *e)
{
	struct labels_reply *r = CONTAINER_OF(body, struct labels_reply, body);
	struct visit v = { r, w, now };

	(void)e;
	engine_see(r->api->env.engine, now);
	arena_reset(r->scratch);
	if (r->phase == COUNT) {
		if (!alert_filter_walk(&r->look.f, r->api->env.engine, &r->at, w, visit, &v))
			return HTTP_LATER;
		r->phase = SORT;
	}
	if (r->phase == SORT) {
		if (!sort_some(r, w))
			return HTTP_LATER;
		begin_reply(r);
		r->phase = WRITE;
	}
	return write_some(r, w) ? HTTP_MORE : HTTP_END;
}

static bool
free_values(struct name_count *n, struct work *w)
{
	while (n->values.n > 0) {
		struct value_count *v = n->values.v[n->values.n - 1];

		if (work_used_up(w))
			return false;
		work_spend(w, FREE_UNITS);
		n->values.n--;
		istr_unref(v->value);
		mem_free(v);
	}
	VEC_FINI(&n->values);
	return true;
}

static bool
dismantle(struct packed *body, struct work *w)
{
	struct labels_reply *r = CONTAINER_OF(body, struct labels_reply, body);

	if (!free_values(&r->receivers, w))
		return false;
	while (r->order.n > 0) {
		struct name_count *n = r->order.v[r->order.n - 1];

		if (!free_values(n, w))
			return false;
		istr_unref(n->name);
		mem_free(n);
		r->order.n--;
	}
	return true;
}

static void
fini(struct packed *body)
{
	struct labels_reply *r = CONTAINER_OF(body, struct labels_reply, body);

	VEC_FINI(&r->order);
	hmap_fini(&r->names);
	hmap_fini(&r->pairs);
	istr_unref(r->only);
	labels_unref(r->at);
	look_fini(&r->look);
	arena_free(&r->scratch);
}

static void
begin(struct call *c, struct str only, size_t limit)
{
	struct labels_reply *r = NEW(struct labels_reply);

	if (!look_init(&r->look, c)) {
		mem_free(r);
		return;
	}
	if (ext_unchanged(c)) {
		look_fini(&r->look);
		mem_free(r);
		return;
	}
	r->api = c->api;
	r->scratch = arena_new();
	r->only = only.n > 0 ? istr_get(only) : NULL;
	r->prefix = ext_query_str(c, "prefix");
	r->limit = limit;
	r->body.make = make;
	r->body.fini = fini;
	r->body.dismantle = dismantle;
	ext_reply_later(c);
	packed_reply(c, &r->body);
}

void
api_ext_labels(struct call *c)
{
	static const char *const known[] = { LOOK_PARAMETERS };

	if (ext_query_known(c, known, ARRAY_LEN(known)))
		begin(c, STR_NONE, TOP_MAX);
}

void
api_ext_label_values(struct call *c)
{
	static const char *const known[] = { "prefix", "limit", LOOK_PARAMETERS };
	size_t limit = 20;

	if (!ext_query_known(c, known, ARRAY_LEN(known)))
		return;
	if (ext_query_str(c, "limit").n == 0 || ext_query_limit(c, &limit))
		begin(c, c->params[0], limit);
}
