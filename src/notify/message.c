/* SPDX-License-Identifier: Apache-2.0 */
/*
 * message.c - the message of webhooks, written from the notification itself.
 *
 * It has the members of the template data (notify/data.h), in their order. The tree of values that templates go
 * through costs more than the text, and most webhooks have no template: so it is not made for them.
 */
#include "message.h"

#include <string.h>

#include "text/json_write.h"

#define FIRST_ROOM 2000

/* A set of labels whose text stands in the message already. */
struct written {
	const struct labels *l;		/* NULL: none does */
	size_t at, n;
};

/*
 * The labels that a group has in common, and is grouped by, are often just those of its first alert; and equal sets are one
 * (model/labels.h). So the text of that alert's two sets is copied where they come again.
 */
struct message {
	struct json_writer w;
	struct written labels, annotations;
};

static void
put_text(struct json_writer *w, const char *key, struct str s)
{
	json_pair_repaired(w, str_from(key), s);
}

/* Those of l for which keep (NULL: all) is set; l may be NULL. */
static void
put_labels(struct json_writer *w, const char *key, const struct labels *l, const bool *keep)
{
	json_key(w, str_from(key));
	json_object_begin(w);
	for (uint32_t i = 0; l != NULL && i < labels_n(l); i++) {
		if (keep != NULL && !keep[i])
			continue;
		json_pair_repaired(w, istr_str(labels_name(l, i)), istr_str(labels_value(l, i)));
	}
	json_object_end(w);
}

static void
put_set(struct json_writer *w, const char *key, const struct labels *l, const struct written *before)
{
	if (l == NULL || l != before->l) {
		put_labels(w, key, l, NULL);
		return;
	}
	json_key(w, str_from(key));
	/* The buffer is not moved while it is copied within. */
	if (sbuf_reserve(w->b, before->n))
		json_raw(w, (struct str){ w->b->p + before->at, before->n });
}

/* One of an alert, which is remembered if it is the first. */
static void
put_own_set(struct json_writer *w, const char *key, const struct labels *l, struct written *first)
{
	size_t before = w->b->n, head = strlen(",\"\":") + strlen(key);

	put_labels(w, key, l, NULL);
	if (first->l == NULL && !w->b->overflow)
		*first = (struct written){ l, before + head, w->b->n - before - head };
}

static void
put_alert(struct message *m, const struct noted_alert *noted)
{
	const struct alert *alert = noted->alert;
	struct json_writer *w = &m->w;

	json_object_begin(w);
	json_put_str(w, "status", noted->resolved ? STR("resolved") : STR("firing"));
	put_own_set(w, "labels", alert->labels, &m->labels);
	put_own_set(w, "annotations", alert->annotations, &m->annotations);
	json_put_wall(w, "startsAt", alert_starts(alert));
	json_put_wall(w, "endsAt", noted->resolved ? alert_ends(alert) : WALL_ZERO);
	put_text(w, "generatorURL", istr_str(alert->generator_url));
	json_put_str(w, "fingerprint", str_from(fingerprint_text(labels_fingerprint(alert->labels)).s));
	json_object_end(w);
}

static void
put_common(struct message *m, const char *key, struct attempt *a, size_t n, bool annotations)
{
	const struct labels *l = n == 0 ? NULL : annotations ? a->n->alerts[0].alert->annotations : a->n->alerts[0].alert->labels;

	if (n > 1)
		put_labels(&m->w, key, l, notify_common(a->n->alerts, n, annotations, a->arena));
	else
		put_set(&m->w, key, l, annotations ? &m->annotations : &m->labels);
}

static void
put_members(struct message *m, struct attempt *a, bool first_only)
{
	const struct notification *n = a->n;
	size_t count = render_alerts_n(a), shown = first_only && count > 1 ? 1 : count;
	struct json_writer *w = &m->w;

	put_text(w, "receiver", notify_receiver_name(n, a->arena));
	json_put_str(w, "status", render_firing(a) ? STR("firing") : STR("resolved"));
	json_key(w, STR("alerts"));
	json_array_begin(w);
	for (size_t i = 0; i < shown && !w->b->overflow; i++)
		put_alert(m, &n->alerts[i]);
	json_array_end(w);
	json_put_str(w, "notification_reason", str_from(reason_text(n->reason)));
	put_set(w, "groupLabels", n->group_labels, &m->labels);
	put_common(m, "commonLabels", a, count, false);
	put_common(m, "commonAnnotations", a, count, true);
	put_labels(w, "routeLabels", n->route_labels, NULL);
	put_text(w, "externalURL", a->env->external_url);
}

static bool
write_message(struct attempt *a, const char *version, bool first_only, struct str *out, struct err *e)
{
	struct kept_key key = render_kept_key(a, first_only ? KEPT_SHORT_MESSAGE : KEPT_MESSAGE, str_from(version));
	struct sbuf b = SBUF_INIT(RENDER_MAX);
	size_t dropped = a->max_alerts > 0 && a->n->alerts_n > a->max_alerts ? a->n->alerts_n - a->max_alerts : 0;
	struct message m = { 0 };
	struct json_writer *w = &m.w;

	if (render_kept(a, &key, out))
		return true;
	/* Enough for a group of one, so that it is not moved on the way. */
	(void)sbuf_reserve(&b, FIRST_ROOM);
	json_writer_init(w, &b, JSON_HTML_ESCAPED);
	json_object_begin(w);
	put_members(&m, a, first_only);
	json_put_str(w, "version", str_from(version));
	json_put_str(w, "groupKey", a->n->group_key);
	json_put_uint(w, "truncatedAlerts", dropped);
	json_object_end(w);
	sbuf_putc(&b, '\n');
	return render_take_as(a, &key, &b, out, e);
}

bool
message_json(struct attempt *a, const char *version, struct str *out, struct err *e)
{
	return write_message(a, version, false, out, e);
}

bool
message_json_short(struct attempt *a, const char *version, struct str *out, struct err *e)
{
	return write_message(a, version, true, out, e);
}
