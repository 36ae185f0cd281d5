/* SPDX-License-Identifier: Apache-2.0 */
#include "app/check_config.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "config/config.h"
#include "files.h"
#include "loop/clock_real.h"

static bool
load(const char *path, bool expand_env, struct arena *a, struct config **out, struct err *e)
{
	struct clock *clock = clock_real();
	struct config_env env = {
		.matcher_mode = MATCHER_FALLBACK,
		.naming = NAMING_UTF8,
		.now = clock->now(clock).wall,
		.expand_env = expand_env,
	};
	struct str bytes;

	files_config_env(&env);
	return files_read(path, (size_t)256 << 20, a, &bytes, e) && config_load(bytes, path, &env, out, e);
}

static bool
check(const char *path, bool expand_env)
{
	struct arena *a = arena_new();
	struct config *c = NULL;
	struct err e = { 0 };
	bool ok = load(path, expand_env, a, &c, &e);

	if (ok)
		printf("Checking '%s'  SUCCESS\nFound:\n - global config\n - route\n - %zu inhibit rules\n - %zu receivers\n"
		       " - %zu templates\n%s",
		    path, c->inhibit_rules_n, c->receivers_n, c->templates.n, c->templates.n > 0 ? "  SUCCESS\n" : "");
	else
		printf("Checking '%s'  FAILED: %s\n", path, e.text);
	printf("\n");
	config_unref(c);
	arena_free(&a);
	return ok;
}

int
check_config_main(int argc, char *const *argv)
{
	bool expand_env = false;
	int failed = 0, files = 0;

	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "--config.expand-env") == 0) {
			expand_env = true;
			continue;
		}
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			printf("usage: tocsin check-config [--config.expand-env] [FILE...]\n\n"
			       "Validates configuration files with their templates; reads standard input without any.\n");
			return 0;
		}
		files++;
		failed += !check(argv[i], expand_env);
	}
	if (files == 0) {
		if (isatty(STDIN_FILENO)) {
			fprintf(stderr, "tocsin: error: Failed to read from standard input\n");
			return 1;
		}
		failed += !check("/dev/stdin", expand_env);
	}
	if (failed > 0)
		fprintf(stderr, "tocsin: error: failed to validate %d file(s)\n\n", failed);
	return failed > 0;
}
