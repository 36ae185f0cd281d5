/* SPDX-License-Identifier: Apache-2.0 */
/* tocsin template render */
#include <stdio.h>

#include "base/embedded.h"
#include "base/tz.h"
#include "cli.h"
#include "loop/file.h"
#include "notify/data.h"
#include "notify/route_labels.h"
#include "setup/files.h"
#include "tmpl/tmpl.h"

#define TEMPLATE_FILE_MAX ((size_t)16 << 20)

struct render {
	struct words globs;
	struct str text, type, data;
};

static const struct flag flags[] = {
	STRINGS_FLAG(struct render, globs, "template.glob",
	    .help = "Files of templates, as in the configuration; over the built-in ones."),
	STRING_FLAG(struct render, text, "template.text", .help = "What to render."),
	STRING_FLAG(struct render, type, "template.type", .fallback = "text", .value = "VALUE",
	    .help = "text or html; text by default."),
	STRING_FLAG(struct render, data, "template.data",
	    .help = "JSON file of a notification as webhooks get it, - for standard input; else a sample."),
	FLAGS_END,
};

static bool
add_files(struct cli *c, struct tmpl_set *set, struct str pattern)
{
	struct path_bounds left = { CONFIG_ENTRIES_MAX, CONFIG_FILES_MAX };
	struct str_list paths = { 0 };

	if (!files_glob(pattern.p, &left, c->arena, &paths, &c->e))
		return err_ctx(&c->e, "%.*s", STR_ARG(pattern));
	for (size_t i = 0; i < paths.n; i++) {
		struct str path = paths.v[i], text;
		size_t slash = 0;

		for (size_t k = 0; k < path.n; k++)
			if (path.p[k] == '/')
				slash = k + 1;
		if (!file_read_input(path.p, TEMPLATE_FILE_MAX, c->arena, &text, &c->e) ||
		    !tmpl_set_add_file(set, str_sub(path, slash, path.n), text, &c->e))
			return false;
	}
	return true;
}

/* The built-in templates, and over them those of the files. */
static bool
load_templates(struct cli *c, struct tmpl_set *set, const struct words *globs)
{
	for (const struct embedded *b = embedded_templates; b->name != NULL; b++)
		if (!tmpl_set_add_file(set, STR_NONE, (struct str){ b->bytes, b->size }, &c->e))
			return false;
	for (size_t i = 0; i < globs->n; i++)
		if (!add_files(c, set, globs->v[i]))
			return false;
	return true;
}

static bool
load_data(struct cli *c, struct str path, struct value *out)
{
	const struct json *j;
	struct str text;

	if (path.n == 0) {
		*out = notify_data_sample(cli_now(), c->arena);
		return true;
	}
	if (!cli_read(c, path, &text))
		return false;
	j = json_parse(c->arena, text, JSON_DOCUMENT, &c->e);
	return (j != NULL && notify_data_json(j, c->arena, out, &c->e)) ||
	    err_ctx(&c->e, "--template.data");
}

/* Labels of the route in the data are templates here: there was no flush that rendered them. */
static void
add_route_labels(struct cli *c, struct tmpl_set *set, bool html, struct value data, struct tmpl_env *env)
{
	struct str_pairs labels = { 0 };
	struct value kv;

	if (!value_field(data, "RouteLabels", c->arena, &kv))
		return;
	labels.v = ARENA_ARRAY(c->arena, kv.u.map.n, struct str_pair);
	for (; labels.n < kv.u.map.n; labels.n++) {
		const struct value_entry *entry = &kv.u.map.entries[labels.n];

		labels.v[labels.n] = (struct str_pair){ .key = entry->key, .value = entry->value.u.s };
	}
	env->route_label_arg = notify_route_rendering(set, &labels, html, data, env, c->arena);
	env->route_label = notify_route_label;
}

static bool
render(struct cli *c, const struct render *r, struct str *out)
{
	uint64_t steps = 0;
	struct tmpl_env env = { .now = cli_now(), .local = zone_local(), .steps_used = &steps };
	struct tmpl_set *set = tmpl_set_new();
	struct value data;
	bool html = str_is(r->type, "html");
	bool ok = load_templates(c, set, &r->globs) && load_data(c, r->data, &data);

	if (ok)
		add_route_labels(c, set, html, data, &env);
	if (ok && html)
		ok = tmpl_html(set, r->text, data, c->arena, &env, out, &c->e);
	else if (ok)
		ok = tmpl_text(set, r->text, data, c->arena, &env, out, &c->e);
	tmpl_set_free(&set);
	return ok;
}

static int
run(struct cli *c)
{
	const struct render *r = c->settings;
	struct str out = STR_NONE;

	if (r->text.p == NULL)
		err_set(&c->e, ERR_INVALID, "required flag --template.text not provided, try --help");
	else if (!str_is(r->type, "text") && !str_is(r->type, "html"))
		err_set(&c->e, ERR_INVALID, "--template.type must be text or html, not \"%.*s\"", STR_ARG(r->type));
	else if (c->args_n > 0)
		err_set(&c->e, ERR_INVALID, "unexpected %.*s", STR_ARG(c->args[0]));
	else if (render(c, r, &out)) {
		cli_print(out);
		return 0;
	}
	return cli_fail(c);
}

const struct cli_command command_template_render = {
	.group = "template",
	.name = "render",
	.run = run,
	.flags = flags,
	.settings_size = sizeof(struct render),
	.args = "",
	.local = true,
	.help = "Render a template with the data of a notification.",
	.examples = "  tocsin template render --template.text '{{ template \"slack.default.title\" . }}'\n"
		    "  tocsin template render --template.glob 'templates/*.tmpl' --template.type html \\\n"
		    "      --template.data webhook.json --template.text '{{ template \"mail.html\" . }}'\n",
};
