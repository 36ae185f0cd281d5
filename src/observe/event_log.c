/* SPDX-License-Identifier: Apache-2.0 */
#include "observe/event_log.h"

#include "base/rfc3339.h"
#include "base/sbuf.h"

/* Alertmanager prints an alert as NAME[first 7 digits of the fingerprint][state]. */
static void
alert_text(const struct alert *a, bool resolved, struct sbuf *out)
{
	sbuf_str(out, labels_get(a->labels, STR("alertname")));
	sbuf_printf(out, "[%.7s][%s]", fingerprint_text(labels_fingerprint(a->labels)).s, resolved ? "resolved" : "active");
}

static void
log_received(const struct log *log, const struct event_received *got, struct wall now)
{
	struct sbuf text = SBUF_INIT(4096);

	alert_text(got->alert, alert_resolved_at(got->alert, now), &text);
	LOG(log, LOG_DEBUG, "Received alert", F_CSTR("component", "dispatcher"), F_STR("alert", sbuf_get(&text)));
	sbuf_fini(&text);
}

static void
log_silence(const struct log *log, const struct silence *s, const char *message)
{
	struct sbuf matchers = SBUF_INIT(1 << 16);
	char starts[RFC3339_MAX], ends[RFC3339_MAX];

	for (size_t i = 0; i < s->sets_n; i++)
		for (size_t j = 0; j < s->sets[i].n; j++) {
			const struct matcher *m = &s->sets[i].m[j];

			sbuf_printf(&matchers, "%s%.*s%s%.*s", matchers.n > 0 ? "," : "",
			    STR_ARG(istr_str(m->name)), matcher_op_text(m->op), STR_ARG(istr_str(m->value)));
		}
	rfc3339_format(s->starts, starts);
	rfc3339_format(s->ends, ends);
	LOG(log, LOG_INFO, message, F_CSTR("component", "silences"), F_CSTR("Id", s->id),
	    F_STR("CreatedBy", istr_str(s->created_by)), F_STR("Comment", istr_str(s->comment)),
	    F_CSTR("StartsAt", starts), F_CSTR("EndsAt", ends), F_STR("Matchers", sbuf_get(&matchers)));
	sbuf_fini(&matchers);
}

static void
log_notified(const struct log *log, const struct event_notified *told)
{
	const struct event_leg *leg = &told->leg;
	char name[INTEGRATION_TEXT_MAX];

	LOG(log, leg->attempts > 1 ? LOG_INFO : LOG_DEBUG, "Notify success", F_CSTR("component", "dispatcher"),
	    F_STR("receiver", leg->group.receiver),
	    F_STR("integration", integration_text(leg->integration, name)),
	    F_STR("aggrGroup", leg->group.key), F_UINT("attempts", leg->attempts),
	    F_SPAN("duration", told->attempt.took), F_UINT("numAlerts", leg->alerts_n));
}

static void
log_attempt_failed(const struct log *log, const struct event_attempt_failed *failed)
{
	const struct event_leg *leg = &failed->leg;
	char name[INTEGRATION_TEXT_MAX];

	if (failed->first)
		LOG(log, LOG_WARN, "Notify attempt failed, will retry later", F_CSTR("component", "dispatcher"),
		    F_STR("receiver", leg->group.receiver),
		    F_STR("integration", integration_text(leg->integration, name)),
		    F_STR("aggrGroup", leg->group.key), F_UINT("attempts", leg->attempts), F_STR("err", failed->error));
}

static void
log_waits(const struct log *log, const struct event_waits *waits)
{
	const struct event_leg *leg = &waits->leg;
	char name[INTEGRATION_TEXT_MAX];

	LOG(log, LOG_DEBUG, "Waiting for its turn in the cluster", F_CSTR("component", "dispatcher"),
	    F_STR("receiver", leg->group.receiver),
	    F_STR("integration", integration_text(leg->integration, name)), F_STR("aggrGroup", leg->group.key),
	    F_SPAN("wait", waits->wait), F_UINT("position", waits->position), F_UINT("members", waits->members));
}

static void
log_claimed(const struct log *log, const struct event_claimed *claimed)
{
	const struct event_leg *leg = &claimed->leg;
	char name[INTEGRATION_TEXT_MAX];

	LOG(log, LOG_DEBUG, "Another member has claimed it, waiting for the result", F_CSTR("component", "dispatcher"),
	    F_STR("receiver", leg->group.receiver),
	    F_STR("integration", integration_text(leg->integration, name)), F_STR("aggrGroup", leg->group.key),
	    F_STR("owner", claimed->owner));
}

static void
log_unsure(const struct log *log, const struct event_unsure *unsure)
{
	const struct event_leg *leg = &unsure->leg;
	char name[INTEGRATION_TEXT_MAX];

	LOG(log, LOG_WARN, unsure->held ? "Not notified: it may have been told before, and the receiver wants nothing twice"
					: "The receiver may be notified twice",
	    F_CSTR("component", "dispatcher"), F_STR("receiver", leg->group.receiver),
	    F_STR("integration", integration_text(leg->integration, name)), F_STR("aggrGroup", leg->group.key),
	    F_CSTR("cause", unsure_text(unsure->cause)), F_STR("owner", unsure->owner));
}

static void
log_overtaken(const struct log *log, const struct event_overtaken *overtaken)
{
	const struct event_leg *leg = &overtaken->leg;
	char name[INTEGRATION_TEXT_MAX];

	LOG(log, LOG_INFO, overtaken->again ? "Not notified: another member has told a newer state, looking again"
					    : "Not notified: another member has told it",
	    F_CSTR("component", "dispatcher"), F_STR("receiver", leg->group.receiver),
	    F_STR("integration", integration_text(leg->integration, name)), F_STR("aggrGroup", leg->group.key),
	    F_UINT("attempts", leg->attempts));
}

static void
hear(void *arg, const struct event *ev)
{
	const struct log *log = ((const struct event_log *)arg)->log;

	switch ((int)ev->kind) { /* those of the mask */
	case EVENT_ALERT_RECEIVED:
		log_received(log, &ev->alert_received, ev->now.wall);
		break;
	case EVENT_ALERT_LIMITED:
		LOG(log, LOG_WARN, "error on set alert", F_CSTR("component", "provider"),
		    F_STR("alertname", labels_get(ev->alert_limited.alert->labels, STR("alertname"))),
		    F_CSTR("err", "alert limited"));
		break;
	case EVENT_GROUP_FLUSHED:
		LOG(log, LOG_DEBUG, "flushing", F_CSTR("component", "dispatcher"),
		    F_STR("aggrGroup", ev->group_flushed.group.key), F_UINT("numAlerts", ev->group_flushed.alerts_n));
		break;
	case EVENT_ATTEMPT_FAILED:
		log_attempt_failed(log, &ev->attempt_failed);
		break;
	case EVENT_NOTIFIED:
		log_notified(log, &ev->notified);
		break;
	case EVENT_NOTIFY_WAITS:
		log_waits(log, &ev->notify_waits);
		break;
	case EVENT_NOTIFY_CLAIMED:
		log_claimed(log, &ev->notify_claimed);
		break;
	case EVENT_NOTIFY_UNSURE:
		log_unsure(log, &ev->notify_unsure);
		break;
	case EVENT_NOTIFY_OVERTAKEN:
		log_overtaken(log, &ev->notify_overtaken);
		break;
	case EVENT_FLUSH_FAILED:
		LOG(log, ev->flush_failed.canceled ? LOG_DEBUG : LOG_ERROR, "Notify for alerts failed",
		    F_CSTR("component", "dispatcher"), F_STR("aggrGroup", ev->flush_failed.group.key),
		    F_UINT("num_alerts", ev->flush_failed.alerts_n), F_STR("err", ev->flush_failed.error));
		break;
	case EVENT_SILENCE_CREATED:
		log_silence(log, ev->silence_created.silence, "create silence");
		break;
	case EVENT_SILENCE_UPDATED:
		log_silence(log, ev->silence_updated.silence, "update silence");
		break;
	case EVENT_SILENCE_EXPIRED:
		log_silence(log, ev->silence_expired.silence, "expire silence");
		break;
	default:
		/* The mask names no others. */
		break;
	}
}

void
event_log_begin(struct event_log *l, const struct log *log, bool silences, struct port *port)
{
	/* The level is that of the most important line an event may be. */
	static const struct {
		enum log_level level;
		event_mask mask;
	} lines[] = {
		{ LOG_DEBUG, EVENT_BIT(EVENT_ALERT_RECEIVED) | EVENT_BIT(EVENT_GROUP_FLUSHED) | EVENT_BIT(EVENT_NOTIFY_WAITS) |
			EVENT_BIT(EVENT_NOTIFY_CLAIMED) },
		{ LOG_INFO, EVENT_BIT(EVENT_NOTIFIED) | EVENT_BIT(EVENT_NOTIFY_OVERTAKEN) },
		{ LOG_WARN, EVENT_BIT(EVENT_ALERT_LIMITED) | EVENT_BIT(EVENT_ATTEMPT_FAILED) | EVENT_BIT(EVENT_NOTIFY_UNSURE) },
		{ LOG_ERROR, EVENT_BIT(EVENT_FLUSH_FAILED) },
	};

	*l = (struct event_log){ .listener = { .hear = hear, .arg = l }, .log = log };
	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		if (log_enabled(log, lines[i].level))
			l->listener.mask |= lines[i].mask;
	if (silences && log_enabled(log, LOG_INFO))
		l->listener.mask |= EVENT_BIT(EVENT_SILENCE_CREATED) | EVENT_BIT(EVENT_SILENCE_UPDATED) |
		    EVENT_BIT(EVENT_SILENCE_EXPIRED);
	port_listen(port, &l->listener);
}
