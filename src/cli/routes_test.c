/* SPDX-License-Identifier: Apache-2.0 */
/* tocsin routes test */
#include <stdio.h>

#include "core/view.h"
#include "routes.h"

struct settings {
	struct cli_config_source from;
	struct str verify;
	bool tree;
};

static const struct flag flags[] = {
	ROUTES_SOURCE_FLAGS,
	STRING_FLAG(struct settings, verify, "verify.receivers", .help = "Fail unless it is these, separated by commas."),
	BOOL_FLAG(struct settings, tree, "tree", .help = "Draw the way through the tree."),
	FLAGS_END,
};

/* The way of an alert: the routes that take it, and those that lead there. */
static void
print_matching(struct cli *c, const struct config *config, const struct route *const *routes, size_t n)
{
	bool *shown = ARENA_ARRAY(c->arena, config->routes_n, bool);
	bool *final = ARENA_ARRAY(c->arena, config->routes_n, bool);
	struct routes_drawing d = { .extended = c->output == CLI_EXTENDED, .shown = shown, .final = final };

	for (size_t i = 0; i < n; i++) {
		final[routes[i]->index] = true;
		for (const struct route *r = routes[i]; r != NULL; r = r->parent)
			shown[r->index] = true;
	}
	cli_routes_draw("Matching routes:", &d, config->route);
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
		cli_routes_json_begin(&w, routes[i]);
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

static int
run(struct cli *c)
{
	const struct settings *s = c->settings;
	struct config *config = NULL;
	struct labels *labels = NULL;
	const struct route **routes;
	bool as_wanted;
	size_t n;

	if (!parse_labels(c, &labels) || !cli_routes_load(c, &s->from, &config)) {
		labels_unref(labels);
		return cli_fail(c);
	}
	view_match_config(config, labels, c->arena, &routes, &n);
	as_wanted = s->verify.n == 0 || same_receivers(s->verify, routes, n);
	if (c->output == CLI_JSON) {
		print_routes_json(routes, n);
	} else {
		if (s->tree)
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

const struct cli_command command_routes_test = {
	.group = "routes",
	.name = "test",
	.run = run,
	.flags = flags,
	.settings_size = sizeof(struct settings),
	.args = "LABEL=VALUE...",
	.one_output = true,
	.help = "Tell which receivers an alert with these labels goes to.",
	.examples = "  tocsin routes test --config.file alertmanager.yml service=api severity=critical\n"
		    "  tocsin routes test --config.file alertmanager.yml --tree severity=critical\n"
		    "  tocsin routes test --verify.receivers=slack,mail severity=critical || echo wrong\n",
};
