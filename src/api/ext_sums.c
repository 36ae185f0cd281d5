/* SPDX-License-Identifier: Apache-2.0 */
#include "ext_sums.h"

#include "ext_csv.h"
#include "severity.h"

const char *const groups_sorts[] = { "severity", "newest", "oldest", "count", "name", NULL };

void
sums_reset(struct sums *s)
{
	istr_unref(s->word);
	*s = (struct sums){ .severity = UINT32_MAX, .oldest = WALL_ZERO, .newest = WALL_ZERO };
}

void
sums_add(struct sums *s, const struct api *api, const struct seen *seen)
{
	const struct alert *a = seen->alert;
	struct str word;
	unsigned severity = alert_severity(api, a->labels, &word);

	s->all++;
	s->counts[seen->state]++;
	if (severity < s->severity) {
		s->severity = severity;
		istr_unref(s->word);
		word = severity_text(api, severity, word);
		s->word = word.n > 0 ? istr_get(word) : NULL;
	}
	if (wall_is_zero(s->oldest) || wall_before(alert_starts(a), s->oldest))
		s->oldest = alert_starts(a);
	if (wall_is_zero(s->newest) || wall_after(alert_starts(a), s->newest))
		s->newest = alert_starts(a);
}

void
write_counts(struct json_writer *w, const size_t counts[SEEN_STATES])
{
	json_key(w, STR("counts"));
	json_object_begin(w);
	for (size_t i = 0; i < SEEN_STATES; i++)
		json_put_uint(w, seen_state_text((enum seen_state)i), counts[i]);
	json_object_end(w);
}

void
write_sums(struct json_writer *w, const struct sums *s)
{
	json_put_str(w, "severity", istr_str(s->word));
	write_counts(w, s->counts);
	ext_put_time(w, "oldest", s->oldest);
	ext_put_time(w, "newest", s->newest);
}

void
write_sums_csv(struct sbuf *line, const struct sums *s)
{
	csv_cell(line, istr_str(s->word));
	for (size_t i = 0; i < SEEN_STATES; i++)
		csv_number(line, s->counts[i]);
	csv_time(line, s->oldest);
	csv_time(line, s->newest);
}

void
sums_key(enum groups_sort sort, const struct sums *s, const struct labels *group, struct page_key *key)
{
	key->text = labels_get(group, STR("alertname"));
	switch (sort) {
	case GROUPS_BY_SEVERITY:
		key->n = (int64_t)s->severity;
		break;
	case GROUPS_BY_NEWEST:
		key->n = -page_time(s->newest);
		break;
	case GROUPS_BY_OLDEST:
		key->n = page_time(s->oldest);
		break;
	case GROUPS_BY_COUNT:
		key->n = -(int64_t)s->all;
		break;
	case GROUPS_BY_NAME:
		break;
	}
}
