/* SPDX-License-Identifier: Apache-2.0 */
#include "lib_data.h"

#include <assert.h>
#include <jansson.h>

#include "base/rfc3339.h"

struct test_alert {
	struct value status, labels, annotations, starts, ends, generator, fingerprint;
};

struct test_data {
	struct value receiver, status, alerts, reason, group_labels, common_labels, common_annotations, external_url;
};

#define FIELD(s, nm, js, member) { .name = (nm), .json = (js), .offset = offsetof(struct s, member) }

static const struct value_field alert_fields[] = {
	FIELD(test_alert, "Status", "status", status),
	FIELD(test_alert, "Labels", "labels", labels),
	FIELD(test_alert, "Annotations", "annotations", annotations),
	FIELD(test_alert, "StartsAt", "startsAt", starts),
	FIELD(test_alert, "EndsAt", "endsAt", ends),
	FIELD(test_alert, "GeneratorURL", "generatorURL", generator),
	FIELD(test_alert, "Fingerprint", "fingerprint", fingerprint),
};

static const struct value_type alert_type = {
	.name = "template.Alert", .kind = V_STRUCT, .fields = alert_fields, .fields_n = ARRAY_LEN(alert_fields),
};
static const struct value_type alert_list_type = {
	.name = "[]template.Alert", .kind = V_LIST, .elem = &alert_type,
};

static struct value
with_status(struct value_call *c, struct value alerts, const char *status)
{
	struct value *kept = ARENA_ARRAY(value_call_arena(c), alerts.u.list.n, struct value);
	size_t n = 0;

	for (size_t i = 0; i < alerts.u.list.n; i++) {
		const struct test_alert *a = alerts.u.list.items[i].u.object;
		if (str_is(a->status.u.s, status))
			kept[n++] = alerts.u.list.items[i];
	}
	return value_list(&alert_list_type, kept, n);
}

static bool
call_firing(struct value_call *c, const struct value *args, size_t n UNUSED, struct value *out)
{
	*out = with_status(c, args[0], "firing");
	return true;
}

static bool
call_resolved(struct value_call *c, const struct value *args, size_t n UNUSED, struct value *out)
{
	*out = with_status(c, args[0], "resolved");
	return true;
}

static const struct value_func alerts_methods[] = {
	{ .name = "Firing", .result = &alert_list_type, .call = call_firing },
	{ .name = "Resolved", .result = &alert_list_type, .call = call_resolved },
};
static const struct value_type alerts_type = {
	.name = "template.Alerts", .kind = V_LIST, .elem = &alert_type, .methods = alerts_methods, .methods_n = 2,
};

static const struct value_field data_fields[] = {
	FIELD(test_data, "Receiver", "receiver", receiver),
	FIELD(test_data, "Status", "status", status),
	FIELD(test_data, "Alerts", "alerts", alerts),
	FIELD(test_data, "NotificationReason", "notification_reason", reason),
	FIELD(test_data, "GroupLabels", "groupLabels", group_labels),
	FIELD(test_data, "CommonLabels", "commonLabels", common_labels),
	FIELD(test_data, "CommonAnnotations", "commonAnnotations", common_annotations),
	FIELD(test_data, "ExternalURL", "externalURL", external_url),
};

const struct value_type test_data_type = {
	.name = "template.Data", .kind = V_STRUCT, .fields = data_fields, .fields_n = ARRAY_LEN(data_fields),
};
const struct value_type test_data_ptr_type = { .name = "*template.Data", .kind = V_PTR, .elem = &test_data_type };

static struct value
get_str(struct arena *a, const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return value_cstr(arena_strdup(a, s != NULL ? s : ""));
}

static struct value
get_kv(struct arena *a, const json_t *o, const char *key)
{
	json_t *kv = json_object_get(o, key), *v;
	const char *k;
	size_t n = json_object_size(kv), i = 0;
	struct str *names = ARENA_ARRAY(a, n, struct str), *values = ARENA_ARRAY(a, n, struct str);

	if (kv == NULL)
		return (struct value){ .type = &type_kv };
	json_object_foreach(kv, k, v) {
		names[i] = str_from(arena_strdup(a, k));
		values[i++] = str_from(arena_strdup(a, json_string_value(v)));
	}
	return value_kv(a, names, values, n);
}

static struct value
get_time(struct arena *a, const json_t *o, const char *key)
{
	struct str s = get_str(a, o, key).u.s;
	struct wall w = WALL_ZERO;
	bool ok = s.n == 0 || rfc3339_parse(s, &w, NULL);

	assert(ok);
	return value_time_in(a, w, NULL);
}

static struct value
get_alerts(struct arena *a, const json_t *o)
{
	json_t *list = json_object_get(o, "alerts");
	size_t n = json_array_size(list);
	struct value *items = ARENA_ARRAY(a, n, struct value);

	for (size_t i = 0; i < n; i++) {
		const json_t *in = json_array_get(list, i);
		struct test_alert *out = ARENA_NEW(a, struct test_alert);
		out->status = get_str(a, in, "status");
		out->labels = get_kv(a, in, "labels");
		out->annotations = get_kv(a, in, "annotations");
		out->starts = get_time(a, in, "startsAt");
		out->ends = get_time(a, in, "endsAt");
		out->generator = get_str(a, in, "generatorURL");
		out->fingerprint = get_str(a, in, "fingerprint");
		items[i] = value_object(&alert_type, out);
	}
	return value_list(&alerts_type, items, n);
}

struct value
test_data_load(struct arena *a, const char *path)
{
	json_t *o = json_load_file(path, 0, NULL);
	struct test_data *d = ARENA_NEW(a, struct test_data);

	assert(o != NULL);
	d->receiver = get_str(a, o, "receiver");
	d->status = get_str(a, o, "status");
	d->alerts = get_alerts(a, o);
	d->reason = get_str(a, o, "notification_reason");
	d->group_labels = get_kv(a, o, "groupLabels");
	d->common_labels = get_kv(a, o, "commonLabels");
	d->common_annotations = get_kv(a, o, "commonAnnotations");
	d->external_url = get_str(a, o, "externalURL");
	json_decref(o);
	return value_object(&test_data_type, d);
}
