/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs the cases in tests/golden/tmpl (*.txt): programs with the output or the
 * error that the original gives for them (tests/golden/tmpl/README.md).
 */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "lib_data.h"
#include "suite.h"
#include "tmpl/tmpl.h"

struct golden {
	struct str name, program, expected;
	bool html, error;
};

static char *
read_file(const char *path, size_t *n)
{
	FILE *f = fopen(path, "rb");
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	char chunk[4096];
	size_t got;

	ck_assert_msg(f != NULL, "cannot open %s", path);
	while ((got = fread(chunk, 1, sizeof chunk, f)) > 0)
		sbuf_put(&b, chunk, got);
	(void)fclose(f);
	return sbuf_take(&b, n);
}

/* One line without its newline; false at the end. */
static bool
next_line(struct str *s, struct str *line)
{
	if (s->n == 0)
		return false;
	*line = str_sub(*s, 0, str_chr(*s, '\n'));
	*s = str_sub(*s, line->n + 1, s->n);
	return true;
}

/* Lines up to one that starts with `mark`, which comes back too; the last newline is not part of the text. */
static struct str
section(struct str *s, const char *mark, struct str *end)
{
	struct str text = { s->p, 0 }, line;
	bool any = false;

	*end = STR_NONE;
	while (s->n > 0) {
		struct str before = *s;
		next_line(s, &line);
		if (str_starts(line, str_from(mark))) {
			*end = line;
			if (str_is(str_from(mark), "=== "))
				*s = before;
			break;
		}
		text.n = (size_t)(line.p + line.n - text.p);
		any = true;
	}
	return any ? text : STR("");
}

static bool
next_case(struct str *s, struct golden *g)
{
	struct str line;

	do
		if (!next_line(s, &line))
			return false;
	while (!str_starts(line, STR("=== ")));
	*g = (struct golden){ .name = str_sub(line, 4, line.n) };
	g->html = str_find(g->name, STR(" html")) < g->name.n;
	g->program = section(s, "---", &line);
	g->error = str_is(line, "--- error");
	g->expected = section(s, "=== ", &line);
	return true;
}

/* Two route labels: one that is rendered, one that cannot be. */
static bool
route_label(void *arg UNUSED, struct str name, struct str *out, struct err *e)
{
	if (str_is(name, "bad"))
		return err_set(e, ERR_INVALID, "route label cycle detected: bad -> bad");
	*out = str_is(name, "team") ? STR("<team>") : STR("");
	return true;
}

static bool
run_case(struct tmpl_set *set, struct value data, const struct golden *g, const char *file)
{
	const struct tmpl_env env = {
		.now = { 1700000000, 123456789, 0 }, .local = zone_utc(), .route_label = route_label,
	};
	struct arena *a = arena_new();
	struct err e = { 0 };
	struct str out;
	bool ok = g->html ? tmpl_html(set, g->program, data, a, &env, &out, &e) :
	    tmpl_text(set, g->program, data, a, &env, &out, &e);
	struct str got = ok ? out : str_from(e.text);
	bool pass = ok == !g->error && str_eq(got, g->expected);

	if (!pass)
		fprintf(stderr, "%s: %.*s\n  program:  %.*s\n  expected: %s%.*s\n  got:      %s%.*s\n", file,
		    STR_ARG(g->name), STR_ARG(g->program), g->error ? "error " : "", STR_ARG(g->expected),
		    ok ? "" : "error ", STR_ARG(got));
	arena_free(&a);
	return pass;
}

static size_t
run_file(struct tmpl_set *set, struct value data, const char *path)
{
	size_t n, failed = 0;
	char *text = read_file(path, &n);
	struct str s = { text, n };
	struct golden g;

	while (next_case(&s, &g))
		failed += !run_case(set, data, &g, path);
	mem_free(text);
	return failed;
}

static void
add_file(struct tmpl_set *set, const char *name, const char *path)
{
	struct err e = { 0 };
	size_t n;
	char *text = read_file(path, &n);

	ck_assert_msg(tmpl_set_add_file(set, str_from(name), (struct str){ text, n }, &e), "%s", e.text);
	mem_free(text);
}

START_TEST(cases)
{
	const char *dir = getenv("TMPL_GOLDEN") != NULL ? getenv("TMPL_GOLDEN") : TEST_GOLDEN_DIR "/tmpl/*.txt";
	struct tmpl_set *set = tmpl_set_new();
	struct arena *a = arena_new();
	size_t failed = 0;
	glob_t files;

	add_file(set, "shared.tmpl", TEST_GOLDEN_DIR "/tmpl/shared.tmpl");
	struct value data = test_data_load(a, TEST_GOLDEN_DIR "/tmpl/data.json");
	ck_assert_int_eq(glob(dir, 0, NULL, &files), 0);
	for (size_t i = 0; i < files.gl_pathc; i++)
		failed += run_file(set, data, files.gl_pathv[i]);
	globfree(&files);
	tmpl_set_free(&set);
	arena_free(&a);
	tz_fini();
	ck_assert_msg(failed == 0, "%zu cases differ", failed);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, cases);
}

int
main(void)
{
	return run_suite("tmpl golden", add);
}
