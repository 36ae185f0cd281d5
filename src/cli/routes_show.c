/* SPDX-License-Identifier: Apache-2.0 */
/* tocsin routes show */
#include "routes.h"

static const struct flag flags[] = {
	ROUTES_SOURCE_FLAGS,
	FLAGS_END,
};

static void
json_tree(struct json_writer *w, const struct route *r)
{
	cli_routes_json_begin(w, r);
	json_key(w, STR("routes"));
	json_array_begin(w);
	for (size_t i = 0; i < r->routes_n; i++)
		json_tree(w, r->routes[i]);
	json_array_end(w);
	json_object_end(w);
}

static int
run(struct cli *c)
{
	struct config *config = NULL;

	if (!cli_routes_load(c, c->settings, &config))
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
		struct routes_drawing d = { .extended = c->output == CLI_EXTENDED };

		cli_routes_draw("Routing tree:", &d, config->route);
	}
	config_unref(config);
	return 0;
}

const struct cli_command command_routes_show = {
	.group = "routes",
	.name = "show",
	.run = run,
	.flags = flags,
	.settings_size = sizeof(struct cli_config_source),
	.args = "",
	.first = true,
	.one_output = true,
	.help = "Draw the tree of routes, of a file or of the server.",
	.examples = "  tocsin routes show --config.file alertmanager.yml\n"
		    "  tocsin routes show --alertmanager.url http://alerts:9093\n",
};
