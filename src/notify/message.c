/* SPDX-License-Identifier: Apache-2.0 */
#include "message.h"

#include "text/json_write.h"

/* The members of the data object, in the order of its fields. */
static const struct {
	const char *field, *key;
} members[] = {
	{ "Receiver", "receiver" },
	{ "Status", "status" },
	{ "Alerts", "alerts" },
	{ "NotificationReason", "notification_reason" },
	{ "GroupLabels", "groupLabels" },
	{ "CommonLabels", "commonLabels" },
	{ "CommonAnnotations", "commonAnnotations" },
	{ "RouteLabels", "routeLabels" },
	{ "ExternalURL", "externalURL" },
};

static bool
write_message(struct attempt *a, const char *version, bool first_only, struct str *out, struct err *e)
{
	struct sbuf b = SBUF_INIT(RENDER_MAX), part = SBUF_INIT(RENDER_MAX);
	struct value data = render_data(a), v;
	size_t dropped = a->max_alerts > 0 && a->n->alerts_n > a->max_alerts ? a->n->alerts_n - a->max_alerts : 0;
	struct json_writer w;
	bool ok = true;

	json_writer_init(&w, &b, JSON_HTML_ESCAPED);
	json_object_begin(&w);
	for (size_t i = 0; ok && i < ARRAY_LEN(members); i++) {
		if (!value_field(data, members[i].field, a->arena, &v))
			continue;
		if (first_only && v.type->kind == V_LIST && v.u.list.n > 1)
			v.u.list.n = 1;
		sbuf_reset(&part);
		ok = value_json(&part, v, e);
		json_put_raw(&w, members[i].key, sbuf_get(&part));
		b.overflow |= part.overflow;
	}
	json_put_str(&w, "version", str_from(version));
	json_put_str(&w, "groupKey", a->n->group_key);
	json_put_uint(&w, "truncatedAlerts", dropped);
	json_object_end(&w);
	sbuf_putc(&b, '\n');
	sbuf_fini(&part);
	if (!ok)
		sbuf_fini(&b);
	return ok && render_take(a, &b, out, e);
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
