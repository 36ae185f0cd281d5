/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Alertmanager's results for many texts, recorded: tests/golden/matcher.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/quote.h"
#include "base/sbuf.h"
#include "lib_model.h"
#include "model/matcher.h"

enum { MODES = 3 };
static const char *const mode_names[MODES] = { "fallback", "classic", "utf8" };
static const enum matcher_mode modes[MODES] = { MATCHER_FALLBACK, MATCHER_CLASSIC, MATCHER_UTF8 };

/* One outcome as a line of the golden file. */
struct seen {
	struct str input;
	struct sbuf line;
};

static void
put_quoted(struct sbuf *b, struct str s)
{
	sbuf_putc(b, ' ');
	quote_go(b, s);
}

static void
on_warning(void *arg, const char *message, struct str input, const char *origin, const char *parse_error,
    struct str suggestion)
{
	struct seen *seen = arg;

	ck_assert_str_eq(origin, "config");
	ck_assert(str_eq(input, seen->input));
	if (strcmp(message, "Matchers input has disagreement") == 0) {
		sbuf_puts(&seen->line, "disagreement");
		return;
	}
	ck_assert(str_starts(str_from(message), STR("Alertmanager is moving to a new parser for labels and matchers, "
	    "and this input is incompatible.")));
	sbuf_puts(&seen->line, "incompatible");
	put_quoted(&seen->line, str_from(parse_error));
	put_quoted(&seen->line, suggestion);
}

/* Parses and describes the outcome; sorted, as routes show their matchers. */
static void
run(bool single, struct str input, enum matcher_mode mode, struct sbuf *out, struct seen *seen)
{
	struct matcher_warning w = { on_warning, seen, "config" };
	struct matchers ms = { 0 };
	struct matcher m;
	struct err e = { 0 };
	bool ok;

	if (single) {
		ok = matcher_parse(input, mode, &w, &m, &e);
		if (ok)
			matchers_append(&ms, &m);
	} else {
		ok = matchers_parse(input, mode, &w, &ms, &e);
	}
	sbuf_puts(out, ok ? "ok" : "error");
	if (ok && !single) {
		struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

		matchers_sort(&ms);
		matchers_format(&ms, &b);
		put_quoted(out, sbuf_get(&b));
		sbuf_fini(&b);
	} else if (!ok) {
		ck_assert_uint_eq(ms.n, 0);
		put_quoted(out, str_from(e.text));
	}
	matchers_fini(&ms);
}

/* Writes the texts of a golden line anew, so that only what they say is compared. */
static void
normalise(struct str line, struct sbuf *out)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	while (line.n != 0) {
		size_t end = 0;

		if (line.p[0] != '"') {
			sbuf_putc(out, line.p[0]);
			line = str_sub(line, 1, line.n);
			continue;
		}
		for (end = 1; line.p[end] != '"'; end++)
			end += line.p[end] == '\\';
		sbuf_reset(&b);
		ck_assert(unquote_go(&b, str_sub(line, 0, end + 1)));
		quote_go(out, sbuf_get(&b));
		line = str_sub(line, end + 1, line.n);
	}
	sbuf_fini(&b);
}

struct expected {
	struct sbuf input;
	struct sbuf outcome[MODES];
	struct sbuf warning;
};

static int
check_case(bool single, const struct expected *x)
{
	int bad = 0;

	for (size_t i = 0; i < MODES; i++) {
		struct sbuf out = SBUF_INIT(SBUF_UNLIMITED);
		struct seen seen = { sbuf_get(&x->input), SBUF_INIT(SBUF_UNLIMITED) };

		run(single, sbuf_get(&x->input), modes[i], &out, &seen);
		if (!str_eq(sbuf_get(&out), sbuf_get(&x->outcome[i]))) {
			fprintf(stderr, "%s, %s:\n  want %s\n  have %s\n", sbuf_cstr(&x->input), mode_names[i],
			    sbuf_cstr(&x->outcome[i]), sbuf_cstr(&out));
			bad++;
		}
		if (modes[i] == MATCHER_FALLBACK && !str_eq(sbuf_get(&seen.line), sbuf_get(&x->warning))) {
			fprintf(stderr, "%s, warning:\n  want %s\n  have %s\n", sbuf_cstr(&x->input),
			    sbuf_cstr(&x->warning), sbuf_cstr(&seen.line));
			bad++;
		}
		ck_assert(modes[i] == MATCHER_FALLBACK || seen.line.n == 0);
		sbuf_fini(&seen.line);
		sbuf_fini(&out);
	}
	return bad;
}

static void
expected_init(struct expected *x)
{
	x->input = x->warning = (struct sbuf)SBUF_INIT(SBUF_UNLIMITED);
	for (size_t i = 0; i < MODES; i++)
		x->outcome[i] = (struct sbuf)SBUF_INIT(SBUF_UNLIMITED);
}

static void
expected_fini(struct expected *x)
{
	sbuf_fini(&x->input);
	sbuf_fini(&x->warning);
	for (size_t i = 0; i < MODES; i++)
		sbuf_fini(&x->outcome[i]);
}

static void
read_line(struct expected *x, struct str line)
{
	size_t blank = str_chr(line, ' ');
	struct str key = str_sub(line, 0, blank), rest = str_sub(line, blank + 1, line.n);

	if (str_is(key, "input"))
		ck_assert(unquote_go(&x->input, rest));
	else if (str_is(key, "warning"))
		normalise(rest, &x->warning);
	for (size_t i = 0; i < MODES; i++)
		if (str_is(key, mode_names[i]))
			normalise(rest, &x->outcome[i]);
}

static void
check_file(const char *path, bool single)
{
	FILE *f = fopen(path, "r");
	struct expected x;
	char *line = NULL;
	size_t cap = 0, cases = 0;
	ssize_t n;
	int bad = 0;

	ck_assert_msg(f != NULL, "%s", path);
	expected_init(&x);
	do {
		n = getline(&line, &cap, f);
		if (n > 1 && line[0] != '#') {
			read_line(&x, str_from(line).p[n - 1] == '\n' ? (struct str){ line, (size_t)n - 1 } :
			    (struct str){ line, (size_t)n });
		} else if (x.outcome[0].n != 0) {
			bad += check_case(single, &x);
			cases++;
			expected_fini(&x);
			expected_init(&x);
		}
	} while (n >= 0);
	expected_fini(&x);
	free(line);
	fclose(f);
	ck_assert_uint_gt(cases, 100);
	ck_assert_msg(bad == 0, "%d differences", bad);
}

START_TEST(lists)
{
	check_file(TEST_GOLDEN_DIR "/matcher/lists.txt", false);
}
END_TEST

START_TEST(singles)
{
	check_file(TEST_GOLDEN_DIR "/matcher/singles.txt", true);
}
END_TEST

int
main(void)
{
	TCase *tc = tcase_create("golden");

	tcase_add_test(tc, lists);
	tcase_add_test(tc, singles);
	return lib_run("matcher golden", tc);
}
