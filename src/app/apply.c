/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration is given to the engine. */
#include "base/duration.h"
#include "server_private.h"

/* There may be one for each route or receiver: so many show what is meant, and hold nobody up. */
#define LINES_MAX 200

struct lines {
	const struct server *s;
	struct log log;
	size_t n;
};

static bool
room_for_line(struct lines *l)
{
	return l->n++ < LINES_MAX;
}

static void
tell_rest(const struct lines *l, const char *what)
{
	if (l->n > LINES_MAX)
		LOG(&l->log, LOG_INFO, "There are more lines of this kind", F_CSTR("about", what),
		    F_UINT("left_out", l->n - LINES_MAX));
}

static struct log_field
duration_field(const char *key, span d, char text[DURATION_MAX])
{
	duration_format(d, text);
	return F_CSTR(key, text);
}

static void
warn_route(struct lines *l, const struct route *r)
{
	span retention = l->s->o->data_retention;
	char repeat[DURATION_MAX], other[DURATION_MAX];

	if (r->repeat_interval > retention && room_for_line(l))
		LOG(&l->log, LOG_WARN,
		    "repeat_interval is greater than the data retention period. It can lead to notifications being repeated "
		    "more often than expected.",
		    F_STR("route", r->key), duration_field("repeat_interval", r->repeat_interval, repeat),
		    duration_field("retention", retention, other));
	if (r->repeat_interval < r->group_interval && room_for_line(l))
		LOG(&l->log, LOG_WARN,
		    "repeat_interval is less than group_interval. Notifications will not repeat until the next "
		    "group_interval.",
		    F_STR("route", r->key), duration_field("repeat_interval", r->repeat_interval, repeat),
		    duration_field("group_interval", r->group_interval, other));
	for (size_t i = 0; i < r->routes_n; i++)
		warn_route(l, r->routes[i]);
}

void
server_apply(struct server *s, struct config *c, struct moment now)
{
	struct log log = log_with(&s->log, F_CSTR("component", "configuration"));
	struct lines receivers = { s, log, 0 }, routes = { s, log, 0 };

	for (size_t i = 0; i < c->receivers_n; i++)
		if (!c->receivers[i].used && room_for_line(&receivers))
			LOG(&log, LOG_INFO, "skipping creation of receiver not referenced by any route",
			    F_STR("receiver", c->receivers[i].name));
	tell_rest(&receivers, "receivers");
	warn_route(&routes, c->route);
	tell_rest(&routes, "routes");
	engine_apply(s->engine, c, now);
	drive_rearm(s->drive);
}
