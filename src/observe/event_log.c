/* SPDX-License-Identifier: Apache-2.0 */
#include "observe/event_log.h"

#include <stdio.h>

#include "base/rfc3339.h"
#include "base/sbuf.h"

/* Alertmanager prints an alert as NAME[first 7 digits of the fingerprint][state]. */
static void
alert_text(const struct alert *a, bool resolved, struct sbuf *out)
{
	sbuf_str(out, labels_get(a->labels, STR("alertname")));
	sbuf_printf(out, "[%07llx][%s]", (unsigned long long)(a->labels->fingerprint >> 36),
	    resolved ? "resolved" : "active");
}

static void
log_received(const struct log *log, const struct event *ev)
{
	struct sbuf text = SBUF_INIT(4096);

	alert_text(ev->alert, alert_resolved_at(ev->alert, ev->now.wall), &text);
	LOG(log, LOG_DEBUG, "Received alert", F_CSTR("component", "dispatcher"), F_STR("alert", sbuf_get(&text)));
	sbuf_fini(&text);
}

static struct str
integration_text(const struct integration *i, char *out, size_t size)
{
	int n = snprintf(out, size, "%s[%zu]", i->kind->name, i->index);

	return (struct str){ out, n > 0 ? (size_t)n : 0 };
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
log_attempt(const struct log *log, const struct event *ev)
{
	char name[64];
	struct str integration = integration_text(ev->integration, name, sizeof(name));

	if (ev->kind == EVENT_NOTIFIED)
		LOG(log, ev->attempts > 1 ? LOG_INFO : LOG_DEBUG, "Notify success", F_CSTR("component", "dispatcher"),
		    F_STR("receiver", ev->receiver), F_STR("integration", integration),
		    F_STR("aggrGroup", ev->group_key), F_UINT("attempts", ev->attempts), F_SPAN("duration", ev->took),
		    F_UINT("numAlerts", ev->count));
	else if (ev->first)
		LOG(log, LOG_WARN, "Notify attempt failed, will retry later", F_CSTR("component", "dispatcher"),
		    F_STR("receiver", ev->receiver), F_STR("integration", integration),
		    F_STR("aggrGroup", ev->group_key), F_UINT("attempts", ev->attempts), F_STR("err", ev->error));
}

void
event_log(const struct log *log, const struct event *ev, bool log_silences)
{
	switch (ev->kind) {
	case EVENT_ALERT_RECEIVED:
		if (log_enabled(log, LOG_DEBUG))
			log_received(log, ev);
		break;
	case EVENT_ALERT_LIMITED:
		LOG(log, LOG_WARN, "error on set alert", F_CSTR("component", "provider"),
		    F_STR("alertname", labels_get(ev->alert->labels, STR("alertname"))), F_CSTR("err", "alert limited"));
		break;
	case EVENT_GROUP_FLUSHED:
		LOG(log, LOG_DEBUG, "flushing", F_CSTR("component", "dispatcher"), F_STR("aggrGroup", ev->group_key),
		    F_UINT("numAlerts", ev->count));
		break;
	case EVENT_ATTEMPT_FAILED:
	case EVENT_NOTIFIED:
		log_attempt(log, ev);
		break;
	case EVENT_FLUSH_FAILED:
		LOG(log, ev->canceled ? LOG_DEBUG : LOG_ERROR, "Notify for alerts failed",
		    F_CSTR("component", "dispatcher"), F_STR("aggrGroup", ev->group_key),
		    F_UINT("num_alerts", ev->count), F_STR("err", ev->error));
		break;
	case EVENT_SILENCE_CREATED:
	case EVENT_SILENCE_UPDATED:
	case EVENT_SILENCE_EXPIRED:
		if (log_silences)
			log_silence(log, ev->silence,
			    ev->kind == EVENT_SILENCE_CREATED	? "create silence"
				: ev->kind == EVENT_SILENCE_UPDATED ? "update silence"
								    : "expire silence");
		break;
	case EVENT_ROUTE_LABEL_FAILED:
		LOG(log, LOG_ERROR, "failed to render route label", F_CSTR("component", "dispatcher"),
		    F_STR("aggrGroup", ev->group_key), F_STR("label", ev->label), F_STR("err", ev->error));
		break;
	case EVENT_ALERT_GROUPED:
	case EVENT_ALERT_RESOLVED:
	case EVENT_FLUSH_ENDED:
	case EVENT_MUTED:
	case EVENT_NOTIFY_DECIDED:
	case EVENT_NOTIFY_FAILED:
		/* Told in full by FLUSH_FAILED, or not of interest to a log. */
		break;
	}
}
