/* SPDX-License-Identifier: Apache-2.0 */
/* From rows to what happened. */
#include <string.h>

#include "alert_row_format.h"
#include "base/slab.h"
#include "base/vec.h"
#include "tables.h"
#include "wire/proto.h"

static int64_t
unzigzag(uint64_t v)
{
	return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

/*
 * A million alerts are read at a start, and most of the time goes to waiting for memory: the tables of strings and of label sets are far
 * larger than what is near the processor. So what is needed of them is asked for when it is known, and alerts are made some at a time, when it has come.
 */
#define SOME 16

struct row_string {
	struct str s;
	uint32_t ahead;		/* istr_ahead */
	struct istr *i;		/* reference; NULL: not yet */
};

/* An alert whose strings are known by their number. */
struct read_alert {
	size_t pairs;		/* where those of its labels begin, and behind them those of its annotations */
	uint32_t labels_n, annotations_n, url;
	struct alert_times times;
};

struct made_labels {
	struct label *v;
	uint32_t n;
	uint32_t ahead;
};

struct reading {
	struct proto_reader r;
	VEC(struct row_string) strings;
	size_t interned;	/* so many of them are */
	VEC(uint32_t) numbers;	/* of the names and values of alerts that are to be made */
	VEC(struct label) labels;
	struct read_alert some[SOME];
	size_t some_n;
	bool any;		/* an alert stands before the next one that one may be like: */
	struct read_alert before;
	uint32_t before_numbers[4 * ALERT_ROW_ALIKE];
	VEC(struct label_pair) pairs;
	VEC(uint64_t) alerts;
};

static bool
get_bytes(struct reading *in, size_t n, struct str *out)
{
	if (in->r.rest.n < n)
		return false;
	*out = str_sub(in->r.rest, 0, n);
	in->r.rest = str_sub(in->r.rest, n, in->r.rest.n);
	return true;
}

static bool
get_byte(struct reading *in, unsigned char *out)
{
	struct str one;

	if (!get_bytes(in, 1, &one))
		return false;
	*out = (unsigned char)one.p[0];
	return true;
}

/* Most are of one byte. */
static inline bool
get_varint(struct reading *in, uint64_t *out)
{
	if (in->r.rest.n == 0 || (in->r.rest.p[0] & 0x80) != 0)
		return proto_read_varint(&in->r, out);
	*out = (unsigned char)in->r.rest.p[0];
	in->r.rest.p++;
	in->r.rest.n--;
	return true;
}

/* Its number in this row: its place in in->strings. */
static inline bool
get_number(struct reading *in, uint32_t *out)
{
	struct row_string fresh = { 0 };
	uint64_t n;

	if (!get_varint(in, &n) || n > in->strings.n)
		return false;
	if (n > 0) {
		*out = (uint32_t)n - 1;
		return true;
	}
	if (!get_varint(in, &n) || !get_bytes(in, n, &fresh.s) || n >= UINT32_MAX)
		return false;
	fresh.ahead = istr_ahead(fresh.s);
	*out = (uint32_t)in->strings.n;
	VEC_PUSH(&in->strings, fresh);
	return true;
}

static bool
get_string(struct reading *in, struct str *out)
{
	uint32_t number;

	if (!get_number(in, &number))
		return false;
	*out = in->strings.v[number].s;
	return true;
}

static bool
get_labels(struct reading *in, struct labels **out)
{
	uint64_t n;

	in->pairs.n = 0;
	if (!proto_read_varint(&in->r, &n) || n > in->r.rest.n / 2)
		return false;
	for (uint64_t i = 0; i < n; i++) {
		struct label_pair p;

		if (!get_string(in, &p.name) || !get_string(in, &p.value))
			return false;
		VEC_PUSH(&in->pairs, p);
	}
	*out = labels_new(in->pairs.v, in->pairs.n);
	return true;
}

/* Appends the numbers of n names and values. */
static bool
get_pairs(struct reading *in, uint32_t *n_out)
{
	uint64_t n;

	if (!proto_read_varint(&in->r, &n) || n > in->r.rest.n / 2)
		return false;
	VEC_RESERVE(&in->numbers, in->numbers.n + 2 * n);
	for (uint64_t i = 0; i < 2 * n; i++)
		if (!get_number(in, &in->numbers.v[in->numbers.n++]))
			return false;
	*n_out = (uint32_t)n;
	return true;
}

static bool
get_time(struct reading *in, struct wall *out)
{
	uint64_t s, ns, offset;

	if (!proto_read_varint(&in->r, &s) || !proto_read_varint(&in->r, &ns) ||
	    !proto_read_varint(&in->r, &offset))
		return false;
	/* All that a client can state, with some room for seconds. */
	if (unzigzag(s) < -INT64_C(62200000000) || unzigzag(s) > INT64_C(253500000000) || ns > 999999999 ||
	    unzigzag(offset) < -WALL_OFFSET_MAX || unzigzag(offset) > WALL_OFFSET_MAX)
		return false;
	*out = (struct wall){ unzigzag(s), (int32_t)ns, (int32_t)unzigzag(offset) };
	return true;
}

static bool
get_times(struct reading *in, struct alert_times *out)
{
	unsigned char flags;

	if (!get_byte(in, &flags))
		return false;
	out->timeout = (flags & FLAG_TIMEOUT) != 0;
	return get_time(in, &out->starts) && get_time(in, &out->ends) && get_time(in, &out->updated);
}

static bool
get_id(struct reading *in, struct alert_id *out)
{
	struct str bytes;

	if (!get_bytes(in, sizeof(out->fingerprint) + sizeof(out->hash), &bytes))
		return false;
	memcpy(&out->fingerprint, bytes.p, sizeof(out->fingerprint));
	memcpy(&out->hash, bytes.p + sizeof(out->fingerprint), sizeof(out->hash));
	return true;
}

static void
intern(struct reading *in)
{
	for (; in->interned < in->strings.n; in->interned++) {
		struct row_string *s = &in->strings.v[in->interned];

		s->i = istr_get_ahead(s->s, s->ahead);
	}
}

/* Which they do as long as it was we who wrote the row. */
static bool
names_ascend(const struct label *v, uint32_t n)
{
	for (uint32_t i = 1; i < n; i++)
		if (str_cmp(istr_str(v[i - 1].name), istr_str(v[i].name)) >= 0)
			return false;
	return true;
}

static bool
name_strings(struct reading *in, size_t numbers, uint32_t n, struct made_labels *out)
{
	*out = (struct made_labels){ .v = in->labels.v + in->labels.n, .n = n };
	for (uint32_t i = 0; i < n; i++) {
		const uint32_t *pair = &in->numbers.v[numbers + 2 * i];

		out->v[i] = (struct label){ in->strings.v[pair[0]].i, in->strings.v[pair[1]].i };
	}
	in->labels.n += n;
	out->ahead = labels_ahead(out->v, n);
	return names_ascend(out->v, n);
}

static struct label *
with_references(const struct made_labels *m)
{
	for (uint32_t i = 0; i < m->n; i++) {
		istr_ref(m->v[i].name);
		istr_ref(m->v[i].value);
	}
	return m->v;
}

static struct alert *
make_alert(const struct reading *in, const struct read_alert *r, const struct made_labels sets[2])
{
	struct alert *a = SLAB_NEW(struct alert);

	a->refs = 1;
	a->labels = labels_get_ahead(with_references(&sets[0]), sets[0].n, sets[0].ahead);
	/* Nobody asks for their hashes, which take long. */
	a->annotations = labels_get_ahead_unhashed(with_references(&sets[1]), sets[1].n, sets[1].ahead);
	a->generator_url = istr_ref(in->strings.v[r->url].i);
	alert_set_starts(a, r->times.starts);
	alert_set_ends(a, r->times.ends);
	alert_set_updated(a, r->times.updated);
	a->timeout = r->times.timeout;
	return a;
}

/* Makes those that were read, and tells of them. */
static bool
make_some(struct reading *in, const struct alert_row_reader *reader)
{
	struct made_labels sets[SOME][2];
	struct alert *alerts[SOME];
	bool ok = true;

	intern(in);
	in->labels.n = 0;
	/* There is room even if none of them has any. */
	VEC_RESERVE(&in->labels, in->numbers.n / 2 + 1);
	for (size_t i = 0; i < in->some_n; i++) {
		const struct read_alert *r = &in->some[i];

		ok = name_strings(in, r->pairs, r->labels_n, &sets[i][0]) && ok;
		ok = name_strings(in, r->pairs + 2 * r->labels_n, r->annotations_n, &sets[i][1]) && ok;
	}
	for (size_t i = 0; ok && i < in->some_n; i++) {
		alerts[i] = make_alert(in, &in->some[i], sets[i]);
		if (reader->alert_ahead != NULL)
			reader->alert_ahead(reader->arg, alert_id_of(alerts[i]->labels));
	}
	for (size_t i = 0; ok && i < in->some_n; i++)
		reader->alert(reader->arg, alerts[i]);
	in->some_n = in->numbers.n = 0;
	return ok;
}

static bool
get_whole(struct reading *in, struct read_alert *r)
{
	size_t n;

	if (!get_pairs(in, &r->labels_n) || !get_pairs(in, &r->annotations_n) || !get_number(in, &r->url) || !get_times(in, &r->times))
		return false;
	n = in->numbers.n - r->pairs;
	in->any = n <= ARRAY_LEN(in->before_numbers);
	if (in->any && n > 0)
		memcpy(in->before_numbers, in->numbers.v + r->pairs, n * sizeof(in->before_numbers[0]));
	return true;
}

static bool
get_new_times(struct reading *in, struct alert_times *t)
{
	unsigned char flags;

	if (!get_byte(in, &flags))
		return false;
	t->timeout = (flags & FLAG_TIMEOUT) != 0;
	return ((flags & FLAG_SAME_STARTS) || get_time(in, &t->starts)) && ((flags & FLAG_SAME_ENDS) || get_time(in, &t->ends)) &&
	    ((flags & FLAG_SAME_UPDATED) || get_time(in, &t->updated));
}

/* As the one before, but for what stands there; r->pairs is its own. */
static bool
get_alike(struct reading *in, struct read_alert *r)
{
	const size_t pairs = r->pairs;
	uint32_t values;
	uint64_t mask;

	*r = in->before;
	r->pairs = pairs;
	values = r->labels_n + r->annotations_n;
	if (!in->any || !get_varint(in, &mask) || mask >> values > 1)
		return false;
	for (; mask != 0; mask &= mask - 1) {
		unsigned i = (unsigned)__builtin_ctzll(mask);

		if (!get_number(in, i < values ? &in->before_numbers[2 * i + 1] : &r->url))
			return false;
	}
	VEC_RESERVE(&in->numbers, in->numbers.n + 2 * (size_t)values + 1);
	memcpy(in->numbers.v + in->numbers.n, in->before_numbers, 2 * (size_t)values * sizeof(in->before_numbers[0]));
	in->numbers.n += 2 * (size_t)values;
	return get_new_times(in, &r->times);
}

static bool
get_alert(struct reading *in, bool alike, const struct alert_row_reader *reader)
{
	struct read_alert *r = &in->some[in->some_n];

	r->pairs = in->numbers.n;
	if (!(alike ? get_alike(in, r) : get_whole(in, r)))
		return false;
	in->before = *r;
	return ++in->some_n < SOME || make_some(in, reader);
}

static bool
get_fingerprints(struct reading *in, struct stored_group *g)
{
	uint64_t n;
	struct str bytes;

	if (!proto_read_varint(&in->r, &n) || n > in->r.rest.n / sizeof(uint64_t) ||
	    !get_bytes(in, n * sizeof(uint64_t), &bytes))
		return false;
	in->alerts.n = 0;
	for (uint64_t i = 0; i < n; i++) {
		uint64_t one;

		memcpy(&one, bytes.p + i * sizeof(one), sizeof(one));
		VEC_PUSH(&in->alerts, one);
	}
	g->alerts = in->alerts.v;
	g->alerts_n = n;
	return true;
}

static bool
get_group_state(struct reading *in, struct stored_group *g)
{
	unsigned char flags;
	uint64_t wait, interval;

	if (!get_byte(in, &flags) || !get_time(in, &g->next_flush) || !proto_read_varint(&in->r, &wait) ||
	    !proto_read_varint(&in->r, &interval) || !get_fingerprints(in, g))
		return false;
	g->flushed = (flags & FLAG_FLUSHED) != 0;
	g->group_wait = (span)wait;
	g->group_interval = (span)interval;
	return true;
}

static bool
get_known_group(struct reading *in, const struct alert_row_reader *reader)
{
	struct stored_group g = { 0 };

	if (!proto_read_varint(&in->r, &g.number) || g.number == 0 || !get_group_state(in, &g))
		return false;
	reader->group_state(reader->arg, &g);
	return true;
}

static bool
get_group(struct reading *in, const struct alert_row_reader *reader)
{
	struct stored_group g = { 0 };
	struct str route_id, receiver;
	bool ok;

	if (!proto_read_varint(&in->r, &g.number) || g.number == 0 || !get_string(in, &route_id) ||
	    !get_string(in, &receiver) || !get_labels(in, &g.labels))
		return false;
	ok = get_group_state(in, &g);
	if (ok) {
		g.route_id = istr_get(route_id);
		g.receiver = istr_get(receiver);
		reader->group(reader->arg, &g);
		istr_unref(g.route_id);
		istr_unref(g.receiver);
	}
	labels_unref(g.labels);
	return ok;
}

static bool
get_group_drop(struct reading *in, const struct alert_row_reader *reader)
{
	uint64_t number;

	if (!proto_read_varint(&in->r, &number))
		return false;
	reader->group_drop(reader->arg, number);
	return true;
}

static bool
get_record(struct reading *in, const struct alert_row_reader *reader)
{
	uint64_t table, number;
	struct str length, body;
	size_t n = 0;

	if (!proto_read_varint(&in->r, &table) || (table != TABLE_LOG_ENTRY && table != TABLE_INTENT) ||
	    !proto_read_varint(&in->r, &number) || number == 0 || !get_bytes(in, LENGTH_BYTES, &length))
		return false;
	for (size_t i = 0; i < LENGTH_BYTES; i++)
		n |= (size_t)(unsigned char)length.p[i] << 8 * i;
	if (!get_bytes(in, n, &body))
		return false;
	reader->record(reader->arg, (unsigned)table, number, body);
	return true;
}

static bool
get_record_drop(struct reading *in, const struct alert_row_reader *reader)
{
	uint64_t number;

	if (!proto_read_varint(&in->r, &number))
		return false;
	reader->record_drop(reader->arg, number);
	return true;
}

static bool
get_entry(struct reading *in, const struct alert_row_reader *reader)
{
	struct alert_times t;
	struct alert_id id;
	unsigned char kind;

	if (!get_byte(in, &kind) || (kind != ENTRY_ALERT && kind != ENTRY_ALIKE && !make_some(in, reader)))
		return false;
	switch (kind) {
	case ENTRY_ALERT:
	case ENTRY_ALIKE:
		return get_alert(in, kind == ENTRY_ALIKE, reader);
	case ENTRY_TIMES:
		if (!get_id(in, &id) || !get_times(in, &t))
			return false;
		reader->times(reader->arg, id, &t);
		return true;
	case ENTRY_DROP:
		if (!get_id(in, &id))
			return false;
		reader->drop(reader->arg, id);
		return true;
	case ENTRY_GROUP:
		return get_group(in, reader);
	case ENTRY_GROUP_STATE:
		return get_known_group(in, reader);
	case ENTRY_GROUP_DROP:
		return get_group_drop(in, reader);
	case ENTRY_RECORD:
		return get_record(in, reader);
	case ENTRY_RECORD_DROP:
		return get_record_drop(in, reader);
	default:
		return false;
	}
}

bool
alert_row_read(struct str body, const struct alert_row_reader *reader, struct err *e)
{
	struct reading in = { .r = { .rest = body } };
	unsigned char format;
	bool ok = get_byte(&in, &format) && (format == ALERT_ROW_FORMAT || format == ALERT_ROW_FORMAT_OLD);

	while (ok && in.r.rest.n > 0)
		ok = get_entry(&in, reader);
	/* Alerts that stood before a mistake count. */
	ok = make_some(&in, reader) && ok;
	for (size_t i = 0; i < in.strings.n; i++)
		istr_unref(in.strings.v[i].i);
	VEC_FINI(&in.strings);
	VEC_FINI(&in.numbers);
	VEC_FINI(&in.labels);
	VEC_FINI(&in.pairs);
	VEC_FINI(&in.alerts);
	return ok || err_set(e, ERR_INVALID, "malformed row of alerts");
}
