/* SPDX-License-Identifier: Apache-2.0 */
#include "lib_history.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "text/json_tree.h"

static struct moment
clock_now(struct clock *c)
{
	return ((struct rig *)c)->now;
}

static void
keep_line(void *arg, const char *line, size_t n)
{
	sbuf_put(&((struct rig *)arg)->logged, line, n);
}

static const struct integration_kind hook = { .name = "hook" };

void
rig_init(struct rig *r)
{
	*r = (struct rig){ .clock = { clock_now }, .now = { { SPAN_HOUR }, { 1767225600, 0, 0 } },
		.logged = SBUF_INIT(1 << 20), .answer = SBUF_INIT(1 << 26) };
	r->base = event_base_new();
	r->log = (struct log){ .clock = &r->clock, .write = keep_line, .arg = r };
	snprintf(r->dir, sizeof(r->dir), "/tmp/tocsin-history-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(r->dir));
	r->integration = (struct integration){ .kind = &hook };
	r->receiver = (struct receiver){ .name = STR("ops"), .integrations = &r->integration, .n = 1 };
	r->route = (struct route){ .receiver = &r->receiver };
	r->o = (struct history_options){ .base = r->base, .clock = &r->clock, .log = &r->log, .port = &r->port,
		.path = r->dir, .retention = 30 * 24 * SPAN_HOUR, .max_bytes = UINT64_C(1) << 30 };
}

void
rig_start(struct rig *r)
{
	struct err e = { 0 };

	r->h = history_new(&r->o, &e);
	ck_assert_msg(r->h != NULL, "%s", e.text);
	while (r->h->under_way)
		event_base_loop(r->base, EVLOOP_ONCE);
}

void
rig_stop(struct rig *r)
{
	history_free(&r->h);
}

void
rig_crash(struct rig *r)
{
	/* The file stays as it is: the last connection that closes would write the log into it, which changes nothing. */
	batch_free(r->h->filling);
	r->h->filling = NULL;
	history_free(&r->h);
}

void
rig_fini(struct rig *r)
{
	char command[128];

	history_free(&r->h);
	event_base_free(r->base);
	libevent_global_shutdown();
	sbuf_fini(&r->logged);
	sbuf_fini(&r->answer);
	snprintf(command, sizeof(command), "rm -rf %s", r->dir);
	ck_assert_int_eq(system(command), 0);
}

void
rig_settle(struct rig *r, unsigned failures)
{
	uint64_t had = r->h->failures;

	while ((r->h->records > 0 || r->h->under_way) && (failures == 0 || r->h->failures < had + failures)) {
		/* As if its time had come. */
		if (!r->h->under_way) {
			timer_stop(&r->h->soon);
			timer_in(&r->h->soon, 0);
		}
		event_base_loop(r->base, EVLOOP_ONCE);
	}
}

struct labels *
rig_labels(const char *text)
{
	struct label_pair pairs[16];
	struct str rest = str_from(text);
	size_t n = 0;

	while (rest.n > 0) {
		struct str value = str_split(&rest, ',');

		pairs[n].name = str_split(&value, '=');
		pairs[n++].value = value;
	}
	return labels_new(pairs, n);
}

static void
tell(struct rig *r, const struct event *ev)
{
	for (size_t i = 0; i < r->port.listeners_n; i++)
		r->port.listeners[i]->hear(r->port.listeners[i]->arg, ev);
}

static struct alert *
alert_of(const char *labels)
{
	struct alert *a = NEW(struct alert);

	a->labels = rig_labels(labels);
	return a;
}

static void
alert_drop(struct alert *a)
{
	labels_unref(a->labels);
	mem_free(a);
}

void
rig_condition(struct rig *r, const char *labels, enum alert_condition c, bool on)
{
	struct alert *a = alert_of(labels);
	struct event ev = { EVENT_ALERT_CONDITION, r->now, .alert_condition = { a, c, on, NULL } };

	alert_set_starts(a, r->now.wall);
	tell(r, &ev);
	alert_drop(a);
}

void
rig_inhibited(struct rig *r, const char *labels, const char *source, const struct inhibit_rule *rule)
{
	struct alert *a = alert_of(labels), *by = alert_of(source);
	struct verdict v = { .stage = STAGE_INHIBITION, .cause = MUTE_INHIBITION, .by.inhibition = { by, rule } };
	struct event ev = { EVENT_ALERT_CONDITION, r->now, .alert_condition = { a, ALERT_INHIBITED, true, &v } };

	tell(r, &ev);
	alert_drop(a);
	alert_drop(by);
}

void
rig_notified(struct rig *r, const char *group, const char *const *alerts, size_t n, const char *error)
{
	struct noted_alert *noted = mem_calloc(n, sizeof(noted[0]));
	struct recipient to = { .to = STR("jo"), .state = error == NULL ? RECIPIENT_DONE : RECIPIENT_FAILED };
	struct recipients recipients = { .v = &to, .n = 1, .known = true };
	struct event_leg leg = {
		.group = { .key = str_from(group), .receiver = r->receiver.name, .route = &r->route },
		.integration = &r->integration,
		.reason = REASON_FIRST,
		.attempts = 2,
		.alerts = noted,
		.alerts_n = n,
		.recipients = &recipients,
	};
	struct event ev = { EVENT_NOTIFIED, r->now, .notified = { .leg = leg, .attempt = { 1, 5 * SPAN_MS } } };

	for (size_t i = 0; i < n; i++)
		noted[i] = (struct noted_alert){ alert_of(alerts[i]), i > 0 };
	if (error != NULL)
		ev = (struct event){ EVENT_NOTIFY_FAILED, r->now, .notify_failed = { .leg = leg,
			.attempt = { 1, 5 * SPAN_MS }, .error = str_from(error), .failure = FAILURE_AUTH } };
	tell(r, &ev);
	for (size_t i = 0; i < n; i++)
		alert_drop(noted[i].alert);
	mem_free(noted);
}

void
rig_delivery(struct rig *r, enum delivery_state state, const char *error, bool reported)
{
	struct delivery d = {
		.id = 7, .notification = 3, .group_key = STR("{}:{alertname=\"A\"}"), .receiver = r->receiver.name,
		.integration = STR("sms"), .index = 1, .recipient = STR("+1"), .gateway = STR("g"), .provider_id = STR("id-1"),
		.error = str_from(error), .state = state,
	};

	tell(r, &(struct event){ EVENT_DELIVERY, r->now, .delivery = { &d, DELIVERY_ACCEPTED, reported } });
}

static void
tell_silence(struct rig *r, enum event_kind kind, const char *id, const char *by, enum silence_by through)
{
	struct silence *s = silence_new();
	struct event ev = { kind, r->now, .silence_created = { s, through } };

	snprintf(s->id, sizeof(s->id), "%s", id);
	istr_unref(s->created_by);
	s->created_by = istr_get(str_from(by));
	s->starts = s->ends = r->now.wall;
	tell(r, &ev);
	silence_unref(s);
}

void
rig_silence(struct rig *r, enum event_kind kind, const char *id, const char *by)
{
	tell_silence(r, kind, id, by, SILENCE_BY_REQUEST);
}

void
rig_silence_of_peer(struct rig *r, enum event_kind kind, const char *id, const char *by)
{
	tell_silence(r, kind, id, by, SILENCE_BY_PEER);
}

static void
wake(void *arg)
{
	*(bool *)arg = true;
}

const char *
rig_ask(struct rig *r, struct past_query *q)
{
	struct err e = { 0 };
	struct http_stream *s;
	enum http_more more;
	bool ready = true;

	if (q->limit == 0 && q->format == PAST_PAGE)
		q->limit = 100;
	if (q->from.s == 0)
		q->from = WALL_ZERO;
	if (q->to.s == 0)
		q->to = WALL_ZERO;
	sbuf_reset(&r->answer);
	s = history_ask(r->h, q, r->now, &e);
	if (s == NULL) {
		sbuf_printf(&r->answer, "!%s: %s", q->bad != NULL ? q->bad : "", e.text);
		return sbuf_cstr(&r->answer);
	}
	s->ready = wake;
	s->ready_arg = &ready;
	do {
		struct work w = { 1000000 };

		while (!ready)
			event_base_loop(r->base, EVLOOP_ONCE);
		more = s->next(s, &r->answer, &w, r->now, &e);
		ready = more != HTTP_WAIT;
	} while (more != HTTP_END && more != HTTP_FAILED);
	s->drop(s);
	if (more == HTTP_FAILED) {
		sbuf_reset(&r->answer);
		sbuf_printf(&r->answer, "!%s", e.text);
	}
	return sbuf_cstr(&r->answer);
}

const char *
rig_list(struct rig *r, struct past_query *q, const char *key)
{
	static char out[1 << 16];
	struct arena *arena = arena_new();
	struct err e = { 0 };
	const char *text = rig_ask(r, q);
	struct json *o = json_parse(arena, str_from(text), JSON_DOCUMENT, &e);
	const struct json *items;
	size_t n = 0;

	ck_assert_msg(o != NULL, "%s in %s", e.text, text);
	items = json_get(o, "items");
	out[0] = '\0';
	for (size_t i = 0; i < items->n; i++) {
		const struct json *labels = json_get(&items->v[i], "labels");
		struct str v = json_get_str(&items->v[i], key, STR("-"));

		if (labels != NULL && json_get(labels, key) != NULL)
			v = json_get_str(labels, key, STR("-"));
		n += (size_t)snprintf(out + n, sizeof(out) - n, "%s%.*s", i > 0 ? " " : "", STR_ARG(v));
	}
	arena_free(&arena);
	return out;
}
