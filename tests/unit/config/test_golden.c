/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Golden cases of tests/golden/config: configurations and what they must give. A line
 * "#= name" begins a case. Under its text stand the lines of the error ("#! "),
 * or of the dump ("#> "; without the global section where it is the default
 * one). UPDATE_GOLDEN=1 in the environment writes them anew: read the diff.
 */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/sbuf.h"
#include "lib_config.h"
#include "suite.h"

static struct str default_global;

static struct str
global_section(struct str dump)
{
	return str_sub(dump, 0, str_find(dump, STR("route:\n")));
}

/* The lines of text, each behind a mark. */
static void
marked(struct sbuf *b, const char *mark, struct str text)
{
	while (text.n > 0) {
		struct str line = str_sub(text, 0, str_chr(text, '\n'));

		sbuf_puts(b, mark);
		if (line.n > 0)
			sbuf_putc(b, ' ');
		sbuf_str(b, line);
		sbuf_putc(b, '\n');
		text = str_sub(text, line.n + 1, text.n);
	}
}

/* A dump can be loaded; what that gives stays the same from then on (a null does not come back from a dump). */
static void
dump_check(struct str dump)
{
	struct config_env env = test_env();
	struct config *c[2] = { NULL, NULL };
	struct err e = { 0 };

	for (size_t i = 0; i < 2; i++) {
		ck_assert_msg(config_load(i == 0 ? dump : c[0]->original, "am.yml", &env, &c[i], &e), "%s\n%.*s",
		    e.text, STR_ARG(dump));
	}
	ck_assert_msg(str_eq(c[0]->original, c[1]->original), "%.*s\n%.*s", STR_ARG(c[0]->original),
	    STR_ARG(c[1]->original));
	config_unref(c[0]);
	config_unref(c[1]);
}

static void
outcome(struct sbuf *b, struct str text)
{
	struct config_env env = test_env();
	struct config *c = NULL;
	struct err e = { 0 };
	struct str dump;

	if (!config_load(text, "am.yml", &env, &c, &e)) {
		ck_assert_uint_gt(strlen(e.text), 0);
		marked(b, "#!", str_from(e.text));
		return;
	}
	/*
	 * Placeholders for secrets are no URL for an event recorder, and two that were alike no longer are;
	 * null elements of intervals are shown as what they stand for.
	 */
	if (str_find(text, STR("webhook_outputs")) == text.n && str_find(text, STR("slack_app_token")) == text.n &&
	    str_find(text, STR("[~]")) == text.n)
		dump_check(c->original);
	dump = c->original;
	if (str_starts(dump, default_global))
		dump = str_sub(dump, default_global.n, dump.n);
	marked(b, "#>", dump);
	config_unref(c);
}

static bool
is_expectation(struct str line)
{
	return str_starts(line, STR("#!")) || str_starts(line, STR("#>"));
}

static void
case_run(const char *file, struct str name, struct str text, struct str wanted, struct sbuf *out)
{
	struct sbuf got = SBUF_INIT(SBUF_UNLIMITED);

	outcome(&got, text);
	sbuf_printf(out, "#= %.*s\n%.*s%s", STR_ARG(name), STR_ARG(text), sbuf_cstr(&got));
	if (getenv("UPDATE_GOLDEN") == NULL && !str_eq(sbuf_get(&got), wanted))
		ck_abort_msg("%s: %.*s\n%.*swanted:\n%.*sgot:\n%s", file, STR_ARG(name), STR_ARG(text), STR_ARG(wanted),
		    sbuf_cstr(&got));
	sbuf_fini(&got);
}

static void
file_run(const char *path, struct str all)
{
	struct sbuf text = SBUF_INIT(SBUF_UNLIMITED), wanted = SBUF_INIT(SBUF_UNLIMITED);
	struct sbuf out = SBUF_INIT(SBUF_UNLIMITED);
	struct str name = STR_NONE;

	while (true) {
		struct str line = str_sub(all, 0, str_chr(all, '\n') + 1);

		if (all.n == 0 || str_starts(line, STR("#= "))) {
			if (name.p != NULL)
				case_run(path, name, sbuf_get(&text), sbuf_get(&wanted), &out);
			if (all.n == 0)
				break;
			name = str_trim(str_sub(line, 3, line.n));
			sbuf_reset(&text);
			sbuf_reset(&wanted);
		} else {
			sbuf_str(name.p == NULL ? &out : is_expectation(line) ? &wanted : &text, line);
		}
		all = str_sub(all, line.n, all.n);
	}
	if (getenv("UPDATE_GOLDEN") != NULL) {
		FILE *f = fopen(path, "w");

		ck_assert_ptr_nonnull(f);
		ck_assert_uint_eq(fwrite(out.p, 1, out.n, f), out.n);
		ck_assert_int_eq(fclose(f), 0);
	}
	sbuf_fini(&text);
	sbuf_fini(&wanted);
	sbuf_fini(&out);
}

START_TEST(golden_cases)
{
	struct config *plain = test_load("route: {receiver: a}\nreceivers: [{name: a}]\n");
	glob_t g;

	default_global = global_section(plain->original);
	ck_assert_int_eq(glob(TEST_GOLDEN_DIR "/config/*.yml", 0, NULL, &g), 0);
	for (size_t i = 0; i < g.gl_pathc; i++) {
		struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
		FILE *f = fopen(g.gl_pathv[i], "r");
		char chunk[4096];
		size_t n;

		ck_assert_ptr_nonnull(f);
		while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
			sbuf_put(&b, chunk, n);
		fclose(f);
		file_run(g.gl_pathv[i], sbuf_get(&b));
		sbuf_fini(&b);
	}
	globfree(&g);
	config_unref(plain);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, golden_cases);
}

int
main(void)
{
	return run_suite("config golden", add);
}
