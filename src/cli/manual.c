/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tocsin manual PAGE
 *
 * The pages are made from the tables of flags, commands and fields, so that
 * they tell of all there is, and of nothing else.
 */
#include "manual.h"

#include "setup/options.h"

void
manual_text(struct sbuf *b, const char *text)
{
	/* A line that begins with these is a request. */
	if (text[0] == '.' || text[0] == '\'')
		sbuf_puts(b, "\\&");
	for (; *text != '\0'; text++)
		if (*text == '\\')
			sbuf_puts(b, "\\e");
		else if (*text == '-')
			sbuf_puts(b, "\\-");
		else if (*text == '~')
			sbuf_puts(b, "\\(ti");
		else if (*text == '^')
			sbuf_puts(b, "\\(ha");
		else if (*text == '\n' && (text[1] == '.' || text[1] == '\''))
			sbuf_puts(b, "\n\\&");
		else if (*text == ':' && text[1] != ' ' && text[1] != '\0')
			/* A long name may be broken there. */
			sbuf_puts(b, ":\\:");
		else
			sbuf_putc(b, *text);
}

void
manual_line(struct sbuf *b, const char *macro, const char *text)
{
	sbuf_printf(b, ".%s ", macro);
	manual_text(b, text);
	sbuf_putc(b, '\n');
}

static void
paragraph(struct sbuf *b, const char *text)
{
	sbuf_puts(b, ".PP\n");
	manual_text(b, text);
	sbuf_putc(b, '\n');
}

void
manual_begin(struct sbuf *b, const char *page, const char *section, const char *about)
{
	sbuf_printf(b, ".\\\" Made from the program's tables by \"tocsin manual\".\n"
	    ".TH %s %s \"\" \"tocsin " TOCSIN_VERSION "\" \"tocsin manual\"\n.nh\n.ad l\n.SH NAME\n%s \\- ", page, section, page);
	manual_text(b, about);
	sbuf_putc(b, '\n');
}

static void
put_flags(struct sbuf *b, const struct flag *flags)
{
	struct sbuf usage = SBUF_INIT(SBUF_UNLIMITED);

	for (; flags->name != NULL; flags++) {
		if (flags->help == NULL)
			continue;
		sbuf_reset(&usage);
		if (flags->letter != 0)
			sbuf_printf(&usage, "-%c, ", flags->letter);
		flag_put_usage(flags, &usage);
		sbuf_puts(b, ".TP\n");
		manual_line(b, "B", sbuf_cstr(&usage));
		manual_text(b, flags->help);
		sbuf_putc(b, '\n');
	}
	sbuf_fini(&usage);
}

/* "alert query". */
static struct str
command_words(struct cli *c, const struct cli_command *cmd)
{
	return arena_printf(c->arena, "%s%s%s", cmd->group, cmd->name != NULL ? " " : "", cmd->name != NULL ? cmd->name : "");
}

static void
put_server(struct cli *c, struct sbuf *b)
{
	size_t n;
	const struct cli_command *const *commands = cli_commands(&n);

	manual_begin(b, "tocsin", "1", "routes alerts to the people who have to know");
	sbuf_puts(b, ".SH SYNOPSIS\n.B tocsin\n[\\fIflags\\fR]\n.br\n.B tocsin\n\\fICOMMAND\\fR [\\fIflags\\fR] [\\fIARG\\fR ...]\n"
	    ".SH DESCRIPTION\n");
	manual_text(b, "Takes alerts from Prometheus and other senders over HTTP, groups, mutes and routes them, and notifies "
		       "receivers.\nWithout a command the server is started. "
		       "Flags, API and configuration are those of Alertmanager.\n");
	paragraph(b, "SIGHUP loads the configuration anew, SIGTERM and SIGINT end the server in order.");
	paragraph(b, "An argument @FILE stands for the lines of FILE.");
	sbuf_puts(b, ".SH OPTIONS\n");
	put_flags(b, options_flags());
	sbuf_puts(b, ".SH COMMANDS\nThey are described in\n.BR tocsin\\-commands (1).\n");
	for (size_t i = 0; i < n; i++) {
		if (commands[i]->hidden)
			continue;
		sbuf_puts(b, ".TP\n");
		manual_line(b, "B", command_words(c, commands[i]).p);
		manual_text(b, commands[i]->help);
		sbuf_putc(b, '\n');
	}
	sbuf_puts(b, ".SH SEE ALSO\n.BR tocsin\\-commands (1),\n.BR tocsin.yml (5),\n.BR tocsin\\-api (7)\n");
}

static void
put_command(struct cli *c, struct sbuf *b, const struct cli_command *cmd)
{
	struct str words = command_words(c, cmd);

	manual_line(b, "SS", words.p);
	sbuf_puts(b, ".B tocsin ");
	manual_text(b, words.p);
	sbuf_puts(b, "\n[\\fIflags\\fR] ");
	manual_text(b, cmd->args);
	sbuf_puts(b, "\n.PP\n");
	manual_text(b, cmd->help);
	sbuf_putc(b, '\n');
	if (cmd->flags != NULL)
		put_flags(b, cmd->flags);
	sbuf_puts(b, ".PP\nFor example:\n.PP\n.nf\n");
	manual_text(b, cmd->examples);
	sbuf_puts(b, ".fi\n");
}

static void
put_commands(struct cli *c, struct sbuf *b)
{
	size_t n;
	const struct cli_command *const *commands = cli_commands(&n);

	manual_begin(b, "tocsin-commands", "1", "commands beside the server tocsin");
	sbuf_puts(b, ".SH DESCRIPTION\n");
	manual_text(b, "Most commands ask a running server, by its API. "
		       "Called amtool, by a link, the program is amtool: it has the same commands and flags.\n");
	sbuf_puts(b, ".SH OPTIONS OF ALL COMMANDS\n");
	put_flags(b, cli_common_flags());
	sbuf_puts(b, ".SH COMMANDS\n");
	for (size_t i = 0; i < n; i++)
		if (!commands[i]->hidden)
			put_command(c, b, commands[i]);
	sbuf_puts(b, ".SH FILES\n");
	manual_text(b, "Defaults of flags, one \"flag: value\" a line, are read from ~/.config/amtool/config.yml, "
		       "/etc/amtool/config.yml, ~/.config/prometheus/amtool.yml and /etc/prometheus/amtool.yml; "
		       "the first file that has a flag decides.\n");
	sbuf_puts(b, ".SH ENVIRONMENT\n.TP\n.B ALERTMANAGER_URL\nThe server, unless \\-\\-alertmanager.url is given.\n"
		     ".SH EXIT STATUS\n0, or 1 after an error.\n.SH SEE ALSO\n.BR tocsin (1),\n.BR tocsin.yml (5)\n");
}

bool
manual_page(struct cli *c, struct str page, struct sbuf *b)
{
	if (str_is(page, "tocsin.1"))
		put_server(c, b);
	else if (str_is(page, "tocsin-commands.1"))
		put_commands(c, b);
	else if (str_is(page, "tocsin.yml.5"))
		manual_configuration(b);
	else
		return err_set(&c->e, ERR_INVALID, "name the page: tocsin.1, tocsin-commands.1 or tocsin.yml.5");
	return true;
}

static int
run(struct cli *c)
{
	struct sbuf b = SBUF_INIT(SBUF_UNLIMITED);
	bool ok = manual_page(c, c->args_n == 1 ? c->args[0] : STR(""), &b);

	cli_print(sbuf_get(&b));
	sbuf_fini(&b);
	return ok ? 0 : cli_fail(c);
}

const struct cli_command command_manual = {
	.group = "manual",
	.run = run,
	.args = "PAGE",
	.local = true,
	.hidden = true,
	.help = "Print a page of the manual: tocsin.1, tocsin-commands.1 or tocsin.yml.5.",
	.examples = "  tocsin manual tocsin.yml.5 | man -l -\n",
};
