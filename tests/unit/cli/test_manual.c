/* SPDX-License-Identifier: Apache-2.0 */
/* The manual tells of every flag, command and key that there is. */
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "config/sections.h"
#include "manual.h"
#include "notify/notifier.h"
#include "setup/options.h"
#include "suite.h"

static struct cli c;
static struct sbuf page;

static void
begin(const char *name)
{
	c = (struct cli){ .arena = arena_new() };
	page = (struct sbuf)SBUF_INIT(SBUF_UNLIMITED);
	ck_assert(manual_page(&c, str_from(name), &page));
}

static void
end(void)
{
	sbuf_fini(&page);
	arena_free(&c.arena);
}

/* A line of the page from `from` on that begins with the macro and has the text behind it; what follows that line. */
static const char *
line_of(const char *from, const char *macro, const char *text)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	const char *at;

	sbuf_putc(&b, '\n');
	manual_line(&b, macro, text);
	at = strstr(from, sbuf_cstr(&b));
	ck_assert_msg(at != NULL, "no line%s", sbuf_cstr(&b));
	at += b.n - 1;
	sbuf_fini(&b);
	return at;
}

static void
check_flags(const char *from, const struct flag *flags)
{
	for (; flags->name != NULL; flags++) {
		struct sbuf usage = SBUF_INIT(SBUF_UNLIMITED);

		if (flags->help == NULL)
			continue;
		if (flags->letter != 0)
			sbuf_printf(&usage, "-%c, ", flags->letter);
		flag_put_usage(flags, &usage);
		line_of(from, "B", sbuf_cstr(&usage));
		sbuf_fini(&usage);
	}
}

START_TEST(flags_of_the_server)
{
	begin("tocsin.1");
	check_flags(page.p, options_flags());
	end();
}
END_TEST

START_TEST(commands_and_their_flags)
{
	size_t n;
	const struct cli_command *const *commands = cli_commands(&n);

	begin("tocsin-commands.1");
	check_flags(page.p, cli_common_flags());
	for (size_t i = 0; i < n; i++) {
		const struct cli_command *cmd = commands[i];
		const char *words = arena_printf(c.arena, "%s%s%s", cmd->group, cmd->name != NULL ? " " : "",
		    cmd->name != NULL ? cmd->name : "").p;

		if (cmd->hidden)
			ck_assert(strstr(page.p, arena_printf(c.arena, ".SS %s\n", words).p) == NULL);
		else if (cmd->flags != NULL)
			check_flags(line_of(page.p, "SS", words), cmd->flags);
		else
			line_of(page.p, "SS", words);
	}
	end();
}
END_TEST

static const char *
check_fields(const char *from, const struct field *fields)
{
	for (; fields->key != NULL; fields++) {
		from = line_of(from, "B", fields->key);
		ck_assert_msg(fields->doc != NULL, "%s has no text", fields->key);
		if (fields->fields != NULL)
			from = check_fields(from, fields->fields);
	}
	return from;
}

START_TEST(keys_of_the_configuration)
{
	begin("tocsin.yml.5");
	for (const struct config_section *s = config_sections(); s->name != NULL; s++)
		check_fields(line_of(page.p, "SH", s->name), s->fields);
	for (const struct integration_kind *const *k = notifier_kinds(); *k != NULL; k++)
		check_fields(line_of(page.p, "SH", arena_printf(c.arena, "%s_configs", (*k)->name).p), (*k)->fields);
	end();
}
END_TEST

START_TEST(no_such_page)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);

	c = (struct cli){ .arena = arena_new() };
	ck_assert(!manual_page(&c, STR("tocsin.2"), &b));
	ck_assert_str_eq(c.e.text, "name the page: tocsin.1, tocsin-commands.1 or tocsin.yml.5");
	arena_free(&c.arena);
}
END_TEST

static void
add(TCase *tc)
{
	tcase_add_test(tc, flags_of_the_server);
	tcase_add_test(tc, commands_and_their_flags);
	tcase_add_test(tc, keys_of_the_configuration);
	tcase_add_test(tc, no_such_page);
}

int
main(void)
{
	return run_suite("manual", add);
}
