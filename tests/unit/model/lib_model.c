/* SPDX-License-Identifier: Apache-2.0 */
#include "lib_model.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/sbuf.h"

struct labels *
lib_labels(const char *text)
{
	struct label_pair pairs[64];
	struct str rest = str_from(text);
	size_t n = 0;

	while (rest.n != 0) {
		struct str word = str_sub(rest, 0, str_chr(rest, ' '));
		size_t eq = str_chr(word, '=');

		ck_assert_uint_lt(n, ARRAY_LEN(pairs));
		pairs[n].name = str_sub(word, 0, eq);
		pairs[n++].value = str_sub(word, eq + 1, word.n);
		rest = str_sub(rest, word.n + 1, rest.n);
	}
	return labels_new(pairs, n);
}

void
lib_expect_labels(const struct labels *l, const char *text)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	labels_format(l, &b);
	ck_assert_str_eq(sbuf_cstr(&b), text);
	sbuf_fini(&b);
}

struct wall
lib_at(int64_t s)
{
	return (struct wall){ INT64_C(1700000000) + s, 0, 0 };
}

int
lib_run(const char *name, TCase *tc)
{
	Suite *s = suite_create(name);
	SRunner *sr;
	size_t count, bytes;
	int failed;

	suite_add_tcase(s, tc);
	sr = srunner_create(s);
	srunner_set_fork_status(sr, CK_NOFORK);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	istr_usage(&count, &bytes);
	if (failed == 0 && count != 0) {
		fprintf(stderr, "%s: %zu strings are still interned\n", name, count);
		failed = 1;
	}
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
