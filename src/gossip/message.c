/* SPDX-License-Identifier: Apache-2.0 */
#include "message.h"

#include <stddef.h>

#include "msgpack.h"

/* Longer names are of nobody. */
#define NAME_MAX_READ 256
/* Fields in a message: as many as there may be, unknown ones too. */
#define FIELDS_MAX 32

enum field_kind { FIELD_NUMBER, FIELD_BOOL, FIELD_BYTES };

struct field {
	const char *name;
	enum field_kind kind;
	uint64_t max; /* of a number; of bytes, how many */
	size_t offset;
	unsigned types; /* bit by message type */
	unsigned optional; /* of these, where it is left out when empty */
};

#define IN(type) (1u << MESSAGE_##type)
#define PINGS (IN(PING) | IN(INDIRECT_PING))
#define RUMOURS (IN(SUSPECT) | IN(DEAD))
#define AT(member) offsetof(struct message, member)
#define ANY_LENGTH UINT32_MAX

/* In the order of their names, which is that of the encoder in Go. */
static const struct field fields[] = {
	{ "Addr", FIELD_BYTES, 16, AT(address), IN(ALIVE) | IN(NODE), 0 },
	{ "Algo", FIELD_NUMBER, UINT8_MAX, AT(algorithm), IN(COMPRESS), 0 },
	{ "Buf", FIELD_BYTES, ANY_LENGTH, AT(buffer), IN(COMPRESS), 0 },
	{ "Error", FIELD_BYTES, 65536, AT(error), IN(ERROR), 0 },
	{ "From", FIELD_BYTES, NAME_MAX_READ, AT(from), RUMOURS, 0 },
	{ "Incarnation", FIELD_NUMBER, UINT32_MAX, AT(incarnation), RUMOURS | IN(ALIVE) | IN(NODE), 0 },
	{ "Join", FIELD_BOOL, 1, AT(join), IN(PUSH_PULL), 0 },
	{ "Meta", FIELD_BYTES, MESSAGE_META_MAX, AT(meta), IN(ALIVE) | IN(NODE), 0 },
	{ "Nack", FIELD_BOOL, 1, AT(nack), IN(INDIRECT_PING), 0 },
	{ "Name", FIELD_BYTES, NAME_MAX_READ, AT(node), IN(NODE), 0 },
	{ "Node", FIELD_BYTES, NAME_MAX_READ, AT(node), PINGS | RUMOURS | IN(ALIVE), 0 },
	{ "Nodes", FIELD_NUMBER, UINT32_MAX, AT(nodes), IN(PUSH_PULL), 0 },
	{ "Payload", FIELD_BYTES, 65536, AT(payload), IN(ACK), 0 },
	{ "Port", FIELD_NUMBER, UINT16_MAX, AT(port), IN(INDIRECT_PING) | IN(ALIVE) | IN(NODE), 0 },
	{ "SeqNo", FIELD_NUMBER, UINT32_MAX, AT(seq), PINGS | IN(ACK) | IN(NACK), 0 },
	{ "SourceAddr", FIELD_BYTES, 16, AT(source_address), PINGS, PINGS },
	{ "SourceNode", FIELD_BYTES, NAME_MAX_READ, AT(source_node), PINGS, PINGS },
	{ "SourcePort", FIELD_NUMBER, UINT16_MAX, AT(source_port), PINGS, PINGS },
	{ "State", FIELD_NUMBER, NODE_LEFT, AT(state), IN(NODE), 0 },
	{ "Target", FIELD_BYTES, 16, AT(target), IN(INDIRECT_PING), 0 },
	{ "UserMsgLen", FIELD_NUMBER, UINT32_MAX, AT(user_message_n), IN(USER), 0 },
	{ "UserStateLen", FIELD_NUMBER, UINT32_MAX, AT(user_state_n), IN(PUSH_PULL), 0 },
	{ "Vsn", FIELD_BYTES, 64, AT(versions), IN(ALIVE) | IN(NODE), 0 },
};

static const void *
member_of(const struct message *m, const struct field *f)
{
	return (const char *)m + f->offset;
}

static bool
is_written(const struct message *m, const struct field *f)
{
	if (!(f->types >> m->type & 1))
		return false;
	if (!(f->optional >> m->type & 1))
		return true;
	if (f->kind == FIELD_NUMBER)
		return *(const uint64_t *)member_of(m, f) != 0;
	return ((const struct str *)member_of(m, f))->n > 0;
}

static void
put_field(struct sbuf *b, const struct message *m, const struct field *f)
{
	const struct str *s;

	msgpack_put_bytes(b, str_from(f->name));
	switch (f->kind) {
	case FIELD_NUMBER:
		msgpack_put_uint(b, *(const uint64_t *)member_of(m, f));
		break;
	case FIELD_BOOL:
		msgpack_put_bool(b, *(const bool *)member_of(m, f));
		break;
	case FIELD_BYTES:
		s = member_of(m, f);
		msgpack_put_bytes(b, *s);
		break;
	}
}

void
message_put(struct sbuf *b, const struct message *m)
{
	unsigned n = 0;

	if (m->type != MESSAGE_NODE)
		sbuf_putc(b, (char)m->type);
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		n += is_written(m, &fields[i]);
	msgpack_put_map(b, n);
	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		if (is_written(m, &fields[i]))
			put_field(b, m, &fields[i]);
	}
}

static const struct field *
find_field(struct str name, enum message_type type)
{
	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		if (fields[i].types >> type & 1 && str_is(name, fields[i].name))
			return &fields[i];
	}
	return NULL;
}

static bool
get_field(struct msgpack *r, const struct field *f, struct message *out, struct err *e)
{
	void *at = (char *)out + f->offset;
	struct str *s;

	switch (f->kind) {
	case FIELD_NUMBER:
		if (!msgpack_uint(r, at))
			return false;
		if (*(uint64_t *)at > f->max)
			return err_set(e, ERR_INVALID, "%s is too large", f->name);
		return true;
	case FIELD_BOOL:
		return msgpack_bool(r, at);
	case FIELD_BYTES:
		s = at;
		if (!msgpack_bytes(r, s))
			return false;
		if (s->n > f->max)
			return err_set(e, ERR_LIMIT, "%s is too long: %zu bytes", f->name, s->n);
		return true;
	}
	return false;
}

static bool
get(struct msgpack *r, enum message_type type, struct message *out, struct err *e)
{
	size_t n;

	*out = (struct message){ .type = type };
	if (!msgpack_map(r, &n))
		return false;
	if (n > FIELDS_MAX)
		return err_set(e, ERR_INVALID, "a message of %zu fields", n);
	while (n-- > 0) {
		const struct field *f;
		struct str name;

		if (!msgpack_bytes(r, &name))
			return false;
		f = find_field(name, type);
		if (f != NULL ? !get_field(r, f, out, e) : !msgpack_skip(r))
			return false;
	}
	return true;
}

bool
message_get_some(struct str in, enum message_type type, struct message *out, size_t *used, struct err *e)
{
	struct msgpack r = { .in = in };

	err_clear(e);
	if (get(&r, type, out, e)) {
		*used = r.at;
		return true;
	}
	if (r.bad)
		return err_set(e, ERR_INVALID, "a malformed message");
	return false;
}

bool
message_get(struct str in, enum message_type type, struct message *out, size_t *used, struct err *e)
{
	if (message_get_some(in, type, out, used, e))
		return true;
	if (e->kind == ERR_NONE)
		return err_set(e, ERR_INVALID, "a message that ends early");
	return false;
}
