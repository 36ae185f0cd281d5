/* SPDX-License-Identifier: Apache-2.0 */
#include "show.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/hex.h"
#include "base/rfc3339.h"
#include "core/delivery.h"
#include "core/notification.h"
#include "text/csv.h"

#define GROUP_ID_TEXT 16

static const char *
reason_word(uint64_t reason)
{
	static const char *const words[] = {
		[REASON_FIRST] = "first",
		[REASON_NEW_ALERTS] = "new_alerts",
		[REASON_SOME_RESOLVED] = "some_resolved",
		[REASON_ALL_RESOLVED] = "all_resolved",
		[REASON_REPEAT] = "repeat",
	};

	return reason < ARRAY_LEN(words) && words[reason] != NULL ? words[reason] : "unknown";
}

static size_t
time_text(int64_t ms, char out[RFC3339_MAX])
{
	int64_t s = ms / 1000, rest = ms % 1000;

	if (rest < 0) {
		rest += 1000;
		s--;
	}
	return strfmt_time_format((struct wall){ s, (int32_t)rest * 1000000, 0 }, out);
}

void
show_time(struct json_writer *w, const char *key, int64_t ms)
{
	char text[RFC3339_MAX];

	json_put_str(w, key, (struct str){ text, time_text(ms, text) });
}

static struct str
group_key(const struct row *row)
{
	struct str key;

	return row_group(row->group, NULL, &key) ? key : STR("");
}

static struct str
group_id(const struct row *row, char out[GROUP_ID_TEXT + 1])
{
	uint64_t id;

	if (!row_group(row->group, &id, NULL))
		return STR("");
	snprintf(out, GROUP_ID_TEXT + 1, "%016" PRIx64, id);
	return (struct str){ out, GROUP_ID_TEXT };
}

static void
put_group(const struct row *row, struct json_writer *w)
{
	char id[GROUP_ID_TEXT + 1];

	json_put_str(w, "group", group_id(row, id));
	json_put_str(w, "group_key", group_key(row));
	json_put_str(w, "receiver", row->receiver);
}

static struct str
fingerprint(const struct known_labels *l, char out[17])
{
	if (!l->exists)
		return STR("");
	snprintf(out, 17, "%016" PRIx64, l->fingerprint);
	return (struct str){ out, 16 };
}

static void
put_labels(struct reader *r, uint64_t set, bool labels, struct json_writer *w)
{
	const struct known_labels *l = labels ? reader_labels(r, set) : reader_set(r, set);
	char text[17];

	json_put_str(w, "fingerprint", fingerprint(l, text));
	if (labels)
		json_put_raw(w, "labels", l->json.n > 0 ? l->json : STR("{}"));
}

/* The words of a list. */
static void
put_words(struct json_writer *w, const char *key, struct str words)
{
	json_key(w, str_from(key));
	json_array_begin(w);
	while (words.n > 0)
		json_str(w, str_split(&words, ' '));
	json_array_end(w);
}

static void
put_alert(struct reader *r, const struct row *row, bool labels, struct json_writer *w)
{
	put_labels(r, row->set, labels, w);
	if (row->starts != 0)
		show_time(w, "starts", (int64_t)row->starts);
	if (row->kind == KIND_SILENCED || row->kind == KIND_ACKED)
		put_words(w, "silences", row->ref);
	if (row->source == 0)
		return;
	json_key(w, STR("source"));
	json_object_begin(w);
	put_labels(r, row->source, labels, w);
	json_object_end(w);
	if (row->ref.n > 0)
		json_put_str(w, "rule", row->ref);
}

static void
put_told(struct reader *r, const struct row *row, struct json_writer *w)
{
	char text[17];

	json_key(w, STR("recipients"));
	json_array_begin(w);
	for (size_t i = 0; i < row->to_n; i++) {
		json_object_begin(w);
		json_put_str(w, "to", row->to[i].to);
		json_put_bool(w, "ok", row->to[i].state == RECIPIENT_DONE);
		json_put_str(w, "state", str_from(recipient_state_text((enum recipient_state)row->to[i].state)));
		json_object_end(w);
	}
	json_array_end(w);
	json_key(w, STR("fingerprints"));
	json_array_begin(w);
	for (size_t i = 0; i < row->sets_n && i < SHOW_FINGERPRINTS; i++)
		json_str(w, fingerprint(reader_set(r, row->sets[i]), text));
	json_array_end(w);
}

static void
put_text_or_null(struct json_writer *w, const char *key, struct str text)
{
	if (text.n > 0)
		json_put_str(w, key, text);
	else
		json_put_null(w, key);
}

static void
put_notification(struct reader *r, const struct row *row, struct json_writer *w)
{
	put_group(row, w);
	json_put_str(w, "integration", row->integration);
	json_put_str(w, "reason", str_from(reason_word(row->reason)));
	json_put_uint(w, "firing", row->firing);
	json_put_uint(w, "resolved", row->resolved);
	json_put_uint(w, "attempts", row->attempts);
	json_put_str(w, "outcome", str_from(outcome_word((unsigned)row->outcome)));
	put_text_or_null(w, "error", row->text);
	if (row->failure > 0 && row->failure <= FAILURE_N)
		json_put_str(w, "failure", str_from(failure_text((enum failure)(row->failure - 1))));
	json_put_uint(w, "ms", row->ms);
	put_told(r, row, w);
}

static void
put_silence(const struct row *row, struct json_writer *w)
{
	json_put_str(w, "silence_id", row->ref);
	put_text_or_null(w, "by", row->actor);
	if (row->by_peer != 0)
		json_put_bool(w, "by_peer", true);
	json_put_str(w, "comment", row->text);
	json_put_str(w, "matchers", row->matchers);
	show_time(w, "starts", (int64_t)row->starts);
	show_time(w, "ends", (int64_t)row->ends);
}

static void
put_process(const struct row *row, struct json_writer *w)
{
	if (row->actor.n > 0)
		json_put_str(w, "by", row->actor);
	if (row->kind == KIND_GAP)
		json_put_uint(w, "missing", row->firing);
	else if (row->kind == KIND_REFUSED)
		json_put_str(w, "error", row->text);
	else if (row->text.n > 0)
		json_put_str(w, "version", row->text);
}

/* A state of a newer version has no word here. */
static struct str
delivery_word(unsigned state)
{
	return state < DELIVERY_STATES ? str_from(delivery_state_text((enum delivery_state)state)) : STR("unknown");
}

static void
put_delivery(const struct row *row, struct json_writer *w)
{
	put_group(row, w);
	json_put_str(w, "integration", row->integration);
	json_put_str(w, "recipient", row->to_n > 0 ? row->to[0].to : STR(""));
	json_put_str(w, "state", delivery_word(row->to_n > 0 ? row->to[0].state : DELIVERY_UNKNOWN));
	json_put_str(w, "gateway", row->actor);
	json_put_str(w, "provider_id", row->ref);
	put_text_or_null(w, "error", row->text);
}

void
show_json(struct reader *r, const struct row *row, bool labels, struct json_writer *w)
{
	char id[24];

	snprintf(id, sizeof(id), "%" PRIu64, row->id);
	json_object_begin(w);
	json_put_str(w, "id", str_from(id));
	show_time(w, "at", row->at);
	json_put_str(w, "kind", str_from(kind_word(row->kind)));
	switch (kind_shape(row->kind)) {
	case SHAPE_ALERT:
		put_alert(r, row, labels, w);
		break;
	case SHAPE_GROUP:
		put_group(row, w);
		json_put_uint(w, "alerts", row->firing);
		put_words(w, "intervals", row->ref);
		break;
	case SHAPE_NOTIFICATION:
		put_notification(r, row, w);
		break;
	case SHAPE_SILENCE:
		put_silence(row, w);
		break;
	case SHAPE_PROCESS:
		put_process(row, w);
		break;
	case SHAPE_DELIVERY:
		put_delivery(row, w);
		break;
	}
	json_object_end(w);
}

static void
put_count(struct sbuf *out, uint64_t n, bool meant)
{
	if (meant)
		csv_number(out, n);
	else
		csv_cell(out, STR(""));
}

void
show_csv_head(struct sbuf *out)
{
	sbuf_puts(out,
	    "id,at,kind,fingerprint,labels,receiver,integration,group,group_key,reason,outcome,firing,resolved,"
	    "attempts,ms,by,reference,matchers,text,recipients\r\n");
}

/* Behind a recipient that a notification did not reach, or that a delivery is for. */
static const char *
state_mark(const struct row *row, unsigned state)
{
	if (kind_shape(row->kind) == SHAPE_DELIVERY)
		return state == DELIVERY_DELIVERED ? " (delivered)" : " (failed)";
	return state == RECIPIENT_DONE ? "" : state == RECIPIENT_SUPPRESSED ? " (suppressed)" : " (not)";
}

static void
put_recipients(struct sbuf *out, const struct row *row)
{
	struct sbuf all = SBUF_INIT(SBUF_UNLIMITED);

	for (size_t i = 0; i < row->to_n; i++)
		sbuf_printf(&all, "%s%.*s%s", i > 0 ? " " : "", STR_ARG(row->to[i].to), state_mark(row, row->to[i].state));
	csv_cell(out, sbuf_get(&all));
	sbuf_fini(&all);
}

void
show_csv(struct reader *r, const struct row *row, struct sbuf *line)
{
	bool told = kind_shape(row->kind) == SHAPE_NOTIFICATION;
	const struct known_labels none = { 0 }, *l = row->set != 0 ? reader_labels(r, row->set) : &none;
	char text[RFC3339_MAX], id[GROUP_ID_TEXT + 1];
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED), *out = &b;

	put_count(out, row->id, true);
	csv_cell(out, (struct str){ text, time_text(row->at, text) });
	csv_cell(out, str_from(kind_word(row->kind)));
	csv_cell(out, fingerprint(l, text));
	csv_cell(out, l->json);
	csv_cell(out, row->receiver);
	csv_cell(out, row->integration);
	csv_cell(out, group_id(row, id));
	csv_cell(out, group_key(row));
	csv_cell(out, told ? str_from(reason_word(row->reason)) : STR(""));
	csv_cell(out, row->outcome != 0 ? str_from(outcome_word((unsigned)row->outcome)) : STR(""));
	put_count(out, row->firing, told || row->firing > 0);
	put_count(out, row->resolved, told);
	put_count(out, row->attempts, told);
	put_count(out, row->ms, told);
	csv_cell(out, row->actor);
	csv_cell(out, row->ref);
	csv_cell(out, row->matchers);
	csv_cell(out, row->text);
	put_recipients(out, row);
	csv_end(out);
	sbuf_str(line, sbuf_get(out));
	sbuf_fini(out);
}
