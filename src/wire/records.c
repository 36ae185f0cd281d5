/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/records.h"

#include "core/nflog.h"
#include "core/delivery.h"
#include "core/replies.h"
#include "wire/codec.h"
#include "wire/codec_delivery.h"
#include "wire/codec_state.h"
#include "wire/proto.h"

void
record_key_silence(struct sbuf *b, const struct change *c)
{
	sbuf_puts(b, c->silence->id);
}

void
record_put_silence(struct sbuf *b, const struct change *c)
{
	codec_put_silence(b, c->silence, c->expires);
}

bool
record_get_silence(struct str body, struct arena *a, struct change *out, struct err *e)
{
	(void)a;
	*out = (struct change){ .kind = CHANGE_SILENCE };
	out->silence = codec_get_silence(body, &out->expires, e);
	return out->silence != NULL;
}

void
record_key_log_entry(struct sbuf *b, const struct change *c)
{
	codec_log_entry_key(b, c->entry);
}

void
record_put_log_entry(struct sbuf *b, const struct change *c)
{
	codec_put_log_entry(b, c->entry);
}

bool
record_get_log_entry(struct str body, struct arena *a, struct change *out, struct err *e)
{
	struct log_entry *entry = ARENA_NEW(a, struct log_entry);

	*out = (struct change){ .kind = CHANGE_LOG_ENTRY, .entry = entry };
	return codec_get_log_entry(body, a, entry, e);
}

void
record_key_intent(struct sbuf *b, const struct change *c)
{
	char key[8];

	codec_number_key(c->intent->id, key);
	sbuf_put(b, key, sizeof(key));
}

void
record_put_intent(struct sbuf *b, const struct change *c)
{
	codec_put_intent(b, c->intent);
}

bool
record_get_intent(struct str body, struct arena *a, struct change *out, struct err *e)
{
	struct intent_state *i = ARENA_NEW(a, struct intent_state);

	*out = (struct change){ .kind = CHANGE_INTENT, .intent = i };
	return codec_get_intent(body, a, i, e);
}

void
record_key_delivery(struct sbuf *b, const struct change *c)
{
	char key[8];

	codec_number_key(c->delivery->id, key);
	sbuf_put(b, key, sizeof(key));
}

void
record_put_delivery(struct sbuf *b, const struct change *c)
{
	codec_put_delivery(b, c->delivery);
}

bool
record_get_delivery(struct str body, struct arena *a, struct change *out, struct err *e)
{
	struct delivery *d = ARENA_NEW(a, struct delivery);

	*out = (struct change){ .kind = CHANGE_DELIVERY, .delivery = d };
	return codec_get_delivery(body, d, e);
}

void
record_key_reply(struct sbuf *b, const struct change *c)
{
	char key[8];

	codec_number_key(c->reply->number, key);
	sbuf_put(b, key, sizeof(key));
}

enum { REPLY_NUMBER = 1, REPLY_GATEWAY = 2, REPLY_ID = 3 };

void
record_put_reply(struct sbuf *b, const struct change *c)
{
	proto_uint(b, REPLY_NUMBER, c->reply->number);
	proto_bytes(b, REPLY_GATEWAY, c->reply->gateway);
	proto_bytes(b, REPLY_ID, c->reply->id);
}

bool
record_get_reply(struct str body, struct arena *a, struct change *out, struct err *e)
{
	struct reply_mark *m = ARENA_NEW(a, struct reply_mark);
	struct proto_reader r = { .rest = body };
	struct proto_field f;

	*out = (struct change){ .kind = CHANGE_REPLY, .reply = m };
	while (proto_next(&r, &f)) {
		if (f.number == REPLY_NUMBER && f.type == 0)
			m->number = f.u;
		else if (f.number == REPLY_GATEWAY && f.type == 2)
			m->gateway = f.bytes;
		else if (f.number == REPLY_ID && f.type == 2)
			m->id = f.bytes;
	}
	return (!r.bad && m->number != 0) || err_set(e, ERR_INVALID, "malformed reply");
}

void
record_release(const struct change *c)
{
	silence_unref((struct silence *)(uintptr_t)c->silence);
	if (c->intent != NULL)
		labels_unref((struct labels *)(uintptr_t)c->intent->labels);
	if (c->delivery != NULL)
		labels_unref(c->delivery->labels);
}
