/* SPDX-License-Identifier: Apache-2.0 */
#include "ext_made_up.h"

#include "base/mem.h"

struct made_up *
made_up_new(struct api *a, const struct route *route, const struct receiver *receiver, struct str group_key, struct wall now)
{
	struct made_up *m = NEW(struct made_up);

	m->arena = arena_new();
	m->config = config_ref(view_config(a->env.engine));
	m->n = (struct notification){
		.config = m->config,
		.route = route,
		.receiver = receiver,
		.group_key = arena_str(m->arena, group_key),
		.route_labels = labels_empty(),
		.reason = REASON_FIRST,
		.flushed = now,
		.arena = m->arena,
		.life = &m->life,
	};
	return m;
}

static void
made_up_free(struct notification_life *life)
{
	struct made_up *m = CONTAINER_OF(life, struct made_up, life);

	for (size_t i = 0; i < m->n.alerts_n; i++)
		alert_unref(m->n.alerts[i].alert);
	labels_unref(m->n.group_labels);
	labels_unref(m->n.route_labels);
	config_unref(m->config);
	arena_free(&m->arena);
	mem_free(m);
}

void
made_up_let_go(struct made_up **m)
{
	struct notification_life *life;

	if (*m == NULL)
		return;
	life = &(*m)->life;
	*m = NULL;
	if (life->holds > 0)
		life->over = made_up_free;
	else
		made_up_free(life);
}

bool
made_up_add(struct made_up *m, struct alert *alert, bool resolved)
{
	struct notification *n = &m->n;

	if (n->alerts_n == MADE_UP_ALERTS_MAX) {
		alert_unref(alert);
		return false;
	}
	if (n->alerts_n == m->room) {
		m->room = m->room > 0 ? 2 * m->room : 4;
		n->alerts = arena_grow(m->arena, n->alerts, n->alerts_n, m->room, sizeof(n->alerts[0]));
	}
	n->alerts[n->alerts_n++] = (struct noted_alert){ .alert = alert, .resolved = resolved };
	return true;
}

void
made_up_end(struct made_up *m, struct labels *group_labels)
{
	const struct notification *n = &m->n;
	struct str name = STR("alertname");
	bool common = n->alerts_n > 0;

	for (size_t i = 1; i < n->alerts_n && common; i++)
		common = str_eq(labels_get(n->alerts[i].alert->labels, name), labels_get(n->alerts[0].alert->labels, name));
	if (group_labels == NULL)
		group_labels = common ? labels_select(n->alerts[0].alert->labels, &name, 1) : labels_empty();
	m->n.group_labels = group_labels;
}

struct notification *
made_up_for(struct made_up *m, const struct integration *i)
{
	struct notification *n = ARENA_NEW(m->arena, struct notification);

	*n = m->n;
	n->integration = i;
	return n;
}

static bool
read_pairs(struct call *c, const struct json *o, const char *name, struct label_pair **out, size_t *n_out)
{
	const struct json *v = NULL;
	size_t n;

	if (o != NULL && !ext_member_object(c, o, name, &v))
		return false;
	n = v != NULL ? v->n : 0;
	*out = ARENA_ARRAY(c->arena, n + MADE_UP_EXTRA, struct label_pair);
	*n_out = n;
	for (size_t i = 0; i < n; i++) {
		if (v->v[i].kind != JSON_STRING) {
			ext_error_at(c, 400, "bad_member", arena_printf(c->arena, "%s must be an object of strings", name), name, -1);
			return false;
		}
		(*out)[i] = (struct label_pair){ v->keys[i], v->v[i].s };
	}
	return true;
}

bool
made_up_read(struct call *c, const struct json *o, struct made_up_alert *out)
{
	struct str status = STR("firing");

	*out = (struct made_up_alert){ 0 };
	for (size_t i = 0; o != NULL && i < o->n; i++)
		if (!str_is(o->keys[i], "labels") && !str_is(o->keys[i], "annotations") && !str_is(o->keys[i], "status")) {
			ext_error(c, 400, "unknown_member",
			    arena_printf(c->arena, "an alert has labels, annotations and status, not \"%.*s\"", STR_ARG(o->keys[i])));
			return false;
		}
	if (!read_pairs(c, o, "labels", &out->labels, &out->labels_n) ||
	    !read_pairs(c, o, "annotations", &out->annotations, &out->annotations_n) ||
	    (o != NULL && !ext_member_str(c, o, "status", &status)))
		return false;
	out->resolved = str_is(status, "resolved");
	if (out->resolved || str_is(status, "firing"))
		return true;
	ext_error_at(c, 400, "bad_member", STR("the status of an alert is firing or resolved"), "status", -1);
	return false;
}

bool
made_up_add_read(struct call *c, struct made_up *m, struct made_up_alert *in)
{
	struct wall now = m->n.flushed;
	struct alert_draft d = {
		.labels = in->labels,
		.labels_n = in->labels_n,
		.annotations = in->annotations,
		.annotations_n = in->annotations_n,
		.starts = in->resolved ? wall_add(now, -5 * SPAN_MIN) : now,
		.ends = in->resolved ? now : WALL_ZERO,
	};
	struct err e = { 0 };
	bool firing;
	struct alert *alert = alert_make(&d, m->config->global.resolve_timeout, c->api->env.naming, now, &firing, &e);

	if (alert == NULL) {
		ext_error_at(c, 400, "bad_alert", str_from(e.text), "labels", -1);
		return false;
	}
	if (made_up_add(m, alert, in->resolved))
		return true;
	ext_error_at(c, 400, "bad_member", arena_printf(c->arena, "more than %d alerts", MADE_UP_ALERTS_MAX), "alerts", -1);
	return false;
}

const struct json *
made_up_body(struct call *c, const char *const *known)
{
	if (c->req->body.n <= MADE_UP_BODY_MAX)
		return ext_body(c, known);
	ext_error(c, 413, "too_large", arena_printf(c->arena, "the body is longer than %zu bytes", MADE_UP_BODY_MAX));
	return NULL;
}
