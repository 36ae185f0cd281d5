/* SPDX-License-Identifier: Apache-2.0 */
/* What Go's regexp finds: tests/golden/regex. */
#include <stdio.h>

#include "base/mem.h"
#include "lib_text.h"
#include "regex_private.h"
#include "regex_submatch.h"

/* \n, \xHH and \\ in place. */
static struct str
unescape(char *s)
{
	size_t n = 0;

	for (const char *p = s; *p != '\0'; p++) {
		unsigned v;
		if (*p != '\\') {
			s[n++] = *p;
		} else if (p[1] == 'x' && sscanf(p + 2, "%2x", &v) == 1) {
			s[n++] = (char)v;
			p += 3;
		} else {
			p++;
			s[n++] = *p == 'n' ? '\n' : *p;
		}
	}
	return (struct str){ s, n };
}

static void
find(struct str pattern, struct str subject, struct sbuf *out)
{
	struct err e = { 0 };
	struct regex *re = regex_compile(pattern, REGEX_SEARCH, &e);
	struct work w = { INT64_MAX };
	struct rx_machine *lent = NULL;

	ck_assert_msg(re != NULL, "%.*s: %s", STR_ARG(pattern), e.text);
	int groups = re->captures + 1;
	size_t *slot = mem_calloc(2 * (size_t)groups, sizeof(*slot));
	struct rx_submatch *m = rx_submatch_new(regex_machine(re, &lent, &w)->prog, 2 * groups);
	bool yes = rx_submatch_find(m, subject, 0, slot, &w);
	ck_assert_msg(yes == regex_match(re, subject), "%.*s", STR_ARG(pattern));
	for (int i = 0; yes && i < groups; i++) {
		sbuf_puts(out, i > 0 ? " " : "");
		if (slot[2 * i] == RX_UNSET)
			sbuf_putc(out, '-');
		else
			sbuf_printf(out, "%zu-%zu", slot[2 * i], slot[2 * i + 1]);
	}
	if (!yes)
		sbuf_puts(out, "none");
	mem_free(slot);
	rx_submatch_free(&m);
	regex_free(&re);
}

START_TEST(finds_what_go_finds)
{
	FILE *f = fopen(TEST_GOLDEN_DIR "/regex/find.txt", "r");
	struct sbuf got = SBUF_INIT(SBUF_UNLIMITED);
	char line[512];
	int n = 0;

	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		char *subject = strchr(line, '\t'), *want = strrchr(line, '\t');
		if (line[0] == '#')
			continue;
		ck_assert(subject != NULL && want > subject);
		*subject++ = *want++ = '\0';
		want[strcspn(want, "\n")] = '\0';
		struct str pattern = unescape(line);
		find(pattern, unescape(subject), &got);
		ck_assert_msg(str_is(sbuf_get(&got), want), "%.*s on %s: %s, not %s", STR_ARG(pattern), subject, sbuf_cstr(&got),
		    want);
		sbuf_reset(&got);
		n++;
	}
	ck_assert_int_gt(n, 60);
	(void)fclose(f);
	sbuf_fini(&got);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, finds_what_go_finds);
}

int
main(void)
{
	return run_suite("regex_golden", add);
}
