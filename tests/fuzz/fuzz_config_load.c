/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a configuration: refused with a reason, or loaded, dumped, and
 * the dump loaded again. The first byte chooses modes.
 */
#include <assert.h>
#include <string.h>

#include "config/config.h"

struct hook {
	struct integration_common common;
	struct str url, secret, path;
	struct host_port address;
	struct str_list list;
	struct str_pairs pairs;
	struct struct_list headers, rows;
	enum tristate maybe;
	int64_t number;
	uint64_t count;
	double ratio;
	span wait, timeout;
	struct tls_config *tls;
	const struct yaml_node *any;
};

struct row {
	struct str text;
	bool yes;
};

static const struct field row_fields[] = {
	STRING_FIELD(struct row, text, .flags = F_OMIT_EMPTY),
	BOOL_FIELD(struct row, yes, .fallback = "true"),
	{ 0 },
};

static const struct field hook_fields[] = {
	{ .key = "send_resolved", .type = FIELD_BOOL, .offset = FIELD_CHECKED_(struct hook, common.send_resolved, bool),
	    .fallback = "true" },
	{ .key = "http_config", .type = FIELD_HTTP, .inherit = "http_config",
	    .offset = FIELD_CHECKED_(struct hook, common.http_config, struct http_config *) },
	URL_FIELD(struct hook, url, .flags = F_SECRET | F_TEMPLATE | F_OMIT_EMPTY),
	STRING_FIELD(struct hook, secret, .flags = F_SECRET | F_OMIT_EMPTY),
	STRING_FIELD(struct hook, path, .flags = F_PATH_CONFIG | F_OMIT_EMPTY),
	HOST_PORT_FIELD(struct hook, address, .flags = F_OMIT_EMPTY),
	STRINGS_FIELD(struct hook, list, .flags = F_OMIT_EMPTY),
	PAIRS_FIELD(struct hook, pairs, .flags = F_OMIT_EMPTY),
	HEADERS_FIELD(struct hook, headers, .flags = F_OMIT_EMPTY),
	STRUCTS_FIELD(struct hook, rows, struct row, row_fields, .flags = F_OMIT_EMPTY, .scalar = "text"),
	TRISTATE_FIELD(struct hook, maybe, .flags = F_OMIT_EMPTY),
	INT_FIELD(struct hook, number),
	UINT_FIELD(struct hook, count),
	DOUBLE_FIELD(struct hook, ratio, .flags = F_OMIT_EMPTY),
	DURATION_FIELD(struct hook, wait, .flags = F_OMIT_EMPTY),
	GO_DURATION_FIELD(struct hook, timeout),
	TLS_FIELD(struct hook, tls, .flags = F_OMIT_EMPTY),
	ANY_FIELD(struct hook, any, .flags = F_OMIT_EMPTY),
	{ 0 },
};

static const struct integration_kind webhook = {
	.name = "webhook",
	.has_http_config = true,
	.settings_size = sizeof(struct hook),
	.fields = hook_fields,
};

static const struct integration_kind *const kinds[] = { &webhook, NULL };

static bool
read_file(void *arg, const char *path, size_t max, struct arena *a, struct str *out, struct err *e)
{
	const struct str *all = arg;

	(void)path;
	(void)e;
	*out = arena_str(a, str_sub(*all, 0, max));
	return true;
}

static bool
glob(void *arg, const char *pattern, struct path_bounds *left, struct arena *a, struct str_list *out, struct err *e)
{
	(void)arg;
	(void)left;
	(void)e;
	*out = (struct str_list){ .v = ARENA_NEW(a, struct str), .n = 1 };
	out->v[0] = str_from(pattern);
	return true;
}

static const char *
env_get(void *arg, const char *name)
{
	(void)arg;
	return name[0] == 'a' ? "a: [b" : NULL;
}

/* Files are parted by a form feed. */
static bool
load_directory(struct str text, const struct config_env *env, struct config **out, struct err *e)
{
	static const char *const paths[] = { "d/a.yml", "d/b.yml", "d/c.yml" };
	struct config_file files[ARRAY_LEN(paths)];
	size_t n = 0;

	while (n < ARRAY_LEN(paths) && text.n > 0) {
		size_t end = n + 1 < ARRAY_LEN(paths) ? str_chr(text, '\f') : text.n;

		files[n] = (struct config_file){ paths[n], str_sub(text, 0, end) };
		text = str_sub(text, end < text.n ? end + 1 : end, text.n);
		n++;
	}
	return config_load_directory(files, n, "d", env, out, e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text, file;
	struct config_env env = { .kinds = kinds, .read_file = read_file, .glob = glob, .arg = &file,
		.env_get = env_get };
	struct config *c = NULL, *again = NULL;
	struct err e = { 0 };

	if (size == 0)
		return 0;
	env.matcher_mode = (enum matcher_mode)(data[0] % 3);
	env.expand_env = (data[0] & 0x10) != 0;
	text = (struct str){ (const char *)data + 1, size - 1 };
	file = text;
	if (!((data[0] & 0x20) != 0 ? load_directory(text, &env, &c, &e) : config_load(text, "am.yml", &env, &c, &e))) {
		assert(e.text[0] != '\0');
		return 0;
	}
	env.expand_env = false;
	file = STR("");
	/* A placeholder or a zero may be refused the second time, but never crash. */
	if (config_load(c->original, "am.yml", &env, &again, &e))
		config_unref(again);
	config_unref(c);
	return 0;
}
