/* SPDX-License-Identifier: Apache-2.0 */
/* The message of a leg, and copies of what it carries. */
#include "engine_state.h"

void
leg_copy_data(struct arena *a, const struct receiver_data *from, struct receiver_data *to)
{
	to->n = from->n;
	to->v = ARENA_ARRAY(a, from->n, struct receiver_value);
	for (size_t i = 0; i < from->n; i++) {
		to->v[i] = from->v[i];
		to->v[i].key = arena_str(a, from->v[i].key);
		to->v[i].s = arena_str(a, from->v[i].s);
	}
}

void
leg_copy_recipients(struct arena *a, const struct recipients *from, struct recipients *to)
{
	*to = (struct recipients){ .n = from->n, .known = from->known };
	to->v = ARENA_ARRAY(a, from->n, struct recipient);
	for (size_t i = 0; i < from->n; i++) {
		to->v[i] = from->v[i];
		to->v[i].to = arena_str(a, from->v[i].to);
		to->v[i].provider_id = arena_str(a, from->v[i].provider_id);
		to->v[i].gateway = arena_str(a, from->v[i].gateway);
		to->v[i].error = arena_str(a, from->v[i].error);
	}
}

bool
leg_sends_resolved(const struct leg *leg)
{
	const struct integration_common *common = leg->integration->settings;

	return common->send_resolved;
}

void
leg_forget_note(struct engine *e, struct leg *leg)
{
	if (leg->note.kept != NULL)
		e->port->forget(e->port, &leg->note);
	leg->note.kept = NULL;
}

void
leg_make_note(struct engine *e, struct leg *leg)
{
	struct flight *f = leg->flight;
	struct notification *n = &leg->note;
	bool all = leg_sends_resolved(leg);

	leg_forget_note(e, leg);
	*n = (struct notification){
		.id = ++e->last_notification,
		.config = f->config,
		.route = f->route,
		.receiver = f->route->receiver,
		.integration = leg->integration,
		.group_key = f->key,
		.group_serial = f->group_serial,
		.group_labels = f->group_labels,
		.route_labels = f->route_labels,
		.alerts = f->passed,
		.alerts_n = f->passed_n,
		.reason = leg->reason,
		.flushed = f->tick,
		.data = leg->data,
		.arena = f->arena,
		.life = &f->life,
	};
	if (all || f->resolved_n == 0)
		return;
	n->alerts = ARENA_ARRAY(f->arena, f->firing_n, struct noted_alert);
	n->alerts_n = 0;
	for (size_t i = 0; i < f->passed_n; i++)
		if (!f->passed[i].resolved)
			n->alerts[n->alerts_n++] = f->passed[i];
}
