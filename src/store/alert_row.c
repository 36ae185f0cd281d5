/* SPDX-License-Identifier: Apache-2.0 */
#include "alert_row.h"

#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/slab.h"
#include "base/vec.h"
#include "tables.h"
#include "wire/proto.h"

#define FORMAT 1

enum { ENTRY_ALERT = 1, ENTRY_TIMES, ENTRY_DROP, ENTRY_GROUP, ENTRY_GROUP_DROP, ENTRY_RECORD, ENTRY_RECORD_DROP };
enum { FLAG_TIMEOUT = 1 };
enum { FLAG_FLUSHED = 1 };

struct string_slot {
	const struct istr *s;
	uint32_t stamp, number;
};

void
alert_row_init(struct alert_row *r)
{
	*r = (struct alert_row){ .b = SBUF_INIT(SBUF_UNLIMITED), .mask = 1023 };
	r->slots = mem_calloc(r->mask + 1, sizeof(r->slots[0]));
}

void
alert_row_fini(struct alert_row *r)
{
	sbuf_fini(&r->b);
	mem_free(r->slots);
	r->slots = NULL;
}

void
alert_row_begin(struct alert_row *r)
{
	r->start = r->b.n;
	sbuf_putc(&r->b, FORMAT);
	r->strings = 0;
	if (++r->stamp == 0) {
		memset(r->slots, 0, (r->mask + 1) * sizeof(r->slots[0]));
		r->stamp = 1;
	}
}

static struct string_slot *
slot_of(const struct alert_row *r, const struct istr *s)
{
	uint64_t h = hash_mix(0, (uintptr_t)s);
	uint32_t i = (uint32_t)(h >> 32) & r->mask;

	while (r->slots[i].stamp == r->stamp && r->slots[i].s != s)
		i = (i + 1) & r->mask;
	return &r->slots[i];
}

static void
grow_slots(struct alert_row *r)
{
	struct string_slot *old = r->slots;
	uint32_t n = r->mask + 1;

	r->mask = 2 * n - 1;
	r->slots = mem_calloc(2 * (size_t)n, sizeof(r->slots[0]));
	for (uint32_t i = 0; i < n; i++)
		if (old[i].stamp == r->stamp)
			*slot_of(r, old[i].s) = old[i];
	mem_free(old);
}

/*
 * Writing is most of what durability costs: room for the longest form is made
 * once per string or group of numbers, and bytes are put without further ado.
 */
#define VARINT_MAX 10
#define TIME_MAX (3 * VARINT_MAX)

static char *
room(struct alert_row *r, size_t n)
{
	/* One more for the NUL that a buffer ends with. */
	if (r->b.cap - r->b.n <= n)
		sbuf_reserve(&r->b, n + 1);
	return r->b.p + r->b.n;
}

static void
done(struct alert_row *r, const char *end)
{
	r->b.n = (size_t)(end - r->b.p);
	r->b.p[r->b.n] = '\0';
}

static char *
varint(char *p, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		*p++ = (char)(v | 0x80);
	*p++ = (char)v;
	return p;
}

/* Its number in the row; 0 and the string itself when it is new. */
static char *
put_string(struct alert_row *r, char *p, const struct istr *s)
{
	struct string_slot *slot = slot_of(r, s);

	if (slot->stamp == r->stamp)
		return varint(p, slot->number);
	*slot = (struct string_slot){ s, r->stamp, ++r->strings };
	*p++ = 0;
	p = varint(p, s->n);
	memcpy(p, s->bytes, s->n);
	if (2 * r->strings > r->mask)
		grow_slots(r);
	return p + s->n;
}

static size_t
size_of_labels(const struct labels *l)
{
	size_t n = VARINT_MAX + (size_t)l->n * 4 * VARINT_MAX;

	for (uint32_t i = 0; i < l->n; i++)
		n += (size_t)l->l[i].name->n + l->l[i].value->n;
	return n;
}

static char *
put_labels(struct alert_row *r, char *p, const struct labels *l)
{
	p = varint(p, l->n);
	for (uint32_t i = 0; i < l->n; i++) {
		p = put_string(r, p, l->l[i].name);
		p = put_string(r, p, l->l[i].value);
	}
	return p;
}

static uint64_t
zigzag(int64_t v)
{
	return ((uint64_t)v << 1) ^ (v < 0 ? UINT64_MAX : 0);
}

static int64_t
unzigzag(uint64_t v)
{
	return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

static char *
put_time(char *p, struct wall t)
{
	p = varint(p, zigzag(t.s));
	p = varint(p, (uint32_t)t.ns);
	return varint(p, zigzag(t.offset));
}

/* An alert that has ended may keep the time: its end is not after `updated`, and so it stays. */
static struct wall
posted(const struct alert *a)
{
	return alert_resolved_at(a, a->updated) ? a->updated : alert_posted(a);
}

static char *
put_times(char *p, const struct alert *a)
{
	*p++ = a->timeout ? FLAG_TIMEOUT : 0;
	p = put_time(p, a->starts);
	p = put_time(p, a->ends);
	return put_time(p, posted(a));
}

static char *
put_id(char *p, struct alert_id id)
{
	memcpy(p, &id.fingerprint, sizeof(id.fingerprint));
	memcpy(p + sizeof(id.fingerprint), &id.hash, sizeof(id.hash));
	return p + sizeof(id.fingerprint) + sizeof(id.hash);
}

void
alert_row_put(struct alert_row *r, const struct alert *a)
{
	char *p = room(r, 2 + size_of_labels(a->labels) + size_of_labels(a->annotations) + 2 * VARINT_MAX +
	    a->generator_url->n + 3 * TIME_MAX);

	*p++ = ENTRY_ALERT;
	p = put_labels(r, p, a->labels);
	p = put_labels(r, p, a->annotations);
	p = put_string(r, p, a->generator_url);
	done(r, put_times(p, a));
}

void
alert_row_put_times(struct alert_row *r, const struct alert *a)
{
	char *p = room(r, 2 + sizeof(struct alert_id) + 3 * TIME_MAX);

	*p++ = ENTRY_TIMES;
	done(r, put_times(put_id(p, alert_id_of(a->labels)), a));
}

void
alert_row_put_drop(struct alert_row *r, struct alert_id id)
{
	char *p = room(r, 1 + sizeof(id));

	*p++ = ENTRY_DROP;
	done(r, put_id(p, id));
}

void
alert_row_put_group(struct alert_row *r, const struct stored_group *g)
{
	size_t n = g->alerts_n * sizeof(g->alerts[0]);
	char *p = room(r, 2 + 8 * VARINT_MAX + g->route_id->n + g->receiver->n + size_of_labels(g->labels) + TIME_MAX + n);

	*p++ = ENTRY_GROUP;
	p = varint(p, g->number);
	p = put_string(r, p, g->route_id);
	p = put_string(r, p, g->receiver);
	p = put_labels(r, p, g->labels);
	*p++ = g->flushed ? FLAG_FLUSHED : 0;
	p = put_time(p, g->next_flush);
	p = varint(p, (uint64_t)g->group_wait);
	p = varint(p, (uint64_t)g->group_interval);
	p = varint(p, g->alerts_n);
	if (n > 0)
		memcpy(p, g->alerts, n);
	done(r, p + n);
}

static void
put_number(struct alert_row *r, char entry, uint64_t number)
{
	char *p = room(r, 1 + VARINT_MAX);

	*p++ = entry;
	done(r, varint(p, number));
}

void
alert_row_put_group_drop(struct alert_row *r, uint64_t number)
{
	put_number(r, ENTRY_GROUP_DROP, number);
}

/* The length stands in front in four bytes, the lowest first: it is known when the body is there. */
#define LENGTH_BYTES 4

size_t
alert_row_begin_record(struct alert_row *r, unsigned table, uint64_t number)
{
	char *p = room(r, 1 + 2 * VARINT_MAX + LENGTH_BYTES);

	*p++ = ENTRY_RECORD;
	p = varint(p, table);
	p = varint(p, number);
	done(r, p + LENGTH_BYTES);
	return r->b.n;
}

void
alert_row_end_record(struct alert_row *r, size_t begun)
{
	size_t n = r->b.n - begun;

	for (size_t i = 0; i < LENGTH_BYTES; i++)
		r->b.p[begun - LENGTH_BYTES + i] = (char)(n >> 8 * i);
}

void
alert_row_put_record_drop(struct alert_row *r, uint64_t number)
{
	put_number(r, ENTRY_RECORD_DROP, number);
}

struct reading {
	struct proto_reader r;
	VEC(struct str) strings;
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

static bool
get_string(struct reading *in, struct str *out)
{
	uint64_t n;

	if (!proto_read_varint(&in->r, &n) || n > in->strings.n)
		return false;
	if (n > 0) {
		*out = in->strings.v[n - 1];
		return true;
	}
	if (!proto_read_varint(&in->r, &n) || !get_bytes(in, n, out))
		return false;
	VEC_PUSH(&in->strings, *out);
	return true;
}

static bool
get_pairs(struct reading *in)
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
	return true;
}

static bool
get_labels(struct reading *in, struct labels **out)
{
	if (!get_pairs(in))
		return false;
	*out = labels_new(in->pairs.v, in->pairs.n);
	return true;
}

/* Nobody asks for their hashes, which take long. */
static bool
get_annotations(struct reading *in, struct labels **out)
{
	if (!get_pairs(in))
		return false;
	*out = labels_new_unhashed(in->pairs.v, in->pairs.n);
	return true;
}

static bool
get_time(struct reading *in, struct wall *out)
{
	uint64_t s, ns, offset;

	if (!proto_read_varint(&in->r, &s) || !proto_read_varint(&in->r, &ns) ||
	    !proto_read_varint(&in->r, &offset))
		return false;
	/* The range of RFC 3339, with some room. */
	if (unzigzag(s) < -INT64_C(62200000000) || unzigzag(s) > INT64_C(253500000000) || ns > 999999999 ||
	    unzigzag(offset) < -86400 || unzigzag(offset) > 86400)
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

static bool
get_alert(struct reading *in, const struct alert_row_reader *reader)
{
	struct alert *a = SLAB_NEW(struct alert);
	struct alert_times t;
	struct str url;

	a->refs = 1;
	if (!get_labels(in, &a->labels) || !get_annotations(in, &a->annotations) || !get_string(in, &url) ||
	    !get_times(in, &t)) {
		alert_unref(a);
		return false;
	}
	a->generator_url = istr_get(url);
	a->starts = t.starts;
	a->ends = t.ends;
	a->updated = t.updated;
	a->timeout = t.timeout;
	reader->alert(reader->arg, a);
	return true;
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
get_group(struct reading *in, const struct alert_row_reader *reader)
{
	struct stored_group g = { 0 };
	struct str route_id, receiver;
	unsigned char flags;
	uint64_t wait, interval;
	bool ok;

	if (!proto_read_varint(&in->r, &g.number) || g.number == 0 || !get_string(in, &route_id) ||
	    !get_string(in, &receiver) || !get_labels(in, &g.labels))
		return false;
	ok = get_byte(in, &flags) && get_time(in, &g.next_flush) && proto_read_varint(&in->r, &wait) &&
	    proto_read_varint(&in->r, &interval) && get_fingerprints(in, &g);
	if (ok) {
		g.flushed = (flags & FLAG_FLUSHED) != 0;
		g.group_wait = (span)wait;
		g.group_interval = (span)interval;
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

	if (!get_byte(in, &kind))
		return false;
	switch (kind) {
	case ENTRY_ALERT:
		return get_alert(in, reader);
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
	bool ok = get_byte(&in, &format) && format == FORMAT;

	while (ok && in.r.rest.n > 0)
		ok = get_entry(&in, reader);
	VEC_FINI(&in.strings);
	VEC_FINI(&in.pairs);
	VEC_FINI(&in.alerts);
	return ok || err_set(e, ERR_INVALID, "malformed row of alerts");
}
