/* SPDX-License-Identifier: Apache-2.0 */
/* A file that is nothing but an http_config, as tools have it. */
#include "fields.h"
#include "text/yaml.h"

bool
http_config_load(struct str bytes, const char *path, struct arena *a, struct http_config **out, struct err *e)
{
	struct config_env env = { .matcher_mode = MATCHER_FALLBACK };
	struct reading r = { .env = &env, .arena = a, .path = path };
	struct http_config *read = NULL;
	const struct yaml_node *root = NULL;
	struct err bad = { 0 };

	r.dir = path_dir(a, arena_str(a, str_from(path)));
	if (!yaml_parse(a, bytes, &root, &bad)) {
		reading_problem_at(&r, bad.line, bad.col, NULL, "%s", bad.text);
	} else if (root == NULL || node_is_null(root)) {
		read = ARENA_NEW(a, struct http_config);
		read->follow_redirects = read->enable_http2 = true;
	} else if (http_config_read(&r, root, NULL, true, &read) && !http_config_usable(read, &bad)) {
		reading_problem(&r, root, NULL, "%s", bad.text);
	}
	if (!reading_end(&r, e))
		return false;
	*out = read;
	return true;
}
