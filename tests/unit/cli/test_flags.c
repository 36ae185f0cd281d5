/* SPDX-License-Identifier: Apache-2.0 */
/* Text that people type behind a command: flags, matchers, labels, times. */
#include <stdlib.h>

#include "cli.h"
#include "suite.h"

struct values {
	bool on, off, other;
	struct str text;
	struct words list;
	span length;
};

static const struct flag flags[] = {
	BOOL_FLAG(struct values, on, "on", .letter = 'n'),
	BOOL_FLAG(struct values, off, "off", .letter = 'f', .fallback = "true"),
	BOOL_FLAG(struct values, other, "no-other"),
	STRING_FLAG(struct values, text, "text", .letter = 't'),
	STRINGS_FLAG(struct values, list, "list", .letter = 'l'),
	SPAN_FLAG(struct values, length, "length", .letter = 'd'),
	FLAGS_END,
};

static const struct cli_command command = {
	.group = "x",
	.name = "y",
	.flags = flags,
	.settings_size = sizeof(struct values),
	.args = "",
	.help = "",
	.examples = "",
};

static struct cli c;
static struct values v;

/* Parses up to 8 arguments; a NULL ends them. */
static bool
parse(const char *const *arguments)
{
	char *argv[9];
	int argc = 0;
	bool ok;

	arena_free(&c.arena);
	c = (struct cli){ .command = &command, .arena = arena_new() };
	for (; arguments[argc] != NULL; argc++)
		argv[argc] = arena_strdup(c.arena, arguments[argc]);
	ok = cli_parse(&c, argc, argv);
	if (ok)
		v = *(const struct values *)c.settings;
	return ok;
}

#define PARSE(...) parse((const char *const[]){ __VA_ARGS__, NULL })
#define ck_str(s, want) ck_assert_msg(str_is((s), (want)), "\"%.*s\" is not \"%s\"", STR_ARG(s), (want))
#define ck_refused(why, ...)                                                             \
	do {                                                                             \
		ck_assert(!PARSE(__VA_ARGS__));                                          \
		ck_assert_msg(strstr(c.e.text, (why)) != NULL, "no \"%s\" in: %s", (why), c.e.text); \
	} while (0)

START_TEST(flags_in_every_form)
{
	ck_assert(PARSE("a", "--on", "--text", "b", "-lc", "--list=d=e", "-d1d12h", "f"));
	ck_assert(v.on && v.off);
	ck_str(v.text, "b");
	ck_assert_uint_eq(v.list.n, 2);
	ck_str(v.list.v[0], "c");
	ck_str(v.list.v[1], "d=e");
	ck_assert_int_eq(v.length, 36 * SPAN_HOUR);
	ck_assert(cli_given(&c, "text") && !cli_given(&c, "off") && !cli_given(&c, "output"));
	ck_assert_uint_eq(c.args_n, 2);
	ck_str(c.args[0], "a");
	ck_str(c.args[1], "f");

	ck_assert(PARSE("--no-on", "--no-off", "--no-other", "-t=x", "--text="));
	ck_assert(!v.on && !v.off && v.other);
	ck_str(v.text, "");
	ck_assert(PARSE("-nt", "x", "-"));
	ck_assert(v.on);
	ck_str(v.text, "x");
	ck_str(c.args[0], "-");
	ck_assert(PARSE("--off=false", "--", "--on", "-t"));
	ck_assert(!v.on && !v.off);
	ck_assert_uint_eq(c.args_n, 2);
}
END_TEST

START_TEST(flags_that_are_wrong)
{
	ck_refused("unknown long flag '--x'", "--x=1");
	ck_refused("unknown long flag '--no-text'", "--no-text");
	ck_refused("unknown short flag '-x'", "-nx");
	ck_refused("expected argument for flag '--text'", "a", "--text");
	ck_refused("expected argument for flag '-t'", "-nt");
	ck_refused("--on: true or false is wanted", "--on=maybe");
	ck_refused("--length: ", "--length", "soon");
	ck_refused("unknown output format", "-o", "xml");
	ck_refused("--timeout", "--timeout", "0s");
	ck_refused("unknown option 'x' for --enable-feature", "--enable-feature=x");
}
END_TEST

START_TEST(common_flags)
{
	ck_assert(PARSE("-o", "json", "--alertmanager.url", "http://h", "--timeout=5s", "--enable-feature=classic-mode"));
	ck_assert_int_eq(c.output, CLI_JSON);
	ck_str(c.url, "http://h");
	ck_assert_int_eq(c.timeout, 5 * SPAN_S);
	ck_assert_int_eq(c.matcher_mode, MATCHER_CLASSIC);
	ck_assert(PARSE("a"));
	ck_str(c.url, "http://127.0.0.1:9093");
	ck_assert_int_eq(c.timeout, 30 * SPAN_S);
}
END_TEST

START_TEST(arguments_as_matchers)
{
	struct sbuf b = SBUF_INIT(1 << 16);
	struct matchers ms;

	ck_assert(PARSE("Disk Full", "{a=\"b\",c!~\"d|e\"}", "f=\"g h\""));
	ck_assert(cli_matchers(&c, &ms));
	matchers_format(&ms, &b);
	ck_assert_str_eq(sbuf_cstr(&b), "{alertname=\"Disk Full\",a=\"b\",c!~\"d|e\",f=\"g h\"}");
	matchers_fini(&ms);
	sbuf_fini(&b);
	/* Only the first one, and only without an operator, is a name. */
	ck_assert(PARSE("a=b", "Name") && !cli_matchers(&c, &ms));
	ck_assert(PARSE("a=~[") && !cli_matchers(&c, &ms));
	ck_assert(PARSE("{a b}") && !cli_matchers(&c, &ms));
}
END_TEST

START_TEST(arguments_as_labels)
{
	struct str names[8], values[8];

	ck_assert(PARSE("Name", "a=b c", "d=\"e\\\"f\"", "g=", "h=say \"i\"", "j=k=l"));
	ck_assert(cli_pairs(&c, c.args, c.args_n, "labels", true, names, values));
	ck_str(names[0], "alertname");
	ck_str(values[0], "Name");
	ck_str(values[1], "b c");
	ck_str(values[2], "e\"f");
	ck_str(values[3], "");
	ck_str(names[4], "h");
	ck_str(values[4], "say \"i\"");
	ck_str(values[5], "k=l");
	for (const char *const *bad = (const char *const[]){ "a!=b", "a=~b", "=b", "a b=\"c", NULL }; *bad != NULL; bad++) {
		ck_assert(PARSE("x", *bad));
		ck_assert_msg(!cli_pairs(&c, c.args, c.args_n, "labels", true, names, values), "%s", *bad);
	}
	ck_assert(PARSE("Name"));
	ck_assert(!cli_pairs(&c, c.args, c.args_n, "annotations", false, names, values));
	ck_assert_str_eq(c.e.text, "annotations must be specified as name=value, which \"Name\" is not");
}
END_TEST

START_TEST(times)
{
	struct wall now = cli_now(), t;

	ck_assert(PARSE("a"));
	ck_assert(cli_when(&c, "end", STR("2026-01-02T03:04:05Z"), &t));
	ck_assert_int_eq(t.s, 1767323045);
	ck_assert(cli_when(&c, "end", STR("+2h"), &t));
	ck_assert_int_ge(t.s, now.s + 7200);
	ck_assert_int_le(t.s, now.s + 7260);
	ck_assert(cli_when(&c, "end", STR("-1d"), &t));
	ck_assert_int_le(t.s, now.s - 86400 + 60);
	ck_assert(cli_when(&c, "end", STR("now"), &t));
	ck_assert(!wall_before(t, now));
	for (const char *const *bad = (const char *const[]){ "", "+", "-x", "2026-01-02", "5m", NULL }; *bad != NULL; bad++)
		ck_assert_msg(!cli_when(&c, "end", str_from(*bad), &t), "%s", *bad);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, flags_in_every_form);
	tcase_add_test(tc, flags_that_are_wrong);
	tcase_add_test(tc, common_flags);
	tcase_add_test(tc, arguments_as_matchers);
	tcase_add_test(tc, arguments_as_labels);
	tcase_add_test(tc, times);
}

int
main(void)
{
	int status;

	/* No defaults from whoever runs the tests. */
	unsetenv("HOME");
	unsetenv("ALERTMANAGER_URL");
	status = run_suite("cli", add);
	arena_free(&c.arena);
	return status;
}
