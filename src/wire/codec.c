/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/codec.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/vec.h"
#include "codec_extra.h"
#include "codec_unknown.h"
#include "wire/proto.h"

/* Matcher.Type on the wire. */
static const enum matcher_op op_of_wire[] = { MATCH_EQ, MATCH_RE, MATCH_NE, MATCH_NRE };
static const unsigned wire_of_op[] = {
	[MATCH_EQ] = 0,
	[MATCH_RE] = 1,
	[MATCH_NE] = 2,
	[MATCH_NRE] = 3,
};

static void
put_text(struct sbuf *b, unsigned field, struct str s)
{
	if (s.n > 0)
		proto_bytes(b, field, s);
}

static void
put_matchers(struct sbuf *b, unsigned field, const struct matchers *ms)
{
	struct sbuf one = SBUF_INIT(SBUF_UNLIMITED);

	for (size_t i = 0; i < ms->n; i++) {
		sbuf_reset(&one);
		if (wire_of_op[ms->m[i].op] != 0)
			proto_uint(&one, 1, wire_of_op[ms->m[i].op]);
		put_text(&one, 2, istr_str(ms->m[i].name));
		put_text(&one, 3, istr_str(ms->m[i].value));
		proto_bytes(b, field, sbuf_get(&one));
	}
	sbuf_fini(&one);
}

static void
put_pair(struct sbuf *b, unsigned field, struct str key, struct str value)
{
	struct sbuf one = SBUF_INIT(SBUF_UNLIMITED);

	proto_bytes(&one, 1, key);
	proto_bytes(&one, 2, value);
	proto_bytes(b, field, sbuf_get(&one));
	sbuf_fini(&one);
}

void
codec_put_silence(struct sbuf *b, const struct silence *s, struct wall expires)
{
	struct sbuf in = SBUF_INIT(SBUF_UNLIMITED), set = SBUF_INIT(SBUF_UNLIMITED);

	proto_bytes(&in, 1, str_from(s->id));
	/* The first set twice: old readers know only field 2. */
	if (s->sets_n > 0)
		put_matchers(&in, 2, &s->sets[0]);
	proto_time(&in, 3, s->starts);
	proto_time(&in, 4, s->ends);
	proto_time(&in, 5, s->updated);
	put_text(&in, 8, istr_str(s->created_by));
	put_text(&in, 9, istr_str(s->comment));
	for (uint32_t i = 0; i < labels_n(s->annotations); i++)
		put_pair(&in, 10, istr_str(labels_name(s->annotations, i)), istr_str(labels_value(s->annotations, i)));
	for (size_t i = 0; i < s->sets_n; i++) {
		sbuf_reset(&set);
		put_matchers(&set, 1, &s->sets[i]);
		proto_bytes(&in, 11, sbuf_get(&set));
	}
	sbuf_str(&in, istr_str(s->unknown));	/* first: of two extensions older versions take the last */
	if (s->extra != NULL)
		codec_put_extra(&in, SILENCE_EXTRA, s);
	proto_bytes(b, 1, sbuf_get(&in));
	proto_time(b, 2, expires);
	sbuf_str(b, istr_str(s->unknown_around));
	sbuf_fini(&in);
	sbuf_fini(&set);
}

static bool
malformed(struct err *e, const char *what)
{
	return err_set(e, ERR_INVALID, "malformed %s", what);
}

static bool
get_matcher(struct str bytes, struct matcher *out, struct err *e)
{
	struct proto_reader r = { .rest = bytes };
	struct proto_field f;
	struct str name = STR(""), value = STR("");
	uint64_t type = 0;

	while (proto_next(&r, &f)) {
		if (f.number == 1 && f.type == 0)
			type = f.u;
		else if (f.number == 2 && f.type == 2)
			name = f.bytes;
		else if (f.number == 3 && f.type == 2)
			value = f.bytes;
	}
	if (r.bad || type >= ARRAY_LEN(op_of_wire))
		return malformed(e, "matcher");
	if (!matcher_init(out, op_of_wire[type], name, value, e)) {
		e->kind = ERR_NOT_FOUND;
		return false;
	}
	return true;
}

/* They get as much room as they need: most sets have no more. */
static void
keep_few(struct matchers *set, const struct matcher *few, size_t *n)
{
	set->m = mem_realloc(set->m, set->n + *n, sizeof(set->m[0]));
	memcpy(set->m + set->n, few, *n * sizeof(set->m[0]));
	set->n += *n;
	*n = 0;
}

/* Those in the fields of that number. */
static bool
get_matchers(struct str bytes, unsigned number, struct matchers *set, struct err *e)
{
	struct proto_reader r = { .rest = bytes };
	struct matcher few[4] UNSET;
	struct proto_field f;
	size_t n = 0;
	bool ok = true;

	while (ok && proto_next(&r, &f)) {
		if (f.number != number || f.type != 2)
			continue;
		if (n == ARRAY_LEN(few))
			keep_few(set, few, &n);
		ok = get_matcher(f.bytes, &few[n], e);
		n += ok;
	}
	keep_few(set, few, &n);
	return ok && (!r.bad || malformed(e, "matcher set"));
}

static bool
get_pair(struct str bytes, struct str *key, struct str *value)
{
	struct proto_reader r = { .rest = bytes };
	struct proto_field f;

	*key = *value = STR("");
	while (proto_next(&r, &f)) {
		if (f.number == 1 && f.type == 2)
			*key = f.bytes;
		else if (f.number == 2 && f.type == 2)
			*value = f.bytes;
	}
	return !r.bad;
}

static void
set_text(struct istr **at, struct str s)
{
	istr_unref(*at);
	*at = istr_get(s);
}

/* comments[0] of old snapshots: author and text. */
static bool
get_legacy_comment(struct str bytes, struct silence *s)
{
	struct str author, text;

	if (!get_pair(bytes, &author, &text))
		return false;
	set_text(&s->created_by, author);
	set_text(&s->comment, text);
	return true;
}

static void
keep_unknown(struct istr **to, struct str message, bool (*known)(const struct proto_field *f))
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	codec_unknown(&b, message, known);
	if (b.n > 0)
		set_text(to, sbuf_get(&b));
	sbuf_fini(&b);
}

struct silence_fields {
	struct silence *s;
	VEC(struct label_pair) annotations;
	bool comment_seen;
	bool unknown_seen;		/* or what may hold some */
};

static bool
get_silence_field(struct silence_fields *in, const struct proto_field *f, struct err *e)
{
	struct silence *s = in->s;
	struct label_pair p;

	if (f->type != 2)
		return true;
	switch (f->number) {
	case 1:
		if (f->bytes.n == 0 || f->bytes.n >= sizeof(s->id))
			return malformed(e, "silence id");
		memset(s->id, 0, sizeof(s->id));
		memcpy(s->id, f->bytes.p, f->bytes.n);
		return true;
	case 3:
		return proto_read_time(f->bytes, &s->starts) || malformed(e, "time");
	case 4:
		return proto_read_time(f->bytes, &s->ends) || malformed(e, "time");
	case 5:
		return proto_read_time(f->bytes, &s->updated) || malformed(e, "time");
	case 7:
		if (in->comment_seen)
			return true;
		in->comment_seen = true;
		return get_legacy_comment(f->bytes, s) || malformed(e, "comment");
	case 8:
		set_text(&s->created_by, f->bytes);
		return true;
	case 9:
		set_text(&s->comment, f->bytes);
		return true;
	case 10:
		if (!get_pair(f->bytes, &p.name, &p.value))
			return malformed(e, "annotation");
		VEC_PUSH(&in->annotations, p);
		return true;
	case 11:
		return get_matchers(f->bytes, 1, silence_add_set(s), e);
	case SILENCE_EXTRA:
		return codec_get_extra(f->bytes, s, e);
	default:
		return true;
	}
}

static bool
get_silence_fields(struct str body, struct silence *s, struct err *e)
{
	struct silence_fields in = { .s = s };
	struct proto_reader r = { .rest = body };
	struct proto_field f;
	bool ok = true;

	while (ok && proto_next(&r, &f)) {
		in.unknown_seen = in.unknown_seen || f.number == SILENCE_EXTRA || !codec_knows_of_silence(&f);
		ok = get_silence_field(&in, &f, e);
	}
	ok = ok && (!r.bad || malformed(e, "silence"));
	/* Only snapshots from before matcher sets have to be read from field 2: expressions are not compiled twice. */
	if (ok && s->sets_n == 0)
		ok = get_matchers(body, 2, silence_add_set(s), e);
	if (in.annotations.n > 0) {
		labels_unref(s->annotations);
		s->annotations = labels_new(in.annotations.v, in.annotations.n);
	}
	if (in.unknown_seen)
		keep_unknown(&s->unknown, body, codec_knows_of_silence);
	VEC_FINI(&in.annotations);
	return ok;
}

struct silence *
codec_get_silence(struct str body, struct wall *expires_out, struct err *e)
{
	struct proto_reader r = { .rest = body };
	struct proto_field f;
	struct silence *s = silence_new();
	bool seen = false, unknown_seen = false, ok = true;

	*expires_out = WALL_ZERO;
	while (ok && proto_next(&r, &f)) {
		unknown_seen = unknown_seen || !codec_knows_around(&f);
		if (f.number == 1 && f.type == 2) {
			seen = true;
			ok = get_silence_fields(f.bytes, s, e);
		} else if (f.number == 2 && f.type == 2) {
			ok = proto_read_time(f.bytes, expires_out) || malformed(e, "time");
		}
	}
	if (unknown_seen)
		keep_unknown(&s->unknown_around, body, codec_knows_around);
	if (ok && (r.bad || !seen || s->id[0] == '\0'))
		ok = malformed(e, "silence");
	if (ok)
		return s;
	silence_unref(s);
	return NULL;
}

static void
put_packed(struct sbuf *b, unsigned field, const uint64_t *v, size_t n)
{
	size_t opened;

	if (n == 0)
		return;
	opened = proto_open(b, field);
	for (size_t i = 0; i < n; i++)
		proto_varint(b, v[i]);
	proto_close(b, opened);
}

static void
put_receiver_value(struct sbuf *b, unsigned field, const struct receiver_value *v)
{
	struct sbuf value = SBUF_INIT(SBUF_UNLIMITED), pair = SBUF_INIT(SBUF_UNLIMITED);

	switch (v->type) {
	case RECEIVER_STR:
		proto_bytes(&value, 1, v->s);
		break;
	case RECEIVER_INT:
		proto_uint(&value, 2, (uint64_t)v->i);
		break;
	case RECEIVER_DOUBLE:
		proto_double(&value, 3, v->d);
		break;
	}
	proto_bytes(&pair, 1, v->key);
	proto_bytes(&pair, 2, sbuf_get(&value));
	proto_bytes(b, field, sbuf_get(&pair));
	sbuf_fini(&value);
	sbuf_fini(&pair);
}

void
codec_put_receiver_data(struct sbuf *b, unsigned field, const struct receiver_data *data)
{
	for (size_t i = 0; i < data->n; i++)
		put_receiver_value(b, field, &data->v[i]);
}

void
codec_log_entry_key(struct sbuf *b, const struct log_entry *entry)
{
	sbuf_str(b, entry->key.group_key);
	sbuf_putc(b, ':');
	sbuf_str(b, entry->key.receiver);
	sbuf_putc(b, '/');
	sbuf_str(b, entry->key.integration);
	sbuf_putc(b, '/');
	sbuf_uint(b, entry->key.index);
}

/* Fields that Alertmanager does not know and passes over. */
static void
put_left_behind(struct sbuf *b, const struct log_entry *entry)
{
	put_packed(b, ENTRY_DOUBTFUL, entry->doubtful, entry->doubtful_n);
	put_packed(b, ENTRY_DOUBTFUL_ENDS, entry->doubtful_ends, entry->doubtful_ends_n);
	if (entry->doubtful_n + entry->doubtful_ends_n > 0 && wall_after(entry->doubted, entry->timestamp))
		proto_time(b, ENTRY_DOUBTED, entry->doubted);
	if (entry->by_peer)
		proto_uint(b, ENTRY_BY_PEER, 1);
	if (entry->age > 0)
		proto_uint(b, ENTRY_AGE, (uint64_t)entry->age);
	if (entry->partly.n == 0)
		return;
	proto_uint(b, ENTRY_PARTLY_CONTENT, entry->partly.content);
	proto_time(b, ENTRY_PARTLY_AT, entry->partly.at);
	for (size_t i = 0; i < entry->partly.n; i++)
		proto_bytes(b, ENTRY_PARTLY_TO, entry->partly.to[i]);
}

void
codec_put_log_entry(struct sbuf *b, const struct log_entry *entry)
{
	size_t whole = proto_open(b, 1), receiver;

	proto_bytes(b, 1, entry->key.group_key);
	receiver = proto_open(b, 2);
	put_text(b, 1, entry->key.receiver);
	put_text(b, 2, entry->key.integration);
	if (entry->key.index != 0)
		proto_uint(b, 3, entry->key.index);
	proto_close(b, receiver);
	proto_time(b, 5, entry->timestamp);
	put_packed(b, 6, entry->firing, entry->firing_n);
	put_packed(b, 7, entry->resolved, entry->resolved_n);
	codec_put_receiver_data(b, 8, &entry->data);
	put_left_behind(b, entry);
	if (entry->unknown != NULL)
		sbuf_str(b, entry->unknown->entry);
	proto_close(b, whole);
	proto_time(b, 2, entry->expires);
	if (entry->unknown != NULL)
		sbuf_str(b, entry->unknown->around);
}

/* Packed or one by one; appended to what *v holds already. */
static bool
get_hashes(const struct proto_field *f, struct arena *a, const uint64_t **v, size_t *n)
{
	struct proto_reader r = { .rest = f->bytes };
	uint64_t *grown;

	if (f->type == 0) {
		grown = arena_array(a, *n + 1, sizeof(uint64_t));
		if (*n > 0)
			memcpy(grown, *v, *n * sizeof(uint64_t));
		grown[(*n)++] = f->u;
		*v = grown;
		return true;
	}
	if (f->type != 2)
		return false;
	/* Each varint takes at least one byte. */
	grown = arena_array(a, *n + f->bytes.n, sizeof(uint64_t));
	if (*n > 0)
		memcpy(grown, *v, *n * sizeof(uint64_t));
	while (r.rest.n > 0 && proto_read_varint(&r, &grown[*n]))
		(*n)++;
	*v = grown;
	return !r.bad;
}

static bool
get_receiver(struct str bytes, struct log_entry *out)
{
	struct proto_reader r = { .rest = bytes };
	struct proto_field f;

	while (proto_next(&r, &f)) {
		if (f.number == 1 && f.type == 2)
			out->key.receiver = f.bytes;
		else if (f.number == 2 && f.type == 2)
			out->key.integration = f.bytes;
		else if (f.number == 3 && f.type == 0)
			out->key.index = (uint32_t)f.u;
	}
	return !r.bad;
}

bool
codec_get_receiver_value(struct str bytes, struct arena *a, struct receiver_data *out)
{
	struct receiver_value v = { 0 };
	struct proto_reader r;
	struct proto_field f;
	struct str body;

	if (!get_pair(bytes, &v.key, &body))
		return false;
	r = (struct proto_reader){ .rest = body };
	while (proto_next(&r, &f)) {
		if (f.number == 1 && f.type == 2) {
			v.type = RECEIVER_STR;
			v.s = f.bytes;
		} else if (f.number == 2 && f.type == 0) {
			v.type = RECEIVER_INT;
			v.i = (int64_t)f.u;
		} else if (f.number == 3 && f.type == 1) {
			v.type = RECEIVER_DOUBLE;
			v.d = proto_as_double(f.u);
		}
	}
	if (r.bad)
		return false;
	out->v = arena_grow(a, out->v, out->n, out->n + 1, sizeof(v));
	out->v[out->n++] = v;
	return true;
}

static bool
get_left_behind(const struct proto_field *f, struct arena *a, struct log_entry *out)
{
	if (f->number == ENTRY_DOUBTFUL)
		return get_hashes(f, a, &out->doubtful, &out->doubtful_n);
	if (f->number == ENTRY_DOUBTFUL_ENDS)
		return get_hashes(f, a, &out->doubtful_ends, &out->doubtful_ends_n);
	if (f->number == ENTRY_BY_PEER && f->type == 0)
		out->by_peer = f->u != 0;
	else if (f->number == ENTRY_AGE && f->type == 0)
		out->age = f->u < LOG_AGE_MAX ? (span)f->u : LOG_AGE_MAX;
	else if (f->number == ENTRY_DOUBTED && f->type == 2)
		return proto_read_time(f->bytes, &out->doubted);
	else if (f->number == ENTRY_PARTLY_CONTENT && f->type == 0)
		out->partly.content = f->u;
	else if (f->number == ENTRY_PARTLY_AT && f->type == 2)
		return proto_read_time(f->bytes, &out->partly.at);
	else if (f->number == ENTRY_PARTLY_TO && f->type == 2) {
		struct str *to = arena_grow(a, (void *)(uintptr_t)out->partly.to, out->partly.n, out->partly.n + 1, sizeof(*to));

		to[out->partly.n++] = f->bytes;
		out->partly.to = to;
	}
	return true;
}

static bool
get_entry_fields(struct str body, struct arena *a, struct log_entry *out, bool *has_receiver)
{
	struct proto_reader r = { .rest = body };
	struct proto_field f;
	bool ok = true;

	while (ok && proto_next(&r, &f)) {
		if (f.number == 6)
			ok = get_hashes(&f, a, &out->firing, &out->firing_n);
		else if (f.number == 7)
			ok = get_hashes(&f, a, &out->resolved, &out->resolved_n);
		else if (codec_is_left_behind(&f))
			ok = get_left_behind(&f, a, out);
		else if (f.type != 2)
			continue;
		else if (f.number == 1)
			out->key.group_key = f.bytes;
		else if (f.number == 2)
			ok = *has_receiver = get_receiver(f.bytes, out);
		else if (f.number == 5)
			ok = proto_read_time(f.bytes, &out->timestamp);
		else if (f.number == 8)
			ok = codec_get_receiver_value(f.bytes, a, &out->data);
	}
	return ok && !r.bad;
}

static int
compare_hashes(const void *x, const void *y)
{
	uint64_t a = *(const uint64_t *)x, b = *(const uint64_t *)y;

	return a < b ? -1 : a > b;
}

/* Alertmanager writes them unsorted. */
static void
sort_hashes(const uint64_t **v, size_t n, struct arena *a)
{
	uint64_t *sorted;

	if (n < 2)
		return;
	sorted = arena_array(a, n, sizeof(uint64_t));
	memcpy(sorted, *v, n * sizeof(uint64_t));
	qsort(sorted, n, sizeof(uint64_t), compare_hashes);
	*v = sorted;
}

bool
codec_get_log_entry(struct str body, struct arena *a, struct log_entry *out, struct err *e)
{
	struct proto_reader r = { .rest = body };
	struct proto_field f;
	bool has_entry = false, has_receiver = false, ok = true;
	struct str entry = STR_NONE;

	*out = (struct log_entry){ .timestamp = WALL_ZERO, .expires = WALL_ZERO, .doubted = WALL_ZERO, .partly.at = WALL_ZERO };
	while (ok && proto_next(&r, &f)) {
		if (f.number == 1 && f.type == 2) {
			has_entry = true;
			entry = f.bytes;
			ok = get_entry_fields(f.bytes, a, out, &has_receiver);
		} else if (f.number == 2 && f.type == 2) {
			ok = proto_read_time(f.bytes, &out->expires);
		}
	}
	if (!ok || r.bad || !has_entry || !has_receiver)
		return malformed(e, "notification log entry");
	out->unknown = codec_unknown_of_entry(entry, body, a);
	sort_hashes(&out->firing, out->firing_n, a);
	sort_hashes(&out->resolved, out->resolved_n, a);
	sort_hashes(&out->doubtful, out->doubtful_n, a);
	sort_hashes(&out->doubtful_ends, out->doubtful_ends_n, a);
	return true;
}

void
codec_strip_log_entry(struct sbuf *b, struct str body)
{
	struct sbuf in = SBUF_INIT(SBUF_UNLIMITED);
	struct proto_reader r = { .rest = body };
	struct proto_field f;

	while (proto_next(&r, &f)) {
		if (f.number != 1 || f.type != 2) {
			sbuf_str(b, f.raw);
			continue;
		}
		sbuf_reset(&in);
		codec_unknown(&in, f.bytes, codec_is_left_behind);
		proto_bytes(b, 1, sbuf_get(&in));
	}
	sbuf_fini(&in);
}
