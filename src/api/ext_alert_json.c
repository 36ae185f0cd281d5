/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ext_alerts.h"
#include "ext_csv.h"
#include "ext_groups.h"
#include "severity.h"

/* The beginning of an acknowledgement's comment, for programs that know silences only. */
#define ACK_MARK "ACK! "

static struct str
ack_comment(const struct silence *s)
{
	struct str comment = istr_str(s->comment);

	return str_starts(comment, STR(ACK_MARK)) ? str_sub(comment, strlen(ACK_MARK), comment.n) : comment;
}

void
write_ack(struct json_writer *w, const struct silence *s)
{
	if (s == NULL) {
		json_put_null(w, "ack");
		return;
	}
	json_key(w, STR("ack"));
	json_object_begin(w);
	json_put_str(w, "id", str_from(s->id));
	json_put_str(w, "owner", istr_str(s->created_by));
	json_put_str(w, "comment", ack_comment(s));
	ext_put_time(w, "since", s->starts);
	ext_put_time(w, "until", s->ends);
	json_object_end(w);
}

/* The first line of what says it shortest. */
static struct str
summary_of(const struct alert *a)
{
	static const char *const names[] = { "summary", "description", "message" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct str text = labels_get(a->annotations, str_from(names[i]));

		if (text.n > 0)
			return str_sub(text, 0, str_chr(text, '\n'));
	}
	return STR("");
}

/* Silences but for the acknowledgement, which is told apart. */
static void
write_silenced_by(struct json_writer *w, const struct alert_status *s)
{
	json_key(w, STR("silenced_by"));
	json_array_begin(w);
	for (size_t i = 0; i < s->silenced_by_n; i++)
		if (s->silences[i] != s->acked_by)
			json_str(w, str_from(s->silenced_by[i]));
	json_array_end(w);
}

static void
write_inhibited_by(struct json_writer *w, const struct alert_status *s)
{
	char text[17];

	json_key(w, STR("inhibited_by"));
	json_array_begin(w);
	if (s->inhibited) {
		snprintf(text, sizeof(text), "%016" PRIx64, s->inhibited_by);
		json_str(w, str_from(text));
	}
	json_array_end(w);
}

/* The part that neither the slice nor the clock changes. */
static void
write_state(struct json_writer *w, const struct seen *s)
{
	json_put_str(w, "summary", summary_of(s->alert));
	ext_put_time(w, "starts", alert_starts(s->alert));
	json_put_str(w, "state", str_from(seen_state_text(s->state)));
	write_silenced_by(w, &s->status);
	write_inhibited_by(w, &s->status);
	write_ack(w, s->status.acked_by);
}

void
write_member_seen(struct json_writer *w, const struct seen *s, const struct shared *shared)
{
	const struct labels *l = s->alert->labels;

	ext_put_fingerprint(w, "fp", labels_fingerprint(l));
	json_key(w, STR("labels"));
	json_object_begin(w);
	for (uint32_t i = 0; i < labels_n(l); i++)
		if (!shared_has_label(shared, labels_name(l, i))) {
			json_key(w, istr_str(labels_name(l, i)));
			json_str(w, istr_str(labels_value(l, i)));
		}
	json_object_end(w);
	write_state(w, s);
}

/* The groups that hold it. */
struct holders {
	struct arena *arena;
	struct str *receivers;
	uint64_t *ids;
	size_t n, cap;
};

static void
note_group(void *arg, const struct group_item *g)
{
	struct holders *h = arg;

	if (h->n == h->cap) {
		size_t cap = h->cap == 0 ? 8 : 2 * h->cap;

		h->receivers = arena_grow(h->arena, h->receivers, h->n, cap, sizeof(h->receivers[0]));
		h->ids = arena_grow(h->arena, h->ids, h->n, cap, sizeof(h->ids[0]));
		h->cap = cap;
	}
	h->receivers[h->n] = g->route->receiver->name;
	h->ids[h->n++] = group_id(g);
}

static void
sort_receivers(struct holders *h)
{
	if (h->n > 1)
		qsort(h->receivers, h->n, sizeof(h->receivers[0]), str_qsort);
}

/* Each receiver once, in the order of names. */
static void
write_receivers(struct json_writer *w, struct holders *h)
{
	sort_receivers(h);
	json_key(w, STR("receivers"));
	json_array_begin(w);
	for (size_t i = 0; i < h->n; i++)
		if (i == 0 || !str_eq(h->receivers[i], h->receivers[i - 1]))
			json_str(w, h->receivers[i]);
	json_array_end(w);
}

static void
write_group_ids(struct json_writer *w, const struct holders *h)
{
	char text[17];

	json_key(w, STR("group_ids"));
	json_array_begin(w);
	for (size_t i = 0; i < h->n; i++) {
		snprintf(text, sizeof(text), "%016" PRIx64, h->ids[i]);
		json_str(w, str_from(text));
	}
	json_array_end(w);
}

void
write_seen(struct json_writer *w, const struct api *a, const struct seen *s, struct arena *scratch)
{
	struct holders h = { .arena = scratch };
	struct str word;
	unsigned severity = alert_severity(a, s->alert->labels, &word);

	view_entry_groups(s->entry, note_group, &h);
	ext_put_fingerprint(w, "fp", labels_fingerprint(s->alert->labels));
	ext_put_labels(w, "labels", s->alert->labels);
	json_put_str(w, "severity", severity_text(a, severity, word));
	write_state(w, s);
	write_strings(w, "muted_by", s->muted, s->muted_n);
	write_group_ids(w, &h);
	write_receivers(w, &h);
}

void
write_seen_csv(struct sbuf *line, const struct api *a, const struct seen *s, struct arena *scratch)
{
	struct holders h = { .arena = scratch };
	const struct alert_status *status = &s->status;
	const struct silence *ack = status->acked_by;
	struct str word, *ids;
	unsigned severity = alert_severity(a, s->alert->labels, &word);
	size_t n = 0;

	view_entry_groups(s->entry, note_group, &h);
	sort_receivers(&h);
	ids = ARENA_ARRAY(scratch, h.n + status->silenced_by_n, struct str);
	csv_fingerprint(line, labels_fingerprint(s->alert->labels));
	csv_cell(line, severity_text(a, severity, word));
	csv_cell(line, str_from(seen_state_text(s->state)));
	csv_time(line, alert_starts(s->alert));
	csv_cell(line, summary_of(s->alert));
	csv_labels(line, s->alert->labels);
	csv_words(line, h.receivers, h.n);
	for (size_t i = 0; i < h.n; i++)
		ids[i] = arena_str(scratch, str_from(fingerprint_text(h.ids[i]).s));
	csv_words(line, ids, h.n);
	for (size_t i = 0; i < status->silenced_by_n; i++)
		if (status->silences[i] != ack)
			ids[n++] = str_from(status->silenced_by[i]);
	csv_words(line, ids, n);
	if (status->inhibited)
		csv_fingerprint(line, status->inhibited_by);
	else
		csv_cell(line, STR(""));
	csv_words(line, s->muted, s->muted_n);
	csv_cell(line, ack != NULL ? istr_str(ack->created_by) : STR(""));
	csv_cell(line, ack != NULL ? ack_comment(ack) : STR(""));
	csv_end(line);
}
