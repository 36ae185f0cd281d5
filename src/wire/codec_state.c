/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/codec_state.h"

#include <string.h>

#include "base/vec.h"
#include "label_pairs.h"
#include "wire/codec.h"
#include "wire/proto.h"

enum {
	GROUP_ROUTE = 1,
	GROUP_RECEIVER = 2,
	GROUP_LABEL = 3,
	GROUP_NEXT_FLUSH = 4,
	GROUP_FLUSHED = 5,
	GROUP_WAIT = 6,
	GROUP_INTERVAL = 7,
	GROUP_ALERTS = 8,
};
enum {
	INTENT_ID = 1,
	INTENT_ROUTE = 2,
	INTENT_RECEIVER = 3,
	INTENT_INTEGRATION = 4,
	INTENT_INDEX = 5,
	INTENT_LABEL = 6,
	INTENT_REASON = 7,
	INTENT_FLUSHED = 8,
	INTENT_FLUSHED_OFFSET = 9,
	INTENT_ATTEMPTS = 10,
	INTENT_FIRING = 11,
	INTENT_RESOLVED = 12,
	INTENT_DATA = 13,
	INTENT_RECIPIENT = 14,
	INTENT_RECIPIENTS_KNOWN = 15,
};
enum {
	RECIPIENT_TO = 1,
	RECIPIENT_STATE = 2,
	RECIPIENT_PROVIDER_ID = 3,
	RECIPIENT_TRIES = 4,
	RECIPIENT_GATEWAY = 5,
	RECIPIENT_ERROR = 6,
	RECIPIENT_SEGMENTS = 7,
	RECIPIENT_DOUBT = 8,
};

/* Eight bytes each, as they are in memory: there may be many, and often. */
static void
put_fingerprints(struct sbuf *b, unsigned field, const uint64_t *v, size_t n)
{
	if (n > 0)
		proto_bytes(b, field, (struct str){ (const char *)v, n * sizeof(*v) });
}

static bool
get_fingerprints(struct str bytes, struct arena *a, const uint64_t **v, size_t *n)
{
	uint64_t *copy;

	if (bytes.n % sizeof(uint64_t) != 0)
		return false;
	*n = bytes.n / sizeof(uint64_t);
	copy = ARENA_ARRAY(a, *n, uint64_t);
	if (*n > 0)
		memcpy(copy, bytes.p, bytes.n);
	*v = copy;
	return true;
}

static bool
get_group_bytes(const struct proto_field *f, struct arena *a, struct label_pairs *labels, struct group_state *out)
{
	switch (f->number) {
	case GROUP_ROUTE:
		out->route_id = f->bytes;
		return true;
	case GROUP_RECEIVER:
		out->receiver = f->bytes;
		return true;
	case GROUP_LABEL:
		return label_pairs_get(f->bytes, labels);
	case GROUP_NEXT_FLUSH:
		return proto_read_time(f->bytes, &out->next_flush);
	case GROUP_ALERTS:
		return get_fingerprints(f->bytes, a, &out->alerts, &out->alerts_n);
	default:
		return true;
	}
}

bool
codec_get_group(struct str body, struct arena *a, struct group_state *out, struct err *e)
{
	struct proto_reader r = { .rest = body };
	struct label_pairs labels = { 0 };
	struct proto_field f;
	bool ok = true;

	*out = (struct group_state){ .next_flush = WALL_ZERO };
	while (ok && proto_next(&r, &f)) {
		if (f.type == 2)
			ok = get_group_bytes(&f, a, &labels, out);
		else if (f.type == 0 && f.number == GROUP_FLUSHED)
			out->flushed = f.u != 0;
		else if (f.type == 0 && f.number == GROUP_WAIT)
			out->group_wait = (span)f.u;
		else if (f.type == 0 && f.number == GROUP_INTERVAL)
			out->group_interval = (span)f.u;
	}
	ok = ok && !r.bad;
	if (ok)
		out->labels = labels_new(labels.v.v, labels.v.n);
	VEC_FINI(&labels.v);
	return ok || err_set(e, ERR_INVALID, "malformed group");
}

void
codec_number_key(uint64_t number, char out[8])
{
	for (int i = 0; i < 8; i++)
		out[i] = (char)(number >> (56 - 8 * i));
}

uint64_t
codec_get_number_key(struct str key)
{
	uint64_t number = 0;

	if (key.n != 8)
		return 0;
	for (size_t i = 0; i < key.n; i++)
		number = number << 8 | (unsigned char)key.p[i];
	return number;
}

static void
put_recipients(struct sbuf *b, const struct recipients *all)
{
	struct sbuf one = SBUF_INIT(SBUF_UNLIMITED);

	if (!all->known)
		return;
	proto_uint(b, INTENT_RECIPIENTS_KNOWN, 1);
	for (size_t i = 0; i < all->n; i++) {
		sbuf_reset(&one);
		proto_bytes(&one, RECIPIENT_TO, all->v[i].to);
		proto_uint(&one, RECIPIENT_STATE, (uint64_t)all->v[i].state);
		proto_bytes(&one, RECIPIENT_PROVIDER_ID, all->v[i].provider_id);
		proto_uint(&one, RECIPIENT_TRIES, all->v[i].tries);
		proto_bytes(&one, RECIPIENT_GATEWAY, all->v[i].gateway);
		proto_bytes(&one, RECIPIENT_ERROR, all->v[i].error);
		proto_uint(&one, RECIPIENT_SEGMENTS, all->v[i].segments);
		/* After a restart nobody waits for an answer any more. */
		proto_uint(&one, RECIPIENT_DOUBT, all->v[i].doubt || all->v[i].asked);
		proto_bytes(b, INTENT_RECIPIENT, sbuf_get(&one));
	}
	sbuf_fini(&one);
}

void
codec_put_intent(struct sbuf *b, const struct intent_state *i)
{
	proto_uint(b, INTENT_ID, i->id);
	proto_bytes(b, INTENT_ROUTE, i->route_id);
	proto_bytes(b, INTENT_RECEIVER, i->receiver);
	proto_bytes(b, INTENT_INTEGRATION, i->integration);
	proto_uint(b, INTENT_INDEX, i->index);
	label_pairs_put(b, INTENT_LABEL, i->labels);
	proto_uint(b, INTENT_REASON, (uint64_t)i->reason);
	proto_time(b, INTENT_FLUSHED, i->flushed);
	proto_uint(b, INTENT_FLUSHED_OFFSET, (uint64_t)(int64_t)i->flushed.offset);
	proto_uint(b, INTENT_ATTEMPTS, i->attempts);
	put_fingerprints(b, INTENT_FIRING, i->firing, i->firing_n);
	put_fingerprints(b, INTENT_RESOLVED, i->resolved, i->resolved_n);
	codec_put_receiver_data(b, INTENT_DATA, &i->data);
	put_recipients(b, &i->recipients);
}

static bool
get_recipient(struct str bytes, struct arena *a, struct recipients *all)
{
	struct proto_reader r = { .rest = bytes };
	struct recipient one = { .to = STR(""), .provider_id = STR(""), .gateway = STR(""), .error = STR("") };
	struct proto_field f;

	while (proto_next(&r, &f)) {
		if (f.number == RECIPIENT_TO && f.type == 2)
			one.to = f.bytes;
		else if (f.number == RECIPIENT_PROVIDER_ID && f.type == 2)
			one.provider_id = f.bytes;
		else if (f.number == RECIPIENT_GATEWAY && f.type == 2)
			one.gateway = f.bytes;
		else if (f.number == RECIPIENT_ERROR && f.type == 2)
			one.error = f.bytes;
		else if (f.number == RECIPIENT_STATE && f.type == 0 && f.u <= RECIPIENT_SUPPRESSED)
			one.state = (enum recipient_state)f.u;
		else if (f.number == RECIPIENT_TRIES && f.type == 0)
			one.tries = (unsigned)f.u;
		else if (f.number == RECIPIENT_DOUBT && f.type == 0)
			one.doubt = f.u != 0;
		else if (f.number == RECIPIENT_SEGMENTS && f.type == 0)
			one.segments = (unsigned)f.u;
	}
	all->v = arena_grow(a, all->v, all->n, all->n + 1, sizeof(one));
	all->v[all->n++] = one;
	return !r.bad;
}

static bool
get_intent_bytes(const struct proto_field *f, struct arena *a, struct label_pairs *labels, struct intent_state *out)
{
	switch (f->number) {
	case INTENT_ROUTE:
		out->route_id = f->bytes;
		return true;
	case INTENT_RECEIVER:
		out->receiver = f->bytes;
		return true;
	case INTENT_INTEGRATION:
		out->integration = f->bytes;
		return true;
	case INTENT_LABEL:
		return label_pairs_get(f->bytes, labels);
	case INTENT_FLUSHED:
		return proto_read_time(f->bytes, &out->flushed);
	case INTENT_FIRING:
		return get_fingerprints(f->bytes, a, &out->firing, &out->firing_n);
	case INTENT_RESOLVED:
		return get_fingerprints(f->bytes, a, &out->resolved, &out->resolved_n);
	case INTENT_DATA:
		return codec_get_receiver_value(f->bytes, a, &out->data);
	case INTENT_RECIPIENT:
		return get_recipient(f->bytes, a, &out->recipients);
	default:
		return true;
	}
}

static void
get_intent_number(const struct proto_field *f, struct intent_state *out, int64_t *offset)
{
	switch (f->number) {
	case INTENT_ID:
		out->id = f->u;
		break;
	case INTENT_INDEX:
		out->index = (uint32_t)f->u;
		break;
	case INTENT_REASON:
		if (f->u <= REASON_UNKNOWN)
			out->reason = (enum reason)f->u;
		break;
	case INTENT_FLUSHED_OFFSET:
		*offset = (int64_t)f->u;
		break;
	case INTENT_ATTEMPTS:
		out->attempts = (unsigned)f->u;
		break;
	case INTENT_RECIPIENTS_KNOWN:
		out->recipients.known = f->u != 0;
		break;
	default:
		break;
	}
}

bool
codec_get_intent(struct str body, struct arena *a, struct intent_state *out, struct err *e)
{
	struct proto_reader r = { .rest = body };
	struct label_pairs labels = { 0 };
	struct proto_field f;
	int64_t offset = 0;
	bool ok = true;

	*out = (struct intent_state){ .flushed = WALL_ZERO };
	while (ok && proto_next(&r, &f)) {
		if (f.type == 2)
			ok = get_intent_bytes(&f, a, &labels, out);
		else if (f.type == 0)
			get_intent_number(&f, out, &offset);
	}
	ok = ok && !r.bad && out->id != 0 && offset >= -86400 && offset <= 86400;
	out->flushed.offset = (int32_t)offset;
	if (ok)
		out->labels = labels_new(labels.v.v, labels.v.n);
	VEC_FINI(&labels.v);
	return ok || err_set(e, ERR_INVALID, "malformed notification under way");
}

void
codec_put_time(struct sbuf *b, struct wall t)
{
	proto_time(b, 1, t);
}

bool
codec_get_time(struct str body, struct wall *out)
{
	struct proto_reader r = { .rest = body };
	struct proto_field f;

	return proto_next(&r, &f) && f.number == 1 && f.type == 2 && proto_read_time(f.bytes, out);
}
