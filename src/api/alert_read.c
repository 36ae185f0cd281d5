/* SPDX-License-Identifier: Apache-2.0 */
#include "alert_read.h"

#include <string.h>

#include "base/rfc3339.h"
#include "post.h"

#define PAIR_BYTES 64	/* of a body, mostly; an alert has eight of them */

#define FIELD(literal) { { literal, sizeof(literal) - 1 }, { "\"" literal "\":", sizeof(literal) + 2 } }

/* Names of members, and how those are written. */
static const struct {
	struct str name, key;
} fields[ALERT_FIELDS] = {
	[ALERT_LABELS] = FIELD("labels"),
	[ALERT_ANNOTATIONS] = FIELD("annotations"),
	[ALERT_STARTS] = FIELD("startsAt"),
	[ALERT_ENDS] = FIELD("endsAt"),
	[ALERT_URL] = FIELD("generatorURL"),
};

void
alert_shape_fini(struct alert_shape *s)
{
	for (size_t i = 0; i < ARRAY_LEN(s->sets); i++)
		key_order_fini(&s->sets[i]);
}

static const char *
token_name(enum json_token t)
{
	static const char *const names[] = {
		[JSON_T_OBJECT_BEGIN] = "object", [JSON_T_ARRAY_BEGIN] = "array", [JSON_T_STRING] = "string",
		[JSON_T_NUMBER] = "number", [JSON_T_TRUE] = "bool", [JSON_T_FALSE] = "bool",
	};

	return (size_t)t < ARRAY_LEN(names) && names[t] != NULL ? names[t] : "null";
}

bool
alert_read_wrong_type(struct alert_reader *rd, enum json_token t, const char *field, const char *wanted)
{
	if (t == JSON_T_ERROR && json_reader_is_cut(rd->r))
		return err_set(&rd->e, ERR_LIMIT, "alert %zu is longer than %zu bytes", rd->seen, POST_ALERT_BYTES);
	if (t == JSON_T_ERROR)
		return json_reader_err(rd->r, &rd->e);
	return err_set(&rd->e, ERR_INVALID, "json: cannot unmarshal %s into Go %s%s of type %s", token_name(t),
	    field[0] == '\0' ? "value" : "struct field PostableAlert.", field, wanted);
}

/* More than an alert may have are an error. */
static bool
add_pairs(struct alert_reader *rd, struct posted_set *set, size_t n)
{
	if (n > POST_ALERT_PAIRS - rd->pairs_n)
		return err_set(&rd->e, ERR_LIMIT, "alert %zu has more than %d labels and annotations", rd->seen,
		    POST_ALERT_PAIRS);
	rd->pairs_n += n;
	set->n += n;
	return true;
}

/* A known set of this text, at whose brace the reader is; false: it has to be read. */
static bool
take_known(struct alert_reader *rd, struct str text, struct posted_set *set)
{
	struct labels *l;

	if (text.n == 0)
		return false;
	l = label_text_find(set->text);
	if (l == NULL || labels_n(l) > POST_ALERT_PAIRS - rd->pairs_n)
		return false;
	(void)add_pairs(rd, set, labels_n(l));
	set->known = labels_ref(l);
	json_pass_object(rd->r, text);
	return true;
}

/* The next key, and the first token of what it has where that is no plain string; false: there is none, and *t is what stands there. */
static bool
next_key(struct alert_reader *rd, struct str *key, enum json_token *t)
{
	*t = json_next(rd->r);
	if (*t != JSON_T_KEY)
		return false;
	*key = json_text(rd->r, rd->arena);
	return true;
}

/* The first token of a value; STRING: *value is it. */
static enum json_token
next_value(struct alert_reader *rd, struct str *value)
{
	enum json_token t = json_plain_value(rd->r, value) ? JSON_T_STRING : json_next(rd->r);

	if (t == JSON_T_STRING)
		*value = json_text(rd->r, rd->arena);
	return t;
}

/* The next pair; *t is what stands there otherwise. */
static bool
next_pair(struct alert_reader *rd, struct label_pair *p, const char *field, enum json_token *t)
{
	if (json_next_plain_pair(rd->r, &p->name, &p->value))
		return true;
	if (!next_key(rd, &p->name, t))
		return false;
	p->value = STR_NONE;
	*t = next_value(rd, &p->value);
	return *t == JSON_T_STRING || *t == JSON_T_NULL || alert_read_wrong_type(rd, *t, field, "string");
}

/* Is this the text of the object that was read? A brace within a string ends it too early. */
static bool
ends_at(const struct alert_reader *rd, struct str text)
{
	return text.n > 0 && rd->r->p == text.p + text.n;
}

/* The pairs of a set whose keys are those of the last one. */
static bool
take_in_order(struct alert_reader *rd, const struct key_order *o, struct str text, struct posted_set *set)
{
	if (o->n > POST_ALERT_PAIRS - rd->pairs_n)
		return false;
	VEC_RESERVE(&rd->pairs, rd->pairs.n + o->n);
	if (!key_order_read(o, rd->r, rd->pairs.v + rd->pairs.n, &set->like))
		return false;
	rd->pairs.n += o->n;
	set->tidy = add_pairs(rd, set, o->n);
	set->has_text = ends_at(rd, text);
	return true;
}

static bool
read_pairs(struct alert_reader *rd, const char *field, struct key_order *o, struct str text, struct posted_set *set)
{
	struct label_pair p;
	enum json_token t;

	while (next_pair(rd, &p, field, &t)) {
		if (!add_pairs(rd, set, 1))
			return false;
		VEC_PUSH(&rd->pairs, p);
	}
	if (rd->e.kind != ERR_NONE)
		return false;
	if (t != JSON_T_OBJECT_END)
		return alert_read_wrong_type(rd, t, field, "models.LabelSet");
	set->has_text = ends_at(rd, text);
	if (set->has_text)
		key_order_note(o, rd->pairs.v + set->from, set->n, text);
	return true;
}

static void
set_fini(struct posted_set *set)
{
	labels_unref(set->known);
	labels_unref(set->like.set);
}

/* The text of the set at whose brace the reader is, and its hash; STR_NONE: there is none. */
static struct str
text_of(struct alert_reader *rd, enum label_text_kind kind, struct hash128 *hash)
{
	struct str text = texts_ahead_take(&rd->ahead, kind, rd->r->p - 1, rd->r->end, hash);

	if (text.n > 0)
		return text;
	text = json_object_text(rd->r);
	if (text.n > 0)
		*hash = texts_ahead_hash(&rd->ahead, kind, text);
	return text;
}

/* Takes what this set has by now to the end of the pairs, as texts. */
static void
gather_pairs(struct alert_reader *rd, struct posted_set *set)
{
	const struct labels *l = set->known != NULL ? set->known : set->like.set;
	uint32_t same = set->known != NULL ? UINT32_MAX : set->like.same;
	size_t from = rd->pairs.n;

	VEC_RESERVE(&rd->pairs, from + set->n);
	for (uint32_t i = 0; i < set->n; i++) {
		bool has_pair = l == NULL || (set->known == NULL && (same >> i & 1) == 0);

		rd->pairs.v[from + i] = has_pair ? rd->pairs.v[set->from + i] :
		    (struct label_pair){ arena_str(rd->arena, istr_str(labels_name(l, i))), arena_str(rd->arena, istr_str(labels_value(l, i))) };
	}
	rd->pairs.n += set->n;
	set_fini(set);
	*set = (struct posted_set){ .from = from, .n = set->n, .given = true };
}

/* A mapping of strings. null is as good as none; null values are empty. The last one of a name counts, and what is given twice adds up, as in Go. */
static bool
read_set(struct alert_reader *rd, const char *field, enum label_text_kind kind, struct posted_set *set)
{
	enum json_token t = json_enter_object(rd->r) ? JSON_T_OBJECT_BEGIN : json_next(rd->r);
	struct key_order *o = &rd->shape->sets[kind];
	struct str text;

	if (t == JSON_T_OBJECT_BEGIN && set->given) {
		gather_pairs(rd, set);
		return read_pairs(rd, field, o, STR_NONE, set);
	}
	set_fini(set);
	*set = (struct posted_set){ .from = rd->pairs.n, .given = t == JSON_T_OBJECT_BEGIN };
	if (t == JSON_T_NULL)
		return true;
	if (t != JSON_T_OBJECT_BEGIN)
		return alert_read_wrong_type(rd, t, field, "models.LabelSet");
	text = text_of(rd, kind, &set->text);
	if (rd->pairs.cap == 0)
		VEC_RESERVE(&rd->pairs, rd->expected / PAIR_BYTES + 1);
	return take_known(rd, text, set) || take_in_order(rd, o, text, set) || read_pairs(rd, field, o, text, set);
}

/* null changes nothing. */
static bool
read_time(struct alert_reader *rd, const char *field, struct posted_time *last, struct wall *out)
{
	struct str text;
	enum json_token t;

	if (json_known_value(rd->r, last->text)) {
		*out = last->at;
		return true;
	}
	t = next_value(rd, &text);
	if (t == JSON_T_NULL)
		return true;
	if (t != JSON_T_STRING)
		return alert_read_wrong_type(rd, t, field, "strfmt.DateTime");
	if (!strfmt_time_parse(text, out, &rd->e))
		return false;
	if (!rd->r->escaped)
		*last = (struct posted_time){ text, *out };
	return true;
}

/* null takes it away. */
static bool
read_url(struct alert_reader *rd, struct str *out)
{
	enum json_token t;

	if (json_known_value(rd->r, rd->last_url)) {
		*out = rd->last_url;
		return true;
	}
	*out = STR_NONE;
	t = next_value(rd, out);
	if (t == JSON_T_STRING && !rd->r->escaped)
		rd->last_url = *out;
	return t == JSON_T_STRING || t == JSON_T_NULL || alert_read_wrong_type(rd, t, "generatorURL", "strfmt.URI");
}

/* Case does not count, though all write it alike. */
static enum alert_field
field_of(struct str key)
{
	enum alert_field f = 0;

	while (f < ALERT_FIELDS && !str_caseeq(key, fields[f].name))
		f++;
	return f;
}

/* The value of this member; ALERT_FIELDS: it means nothing. */
static bool
read_field(struct alert_reader *rd, enum alert_field f, struct posted_alert *p)
{
	switch (f) {
	case ALERT_LABELS:
		return read_set(rd, "labels", LABEL_TEXT_LABELS, &p->labels);
	case ALERT_ANNOTATIONS:
		return read_set(rd, "annotations", LABEL_TEXT_ANNOTATIONS, &p->annotations);
	case ALERT_STARTS:
		return read_time(rd, "startsAt", &rd->last_starts, &p->starts);
	case ALERT_ENDS:
		return read_time(rd, "endsAt", &rd->last_ends, &p->ends);
	case ALERT_URL:
		return read_url(rd, &p->generator_url);
	case ALERT_FIELDS:
		break;
	}
	return json_skip(rd->r, json_next(rd->r)) || alert_read_wrong_type(rd, JSON_T_ERROR, "", "");
}

/* Members as they came last: the first *n of them. */
static bool
read_in_order(struct alert_reader *rd, struct posted_alert *p, size_t *n)
{
	const struct alert_shape *s = rd->shape;

	for (*n = 0; *n < s->n && json_pass_key(rd->r, fields[s->fields[*n]].key); (*n)++)
		if (!read_field(rd, s->fields[*n], p))
			return false;
	return true;
}

/* The member that stands at this place. */
static void
note_field(struct alert_shape *s, size_t place, enum alert_field f)
{
	if (place > s->n || place >= ALERT_FIELDS)
		return;
	s->n = place;
	if (f < ALERT_FIELDS)
		s->fields[s->n++] = (unsigned char)f;
}

/* Behind its brace. */
static bool
read_fields(struct alert_reader *rd, struct posted_alert *p)
{
	struct str key;
	enum json_token t;
	size_t n;

	if (!read_in_order(rd, p, &n))
		return false;
	for (; next_key(rd, &key, &t); n++) {
		enum alert_field f = field_of(key);

		note_field(rd->shape, n, f);
		if (!read_field(rd, f, p))
			return false;
	}
	return t == JSON_T_OBJECT_END || alert_read_wrong_type(rd, t, "", "models.PostableAlert");
}

void
posted_alert_fini(struct posted_alert *p)
{
	set_fini(&p->labels);
	set_fini(&p->annotations);
}

bool
alert_read(struct alert_reader *rd, enum json_token t, struct posted_alert *out)
{
	const char *begin = rd->r->p;
	bool ok;

	*out = (struct posted_alert){ .starts = WALL_ZERO, .ends = WALL_ZERO };
	rd->pairs_n = 0;
	if (t == JSON_T_OBJECT_BEGIN)
		ok = read_fields(rd, out);
	else
		/* COMPAT: a null alert crashes the original's handler; here it lacks its labels. */
		ok = t == JSON_T_NULL || alert_read_wrong_type(rd, t, "", "models.PostableAlert");
	out->bytes = (size_t)(rd->r->p - begin);
	if (!ok)
		posted_alert_fini(out);
	return ok;
}
