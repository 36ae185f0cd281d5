/* SPDX-License-Identifier: Apache-2.0 */
#include "gossip/stream.h"

#include "datagram.h"
#include "message.h"

/* Heads and node states are shorter; a name, an address and meta are all that is in them. */
#define HEAD_MAX 4096

static enum gossip_scanned
bad(struct err *e, const char *why)
{
	err_set(e, ERR_INVALID, "%s", why);
	return GOSSIP_BAD;
}

/* Reads one map at s->at. */
static enum gossip_scanned
scan_map(struct gossip_scan *s, struct str have, enum message_type type, struct message *m, struct err *e)
{
	struct str rest = str_sub(have, s->at, have.n);
	size_t used;

	if (message_get_some(rest, type, m, &used, e)) {
		s->at += used;
		return GOSSIP_WHOLE;
	}
	if (e->kind != ERR_NONE)
		return GOSSIP_BAD;
	if (type != MESSAGE_COMPRESS && rest.n > HEAD_MAX)
		return bad(e, "the head of a message is too long");
	return GOSSIP_MORE;
}

static enum gossip_scanned
scan_head(struct gossip_scan *s, struct str have, struct err *e)
{
	size_t at = 0;
	enum message_type type;
	enum gossip_scanned got;
	struct message m;

	if (have.n > 0 && (unsigned char)have.p[0] == MESSAGE_LABEL)
		at = have.n > 1 ? 2 + (size_t)(unsigned char)have.p[1] : 2;
	if (have.n <= at)
		return GOSSIP_MORE;
	type = (unsigned char)have.p[at];
	if (type != MESSAGE_PING && type != MESSAGE_ACK && type != MESSAGE_PUSH_PULL && type != MESSAGE_USER &&
	    type != MESSAGE_COMPRESS && type != MESSAGE_ERROR)
		return bad(e, "an unknown message in a stream");
	s->at = at + 1;
	got = scan_map(s, have, type, &m, e);
	if (got != GOSSIP_WHOLE)
		return got;
	s->headed = true;
	s->nodes = (size_t)m.nodes;
	s->whole = (size_t)(m.user_message_n + m.user_state_n); /* and what comes before, as yet unknown */
	return GOSSIP_WHOLE;
}

enum gossip_scanned
gossip_scan(struct gossip_scan *s, struct str have, struct err *e)
{
	enum gossip_scanned got = GOSSIP_WHOLE;
	struct message m;

	err_clear(e);
	if (!s->headed)
		got = scan_head(s, have, e);
	while (got == GOSSIP_WHOLE && s->nodes > 0) {
		got = scan_map(s, have, MESSAGE_NODE, &m, e);
		if (got == GOSSIP_WHOLE)
			s->nodes--;
	}
	if (got != GOSSIP_WHOLE)
		return have.n > GOSSIP_STREAM_MAX ? bad(e, "a message that is too long") : got;
	if (s->at + s->whole > GOSSIP_STREAM_MAX)
		return bad(e, "a message that is too long");
	return have.n >= s->at + s->whole ? GOSSIP_WHOLE : GOSSIP_MORE;
}

void
gossip_stream_put(struct sbuf *out, struct str label, struct str plain)
{
	label_put(out, label);
	compressed_put(out, plain);
}

bool
gossip_stream_get(struct sbuf *out, struct str whole, struct str label, struct err *e)
{
	if (!label_take(&whole, label, e))
		return false;
	if (whole.n > 0 && (unsigned char)whole.p[0] == MESSAGE_COMPRESS) {
		if (!compressed_get(out, str_sub(whole, 1, whole.n), e))
			return false;
		return out->n > 0 || err_set(e, ERR_INVALID, "an empty message");
	}
	sbuf_str(out, whole);
	return out->overflow ? err_set(e, ERR_LIMIT, "a message of %zu bytes", whole.n) : true;
}
