/* SPDX-License-Identifier: Apache-2.0 */
#include "record.h"

#include "model/silence.h"
#include "text/digest.h"
#include "wire/codec.h"
#include "wire/proto.h"

#define VERSION 1

enum part { PART_VERSION = 1, PART_BODY, PART_TELLING, PART_OWNER, PART_LEASE, PART_DECISION_HI, PART_DECISION_LO, PART_STATE,
	PART_IN_DOUBT, PART_CLAIM };

static void
put_entry(struct sbuf *b, unsigned field, const struct log_entry *entry)
{
	struct log_entry e = *entry;
	struct sbuf body = SBUF_INIT(SBUF_UNLIMITED);

	/* Recipients that were served are between a member and its receivers. */
	e.partly = (struct partly_told){ .at = WALL_ZERO };
	e.by_peer = false;
	codec_put_log_entry(&body, &e);
	proto_bytes(b, field, sbuf_get(&body));
	sbuf_fini(&body);
}

void
record_put_log(struct sbuf *b, const struct log_record *r)
{
	proto_uint(b, PART_VERSION, VERSION);
	put_entry(b, PART_BODY, &r->told);
	if (r->state == CLAIM_OPEN || r->state == CLAIM_UNKNOWN)
		put_entry(b, PART_TELLING, &r->telling);
	proto_bytes(b, PART_OWNER, r->owner);
	proto_uint(b, PART_LEASE, (uint64_t)r->lease);
	proto_uint(b, PART_DECISION_HI, r->decision.hi);
	proto_uint(b, PART_DECISION_LO, r->decision.lo);
	proto_uint(b, PART_STATE, (uint64_t)r->state);
	if (r->in_doubt)
		proto_uint(b, PART_IN_DOUBT, 1);
	if (r->claim != 0)
		proto_uint(b, PART_CLAIM, r->claim);
	sbuf_str(b, r->unknown);
}

static bool
same_key(const struct log_key *a, const struct log_key *b)
{
	return str_eq(a->group_key, b->group_key) && str_eq(a->receiver, b->receiver) && str_eq(a->integration, b->integration) &&
	    a->index == b->index;
}

/* Whether the record is of our version, which stands in front; *r is behind it. */
static bool
begin(struct str value, struct proto_reader *r, struct err *e)
{
	struct proto_field f;

	*r = (struct proto_reader){ .rest = value };
	if (value.n > RECORD_MAX)
		return err_set(e, ERR_LIMIT, "it has %zu bytes, of %zu at most", value.n, RECORD_MAX);
	if (!proto_next(r, &f) || f.number != PART_VERSION || f.type != 0)
		return err_set(e, ERR_INVALID, "it is none of ours");
	return f.u == VERSION || err_set(e, ERR_INVALID, "it has version %llu, and this tocsin knows %d", (unsigned long long)f.u, VERSION);
}

bool
record_is_newer(struct str value)
{
	struct proto_reader r = { .rest = value };
	struct proto_field f;

	return proto_next(&r, &f) && f.number == PART_VERSION && f.type == 0 && f.u > VERSION;
}

static bool
knows(const struct proto_field *f)
{
	return f->number >= PART_VERSION && f->number <= PART_CLAIM;
}

static struct str
unknown_of(struct str value, struct arena *a)
{
	struct proto_reader r = { .rest = value };
	struct proto_field f;
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct str all;

	while (proto_next(&r, &f))
		if (!knows(&f))
			sbuf_str(&b, f.raw);
	all = b.n > 0 ? arena_str(a, sbuf_get(&b)) : STR_NONE;
	sbuf_fini(&b);
	return all;
}

static bool
read_log_field(const struct proto_field *f, struct arena *a, struct log_record *out, unsigned *seen, struct err *e)
{
	if (f->number == PART_BODY && f->type == 2) {
		*seen |= 1U << PART_BODY;
		return codec_get_log_entry(f->bytes, a, &out->told, e);
	}
	if (f->number == PART_TELLING && f->type == 2) {
		*seen |= 1U << PART_TELLING;
		return codec_get_log_entry(f->bytes, a, &out->telling, e);
	}
	if (f->number == PART_OWNER && f->type == 2)
		out->owner = f->bytes;
	else if (f->number == PART_LEASE && f->type == 0)
		out->lease = (int64_t)f->u;
	else if (f->number == PART_DECISION_HI && f->type == 0)
		out->decision.hi = f->u;
	else if (f->number == PART_DECISION_LO && f->type == 0)
		out->decision.lo = f->u;
	else if (f->number == PART_IN_DOUBT && f->type == 0)
		out->in_doubt = f->u != 0;
	else if (f->number == PART_CLAIM && f->type == 0)
		out->claim = f->u;
	else if (f->number == PART_STATE && f->type == 0)
		out->state = f->u < CLAIM_RESULTS ? (enum claim_result)f->u : CLAIM_RESULTS;
	return true;
}

bool
record_get_log(struct str value, struct arena *a, struct log_record *out, struct err *e)
{
	struct proto_reader r;
	struct proto_field f;
	unsigned seen = 0;
	bool telling;

	*out = (struct log_record){ 0 };
	if (!begin(value, &r, e))
		return false;
	while (proto_next(&r, &f))
		if (!read_log_field(&f, a, out, &seen, e))
			return false;
	telling = (seen & 1U << PART_TELLING) != 0;
	if (r.bad || (seen & 1U << PART_BODY) == 0 || out->state == CLAIM_RESULTS || out->owner.n > RECORD_OWNER_MAX)
		return err_set(e, ERR_INVALID, "it is malformed");
	if (telling != (out->state == CLAIM_OPEN || out->state == CLAIM_UNKNOWN) ||
	    (telling && !same_key(&out->told.key, &out->telling.key)))
		return err_set(e, ERR_INVALID, "its claim is malformed");
	out->unknown = unknown_of(value, a);
	return true;
}

void
record_put_mesh_silence(struct sbuf *b, const struct silence *s, struct wall expires)
{
	struct sbuf body = SBUF_INIT(SBUF_UNLIMITED);

	codec_put_silence(&body, s, expires);
	proto_uint(b, PART_VERSION, VERSION);
	proto_bytes(b, PART_BODY, sbuf_get(&body));
	sbuf_fini(&body);
}

bool
record_get_mesh_silence(struct str value, struct change *c, struct err *e)
{
	struct proto_reader r;
	struct proto_field f;

	*c = (struct change){ .kind = CHANGE_SILENCE };
	if (!begin(value, &r, e))
		return false;
	while (proto_next(&r, &f))
		if (f.number == PART_BODY && f.type == 2) {
			c->silence = codec_get_silence(f.bytes, &c->expires, e);
			return c->silence != NULL;
		}
	return err_set(e, ERR_INVALID, "it is malformed");
}

void
record_log_key(struct sbuf *b, const struct log_key *key)
{
	struct log_entry entry = { .key = *key };
	struct sbuf text = SBUF_INIT(SBUF_UNLIMITED);
	char hex[SHA256_HEX];

	codec_log_entry_key(&text, &entry);
	digest_sha256_hex(sbuf_get(&text), hex);
	sbuf_printf(b, "log/%s", hex);
	sbuf_fini(&text);
}

void
record_silence_key(struct sbuf *b, const char *id)
{
	sbuf_printf(b, "silences/%s", id);
}
