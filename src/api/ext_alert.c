/* SPDX-License-Identifier: Apache-2.0 */
/* GET /api/ext/v1/alerts/FINGERPRINT: all that is known of one alert. */
#include "base/mem.h"
#include "ext_alerts.h"
#include "ext_groups.h"

struct writing {
	struct json_writer *w;
	const struct engine *e;
	struct moment now;
};

static void
write_group(void *arg, const struct group_item *g)
{
	struct writing *to = arg;
	struct group_facts facts;

	view_group_facts(to->e, g->group, to->now, &facts);
	json_object_begin(to->w);
	ext_put_fingerprint(to->w, "id", group_id(g));
	json_put_str(to->w, "receiver", g->route->receiver->name);
	ext_put_time(to->w, "next_flush", facts.next_flush);
	ext_put_time(to->w, "next_repeat", facts.next_repeat);
	json_object_end(to->w);
}

static void
write_silences(struct json_writer *w, const struct alert_status *s)
{
	json_key(w, STR("silences"));
	json_array_begin(w);
	for (size_t i = 0; i < s->silenced_by_n; i++) {
		const struct silence *silence = s->silences[i];

		if (silence == s->acked_by)
			continue;
		json_object_begin(w);
		json_put_str(w, "id", str_from(silence->id));
		json_put_str(w, "by", istr_str(silence->created_by));
		json_put_str(w, "comment", istr_str(silence->comment));
		ext_put_time(w, "ends", silence->ends);
		json_object_end(w);
	}
	json_array_end(w);
}

static void
write_inhibition(struct json_writer *w, const struct engine *e, const struct alert_status *s)
{
	const struct alert *source = s->inhibited ? view_alert(e, s->inhibited_by) : NULL;

	json_key(w, STR("inhibited_by"));
	json_array_begin(w);
	if (source != NULL) {
		json_object_begin(w);
		ext_put_fingerprint(w, "fp", source->labels->fingerprint);
		ext_put_labels(w, "labels", source->labels);
		json_object_end(w);
	}
	json_array_end(w);
}

/* The names of the receivers that its groups tell, as API v2 shows them. */
struct receiver_names {
	struct str *v;
	size_t n;
};

static void
note_receiver(void *arg, const struct group_item *g)
{
	struct receiver_names *names = arg;

	names->v[names->n++] = g->route->receiver->name;
}

static void
count_group(void *arg, const struct group_item *g)
{
	(void)g;
	++*(size_t *)arg;
}

struct alert_detail {
	struct packed body;
	struct api *api;
	struct arena *scratch;
	struct look look;
	struct labels *labels;	/* owned reference */
};

static void
write_detail(struct json_writer *w, struct engine *e, const struct seen *s, struct moment now, struct arena *scratch)
{
	struct writing to = { w, e, now };
	struct receiver_names receivers = { 0 };
	struct str word;
	unsigned severity = alert_severity(s->alert->labels, &word);
	size_t groups = 0;

	view_entry_groups(s->entry, count_group, &groups);
	receivers.v = ARENA_ARRAY(scratch, groups, struct str);
	view_entry_groups(s->entry, note_receiver, &receivers);
	json_object_begin(w);
	json_key(w, STR("alert"));
	write_alert(w, s->alert, &s->status, receivers.v, receivers.n, s->muted, s->muted_n);
	if (alert_resolved_at(s->alert, now.wall))
		ext_put_time(w, "resolved_at", s->alert->ends);
	else
		json_put_null(w, "resolved_at");
	json_put_str(w, "severity", severity_text(severity, word));
	json_put_str(w, "state", str_from(seen_state_text(s->state)));
	json_key(w, STR("groups"));
	json_array_begin(w);
	view_entry_groups(s->entry, write_group, &to);
	json_array_end(w);
	write_silences(w, &s->status);
	write_inhibition(w, e, &s->status);
	write_ack(w, s->status.acked_by);
	json_object_end(w);
}

static enum http_more
make(struct packed *body, struct work *w, struct moment now, struct err *e)
{
	struct alert_detail *d = CONTAINER_OF(body, struct alert_detail, body);
	struct engine *engine = d->api->env.engine;
	const struct alert_entry *entry;
	struct json_writer out;
	struct seen seen;

	engine_see(engine, now);
	entry = view_entry(engine, d->labels);
	if (entry == NULL) {
		err_set(e, ERR_NOT_FOUND, "the alert has gone");
		return HTTP_FAILED;
	}
	if (!look_only(&d->look, engine, entry, view_alert_of(engine, d->labels), now, w, d->scratch, &seen))
		return HTTP_LATER;
	json_writer_init(&out, &body->plain, JSON_HTML_ESCAPED);
	write_detail(&out, engine, &seen, now, d->scratch);
	sbuf_putc(&body->plain, '\n');
	return HTTP_END;
}

static void
fini(struct packed *body)
{
	struct alert_detail *d = CONTAINER_OF(body, struct alert_detail, body);

	look_fini(&d->look);
	labels_unref(d->labels);
	arena_free(&d->scratch);
}

void
api_ext_alert(struct call *c)
{
	struct alert_detail *d;
	const struct alert *a;
	uint64_t fingerprint;

	if (!fingerprint_parse(c->params[0], &fingerprint))
		return;
	a = view_alert(c->api->env.engine, fingerprint);
	if (a == NULL) {
		ext_error(c, 404, "not_found", STR("there is no such alert now"));
		return;
	}
	d = NEW(struct alert_detail);
	if (!look_init(&d->look, c)) {
		mem_free(d);
		return;
	}
	d->api = c->api;
	d->scratch = arena_new();
	d->labels = labels_ref(a->labels);
	d->body.make = make;
	d->body.fini = fini;
	ext_reply_later(c);
	packed_reply(c, &d->body);
}
