/* SPDX-License-Identifier: Apache-2.0 */
/*
 * main.c - the program of a room's tests. Each test file is compiled with its main function under the file's own name, and
 * tests.def, made by CMake, lists them: TEST(test_x). `unit_<room> test_x ARGUMENT...` runs one, `unit_<room>` all of them.
 */
#include <stdlib.h>
#include <string.h>

/* A main function is called with both arguments whether it takes them or not, as the C runtime does it. */
#define TEST(name) int name(int argc, char **argv);
#include "tests.def"
#undef TEST

static const struct test {
	const char *name;
	int (*main)(int argc, char **argv);
} tests[] = {
#define TEST(name) { #name, name },
#include "tests.def"
#undef TEST
};

/*
 * Check notes each assertion that holds in a file, for tests that run in a child and die there: a system call each, millions in all.
 * Our tests run in the process itself, and the sanitizers tell where it died.
 */
void __wrap__mark_point(const char *file, int line);
void
__wrap__mark_point(const char *file, int line)
{
	(void)file;
	(void)line;
}

int
main(int argc, char **argv)
{
	int status = EXIT_SUCCESS;

	for (size_t i = 0; argc > 1 && i < sizeof(tests) / sizeof(tests[0]); i++)
		if (strcmp(argv[1], tests[i].name) == 0)
			return tests[i].main(argc - 1, argv + 1);
	/* Helpers that a test starts of its own program (mail) know their arguments in every test. */
	if (argc > 1)
		return tests[0].main(argc, argv);
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		if (tests[i].main(argc, argv) != EXIT_SUCCESS)
			status = EXIT_FAILURE;
	return status;
}
