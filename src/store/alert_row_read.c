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
	bool ok = get_byte(&in, &format) && format == ALERT_ROW_FORMAT;

	while (ok && in.r.rest.n > 0)
		ok = get_entry(&in, reader);
	VEC_FINI(&in.strings);
	VEC_FINI(&in.pairs);
	VEC_FINI(&in.alerts);
	return ok || err_set(e, ERR_INVALID, "malformed row of alerts");
}
