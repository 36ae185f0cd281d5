/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bodies of rows as a damaged disk may hand them out: never a crash; what is
 * read is written and read again as the same.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "alert_row.h"
#include "base/vec.h"
#include "wire/codec.h"
#include "wire/codec_delivery.h"
#include "wire/codec_state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
fuzz_silence(struct str in)
{
	struct sbuf one = SBUF_INIT(SBUF_UNLIMITED), two = SBUF_INIT(SBUF_UNLIMITED);
	struct err e = { 0 };
	struct wall expires;
	struct silence *s = codec_get_silence(in, &expires, &e), *again;

	if (s == NULL)
		return;
	codec_put_silence(&one, s, expires);
	again = codec_get_silence(sbuf_get(&one), &expires, &e);
	assert(again != NULL);
	codec_put_silence(&two, again, expires);
	assert(str_eq(sbuf_get(&one), sbuf_get(&two)));
	silence_unref(s);
	silence_unref(again);
	sbuf_fini(&one);
	sbuf_fini(&two);
}

static void
fuzz_log_entry(struct str in)
{
	struct sbuf one = SBUF_INIT(SBUF_UNLIMITED), two = SBUF_INIT(SBUF_UNLIMITED);
	struct arena *a = arena_new();
	struct log_entry entry;
	struct err e = { 0 };

	if (codec_get_log_entry(in, a, &entry, &e)) {
		codec_put_log_entry(&one, &entry);
		assert(codec_get_log_entry(sbuf_get(&one), a, &entry, &e));
		codec_put_log_entry(&two, &entry);
		assert(str_eq(sbuf_get(&one), sbuf_get(&two)));
	}
	arena_free(&a);
	sbuf_fini(&one);
	sbuf_fini(&two);
}

static void
fuzz_group(struct str in)
{
	struct arena *a = arena_new();
	struct group_state g;
	struct err e = { 0 };

	if (codec_get_group(in, a, &g, &e))
		labels_unref((struct labels *)(uintptr_t)g.labels);
	arena_free(&a);
}

static void
fuzz_intent(struct str in)
{
	struct arena *a = arena_new();
	struct intent_state i;
	struct err e = { 0 };

	if (codec_get_intent(in, a, &i, &e))
		labels_unref((struct labels *)(uintptr_t)i.labels);
	arena_free(&a);
}

static void
fuzz_delivery(struct str in)
{
	struct sbuf one = SBUF_INIT(SBUF_UNLIMITED), two = SBUF_INIT(SBUF_UNLIMITED);
	struct delivery d, again;
	struct err e = { 0 };

	if (!codec_get_delivery(in, &d, &e))
		return;
	codec_put_delivery(&one, &d);
	assert(codec_get_delivery(sbuf_get(&one), &again, &e));
	codec_put_delivery(&two, &again);
	assert(str_eq(sbuf_get(&one), sbuf_get(&two)));
	labels_unref(d.labels);
	labels_unref(again.labels);
	sbuf_fini(&one);
	sbuf_fini(&two);
}

/* A row, and what it is written of: the writer knows strings by their addresses, so all of them stay. */
struct copy {
	struct alert_row row;
	VEC(struct alert *) alerts;
	VEC(struct stored_group) groups;
};

static void
on_alert(void *arg, struct alert *take)
{
	struct copy *c = arg;

	alert_row_put(&c->row, take);
	VEC_PUSH(&c->alerts, take);
}

/* The alert is not known here. */
static void
on_times(void *arg, struct alert_id id, const struct alert_times *t)
{
	struct copy *c = arg;

	(void)t;
	alert_row_put_drop(&c->row, id);
}

static void
on_drop(void *arg, struct alert_id id)
{
	struct copy *c = arg;

	alert_row_put_drop(&c->row, id);
}

static void
on_group(void *arg, const struct stored_group *g)
{
	struct copy *c = arg;

	alert_row_put_group(&c->row, g);
	istr_ref(g->route_id);
	istr_ref(g->receiver);
	labels_ref(g->labels);
	VEC_PUSH(&c->groups, *g);
}

static void
on_group_state(void *arg, const struct stored_group *g)
{
	struct copy *c = arg;

	alert_row_put_group_state(&c->row, g);
}

static void
on_group_drop(void *arg, uint64_t number)
{
	struct copy *c = arg;

	alert_row_put_group_drop(&c->row, number);
}

static void
on_record(void *arg, unsigned table, uint64_t number, struct str body)
{
	struct copy *c = arg;
	size_t begun = alert_row_begin_record(&c->row, table, number);

	sbuf_str(&c->row.b, body);
	alert_row_end_record(&c->row, begun);
}

static void
on_record_drop(void *arg, uint64_t number)
{
	struct copy *c = arg;

	alert_row_put_record_drop(&c->row, number);
}

static bool
copy_row(struct copy *to, struct str from)
{
	struct alert_row_reader reader = { on_alert, on_times, on_drop, on_group, on_group_state, on_group_drop, on_record, on_record_drop,
		to, NULL };
	struct err e = { 0 };

	alert_row_init(&to->row);
	alert_row_begin(&to->row);
	return alert_row_read(from, &reader, &e);
}

static void
copy_fini(struct copy *c)
{
	for (size_t i = 0; i < c->alerts.n; i++)
		alert_unref(c->alerts.v[i]);
	for (size_t i = 0; i < c->groups.n; i++) {
		istr_unref(c->groups.v[i].route_id);
		istr_unref(c->groups.v[i].receiver);
		labels_unref(c->groups.v[i].labels);
	}
	VEC_FINI(&c->alerts);
	VEC_FINI(&c->groups);
	alert_row_fini(&c->row);
}

static void
fuzz_alerts(struct str in)
{
	struct copy one = { 0 }, two = { 0 };

	if (copy_row(&one, in)) {
		assert(copy_row(&two, sbuf_get(&one.row.b)));
		assert(str_eq(sbuf_get(&one.row.b), sbuf_get(&two.row.b)));
		copy_fini(&two);
	}
	copy_fini(&one);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const targets[])(struct str in) = {
		fuzz_silence, fuzz_log_entry, fuzz_group, fuzz_intent, fuzz_alerts, fuzz_delivery,
	};

	if (size == 0)
		return 0;
	targets[data[0] % (sizeof(targets) / sizeof(targets[0]))](
	    (struct str){ (const char *)data + 1, size - 1 });
	return 0;
}
