/* SPDX-License-Identifier: Apache-2.0 */
/* tocsin routes show, tocsin routes test */
#include <stdio.h>
#include <string.h>

#include "base/duration.h"
#include "cli.h"
#include "core/view.h"

struct source {
	struct str file;	/* empty: ask the server */
	bool expand_env;
};

static bool
load(struct cli *c, const struct source *s, struct config **out)
{
	return s->file.n == 0 ? cli_config_of_server(c, out) : cli_config(c, s->file, s->expand_env, out);
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

/* A tree on its way to the terminal. */
struct drawing {
	struct sbuf out;
	struct sbuf margin;	/* what stands left of the children being drawn */
	bool extended;
	const bool *shown;	/* by route index; NULL: all, with what they say of themselves */
	const bool *final;	/* those that take the alert */
};

static bool
is_shown(const struct drawing *d, const struct route *r)
{
	return d->shown == NULL || d->shown[r->index];
}

static void
draw(struct drawing *d, const struct route *r, bool last)
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

static void
print_tree(const char *title, struct drawing *d, const struct route *root)
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

/* One route, open for more members; keys as in the configuration. */
static void
json_route_begin(struct json_writer *w, const struct route *r)
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

static void
json_tree(struct json_writer *w, const struct route *r)
{
	json_route_begin(w, r);
	json_key(w, STR("routes"));
	json_array_begin(w);
	for (size_t i = 0; i < r->routes_n; i++)
		json_tree(w, r->routes[i]);
	json_array_end(w);
	json_object_end(w);
}

int
cli_routes_show(struct cli *c, int argc, char *const *argv)
{
	struct source from = { 0 };
	struct cli_flag flags[] = {
		{ "config.file", 0, CLI_STRING, &from.file, "A configuration file or directory, instead of what the server has loaded." },
		{ "config.expand-env", 0, CLI_BOOL, &from.expand_env, "Replace ${NAME} and ${NAME:-default} in the file." },
		CLI_FLAGS_END,
	};
	struct config *config = NULL;

	if (!cli_parse(c, flags, argc, argv))
		return cli_fail(c);
	if (c->done)
		return 0;
	if (!load(c, &from, &config))
		return cli_fail(c);
	if (c->output == CLI_JSON) {
		struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
		struct json_writer w;

		json_writer_init(&w, &b, JSON_HTML_PLAIN);
		json_tree(&w, config->route);
		sbuf_putc(&b, '\n');
		cli_print(sbuf_get(&b));
		sbuf_fini(&b);
	} else {
		print_tree("Routing tree:", &(struct drawing){ .extended = c->output == CLI_EXTENDED }, config->route);
	}
	config_unref(config);
	return 0;
}

/* What an alert meets: the routes that take it, and the way to them. */
static void
print_matching(struct cli *c, const struct config *config, const struct route *const *routes, size_t n)
{
	bool *shown = ARENA_ARRAY(c->arena, config->routes_n, bool), *final = ARENA_ARRAY(c->arena, config->routes_n, bool);
	struct drawing d = { .extended = c->output == CLI_EXTENDED, .shown = shown, .final = final };

	for (size_t i = 0; i < n; i++) {
		final[routes[i]->index] = true;
		for (const struct route *r = routes[i]; r != NULL; r = r->parent)
			shown[r->index] = true;
	}
	print_tree("Matching routes:", &d, config->route);
	printf("\n");
}

static void
print_routes_json(const struct route *const *routes, size_t n)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	struct json_writer w;

	json_writer_init(&w, &b, JSON_HTML_PLAIN);
	json_object_begin(&w);
	json_key(&w, STR("receivers"));
	json_array_begin(&w);
	for (size_t i = 0; i < n; i++)
		json_str(&w, routes[i]->receiver->name);
	json_array_end(&w);
	json_key(&w, STR("routes"));
	json_array_begin(&w);
	for (size_t i = 0; i < n; i++) {
		json_route_begin(&w, routes[i]);
		json_put_str(&w, "key", routes[i]->key);
		json_object_end(&w);
	}
	json_array_end(&w);
	json_object_end(&w);
	sbuf_putc(&b, '\n');
	cli_print(sbuf_get(&b));
	sbuf_fini(&b);
}

/* Whether a list as people write it, "slack, mail", names those receivers in that order. */
static bool
same_receivers(struct str wanted, const struct route *const *routes, size_t n)
{
	size_t i = 0;

	for (bool more = true; more; i++) {
		size_t comma = str_chr(wanted, ',');

		if (i == n || !str_eq(str_trim(str_sub(wanted, 0, comma)), routes[i]->receiver->name))
			return false;
		more = comma < wanted.n;
		wanted = str_sub(wanted, comma + 1, wanted.n);
	}
	return i == n;
}

static bool
parse_labels(struct cli *c, struct labels **out)
{
	struct str *names = ARENA_ARRAY(c->arena, c->args_n, struct str);
	struct str *values = ARENA_ARRAY(c->arena, c->args_n, struct str);
	struct label_pair *pairs = ARENA_ARRAY(c->arena, c->args_n, struct label_pair);
	size_t n = 0;

	if (!cli_pairs(c, c->args, c->args_n, "labels", false, names, values))
		return false;
	for (size_t i = 0; i < c->args_n; i++)
		if (values[i].n > 0)
			pairs[n++] = (struct label_pair){ names[i], values[i] };
	*out = labels_new(pairs, n);
	return true;
}

static void
print_receivers(const struct route *const *routes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		printf("%s%.*s", i > 0 ? "," : "", STR_ARG(routes[i]->receiver->name));
	printf("\n");
}

int
cli_routes_test(struct cli *c, int argc, char *const *argv)
{
	struct source from = { 0 };
	struct str verify = STR_NONE;
	bool tree = false, as_wanted;
	struct cli_flag flags[] = {
		{ "config.file", 0, CLI_STRING, &from.file, "A configuration file or directory, instead of what the server has loaded." },
		{ "config.expand-env", 0, CLI_BOOL, &from.expand_env, "Replace ${NAME} and ${NAME:-default} in the file." },
		{ "verify.receivers", 0, CLI_STRING, &verify, "Fail unless it is these, separated by commas." },
		{ "tree", 0, CLI_BOOL, &tree, "Draw the way through the tree." },
		CLI_FLAGS_END,
	};
	struct config *config = NULL;
	struct labels *labels = NULL;
	const struct route **routes;
	size_t n;

	if (!cli_parse(c, flags, argc, argv))
		return cli_fail(c);
	if (c->done)
		return 0;
	if (!parse_labels(c, &labels) || !load(c, &from, &config)) {
		labels_unref(labels);
		return cli_fail(c);
	}
	view_match_config(config, labels, c->arena, &routes, &n);
	as_wanted = verify.n == 0 || same_receivers(verify, routes, n);
	if (c->output == CLI_JSON) {
		print_routes_json(routes, n);
	} else {
		if (tree)
			print_matching(c, config, routes, n);
		print_receivers(routes, n);
	}
	if (!as_wanted)
		fprintf(c->output == CLI_JSON ? stderr : stdout,
		    "WARNING: Expected receivers did not match resolved receivers.\n");
	labels_unref(labels);
	config_unref(config);
	return as_wanted ? 0 : 1;
}
