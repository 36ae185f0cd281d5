/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nflog.h"
#include "share/share.h"
#include "wire/codec.h"
#include "wire/proto.h"

enum share_kind
share_kind_of(const struct change *c)
{
	return c->kind == CHANGE_SILENCE ? SHARE_SILENCES : SHARE_LOG;
}

/* The entry without who was served and what may have been told: that is between this member and its receivers. */
static struct log_entry
for_others(const struct log_entry *entry)
{
	struct log_entry e = *entry;

	e.doubtful = NULL;
	e.doubtful_n = 0;
	e.doubtful_ends = NULL;
	e.doubtful_ends_n = 0;
	e.doubted = WALL_ZERO;
	e.partly = (struct partly_told){ .at = WALL_ZERO };
	e.by_peer = false;
	return e;
}

void
share_put(struct sbuf *b, const struct change *c)
{
	struct sbuf record = SBUF_INIT(SBUF_UNLIMITED);
	struct log_entry entry;

	if (share_kind_of(c) == SHARE_SILENCES) {
		codec_put_silence(&record, c->silence, c->expires);
	} else {
		entry = for_others(c->entry);
		codec_put_log_entry(&record, &entry);
	}
	/* Whole or not at all. */
	if (sbuf_reserve(b, record.n + 10)) {
		proto_varint(b, record.n);
		sbuf_str(b, sbuf_get(&record));
	}
	sbuf_fini(&record);
}

static void
put_one(void *arg, const struct change *c)
{
	struct share_state *s = arg;

	share_put(&s->bytes[share_kind_of(c)], c);
}

bool
share_state_some(const struct engine *e, struct share_state *s, struct work *w)
{
	return view_shared_some(e, &s->at, w, put_one, s);
}
