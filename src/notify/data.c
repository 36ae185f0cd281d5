/* SPDX-License-Identifier: Apache-2.0 */
/*
 * data.c - a notification as templates see it.
 *
 * Source: Alertmanager template.go, Data.
 */
#include "notify/data.h"

#include "base/rfc3339.h"
#include "brief.h"
#include "data_view.h"
#include "model/group_name.h"

static const struct value_field alert_fields[] = {
	VIEW_FIELD(alert_view, status, "Status", "status"),
	VIEW_FIELD(alert_view, labels, "Labels", "labels"),
	VIEW_FIELD(alert_view, annotations, "Annotations", "annotations"),
	VIEW_FIELD(alert_view, starts, "StartsAt", "startsAt"),
	VIEW_FIELD(alert_view, ends, "EndsAt", "endsAt"),
	VIEW_FIELD(alert_view, generator_url, "GeneratorURL", "generatorURL"),
	VIEW_FIELD(alert_view, fingerprint, "Fingerprint", "fingerprint"),
};

static const struct value_type alert_type = {
	.name = "template.Alert",
	.kind = V_STRUCT,
	.fields = alert_fields,
	.fields_n = ARRAY_LEN(alert_fields),
};

static const struct value_type alert_list_type = { .name = "[]template.Alert", .kind = V_LIST, .elem = &alert_type };

/* The alerts of a list whose status is `status`, in their order; never nil. */
static void
select_status(struct value_call *c, struct value list, const char *status, struct value *out)
{
	struct value *items = ARENA_ARRAY(value_call_arena(c), list.u.list.n + 1, struct value);
	size_t n = 0;

	for (size_t i = 0; i < list.u.list.n; i++) {
		const struct alert_view *view = list.u.list.items[i].u.object;

		if (str_is(view->status.u.s, status))
			items[n++] = list.u.list.items[i];
	}
	*out = value_list(&alert_list_type, items, n);
}

static bool
alerts_firing(struct value_call *c, const struct value *args, size_t n, struct value *out)
{
	(void)n;
	if (!value_charge(c, args[0].u.list.n + 1))
		return false;
	select_status(c, args[0], "firing", out);
	return true;
}

static bool
alerts_resolved(struct value_call *c, const struct value *args, size_t n, struct value *out)
{
	(void)n;
	if (!value_charge(c, args[0].u.list.n + 1))
		return false;
	select_status(c, args[0], "resolved", out);
	return true;
}

static const struct value_func alerts_methods[] = {
	{ .name = "Firing", .result = &alert_list_type, .call = alerts_firing },
	{ .name = "Resolved", .result = &alert_list_type, .call = alerts_resolved },
};

static const struct value_type alerts_type = {
	.name = "template.Alerts",
	.kind = V_LIST,
	.elem = &alert_type,
	.methods = alerts_methods,
	.methods_n = ARRAY_LEN(alerts_methods),
};

static const struct value_field data_fields[] = {
	VIEW_FIELD(data_view, receiver, "Receiver", "receiver"),
	VIEW_FIELD(data_view, status, "Status", "status"),
	VIEW_FIELD(data_view, alerts, "Alerts", "alerts"),
	VIEW_FIELD(data_view, reason, "NotificationReason", "notification_reason"),
	VIEW_FIELD(data_view, group_labels, "GroupLabels", "groupLabels"),
	VIEW_FIELD(data_view, common_labels, "CommonLabels", "commonLabels"),
	VIEW_FIELD(data_view, common_annotations, "CommonAnnotations", "commonAnnotations"),
	VIEW_FIELD(data_view, route_labels, "RouteLabels", "routeLabels"),
	VIEW_FIELD(data_view, external_url, "ExternalURL", "externalURL"),
};

static const struct value_type data_type = {
	.name = "template.Data",
	.kind = V_STRUCT,
	.fields = data_fields,
	.fields_n = ARRAY_LEN(data_fields),
};

/* Looking at one alert, some of them several times. */
#define BRIEF_UNITS 80

static bool
data_brief(struct value_call *c, const struct value *args, size_t n, struct value *out)
{
	const struct data_view *d = args[0].u.object;

	(void)n;
	if (d->brief->type == NULL) {
		if (!value_charge(c, BRIEF_UNITS * (d->alerts.u.list.n + 1)))
			return false;
		*d->brief = brief_of(d);
	}
	*out = *d->brief;
	return true;
}

static const struct value_func data_methods[] = {
	{ .name = "Brief", .result = &brief_type, .call = data_brief },
};

static const struct value_type data_ptr_type = {
	.name = "*template.Data",
	.kind = V_PTR,
	.elem = &data_type,
	.methods = data_methods,
	.methods_n = ARRAY_LEN(data_methods),
};

/* Those labels of l for which keep (NULL: all of them) is set. */
static struct value
kv_of(struct arena *a, const struct labels *l, const bool *keep)
{
	size_t all = l != NULL ? labels_n(l) : 0, n = 0;
	struct str *names = ARENA_ARRAY(a, all + 1, struct str);
	struct str *values = ARENA_ARRAY(a, all + 1, struct str);

	for (size_t i = 0; i < all; i++) {
		if (keep != NULL && !keep[i])
			continue;
		names[n] = istr_str(labels_name(l, i));
		values[n++] = istr_str(labels_value(l, i));
	}
	return value_kv(a, names, values, n);
}

static const struct labels *
set_of(const struct noted_alert *noted, bool annotations)
{
	return annotations ? noted->alert->annotations : noted->alert->labels;
}

/* Labels of that name and value; most sets of one rule have the same names, and so the same places. Interned: equal is the same. */
static bool
has_pair(const struct labels *l, const struct labels *first, uint32_t i)
{
	if (i < labels_n(l) && labels_name(l, i) == labels_name(first, i))
		return labels_value(l, i) == labels_value(first, i);
	/* A missing label counts as empty. */
	return str_eq(labels_get(l, istr_str(labels_name(first, i))), istr_str(labels_value(first, i)));
}

const bool *
notify_common(const struct noted_alert *alerts, size_t n, bool annotations, struct arena *a)
{
	const struct labels *first = set_of(&alerts[0], annotations);
	bool *keep = ARENA_ARRAY(a, (size_t)labels_n(first) + 1, bool);

	for (uint32_t i = 0; i < labels_n(first); i++) {
		keep[i] = true;
		for (size_t k = 1; k < n && keep[i]; k++)
			keep[i] = has_pair(set_of(&alerts[k], annotations), first, i);
	}
	return keep;
}

static struct value
common_of(struct arena *a, const struct noted_alert *alerts, size_t n, bool annotations)
{
	return kv_of(a, set_of(&alerts[0], annotations), notify_common(alerts, n, annotations, a));
}

/* regexp.QuoteMeta: a receiver's name may be used as a pattern in links. */
struct str
notify_receiver_name(const struct notification *n, struct arena *a)
{
	struct str meta = STR("\\.+*?()|[]{}^$"), s = n->receiver->name;
	char *p = arena_alloc(a, 2 * s.n + 1);
	size_t k = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] != '\0' && str_chr(meta, s.p[i]) < meta.n)
			p[k++] = '\\';
		p[k++] = s.p[i];
	}
	return (struct str){ p, k };
}

static struct value
alert_value(struct arena *a, const struct noted_alert *noted)
{
	struct alert_view *v = ARENA_NEW(a, struct alert_view);
	const struct alert *alert = noted->alert;

	v->status = value_cstr(noted->resolved ? "resolved" : "firing");
	v->labels = kv_of(a, alert->labels, NULL);
	v->annotations = kv_of(a, alert->annotations, NULL);
	v->starts = value_time_in(a, alert_starts(alert), NULL);
	v->ends = value_time_in(a, noted->resolved ? alert_ends(alert) : WALL_ZERO, NULL);
	v->generator_url = value_str(istr_str(alert->generator_url));
	v->fingerprint = value_str(arena_str(a, str_from(fingerprint_text(labels_fingerprint(alert->labels)).s)));
	return value_object(&alert_type, v);
}

struct value
notify_data(const struct notification *n, size_t limit, unsigned brevity, const struct notify_env *env, struct arena *a)
{
	size_t count = limit > 0 && limit < n->alerts_n ? limit : n->alerts_n;
	struct value *items = ARENA_ARRAY(a, count + 1, struct value);
	struct data_view *d = ARENA_NEW(a, struct data_view);
	bool firing = false;

	for (size_t i = 0; i < count; i++) {
		items[i] = alert_value(a, &n->alerts[i]);
		firing |= !n->alerts[i].resolved;
	}
	d->receiver = value_str(notify_receiver_name(n, a));
	d->status = value_cstr(firing ? "firing" : "resolved");
	d->alerts = value_list(&alerts_type, items, count);
	d->reason = value_cstr(reason_text(n->reason));
	d->group_labels = kv_of(a, n->group_labels, NULL);
	d->common_labels = count > 0 ? common_of(a, n->alerts, count, false) : kv_of(a, NULL, NULL);
	d->common_annotations = count > 0 ? common_of(a, n->alerts, count, true) : kv_of(a, NULL, NULL);
	d->route_labels = kv_of(a, n->route_labels, NULL);
	d->external_url = value_str(env->external_url);
	d->ui = config_ui(n->config);
	d->group = group_name(n->receiver->name, n->group_key);
	d->brevity = brevity;
	d->arena = a;
	d->brief = ARENA_NEW(a, struct value);
	return value_object(&data_ptr_type, d);
}

bool
notify_data_has_brief(struct value data)
{
	const struct data_view *d = data.u.object;

	return d->brief->type != NULL;
}

static bool
json_text_member(const struct json *j, const char *key, struct str otherwise, struct value *out, struct err *e)
{
	const struct json *v = json_get_fold(j, key);
	bool absent = v == NULL || v->kind == JSON_NULL;

	if (!absent && v->kind != JSON_STRING)
		return err_set(e, ERR_INVALID, "%s: a string is wanted, not %s", key, json_kind_name(v->kind));
	*out = value_str(absent ? otherwise : v->s);
	return true;
}

static bool
json_time_member(const struct json *j, const char *key, struct arena *a, struct value *out, struct err *e)
{
	struct wall w = WALL_ZERO;
	struct value text;

	if (!json_text_member(j, key, STR_NONE, &text, e))
		return false;
	if (text.u.s.n > 0 && !rfc3339_parse(text.u.s, &w, e))
		return err_ctx(e, "%s", key);
	*out = value_time_in(a, w, NULL);
	return true;
}

/* An object of strings; *given tells whether it is there. */
static bool
json_kv_member(const struct json *j, const char *key, struct arena *a, struct value *out, bool *given, struct err *e)
{
	const struct json *v = json_get_fold(j, key);
	size_t n;
	struct str *values;

	*given = v != NULL && v->kind != JSON_NULL;
	if (!*given) {
		*out = kv_of(a, NULL, NULL);
		return true;
	}
	if (v->kind != JSON_OBJECT)
		return err_set(e, ERR_INVALID, "%s: an object is wanted, not %s", key, json_kind_name(v->kind));
	n = v->n;
	values = ARENA_ARRAY(a, n, struct str);
	for (size_t i = 0; i < n; i++) {
		if (v->v[i].kind != JSON_STRING)
			return err_set(e, ERR_INVALID, "%s.%.*s: a string is wanted, not %s", key, STR_ARG(v->keys[i]),
			    json_kind_name(v->v[i].kind));
		values[i] = v->v[i].s;
	}
	*out = value_kv(a, v->keys, values, n);
	return true;
}

static struct str
fingerprint_of(struct value labels, struct arena *a)
{
	struct label_pair *pairs = ARENA_ARRAY(a, labels.u.map.n, struct label_pair);

	for (size_t i = 0; i < labels.u.map.n; i++)
		pairs[i] = (struct label_pair){ labels.u.map.entries[i].key, labels.u.map.entries[i].value.u.s };
	return arena_str(a, str_from(fingerprint_text(labels_fingerprint_of(pairs, labels.u.map.n)).s));
}

static bool
json_alert(const struct json *j, struct arena *a, struct alert_view *v, struct err *e)
{
	bool given;

	if (j->kind != JSON_OBJECT)
		return err_set(e, ERR_INVALID, "an object is wanted, not %s", json_kind_name(j->kind));
	return json_text_member(j, "status", STR("firing"), &v->status, e) &&
	    json_kv_member(j, "labels", a, &v->labels, &given, e) &&
	    json_kv_member(j, "annotations", a, &v->annotations, &given, e) &&
	    json_time_member(j, "startsAt", a, &v->starts, e) && json_time_member(j, "endsAt", a, &v->ends, e) &&
	    json_text_member(j, "generatorURL", STR_NONE, &v->generator_url, e) &&
	    json_text_member(j, "fingerprint", fingerprint_of(v->labels, a), &v->fingerprint, e);
}

/* The pairs that all alerts have: of `annotations`, or of labels. */
static struct value
common_of_views(struct arena *a, const struct value *alerts, size_t n, bool annotations)
{
	struct str *names, *values;
	struct value first;
	size_t kept = 0;

	if (n == 0)
		return kv_of(a, NULL, NULL);
	first = annotations ? ((const struct alert_view *)alerts[0].u.object)->annotations
			    : ((const struct alert_view *)alerts[0].u.object)->labels;
	names = ARENA_ARRAY(a, first.u.map.n, struct str);
	values = ARENA_ARRAY(a, first.u.map.n, struct str);
	for (size_t i = 0; i < first.u.map.n; i++) {
		const struct value_entry *entry = &first.u.map.entries[i];
		bool common = true;

		for (size_t k = 1; k < n && common; k++) {
			const struct alert_view *other = alerts[k].u.object;
			const struct value *found =
			    value_map_find(annotations ? other->annotations : other->labels, entry->key);

			common = str_eq(found != NULL ? found->u.s : STR_NONE, entry->value.u.s);
		}
		if (common) {
			names[kept] = entry->key;
			values[kept++] = entry->value.u.s;
		}
	}
	return value_kv(a, names, values, kept);
}

static bool
json_alerts(const struct json *list, struct arena *a, struct data_view *d, struct err *e)
{
	size_t n = list != NULL && list->kind == JSON_ARRAY ? list->n : 0;
	struct value *items = ARENA_ARRAY(a, n + 1, struct value);
	bool firing = false;

	if (list != NULL && list->kind != JSON_ARRAY && list->kind != JSON_NULL)
		return err_set(e, ERR_INVALID, "alerts: an array is wanted, not %s", json_kind_name(list->kind));
	for (size_t i = 0; i < n; i++) {
		struct alert_view *v = ARENA_NEW(a, struct alert_view);

		if (!json_alert(&list->v[i], a, v, e))
			return err_ctx(e, "alerts[%zu]", i);
		firing |= str_is(v->status.u.s, "firing");
		items[i] = value_object(&alert_type, v);
	}
	d->alerts = value_list(&alerts_type, items, n);
	d->status = value_cstr(firing ? "firing" : "resolved");
	return true;
}

bool
notify_data_json(const struct json *j, struct arena *a, struct value *out, struct err *e)
{
	struct data_view *d = ARENA_NEW(a, struct data_view);
	bool labels, annotations, ignored;

	if (j->kind != JSON_OBJECT)
		return err_set(e, ERR_INVALID, "an object is wanted, not %s", json_kind_name(j->kind));
	if (!json_alerts(json_get_fold(j, "alerts"), a, d, e) ||
	    !json_text_member(j, "receiver", STR_NONE, &d->receiver, e) ||
	    !json_text_member(j, "status", d->status.u.s, &d->status, e) ||
	    !json_text_member(j, "notification_reason", STR_NONE, &d->reason, e) ||
	    !json_kv_member(j, "groupLabels", a, &d->group_labels, &ignored, e) ||
	    !json_kv_member(j, "commonLabels", a, &d->common_labels, &labels, e) ||
	    !json_kv_member(j, "commonAnnotations", a, &d->common_annotations, &annotations, e) ||
	    !json_kv_member(j, "routeLabels", a, &d->route_labels, &ignored, e) ||
	    !json_text_member(j, "externalURL", STR_NONE, &d->external_url, e))
		return false;
	if (!labels)
		d->common_labels = common_of_views(a, d->alerts.u.list.items, d->alerts.u.list.n, false);
	if (!annotations)
		d->common_annotations = common_of_views(a, d->alerts.u.list.items, d->alerts.u.list.n, true);
	d->ui = ui_conf_absent();
	d->arena = a;
	d->brief = ARENA_NEW(a, struct value);
	*out = value_object(&data_ptr_type, d);
	return true;
}
