/* SPDX-License-Identifier: Apache-2.0 */
/* JSON of the API's objects (Alertmanager api/v2/models), key by key in its order. */
#include "base/rfc3339.h"
#include "handlers.h"

void
write_time(struct json_writer *w, const char *key, struct wall t)
{
	char text[RFC3339_MAX];
	size_t n = strfmt_time_format(t, text);

	json_put_str(w, key, (struct str){ text, n });
}

void
write_labels(struct json_writer *w, const struct labels *l)
{
	json_object_begin(w);
	for (uint32_t i = 0; i < l->n; i++) {
		json_key(w, istr_str(l->l[i].name));
		json_str(w, istr_str(l->l[i].value));
	}
	json_object_end(w);
}

void
write_strings(struct json_writer *w, const char *key, const struct str *v, size_t n)
{
	json_key(w, str_from(key));
	json_array_begin(w);
	for (size_t i = 0; i < n; i++)
		json_str(w, v[i]);
	json_array_end(w);
}

static void
write_status(struct json_writer *w, const struct alert_status *s, const struct str *muted_by, size_t muted_by_n)
{
	bool suppressed = s->silenced_by_n > 0 || s->inhibited || muted_by_n > 0;

	json_key(w, STR("status"));
	json_object_begin(w);
	json_key(w, STR("inhibitedBy"));
	json_array_begin(w);
	if (s->inhibited)
		json_str(w, str_from(fingerprint_text(s->inhibited_by).s));
	json_array_end(w);
	write_strings(w, "mutedBy", muted_by, muted_by_n);
	json_key(w, STR("silencedBy"));
	json_array_begin(w);
	for (size_t i = 0; i < s->silenced_by_n; i++)
		json_str(w, str_from(s->silenced_by[i]));
	json_array_end(w);
	json_put_str(w, "state", suppressed ? STR("suppressed") : STR("active"));
	json_object_end(w);
}

void
write_alert(struct json_writer *w, const struct alert *a, const struct alert_status *status,
    const struct str *receivers, size_t receivers_n, const struct str *muted_by, size_t muted_by_n)
{
	json_object_begin(w);
	json_key(w, STR("annotations"));
	write_labels(w, a->annotations);
	write_time(w, "endsAt", a->ends);
	json_put_str(w, "fingerprint", str_from(fingerprint_text(a->labels->fingerprint).s));
	json_key(w, STR("receivers"));
	json_array_begin(w);
	for (size_t i = 0; i < receivers_n; i++) {
		json_object_begin(w);
		json_put_str(w, "name", receivers[i]);
		json_object_end(w);
	}
	json_array_end(w);
	write_time(w, "startsAt", a->starts);
	write_status(w, status, muted_by, muted_by_n);
	write_time(w, "updatedAt", a->updated);
	if (a->generator_url->n > 0)
		json_put_str(w, "generatorURL", istr_str(a->generator_url));
	json_key(w, STR("labels"));
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
	if (s->annotations->n > 0) {
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
