/* SPDX-License-Identifier: Apache-2.0 */
/* JSON of the API's objects (Alertmanager api/v2/models), key by key in its order. */
#include "base/copy.h"
#include "base/rfc3339.h"
#include "base/same.h"
#include "handlers.h"

void
write_time(struct json_writer *w, const char *key, struct wall t)
{
	char text[RFC3339_MAX];
	size_t n = strfmt_time_format(t, text);

	json_put_str(w, key, (struct str){ text, n });
}

/* Nearly all strings are; what was found out is kept with them. */
static inline bool
is_plain(struct istr *i)
{
	if ((i->found & ISTR_JSON) != 0)
		return true;
	if (!json_is_plain(istr_str(i)))
		return false;
	i->found |= ISTR_JSON;
	return true;
}

/* They are those of many sets. */
static bool
names_are_plain(struct label_names *names)
{
	if ((names->found & ISTR_JSON) != 0)
		return true;
	for (uint32_t i = 0; i < names->n; i++)
		if (!is_plain(names->v[i]))
			return false;
	names->found |= ISTR_JSON;
	return true;
}

/* The bytes of the pairs as they are; 0: some of their strings are escaped. */
static size_t
plain_size(const struct labels *l)
{
	size_t n = 1 + l->names->bytes + labels_n(l) * strlen("\"\":\"\",");

	if (!names_are_plain(l->names))
		return 0;
	for (uint32_t i = 0; i < labels_n(l); i++) {
		if (!is_plain(labels_value(l, i)))
			return 0;
		n += labels_value(l, i)->n;
	}
	return n;
}

/* A text of ours. */
#define PUT(p, literal) ((char *)memcpy((p), "" literal, sizeof(literal) - 1) + sizeof(literal) - 1)

/* The object, room for all of it having been made. */
static void
put_pairs(struct json_writer *w, const struct labels *l)
{
	const struct label_names *names = l->names;
	struct sbuf *b = w->b;
	char *p = b->p + b->n;

	if (w->comma)
		*p++ = ',';
	*p++ = '{';
	for (uint32_t i = 0, n = names->n; i < n; i++) {
		const struct istr *name = names->v[i], *value = labels_value(l, i);

		p = i > 0 ? PUT(p, ",\"") : PUT(p, "\"");
		p = copy_short(p, name->bytes, name->n);
		p = PUT(p, "\":\"");
		p = copy_short(p, value->bytes, value->n);
		*p++ = '"';
	}
	*p++ = '}';
	*p = '\0';
	b->n = (size_t)(p - b->p);
	w->comma = true;
}

void
write_labels(struct json_writer *w, const struct labels *l)
{
	size_t n = plain_size(l);

	if (n > 0 && sbuf_reserve(w->b, n + strlen(",{}"))) {
		put_pairs(w, l);
		return;
	}
	json_object_begin(w);
	for (uint32_t i = 0; i < labels_n(l); i++)
		json_pair(w, istr_str(labels_name(l, i)), istr_str(labels_value(l, i)));
	json_object_end(w);
}

static void
write_list(struct json_writer *w, const struct str *v, size_t n)
{
	json_array_begin(w);
	for (size_t i = 0; i < n; i++)
		json_str(w, v[i]);
	json_array_end(w);
}

void
write_strings(struct json_writer *w, const char *key, const struct str *v, size_t n)
{
	json_key(w, str_from(key));
	write_list(w, v, n);
}

static char *
put_time(char *p, struct time_text *t, struct wall at)
{
	if (t->n == 0 || t->at.s != at.s || t->at.ns != at.ns || t->at.offset != at.offset) {
		t->n = strfmt_time_format_over(at, t->at, t->text, t->n);
		t->at = at;
	}
	return copy_short(p, t->text, t->n);
}

static void
write_suppressed(struct json_writer *w, const struct alert_status *s, const struct str *muted_by, size_t muted_by_n)
{
	json_object_begin(w);
	json_key(w, STR("inhibitedBy"));
	json_array_begin(w);
	if (s->inhibited)
		json_str(w, str_from(fingerprint_text(s->inhibited_by).s));
	json_array_end(w);
	json_key(w, STR("mutedBy"));
	write_list(w, muted_by, muted_by_n);
	json_key(w, STR("silencedBy"));
	json_array_begin(w);
	for (size_t i = 0; i < s->silenced_by_n; i++)
		json_str(w, str_from(s->silenced_by[i]));
	json_array_end(w);
	json_put_str(w, "state", STR("suppressed"));
	json_object_end(w);
}

static void
write_status(struct json_writer *w, const struct alert_status *s, const struct str *muted_by, size_t muted_by_n)
{
	if (s->silenced_by_n > 0 || s->inhibited || muted_by_n > 0)
		write_suppressed(w, s, muted_by, muted_by_n);
	else
		json_raw(w, STR("{\"inhibitedBy\":[],\"mutedBy\":[],\"silencedBy\":[],\"state\":\"active\"}"));
}

/* Two times and some keys. */
#define PART_MAX (2 * RFC3339_MAX + 100)

/* Makes room for a part of an alert, and so many bytes more; NULL: there is none. */
static char *
begin_part(struct json_writer *w, size_t more)
{
	return sbuf_reserve(w->b, PART_MAX + more) ? w->b->p + w->b->n : NULL;
}

/* Up to p; `comma`: before the value that comes next. */
static void
end_part(struct json_writer *w, char *p, bool comma)
{
	*p = '\0';
	w->b->n = (size_t)(p - w->b->p);
	w->comma = comma;
}

#define RECEIVER_OPENS "{\"name\":\""
#define RECEIVER_ENDS "\"}"
#define RECEIVER_AROUND strlen(RECEIVER_OPENS RECEIVER_ENDS)

static void
write_receiver(struct json_writer *w, struct alert_texts *texts, struct str name)
{
	char *text = texts->receiver.text;
	size_t n = name.n + RECEIVER_AROUND;

	if (texts->receiver.n != n || !same_bytes(text + strlen(RECEIVER_OPENS), name.p, name.n)) {
		if (n > sizeof(texts->receiver.text) || !json_is_plain(name)) {
			json_object_begin(w);
			json_put_str(w, "name", name);
			json_object_end(w);
			return;
		}
		(void)PUT(copy_short(PUT(text, RECEIVER_OPENS), name.p, name.n), RECEIVER_ENDS);
		texts->receiver.n = n;
	}
	json_raw(w, (struct str){ text, n });
}

/* The keys are those of Alertmanager, in its order. They stand here with what is around them: lists have alerts by the million. */
void
write_alert(struct json_writer *w, struct alert_texts *texts, const struct alert *a, const struct alert_status *status,
    const struct str *receivers, size_t receivers_n, const struct str *muted_by, size_t muted_by_n)
{
	struct istr *url = a->generator_url;
	char *p;

	if ((p = begin_part(w, 0)) == NULL)
		return;
	if (w->comma)
		*p++ = ',';
	end_part(w, PUT(p, "{\"annotations\":"), false);
	write_labels(w, a->annotations);
	if ((p = begin_part(w, 0)) == NULL)
		return;
	p = put_time(PUT(p, ",\"endsAt\":\""), &texts->ends, alert_ends(a));
	p = copy_short(PUT(p, "\",\"fingerprint\":\""), fingerprint_text(labels_fingerprint(a->labels)).s, 16);
	end_part(w, PUT(p, "\",\"receivers\":["), false);
	for (size_t i = 0; i < receivers_n; i++)
		write_receiver(w, texts, receivers[i]);
	if ((p = begin_part(w, 0)) == NULL)
		return;
	p = put_time(PUT(p, "],\"startsAt\":\""), &texts->starts, alert_starts(a));
	end_part(w, PUT(p, "\",\"status\":"), false);
	write_status(w, status, muted_by, muted_by_n);
	if ((p = begin_part(w, url->n)) == NULL)
		return;
	p = PUT(put_time(PUT(p, ",\"updatedAt\":\""), &texts->updated, alert_updated(a)), "\"");
	if (url->n > 0 && is_plain(url)) {
		p = PUT(copy_short(PUT(p, ",\"generatorURL\":\""), url->bytes, url->n), "\"");
	} else if (url->n > 0) {
		end_part(w, p, true);
		json_put_str(w, "generatorURL", istr_str(url));
		if ((p = begin_part(w, 0)) == NULL)
			return;
	}
	end_part(w, PUT(p, ",\"labels\":"), false);
	write_labels(w, a->labels);
	json_object_end(w);
}

void
write_matchers(struct json_writer *w, const struct matchers *ms)
{
	json_array_begin(w);
	for (size_t i = 0; i < ms->n; i++) {
		const struct matcher *m = &ms->m[i];

		json_object_begin(w);
		json_put_bool(w, "isEqual", m->op == MATCH_EQ || m->op == MATCH_RE);
		json_put_bool(w, "isRegex", m->op == MATCH_RE || m->op == MATCH_NRE);
		json_put_str(w, "name", istr_str(m->name));
		json_put_str(w, "value", istr_str(m->value));
		json_object_end(w);
	}
	json_array_end(w);
}

bool
write_silence(struct json_writer *w, const struct silence *s, struct wall now)
{
	if (s->sets_n != 1)
		return false;
	json_object_begin(w);
	json_put_str(w, "id", str_from(s->id));
	json_key(w, STR("status"));
	json_object_begin(w);
	json_put_str(w, "state", str_from(silence_state_text(silence_state_at(s, now))));
	json_object_end(w);
	write_time(w, "updatedAt", wall_utc(s->updated));
	if (labels_n(s->annotations) > 0) {
		json_key(w, STR("annotations"));
		write_labels(w, s->annotations);
	}
	json_put_str(w, "comment", istr_str(s->comment));
	json_put_str(w, "createdBy", istr_str(s->created_by));
	write_time(w, "endsAt", wall_utc(s->ends));
	json_key(w, STR("matchers"));
	write_matchers(w, &s->sets[0]);
	write_time(w, "startsAt", wall_utc(s->starts));
	if (s->source != NULL)
		json_put_str(w, "source", istr_str(s->source));
	json_object_end(w);
	return true;
}
