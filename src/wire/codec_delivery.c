/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/codec_delivery.h"

#include "base/vec.h"
#include "label_pairs.h"
#include "wire/proto.h"

enum {
	DELIVERY_ID = 1,
	DELIVERY_NOTIFICATION = 2,
	DELIVERY_GROUP_KEY = 3,
	DELIVERY_RECEIVER = 4,
	DELIVERY_INTEGRATION = 5,
	DELIVERY_INDEX = 6,
	DELIVERY_LABEL = 7,
	DELIVERY_RECIPIENT = 8,
	DELIVERY_GATEWAY = 9,
	DELIVERY_PROVIDER_ID = 10,
	DELIVERY_ERROR = 11,
	DELIVERY_STATE = 12,
	DELIVERY_TRIES = 13,
	DELIVERY_SEGMENTS = 14,
	DELIVERY_CREATED = 15,
	DELIVERY_CHANGED = 16,
	DELIVERY_EXPIRES = 17,
	DELIVERY_CHARGED = 18,
	DELIVERY_DIGEST = 19,
	DELIVERY_DIGESTED = 20,
	DELIVERY_ALERTS = 21,
	DELIVERY_SEVERITY = 22,
	DELIVERY_WORST = 23,
	DELIVERY_LEFT = 24,
	DELIVERY_COVERS = 25,
};

void
codec_put_delivery(struct sbuf *b, const struct delivery *d)
{
	proto_uint(b, DELIVERY_ID, d->id);
	proto_uint(b, DELIVERY_NOTIFICATION, d->notification);
	proto_bytes(b, DELIVERY_GROUP_KEY, d->group_key);
	proto_bytes(b, DELIVERY_RECEIVER, d->receiver);
	proto_bytes(b, DELIVERY_INTEGRATION, d->integration);
	proto_uint(b, DELIVERY_INDEX, d->index);
	label_pairs_put(b, DELIVERY_LABEL, d->labels);
	proto_bytes(b, DELIVERY_RECIPIENT, d->recipient);
	proto_bytes(b, DELIVERY_GATEWAY, d->gateway);
	proto_bytes(b, DELIVERY_PROVIDER_ID, d->provider_id);
	proto_bytes(b, DELIVERY_ERROR, d->error);
	proto_uint(b, DELIVERY_STATE, (uint64_t)d->state);
	proto_uint(b, DELIVERY_TRIES, d->tries);
	proto_uint(b, DELIVERY_SEGMENTS, d->segments);
	proto_time(b, DELIVERY_CREATED, d->created);
	proto_time(b, DELIVERY_CHANGED, d->changed);
	proto_time(b, DELIVERY_EXPIRES, d->expires);
	proto_time(b, DELIVERY_CHARGED, d->charged);
	proto_uint(b, DELIVERY_DIGEST, d->digest);
	proto_uint(b, DELIVERY_DIGESTED, d->digested);
	proto_uint(b, DELIVERY_ALERTS, d->alerts);
	proto_bytes(b, DELIVERY_SEVERITY, d->severity);
	proto_bytes(b, DELIVERY_WORST, d->worst);
	proto_uint(b, DELIVERY_LEFT, d->left);
	proto_bytes(b, DELIVERY_COVERS, d->covers);
}

static bool
get_bytes(const struct proto_field *f, struct label_pairs *labels, struct delivery *out)
{
	switch (f->number) {
	case DELIVERY_GROUP_KEY:
		out->group_key = f->bytes;
		return true;
	case DELIVERY_RECEIVER:
		out->receiver = f->bytes;
		return true;
	case DELIVERY_INTEGRATION:
		out->integration = f->bytes;
		return true;
	case DELIVERY_LABEL:
		return label_pairs_get(f->bytes, labels);
	case DELIVERY_RECIPIENT:
		out->recipient = f->bytes;
		return true;
	case DELIVERY_GATEWAY:
		out->gateway = f->bytes;
		return true;
	case DELIVERY_PROVIDER_ID:
		out->provider_id = f->bytes;
		return true;
	case DELIVERY_ERROR:
		out->error = f->bytes;
		return true;
	case DELIVERY_CREATED:
		return proto_read_time(f->bytes, &out->created);
	case DELIVERY_CHANGED:
		return proto_read_time(f->bytes, &out->changed);
	case DELIVERY_EXPIRES:
		return proto_read_time(f->bytes, &out->expires);
	case DELIVERY_CHARGED:
		return proto_read_time(f->bytes, &out->charged);
	case DELIVERY_SEVERITY:
		out->severity = f->bytes;
		return true;
	case DELIVERY_WORST:
		out->worst = f->bytes;
		return true;
	case DELIVERY_COVERS:
		out->covers = f->bytes;
		return true;
	default:
		return true;
	}
}

static void
get_number(const struct proto_field *f, struct delivery *out)
{
	switch (f->number) {
	case DELIVERY_ID:
		out->id = f->u;
		break;
	case DELIVERY_NOTIFICATION:
		out->notification = f->u;
		break;
	case DELIVERY_INDEX:
		out->index = (uint32_t)f->u;
		break;
	case DELIVERY_STATE:
		/* A newer version's: nothing is known of it here. */
		out->state = f->u < DELIVERY_STATES ? (enum delivery_state)f->u : DELIVERY_UNKNOWN;
		break;
	case DELIVERY_TRIES:
		out->tries = (unsigned)f->u;
		break;
	case DELIVERY_SEGMENTS:
		out->segments = (unsigned)f->u;
		break;
	case DELIVERY_DIGEST:
		out->digest = f->u != 0;
		break;
	case DELIVERY_DIGESTED:
		out->digested = f->u != 0;
		break;
	case DELIVERY_LEFT:
		out->left = f->u != 0;
		break;
	case DELIVERY_ALERTS:
		out->alerts = (uint32_t)f->u;
		break;
	default:
		break;
	}
}

bool
codec_get_delivery(struct str body, struct delivery *out, struct err *e)
{
	struct proto_reader r = { .rest = body };
	struct label_pairs labels = { 0 };
	struct proto_field f;
	bool ok = true;

	*out = (struct delivery){ .created = WALL_ZERO, .changed = WALL_ZERO, .expires = WALL_ZERO, .charged = WALL_ZERO };
	while (ok && proto_next(&r, &f)) {
		if (f.type == 2)
			ok = get_bytes(&f, &labels, out);
		else if (f.type == 0)
			get_number(&f, out);
	}
	ok = ok && !r.bad && out->id != 0 && out->notification != 0;
	if (ok)
		out->labels = labels_new(labels.v.v, labels.v.n);
	VEC_FINI(&labels.v);
	return ok || err_set(e, ERR_INVALID, "malformed delivery");
}
