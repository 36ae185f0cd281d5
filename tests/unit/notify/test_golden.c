/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each tests/golden/notify/<kind>/NAME.yml is a case: a configuration, a
 * notification and the receiver's answers. NAME.txt is what has to come of it.
 * With GOLDEN_UPDATE=1 in the environment the .txt files are written instead.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib_notify.h"
#include "suite.h"

static unsigned cases;

static void
run_case(const char *path)
{
	struct arena *a = arena_new();
	struct str expected, got, yaml = bench_read(a, path);
	char txt[4096];
	const struct yaml_node *root;
	struct bench *b = bench_new(yaml, &root);

	snprintf(txt, sizeof(txt), "%.*s.txt", (int)(strlen(path) - 4), path);
	bench_run(b, root);
	got = sbuf_get(&b->log);
	if (getenv("GOLDEN_UPDATE") != NULL) {
		FILE *f = fopen(txt, "wb");

		ck_assert_ptr_nonnull(f);
		fwrite(got.p, 1, got.n, f);
		fclose(f);
	}
	expected = bench_read(a, txt);
	ck_assert_msg(str_eq(expected, got), "%s\n--- expected\n%.*s\n--- got\n%.*s", path, STR_ARG(expected),
	    STR_ARG(got));
	cases++;
	bench_free(b);
	arena_free(&a);
}

static void
run_folder(const char *folder)
{
	struct dirent **names;
	int n = scandir(folder, &names, NULL, alphasort);
	char path[4096];

	ck_assert_int_ge(n, 0);
	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]->d_name);
		if (names[i]->d_name[0] != '.' && str_ends(str_from(path), STR(".yml")))
			run_case(path);
		else if (names[i]->d_name[0] != '.' && names[i]->d_type == DT_DIR)
			run_folder(path);
		free(names[i]);
	}
	free(names);
}

START_TEST(cases_give_what_is_expected)
{
	run_folder(TEST_GOLDEN_DIR "/notify");
	ck_assert_uint_gt(cases, 10);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, cases_give_what_is_expected);
}

int
main(void)
{
	return run_suite("notify golden", add);
}
