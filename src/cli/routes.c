/* SPDX-License-Identifier: Apache-2.0 */
/* routes.c - loads, draws and writes route trees. */
#include "routes.h"

#include "base/duration.h"

bool
cli_routes_load(struct cli *c, const struct cli_config_source *s, struct config **out)
{
	return s->file.n == 0 ? cli_config_of_server(c, out) : cli_config(c, s, out);
}

/* {a="1",b=~"c.*"}, or default-route for a node that takes everything. */
static void
put_matchers(struct sbuf *b, const struct route *r)
{
	if (r->matchers.n == 0)
		sbuf_puts(b, "default-route");
	else
		matchers_format(&r->matchers, b);
}

static void
put_group_by(struct sbuf *b, const struct route *r)
{
	sbuf_puts(b, r->group_by_all ? "[...]" : "[");
	for (size_t i = 0; !r->group_by_all && i < r->group_by_n; i++)
		sbuf_printf(b, "%s%.*s", i > 0 ? "," : "", STR_ARG(r->group_by[i]));
	sbuf_puts(b, r->group_by_all ? "" : "]");
}

static void
put_details(struct sbuf *b, const struct route *r)
{
	const struct {
		const char *name;
		span d;
	} waits[] = { { "group_wait", r->group_wait }, { "group_interval", r->group_interval },
		{ "repeat_interval", r->repeat_interval } };

	sbuf_puts(b, "  group_by: ");
	put_group_by(b, r);
	for (size_t i = 0; i < ARRAY_LEN(waits); i++) {
		char text[DURATION_MAX];

		duration_format(waits[i].d, text);
		sbuf_printf(b, "  %s: %s", waits[i].name, text);
	}
	for (size_t i = 0; i < r->mute_n; i++)
		sbuf_printf(b, "%s%.*s", i == 0 ? "  mute: " : ",", STR_ARG(r->mute[i]->name));
	for (size_t i = 0; i < r->active_n; i++)
		sbuf_printf(b, "%s%.*s", i == 0 ? "  active: " : ",", STR_ARG(r->active[i]->name));
}

static bool
is_shown(const struct routes_drawing *d, const struct route *r)
{
	return d->shown == NULL || d->shown[r->index];
}

static void
draw(struct routes_drawing *d, const struct route *r, bool last)
{
	size_t margin = d->margin.n, shown = 0, seen = 0;

	sbuf_str(&d->out, sbuf_get(&d->margin));
	sbuf_puts(&d->out, last ? "└── " : "├── ");
	put_matchers(&d->out, r);
	if (d->shown == NULL && r->continue_)
		sbuf_puts(&d->out, "  continue: true");
	if (d->shown == NULL || d->final[r->index])
		sbuf_printf(&d->out, "  receiver: %.*s", STR_ARG(r->receiver->name));
	if (d->extended)
		put_details(&d->out, r);
	sbuf_putc(&d->out, '\n');
	sbuf_puts(&d->margin, last ? "    " : "│   ");
	for (size_t i = 0; i < r->routes_n; i++)
		shown += is_shown(d, r->routes[i]);
	for (size_t i = 0; i < r->routes_n; i++)
		if (is_shown(d, r->routes[i]))
			draw(d, r->routes[i], ++seen == shown);
	sbuf_cut(&d->margin, margin);
}

void
cli_routes_draw(const char *title, struct routes_drawing *d, const struct route *root)
{
	d->out.max = d->margin.max = SBUF_UNLIMITED;
	sbuf_printf(&d->out, "%s\n.\n", title);
	draw(d, root, true);
	sbuf_putc(&d->out, '\n');
	cli_print(sbuf_get(&d->out));
	sbuf_fini(&d->out);
	sbuf_fini(&d->margin);
}

static void
json_span(struct json_writer *w, const char *key, span d)
{
	char text[DURATION_MAX];
	size_t n = duration_format(d, text);

	json_put_str(w, key, (struct str){ text, n });
}

static void
json_intervals(struct json_writer *w, const char *key, const struct time_interval *const *v, size_t n)
{
	if (n == 0)
		return;
	json_key(w, str_from(key));
	json_array_begin(w);
	for (size_t i = 0; i < n; i++)
		json_str(w, v[i]->name);
	json_array_end(w);
}

void
cli_routes_json_begin(struct json_writer *w, const struct route *r)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	json_object_begin(w);
	json_put_str(w, "receiver", r->receiver->name);
	json_key(w, STR("matchers"));
	json_array_begin(w);
	for (size_t i = 0; i < r->matchers.n; i++) {
		sbuf_reset(&b);
		matcher_format(&r->matchers.m[i], &b);
		json_str(w, sbuf_get(&b));
	}
	json_array_end(w);
	sbuf_fini(&b);
	json_put_bool(w, "continue", r->continue_);
	json_key(w, STR("group_by"));
	json_array_begin(w);
	for (size_t i = 0; !r->group_by_all && i < r->group_by_n; i++)
		json_str(w, r->group_by[i]);
	if (r->group_by_all)
		json_str(w, STR("..."));
	json_array_end(w);
	json_span(w, "group_wait", r->group_wait);
	json_span(w, "group_interval", r->group_interval);
	json_span(w, "repeat_interval", r->repeat_interval);
	json_intervals(w, "mute_time_intervals", r->mute, r->mute_n);
	json_intervals(w, "active_time_intervals", r->active, r->active_n);
}
