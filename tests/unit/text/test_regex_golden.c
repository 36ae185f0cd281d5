/* SPDX-License-Identifier: Apache-2.0 */
/* Results of Go's regexp: tests/golden/regex, whose first lines say what stands in them. */
#include <stdio.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "lib_pcre.h"
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

/* A pattern in both its readings. */
struct both {
	struct regex *search, *whole;
	struct rx_submatch *m;
	size_t *slot;
	int groups;
};

static void
both_make(struct both *b, struct str pattern)
{
	struct err e = { 0 };
	struct work w = { INT64_MAX };
	struct rx_machine *lent = NULL;

	b->search = regex_compile(pattern, REGEX_SEARCH, &e);
	ck_assert_msg(b->search != NULL, "%.*s: %s", STR_ARG(pattern), e.text);
	b->whole = regex_compile(pattern, REGEX_ANCHORED, NULL);
	b->groups = b->search->captures + 1;
	b->slot = mem_calloc(2 * (size_t)b->groups, sizeof(*b->slot));
	b->m = rx_submatch_new(regex_machine(b->search, &lent, &w)->prog, 2 * b->groups);
}

static void
both_drop(struct both *b)
{
	mem_free(b->slot);
	rx_submatch_free(&b->m);
	regex_free(&b->search);
	regex_free(&b->whole);
}

/* Writes the bounds, and whole, part or wrong, with a tab between. Whether it matches. */
static bool
find(struct both *b, struct str subject, struct sbuf *out)
{
	struct work w = { INT64_MAX };
	bool yes = rx_submatch_find(b->m, subject, 0, b->slot, &w);

	ck_assert_msg(yes == regex_match(b->search, subject), "%.*s", STR_ARG(regex_pattern(b->search)));
	for (int i = 0; yes && i < b->groups; i++) {
		sbuf_puts(out, i > 0 ? " " : "");
		if (b->slot[2 * i] == RX_UNSET)
			sbuf_putc(out, '-');
		else
			sbuf_printf(out, "%zu-%zu", b->slot[2 * i], b->slot[2 * i + 1]);
	}
	if (!yes)
		sbuf_puts(out, "none");
	sbuf_puts(out, b->whole == NULL ? "\twrong" : regex_match(b->whole, subject) ? "\twhole" : "\tpart");
	return yes;
}

/* The next line that is no comment, parted at its tabs into n fields; false behind the last. */
static bool
next_row(FILE *f, char *line, size_t size, char **field, int n)
{
	do {
		if (fgets(line, (int)size, f) == NULL)
			return false;
	} while (line[0] == '#');
	line[strcspn(line, "\n")] = '\0';
	field[0] = line;
	for (int i = 1; i < n; i++) {
		char *tab = strchr(field[i - 1], '\t');
		ck_assert_msg(tab != NULL, "%s", line);
		*tab = '\0';
		field[i] = tab + 1;
	}
	return true;
}

static FILE *
golden(const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/regex/%s", TEST_GOLDEN_DIR, name);
	FILE *f = fopen(path, "r");
	ck_assert_msg(f != NULL, "%s", path);
	return f;
}

START_TEST(finds_what_go_finds)
{
	FILE *f = golden("find.txt");
	struct sbuf got = SBUF_INIT(SBUF_UNLIMITED);
	char line[1024], *field[3];
	int n = 0;

	while (next_row(f, line, sizeof(line), field, 3)) {
		struct str pattern = unescape(field[0]);
		struct both b;
		both_make(&b, pattern);
		(void)find(&b, unescape(field[1]), &got);
		ck_assert_msg(str_is(sbuf_get(&got), field[2]), "%.*s on %s: %s, not %s", STR_ARG(pattern), field[1],
		    sbuf_cstr(&got), field[2]);
		both_drop(&b);
		sbuf_reset(&got);
		n++;
	}
	ck_assert_int_gt(n, 850);
	(void)fclose(f);
	sbuf_fini(&got);
}
END_TEST

START_TEST(replaces_as_go_replaces)
{
	FILE *f = golden("replace.txt");
	struct sbuf got = SBUF_INIT(SBUF_UNLIMITED);
	char line[1024], *field[4];
	int n = 0;

	while (next_row(f, line, sizeof(line), field, 4)) {
		struct str pattern = unescape(field[0]), repl = unescape(field[1]), subject = unescape(field[2]);
		struct str want = unescape(field[3]);
		struct both b;
		both_make(&b, pattern);
		ck_assert(regex_replace_all(b.search, repl, subject, &got, NULL));
		ck_assert_msg(str_eq(sbuf_get(&got), want), "%.*s for %.*s in %.*s: %s, not %.*s", STR_ARG(repl), STR_ARG(pattern),
		    STR_ARG(subject), sbuf_cstr(&got), STR_ARG(want));
		both_drop(&b);
		sbuf_reset(&got);
		n++;
	}
	ck_assert_int_gt(n, 100);
	(void)fclose(f);
	sbuf_fini(&got);
}
END_TEST

#define LETTERS_MAX 4
#define LONGEST 8

struct matrix {
	struct both b;
	struct pcre *other;
	int yes;
	uint64_t hash;
};

/* FNV-1a. */
static uint64_t
mix(uint64_t h, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (unsigned char)s.p[i]) * UINT64_C(0x100000001b3);
	return h;
}

/* PCRE2 finds the same, which says where it is that a sum differs. */
static void
ask_pcre(struct matrix *x, struct str subject, bool yes)
{
	const size_t *offsets = NULL;
	enum pcre_answer answer = x->other != NULL ? pcre_match(x->other, subject, &offsets) : PCRE_GAVE_UP;
	struct str pattern = regex_pattern(x->b.search);

	if (answer == PCRE_GAVE_UP)
		return;
	ck_assert_msg((answer == PCRE_YES) == yes, "PCRE2: %.*s on %.*s", STR_ARG(pattern), STR_ARG(subject));
	for (int i = 0; yes && offsets != NULL && i < 2 * x->b.groups; i++)
		ck_assert_msg(x->b.slot[i] == offsets[i], "PCRE2: %.*s on %.*s: slot %d is %zu, not %zu", STR_ARG(pattern),
		    STR_ARG(subject), i, x->b.slot[i], offsets[i]);
}

static void
one_string(struct matrix *x, struct str subject, struct sbuf *out)
{
	sbuf_reset(out);
	bool yes = find(&x->b, subject, out);
	sbuf_putc(out, '\t');
	ck_assert(regex_replace_all(x->b.search, STR("<$0|$1>"), subject, out, NULL));
	sbuf_putc(out, '\n');
	x->hash = mix(x->hash, sbuf_get(out));
	x->yes += yes;
	ask_pcre(x, subject, yes);
}

static void
all_strings(struct matrix *x, const struct str *letter, int letters, int longest, struct sbuf *out)
{
	struct sbuf subject = SBUF_INIT(SBUF_UNLIMITED);

	for (int len = 0; len <= longest; len++) {
		int at[LONGEST] = { 0 }, i;
		do {
			sbuf_reset(&subject);
			for (i = 0; i < len; i++)
				sbuf_str(&subject, letter[at[i]]);
			one_string(x, sbuf_get(&subject), out);
			for (i = len - 1; i >= 0 && ++at[i] == letters; i--)
				at[i] = 0;
		} while (i >= 0);
	}
	sbuf_fini(&subject);
}

START_TEST(all_short_strings)
{
	FILE *f = golden("matrix.txt");
	struct sbuf out = SBUF_INIT(SBUF_UNLIMITED);
	char line[1024], *field[5];
	int n = 0;

	while (next_row(f, line, sizeof(line), field, 5)) {
		struct str pattern = unescape(field[0]), rest = unescape(field[1]), letter[LETTERS_MAX];
		struct matrix x = { .hash = UINT64_C(0xcbf29ce484222325) };
		int letters = 0, longest = (int)strtol(field[2], NULL, 10);
		for (; rest.n > 0; letters++) {
			uint32_t rune;
			ck_assert(letters < LETTERS_MAX);
			letter[letters] = str_sub(rest, 0, utf8_decode(rest, &rune));
			rest = str_sub(rest, letter[letters].n, rest.n);
		}
		ck_assert(longest <= LONGEST);
		both_make(&x.b, pattern);
		x.other = pcre_new(pattern);
		all_strings(&x, letter, letters, longest, &out);
		ck_assert_msg(x.yes == (int)strtol(field[3], NULL, 10), "%.*s: %d match, not %s", STR_ARG(pattern), x.yes, field[3]);
		ck_assert_msg(x.hash == strtoull(field[4], NULL, 16), "%.*s: sum %016llx, not %s", STR_ARG(pattern),
		    (unsigned long long)x.hash, field[4]);
		both_drop(&x.b);
		pcre_free(&x.other);
		n++;
	}
	ck_assert_int_gt(n, 400);
	(void)fclose(f);
	sbuf_fini(&out);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, finds_what_go_finds);
	tcase_add_test(tc, replaces_as_go_replaces);
	tcase_add_test(tc, all_short_strings);
}

int
main(void)
{
	return run_suite("regex_golden", add);
}
