/* SPDX-License-Identifier: Apache-2.0 */
#include "observe/event_json.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/rfc3339.h"
#include "text/digest.h"
#include "text/json_write.h"

static const struct {
	const char *text, *key;
} types[RECORD_N] = {
	[RECORD_STARTUP] = { "alertmanager_startup_event", "alertmanagerStartupEvent" },
	[RECORD_SHUTDOWN] = { "alertmanager_shutdown_event", "alertmanagerShutdownEvent" },
	[RECORD_ALERT_CREATED] = { "alert_created", "alertCreated" },
	[RECORD_ALERT_RESOLVED] = { "alert_resolved", "alertResolved" },
	[RECORD_ALERT_GROUPED] = { "alert_grouped", "alertGrouped" },
	[RECORD_NOTIFICATION] = { "notification", "notification" },
	[RECORD_SILENCE_CREATED] = { "silence_created", "silenceCreated" },
	[RECORD_SILENCE_UPDATED] = { "silence_updated", "silenceUpdated" },
	[RECORD_SILENCE_MUTED_ALERT] = { "silence_muted_alert", "silenceMutedAlert" },
	[RECORD_INHIBITION_MUTED_ALERT] = { "inhibition_muted_alert", "inhibitionMutedAlert" },
};

const char *
record_type_text(enum record_type t)
{
	return types[t].text;
}

/* Strings, numbers and lists that are empty are left out. */
static void
put_str(struct json_writer *w, const char *key, struct str s)
{
	if (s.n > 0)
		json_put_str(w, key, s);
}

static void
put_u64(struct json_writer *w, const char *key, uint64_t v)
{
	char text[24];
	int n = snprintf(text, sizeof(text), "%" PRIu64, v);

	if (v != 0)
		json_put_str(w, key, (struct str){ text, (size_t)n });
}

static void
put_key(struct json_writer *w, const char *key)
{
	json_key(w, str_from(key));
}

/* ".5" with 3, 6 or 9 digits; nothing for whole seconds. */
static size_t
fraction(int32_t ns, char out[16])
{
	int n = 0;

	out[0] = '\0';
	if (ns % 1000000 != 0)
		n = ns % 1000 != 0 ? snprintf(out, 16, ".%09d", (int)ns) : snprintf(out, 16, ".%06d", (int)(ns / 1000));
	else if (ns != 0)
		n = snprintf(out, 16, ".%03d", (int)(ns / 1000000));
	return (size_t)n;
}

static void
put_time(struct json_writer *w, const char *key, struct wall t)
{
	char text[RFC3339_MAX], digits[16];
	struct wall whole = wall_utc(t);
	struct sbuf b = SBUF_INIT(64);

	whole.ns = 0;
	if (wall_is_zero(t)) {
		json_put_str(w, key, STR("0001-01-01T00:00:00Z"));
		return;
	}
	/* The 'Z' at the end comes behind the fraction. */
	sbuf_put(&b, text, rfc3339_format(whole, text) - 1);
	sbuf_put(&b, digits, fraction((int32_t)t.ns, digits));
	sbuf_putc(&b, 'Z');
	json_put_str(w, key, sbuf_get(&b));
	sbuf_fini(&b);
}

static void
put_duration(struct json_writer *w, const char *key, span d)
{
	char text[48], digits[16];
	size_t n = fraction((int32_t)(d % SPAN_S), digits);
	int len = snprintf(text, sizeof(text), "%lld%.*ss", (long long)(d / SPAN_S), (int)n, digits);

	json_put_str(w, key, (struct str){ text, (size_t)len });
}

static void
put_labels(struct json_writer *w, const char *key, const struct labels *l)
{
	put_key(w, key);
	json_object_begin(w);
	if (l != NULL && labels_n(l) > 0) {
		put_key(w, "labels");
		json_array_begin(w);
		for (uint32_t i = 0; i < labels_n(l); i++) {
			json_object_begin(w);
			put_str(w, "key", istr_str(labels_name(l, i)));
			put_str(w, "value", istr_str(labels_value(l, i)));
			json_object_end(w);
		}
		json_array_end(w);
	}
	json_object_end(w);
}

static void
put_matchers(struct json_writer *w, const char *key, const struct matchers *ms)
{
	static const char *const ops[] = {
		[MATCH_EQ] = "TYPE_EQUAL",
		[MATCH_NE] = "TYPE_NOT_EQUAL",
		[MATCH_RE] = "TYPE_REGEXP",
		[MATCH_NRE] = "TYPE_NOT_REGEXP",
	};

	if (ms->n == 0)
		return;
	put_key(w, key);
	json_array_begin(w);
	for (size_t i = 0; i < ms->n; i++) {
		struct sbuf rendered = SBUF_INIT(SBUF_UNLIMITED);

		matcher_format(&ms->m[i], &rendered);
		json_object_begin(w);
		json_put_str(w, "type", str_from(ops[ms->m[i].op]));
		put_str(w, "name", istr_str(ms->m[i].name));
		put_str(w, "pattern", istr_str(ms->m[i].value));
		put_str(w, "rendered", sbuf_get(&rendered));
		json_object_end(w);
		sbuf_fini(&rendered);
	}
	json_array_end(w);
}

/* `ends` apart: alerts that fire are told without an end. */
static void
put_alert(struct json_writer *w, const char *key, const struct alert *a, struct wall ends, bool resolved)
{
	put_key(w, key);
	json_object_begin(w);
	put_u64(w, "fingerprint", labels_fingerprint(a->labels));
	put_str(w, "name", labels_get(a->labels, STR("alertname")));
	put_labels(w, "labels", a->labels);
	put_labels(w, "annotations", a->annotations);
	put_time(w, "startsAt", alert_starts(a));
	put_time(w, "endsAt", ends);
	if (resolved)
		json_put_bool(w, "resolved", true);
	json_object_end(w);
}

static void
put_grouped(struct json_writer *w, const struct alert *a, struct wall ends, bool resolved)
{
	json_object_begin(w);
	put_u64(w, "hash", labels_hash(a->labels));
	put_alert(w, "details", a, ends, resolved);
	json_object_end(w);
}

static void
put_hashes(struct json_writer *w, const char *key, const uint64_t *hashes, size_t n)
{
	if (n == 0)
		return;
	put_key(w, key);
	json_array_begin(w);
	for (size_t i = 0; i < n; i++) {
		json_object_begin(w);
		put_u64(w, "hash", hashes[i]);
		json_object_end(w);
	}
	json_array_end(w);
}

/* A version 4 UUID that is the same for a group as long as it lives. */
static void
put_group_uuid(struct json_writer *w, const struct record_env *env, uint64_t serial)
{
	uint64_t parts[2] = { env->seed, serial };
	unsigned char d[SHA256_SIZE];
	char text[37];

	digest_sha256((struct str){ (const char *)parts, sizeof(parts) }, d);
	uuid_format(d, text);
	json_put_str(w, "groupUuid", str_from(text));
}

/* In full with a notification only. */
static void
put_group(struct json_writer *w, const struct record_env *env, const struct event_group *g, bool full)
{
	char id[SHA256_HEX];

	digest_sha256_hex(g->key, id);
	put_key(w, "groupInfo");
	json_object_begin(w);
	put_str(w, "groupKey", g->key);
	put_labels(w, "groupLabels", g->labels);
	json_put_str(w, "groupId", str_from(id));
	put_str(w, "receiverName", g->receiver);
	if (full) {
		put_matchers(w, "matchers", &g->route->matchers);
		put_group_uuid(w, env, g->serial);
	}
	json_object_end(w);
}

static const char *
reason_name(enum reason r)
{
	switch (r) {
	case REASON_FIRST:
		return "NOTIFY_REASON_FIRST_NOTIFICATION";
	case REASON_NEW_ALERTS:
		return "NOTIFY_REASON_NEW_ALERTS_IN_GROUP";
	case REASON_SOME_RESOLVED:
		return "NOTIFY_REASON_NEW_RESOLVED_ALERTS";
	case REASON_ALL_RESOLVED:
		return "NOTIFY_REASON_ALL_ALERTS_RESOLVED";
	case REASON_REPEAT:
		return "NOTIFY_REASON_REPEAT_INTERVAL_ELAPSED";
	case REASON_NONE:
	case REASON_UNKNOWN:
		break;
	}
	return NULL;	/* unspecified, the zero value */
}

static void
put_notification(struct json_writer *w, const struct record_env *env, const struct event_notified *told)
{
	const struct event_leg *leg = &told->leg;
	const char *reason = reason_name(leg->reason);

	if (leg->alerts_n > 0) {
		put_key(w, "alerts");
		json_array_begin(w);
		for (size_t i = 0; i < leg->alerts_n; i++) {
			const struct noted_alert *n = &leg->alerts[i];

			put_grouped(w, n->alert, n->resolved ? alert_ends(n->alert) : WALL_ZERO, n->resolved);
		}
		json_array_end(w);
	}
	put_hashes(w, "firingAlerts", told->firing, told->firing_n);
	put_hashes(w, "resolvedAlerts", told->resolved, told->resolved_n);
	put_hashes(w, "mutedAlerts", told->muted, told->muted_n);
	put_group(w, env, &leg->group, true);
	put_duration(w, "repeatInterval", leg->group.route->repeat_interval);
	if (reason != NULL)
		json_put_str(w, "reason", str_from(reason));
	put_u64(w, "flushId", leg->group.flush);
	put_key(w, "integration");
	json_object_begin(w);
	put_str(w, "name", str_from(leg->integration->kind->name));
	put_u64(w, "index", leg->integration->index);
	json_object_end(w);
}

static void
put_silence(struct json_writer *w, const struct silence *s)
{
	put_key(w, "silence");
	json_object_begin(w);
	put_str(w, "id", str_from(s->id));
	if (s->sets_n > 0)
		put_matchers(w, "matchers", &s->sets[0]);
	if (s->annotations != NULL && labels_n(s->annotations) > 0)
		put_labels(w, "annotations", s->annotations);
	put_time(w, "startsAt", s->starts);
	put_time(w, "endsAt", s->ends);
	put_time(w, "updatedAt", s->updated);
	put_str(w, "createdBy", istr_str(s->created_by));
	put_str(w, "comment", istr_str(s->comment));
	if (s->sets_n > 0) {
		put_key(w, "matcherSets");
		json_array_begin(w);
		for (size_t i = 0; i < s->sets_n; i++) {
			json_object_begin(w);
			put_matchers(w, "matchers", &s->sets[i]);
			json_object_end(w);
		}
		json_array_end(w);
	}
	json_object_end(w);
}

static void
put_muted(struct json_writer *w, const struct alert *a)
{
	put_key(w, "mutedAlert");
	json_object_begin(w);
	put_labels(w, "labels", a->labels);
	put_u64(w, "fingerprint", labels_fingerprint(a->labels));
	json_object_end(w);
}

static void
put_inhibition(struct json_writer *w, const struct event_muted *muted)
{
	const struct inhibit_rule *r = muted->verdict->by.inhibition.rule;
	char fingerprint[24];

	put_key(w, "inhibitRules");
	json_array_begin(w);
	json_object_begin(w);
	put_matchers(w, "sourceMatchers", &r->source);
	put_matchers(w, "targetMatchers", &r->target);
	if (r->equal_n > 0) {
		put_key(w, "equalLabels");
		json_array_begin(w);
		for (size_t i = 0; i < r->equal_n; i++)
			json_str(w, r->equal[i]);
		json_array_end(w);
	}
	put_str(w, "name", r->name);
	json_object_end(w);
	json_array_end(w);
	put_muted(w, muted->alert);
	snprintf(fingerprint, sizeof(fingerprint), "%" PRIu64,
	    labels_fingerprint(muted->verdict->by.inhibition.source->labels));
	put_key(w, "inhibitingFingerprints");
	json_array_begin(w);
	json_str(w, str_from(fingerprint));
	json_array_end(w);
}

const event_mask events_recorded = EVENT_BIT(EVENT_ALERT_RECEIVED) | EVENT_BIT(EVENT_ALERT_GROUPED) |
    EVENT_BIT(EVENT_ALERT_RESOLVED) | EVENT_BIT(EVENT_NOTIFIED) | EVENT_BIT(EVENT_MUTED) |
    EVENT_BIT(EVENT_SILENCE_CREATED) | EVENT_BIT(EVENT_SILENCE_UPDATED);

size_t
event_records(const struct event *ev, enum record_type *type_out)
{
	const struct verdict *v;

	switch ((int)ev->kind) { /* those of the mask */
	case EVENT_ALERT_RECEIVED:
		*type_out = RECORD_ALERT_CREATED;
		return ev->alert_received.fresh;
	case EVENT_ALERT_GROUPED:
		*type_out = RECORD_ALERT_GROUPED;
		return 1;
	case EVENT_ALERT_RESOLVED:
		*type_out = RECORD_ALERT_RESOLVED;
		return 1;
	case EVENT_NOTIFIED:
		*type_out = RECORD_NOTIFICATION;
		return 1;
	case EVENT_SILENCE_CREATED:
		*type_out = RECORD_SILENCE_CREATED;
		return 1;
	case EVENT_SILENCE_UPDATED:
		*type_out = RECORD_SILENCE_UPDATED;
		return 1;
	case EVENT_MUTED:
		v = ev->muted.verdict;
		*type_out = v->stage == STAGE_SILENCES ? RECORD_SILENCE_MUTED_ALERT : RECORD_INHIBITION_MUTED_ALERT;
		if (v->stage == STAGE_SILENCES)
			return v->by.silences.n;
		return v->stage == STAGE_INHIBITION;
	default:
		/* As events_recorded says. */
		break;
	}
	return 0;
}

static void
begin(struct json_writer *w, struct sbuf *out, const struct record_env *env, enum record_type type, struct wall now)
{
	json_writer_init(w, out, JSON_HTML_PLAIN);
	json_object_begin(w);
	put_time(w, "@timestamp", now);
	put_str(w, "instance", env->instance);
	put_key(w, "data");
	json_object_begin(w);
	put_key(w, types[type].key);
	json_object_begin(w);
}

static void
end(struct json_writer *w, const struct record_env *env)
{
	json_object_end(w);
	json_object_end(w);
	if (env->cluster_position > 0)
		json_put_uint(w, "clusterPosition", env->cluster_position);
	json_object_end(w);
}

static void
put_group_alert(struct json_writer *w, const struct record_env *env, const struct event_grouped *g, struct wall now)
{
	put_key(w, "alert");
	put_grouped(w, g->alert, alert_ends(g->alert), alert_resolved_at(g->alert, now));
	put_group(w, env, &g->group, false);
}

static void
put_data(struct json_writer *w, const struct record_env *env, const struct event *ev, size_t i)
{
	const struct alert *a;

	switch ((int)ev->kind) { /* those of the mask */
	case EVENT_ALERT_RECEIVED:
		a = ev->alert_received.alert;
		put_alert(w, "alert", a, alert_ends(a), alert_resolved_at(a, ev->now.wall));
		break;
	case EVENT_ALERT_GROUPED:
		put_group_alert(w, env, &ev->alert_grouped, ev->now.wall);
		break;
	case EVENT_ALERT_RESOLVED:
		put_group_alert(w, env, &ev->alert_resolved, ev->now.wall);
		break;
	case EVENT_NOTIFIED:
		put_notification(w, env, &ev->notified);
		break;
	case EVENT_SILENCE_CREATED:
		put_silence(w, ev->silence_created.silence);
		break;
	case EVENT_SILENCE_UPDATED:
		put_silence(w, ev->silence_updated.silence);
		break;
	case EVENT_MUTED:
		if (ev->muted.verdict->stage == STAGE_SILENCES) {
			put_silence(w, ev->muted.verdict->by.silences.v[i]);
			put_muted(w, ev->muted.alert);
		} else {
			put_inhibition(w, &ev->muted);
		}
		break;
	default:
		break;
	}
}

void
event_json(struct sbuf *out, const struct record_env *env, const struct event *ev, size_t i)
{
	enum record_type type;
	struct json_writer w;

	if (i >= event_records(ev, &type))
		return;
	begin(&w, out, env, type, ev->now.wall);
	put_data(&w, env, ev, i);
	end(&w, env);
}

void
process_json(struct sbuf *out, const struct record_env *env, enum record_type type, struct wall now)
{
	struct json_writer w;

	begin(&w, out, env, type, now);
	if (type == RECORD_STARTUP) {
		put_str(&w, "version", env->version);
		put_str(&w, "buildContext", env->build_context);
	}
	end(&w, env);
}
