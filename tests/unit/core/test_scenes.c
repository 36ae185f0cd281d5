/* SPDX-License-Identifier: Apache-2.0 */
/* Runs tests/scenes/NAME.scene, all of them or those named on the command line. */
#include <check.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scene.h"

static glob_t files;

START_TEST(scene)
{
	const char *path = files.gl_pathv[_i];
	static char text[256 * 1024];
	struct err e = { 0 };
	FILE *f = fopen(path, "r");
	size_t n;

	ck_assert_ptr_nonnull(f);
	n = fread(text, 1, sizeof(text), f);
	ck_assert_uint_lt(n, sizeof(text));
	fclose(f);
	if (!scene_run((struct str){ text, n }, &e))
		ck_abort_msg("%s:%d: %s", path, e.line, e.text);
}
END_TEST

int
main(int argc, char **argv)
{
	Suite *s = suite_create("scenes");
	TCase *tc = tcase_create("scenes");
	SRunner *sr = srunner_create(s);
	int failed;

	glob(argc > 1 ? argv[1] : TEST_SOURCE_DIR "/tests/scenes/*.scene", 0, NULL, &files);
	for (int i = 2; i < argc; i++)
		glob(argv[i], GLOB_APPEND, NULL, &files);
	tcase_add_loop_test(tc, scene, 0, (int)files.gl_pathc);
	suite_add_tcase(s, tc);
	srunner_set_fork_status(sr, CK_NOFORK);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	if (files.gl_pathc == 0)
		failed = 1;
	globfree(&files);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
